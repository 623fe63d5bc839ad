//! The command line: arguments, dispatch, exit codes.
//!
//! Results go to stdout, everything else to stderr. Exit 0 clean, findings at warn and hold included;
//! 1 a finding at deny, a refusal, a difference under `--check`; 2 could not run.

mod compile;
mod explain;
mod init;
mod lint;
mod output;
mod questions;
mod show;
mod targets;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::civil::Date;

use crate::emit;
use crate::profile::Profile;
use output::Output;

/// The profile that is read where none is named.
const DEFAULT_PROFILE: &str = "thruway.yaml";

/// Compiles a vendor's endpoint list into exact proxy and firewall policy.
///
/// First vendor: Microsoft Defender for Endpoint. Without a profile the built-in commercial list is
/// compiled for all geographies and platforms.
#[derive(Parser, Debug)]
#[command(name = "thruway", version, max_term_width = 100)]
pub struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

#[derive(Args, Debug)]
struct Global {
    /// Profile to use [default: thruway.yaml if there is one, else the built-in profile]
    #[arg(long, global = true, value_name = "FILE")]
    profile: Option<PathBuf>,
    /// How results are written
    #[arg(long, global = true, value_enum, default_value_t = Format::Human)]
    format: Format,
    /// Print results and errors only
    #[arg(short, long, global = true)]
    quiet: bool,
    /// Day on which waivers and inclusions are looked at [default: today]
    #[arg(long, global = true, value_name = "DATE")]
    today: Option<Date>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Format {
    /// Tables and text
    Human,
    /// JSON
    Json,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Write a commented profile to start from
    Init(init::Arguments),
    /// Write the policy of every target into a folder: the main job
    Compile(compile::Arguments),
    /// Show the normalized table or the policy
    Show(show::Arguments),
    /// Show every finding
    Lint,
    /// Say why a host or URL is let through or not, or what a finding means
    Explain(explain::Arguments),
    /// Decide hosts or URLs, one a line, on stdin; one JSON line each
    Match,
    /// Show what each target can say
    Targets,
}

/// How a command ended, where it could run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Outcome {
    /// Exit 0.
    Clean,
    /// Exit 1: denied, refused, or different under `--check`.
    Refused,
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
    #[error(transparent)]
    Load(#[from] crate::compile::LoadError),
    #[error(transparent)]
    Write(#[from] crate::write::WriteError),
    #[error("{0}")]
    Other(String),
    /// The reader of our output has gone, which is its right.
    #[error("stdout: {0}")]
    Stdout(std::io::Error),
}

/// Runs one command line and tells the exit code.
pub fn run(cli: Cli) -> ExitCode {
    let mut output = Output::new(cli.global.quiet);
    let result = match &cli.command {
        Command::Init(arguments) => init::run(arguments, &cli.global, &mut output),
        Command::Compile(arguments) => compile::run(arguments, &cli.global, &mut output),
        Command::Show(arguments) => show::run(arguments, &cli.global, &mut output),
        Command::Lint => lint::run(&cli.global, &mut output),
        Command::Explain(arguments) => explain::run(arguments, &cli.global, &mut output),
        Command::Match => questions::run(&cli.global, &mut output),
        Command::Targets => targets::run(&cli.global, &mut output),
    };
    match result {
        Ok(Outcome::Clean) => ExitCode::SUCCESS,
        Ok(Outcome::Refused) => ExitCode::from(1),
        Ok(Outcome::Partial) => ExitCode::from(2),
        Err(Failure::Stdout(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(failure) => {
            output.error(&failure.to_string());
            ExitCode::from(2)
        }
    }
}

impl Global {
    /// The profile: the one that is named, else the one of this folder, else the built-in one.
    fn profile(&self, output: &mut Output) -> Result<Profile, Failure> {
        let path = match &self.profile {
            Some(path) => path.clone(),
            None if Path::new(DEFAULT_PROFILE).exists() => PathBuf::from(DEFAULT_PROFILE),
            None => return Ok(Profile::builtin(&target_ids())),
        };
        let text =
            std::fs::read_to_string(&path).map_err(|error| Failure::Read { path: path.clone(), error })?;
        Profile::parse(&text, Some(&path), &target_ids()).map_err(|error| {
            output.profile_error(&error, &path.display().to_string(), &text);
            Failure::Profile { path, count: error.problems().len() }
        })
    }

    /// The day on which dates are looked at. The clock is read here and nowhere else.
    fn today(&self) -> Date {
        self.today.unwrap_or_else(|| jiff::tz::Offset::UTC.to_datetime(jiff::Timestamp::now()).date())
    }
}

fn target_ids() -> Vec<&'static str> {
    emit::ALL.iter().map(|emitter| emitter.id()).collect()
}
