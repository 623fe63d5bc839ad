//! What Thruway reasons about: names, patterns, endpoints, policy.
//!
//! Nothing here knows a file format or a product, does I/O or reads a clock. If you want to write
//! `squid` or `xlsx` in this module, the code belongs in `emit` or in `ingest`.

pub mod domain;
pub mod endpoint;
pub mod geography;
pub mod grouped_index;
pub mod host_pattern;
mod host_trie;
pub mod index;
pub(crate) mod name_table;
pub mod networks;
pub mod path;
pub mod policy;
pub mod request;
pub mod request_set;
#[cfg(test)]
pub(crate) mod samples;
pub mod windows;

pub use domain::{DomainError, DomainName};
pub use endpoint::{Endpoint, Inspection, Platform, Platforms, Requirement};
pub use geography::{Geography, Region};
pub use grouped_index::GroupedIndex;
pub use host_pattern::{HostPattern, HostPatternError, LabelGlob, LabelPattern, TextSuffix};
pub use index::HostIndex;
pub use path::PathPattern;
pub use policy::{HeldRule, Intent, Policy, Rule};
pub use request::{Host, Ports, Request, RequestPattern, Scheme, Schemes};
pub use request_set::{
    Boundary, Dimension, RequestSet, boundary_hosts, boundary_requests, boundary_requests_by_host,
    deviations, shortest,
};
pub use windows::{WindowsClaim, WindowsRange, WindowsRelease};
