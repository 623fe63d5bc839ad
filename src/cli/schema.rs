//! `thruway schema`: the profile's grammar, for editors.

use super::output::Output;
use super::{Failure, Outcome};
use crate::profile::schema;

pub(super) fn run(output: &mut Output) -> Result<Outcome, Failure> {
    output.raw(schema::text().as_bytes())?;
    output.finish()?;
    Ok(Outcome::Clean)
}
