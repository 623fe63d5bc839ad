//! The lists that are part of the program, as endpoints: what others are compared with.

use crate::ingest::Role;
use crate::ingest::catalog::Catalog;
use crate::model::Endpoint;
use crate::normalize;
use crate::source::{Source, SourceMap};

/// The endpoints of a built-in list, as its rows say them.
pub fn endpoints(name: &str) -> Vec<Endpoint> {
    endpoints_where(name, None)
}

/// The endpoints of those of its documents that have a column of this role.
pub fn endpoints_with(name: &str, role: Role) -> Vec<Endpoint> {
    endpoints_where(name, Some(role))
}

fn endpoints_where(name: &str, role: Option<Role>) -> Vec<Endpoint> {
    let mut sources = SourceMap::default();
    let source = sources.add(Source { name: name.to_owned(), sha256: String::new(), date: None });
    let mut document = Catalog::builtin(name).document(source);
    document.tables.retain(|table| role.is_none_or(|role| table.has(role)));
    normalize::normalize(&document, &sources, &|_| None, &mut Vec::new()).endpoints
}
