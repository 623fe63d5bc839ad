//! `thruway completions` and `thruway man`: what the command line says of itself.

use clap::builder::PossibleValuesParser;
use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::output::Output;
use super::{Cli, Failure, Outcome};

#[derive(Args, Debug)]
pub(super) struct Completions {
    /// Shell to write them for
    #[arg(value_enum)]
    shell: Shell,
}

#[derive(Args, Debug)]
pub(super) struct Man {
    /// Command to write the page of [default: thruway itself]
    #[arg(value_parser = PossibleValuesParser::new(commands()), value_name = "COMMAND")]
    of: Option<String>,
}

/// The commands, but `help`; a command of a command with a dash, as its page is called.
fn commands() -> Vec<&'static str> {
    [
        "init",
        "compile",
        "prove",
        "audit",
        "audit-config",
        "audit-log",
        "audit-sql",
        "diff",
        "ticket",
        "show",
        "lint",
        "explain",
        "match",
        #[cfg(feature = "update")]
        "update",
        #[cfg(feature = "verify")]
        "verify",
        #[cfg(feature = "serve")]
        "serve",
        #[cfg(feature = "serve")]
        "status",
        #[cfg(feature = "serve")]
        "approve",
        #[cfg(feature = "serve")]
        "rollback",
        "review",
        "targets",
        "bench",
        "bench-pac",
        "schema",
        "completions",
        "man",
    ]
    .into()
}

pub(super) fn completions(arguments: &Completions, output: &mut Output) -> Result<Outcome, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Cli::command(), "thruway", &mut script);
    output.raw(&script)?;
    output.finish()?;
    Ok(Outcome::Clean)
}

pub(super) fn man(arguments: &Man, output: &mut Output) -> Result<Outcome, Failure> {
    let mut command = Cli::command();
    command.build();
    let of = match &arguments.of {
        None => command,
        Some(name) => {
            let mut own = &command;
            for part in name.split('-') {
                own = own.find_subcommand(part).expect("internal error: a command that is none");
            }
            // A page is called as git's are: thruway-compile(1).
            own.clone().display_name(format!("thruway-{name}"))
        }
    };
    let mut page = Vec::new();
    clap_mangen::Man::new(of).render(&mut page).map_err(Failure::Stdout)?;
    output.raw(&page)?;
    output.finish()?;
    Ok(Outcome::Clean)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_a_page() {
        let mut names = Vec::new();
        for command in Cli::command().get_subcommands() {
            names.push(command.get_name().to_owned());
            let own = command.get_subcommands();
            names.extend(own.map(|own| format!("{}-{}", command.get_name(), own.get_name())));
        }
        assert_eq!(names, commands());
    }
}
