//! The run loop: one owner, one closed set of events, and a core that decides without waiting.
//!
//! - `settings` – what a trader is told before it starts
//! - `clock` – the times that everything else is given
//! - `event` – [`Event`] in, [`Action`] out
//! - `brain` – who decides about one instrument (pure)
//! - `desk` – one instrument: strategy, prices, book (pure)
//! - `trader` – the core: every decision and every journal entry, and no other I/O
//! - `report` – what a change looks like to whoever listens (pure)
//! - `thread` – the core on a thread of its own, because the journal waits for the disk
//! - `program` – a strategy that is a program of its own, kept running
//! - `backoff` – when to try again (pure)
//! - `opening` – from a worker to a session that can trade
//! - `streams` – subscriptions, brought together into one queue
//! - `session` – one session while it lasts: its streams, and what their items mean
//! - `news` – what happens to the link, for whoever listens
//! - `shell` – the loop that waits

mod backoff;
mod brain;
mod clock;
mod desk;
mod event;
mod news;
mod opening;
mod program;
mod report;
mod session;
mod settings;
mod shell;
mod streams;
mod thread;
mod trader;

pub use backoff::Backoff;
pub use clock::Moment;
pub use event::{Action, Event, ProgramNews, SessionStart, SymbolStart};
pub use settings::{Decider, Instrument, ProgramSettings, Sending, TraderSettings};
pub use shell::{Outcome, run};
pub use trader::{Policy, Trader};
