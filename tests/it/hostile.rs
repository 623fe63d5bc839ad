//! Input that means harm: everything in `tests/hostile` and the workbooks that are made here.
//!
//! Each either stops the run with an error that says what and where, or compiles; and what is compiled is well
//! formed, is read back as what was asked, and holds no text of the input where a product would take it for
//! more than a text.

mod answers;
pub mod book;
mod cells;
pub mod check;
mod corpus;
mod prose;
mod workbooks;
