//! The `thruway` program: a thin shell around the library.

use std::process::ExitCode;

use thruway::cli::{self, Cli};

fn main() -> ExitCode {
    cli::run(Cli::from_command_line())
}
