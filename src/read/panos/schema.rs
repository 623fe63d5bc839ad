//! Which words stand where in a configuration: what is read of it, and what decides nothing of a request.
//!
//! Element names from the vendor's SDK (pan-os-python 1.13.1) and from configurations. A word that is not here is
//! not understood, and told.

use Shape::{Aside, Branch, Empty, Entries, Loose, Members, Silent, Through, Value};

/// What stands below a word.
#[derive(Debug)]
pub(super) enum Shape {
    /// Certain words.
    Branch(Words),
    /// Words of which the others decide nothing.
    Loose(Words),
    /// Entries with names.
    Entries(&'static Shape),
    /// Entries that are the place itself, such as the one device of a configuration.
    Through(&'static Shape),
    /// Any number of texts.
    Members,
    /// One text.
    Value,
    /// Nothing: the word says it.
    Empty,
    /// One text, or several, that decide nothing of a request.
    Aside,
    /// Whatever stands here and decides nothing of a request.
    Silent,
}

type Words = &'static [(&'static str, &'static Shape)];

impl Shape {
    /// What stands below a word of a branch, and the word.
    pub(super) fn word(&self, word: &str) -> Option<(&'static str, &'static Shape)> {
        match self {
            Branch(words) | Loose(words) => words.iter().find(|(own, _)| *own == word).copied(),
            Entries(_) | Through(_) | Members | Value | Empty | Aside | Silent => None,
        }
    }
}

/// The words of a place, and words that decide nothing there.
macro_rules! words {
    ($($word:literal: $shape:expr),* $(,)?; $($silent:literal),* $(,)?) => {
        &[$(($word, $shape),)* $(($silent, &Silent),)*]
    };
}

/// The words of an entry, and words whose one text decides nothing.
macro_rules! fields {
    ($($word:literal: $shape:expr),* $(,)?; $($aside:literal),* $(,)?) => {
        &[$(($word, $shape),)* $(($aside, &Aside),)*]
    };
}

/// Of a whole configuration.
pub(super) static ROOT: Shape = Branch(words! {
    "devices": &Through(&ROOT),
    "vsys": &Entries(&VSYS),
    "device-group": &Entries(&DEVICE_GROUP),
    "shared": &SHARED,
    "readonly": &Loose(words! {
        "devices": &Through(&Loose(words! {
            "device-group": &Entries(&Loose(words! { "parent-dg": &Value; })); }));
    });
    "mgt-config", "deviceconfig", "network", "template", "template-stack", "log-collector",
    "log-collector-group", "wildfire-appliance", "wildfire-appliance-cluster", "plugins", "phash",
});

/// Of a virtual system.
pub(super) static VSYS: Shape = Branch(words! {
    "address": &ADDRESS,
    "address-group": &ADDRESS_GROUP,
    "service": &SERVICE,
    "service-group": &SERVICE_GROUP,
    "external-list": &EXTERNAL_LIST,
    "profiles": &PROFILES,
    "authentication-object": &AUTHENTICATION_OBJECT,
    "rulebase": &RULEBASE;
    "zone", "tag", "application", "application-group", "application-filter", "application-status", "schedule",
    "region", "log-settings", "import", "display-name", "certificate", "certificate-profile",
    "ssl-tls-service-profile", "authentication-profile", "authentication-sequence", "server-profile",
    "user-id-collector", "user-id-agent", "user-id-ssl-auth", "ts-agent", "group-mapping", "redistribution-agent",
    "redistribution-collector", "dynamic-user-group", "device-object", "profile-group", "global-protect",
    "captive-portal", "local-user-database", "threats", "reports", "report-group", "email-scheduler", "setting",
    "url-admin-override", "url-content-types", "response-page", "ocsp-responder", "scep", "external-zone",
    "dns-proxy", "quarantine-list", "ipsec-vpn", "sdwan-interface-profile",
});

/// Of a device group of Panorama.
static DEVICE_GROUP: Shape = Branch(words! {
    "address": &ADDRESS,
    "address-group": &ADDRESS_GROUP,
    "service": &SERVICE,
    "service-group": &SERVICE_GROUP,
    "external-list": &EXTERNAL_LIST,
    "profiles": &PROFILES,
    "authentication-object": &AUTHENTICATION_OBJECT,
    "pre-rulebase": &RULEBASE,
    "post-rulebase": &RULEBASE,
    "parent-dg": &Value;
    "devices", "description", "tag", "application", "application-group", "application-filter",
    "application-status", "schedule", "region", "log-settings", "dynamic-user-group", "device-object",
    "profile-group", "threats", "reports", "authorization-code", "reference-templates", "email-scheduler",
    "master-device", "to-sw-version", "sdwan-interface-profile",
});

/// Of what all virtual systems and device groups share.
pub(super) static SHARED: Shape = Branch(words! {
    "address": &ADDRESS,
    "address-group": &ADDRESS_GROUP,
    "service": &SERVICE,
    "service-group": &SERVICE_GROUP,
    "external-list": &EXTERNAL_LIST,
    "profiles": &PROFILES,
    "authentication-object": &AUTHENTICATION_OBJECT,
    "pre-rulebase": &RULEBASE,
    "post-rulebase": &RULEBASE;
    "tag", "application", "application-group", "application-filter", "application-status", "schedule", "region",
    "log-settings", "certificate", "certificate-profile", "ssl-tls-service-profile", "authentication-profile",
    "authentication-sequence", "server-profile", "user-id-collector", "group-mapping", "dynamic-user-group",
    "device-object", "profile-group", "global-protect", "local-user-database", "threats", "reports",
    "report-group", "email-scheduler", "botnet", "admin-role", "content-preview", "response-page", "pdf-summary-report",
    "ocsp-responder", "scep", "override", "alg-override", "redistribution-agent", "sdwan-interface-profile",
    "multi-vsys", "url-content-types", "cloud-services",
});

static ADDRESS: Shape = Entries(&Branch(fields! {
    "ip-netmask": &Value,
    "ip-range": &Value,
    "fqdn": &Value,
    "ip-wildcard": &Value;
    "description", "tag", "disable-override",
}));

static ADDRESS_GROUP: Shape = Entries(&Branch(fields! {
    "static": &Members,
    "dynamic": &Branch(fields! { "filter": &Value; });
    "description", "tag", "disable-override",
}));

static SERVICE: Shape = Entries(&Branch(fields! {
    "protocol": &Branch(fields! {
        "tcp": &PORTS,
        "udp": &PORTS,
        "sctp": &PORTS;
    });
    "description", "tag", "disable-override",
}));

static PORTS: Shape = Branch(fields! {
    "port": &Value,
    "source-port": &Value,
    "override": &Branch(fields! {
        "no": &Empty,
        "yes": &Branch(fields! { ; "timeout", "halfclose-timeout", "timewait-timeout" });
    });
});

static SERVICE_GROUP: Shape = Entries(&Branch(fields! { "members": &Members; "tag", "disable-override" }));

static EXTERNAL_LIST: Shape = Entries(&Branch(fields! {
    "type": &Branch(fields! {
        "url": &LIST,
        "ip": &LIST,
        "domain": &LIST,
        "predefined-url": &PREDEFINED_LIST,
        "predefined-ip": &PREDEFINED_LIST;
    });
    "description", "disable-override",
}));

static LIST: Shape = Branch(fields! {
    "url": &Value,
    "exception-list": &Members,
    "expand-domain": &Value,
    "recurring": &Branch(fields! {
        "hourly": &Empty,
        "five-minute": &Empty,
        "daily": &TIME,
        "weekly": &TIME,
        "monthly": &TIME;
    }),
    "auth": &Branch(fields! { ; "username", "password" });
    "description", "certificate-profile",
});

static TIME: Shape = Branch(fields! { ; "at", "day-of-week", "day-of-month" });

static PREDEFINED_LIST: Shape = Branch(fields! { "url": &Value, "exception-list": &Members; "description" });

static PROFILES: Shape = Branch(words! {
    "custom-url-category": &Entries(&Branch(fields! {
        "list": &Members,
        "type": &Value;
        "description", "disable-override",
    }));
    "url-filtering", "virus", "spyware", "vulnerability", "file-blocking", "wildfire-analysis", "data-filtering",
    "data-objects", "dos-protection", "decryption", "hip-objects", "hip-profiles", "gtp", "sctp", "mobile-network-protection",
    "packet-broker", "sdwan-path-quality", "sdwan-traffic-distribution", "sdwan-saas-quality",
    "sdwan-error-correction", "dns-security", "ai-security",
});

static AUTHENTICATION_OBJECT: Shape = Entries(&Branch(fields! {
    "authentication-method": &Value;
    "authentication-profile", "message", "disable-override",
}));

static RULEBASE: Shape = Branch(words! {
    "security": &Branch(fields! { "rules": &Entries(&SECURITY); }),
    "decryption": &Branch(fields! { "rules": &Entries(&DECRYPTION); }),
    "authentication": &Branch(fields! { "rules": &Entries(&AUTHENTICATION); }),
    "default-security-rules": &Branch(fields! {
        "rules": &Entries(&Branch(fields! {
            "action": &Value,
            "profile-setting": &PROFILE_SETTING;
            "log-start", "log-end", "log-setting", "tag", "group-tag", "icmp-unreachable", "description",
        }));
    });
    "nat", "qos", "pbf", "dos", "tunnel-inspect", "application-override", "sdwan", "network-packet-broker",
});

static TARGET: Shape = Branch(fields! {
    "negate": &Value,
    "devices": &Entries(&Branch(fields! { "vsys": &Entries(&Silent); })),
    "tags": &Members;
});

static PROFILE_SETTING: Shape = Branch(fields! {
    "group": &Members,
    "profiles": &Branch(fields! {
        "url-filtering": &Members,
        "virus": &Members,
        "spyware": &Members,
        "vulnerability": &Members,
        "file-blocking": &Members,
        "wildfire-analysis": &Members,
        "data-filtering": &Members,
        "gtp": &Members,
        "sctp": &Members;
    });
});

static SECURITY: Shape = Branch(fields! {
    "from": &Members,
    "to": &Members,
    "source": &Members,
    "destination": &Members,
    "negate-source": &Value,
    "negate-destination": &Value,
    "source-user": &Members,
    "source-hip": &Members,
    "destination-hip": &Members,
    "hip-profiles": &Members,
    "category": &Members,
    "application": &Members,
    "service": &Members,
    "schedule": &Value,
    "rule-type": &Value,
    "profile-setting": &PROFILE_SETTING,
    "option": &Branch(fields! { ; "disable-server-response-inspection" }),
    "qos": &Branch(fields! {
        "marking": &Branch(fields! { "follow-c2s-flow": &Empty; "ip-dscp", "ip-precedence" });
    }),
    "saas-user-list": &Members,
    "saas-tenant-list": &Members,
    "source-imsi": &Members,
    "source-imei": &Members,
    "source-nw-slice": &Members,
    "target": &TARGET,
    "disabled": &Value,
    "action": &Value;
    "description", "tag", "group-tag", "log-start", "log-end", "log-setting", "icmp-unreachable",
    "disable-inspect",
});

static DECRYPTION: Shape = Branch(fields! {
    "from": &Members,
    "to": &Members,
    "source": &Members,
    "destination": &Members,
    "negate-source": &Value,
    "negate-destination": &Value,
    "source-user": &Members,
    "source-hip": &Members,
    "destination-hip": &Members,
    "category": &Members,
    "service": &Members,
    "type": &Branch(fields! {
        "ssl-forward-proxy": &Empty,
        "ssh-proxy": &Empty,
        "ssl-inbound-inspection": &Members;
    }),
    "target": &TARGET,
    "disabled": &Value,
    "action": &Value;
    "description", "tag", "group-tag", "profile", "log-setting", "log-fail", "log-success",
    "packet-broker-profile", "forwarding-profile",
});

static AUTHENTICATION: Shape = Branch(fields! {
    "from": &Members,
    "to": &Members,
    "source": &Members,
    "destination": &Members,
    "negate-source": &Value,
    "negate-destination": &Value,
    "source-user": &Members,
    "source-hip": &Members,
    "destination-hip": &Members,
    "hip-profiles": &Members,
    "category": &Members,
    "service": &Members,
    "authentication-enforcement": &Value,
    "target": &TARGET,
    "disabled": &Value;
    "description", "tag", "group-tag", "timeout", "log-setting", "log-authentication-timeout",
});
