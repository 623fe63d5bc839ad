//! `thruway init`: a commented profile to start from.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;

use super::output::Output;
use super::{DEFAULT_PROFILE, Failure, Global, Outcome};
use crate::profile::init;
use crate::write::WriteError;

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// File to write; one that exists is never overwritten
    #[arg(value_name = "FILE", default_value = DEFAULT_PROFILE)]
    file: PathBuf,
}

pub(super) fn run(arguments: &Arguments, _global: &Global, output: &mut Output) -> Result<Outcome, Failure> {
    let path = &arguments.file;
    let name = path.file_stem().map_or("thruway".into(), |stem| stem.to_string_lossy().into_owned());
    let file = OpenOptions::new().write(true).create_new(true).open(path);
    let mut file = match file {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            output.error(&format!("{} exists; it is left as it is", path.display()));
            return Ok(Outcome::Refused);
        }
        Err(error) => return Err(WriteError::Io { path: path.clone(), error }.into()),
    };
    file.write_all(init::template(&name).as_bytes())
        .map_err(|error| WriteError::Io { path: path.clone(), error })?;
    output.line(&format!("wrote {}; edit it, then run `thruway compile`", path.display()))?;
    output.finish()?;
    Ok(Outcome::Clean)
}
