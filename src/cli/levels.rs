//! Levels of findings on the command line: `-A CODE`, `-W CODE:INTENT`. They go before those of the profile.

use clap::{Arg, ArgAction, ArgMatches, Args, Command, Error, FromArgMatches};

use super::explain::LISTED;
use crate::analyze;
use crate::diag::{Code, Level};
use crate::model::Intent;
use crate::profile::Profile;

/// A code at a level, for one intent or for all.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Set {
    code: Code,
    intent: Option<Intent>,
    level: Level,
}

/// What is said of levels, in the order in which it stands on the command line.
#[derive(Clone, Default, Debug)]
pub(super) struct Levels(Vec<Set>);

impl Levels {
    /// Puts the profile's levels as the command line has them; of two that speak of the same the last wins.
    pub(super) fn apply(&self, profile: &mut Profile) {
        for &Set { code, intent, level } in &self.0 {
            let intents = intent.map_or(Intent::ALL.to_vec(), |intent| vec![intent]);
            let levels = &mut profile.lints.entry(code).or_default().0;
            levels.extend(intents.into_iter().map(|intent| (intent, level)));
        }
    }
}

impl Levels {
    /// The same as words of a command line: `-A`, `shared-hosting:direct`.
    pub(super) fn words(&self) -> Vec<String> {
        let words = |own: &Set| {
            let intent = own.intent.map(|intent| format!(":{intent}")).unwrap_or_default();
            [format!("-{}", letter(own.level).0), format!("{}{intent}", own.code)]
        };
        self.0.iter().flat_map(words).collect()
    }
}

/// The letter of a level, and what it does.
const fn letter(level: Level) -> (char, &'static str) {
    match level {
        Level::Allow => ('A', "Write the rule, say nothing"),
        Level::Warn => ('W', "Write the rule and warn (CODE, or for one list CODE:INTENT)"),
        Level::Hold => ('H', "Leave the rule out and say so"),
        Level::Deny => ('D', "Write nothing, exit 1; of -A, -W, -H and -D the last wins"),
    }
}

fn parse(text: &str, level: Level) -> Result<Set, String> {
    let (name, intent) = text.split_once(':').map_or((text, None), |(name, intent)| (name, Some(intent)));
    let code = known(name, Code::ALL.iter().map(|code| (code.as_str(), *code)), "code of a finding", LISTED)?;
    let intents = || Intent::ALL.into_iter().map(|intent| (intent.as_str(), intent));
    let intent = intent.map(|intent| known(intent, intents(), "intent", "")).transpose()?;
    match analyze::can_be(code, level) {
        true => Ok(Set { code, intent, level }),
        false => Err(format!("{code} cannot be {level}: {}", analyze::why_not(level))),
    }
}

/// The thing of a name, or which one may be meant and where all of them are.
fn known<T>(
    name: &str,
    all: impl Iterator<Item = (&'static str, T)> + Clone,
    what: &str,
    listed: &str,
) -> Result<T, String> {
    if let Some((_, found)) = all.clone().find(|(own, _)| *own == name) {
        return Ok(found);
    }
    let near = crate::profile::nearest(name, all.clone().map(|(own, _)| own));
    let meant = match near {
        Some(near) => format!("did you mean `{near}`? {listed}"),
        None if listed.is_empty() => {
            format!("write {}", all.map(|(own, _)| own).collect::<Vec<_>>().join(" or "))
        }
        None => listed.to_owned(),
    };
    Err(format!("`{name}` is no {what}; {}", meant.trim_end()))
}

impl Args for Levels {
    fn augment_args(command: Command) -> Command {
        Level::ALL.into_iter().fold(command, |command, level| {
            let (letter, help) = letter(level);
            let argument = Arg::new(level.as_str())
                .short(letter)
                .long(level.as_str())
                .value_name("CODE")
                .help(help)
                .global(true)
                .action(ArgAction::Append)
                .value_parser(move |text: &str| parse(text, level));
            command.arg(argument)
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Levels {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let mut placed: Vec<(usize, Set)> = Vec::new();
        for level in Level::ALL {
            let places = matches.indices_of(level.as_str()).into_iter().flatten();
            let sets = matches.get_many::<Set>(level.as_str()).into_iter().flatten();
            placed.extend(places.zip(sets.copied()));
        }
        placed.sort_by_key(|(place, _)| *place);
        Ok(Self(placed.into_iter().map(|(_, set)| set).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        levels: Levels,
    }

    /// What is said of a code after a command line, by intent.
    fn levels(line: &str, code: Code) -> Vec<&'static str> {
        let line = Line::try_parse_from(line.split(' ')).unwrap_or_else(|error| panic!("{error}"));
        let mut profile = Profile::builtin(&["squid"]);
        line.levels.apply(&mut profile);
        let levels = profile.lints.get(&code).cloned().unwrap_or_default();
        Intent::ALL.map(|intent| levels.0.get(&intent).map_or("-", |level| level.as_str())).to_vec()
    }

    #[test]
    fn of_two_that_speak_of_the_same_the_last_wins() {
        let suffix = Code::CoversPublicSuffix;
        for (line, want) in [
            ("x", ["-"; 4]),
            ("x -D covers-public-suffix", ["deny"; 4]),
            ("x -D covers-public-suffix -A covers-public-suffix:direct", ["deny", "deny", "deny", "allow"]),
            ("x -A covers-public-suffix:direct -D covers-public-suffix", ["deny"; 4]),
            (
                "x --hold covers-public-suffix -W covers-public-suffix -H covers-public-suffix:allow",
                ["hold", "warn", "warn", "warn"],
            ),
            ("x -D missing-dot", ["-"; 4]),
        ] {
            assert_eq!(levels(line, suffix), want, "{line}");
        }
    }

    #[test]
    fn what_cannot_be_said_is_refused_with_what_to_write() {
        for (set, want) in [
            (
                "-Dmising-dot",
                "`mising-dot` is no code of a finding; did you mean `missing-dot`? `thruway explain --list` lists",
            ),
            ("-Dxyzzy", "`xyzzy` is no code of a finding; `thruway explain --list` lists the codes"),
            ("-Dmissing-dot:xyzzy", "`xyzzy` is no intent; write allow or bypass-inspection or "),
            ("-Dmissing-dot:directs", "did you mean `direct`?"),
            ("-Hmissing-dot", "missing-dot cannot be hold: it leaves nothing out"),
            ("-Ainvalid-host", "invalid-host cannot be allow: there is nothing that could be written"),
        ] {
            let error = Line::try_parse_from(["x", set]).err().unwrap().to_string();
            assert!(error.contains(want), "{set}: {error}");
        }
    }
}
