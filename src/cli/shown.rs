//! What `compile` would write, for commands that show it and write no folder.

use crate::compile::{self, Beside, Compiled, Run};
use crate::diag::Level;
use crate::plan::Inputs;
use crate::profile::Profile;
use crate::prove::Proof;

/// Compiles targets, as `compile` does. `inputs` are those of the run and the profile.
///
/// # Errors
/// Why `compile` would write nothing.
pub(super) fn compiled<'a>(
    run: &Run,
    profile: &Profile,
    inputs: Inputs<'a>,
    targets: &[&'static str],
    beside: Beside<'_>,
) -> Result<Compiled<'a>, String> {
    if run.findings.iter().any(|finding| finding.level == Level::Deny) {
        return Err("a finding at deny; `thruway lint` says which".to_owned());
    }
    let compiled =
        compile::compile_beside(run, profile, inputs, targets, beside).map_err(|error| error.to_string())?;
    if compiled.is_denied() {
        return Err("a finding at deny; `thruway compile` says which".to_owned());
    }
    match differing(&compiled) {
        Some(target) => Err(format!("{target}: what would be written does not mean what was asked")),
        None => Ok(compiled),
    }
}

/// The first target whose files do not mean what was planned, which is a bug of ours.
fn differing(compiled: &Compiled<'_>) -> Option<&'static str> {
    let differs = |proof: &Proof| matches!(proof, Proof::Differs(_));
    compiled.targets.iter().find(|own| differs(own.proof())).map(|own| own.plan.target)
}
