//! Thruway compiles a vendor's endpoint list into the exact proxy and firewall policy that lets that
//! traffic through, and proves that what it wrote means what was asked.
//!
//! ```text
//! bytes --ingest--> RawTable --normalize--> Vec<Endpoint> --resolve--> Policy --plan(target)--> Plan --render--> Artifact
//! ```
//!
//! Each arrow is a function from one type to another. The invariants:
//!
//! 1. Only [`ingest`] knows documents; only [`emit`] and [`read`] know products; [`model`] knows neither, does no
//!    I/O and reads no clock.
//! 2. No stage mutates its input; each has its own output type.
//! 3. A row of a source is never dropped silently: it becomes an endpoint or a finding.
//! 4. Order in `resolve`: select, correct, gate, subsume, each per intent.
//! 5. Every decision about a product is made in `encode`; templates hold text and loops.
//! 6. Fidelity is derived, not claimed: `encode` says what its entries mean, `plan` compares sets.
//! 7. What was written is read back, by code that shares nothing with the emitter.
//! 8. Same input, same bytes: no clock, no hash-map order, no locale.
//! 9. A run leaves a complete new output folder or the old one untouched.
//!
//! Along the pipeline: [`ingest`] and [`normalize`] read documents, with [`mma`], [`regions`] and
//! [`source`] beside them; [`profile`] is what the user asks for; [`resolve`] decides the policy, with the
//! lints of [`analyze`], which know registries and shared hosts from [`suffix`]; [`plan`] says how far a
//! product can follow, [`emit`] what it is told; [`read`] reads that back and [`prove`] compares, as
//! [`audit`] does for what somebody else wrote; [`opening`] is what people are told of a rule; [`diff`] compares two policies, [`ticket`] asks for a
//! change, [`review`] tells what to decide anew; [`compile`] joins all this, [`write`](mod@write) replaces the output folder, and
//! [`cli`] is the program. `verify` asks the network whether it does what the policy says, `serve` hosts what clients and firewalls pull, and these alone
//! know of connections; the features of these names leave them out. [`reports`] reads for it what the vendor's own
//! tools saw. [`speed`] measures what a PAC costs, and so reads a clock. [`diag`] holds the findings of every stage, [`yaml`] is
//! the only module that names the YAML library. To add a product, begin at [`emit`].

pub mod analyze;
pub mod audit;
pub mod cli;
pub mod compile;
pub mod diag;
pub mod diff;
mod dropped;
mod embedded;
pub mod emit;
mod endings;
mod filter;
pub mod ingest;
mod lists;
pub mod log;
pub mod mma;
pub mod model;
pub mod normalize;
pub mod opening;
pub mod plan;
pub mod profile;
pub mod prove;
pub mod read;
pub mod regions;
pub mod reports;
mod resemblance;
pub mod resolve;
pub mod review;
#[cfg(feature = "serve")]
pub mod serve;
pub mod source;
pub mod speed;
pub mod suffix;
mod text;
pub mod ticket;
#[cfg(feature = "update")]
pub mod update;
#[cfg(feature = "verify")]
pub mod verify;
pub mod write;
pub mod yaml;
