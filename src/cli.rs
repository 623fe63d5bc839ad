//! The command line: arguments, dispatch, exit codes.
//!
//! Results go to stdout, everything else to stderr. Exit 0 clean, findings at warn and hold included;
//! 1 a finding at deny, a refusal, a difference under `--check`; 2 could not run.

#[cfg(feature = "serve")]
mod admin;
#[cfg(feature = "serve")]
mod approve;
mod audit;
mod bench;
mod compile;
mod completions;
mod diff;
mod explain;
mod failure;
mod formats;
mod help;
mod init;
mod levels;
mod lint;
mod output;
mod prove;
mod questions;
mod review;
mod schema;
#[cfg(feature = "serve")]
mod serve;
mod show;
mod shown;
#[cfg(feature = "serve")]
mod status;
mod targets;
mod ticket;
#[cfg(feature = "update")]
mod update;
#[cfg(feature = "verify")]
mod verify;

use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use jiff::civil::Date;

use crate::compile::Run;
use crate::emit;
use crate::profile::{MAX_TEXT, Profile};
use failure::Failure;
use formats::{Format, FormatWord, WrittenAs};
use output::Output;

/// The profile that is read where none is named.
const DEFAULT_PROFILE: &str = "thruway.yaml";

/// The variable that stands for `--today`.
const TODAY: &str = "THRUWAY_TODAY";

/// Compiles a vendor's endpoint list into exact proxy and firewall policy
#[derive(Parser, Debug)]
#[command(name = "thruway", version, max_term_width = 100, arg_required_else_help = true, after_help = help::reflowed(EXAMPLES))]
pub struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
The first vendor is Microsoft, the first product Defender for Endpoint. Without a profile the built-in
commercial list is compiled for all geographies and platforms.

Examples:
  thruway compile                       Policy of the built-in list, into out/
  thruway init                          Write thruway.yaml, a profile to edit
  thruway prove                         Does out/ still mean what was asked?
  thruway audit config squid.conf       What does another proxy let through?
  thruway explain login.live.com        Why a host is let through, or not
  thruway explain covers-public-suffix  What a finding means

Exit codes:
  0  done, with warnings and held rules too
  1  refused, or different under --check
  2  could not run, or could not read a part of its input";

#[derive(Args, Debug)]
#[command(next_help_heading = help::EVERY)]
struct Global {
    /// Profile to use [default: thruway.yaml if there is one, else the built-in profile]
    #[arg(long, global = true, value_name = "FILE")]
    profile: Option<PathBuf>,
    /// How results are written: for people or for programs
    #[arg(long, global = true, value_enum, default_value_t = FormatWord::Human)]
    format: FormatWord,
    /// Print results and errors only
    #[arg(short, long, global = true)]
    quiet: bool,
    /// Day on which expiry dates are looked at, as 2026-11-24 [default: THRUWAY_TODAY, else today, UTC]
    #[arg(long, global = true, value_name = "DATE", value_parser = date)]
    today: Option<Date>,
    #[command(flatten)]
    levels: levels::Levels,
}

/// The library's own message speaks of the time formats that it knows.
fn date(text: &str) -> Result<Date, &'static str> {
    text.parse().map_err(|_| "not a date such as 2026-11-24")
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Write a commented profile to start from
    #[command(after_help = "\
Example:
  thruway init contoso-mde.yaml
  thruway compile --profile contoso-mde.yaml")]
    Init(init::Arguments),
    /// Write the policy of every target into a folder: the main job
    #[command(after_help = "\
Examples:
  thruway compile --profile contoso-mde.yaml --out policy
  thruway compile --target squid --target pac
  thruway compile --check               Is what is written up to date?")]
    Compile(compile::Arguments),
    /// Read a written folder back: does it still mean what its profile asks for?
    #[command(after_help = "\
The profile that the folder's manifest names is compiled again, and every file is read by its
product's own rules. Exit 1 if a target means something else, or a file is lost, edited or added.

Examples:
  thruway prove policy
  thruway prove policy --profile other.yaml    Does it mean the same as another profile?")]
    Prove(prove::Arguments),
    /// Compare what somebody else configured with the policy
    Audit(audit::Arguments),
    /// Compare two lists, profiles or written folders: what is newly let through, and what no longer?
    #[command(after_help = "\
Compared is what is let through, exempt from inspection or authentication, and direct; not the text.
Every change has a request that shows it and the cells of both sides; lines that moved and mean the
same are counted. A list is looked at by the profile beside it, or that of --profile: its selection,
corrections, inclusions, waivers and targets, which are then on both sides. Exit 1 if NEW has a finding
at deny, for which `compile` would write nothing.

Examples:
  thruway diff mde-urls-2021.xlsx builtin:mde-commercial --geography EU
  thruway diff out contoso-mde.yaml                What would `compile` change?
  thruway diff old.xlsx new.xlsx --format md       A text for the change request
  thruway diff out contoso-mde.yaml --format html > changes.html")]
    Diff(diff::Arguments),
    /// Write a change ticket: what a change board decides on, and what a firewall team enters
    #[command(after_help = "\
Without --from the ticket is of the whole policy; with it, of what changes, and of nothing else. It
says what is opened and removed and why, who accepts which risk, the files with their digests, how to
test, and how to go back. The fields of ServiceNow and Jira are set under `ticket:` in the profile.

  md, html          for people; the page loads nothing
  xlsx, csv         for a spreadsheet: a row for each line
  json              everything, for programs
  servicenow, jira  the body of a request that makes the change: POST
                    /api/now/table/change_request?sysparm_input_display_value=true or
                    /rest/api/3/issue; nothing is sent

Examples:
  thruway ticket --format html --out ticket.html
  thruway ticket --from mde-urls-2021.xlsx --geography EU --format xlsx --out ticket.xlsx
  thruway ticket --from out --format md            What does the profile change of what is there?
  thruway ticket --from old.xlsx --to new.xlsx --format servicenow --lang ja")]
    Ticket(ticket::Arguments),
    /// Show the normalized table or the policy
    #[command(after_help = "\
Examples:
  thruway show | grep blob              Every row names its source cell
  thruway show policy --format json")]
    Show(show::Arguments),
    /// Show every finding with its place and what to do
    #[command(after_help = "\
Findings go to stderr, under every other --format to stdout.

Examples:
  thruway lint 2>&1 | less
  thruway lint --format github          As annotations of a workflow on GitHub
  thruway lint -D missing-dot -A shared-hosting:direct")]
    Lint(lint::Arguments),
    /// Say why a host or URL is let through or not, or what a finding means
    #[command(after_help = "\
A host alone means HTTPS on port 443; `host:port` is HTTPS unless the port is 80.

Examples:
  thruway explain login.live.com
  thruway explain http://crl.microsoft.com/pki/crl/x.crl
  thruway explain covers-public-suffix")]
    Explain(explain::Arguments),
    /// Decide hosts or URLs, one a line, on stdin; one JSON line each
    #[command(after_help = "\
A line that is neither a host nor a URL gives {\"input\",\"error\"}, and exit code 2 at the end. Blank
lines are passed over; `input` in each answer says which line it is of.

Example:
  cut -f7 proxy.log | thruway match > decisions.jsonl")]
    Match,
    /// Fetch the vendor's list anew, and put it in the place of the old one if it is a list
    #[cfg(feature = "update")]
    #[command(after_help = "\
The server is asked whether it has something newer than what FILE.fetched.json remembers. An error page,
an empty or damaged file, one of fewer than half the endpoints, an answer that ends early or is too large,
and a redirect from https to http leave the old file as it is: exit 1. What changed, `thruway diff` says.

Exit codes:
  0  the list is the newest, or a new one is in its place
  1  what came was refused
  2  nothing came: no connection, or another status than 200
  3  with --exit-code: a new list is in its place

Examples:
  thruway update --url https://www.contoso.com/mde-urls.xlsx --into mde-urls.xlsx --keep old.xlsx
  thruway diff old.xlsx mde-urls.xlsx")]
    Update(update::Arguments),
    /// Ask whether the traffic gets through, by every route, and whether anybody looks into it
    #[cfg(feature = "verify")]
    #[command(after_help = "\
Every host of the policy is asked for a URL; under a wildcard the hosts that the built-in lists
know. Seen are names, TCP, the proxy's answer, the certificates and the status. Routes:

  direct     past every proxy
  env        by HTTPS_PROXY, HTTP_PROXY and NO_PROXY
  proxy=URL  http:// or https://, with user:password@ where the proxy wants them
  pac=URL    by the PAC of an http:, https: or file: URL, or of a file
  wpad       by the PAC that the network offers under the name `wpad`

A certificate that leads to a public root, or to one of --expected-root, was not touched. One that
leads to a root of --ca or of this system alone is an inspector's. Verdicts:

  passes            reached, and nobody looks into TLS
  passes-inspected  reached; inspected, which the policy lets be
  inspected         somebody looks into TLS that the policy exempts
  refused           by the proxy
  credentials       the proxy asks for them, and the sensor has none
  unreachable       no name, no connection, or no answer
  untrusted         a certificate that a device would not take
  wrong-answer      another status than that host gives, or a page where a file was asked for
  no-route          the route itself cannot be used
  unproven          something answers, and who cannot be told: --expected-root may settle it
  unsure            not reached, and nobody has checked that there is such a URL
  not-finished      ended by --deadline or Ctrl-C

Exit 1 if a required URL has no good verdict by any route; one that is `unsure` fails only if
nothing else under its line of the policy passes.

Examples:
  thruway verify --route proxy=http://proxy.contoso.com:8080 --ca inspection-root.pem
  thruway verify --route direct --only 'winatp-gw-*'
  thruway verify --from MDEClientAnalyzer.txt    What did the vendor's tool see?")]
    Verify(verify::Arguments),
    /// Host PAC, WPAD and lists for clients and firewalls that pull them
    #[cfg(feature = "serve")]
    #[command(after_help = "\
The profile is compiled and proved, and what comes of it is kept in --state and served:

  /proxy.pac, /wpad.dat      for everybody, over plain HTTP too
  /edl/INTENT/FORMAT.txt     lists: panos-url, panos-ip, domains, squid.*; and rules.json
  /edl/panos/                the same under the names that `edl_base_url` of the target leads to
  /manifest.json, /report/   what there is, and why
  /healthz, /readyz          200 where requests should come here

A change of the profile, a source, a certificate or the day, SIGHUP, and POST /-/reload on the admin
address build anew. What fails, is empty or has fewer than half the rules never takes the place of what
is served; /readyz, the metrics and the log say so, and POST /-/reload?accept-shrink takes the last of
these. After a crash the last good version is served at once.

`update:` in the profile asks the vendor for newer lists, and may let a new version wait for `thruway
approve`; `thruway rollback` goes back to an older one.

With a certificate, everything but a PAC is for https alone. `serve:` in the profile says who may fetch
lists, and names other profiles to host.

Examples:
  thruway serve --profile contoso-mde.yaml --listen 0.0.0.0:8080
  thruway serve --listen https://[::]:443 --listen http://[::]:80 --tls-cert c.pem --tls-key k.pem
  thruway status                        Which firewalls still have the old list?")]
    Serve(serve::Arguments),
    /// Say what a server serves, and who still has the old list
    #[cfg(feature = "serve")]
    #[command(after_help = "\
Asked is the admin address of a running `thruway serve`. Exit 1 if it serves an older version than its
sources ask for: one that is pinned, one whose successor waits for approval, or the last good one.

Examples:
  thruway status
  thruway status --format json | jq '.sites[].lists.behind'")]
    Status(status::Arguments),
    /// Let a running server serve the version that waits for it
    #[cfg(feature = "serve")]
    #[command(after_help = "\
Where the profile says `update: { approval: required }`, or after `thruway rollback`, a new version waits.
Its ticket says what it changes. An approval ends a pin, too. Nothing that waits is lost by a restart.
Exit 1 if another version waits, or none.

Examples:
  thruway status                        Does something wait?
  thruway approve 000008-3fa9c1d20b44 --show html > ticket.html
  thruway approve 000008-3fa9c1d20b44
  thruway approve --unpin               Whatever was pinned: serve what the sources ask for")]
    Approve(approve::Approve),
    /// Let a running server serve an older version again, and hold on to it
    #[cfg(feature = "serve")]
    #[command(after_help = "\
The old content gets a new number, so that every client is told that it changed, and is pinned: what the
sources ask for waits, until `thruway approve` takes it or releases the pin. Without VERSION it is the one
before; once more, the one before that. The version that is served itself may be named, to pin it. No
restart loses a pin.

Examples:
  thruway rollback
  thruway rollback 000006-77ab01c2d3e4 --site emea
  thruway status --format json | jq '.sites[].history'")]
    Rollback(approve::Rollback),
    /// Say what somebody should look at: what ends, what nobody answers for, what the vendor dropped
    #[command(after_help = "\
Looked at are waivers and inclusions that end in the next days or have ended, those without a name
behind them, endpoints of your own lists that no built-in list has, and with --audit-log the rules
that nothing used: {\"endpoints\":[{\"pattern\":\"*.wd.microsoft.com\",\"requests\":12}]}, patterns as
`thruway show policy` writes them.

Examples:
  thruway review --days 60
  thruway review --strict               For a pipeline that runs every week")]
    Review(review::Arguments),
    /// Show what each target can say
    #[command(after_help = "\
Examples:
  thruway targets
  thruway targets --markdown            A table for a page or a ticket")]
    Targets(targets::Arguments),
    /// Measure how large what is written is, and how fast it answers
    Bench(bench::Arguments),
    /// Write the profile's JSON Schema to stdout, for editors
    #[command(after_help = "\
Beside a profile, it lets editors complete keys and words, explain them, and underline what is wrong.
`thruway init` writes the first line that names it where it is there.

Example:
  thruway schema > thruway.schema.json
  thruway init                          Its first line: # yaml-language-server: $schema=…")]
    Schema,
    /// Write completions of a shell to stdout
    #[command(after_help = "\
Examples:
  thruway completions bash > /etc/bash_completion.d/thruway
  thruway completions zsh > ~/.zfunc/_thruway
  thruway completions powershell >> $PROFILE")]
    Completions(completions::Completions),
    /// Write a manual page to stdout
    #[command(after_help = "\
Examples:
  thruway man | man -l -
  thruway man compile > thruway-compile.1")]
    Man(completions::Man),
}

/// How a command ended, where it could run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Outcome {
    /// Exit 0.
    Clean,
    /// Exit 1: denied, refused, or different under `--check`.
    Refused,
    /// Exit 3: it did what was asked, and there is something new.
    #[cfg(feature = "update")]
    Changed,
    /// Exit 2: it ran, but a part of its input could not be understood.
    Partial,
}

/// Runs one command line and tells the exit code.
pub fn run(mut cli: Cli) -> ExitCode {
    let mut output = Output::new(cli.global.quiet);
    // Not an argument with an `env`: the program alone should print its help whatever the variable says.
    if let (None, Some(text)) = (cli.global.today, std::env::var_os(TODAY)) {
        match date(&text.to_string_lossy()) {
            Ok(day) => cli.global.today = Some(day),
            Err(why) => {
                output.error(&format!("{TODAY} is `{}`: {why}", text.to_string_lossy()));
                return ExitCode::from(2);
            }
        }
    }
    if !cli.command.takes(cli.global.format) {
        output.error("this command writes its results as `--format human` or `--format json`");
        return ExitCode::from(2);
    }
    let result = match &cli.command {
        Command::Init(arguments) => init::run(arguments, &cli.global, &mut output),
        Command::Compile(arguments) => compile::run(arguments, &cli.global, &mut output),
        Command::Prove(arguments) => prove::run(arguments, &cli.global, &mut output),
        Command::Audit(arguments) => audit::run(arguments, &cli.global, &mut output),
        Command::Diff(arguments) => diff::run(arguments, &cli.global, &mut output),
        Command::Ticket(arguments) => ticket::run(arguments, &cli.global, &mut output),
        Command::Show(arguments) => show::run(arguments, &cli.global, &mut output),
        Command::Lint(arguments) => lint::run(arguments, &cli.global, &mut output),
        Command::Explain(arguments) => explain::run(arguments, &cli.global, &mut output),
        Command::Match => questions::run(&cli.global, &mut output),
        #[cfg(feature = "update")]
        Command::Update(arguments) => update::run(arguments, &cli.global, &mut output),
        #[cfg(feature = "verify")]
        Command::Verify(arguments) => verify::run(arguments, &cli.global, &mut output),
        #[cfg(feature = "serve")]
        Command::Serve(arguments) => serve::run(arguments, &cli.global, &mut output),
        #[cfg(feature = "serve")]
        Command::Status(arguments) => status::run(arguments, &cli.global, &mut output),
        #[cfg(feature = "serve")]
        Command::Approve(arguments) => approve::approve(arguments, &cli.global, &mut output),
        #[cfg(feature = "serve")]
        Command::Rollback(arguments) => approve::roll_back(arguments, &cli.global, &mut output),
        Command::Review(arguments) => review::run(arguments, &cli.global, &mut output),
        Command::Targets(arguments) => targets::run(arguments, &cli.global, &mut output),
        Command::Bench(arguments) => bench::run(arguments, &cli.global, &mut output),
        Command::Schema => schema::run(&mut output),
        Command::Completions(arguments) => completions::completions(arguments, &mut output),
        Command::Man(arguments) => completions::man(arguments, &mut output),
    };
    match result {
        Ok(Outcome::Clean) => ExitCode::SUCCESS,
        Ok(Outcome::Refused) => ExitCode::from(1),
        #[cfg(feature = "update")]
        Ok(Outcome::Changed) => ExitCode::from(3),
        Ok(Outcome::Partial) => ExitCode::from(2),
        Err(Failure::Stdout(error)) if error.kind() == ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(failure) => {
            output.error(&failure.to_string());
            if let Some(help) = failure.help() {
                output.help(&help);
            }
            ExitCode::from(2)
        }
    }
}

impl Global {
    /// How results are written by a command that knows no SARIF.
    fn format(&self) -> Format {
        if self.format == FormatWord::Json { Format::Json } else { Format::Human }
    }

    /// The profile: the one that is named, else the one of this folder, else the built-in one.
    fn profile(&self, output: &mut Output) -> Result<Profile, Failure> {
        let path = match &self.profile {
            Some(path) => path.clone(),
            None if Path::new(DEFAULT_PROFILE).exists() => PathBuf::from(DEFAULT_PROFILE),
            None => return Ok(self.builtin()),
        };
        self.profile_of(path, output)
    }

    /// The built-in profile.
    fn builtin(&self) -> Profile {
        let mut profile = Profile::builtin(&target_ids());
        self.levels.apply(&mut profile);
        profile
    }

    /// The profile of a file.
    fn profile_of(&self, path: PathBuf, output: &mut Output) -> Result<Profile, Failure> {
        let failed = |error| Failure::Read { path: path.clone(), error };
        let bytes = start_of(&path, MAX_TEXT + 1).map_err(failed)?;
        if bytes.len() > MAX_TEXT {
            return Err(Failure::LongProfile { path });
        }
        let no_text = |error| failed(std::io::Error::new(ErrorKind::InvalidData, error));
        let text = String::from_utf8(bytes).map_err(|error| no_text(error.utf8_error()))?;
        let mut profile = Profile::parse(&text, Some(&path), &target_ids()).map_err(|error| {
            output.profile_error(&error, &path.display().to_string(), &text);
            Failure::Profile { path, count: error.problems().len() }
        })?;
        self.levels.apply(&mut profile);
        Ok(profile)
    }

    /// The profile with what its sources say.
    fn run(&self, output: &mut Output) -> Result<(Profile, Run), Failure> {
        let profile = self.profile(output)?;
        let run = self.run_of(&profile)?;
        Ok((profile, run))
    }

    /// What the sources of a profile say.
    fn run_of(&self, profile: &Profile) -> Result<Run, Failure> {
        Run::new(profile, self.today())
            .map_err(|error| Failure::Load { error, profile: profile.file.clone() })
    }

    /// The day on which dates are looked at. The clock is read by this command line and nowhere else.
    fn today(&self) -> Date {
        self.today.unwrap_or_else(utc_today)
    }
}

/// The day by the clock.
fn utc_today() -> Date {
    jiff::tz::Offset::UTC.to_datetime(jiff::Timestamp::now()).date()
}

/// The first bytes of a file, at most so many: it may be as long as a disk, or a pipe without an end.
fn start_of(path: &Path, most: usize) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(most as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn target_ids() -> Vec<&'static str> {
    emit::ALL.iter().map(|emitter| emitter.id()).collect()
}
