//! Squid's configuration as the subject of an audit.

use super::{Decision, List, Subject, SubjectAt};
use crate::model::{Host, Intent, Ports, Request, RequestPattern};
use crate::read::squid::{AtHost, Client, Squid};
use crate::read::{Access, Place, Trouble, TroubleKind};

/// A configuration with the client that it is asked for.
#[derive(Debug)]
pub struct Asked {
    squid: Squid,
    client: Client,
}

struct AskedAt<'s> {
    at: AtHost<'s>,
    client: Client,
}

impl Asked {
    /// Asked for the clients that it lets through.
    pub fn new(squid: Squid) -> Self {
        Self { client: squid.likely_client(), squid }
    }
}

impl Subject for Asked {
    fn intents(&self) -> Vec<Intent> {
        vec![Intent::Allow, Intent::BypassInspection, Intent::BypassAuthentication]
    }

    fn withholds(&self, intent: Intent) -> bool {
        match intent {
            Intent::Allow => true,
            Intent::BypassInspection => self.squid.looks_into_tls(),
            // Who is let through is let through, with or without credentials.
            Intent::BypassAuthentication | Intent::Direct => false,
        }
    }

    fn patterns(&self) -> Vec<RequestPattern> {
        self.squid.patterns()
    }

    fn at<'s>(&'s self, host: &Host) -> Box<dyn SubjectAt + 's> {
        Box::new(AskedAt { at: self.squid.at(host), client: self.client })
    }

    fn lists(&self) -> Vec<List<'_>> {
        let lists = self.squid.lists().into_iter();
        let lists = lists.map(|own| List {
            name: Some(own.name),
            intents: own.intents,
            is_used: own.is_used,
            place: own.place,
            items: own.items,
        });
        lists.collect()
    }

    fn notice(&self) -> Option<String> {
        self.squid.waits_for_a_ca().then(|| {
            "nothing is inspected before an `http_port` has `ssl-bump` with a CA: until then the lines of `ssl_bump` do \
             nothing"
                .to_owned()
        })
    }

    fn troubles(&self) -> Vec<Trouble> {
        let mut troubles = self.squid.troubles().to_vec();
        troubles.extend(self.squid.bump_troubles());
        if self.squid.asks_for_clients() {
            let place = Place { file: self.squid.main().into(), line: 0 };
            let what = format!("asked as a client at {}", self.client.address);
            troubles.push(Trouble::new(place, TroubleKind::Assumed, what));
        }
        troubles
    }
}

impl SubjectAt for AskedAt<'_> {
    fn ports(&self) -> Vec<&Ports> {
        self.at.ports()
    }

    fn ask(&self, intent: Intent, request: &Request) -> Option<Decision> {
        let Self { at, client } = self;
        let client = *client;
        let access = at.access(client, request);
        let owned = |places: Vec<&Place>| places.into_iter().cloned().collect();
        let (granted, places) = match intent {
            Intent::Allow => (access != Access::Denied, at.access_from(client, request)),
            Intent::BypassInspection => (!at.inspects(client, request)?, at.inspection_from(client, request)),
            Intent::BypassAuthentication => {
                let asked = at.asked_by(client, request);
                (access == Access::Anonymous, asked.into_iter().collect())
            }
            Intent::Direct => return None,
        };
        Some(Decision { granted, places: owned(places) })
    }
}
