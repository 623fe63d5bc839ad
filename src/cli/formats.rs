//! The words of `--format`, and which command understands which.

use clap::ValueEnum;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::Command;
use crate::audit::Input;

/// What may be said for `--format`. A command that knows more words than the first two has an argument of the same
/// identifier, which stands in for that of all commands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(super) enum FormatWord {
    Human,
    Json,
    // `diff` and `ticket`; pages and tables of `audit log`, too.
    #[value(hide = true)]
    Md,
    #[value(hide = true)]
    Html,
    #[value(hide = true)]
    Csv,
    // `ticket` alone.
    #[value(hide = true)]
    Xlsx,
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
    pub(super) const PRODUCTS: &[Self] =
        &[Self::Squid, Self::Pac, Self::Panos, Self::Zscaler, Self::Nft, Self::Auto];

    /// Reads these words alone, and `hidden` ones without a word of them in the help.
    pub(super) fn parser(
        words: &'static [Self],
        hidden: &'static [Self],
    ) -> impl TypedValueParser<Value = Self> {
        let values = |words: &'static [Self], is_hidden| {
            words.iter().filter_map(Self::to_possible_value).map(move |value| value.hide(is_hidden))
        };
        PossibleValuesParser::new(values(words, false).chain(values(hidden, true))).map(|name| {
            Self::from_str(&name, false).unwrap_or_else(|_| unreachable!("internal error: format {name}"))
        })
    }

    /// How findings are written.
    pub(super) fn written_as(self) -> WrittenAs {
        match self {
            Self::Json => WrittenAs::Json,
            Self::Sarif => WrittenAs::Sarif,
            Self::Github => WrittenAs::Github,
            _ => WrittenAs::Human,
        }
    }

    /// The product that `--format` names, where it does.
    pub(super) fn input(self) -> Option<Input> {
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
pub(super) enum Format {
    Human,
    Json,
}

/// How commands write their results that tell findings alone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum WrittenAs {
    Human,
    Json,
    Sarif,
    Github,
}

impl Command {
    /// Whether it understands what is said for `--format`.
    pub(super) fn takes(&self, format: FormatWord) -> bool {
        match format {
            FormatWord::Human => !matches!(self, Self::Ticket(_)),
            FormatWord::Json => true,
            FormatWord::Md => matches!(self, Self::Diff(_) | Self::Ticket(_)),
            FormatWord::Html => matches!(self, Self::Diff(_) | Self::Ticket(_) | Self::Audit(_)),
            FormatWord::Csv => matches!(self, Self::Ticket(_) | Self::Audit(_)),
            FormatWord::Xlsx | FormatWord::Servicenow | FormatWord::Jira => matches!(self, Self::Ticket(_)),
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
