//! Why a command could not run, and what to do about it.

use std::ffi::OsString;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::output;
use crate::compile::written::WrittenError;
use crate::diag::visible;
use crate::profile::{MAX_TEXT, NO_DEVICES};
use crate::write::WriteError;

/// Why a command could not run: exit 2.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error("cannot read {}: {error}", .path.display())]
    Read {
        path: PathBuf,
        #[source]
        error: std::io::Error,
    },
    /// It is read no further.
    #[error("{} has more than the {MAX_TEXT} bytes that a profile may have", .path.display())]
    LongProfile { path: PathBuf },
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
    /// What stands behind `audit` where `config` should.
    #[error("`{}` is no subcommand of `audit`", .words.first().map(|word| visible(&word.to_string_lossy())).unwrap_or_default())]
    NoSubcommand { words: Vec<OsString> },
    #[error("{0}")]
    Other(String),
    /// The reader of our output has gone, which is its right.
    #[error("stdout: {0}")]
    Stdout(std::io::Error),
}

impl Failure {
    /// What to do, where there is something to say.
    pub(super) fn help(&self) -> Option<String> {
        match self {
            Self::Read { path, error } if error.kind() == ErrorKind::NotFound => {
                Some(format!("`thruway init {}` writes one to start from", output::shell_word(path)))
            }
            Self::NoSubcommand { words } => {
                let words: Vec<String> =
                    words.iter().map(|word| output::shell_word(Path::new(word))).collect();
                Some(format!("`thruway audit config {}`", words.join(" ")))
            }
            Self::LongProfile { path } => Some(format!(
                "a list of endpoints is no profile: name it in one, as `sources: [file: {}]`",
                path.display()
            )),
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
