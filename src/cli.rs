//! The command line: arguments, dispatch, exit codes.
//!
//! Results go to stdout, everything else to stderr. Exit 0 clean, findings at warn and hold included;
//! 1 a finding at deny, a refusal, a difference under `--check`; 2 could not run.

mod audit;
mod compile;
mod completions;
mod diff;
mod explain;
mod init;
mod levels;
mod lint;
mod output;
mod prove;
mod questions;
mod review;
mod schema;
mod show;
mod targets;
mod ticket;
#[cfg(feature = "update")]
mod update;
#[cfg(feature = "verify")]
mod verify;

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::civil::Date;

use crate::audit::Input;
use crate::compile::Run;
use crate::compile::written::WrittenError;
use crate::emit;
use crate::profile::{NO_DEVICES, Profile};
use crate::write::WriteError;
use output::Output;

/// The profile that is read where none is named.
const DEFAULT_PROFILE: &str = "thruway.yaml";

/// The variable that stands for `--today`.
const TODAY: &str = "THRUWAY_TODAY";

/// Compiles a vendor's endpoint list into exact proxy and firewall policy.
///
/// First vendor: Microsoft Defender for Endpoint. Without a profile the built-in commercial list is
/// compiled for all geographies and platforms.
#[derive(Parser, Debug)]
#[command(name = "thruway", version, max_term_width = 100, arg_required_else_help = true, after_help = EXAMPLES)]
pub struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  thruway compile                       Policy of the built-in list, into out/
  thruway init                          Write thruway.yaml, a profile to edit
  thruway prove                         Does out/ still mean what was asked?
  thruway audit config squid.conf       What does somebody else's proxy let through?
  thruway explain login.live.com        Why a host is let through, or not
  thruway explain covers-public-suffix  What a finding means

Exit codes:
  0  done, with warnings and held rules too
  1  refused, or different under --check
  2  could not run, or could not read a part of its input";

#[derive(Args, Debug)]
#[command(next_help_heading = "Options of every command")]
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

/// What may be said for `--format`. A command that knows more words than the first two has an argument of the same
/// identifier, which stands in for that of all commands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum FormatWord {
    Human,
    Json,
    // `diff` and `ticket`.
    #[value(hide = true)]
    Md,
    // `ticket` alone.
    #[value(hide = true)]
    Html,
    #[value(hide = true)]
    Xlsx,
    #[value(hide = true)]
    Csv,
    #[value(hide = true)]
    Servicenow,
    #[value(hide = true)]
    Jira,
    // `lint` and `audit`.
    #[value(hide = true)]
    Sarif,
    #[value(hide = true)]
    Github,
    // `verify` alone.
    #[value(hide = true)]
    Junit,
    #[value(hide = true)]
    Analyzer,
    // Before `audit config` these name what is read, as --input does.
    #[value(hide = true)]
    Squid,
    #[value(hide = true)]
    Pac,
    #[value(hide = true)]
    Panos,
    #[value(hide = true)]
    Zscaler,
    #[value(hide = true)]
    Nft,
    #[value(hide = true)]
    Auto,
}

impl FormatWord {
    /// The products whose configurations `audit config` reads.
    const PRODUCTS: &[Self] = &[Self::Squid, Self::Pac, Self::Panos, Self::Zscaler, Self::Nft, Self::Auto];

    /// Reads these words alone, and `hidden` ones without a word of them in the help.
    fn parser(words: &'static [Self], hidden: &'static [Self]) -> impl TypedValueParser<Value = Self> {
        let values = |words: &'static [Self], is_hidden| {
            words.iter().filter_map(Self::to_possible_value).map(move |value| value.hide(is_hidden))
        };
        PossibleValuesParser::new(values(words, false).chain(values(hidden, true))).map(|name| {
            Self::from_str(&name, false).unwrap_or_else(|_| unreachable!("internal error: format {name}"))
        })
    }

    /// How findings are written.
    fn written_as(self) -> WrittenAs {
        match self {
            Self::Json => WrittenAs::Json,
            Self::Sarif => WrittenAs::Sarif,
            Self::Github => WrittenAs::Github,
            _ => WrittenAs::Human,
        }
    }

    /// The product that `--format` names, where it does.
    fn input(self) -> Option<Input> {
        match self {
            Self::Human
            | Self::Json
            | Self::Md
            | Self::Html
            | Self::Xlsx
            | Self::Csv
            | Self::Servicenow
            | Self::Jira
            | Self::Sarif
            | Self::Github
            | Self::Junit
            | Self::Analyzer
            | Self::Auto => None,
            Self::Squid => Some(Input::Squid),
            Self::Pac => Some(Input::Pac),
            Self::Panos => Some(Input::Panos),
            Self::Zscaler => Some(Input::Zscaler),
            Self::Nft => Some(Input::Nft),
        }
    }
}

/// How most commands write their results.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Format {
    Human,
    Json,
}

/// How commands write their results that tell findings alone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum WrittenAs {
    Human,
    Json,
    Sarif,
    Github,
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
same are counted. A list is looked at by the profile: its selection, corrections, waivers, targets.

Examples:
  thruway diff mde-urls-2021.xlsx builtin:mde-commercial --geography EU
  thruway diff out contoso-mde.yaml                What would `compile` change?
  thruway diff old.xlsx new.xlsx --format md       A text for the change request")]
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
A line that is neither a host nor a URL gives {\"input\",\"error\"}, and exit code 2 at the end.

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

/// Why a command could not run: exit 2.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("cannot read {}: {error}", .path.display())]
    Read {
        path: PathBuf,
        #[source]
        error: std::io::Error,
    },
    /// The profile is wrong; what is wrong was printed with its place.
    #[error("{}: {}", .path.display(), output::count(*.count, "mistake"))]
    Profile { path: PathBuf, count: usize },
    #[error("{error}")]
    Load {
        error: crate::compile::LoadError,
        /// The profile that names the source.
        profile: Option<PathBuf>,
    },
    #[error("{target} writes settings of `devices`, and the profile has no such section")]
    NoDevices { target: &'static str },
    #[error(transparent)]
    Write(#[from] WriteError),
    #[error(transparent)]
    Written(#[from] WrittenError),
    #[error("{0}")]
    Other(String),
    /// The reader of our output has gone, which is its right.
    #[error("stdout: {0}")]
    Stdout(std::io::Error),
}

impl Failure {
    /// What to do, where there is something to say.
    fn help(&self) -> Option<String> {
        match self {
            Self::Read { path, error } if error.kind() == ErrorKind::NotFound => {
                Some(format!("`thruway init {}` writes one to start from", output::shell_word(path)))
            }
            Self::Load { error, profile: Some(profile) } if error.is_missing_file() => {
                Some(format!("{} names it under `sources:`, relative to its own folder", profile.display()))
            }
            Self::Load { profile: Some(profile), .. } => {
                Some(format!("{} names it under `sources:`", profile.display()))
            }
            Self::NoDevices { .. } => Some(NO_DEVICES.to_owned()),
            Self::Written(WrittenError::NoManifest { .. }) => {
                Some("`thruway compile --out DIR` writes a folder with one".to_owned())
            }
            Self::Write(WriteError::NotAFolder { .. }) => Some("choose another --out".to_owned()),
            Self::Write(WriteError::Io { error, .. }) => match error.kind() {
                ErrorKind::NotFound => Some("make its folder first".to_owned()),
                ErrorKind::StorageFull => {
                    Some("make room and run it again; the old folder is as it was".to_owned())
                }
                ErrorKind::ResourceBusy => Some(
                    "a folder that is mounted, or the current one, cannot be replaced; name one inside it"
                        .to_owned(),
                ),
                _ => None,
            },
            _ => None,
        }
    }
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
        Command::Review(arguments) => review::run(arguments, &cli.global, &mut output),
        Command::Targets(arguments) => targets::run(arguments, &cli.global, &mut output),
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

impl Command {
    /// Whether it understands what is said for `--format`.
    fn takes(&self, format: FormatWord) -> bool {
        match format {
            FormatWord::Human => !matches!(self, Self::Ticket(_)),
            FormatWord::Json => true,
            FormatWord::Md => matches!(self, Self::Diff(_) | Self::Ticket(_)),
            FormatWord::Html
            | FormatWord::Xlsx
            | FormatWord::Csv
            | FormatWord::Servicenow
            | FormatWord::Jira => matches!(self, Self::Ticket(_)),
            FormatWord::Sarif | FormatWord::Github => matches!(self, Self::Audit(_) | Self::Lint(_)),
            #[cfg(feature = "verify")]
            FormatWord::Junit | FormatWord::Analyzer => matches!(self, Self::Verify(_)),
            #[cfg(not(feature = "verify"))]
            FormatWord::Junit | FormatWord::Analyzer => false,
            FormatWord::Squid
            | FormatWord::Pac
            | FormatWord::Panos
            | FormatWord::Zscaler
            | FormatWord::Nft
            | FormatWord::Auto => matches!(self, Self::Audit(_)),
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
        let text =
            std::fs::read_to_string(&path).map_err(|error| Failure::Read { path: path.clone(), error })?;
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

    /// The day on which dates are looked at. The clock is read here and nowhere else.
    fn today(&self) -> Date {
        self.today.unwrap_or_else(|| jiff::tz::Offset::UTC.to_datetime(jiff::Timestamp::now()).date())
    }
}

fn target_ids() -> Vec<&'static str> {
    emit::ALL.iter().map(|emitter| emitter.id()).collect()
}
