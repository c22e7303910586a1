//! The simulator on real sockets, with raw clients and with foreign ones.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its scripted clients too")]

mod control;
mod doors;
mod foreign;
mod raw;
mod sessions;
