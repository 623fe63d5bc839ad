//! The profile that `init` writes.
