//! Does the traffic really get through, and is it left alone? The policy as URLs, asked by every route that a device
//! may take.
//!
//! [`probes`] turns the policy into URLs by the facts of [`facts`]; [`route`] says what a route is and [`pac`] what a
//! PAC makes of it; [`connect`] walks one way and notes what is [`seen`], over [`names`] and [`tls`]; [`run`] does so
//! for all, and [`verdict`] judges. What the vendor's own tools saw, [`reports`](crate::reports) reads.
//!
//! This is the only module that opens a connection, for [`update`](crate::update) too. HTTP, TLS, DNS and certificates are those of libraries; answers of
//! servers are bounded in size and time, and what is shown of them is made safe to print.

pub mod connect;
pub mod facts;
pub mod names;
pub mod pac;
pub mod probes;
pub mod route;
pub mod run;
pub mod seen;
pub mod tls;
pub mod verdict;
