//! `thruway serve`: PAC, WPAD and lists, for clients and firewalls that pull them.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use clap::builder::RangedU64ValueParser;
use jiff::civil::Date;
use tokio::net::TcpListener;

use super::levels::Levels;
use super::output::Output;
use super::{DEFAULT_PROFILE, Failure, Global, Outcome};
use crate::profile::{MAX_TEXT, Profile};
use crate::serve::State;
use crate::serve::admin;
use crate::serve::listen::{self, Ending, Listen, Scheme};
use crate::serve::log::{AccessLog, Destination, Level, event};
use crate::serve::metrics::Metrics;
use crate::serve::poll;
use crate::serve::site::Allowed;
use crate::serve::sites::{Inputs, Sites, Start, StartError};
use crate::serve::tls::TlsFiles;

/// The variable by which systemd names the folder of a service's state.
const STATE_DIRECTORY: &str = "STATE_DIRECTORY";

/// Where versions are kept where nobody says.
const DEFAULT_STATE: &str = "thruway-state";

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// Address for everybody, as HOST:PORT, http://HOST:PORT or https://HOST:PORT; may be repeated
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    listen: Vec<Listen>,
    /// Address for those who run the server, or `none`
    #[arg(long, value_name = "ADDR", default_value = super::admin::ADMIN)]
    admin: String,
    /// Certificate with those up to its root, PEM; read again when it changes
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// Key of the certificate, PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Folder to keep versions in [default: STATE_DIRECTORY, else thruway-state]
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
    /// Log requests to this file in the combined format, `-` for stdout; SIGHUP opens it anew
    #[arg(long, value_name = "FILE")]
    access_log: Option<PathBuf>,
    /// Seconds that open connections may take to end
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = RangedU64ValueParser::<u64>::new().range(0..=3_600))]
    drain: u64,
}

pub(super) fn run(arguments: &Arguments, global: &Global, output: &mut Output) -> Result<Outcome, Failure> {
    let tls = match (&arguments.tls_cert, &arguments.tls_key) {
        (Some(certificate), Some(key)) => {
            Some(TlsFiles { certificate: certificate.clone(), key: key.clone() })
        }
        _ => None,
    };
    let scheme = |own: &Listen| match (own.scheme, &tls) {
        (Some(scheme), _) => scheme,
        (None, Some(_)) => Scheme::Https,
        (None, None) => Scheme::Http,
    };
    let schemes: Vec<Scheme> = arguments.listen.iter().map(scheme).collect();
    if tls.is_none() && schemes.contains(&Scheme::Https) {
        return Err(Failure::Other("an https address needs --tls-cert and --tls-key".to_owned()));
    }
    if tls.is_some() && !schemes.contains(&Scheme::Https) {
        return Err(Failure::Other("--tls-cert is given, and no address speaks https".to_owned()));
    }
    let admin = match arguments.admin.as_str() {
        "none" => None,
        text => {
            let own: Listen = text.parse().map_err(|error| Failure::Other(format!("--admin: {error}")))?;
            if own.scheme == Some(Scheme::Https) {
                return Err(Failure::Other("--admin speaks http: keep it on this machine".to_owned()));
            }
            Some(own)
        }
    };
    let metrics = Arc::new(Metrics::default());
    let (access_log, writer) = match &arguments.access_log {
        None => (None, None),
        Some(path) => {
            let to =
                if path == Path::new("-") { Destination::Stdout } else { Destination::File(path.clone()) };
            let opened = AccessLog::open(to, metrics.clone());
            let (log, writer) = opened
                .map_err(|error| Failure::Other(format!("cannot write {}: {error}", path.display())))?;
            (Some(log), Some(writer))
        }
    };
    let start = Start {
        inputs: Box::new(Anew { levels: global.levels.clone(), today: global.today }),
        profile: global.profile.clone().unwrap_or_else(|| DEFAULT_PROFILE.into()),
        dir: state(arguments),
        tls,
        access_log,
        metrics,
    };
    let sites = match Sites::open(start) {
        Ok(sites) => Arc::new(sites),
        Err(error @ StartError::Settings(_)) => {
            output.error(&error.to_string());
            output.help(
                "give --tls-cert and --tls-key, or name the proxy that speaks TLS in `trusted_proxies`",
            );
            return Err(Failure::Other("nothing is served".to_owned()));
        }
        Err(error) => return Err(Failure::Other(error.to_string())),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::Other(format!("no network: {error}")))?;
    // What is on the disk is served at once, whatever the profile says by now; a first version must be a good one.
    if !sites.has_version() {
        // A list that is fetched may not be there yet.
        if sites.orders().iter().any(|order| !order.into.exists()) {
            runtime.block_on(poll::poll_all(&sites));
        }
        sites.reload("start", Allowed::default());
        if !sites.has_version() {
            let problem = sites.main_problem().unwrap_or_default();
            output.error(&format!("{problem}; there is no earlier version to serve"));
            return Ok(Outcome::Refused);
        }
    }
    let patience = Duration::from_secs(arguments.drain);
    let served = runtime.block_on(async {
        let (drain, ending) = listen::drain();
        let mut listeners = Vec::new();
        for (own, scheme) in arguments.listen.iter().zip(&schemes) {
            listeners.push((bind(own).await?, *scheme));
        }
        let admin = match &admin {
            Some(own) => Some(bind(own).await?),
            None => None,
        };
        for (listener, scheme) in &listeners {
            output.line(&format!("serving {scheme}://{}", address(listener)?))?;
        }
        if let Some(listener) = &admin {
            output.line(&format!("admin http://{}", address(listener)?))?;
        }
        output.finish()?;
        warn(&listeners, admin.as_ref(), &sites);
        run_server(&sites, listeners, admin, &ending).await?;
        drop(ending);
        tell(&[Notice::Stopping]);
        event(Level::Info, "draining");
        if !drain.end(patience).await {
            event(Level::Warn, "some connections were cut, since they did not end in time");
        }
        Ok(())
    });
    // A build that is going on is not waited for: nothing of it was published.
    runtime.shutdown_background();
    if let (Some(log), Some(writer)) = (&sites.server.access_log, writer) {
        log.end(writer);
    }
    served.map(|()| Outcome::Clean)
}

async fn bind(own: &Listen) -> Result<TcpListener, Failure> {
    own.bind().await.map_err(|error| Failure::Other(format!("cannot listen on {}: {error}", own.address)))
}

fn address(listener: &TcpListener) -> Result<std::net::SocketAddr, Failure> {
    listener.local_addr().map_err(|error| Failure::Other(error.to_string()))
}

/// Where versions are kept.
fn state(arguments: &Arguments) -> PathBuf {
    let of_systemd = || {
        // Several are separated by colons; ours has one.
        let text = std::env::var_os(STATE_DIRECTORY)?.into_string().ok()?;
        text.split(':').next().filter(|first| !first.is_empty()).map(PathBuf::from)
    };
    arguments.state.clone().or_else(of_systemd).unwrap_or_else(|| DEFAULT_STATE.into())
}

/// Profiles, read anew each time, as this command line wants them.
#[derive(Debug)]
struct Anew {
    levels: Levels,
    today: Option<Date>,
}

impl Inputs for Anew {
    fn load(&self, path: &Path) -> Result<Profile, String> {
        let failed = |error: &dyn std::fmt::Display| format!("cannot read {}: {error}", path.display());
        let bytes = super::start_of(path, MAX_TEXT + 1).map_err(|error| failed(&error))?;
        let text = String::from_utf8(bytes).map_err(|error| failed(&error))?;
        self.parse(&text, path)
    }

    fn parse(&self, text: &str, path: &Path) -> Result<Profile, String> {
        let parsed = Profile::parse(text, Some(path), &super::target_ids());
        let mut profile = parsed.map_err(|error| format!("{}: {error}", path.display()))?;
        self.levels.apply(&mut profile);
        Ok(profile)
    }

    fn today(&self) -> Date {
        self.today.unwrap_or_else(super::utc_today)
    }
}

/// What somebody should know who opens this to a network.
fn warn(listeners: &[(TcpListener, Scheme)], admin: Option<&TcpListener>, sites: &Sites) {
    let is_open = |listener: &TcpListener| listener.local_addr().is_ok_and(|own| !own.ip().is_loopback());
    if admin.is_some_and(is_open) {
        event(Level::Warn, "the admin address is open to the network and asks nobody who he is");
    }
    let settings = sites.server.settings.load();
    if listeners.iter().any(|(own, _)| is_open(own)) && !settings.serve.has_auth() {
        event(
            Level::Info,
            "lists and the report are for everybody who reaches the server; `serve:` in the profile limits that",
        );
    }
    if settings.serve.has_auth() {
        let text = "lists need credentials: PAN-OS stops enforcing a list that it may not fetch, so a new secret goes \
                    beside the old one first";
        event(Level::Info, text);
    }
}

/// Serves until a signal ends it.
async fn run_server(
    sites: &Arc<Sites>,
    listeners: Vec<(TcpListener, Scheme)>,
    admin: Option<TcpListener>,
    ending: &Ending,
) -> Result<(), Failure> {
    let other = |error: std::io::Error| Failure::Other(error.to_string());
    let (wake, mut woken) = tokio::sync::mpsc::channel::<&'static str>(1);
    let changed = wake.clone();
    // Where one waits already, it sees this change, too.
    let notice = move |why| {
        let _ = changed.try_send(why);
    };
    sites.watch(notice).map_err(other)?;
    // A first version was built before anybody watched: what has changed since is seen now.
    let _ = wake.try_send("start");
    for (listener, scheme) in listeners {
        let tls = sites.tls.clone().filter(|_| scheme == Scheme::Https);
        tokio::spawn(listen::accept(sites.server.clone(), listener, tls, ending.clone()));
    }
    if let Some(listener) = admin {
        tokio::spawn(admin::accept(sites.clone(), listener, ending.clone()));
    }
    let mut signals = Signals::new().map_err(other)?;
    tell(&[Notice::Ready]);
    let own = sites.clone();
    let builder = tokio::spawn(async move {
        // One build at a time; what changes meanwhile waits as one.
        while let Some(because) = woken.recv().await {
            let sites = own.clone();
            let built = tokio::task::spawn_blocking(move || sites.reload(because, Allowed::default())).await;
            if built.is_err() {
                event(Level::Error, "internal error while building; what is served stays as it is");
            }
            tell(&[Notice::Ready, Notice::Status(own.server.state())]);
        }
    });
    let polling = tokio::spawn(poll::run(sites.clone(), wake.clone()));
    let watchdog = tokio::spawn(keep_alive());
    while let Signal::Reload = signals.next().await {
        if let Some(log) = &sites.server.access_log {
            log.reopen();
        }
        tell(&[Notice::Reloading]);
        if wake.try_send("signal").is_err() {
            // One waits already, and says so when it is done.
            event(Level::Info, "a build is waiting already");
        }
    }
    for task in [builder, polling, watchdog] {
        task.abort();
    }
    sites.server.set_state(State::Draining);
    Ok(())
}

/// What ends a server or makes it look again.
enum Signal {
    End,
    Reload,
}

#[cfg(unix)]
struct Signals {
    end: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
    reload: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            end: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            reload: signal(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.end.recv() => Signal::End,
            _ = self.interrupt.recv() => Signal::End,
            _ = self.reload.recv() => Signal::Reload,
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> Signal {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        Signal::End
    }
}

/// What a service manager is told.
enum Notice {
    Ready,
    Reloading,
    Status(State),
    Stopping,
}

/// Tells systemd, where it is there. What it does not take is no reason to stop.
#[cfg(unix)]
fn tell(notices: &[Notice]) {
    use sd_notify::NotifyState;
    for notice in notices {
        let state = match notice {
            Notice::Ready => NotifyState::Ready,
            Notice::Reloading => NotifyState::Reloading,
            Notice::Status(state) => NotifyState::Status(state.as_str()),
            Notice::Stopping => NotifyState::Stopping,
        };
        let _ = sd_notify::notify(&[state]);
    }
}

#[cfg(not(unix))]
fn tell(_: &[Notice]) {}

/// Tells the service manager in time that the server lives, where it wants to know.
#[cfg(unix)]
async fn keep_alive() {
    let Some(limit) = sd_notify::watchdog_enabled() else { return };
    loop {
        let _ = sd_notify::notify(&[sd_notify::NotifyState::Watchdog]);
        // Twice in time, as sd_watchdog_enabled(3) says.
        tokio::time::sleep(limit / 2).await;
    }
}

#[cfg(not(unix))]
async fn keep_alive() {}
