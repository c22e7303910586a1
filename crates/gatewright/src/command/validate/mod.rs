//! `gatewright validate`: proves on this machine that the parts work, with timings.
//!
//! - `run` – the command
//! - `step` – what a step is and what came of it
//! - `zombies` – zombie detection both ways, and none of ours afterwards
//! - `direct_worker` – the worker by hand, line by line, in both of its forms
//! - `client` – the client library

mod client;
mod direct_worker;
mod run;
mod step;
mod zombies;

pub(crate) use run::{ValidateArgs, run};
