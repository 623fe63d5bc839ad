//! How the command line is read, and what `--help` shows of it.

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Command, CommandFactory, Error, FromArgMatches};

use super::Cli;

/// The heading of what holds for every command. Each is explained once, by `thruway --help`.
pub(super) const EVERY: &str = "Options of every command";

/// How each of these options is written, by its identifier.
const WRITTEN: [(&str, &str); 8] = [
    ("profile", "--profile FILE"),
    ("format", "--format human|json"),
    ("quiet", "-q"),
    ("today", "--today DATE"),
    ("allow", "-A"),
    ("warn", "-W"),
    ("hold", "-H"),
    ("deny", "-D CODE"),
];

impl Cli {
    /// What the program was called with; help, and what is wrong, end the program.
    pub fn from_command_line() -> Self {
        let mut command = command();
        let matches = command.try_get_matches_from_mut(std::env::args_os());
        let read = matches.and_then(|mut matches| Self::from_arg_matches_mut(&mut matches));
        read.unwrap_or_else(|error| with_tip(error).exit())
    }
}

/// The command line with the help of commands as it is shown.
fn command() -> Command {
    let command = Cli::command();
    let general: Vec<Arg> =
        command.get_arguments().filter(|own| own.get_help_heading() == Some(EVERY)).cloned().collect();
    with_commands(command, &general)
}

fn with_commands(command: Command, general: &[Arg]) -> Command {
    let names: Vec<String> = command.get_subcommands().map(|own| own.get_name().to_owned()).collect();
    names.into_iter().fold(command, |command, name| command.mut_subcommand(name, |own| shown(own, general)))
}

/// A command whose help explains its own options, and names those of every command in one line at its end.
fn shown(command: Command, general: &[Arg]) -> Command {
    let mut command = with_commands(command, general);
    let is_own = |id: &str| command.get_arguments().any(|own| own.get_id() == id);
    let general: Vec<Arg> = general.iter().filter(|own| !is_own(own.get_id().as_str())).cloned().collect();
    let does_something = |id: &str| match command.get_name() {
        // What they write depends on nothing.
        "init" | "schema" | "completions" | "man" => false,
        // JSON whatever is asked.
        "match" => id != "format",
        _ => general.iter().any(|own| own.get_id() == id),
    };
    let useful: Vec<&str> =
        WRITTEN.iter().filter(|(id, _)| does_something(id)).map(|(_, written)| *written).collect();
    let mut text = command.get_after_help().map(|text| reflowed(&text.to_string())).unwrap_or_default();
    if !useful.is_empty() {
        let end = format!("{EVERY}, explained by `thruway --help`: {}", useful.join(", "));
        text = [text, end].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n\n");
    }
    // One that a command has itself is not handed down to it.
    command = command.args(general.into_iter().map(|own| own.hide(true)));
    if text.is_empty() { command } else { command.after_help(text) }
}

/// Text whose lines are broken in the source, with one line for each paragraph: the width of the terminal breaks it.
/// What is indented, and what follows a heading, stays as it is.
pub(super) fn reflowed(text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        let is_prose = |line: &str| !line.is_empty() && !line.starts_with(' ');
        match lines.last_mut() {
            Some(last) if is_prose(line) && is_prose(last) => {
                last.push(' ');
                last.push_str(line);
            }
            _ => lines.push(line.to_owned()),
        }
    }
    lines.join("\n")
}

/// An error with what somebody may have meant by an option of another command.
fn with_tip(mut error: Error) -> Error {
    let is_geography =
        |value: &ContextValue| matches!(value, ContextValue::String(text) if text == "--geography");
    if error.kind() == ErrorKind::UnknownArgument
        && error.get(ContextKind::InvalidArg).is_some_and(is_geography)
    {
        let tip = "the profile says which: `select: { geographies: [EU] }`";
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
        error.remove(ContextKind::SuggestedArg);
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_holds_for_every_command_is_named_once_and_known_everywhere() {
        let command = command();
        command.clone().debug_assert();
        for own in command.get_subcommands() {
            let shown: Vec<&str> = own
                .get_arguments()
                .filter(|own| own.get_help_heading() == Some(EVERY) && !own.is_hide_set())
                .map(|own| own.get_id().as_str())
                .collect();
            assert_eq!(shown, [""; 0], "{}", own.get_name());
        }
        let general = command.get_arguments().filter(|own| own.get_help_heading() == Some(EVERY));
        assert_eq!(general.count(), WRITTEN.len());
        let line = ["thruway", "compile", "-D", "missing-dot", "--profile", "x.yaml", "-q"];
        let matches = command.try_get_matches_from(line).unwrap();
        let cli = Cli::from_arg_matches(&matches).unwrap();
        assert!(cli.global.quiet && cli.global.profile.is_some());
    }

    #[test]
    fn lines_of_a_paragraph_become_one_and_examples_stay() {
        let text = "One\ntwo.\n\n  word  what\n        it is\n\nExamples:\n  thruway x\n  thruway y";
        let want = "One two.\n\n  word  what\n        it is\n\nExamples:\n  thruway x\n  thruway y";
        assert_eq!(reflowed(text), want);
    }
}
