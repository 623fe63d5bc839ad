//! Tests of the whole pipeline, in one program: it links once.

mod audit;
mod cli;
mod common;
mod conformance;
mod decisions;
mod diff;
mod fuzz;
mod golden;
mod hostile;
mod interrupted;
mod lints;
mod logs;
mod prove;
mod readme;
#[cfg(feature = "serve")]
mod serve;
mod workbooks;
