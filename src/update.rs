//! A vendor's list, fetched anew, in the place of a file: only where what arrived is a list, and not a strangely short one.
//!
//! [`fetch`] asks, conditionally, and follows redirects; [`list`] says what a text of bytes lists; [`remembered`] is the
//! note beside the file by which the next run asks whether anything is new; [`place`] puts a file in the place of
//! another in one step; [`renew`] does all of it. Connections are those of [`verify`](crate::verify).
//!
//! Deliberately not here: what a change means. `thruway diff` tells that.

pub mod fetch;
pub mod list;
pub mod place;
pub mod remembered;
pub mod renew;
