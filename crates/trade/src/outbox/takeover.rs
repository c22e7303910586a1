//! What an earlier run left in the journal.

use std::collections::BTreeMap;
use std::time::Duration;

use gatewright_journal::{
    Evidence, ExecutionRecord, IntentRecord, IntentState, Journal, OrderIdKey, StateKind, Transition,
};
use jiff::Timestamp;

use super::ledger::{Change, Outbox};
use super::order::WorkingOrder;
use super::reference::References;
use crate::error::TradeError;
use crate::step::Watch;

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
            watch: Watch::default(),
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
        let steps = match self.untold_fill(&order)? {
            Some(last) => order.fill(order.executed, &last.exec_id, last.perm_id, now),
            None => steps,
        };
        self.tally.insert(record.id, order.state.kind());
        self.working.insert(record.id, order);
        self.apply(record.id, steps)
    }

    /// The last execution of an order whose state does not say it yet, because the earlier run ended between the two. The
    /// Gateway tells of it again, and then it is no news.
    fn untold_fill(&self, order: &WorkingOrder) -> Result<Option<ExecutionRecord>, TradeError> {
        let is_told = match order.state.kind() {
            StateKind::PartiallyFilled => order.executed < order.quantity,
            StateKind::Intended | StateKind::Sent | StateKind::Acknowledged | StateKind::InDoubt => false,
            StateKind::Filled | StateKind::Cancelled | StateKind::Rejected | StateKind::NotPlaced => true,
        };
        if is_told { Ok(None) } else { Ok(self.journal.executions(order.intent)?.pop()) }
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

#[cfg(test)]
mod tests {
    use gatewright_journal::Side;
    use gatewright_proto::PermId;
    use rust_decimal::Decimal;

    use super::*;
    use crate::outbox::ledger::tests::{at, buy, key, outbox};

    #[test]
    fn an_execution_that_was_recorded_without_its_consequence_has_it_at_the_next_start() {
        for (shares, expected) in [(10, StateKind::Filled), (4, StateKind::PartiallyFilled)] {
            let mut dying = outbox();
            let dispatch = buy(&mut dying);
            let mut journal = dying.journal;
            let execution = ExecutionRecord {
                exec_id: "e1.01".into(),
                intent: Some(dispatch.intent),
                perm_id: PermId::new(900),
                account: "DU1".into(),
                symbol: "AAPL".into(),
                side: Side::Buy,
                quantity: Decimal::from(shares),
                price: Decimal::ONE_HUNDRED,
                at: at(2),
            };
            journal.record_execution(&execution).unwrap();
            let (outbox, _) = Outbox::open(journal, key(), at(3)).unwrap();
            assert_eq!(outbox.journal.intent(dispatch.intent).unwrap().state.kind(), expected);
            let rows = outbox.journal.history(dispatch.intent).unwrap().len();
            let (outbox, _) = Outbox::open(outbox.journal, key(), at(4)).unwrap();
            assert_eq!(outbox.journal.history(dispatch.intent).unwrap().len(), rows, "said once");
        }
    }
}
