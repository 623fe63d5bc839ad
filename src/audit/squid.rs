//! Squid's configuration as the subject of an audit.

use super::{Decision, List, Subject, SubjectAt};
use crate::model::{Host, Intent, Request, RequestPattern};
use crate::read::squid::{AtHost, Client, Squid};
use crate::read::{Access, Place, Trouble};

impl Subject for Squid {
    fn intents(&self) -> Vec<Intent> {
        vec![Intent::Allow, Intent::BypassInspection, Intent::BypassAuthentication]
    }

    fn withholds(&self, intent: Intent) -> bool {
        match intent {
            Intent::Allow => true,
            Intent::BypassInspection => self.looks_into_tls(),
            // Who is let through is let through, with or without credentials.
            Intent::BypassAuthentication | Intent::Direct => false,
        }
    }

    fn patterns(&self) -> Vec<RequestPattern> {
        Squid::patterns(self)
    }

    fn at<'s>(&'s self, host: &Host) -> Box<dyn SubjectAt + 's> {
        Box::new(Squid::at(self, host))
    }

    fn lists(&self) -> Vec<List<'_>> {
        let lists = Squid::lists(self).into_iter();
        let lists = lists.map(|own| List {
            name: Some(own.name),
            intents: own.intents,
            is_used: own.is_used,
            place: own.place,
            items: own.items,
        });
        lists.collect()
    }

    fn troubles(&self) -> Vec<Trouble> {
        let mut troubles = Squid::troubles(self).to_vec();
        troubles.extend(self.bump_troubles());
        troubles
    }
}

impl SubjectAt for AtHost<'_> {
    fn ask(&self, intent: Intent, request: &Request) -> Option<Decision> {
        let client = Client::default();
        let access = self.access(client, request);
        let owned = |places: Vec<&Place>| places.into_iter().cloned().collect();
        let (granted, places) = match intent {
            Intent::Allow => (access != Access::Denied, self.access_from(client, request)),
            Intent::BypassInspection => {
                (!self.inspects(client, request)?, self.inspection_from(client, request))
            }
            Intent::BypassAuthentication => {
                let asked = self.asked_by(client, request);
                (access == Access::Anonymous, asked.into_iter().collect())
            }
            Intent::Direct => return None,
        };
        Some(Decision { granted, places: owned(places) })
    }
}
