//! An order on its way out: what was wanted, its id, and that it is sent, in one transaction.
//!
//! One transaction is one disk sync before the first byte, where three would be three; and a crash or a full disk leaves
//! either the whole order or nothing of it, never a wish without an id.

use gatewright_proto::OrderId;
use rusqlite::Transaction;

use crate::database::Journal;
use crate::error::JournalError;
use crate::halt;
use crate::history::{self, Evidence, Transition};
use crate::intent::{self, Intent, IntentId};
use crate::order_id::{self, OrderIdKey};
use crate::state::{IntentState, StateKind};

/// What is being done where sending an order fails.
const RECORDING: &str = "recording an outgoing order";

impl Journal {
    /// Records an intent, takes the next order id for it as [`Self::take_order_id`] does, and moves it to
    /// [`IntentState::Sent`] with this evidence. All of it is durable before this returns, or nothing is.
    ///
    /// # Errors
    /// [`JournalError::Halted`] while a halt stands; the reference is empty or used already, the quantity is not above
    /// zero, the ids are used up; the database failed.
    pub fn record_outgoing(
        &mut self,
        intent: &Intent,
        key: &OrderIdKey,
        floor: OrderId,
        evidence: Evidence,
    ) -> Result<(IntentId, OrderId), JournalError> {
        self.write(RECORDING, |transaction| {
            halt::refuse_if_halted(transaction)?;
            send(transaction, intent, key, floor, evidence)
        })
    }

    /// As [`Self::record_outgoing`], for an order by which a kill switch closes a position: it goes out only while a halt
    /// stands, when nothing else does.
    ///
    /// # Errors
    /// [`JournalError::NotHalted`] unless a halt stands; otherwise as [`Self::record_outgoing`].
    pub fn record_outgoing_while_halted(
        &mut self,
        intent: &Intent,
        key: &OrderIdKey,
        floor: OrderId,
        evidence: Evidence,
    ) -> Result<(IntentId, OrderId), JournalError> {
        self.write(RECORDING, |transaction| {
            halt::standing(transaction)?.ok_or(JournalError::NotHalted)?;
            send(transaction, intent, key, floor, evidence)
        })
    }
}

fn send(
    transaction: &Transaction<'_>,
    intent: &Intent,
    key: &OrderIdKey,
    floor: OrderId,
    evidence: Evidence,
) -> Result<(IntentId, OrderId), JournalError> {
    let id = intent::insert(transaction, intent)?;
    let order_id = order_id::assign(transaction, id, key, floor)?;
    let sent = Transition { from: StateKind::Intended, to: IntentState::Sent, at: intent.created_at, evidence };
    history::append(transaction, id, &sent)?;
    Ok((id, order_id))
}

#[cfg(test)]
mod tests {
    use gatewright_proto::ClientId;

    use super::*;
    use crate::intent::tests::sample;

    fn key() -> OrderIdKey {
        OrderIdKey { gateway: "127.0.0.1:4002".to_owned(), client_id: ClientId::new(7) }
    }

    #[test]
    fn an_order_goes_out_whole_or_not_at_all() {
        let mut journal = Journal::in_memory().unwrap();
        let go =
            |journal: &mut Journal, floor| journal.record_outgoing(&sample("a"), &key(), floor, Evidence::default());
        let (intent, order_id) = go(&mut journal, OrderId::new(42)).unwrap();
        assert_eq!(order_id, OrderId::new(42));
        let record = journal.intent(intent).unwrap();
        assert_eq!((record.state, record.order.unwrap().order_id), (IntentState::Sent, order_id));
        assert_eq!(journal.history(intent).unwrap().len(), 1);

        assert!(matches!(go(&mut journal, OrderId::new(1)), Err(JournalError::DuplicateOrderRef { .. })));
        assert_eq!(journal.highest_order_id(&key()).unwrap(), Some(order_id), "a refused one takes no id");
        journal.raise_order_id(&key(), OrderId::new(i32::MAX)).unwrap();
        let refused = journal.record_outgoing(&sample("b"), &key(), OrderId::new(1), Evidence::default());
        assert!(matches!(refused, Err(JournalError::OrderIdsExhausted { .. })));
        assert_eq!(journal.open_intents().unwrap().len(), 1, "nothing is left of it");
    }
}
