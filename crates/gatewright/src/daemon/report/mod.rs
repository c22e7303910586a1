//! What `status`, `/health` and `/metrics` tell: one value, and three ways to write it. Pure.
//!
//! - `value` – the report itself; its JSON is this value
//! - `verdict` – which layer is broken first, and who has to act
//! - `text` – one screen for a person
//! - `metrics` – Prometheus' text format
//! - `page` – a small page for a browser

mod metrics;
mod page;
#[cfg(test)]
mod tests;
mod text;
mod value;
mod verdict;

pub(crate) use metrics::metrics;
pub(crate) use page::page;
pub(crate) use text::{age, text};
pub(crate) use value::{
    AlertsReport, DaemonReport, GatewayReport, HaltReport, MonitorReport, ProgramLimits, ProxyReport, RemedyReport,
    SocketTableReport, Verdict, WorkerReport, WorkerState,
};
pub(crate) use verdict::{Outlook, StuckSession};
