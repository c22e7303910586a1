//! Durable facts in SQLite: order intents and what became of them, and the highest order id of each client id.
//!
//! What a method returns is on the disk: each write is one transaction, synced before the method comes back. Several
//! processes may have the same file open. Methods block on the disk, so an async caller runs them on a thread of its own.
//!
//! This crate decides nothing. It does not know when to send or what to conclude from silence (`trade` does), it reads
//! no clock (times are given to it), and it never changes or deletes what it has recorded.
//!
//! - `error` – what can go wrong
//! - `database` – [`Journal`]: opening a file, its settings, its transactions
//! - `schema` – the tables and their versions
//! - `column` – values that SQLite has no type for
//! - `order_id` – the high-water mark that never falls
//! - `intent` – what somebody wanted to trade, written before anything is sent
//! - `outgoing` – an order from wish to sent, in one transaction
//! - `state` – where an intent stands, and what may follow what
//! - `history` – how it came to stand there, with the evidence
//! - `execution` – fills, each once
//! - `commission` – what they cost, each once, whatever is told again under a correction's id
//! - `holding` – what they add up to, and what a person has explained
//! - `proxied` – what programs order through the proxy, written before it is sent
//! - `event` – what happened besides orders
//! - `halt` – the kill switch: while it is thrown, no order becomes durable
//! - `verify` – whether the file holds what it should

mod column;
mod commission;
mod database;
mod error;
mod event;
mod execution;
mod halt;
mod history;
mod holding;
mod intent;
mod order_id;
mod outgoing;
mod proxied;
mod schema;
mod state;
mod verify;

pub use commission::CommissionRecord;
pub use database::Journal;
pub use error::JournalError;
pub use event::{EventKind, EventRecord};
pub use execution::{ExecutionNews, ExecutionRecord, family_and_revision};
pub use halt::{HaltRecord, HaltScope, HaltTurn, ResumeRecord};
pub use history::{Evidence, Transition};
pub use holding::{Explanation, Holding, HoldingKey};
pub use intent::{Intent, IntentFilter, IntentId, IntentRecord, OrderType, Side};
pub use order_id::{AssignedOrder, OrderIdKey};
pub use proxied::{
    ProxiedAct, ProxiedEnd, ProxiedEntry, ProxiedFilter, ProxiedOrder, ProxiedOrderId, ProxiedOutcome, ProxiedRecord,
    ProxiedState, ProxiedWritten,
};
pub use state::{IntentState, StateKind};
pub use verify::{Finding, Verified};
