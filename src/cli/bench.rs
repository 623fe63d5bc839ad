//! `thruway bench`: how fast what is written answers.

mod pac;

use clap::{Args, Subcommand};

use super::output::Output;
use super::{Failure, Global, Outcome};

#[derive(Args, Debug)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Measure the PAC of the profile: its size, and how long it takes to load and to answer
    #[command(after_help = "\
Measured is in QuickJS, the engine inside this program, which interprets: browsers answer several times
faster. Without --hosts it is asked for hosts made of the policy, and others close to them. Nothing is
written. Times are of this machine and this moment, and no time makes the command fail.

Examples:
  thruway bench pac --profile contoso-mde.yaml
  thruway bench pac --hosts hosts.txt --format json")]
    Pac(pac::Arguments),
}

pub(super) fn run(arguments: &Arguments, global: &Global, output: &mut Output) -> Result<Outcome, Failure> {
    match &arguments.command {
        Command::Pac(arguments) => pac::run(arguments, global, output),
    }
}
