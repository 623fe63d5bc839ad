//! All URLs by all routes: so many at a time, until the deadline.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;

use super::connect::{self, Network};
use super::facts::Method;
use super::pac::{self, Pac};
use super::probes::Probe;
use super::route::{Environment, Route, Way};
use super::seen::{Seen, Step, Trouble};
use crate::model::Request;

/// How much at a time, and for how long.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// URLs that are asked at the same time, at least one.
    pub jobs: usize,
    /// How long one URL may take by one way.
    pub patience: Duration,
    /// How long everything may take.
    pub deadline: Duration,
}

/// A route, and the ways that it means for every probe.
#[derive(Debug)]
pub struct Plan {
    /// The route.
    pub route: Route,
    /// What is worth a word about it.
    pub remarks: Vec<String>,
    /// By probe: ways in the order in which they are tried, or why there is none.
    ways: Vec<Result<Vec<Way>, String>>,
}

/// What came of a run.
#[derive(Debug)]
pub struct Outcome {
    /// What the routes meant.
    pub plans: Vec<Plan>,
    /// By route, and in it by probe.
    pub seen: Vec<Vec<Seen>>,
    /// Why it ended early, where it did.
    pub ended: Option<&'static str>,
}

/// What routes mean for probes. A route that cannot be used is a plan without ways.
async fn plan(
    network: &Network,
    routes: &[Route],
    probes: &[Probe],
    variables: &BTreeMap<String, String>,
    patience: Duration,
) -> Vec<Plan> {
    let mut plans = Vec::new();
    for route in routes {
        let all = |way: Result<Vec<Way>, String>| vec![way; probes.len()];
        let mut remarks = Vec::new();
        let ways = match route {
            Route::Direct => all(Ok(vec![Way::Direct])),
            Route::Proxy(proxy) => all(Ok(vec![Way::Proxy(proxy.clone())])),
            Route::Env => match Environment::read(variables) {
                Ok(environment) => {
                    if environment.is_empty() {
                        remarks.push("no variable of the environment names a proxy".to_owned());
                    }
                    probes.iter().map(|probe| Ok(vec![environment.way(&probe.request)])).collect()
                }
                Err((name, error)) => all(Err(format!("{name}: {error}"))),
            },
            Route::Pac(place) => by_pac(Pac::load(network, place, patience).await, probes, &mut remarks),
            Route::Wpad => {
                let found = pac::discover(network, patience).await.map(|(url, pac)| {
                    remarks.push(format!("found {url}"));
                    pac
                });
                by_pac(found, probes, &mut remarks)
            }
        };
        plans.push(Plan { route: route.clone(), remarks, ways });
    }
    plans
}

fn by_pac(
    pac: Result<Pac, String>,
    probes: &[Probe],
    remarks: &mut Vec<String>,
) -> Vec<Result<Vec<Way>, String>> {
    let pac = match pac {
        Ok(pac) => pac,
        Err(why) => {
            remarks.push(why.clone());
            return vec![Err(why); probes.len()];
        }
    };
    remarks.extend(pac.remarks.iter().cloned());
    let ask = |probe: &Probe| {
        pac.ways(&probe.request).map(|(ways, more)| {
            for remark in more {
                if !remarks.contains(&remark) {
                    remarks.push(remark);
                }
            }
            ways
        })
    };
    probes.iter().map(ask).collect()
}

/// Finds out what every route means, and asks every URL by every route. `done` is called after each, and `stop` ends the
/// run early.
pub async fn run(
    network: &Arc<Network>,
    probes: &[Probe],
    routes: &[Route],
    variables: &BTreeMap<String, String>,
    limits: Limits,
    mut done: impl FnMut(),
    stop: impl Future<Output = ()>,
) -> Outcome {
    let until = Instant::now() + limits.deadline;
    let cut = async {
        tokio::select! {
            () = tokio::time::sleep_until(until) => "the deadline is over",
            () = stop => "interrupted",
        }
    };
    tokio::pin!(cut);
    let not_finished = || vec![Seen { trouble: Some(Trouble::NotFinished), ..Seen::default() }; probes.len()];
    let mut seen: Vec<Vec<Seen>> = routes.iter().map(|_| not_finished()).collect();
    // A server may take its time over a PAC, too.
    let plans = tokio::select! {
        plans = plan(network, routes, probes, variables, limits.patience) => plans,
        why = &mut cut => {
            let plan = |route: &Route| Plan { route: route.clone(), remarks: Vec::new(), ways: Vec::new() };
            return Outcome { plans: routes.iter().map(plan).collect(), seen, ended: Some(why) };
        }
    };
    // One URL after the other by all routes: where the run ends early, the first ones are known whole.
    let mut questions = (0..probes.len()).flat_map(|probe| (0..plans.len()).map(move |plan| (plan, probe)));
    let mut running = JoinSet::new();
    let mut ended = None;
    loop {
        while running.len() < limits.jobs.max(1)
            && let Some((plan, probe)) = questions.next()
        {
            match &plans[plan].ways[probe] {
                Err(why) => {
                    seen[plan][probe] =
                        Seen { trouble: Some(Trouble::Route(why.clone())), ..Seen::default() };
                    done();
                }
                Ok(ways) => {
                    let (ways, network) = (ways.clone(), network.clone());
                    let (request, method) = (probes[probe].request.clone(), probes[probe].method);
                    running.spawn(async move {
                        (plan, probe, in_turn(&network, method, &request, &ways, limits.patience).await)
                    });
                }
            }
        }
        let next = tokio::select! {
            next = running.join_next() => next,
            why = &mut cut => {
                ended = Some(why);
                None
            }
        };
        match next {
            Some(Ok((plan, probe, own))) => {
                seen[plan][probe] = own;
                done();
            }
            // Nothing of ours panics; if it does, the URL is told as not finished.
            Some(Err(_)) => done(),
            None => break,
        }
    }
    drop(questions);
    Outcome { plans, seen, ended }
}

/// By the first way whose proxy can be reached, as clients do.
async fn in_turn(
    network: &Network,
    method: Method,
    request: &Request,
    ways: &[Way],
    patience: Duration,
) -> Seen {
    let method = match method {
        Method::Get => hyper::Method::GET,
        Method::Head => hyper::Method::HEAD,
    };
    let mut remarks = Vec::new();
    let mut last = Seen::default();
    for way in ways {
        last = connect::look(network, &method, request, way, patience).await;
        match &last.trouble {
            Some(trouble @ (Trouble::ProxyUnreachable(_) | Trouble::Timeout(Step::Proxy))) => {
                remarks.push(format!("{way}: {trouble}"));
            }
            _ => break,
        }
    }
    // What the last way says is in its own trouble.
    if last.trouble.as_ref().is_some_and(|own| matches!(own, Trouble::ProxyUnreachable(_))) {
        remarks.pop();
    }
    last.remarks = remarks;
    last
}
