//! `gatewright journal`: what the journal holds, one by one, as a whole, and whether it is sound.
//!
//! - `run` – the command
//! - `place` – which journal is meant, and what is said where it cannot be used
//! - `span` – days and time zones
//! - `order` – an order as it is reported
//! - `program_order` – what a program behind the proxy ordered, as it is reported
//! - `entry` – everything that happened, in its order
//! - `show` – one order with its whole history
//! - `sheet` – the journal as tables of columns and rows; `export` – writing one down; `columnar` – the same as Parquet

mod columnar;
mod entry;
mod export;
mod order;
mod place;
mod program_order;
mod run;
mod sheet;
mod show;
mod span;

pub(crate) use export::csv;
pub(crate) use order::OrderReport;
pub(crate) use place::JournalArgs;
pub(crate) use program_order::ProgramOrder;
pub(crate) use run::{JournalCommandArgs, run};
pub(crate) use sheet::{Sheet, Table};
pub(crate) use span::{Day, ZoneArgs, stamp};
