//! The bodies of the fuzz targets, with the checks that they share with the project's own tests.

pub mod bodies;
#[path = "../it/hostile/book.rs"]
pub mod book;
#[path = "../it/hostile/check.rs"]
pub mod check;
