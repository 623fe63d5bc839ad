//! Asking the vendor for newer lists, on time and not all at once.
//!
//! What comes is looked at and put in its place by [`update`](crate::update), as `thruway update` does; a build then
//! decides what becomes of it. Nobody's clock is in step with another's: times are spread by a tenth, and a vendor that
//! fails is asked again soon at first, then ever less often.

use std::collections::BTreeMap;
use std::hash::{BuildHasher as _, RandomState};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;
use tokio::sync::mpsc::Sender;

use super::log::{Level, event};
use super::respond::now;
use super::sites::Sites;
use crate::profile::{Download, Update};
use crate::update::fetch::{Bounds, Through};
use crate::update::renew::{Renewal, Renewed};
use crate::verify::connect::Network;
use crate::verify::facts;
use crate::verify::names::Names;
use crate::verify::route::{Environment, ProxyUrl, without_credentials};
use crate::verify::tls::{Roots, certificates};

/// What of a list may come, and how long it may take.
const BOUNDS: Bounds = Bounds { bytes: 64 << 20, patience: Duration::from_secs(60) };
/// How long after a start the vendor is asked at the latest.
const FIRST: Duration = Duration::from_secs(60);
/// How long after a first failure it is asked again.
const AFTER_FAILURE: Duration = Duration::from_secs(60);
/// How long a list that a profile names anew waits until somebody looks.
const LOOK: Duration = Duration::from_secs(15);

/// A list that is fetched for a site.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Order {
    /// The site.
    pub site: String,
    /// What is fetched.
    pub download: Download,
    /// The file that it takes the place of.
    pub into: PathBuf,
    every: Duration,
    proxy: Option<String>,
    ca: Option<PathBuf>,
}

/// Which list: the site and the file.
type Key = (String, PathBuf);

impl Order {
    /// Those of a site, whose profile is a file.
    pub fn of(site: &str, profile: &Path, update: &Update) -> Vec<Self> {
        let folder = profile.parent().unwrap_or(Path::new(""));
        let order = |download: &Download| Self {
            site: site.to_owned(),
            download: download.clone(),
            into: folder.join(&download.into),
            every: Duration::from_secs(3_600 * update.every_hours as u64),
            proxy: update.proxy.clone(),
            ca: update.ca.as_ref().map(|path| folder.join(path)),
        };
        update.lists.iter().map(order).collect()
    }

    fn key(&self) -> Key {
        (self.site.clone(), self.into.clone())
    }
}

/// What the vendor was asked last, of one list.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Polled {
    /// The file that it takes the place of.
    pub into: String,
    /// Where it is published, without what may be secret.
    pub url: String,
    /// When, in seconds since 1970.
    pub at: u64,
    /// `updated`, `unchanged`, `refused`, `failed`.
    pub result: &'static str,
    /// What is wrong, where something is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// How often in a row something was wrong.
    pub failures: u32,
    /// When it is asked again, in seconds since 1970.
    pub next: u64,
}

/// What the vendor was asked last, of all lists.
#[derive(Debug, Default)]
pub struct Polls {
    known: Mutex<BTreeMap<Key, Polled>>,
    /// Held while the vendor is asked: two answers never race for one file.
    turn: tokio::sync::Mutex<()>,
}

impl Polls {
    /// Those of a site.
    pub fn of(&self, site: &str) -> Vec<Polled> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.iter().filter(|((own, _), _)| own == site).map(|(_, polled)| polled.clone()).collect()
    }

    fn failures(&self, key: &Key) -> u32 {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).get(key).map_or(0, |own| own.failures)
    }

    fn note(&self, key: Key, polled: Polled) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(key, polled);
    }

    /// Forgets lists that nobody fetches any more.
    fn retain(&self, orders: &[Order]) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|key, _| orders.iter().any(|order| order.key() == *key));
    }
}

/// How long until the vendor is asked again. `share` is where in its spread, from 0 to 1.
fn delay(every: Duration, failures: u32, share: f64) -> Duration {
    let delay = match failures.checked_sub(1) {
        None => every,
        Some(again) => every.min(AFTER_FAILURE * 2_u32.pow(again.min(16))),
    };
    delay.mul_f64(0.9 + 0.2 * share)
}

/// A number from 0 to 1 that nobody needs to guess: the seed of a table is random.
fn share() -> f64 {
    RandomState::new().hash_one(0) as f64 / u64::MAX as f64
}

/// Asks the vendor whenever it is time, until this is dropped. `wake` is told that there is a new list.
pub async fn run(sites: Arc<Sites>, wake: Sender<&'static str>) {
    let mut due: BTreeMap<Key, Instant> = BTreeMap::new();
    loop {
        let orders = sites.orders();
        due.retain(|key, _| orders.iter().any(|order| order.key() == *key));
        sites.polls.retain(&orders);
        for order in &orders {
            let at = *due.entry(order.key()).or_insert_with(|| Instant::now() + FIRST.mul_f64(share()));
            if at > Instant::now() {
                continue;
            }
            let (polled, delay) = poll(&sites, order).await;
            due.insert(order.key(), Instant::now() + delay);
            if polled.result == "updated" {
                // Where one waits already, it sees this list, too.
                let _ = wake.try_send("update");
            }
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Asks the vendor for every list now. Whether nothing was wrong.
pub async fn poll_all(sites: &Arc<Sites>) -> bool {
    let mut is_good = true;
    for order in sites.orders() {
        is_good &= poll(sites, &order).await.0.problem.is_none();
    }
    is_good
}

/// Asks for one list, notes what came of it, and says when to ask again.
async fn poll(sites: &Arc<Sites>, order: &Order) -> (Polled, Duration) {
    let _turn = sites.polls.turn.lock().await;
    let own = order.clone();
    // Reading a list takes a while, and a bug that one meets must not end the server.
    let runtime = tokio::runtime::Handle::current();
    let asked = tokio::task::spawn_blocking(move || runtime.block_on(renew(&own))).await;
    let (result, problem) = match asked {
        Ok(Ok(Renewed::Unchanged(_))) => ("unchanged", None),
        Ok(Ok(Renewed::Updated { .. })) => ("updated", None),
        Ok(Ok(Renewed::Refused { why, .. })) => ("refused", Some(why)),
        Ok(Err(why)) => ("failed", Some(why)),
        Err(_) => ("failed", Some("internal error while the list was read".to_owned())),
    };
    let key = order.key();
    let failures = if problem.is_some() { sites.polls.failures(&key).saturating_add(1) } else { 0 };
    let delay = delay(order.every, failures, share());
    let url = without_credentials(order.download.url.as_str());
    let file = order.into.display();
    match &problem {
        Some(problem) => {
            let text = format!("{}: {file} is left as it is: {result}: {problem}", order.site);
            event(Level::Warn, &text);
        }
        None => event(Level::Info, &format!("{}: {file}: {result} from {url}", order.site)),
    }
    sites.server.metrics.polled(&order.site, result, failures, now());
    let polled = Polled {
        into: file.to_string(),
        url,
        at: now(),
        result,
        problem,
        failures,
        next: now() + delay.as_secs(),
    };
    sites.polls.note(key, polled.clone());
    (polled, delay)
}

/// Brings one list up to date.
async fn renew(order: &Order) -> Result<Renewed, String> {
    let through = match order.proxy.as_deref() {
        Some("direct") => Through::Direct,
        Some(text) => {
            Through::Proxy(ProxyUrl::parse(text).map_err(|error| format!("`proxy` of `update`: {error}"))?)
        }
        None => {
            let variables: BTreeMap<String, String> = std::env::vars_os()
                .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
                .collect();
            let environment =
                Environment::read(&variables).map_err(|(name, error)| format!("{name}: {error}"))?;
            Through::Environment(environment)
        }
    };
    let given = match &order.ca {
        Some(file) => certificates(file).map_err(|error| error.to_string())?,
        None => Vec::new(),
    };
    let roots = Arc::new(Roots::new(Vec::new(), given, facts::vendor()));
    let network = Network { names: Names::of_system(), roots };
    let renewal = Renewal {
        url: &order.download.url,
        into: &order.into,
        keep: None,
        through: &through,
        bounds: BOUNDS,
        may_shrink: false,
    };
    let site = order.site.clone();
    let mut remark = move |text: String| event(Level::Warn, &format!("{site}: {text}"));
    renewal.run(&network, &mut remark).await.map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vendor_that_fails_is_asked_soon_and_then_ever_less_often() {
        let every = Duration::from_secs(3_600);
        let seconds = |failures| delay(every, failures, 0.5).as_secs_f64().round() as u64;
        let asked: Vec<u64> = (0..9).map(seconds).collect();
        assert_eq!(asked, [3_600, 60, 120, 240, 480, 960, 1_920, 3_600, 3_600]);
        assert_eq!(seconds(u32::MAX), 3_600);
    }

    #[test]
    fn no_two_servers_ask_in_step() {
        let every = Duration::from_secs(36_000);
        let (first, last) = (delay(every, 0, 0.0), delay(every, 0, 1.0));
        assert_eq!((first.as_secs(), last.as_secs()), (32_400, 39_600));
        let shares: Vec<f64> = (0..50).map(|_| share()).collect();
        assert!(shares.iter().all(|own| (0.0..=1.0).contains(own)));
        assert!(shares.iter().any(|own| *own != shares[0]));
    }
}
