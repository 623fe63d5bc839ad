//! How long a PAC takes in the JavaScript engine of this program (QuickJS, which only interprets): to load, for its first
//! answer, and for one more.
//!
//! Times are of this machine and of the moment. Nothing else in the library reads a clock for its result.

use std::hint::black_box;
use std::time::{Duration, Instant};

use rquickjs::{Context, Ctx, Function, Runtime, String as Text, Value};

/// What a script may use: more than any PAC of this program needs.
const MEMORY: usize = 256 << 20;
/// How often a script is loaded, each time in an engine of its own.
const LOADS: usize = 9;
/// How often every host is asked for, after the first time.
const ROUNDS: usize = 25;

/// The median and the slowest but one in a hundred of times.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Times {
    /// Half of them took longer.
    pub median: Duration,
    /// One in a hundred took longer; the longest, where there are fewer than a hundred.
    pub p99: Duration,
}

impl Times {
    /// Nothing of no times.
    fn of(mut times: Vec<Duration>) -> Option<Self> {
        times.sort_unstable();
        let at =
            |part: usize| times.get((times.len() * part / 100).min(times.len().checked_sub(1)?)).copied();
        Some(Self { median: at(50)?, p99: at(99)? })
    }
}

/// What was measured of a script.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Speed {
    /// To load it.
    pub load: Times,
    /// For its first answer.
    pub first: Times,
    /// For an answer to a host that it lists; nothing where none was given.
    pub hit: Option<Times>,
    /// For an answer to a host that it does not list; nothing where none was given.
    pub miss: Option<Times>,
}

/// Loads a PAC of this program, and asks for hosts that it lists and hosts that it does not.
///
/// # Errors
/// When the engine fails, or the script does not do what a PAC does: why.
pub fn measure(script: &str, hits: &[String], misses: &[String]) -> Result<Speed, String> {
    let (mut loads, mut firsts) = (Vec::new(), Vec::new());
    let mut last = None;
    for _ in 0..LOADS {
        let context = context()?;
        let host = misses.first().or(hits.first()).map_or("www.example.com", String::as_str);
        let (load, first) = context.with(|cx| {
            let start = Instant::now();
            let loaded = cx.eval::<(), _>(script);
            let load = start.elapsed();
            loaded.map_err(|error| why(&cx, &error))?;
            Ok::<_, String>((load, ask(&cx, host)?))
        })?;
        loads.push(load);
        firsts.push(first);
        last = Some(context);
    }
    let context = last.ok_or("internal error: nothing was loaded")?;
    let of = |hosts: &[String]| {
        let mut times = Vec::with_capacity(hosts.len() * ROUNDS);
        context.with(|cx| {
            for round in 0..=ROUNDS {
                for host in hosts {
                    let time = ask(&cx, host)?;
                    // What is unpacked at the first question is unpacked by then.
                    if round > 0 {
                        times.push(time);
                    }
                }
            }
            Ok::<_, String>(())
        })?;
        Ok::<_, String>(Times::of(times))
    };
    let nothing = "internal error: nothing was loaded";
    Ok(Speed {
        load: Times::of(loads).ok_or(nothing)?,
        first: Times::of(firsts).ok_or(nothing)?,
        hit: of(hits)?,
        miss: of(misses)?,
    })
}

fn context() -> Result<Context, String> {
    let runtime = Runtime::new().map_err(|error| error.to_string())?;
    runtime.set_memory_limit(MEMORY);
    Context::full(&runtime).map_err(|error| error.to_string())
}

/// How long one answer takes, without what it takes to make the question.
fn ask(cx: &Ctx<'_>, host: &str) -> Result<Duration, String> {
    let text = |text: &str| Text::from_str(cx.clone(), text).map_err(|error| why(cx, &error));
    let (url, host) = (text(&format!("https://{host}/"))?, text(host)?);
    let function: Function<'_> = cx
        .globals()
        .get("FindProxyForURL")
        .map_err(|error| format!("no function FindProxyForURL: {error}"))?;
    let start = Instant::now();
    let answer = function.call::<_, Value<'_>>((url, host));
    let time = start.elapsed();
    black_box(answer.map_err(|error| why(cx, &error))?);
    Ok(time)
}

fn why(cx: &Ctx<'_>, error: &rquickjs::Error) -> String {
    let thrown = cx.catch();
    let message = thrown.as_exception().and_then(|exception| exception.message());
    message.unwrap_or_else(|| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slowest_but_one_in_a_hundred_is_told() {
        let millis = |own: std::ops::RangeInclusive<u64>| own.rev().map(Duration::from_millis).collect();
        let times = Times::of(millis(1..=200)).unwrap();
        assert_eq!((times.median, times.p99), (Duration::from_millis(101), Duration::from_millis(199)));
        let times = Times::of(millis(1..=3)).unwrap();
        assert_eq!((times.median, times.p99), (Duration::from_millis(2), Duration::from_millis(3)));
        assert_eq!(Times::of(Vec::new()), None);
    }

    #[test]
    fn a_script_that_stops_has_no_speed() {
        let of = |script: &str| measure(script, &["a.test".to_owned()], &[]);
        assert!(of("function FindProxyForURL(u, h) { return h; }").unwrap().miss.is_none());
        assert!(
            of("function FindProxyForURL(u, h) { throw new Error('here'); }").unwrap_err().contains("here")
        );
        assert!(of("var x;").unwrap_err().contains("FindProxyForURL"));
        assert!(of("function (").is_err());
    }
}
