//! Pacing: one budget of messages for a Gateway over all its sessions. For data, waiting beats being cut off.
//!
//! Pure: it is given messages and the time, and says what may go out and when to ask again.
//!
//! - `pacer` – the budget itself: orders first, then by turns
//! - `traffic` – what a message is to it
//! - `lane` – what waits for one session
//! - `history` – the rules for historical requests
//! - `hearing` – what the Gateway's answers mean for it
//! - `ledger` – what was spent, for the next worker
//! - `sliding_window` – so much in any span of time
//! - `settings` – the figures; `report` – what is shown

mod hearing;
mod history;
mod lane;
mod ledger;
mod pacer;
mod report;
mod settings;
mod sliding_window;
#[cfg(test)]
mod tests;
mod traffic;

pub use hearing::Hearing;
pub(crate) use hearing::message_id;
pub use ledger::{BarsSpent, LEDGER, LedgerWriter, SLOT, Spending, Spent, place_port, read as read_ledger, read_port};
pub use pacer::{Pacer, Taken};
pub use report::{PacingReport, SessionPacing};
pub use settings::PacingSettings;
pub use traffic::{HistoricalRequest, SmallBars, Traffic};
