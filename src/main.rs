//! The `thruway` program: a thin shell around the library.

use std::process::ExitCode;

use clap::Parser;
use thruway::cli::{self, Cli};

fn main() -> ExitCode {
    cli::run(Cli::parse())
}
