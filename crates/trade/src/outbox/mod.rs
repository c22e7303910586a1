//! The way of an order: durable before it is sent, in doubt after any break, never sent twice.
//!
//! `request → intent on the disk → id from the high-water mark → "sent" on the disk → bytes`. After a break between
//! sending and the Gateway's first word, the order is in doubt; what the Gateway answers afterwards settles it, and nothing
//! else does. Nothing here sends: [`Outbox::submit`] returns what is to be sent, once.
//!
//! - `reference` – orderRefs, unique for ever
//! - `order` – one order, and what a piece of evidence makes of it (pure)
//! - `evidence` – the pieces of evidence, read from what the Gateway says (pure)
//! - `ledger` – [`Outbox`]: the orders that are not done yet, journaled
//! - `executing` – executions, each booked once at its order
//! - `asking` – what the journal says of today, of this minute, and of halts
//! - `cancelling` – what becomes of a cancel
//! - `emergency` – the one way past a halt
//! - `takeover` – what an earlier run left in the journal
//! - `settle` – what complete answers prove about orders in doubt

mod asking;
mod cancelling;
mod emergency;
mod evidence;
mod executing;
mod ledger;
mod order;
mod reference;
mod settle;
mod takeover;

pub use evidence::Said;
pub use ledger::{Change, Dispatch, OrderRequest, Outbox};
pub use order::{Absence, WorkingOrder};
pub use reference::References;
pub use settle::{ABSENT_ANSWERS, ABSENT_FOR, ABSENT_FOR_IF_NEVER_COUNTED, CompleteAnswers, Explained};
