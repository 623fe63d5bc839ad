//! `thruway init`: a commented profile to start from.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;

use super::output::{self, GREEN, Output};
use super::{DEFAULT_PROFILE, Failure, Global, Outcome};
use crate::diag::visible;
use crate::profile::{init, schema};
use crate::write::WriteError;

/// Longest name of a profile.
const MAX_NAME: usize = 63;

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// File to write; one that exists is never overwritten
    #[arg(value_name = "FILE", default_value = DEFAULT_PROFILE)]
    file: PathBuf,
}

pub(super) fn run(arguments: &Arguments, _global: &Global, output: &mut Output) -> Result<Outcome, Failure> {
    let path = &arguments.file;
    let name = profile_name(path);
    let file = OpenOptions::new().write(true).create_new(true).open(path);
    let mut file = match file {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            output.error(&format!("{} exists; it is left as it is", path.display()));
            output.help("remove it, or name another file: `thruway init FILE`");
            return Ok(Outcome::Refused);
        }
        Err(error) => return Err(WriteError::Io { path: path.clone(), error }.into()),
    };
    // A line that leads nowhere would be an error in every editor.
    let modeline = if path.with_file_name(schema::FILE).is_file() { schema::MODELINE } else { "" };
    file.write_all((modeline.to_owned() + &init::template(&name)).as_bytes())
        .map_err(|error| WriteError::Io { path: path.clone(), error })?;
    output.line(&format!("{GREEN}wrote{GREEN:#} {}", visible(&path.display().to_string())))?;
    output.finish()?;
    let option = match path.as_os_str() == DEFAULT_PROFILE {
        true => String::new(),
        false => format!(" --profile {}", output::shell_word(path)),
    };
    output.remark(&format!(
        "next: edit it; `thruway lint{option}` checks it, `thruway compile{option}` uses it"
    ));
    Ok(Outcome::Clean)
}

/// A name for the profile after its file: what a name may not have becomes `-`.
fn profile_name(path: &Path) -> String {
    let stem = path.file_stem().map_or("".into(), |stem| stem.to_string_lossy());
    let name: String = stem
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' })
        .take(MAX_NAME)
        .collect();
    let name = name.trim_matches('-');
    // YAML takes `null` for no name at all.
    if name.is_empty() || name.eq_ignore_ascii_case("null") { "thruway".to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::Profile;

    #[test]
    fn a_profile_named_after_any_file_is_valid() {
        for (file, want) in [
            ("contoso-mde.yaml", "contoso-mde"),
            ("my profile.v2.yaml", "my-profile-v2"),
            ("../日本.yaml", "thruway"),
            (".yaml", "yaml"),
            ("_.yaml", "_"),
            ("null.yaml", "thruway"),
            ("2026.yaml", "2026"),
            ("/", "thruway"),
            (&"x".repeat(100), &"x".repeat(63)),
        ] {
            let name = profile_name(Path::new(file));
            assert_eq!(name, want, "{file}");
            let profile = Profile::parse(&init::template(&name), None, &["squid", "pac", "paloalto"]);
            assert_eq!(profile.unwrap_or_else(|e| panic!("{file}: {e:?}")).settings.name, want);
        }
    }
}
