//! The world, driven without sockets and clocks.

mod balance;
mod connecting;
mod determinism;
mod faults;
mod history;
mod hostile;
mod orders;
mod requests;
mod table;
