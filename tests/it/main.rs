//! Tests of the whole pipeline, in one program: it links once.

mod cli;
mod common;
mod conformance;
mod decisions;
mod golden;
mod hostile;
mod interrupted;
mod readme;
mod workbooks;
