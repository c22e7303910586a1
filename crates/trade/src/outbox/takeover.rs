//! What an earlier run left in the journal.

use std::collections::BTreeMap;
use std::time::Duration;

use gatewright_journal::{Evidence, IntentRecord, IntentState, Journal, OrderIdKey, StateKind, Transition};
use jiff::Timestamp;

use super::ledger::{Change, Outbox};
use super::order::WorkingOrder;
use super::reference::References;
use crate::error::TradeError;

/// An intent this old that has no id yet was left by a crash. Another trader on the same journal takes its id within
/// milliseconds of recording it.
const ABANDONED_AFTER: Duration = Duration::from_secs(10);

impl Outbox {
    /// Takes over what an earlier run of this client id left in the journal. Whatever it had sent and not heard of is in
    /// doubt; what it had not sent yet is not placed.
    ///
    /// # Errors
    ///
    /// The journal failed.
    pub fn open(journal: Journal, key: OrderIdKey, now: Timestamp) -> Result<(Self, Vec<Change>), TradeError> {
        let references = References::new(key.client_id, now);
        let mut outbox = Self {
            journal,
            key,
            working: BTreeMap::new(),
            references,
            tally: BTreeMap::new(),
            doubts_settled: 0,
            session: None,
        };
        let mut changes = Vec::new();
        for record in outbox.journal.open_intents()? {
            changes.extend(outbox.take_over(&record, now)?);
        }
        Ok((outbox, changes))
    }

    fn take_over(&mut self, record: &IntentRecord, now: Timestamp) -> Result<Vec<Change>, TradeError> {
        let step = |to, message: &str| Transition {
            from: record.state.kind(),
            to,
            at: now,
            evidence: Evidence { message: message.into(), ..Evidence::default() },
        };
        let steps = match (&record.order, record.state.kind()) {
            (Some(order), _) if order.key != self.key => return Ok(Vec::new()),
            // "Sent" is on the disk before a byte leaves, so without it nothing left.
            (_, StateKind::Intended) => {
                let age = now.duration_since(record.intent.created_at);
                if age.unsigned_abs() < ABANDONED_AFTER {
                    return Ok(Vec::new());
                }
                vec![step(IntentState::NotPlaced, "an earlier run ended before it was sent")]
            }
            (_, StateKind::Sent) => {
                vec![step(IntentState::InDoubt { since: now }, "an earlier run ended before a word of the Gateway")]
            }
            (
                _,
                StateKind::Acknowledged
                | StateKind::PartiallyFilled
                | StateKind::InDoubt
                | StateKind::Filled
                | StateKind::Cancelled
                | StateKind::Rejected
                | StateKind::NotPlaced,
            ) => Vec::new(),
        };
        let order = WorkingOrder { orphaned: true, ..self.restore(record)? };
        self.tally.insert(record.id, order.state.kind());
        self.working.insert(record.id, order);
        self.apply(record.id, steps)
    }

    /// An order of the journal as one to work on.
    pub(super) fn restore(&self, record: &IntentRecord) -> Result<WorkingOrder, TradeError> {
        let known = self.journal.history(record.id)?.iter().rev().find_map(|step| step.evidence.perm_id);
        Ok(WorkingOrder {
            intent: record.id,
            order_ref: record.intent.order_ref.clone(),
            order_id: record.order.as_ref().map(|order| order.order_id),
            perm_id: known,
            symbol: record.intent.symbol.clone(),
            side: record.intent.side,
            quantity: record.intent.quantity,
            order_type: record.intent.order_type,
            executed: self.executed(record.id)?,
            state: record.state.clone(),
            created_at: record.intent.created_at,
            absence: None,
            orphaned: false,
            doubted: false,
        })
    }
}
