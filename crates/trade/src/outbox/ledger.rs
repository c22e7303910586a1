//! The orders that are not done yet, in memory and in the journal, always in that step: the journal first.

use std::collections::BTreeMap;

use gatewright_journal::{
    EventKind, EventRecord, Evidence, HoldingKey, Intent, IntentFilter, IntentId, IntentRecord, IntentState, Journal,
    OrderIdKey, OrderType, Side, StateKind, Transition,
};
use gatewright_link::LinkError;
use gatewright_link::protocol::{OrderEvent, OrderResult};
use gatewright_proto::{ClientId, OrderId, PermId};
use jiff::Timestamp;
use rust_decimal::Decimal;

use super::evidence::Said;
use super::order::WorkingOrder;
use super::reference::References;
use crate::error::TradeError;
use crate::position::Fill;
use crate::risk::Passed;
use crate::step::{Step, Watch};

/// An order that is to be placed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderRequest {
    /// The instrument's symbol.
    pub symbol: String,
    /// Which way.
    pub side: Side,
    /// How much, above zero.
    pub quantity: Decimal,
    /// On which terms.
    pub order_type: OrderType,
    /// Who wants it.
    pub strategy: String,
    /// Why, in the strategy's words.
    pub reason: String,
}

/// An order that must now be sent, once. Everything about it is on the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dispatch {
    /// Its intent.
    pub intent: IntentId,
    /// What the Gateway is to call it.
    pub order_id: OrderId,
    /// What goes into `orderRef`.
    pub order_ref: String,
    /// What is to be placed.
    pub request: OrderRequest,
}

/// What became of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// It stands elsewhere now.
    Moved {
        /// The order as it stands now.
        order: Box<WorkingOrder>,
        /// Where it stood.
        from: StateKind,
        /// Why we believe it.
        evidence: String,
    },
    /// Some of it was executed, which nothing had told before.
    Executed {
        /// The order as it stands now.
        order: Box<WorkingOrder>,
        /// The execution, with the side as its sign.
        fill: Fill,
        /// What it takes the place of, where it is a correction.
        instead_of: Option<Fill>,
    },
    /// Complete answers cannot tell what became of it.
    Unsettleable {
        /// The order.
        order: Box<WorkingOrder>,
        /// Why not.
        why: &'static str,
    },
    /// The Gateway shows an order that had been settled as not placed.
    Resurfaced {
        /// Its reference.
        order_ref: String,
    },
}

/// All orders of one trader that are not done yet. Each change is on the disk before it is told.
#[derive(Debug)]
pub struct Outbox {
    pub(super) journal: Journal,
    pub(super) key: OrderIdKey,
    pub(super) working: BTreeMap<IntentId, WorkingOrder>,
    pub(super) references: References,
    pub(super) tally: BTreeMap<IntentId, StateKind>,
    pub(super) doubts_settled: u64,
    /// What is known of the running session; `None` where there is none.
    pub(super) session: Option<SessionFacts>,
    /// Who is told of each step.
    pub(super) watch: Watch,
}

/// What a session says about orders of earlier ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SessionFacts {
    /// The next id that the Gateway expects of this client, as it said when the session began.
    pub(super) next_valid_id: OrderId,
    /// Whether the Gateway has lost IBKR, so that what it answers may be old.
    pub(super) cut_off: bool,
}

impl Outbox {
    /// Makes an order durable, with its id, as sent. The caller sends it, at most once.
    ///
    /// `floor` is the Gateway's nextValidId; the id is at least that and above every id that was ever used. Whatever has not
    /// [passed](Passed) the gate cannot come here.
    ///
    /// # Errors
    ///
    /// The journal failed, or trading is halted; then nothing may be sent.
    pub fn submit(
        &mut self,
        request: OrderRequest,
        floor: OrderId,
        now: Timestamp,
        _: Passed,
    ) -> Result<Dispatch, TradeError> {
        self.watch.reached(Step::BeforeIntent);
        let (order_ref, wanted) = self.intent(&request, now);
        let evidence = Evidence { message: "handed to the session".into(), ..Evidence::default() };
        let (intent, order_id) = self.journal.record_outgoing(&wanted, &self.key, floor, evidence)?;
        // From here on a crash leaves the order in doubt, and before here there is none.
        self.watch.reached(Step::AfterIntent);
        Ok(self.dispatched(intent, order_id, order_ref, request, now))
    }

    /// A request as the journal keeps it, with a reference of its own.
    pub(super) fn intent(&mut self, request: &OrderRequest, now: Timestamp) -> (String, Intent) {
        let order_ref = self.references.make();
        let wanted = Intent {
            order_ref: order_ref.clone(),
            symbol: request.symbol.clone(),
            side: request.side,
            quantity: request.quantity,
            order_type: request.order_type,
            strategy: request.strategy.clone(),
            reason: request.reason.clone(),
            created_at: now,
        };
        (order_ref, wanted)
    }

    /// Takes up an order that the journal has as sent.
    pub(super) fn dispatched(
        &mut self,
        intent: IntentId,
        order_id: OrderId,
        order_ref: String,
        request: OrderRequest,
        now: Timestamp,
    ) -> Dispatch {
        let order = WorkingOrder {
            intent,
            order_ref: order_ref.clone(),
            order_id: Some(order_id),
            perm_id: None,
            symbol: request.symbol.clone(),
            side: request.side,
            quantity: request.quantity,
            order_type: request.order_type,
            executed: Decimal::ZERO,
            state: IntentState::Sent,
            created_at: now,
            absence: None,
            orphaned: false,
            doubted: false,
        };
        self.working.insert(intent, order);
        self.tally.insert(intent, StateKind::Sent);
        Dispatch { intent, order_id, order_ref, request }
    }

    /// Takes the answer to placing an order.
    ///
    /// # Errors
    ///
    /// The journal failed.
    pub fn answered(
        &mut self,
        intent: IntentId,
        answer: &Result<OrderResult, LinkError>,
        now: Timestamp,
    ) -> Result<Vec<Change>, TradeError> {
        self.hear(intent, &Said::by_answer(answer), now)
    }

    /// Takes something that the Gateway says about orders, whoever's they are.
    ///
    /// # Errors
    ///
    /// The journal failed.
    pub fn order_event(&mut self, event: &OrderEvent, now: Timestamp) -> Result<Vec<Change>, TradeError> {
        match event {
            OrderEvent::Open { order, order_state, .. } => {
                let Some(intent) = self.find(&order.order_ref, order.perm_id) else {
                    return self.resurfaced(&order.order_ref, &order_state.status);
                };
                self.hear(intent, &Said::by_status("openOrder", &order_state.status, false, order.perm_id), now)
            }
            OrderEvent::Status(status) => {
                let Some(intent) = self.find_id(status.client_id, status.order_id) else { return Ok(Vec::new()) };
                let some_filled = !status.filled.is_zero();
                self.hear(intent, &Said::by_status("orderStatus", &status.status, some_filled, status.perm_id), now)
            }
            OrderEvent::Execution(details) => self.execution(&details.contract.symbol, &details.execution, now),
            OrderEvent::Commission(report) => self.commission(report, now).map(|()| Vec::new()),
            OrderEvent::Message { order_id, code, text } => {
                let Some(intent) = self.find_id(self.key.client_id, *order_id) else { return Ok(Vec::new()) };
                let said = self.working.get(&intent).map(|order| Said::by_code(*code, text, &order.state));
                self.hear(intent, &said.unwrap_or(Said::Nothing), now)
            }
        }
    }

    /// Has each step of an order's way told to somebody, as it is reached.
    pub fn watched_by(&mut self, watch: Watch) {
        self.watch = watch;
    }

    /// A session has begun, in which the Gateway expects this order id next.
    pub fn session_began(&mut self, next_valid_id: OrderId) {
        self.session = Some(SessionFacts { next_valid_id, cut_off: false });
    }

    /// Whether the Gateway has lost IBKR. While it has, its silence about an order proves nothing.
    pub fn cut_off(&mut self, cut_off: bool) {
        if let Some(session) = &mut self.session {
            session.cut_off = cut_off;
        }
    }

    /// The session is over: what was sent and not heard of is in doubt, and the rest must be asked about.
    ///
    /// # Errors
    ///
    /// The journal failed.
    pub fn session_lost(&mut self, why: &str, now: Timestamp) -> Result<Vec<Change>, TradeError> {
        self.session = None;
        let mut changes = Vec::new();
        let intents: Vec<IntentId> = self.working.keys().copied().collect();
        for intent in intents {
            if let Some(order) = self.working.get_mut(&intent) {
                order.orphaned = true;
                order.absence = None;
            }
            let evidence = Evidence { message: format!("no word before {why}"), ..Evidence::default() };
            let unheard = self.working.get(&intent).is_some_and(|order| order.state.kind() == StateKind::Sent);
            if unheard {
                changes.extend(self.hear(intent, &Said::InDoubt(evidence), now)?);
            }
        }
        Ok(changes)
    }

    /// What our executions in an account, and what a person has explained, add up to by the journal, over all runs.
    ///
    /// # Errors
    ///
    /// The journal failed.
    pub fn recorded_position(&self, account: &str, symbol: &str) -> Result<Decimal, TradeError> {
        Ok(self.journal.holding(&self.holding_key(account, symbol))?.position)
    }

    fn holding_key(&self, account: &str, symbol: &str) -> HoldingKey {
        HoldingKey { key: self.key.clone(), account: account.to_owned(), symbol: symbol.to_owned() }
    }

    /// Records that something happened besides orders.
    ///
    /// # Errors
    ///
    /// The journal failed.
    pub fn note(&mut self, kind: EventKind, detail: &str, now: Timestamp) -> Result<(), TradeError> {
        let (key, detail) = (self.key.clone(), detail.to_owned());
        Ok(self.journal.record_event(&EventRecord { at: now, key, kind, detail })?)
    }

    /// Notes that an order id of this client was seen, wherever it came from: ours stay above it.
    ///
    /// # Errors
    ///
    /// The journal failed.
    pub fn saw_order_id(&mut self, client_id: ClientId, order_id: OrderId) -> Result<(), TradeError> {
        if client_id == self.key.client_id && order_id.get() > 0 {
            self.journal.raise_order_id(&self.key, order_id)?;
        }
        Ok(())
    }

    /// The orders that are not done yet, oldest first.
    pub fn working(&self) -> impl Iterator<Item = &WorkingOrder> {
        self.working.values()
    }

    /// Whether there is anything that only asking the Gateway can tell.
    pub fn has_unsettled(&self) -> bool {
        self.working().any(|order| {
            let unexplained = order.state.kind() == StateKind::Filled && !order.is_done();
            order.orphaned || order.doubted || order.is_in_doubt() || unexplained
        })
    }

    /// How many of this run's orders, and of those taken over, stand where.
    pub fn tally(&self) -> BTreeMap<StateKind, u64> {
        let mut tally = BTreeMap::new();
        for kind in self.tally.values() {
            *tally.entry(*kind).or_default() += 1;
        }
        tally
    }

    /// How many orders that were in doubt have been settled.
    pub fn doubts_settled(&self) -> u64 {
        self.doubts_settled
    }

    /// The journal, for tests that are somebody else with it, or the next run.
    #[cfg(test)]
    pub(crate) fn journal_mut(&mut self) -> &mut Journal {
        &mut self.journal
    }

    /// The same, when this run is over.
    #[cfg(test)]
    pub(crate) fn into_journal(self) -> Journal {
        self.journal
    }

    /// Journals what `said` makes of an order, and tells it.
    pub(super) fn hear(&mut self, intent: IntentId, said: &Said, now: Timestamp) -> Result<Vec<Change>, TradeError> {
        let steps = self.working.get(&intent).map(|order| order.hear(said, now)).unwrap_or_default();
        if steps.iter().any(|step| step.from == StateKind::Sent) {
            self.watch.reached(Step::BeforeAnswer);
        }
        self.apply(intent, steps)
    }

    /// Journals steps of an order, then takes them over and tells them.
    pub(super) fn apply(&mut self, intent: IntentId, steps: Vec<Transition>) -> Result<Vec<Change>, TradeError> {
        let mut changes = Vec::new();
        for step in steps {
            self.journal.record_transition(intent, &step)?;
            let Some(order) = self.working.get_mut(&intent) else { continue };
            order.perm_id = step.evidence.perm_id.or(order.perm_id);
            order.state = step.to;
            self.tally.insert(intent, order.state.kind());
            if step.from == StateKind::InDoubt {
                self.doubts_settled += 1;
            }
            changes.push(Change::Moved {
                order: Box::new(order.clone()),
                from: step.from,
                evidence: step.evidence.message,
            });
        }
        if self.working.get(&intent).is_some_and(WorkingOrder::is_done) {
            self.working.remove(&intent);
        }
        Ok(changes)
    }

    /// The working order with that reference or, failing it, that account-wide number.
    pub(super) fn find(&self, order_ref: &str, perm_id: PermId) -> Option<IntentId> {
        let by_ref = self.working().find(|order| order.order_ref == order_ref);
        let by_perm_id = || self.working().find(|order| perm_id.get() != 0 && order.perm_id == Some(perm_id));
        by_ref.or_else(by_perm_id).map(|order| order.intent)
    }

    /// The working order with that number of this client. Our ids never repeat, so one number is one order.
    fn find_id(&self, client_id: ClientId, order_id: OrderId) -> Option<IntentId> {
        let ours = client_id == self.key.client_id;
        self.working().find(|order| ours && order.order_id == Some(order_id)).map(|order| order.intent)
    }

    pub(super) fn by_reference(&self, order_ref: &str) -> Result<Option<IntentRecord>, TradeError> {
        if !References::is_ours(order_ref) {
            return Ok(None);
        }
        let filter = IntentFilter { order_ref: Some(order_ref.to_owned()), ..IntentFilter::default() };
        let found = self.journal.intents(&filter)?.into_iter().next();
        Ok(found.filter(|record| record.order.as_ref().is_some_and(|order| order.key == self.key)))
    }

    fn resurfaced(&self, order_ref: &str, status: &str) -> Result<Vec<Change>, TradeError> {
        let dead = matches!(status, "Cancelled" | "ApiCancelled");
        let record = if dead { None } else { self.by_reference(order_ref)? };
        let contradicts = record.is_some_and(|record| record.state.kind() == StateKind::NotPlaced);
        Ok(if contradicts { vec![Change::Resurfaced { order_ref: order_ref.to_owned() }] } else { Vec::new() })
    }
}

#[cfg(test)]
pub(super) mod tests;
