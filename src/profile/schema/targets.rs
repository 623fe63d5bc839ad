//! Targets and their options. Which options a target has is known to its emitter; the tests hold this to it.
#![expect(dead_code, reason = "only the shape of these types is asked for")]

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::levels::closed;
use super::words::{Address, BaseUrl, Client, Interface, Network, Order, Switch, Table, Zone};
use crate::emit;
use crate::emit::facts::Facts;

/// Options by target.
pub(super) struct Targets;

impl JsonSchema for Targets {
    fn schema_name() -> Cow<'static, str> {
        "Targets".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let of = |id: &'static str| {
            let options = match id {
                "squid" => generator.subschema_for::<Option<Squid>>(),
                "pac" => generator.subschema_for::<Option<Pac>>(),
                "paloalto" => generator.subschema_for::<Option<PaloAlto>>(),
                "zscaler" => generator.subschema_for::<Option<Zscaler>>(),
                "nftables" => generator.subschema_for::<Option<Nftables>>(),
                "windows-firewall" => generator.subschema_for::<Option<WindowsFirewall>>(),
                // Nothing below its name, or an empty map.
                _ => json_schema!({ "type": ["object", "null"], "additionalProperties": false }),
            };
            let mut options = options.to_value();
            options["description"] = format!("{}.", Facts::of(id).title).into();
            (id.to_owned(), options)
        };
        let mut schema = closed(emit::ALL.iter().map(|emitter| emitter.id()).map(of).collect());
        schema.insert("minProperties".to_owned(), 1.into());
        schema
    }
}

/// Options of Squid.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Squid {
    /// `explicit`: clients send CONNECT. `intercept`: traffic is redirected to it, and no client knows of it.
    #[schemars(extend("default" = "explicit"))]
    mode: Option<SquidMode>,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case", inline)]
enum SquidMode {
    Explicit,
    Intercept,
}

/// Options of the PAC.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Pac {
    /// What a host outside the policy gets: the proxies, a direct connection, or a proxy that refuses.
    #[schemars(extend("default" = "proxy"))]
    otherwise: Option<PacOtherwise>,
    /// Who hosts it: a web server of one's own, or Zscaler, which has rules for its form and size.
    #[schemars(extend("default" = "own"))]
    hosted_by: Option<PacHost>,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case", inline)]
enum PacOtherwise {
    Proxy,
    Direct,
    Block,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case", inline)]
enum PacHost {
    Own,
    Zscaler,
}

/// Options of PAN-OS. Without zones and sources a fragment is written that cannot be loaded by mistake.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct PaloAlto {
    /// Zones that the clients are in.
    from_zones: Option<Vec<Zone>>,
    /// Zones that the internet is in.
    to_zones: Option<Vec<Zone>>,
    /// Address objects, groups or networks of the clients.
    sources: Option<Vec<Client>>,
    /// Where the external dynamic lists will be served.
    edl_base_url: Option<BaseUrl>,
    /// The model, such as `PA-440`, whose limits are then counted against.
    model: Option<Zone>,
}

/// Options of Zscaler.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Zscaler {
    /// Whether the rules are enforced as soon as they are made: a rule without users or locations is for everybody.
    #[schemars(extend("default" = false))]
    enabled: Option<Switch>,
    /// The place of the SSL inspection rule, predefined rules counted.
    #[schemars(extend("default" = 1))]
    ssl_inspection_order: Option<Order>,
    /// The place of the URL filtering rule, predefined rules counted.
    #[schemars(extend("default" = 1))]
    url_filtering_order: Option<Order>,
}

/// Options of nftables.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Nftables {
    /// What happens to the rest: other chains decide, or it is dropped.
    #[schemars(extend("default" = "accept"))]
    mode: Option<NftablesMode>,
    /// Where the filter is: on a gateway, for what it forwards, or on the device, for what it sends.
    #[schemars(extend("default" = "egress"))]
    at: Option<At>,
    /// A table of one's own rules, with a chain to jump to; for `mode: accept`.
    table: Option<Table>,
    /// Interfaces that the clients are behind; for `at: egress`.
    #[schemars(length(min = 1))]
    lan: Option<Vec<Interface>>,
    /// Interfaces that the internet is behind; for `at: egress`.
    #[schemars(length(min = 1))]
    wan: Option<Vec<Interface>>,
    /// Networks of the clients; for `at: egress`.
    #[schemars(length(min = 1))]
    clients: Option<Vec<Network>>,
    /// Resolvers that a locked device may ask.
    #[schemars(length(min = 1))]
    resolvers: Option<Vec<Address>>,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case", inline)]
enum NftablesMode {
    Accept,
    Lockdown,
}

/// Options of Windows Defender Firewall.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct WindowsFirewall {
    /// How the device reaches the internet: itself, or through the proxies alone.
    #[schemars(extend("default" = "egress"))]
    at: Option<At>,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case", inline)]
enum At {
    Egress,
    Device,
}
