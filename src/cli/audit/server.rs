//! A server that audits the log that it keeps, in the place of files.

use clap::Args;
use clap::builder::PossibleValuesParser;

use super::super::Failure;
use super::super::output::Output;
use super::sql::table;
use crate::log::Rules;
use crate::log::sql::columns::Columns;
use crate::log::sql::policy::Rule;
use crate::log::sql::{Audit, Engine};
use crate::log::tally::Tally;

#[derive(Args, Debug)]
pub(super) struct Options {
    /// Engine that keeps the log, in the place of files
    #[arg(long, value_name = "ENGINE", requires = "url", value_parser = PossibleValuesParser::new([Engine::ClickHouse.as_str()]))]
    engine: Option<String>,
    /// Its URL, http://user:password@host:8123 [credentials: CLICKHOUSE_USER, CLICKHOUSE_PASSWORD]
    #[arg(long, value_name = "URL", requires = "engine")]
    url: Option<String>,
    /// Root that the server's certificate may lead to, beside those of the system: PEM or DER
    #[arg(long, value_name = "FILE", requires = "engine")]
    ca: Vec<std::path::PathBuf>,
    /// Seconds that one statement may take
    #[arg(long, value_name = "SECONDS", default_value_t = 600, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    timeout: u64,
    /// Table with the log; dots divide a database from it. --columns says where it has what, as for `audit sql`
    #[arg(long, value_name = "NAME", default_value = "proxy_log", value_parser = table, requires = "engine")]
    table: String,
}

impl Options {
    /// Whether a server is asked.
    pub(super) fn is_asked(&self) -> bool {
        self.engine.is_some()
    }

    /// What it is asked, of the time between two moments in milliseconds since 1970.
    pub(super) fn audit(
        &self,
        columns: Columns,
        rules: Vec<Rule>,
        since: Option<i64>,
        until: Option<i64>,
    ) -> Audit {
        Audit { table: self.table.clone(), columns, since, until, ..Audit::new(rules) }
    }

    /// What a server counts.
    #[cfg(not(feature = "verify"))]
    pub(super) fn ask(&self, _: &Audit, _: &Rules, _: &mut Output) -> Result<Tally, Failure> {
        let _ = (&self.url, &self.ca, self.timeout);
        Err(Failure::Other(
            "this program was built without the feature `verify`, which opens connections; write the query with `thruway audit \
             sql` and run it by the engine's own client"
                .to_owned(),
        ))
    }

    /// What a server counts.
    #[cfg(feature = "verify")]
    pub(super) fn ask(&self, audit: &Audit, rules: &Rules, output: &mut Output) -> Result<Tally, Failure> {
        use std::sync::Arc;
        use std::time::Duration;

        use crate::log::sql::server::Server;
        use crate::text::count;
        use crate::verify::connect::Network;
        use crate::verify::facts;
        use crate::verify::names::Names;
        use crate::verify::tls::{Roots, certificates};

        let other = |error: &dyn std::fmt::Display| Failure::Other(error.to_string());
        let url = self.url.as_deref().unwrap_or_default();
        let variable = |name: &str| std::env::var(name).ok();
        let server = Server::new(url, variable, Duration::from_secs(self.timeout))
            .map_err(|why| Failure::Other(format!("--url: {why}")))?;
        if server.is_open() {
            output.remark("the credentials go over the network without TLS");
        }
        let mut given = Vec::new();
        for file in &self.ca {
            given.extend(certificates(file).map_err(|error| other(&error))?);
        }
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Failure::Other(format!("no network: {error}")))?;
        let told = runtime.block_on(async {
            let roots = Arc::new(Roots::new(Vec::new(), given, facts::vendor()));
            let network = Network { names: Names::of_system(), roots };
            server.audit(&network, audit, rules).await
        });
        let told = told.map_err(|error| other(&error))?;
        let requests = |number: u64| count(usize::try_from(number).unwrap_or(usize::MAX), "request");
        if told.unread > 0 {
            output.remark(&format!(
                "{} of hosts that are not ASCII, which were not looked at",
                requests(told.unread)
            ));
        }
        if told.unchecked > 0 {
            output.remark(&format!("{} of names with `xn--` that was not checked", requests(told.unchecked)));
        }
        Ok(told.tally)
    }
}
