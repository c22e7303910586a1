//! The program as its users meet it: real processes, real sockets on free ports, and a state folder for each test.
//!
//! - `program` – running `gatewright`, and simulated Gateways as processes
//! - `bounded_pipe` – what a process says, read with an end
//! - `socket_table` – what the kernel says of a port, asked twice
//! - `patience` – waiting for what announces nothing
//! - the rest – one file per subject

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "these are tests; clippy takes their helpers for code")]

mod alert;
mod api_client;
mod attach;
mod bounded;
mod bounded_pipe;
mod config;
mod connect;
mod crash;
mod daemon;
mod doctor;
mod doubts;
mod faults;
mod freeze;
mod halt;
mod help;
mod journal;
mod kill;
mod orders;
mod packaging;
mod patience;
mod program;
mod proxy;
mod random_kills;
mod remedy;
mod report;
mod screen;
mod sim;
mod socket_table;
mod stopping;
mod strategy;
mod trade;
mod validate;
mod worker;
