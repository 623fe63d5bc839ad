//! Names and addresses, as this system is configured to look them up.

use std::net::IpAddr;

use hickory_resolver::TokioResolver;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::RData;

use super::seen::{Dns, Trouble};
use crate::model::{DomainName, Host};
use crate::text::shown;

/// Most aliases and addresses of a name that are told and tried.
const MAX_RECORDS: usize = 8;
const MAX_NAME: usize = 253;

/// Looks up names, the hosts file of the system included.
#[derive(Debug)]
pub struct Names {
    /// Nothing where the system names no name servers: why.
    resolver: Result<TokioResolver, String>,
    /// The domains of this device, most specific first.
    domains: Vec<DomainName>,
}

impl Names {
    /// By the configuration of the system. Where it has none, or none that can be read, every name says so.
    pub fn of_system() -> Self {
        let mut domains: Vec<DomainName> = Vec::new();
        let resolver = hickory_resolver::system_conf::read_system_conf().and_then(|(config, options)| {
            for name in config.domain().into_iter().chain(config.search()) {
                if let Ok(name) = name.to_ascii().parse::<DomainName>()
                    && !domains.contains(&name)
                {
                    domains.push(name);
                }
            }
            TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
                .with_options(options)
                .build()
        });
        Self { resolver: resolver.map_err(|error| shown(&error.to_string(), 200)), domains }
    }

    /// The domains of this device, as its resolver searches them.
    pub fn domains(&self) -> &[DomainName] {
        &self.domains
    }

    /// The addresses of a host, and what was asked for them: nothing where it is an address itself.
    ///
    /// # Errors
    /// When there is no address.
    pub async fn look_up(&self, host: &Host) -> Result<(Vec<IpAddr>, Option<Dns>), Trouble> {
        let name = match host {
            Host::Address(address) => return Ok((vec![*address], None)),
            Host::Name(name) => name,
        };
        // A name with dots is a whole one; a label alone is completed by the domains of the device.
        let asked = if name.label_count() > 1 { format!("{name}.") } else { name.to_string() };
        let resolver = self.resolver.as_ref().map_err(|why| Trouble::Dns(why.clone()))?;
        let found = resolver.lookup_ip(asked).await.map_err(|error| match error.is_no_records_found() {
            true => Trouble::NoSuchName,
            false => Trouble::Dns(shown(&error.to_string(), 200)),
        })?;
        let addresses: Vec<IpAddr> = found.iter().take(MAX_RECORDS).collect();
        let mut aliases: Vec<String> = Vec::new();
        for record in found.as_lookup().answers() {
            if let RData::CNAME(alias) = &record.data {
                let alias = shown(alias.0.to_ascii().trim_end_matches('.'), MAX_NAME);
                if !aliases.contains(&alias) && aliases.len() < MAX_RECORDS {
                    aliases.push(alias);
                }
            }
        }
        if addresses.is_empty() {
            return Err(Trouble::NoSuchName);
        }
        Ok((addresses.clone(), Some(Dns { name: name.to_string(), aliases, addresses })))
    }
}
