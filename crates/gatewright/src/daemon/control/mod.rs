//! The daemon's control socket: `status`, `down`, `reload` and `logs` of whoever owns the state folder.
//!
//! - `words` – the lines that are spoken
//! - `server` – the daemon's side
//! - `client` – the commands' side

mod client;
mod server;
mod words;

pub(crate) use client::{Control, ControlError};
pub(crate) use server::{Ask, ControlServer};
pub(crate) use words::{ReloadReport, Request};
