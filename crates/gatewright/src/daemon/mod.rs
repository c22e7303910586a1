//! `gatewright up`: what is kept alive for every program on this machine, and how that is asked after.
//!
//! - `run` – starting, the loop, stopping
//! - `gateway` – one Gateway: its worker, the daemon's own session, its proxy
//! - `proxy` – the port for unmodified programs
//! - `watch` – what was seen of a worker and of that session (pure)
//! - `overseer` – what is done when nobody looks: alerts, and the remedy for a stuck Gateway
//! - `alert` – telling somebody when a human has to act
//! - `remedy` – when a stuck Gateway is restarted, and ordering it through IBC
//! - `durable` – small facts that outlive the daemon
//! - `report` – how everything is, and the ways to write it (pure)
//! - `reload` – which changed settings can be put in force (pure)
//! - `control` – the socket of `status`, `down`, `reload` and `logs`
//! - `halt` – whether trading is halted, for reports
//! - `http` – health, metrics and a page
//! - `notify` – telling the service manager
//! - `instance` – one daemon for each state folder

mod alert;
mod control;
mod durable;
mod gateway;
mod halt;
mod http;
mod instance;
mod notify;
mod overseer;
mod proxy;
mod reload;
mod remedy;
mod report;
mod run;
mod watch;

pub(crate) use alert::{Tried, try_alerts};
pub(crate) use control::{Control, ControlError, ReloadReport, Request};
pub(crate) use instance::control_socket;
pub(crate) use report::{DaemonReport, text};
pub(crate) use run::{Launch, run};

/// The log's name in its folder.
pub(crate) const LOG_NAME: &str = "daemon.log";
