//! Recovery: one machine for each Gateway that decides when it is connected to, and what a loss means.
//!
//! ```text
//! connecting ─► ready ◄─► degraded (1100)
//!                 │  ▲
//!                 ▼  │
//!     reconnecting ◄─► gateway_restarting ─► waiting_for_human     (and stopped, from anywhere, by request)
//! ```
//!
//! All of it is pure: it is told what happened and when, and says who may dial, what changed and when to call again.
//!
//! - `machine` – the machine and its inputs; `notices` – those that come from the Gateway's own words
//! - `outage` – what is made of failures while no session is ready
//! - `reading` – what a failure says about the Gateway
//! - `entries` – the sessions, and who may try next: a scout first, then all
//! - `port` – which port to dial after 1300
//! - `connectivity` – whether the Gateway has IBKR
//! - `farms` – its data farms, with hysteresis
//! - `window` – when resets are expected
//! - `backoff` – waits and budgets; `chance` – what they are scattered by
//! - `settings` – the figures; `report` – what is told; `moment` – both clocks

mod backoff;
mod chance;
mod connectivity;
mod entries;
mod farms;
mod machine;
mod moment;
mod notices;
mod outage;
mod port;
mod reading;
mod report;
mod settings;
#[cfg(test)]
mod tests;
mod window;

pub use machine::{Recovery, RecoveryCommand};
pub use moment::Moment;
pub use report::{Permission, RecoveryEvent, RecoveryReport, RecoveryState, Suspect};
pub use settings::RecoverySettings;
pub use window::{DailyRestart, Expected, Region, ResetWindows};
