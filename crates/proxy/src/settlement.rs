//! Orders in doubt: sent, and the connection went before the Gateway said a word. They are never sent again; the
//! Gateway is asked, and what it says settles them. When an order counts as never received is design document 016's.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use gatewright_proto::message::execution::Execution;
use gatewright_proto::message::order::CompletedOrder;
use gatewright_proto::{ClientId, OrderId, PermId};
use rust_decimal::Decimal;

use crate::event::EntryId;
use crate::orders::{Sent, Unspoken};
use crate::settings::Limits;

/// Complete answers without a trace that it takes at least (016).
const ABSENCES: u32 = 3;

/// What became of an order in doubt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is open; the Gateway's own messages say so.
    Open,
    /// It is open, and its cancel was in doubt: that has not happened.
    NotCancelled,
    /// It is over.
    Over {
        /// `Filled`, `Cancelled`, …, as the Gateway says it.
        status: String,
        filled: Decimal,
        remaining: Decimal,
        perm_id: PermId,
    },
    /// It is not among the open orders, and nothing tells how it ended; its cancel was in doubt.
    NotOpen,
    /// It never arrived.
    NeverReceived,
    /// It is not open, and the Gateway's other lists do not reach back to it.
    Untraceable,
    /// It had been acknowledged, and the Gateway knows nothing of it any more.
    Forgotten,
    /// It had been acknowledged and is not open any more, and the Gateway's other lists do not reach back to when that was.
    Unexplained,
}

/// Which list has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum List {
    Open,
    Completed,
    Executions,
}

/// What came out for one order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Settled {
    pub(crate) order_id: OrderId,
    pub(crate) verdict: Verdict,
    /// What the journal has of it.
    pub(crate) entries: Vec<EntryId>,
}

#[derive(Debug)]
struct Doubt {
    sent: Sent,
    entries: Vec<EntryId>,
    /// Whether lists of what is over reach back to it.
    listed: bool,
    perm_id: Option<PermId>,
    /// When it was first absent in this session, and how often since.
    absent: Option<(Instant, u32)>,
    seen: Seen,
}

/// What this round's lists said of it.
#[derive(Debug, Default)]
struct Seen {
    open: bool,
    completed: Option<(String, Option<Decimal>, PermId)>,
    executed: Option<(Decimal, PermId)>,
}

/// The three lists of one round, as far as they have ended.
#[derive(Debug, Default)]
struct Round {
    open: bool,
    completed: bool,
    executions: bool,
}

/// The orders in doubt of one client id.
#[derive(Debug)]
pub(crate) struct Settlement {
    client_id: ClientId,
    doubts: BTreeMap<OrderId, Doubt>,
    round: Option<Round>,
    /// When this round's lists must have ended; a list without its end is no answer.
    round_by: Option<Instant>,
    next_round: Option<Instant>,
    wait: Duration,
}

impl Settlement {
    pub(crate) fn new(client_id: ClientId) -> Self {
        Self { client_id, doubts: BTreeMap::new(), round: None, round_by: None, next_round: None, wait: Duration::ZERO }
    }

    /// This is in doubt from now on.
    pub(crate) fn add(&mut self, id: OrderId, unspoken: Unspoken, perm_id: Option<PermId>) {
        let Unspoken { sent, mut entries, mut listed } = unspoken;
        if let Some(before) = self.doubts.remove(&id) {
            entries.splice(0..0, before.entries);
            listed &= before.listed;
        }
        self.doubts.insert(id, Doubt { sent, entries, listed, perm_id, absent: None, seen: Seen::default() });
    }

    /// The session is over and its doubts are not; whoever has the next one goes on with them.
    pub(crate) fn take(&mut self) -> Vec<(OrderId, Unspoken)> {
        let doubts = std::mem::take(&mut self.doubts).into_iter().filter(|(_, doubt)| !doubt.is_working());
        let left = |Doubt { sent, entries, listed, .. }| Unspoken { sent, entries, listed };
        doubts.map(|(id, doubt)| (id, left(doubt))).collect()
    }

    /// The Gateway's lists of what is over begin anew, and reach back to none of these any more.
    pub(crate) fn handle_midnight(&mut self) {
        self.doubts.values_mut().for_each(|doubt| doubt.listed = false);
    }

    /// The orders in doubt; those that are merely looked for are not.
    pub(crate) fn orders(&self) -> impl Iterator<Item = OrderId> {
        self.doubts.iter().filter(|(_, doubt)| !doubt.is_working()).map(|(id, _)| *id)
    }

    /// Whether this order is looked for.
    pub(crate) fn knows(&self, id: OrderId) -> bool {
        self.doubts.contains_key(&id)
    }

    /// The session is lost; what was absent in it is to be absent anew.
    pub(crate) fn handle_lost(&mut self) {
        self.round = None;
        self.round_by = None;
        self.next_round = None;
        for doubt in self.doubts.values_mut() {
            doubt.absent = None;
        }
    }

    /// A session is there: the first round is due, if there are doubts or another reason to ask once.
    pub(crate) fn handle_ready(&mut self, now: Instant, anyway: bool, limits: &Limits) {
        self.wait = limits.ask_again;
        self.next_round = (anyway || !self.doubts.is_empty()).then_some(now);
    }

    /// Whether to ask the three lists now.
    pub(crate) fn begin_round(&mut self, now: Instant, limits: &Limits) -> bool {
        let stalled = self.round_by.is_some_and(|by| by <= now);
        let due = stalled || self.round.is_none() && self.next_round.is_some_and(|at| at <= now);
        if due {
            self.round = Some(Round::default());
            self.round_by = Some(now + limits.lists);
            self.next_round = None;
            for doubt in self.doubts.values_mut() {
                doubt.seen = Seen::default();
            }
        }
        due
    }

    /// When the next round is due.
    pub(crate) fn timeout(&self) -> Option<Instant> {
        match self.round {
            Some(_) => self.round_by,
            None => self.next_round,
        }
    }

    /// How many orders are in doubt; those that are merely looked for are not.
    pub(crate) fn doubts(&self) -> usize {
        self.doubts.values().filter(|doubt| !doubt.is_working()).count()
    }

    /// The Gateway has spoken of the order by itself; returns what the journal has of it if that settled a doubt.
    pub(crate) fn handle_spoken_of(&mut self, id: OrderId) -> Option<Vec<EntryId>> {
        let doubt = self.doubts.get_mut(&id)?;
        if doubt.sent == Sent::Cancelled {
            // Whether a cancel has happened is told by the end of the list, not by the order's being in it.
            doubt.seen.open |= self.round.is_some();
            return None;
        }
        let was_doubtful = !doubt.is_working();
        self.doubts.remove(&id).filter(|_| was_doubtful).map(|doubt| doubt.entries)
    }

    /// The order is over, as the Gateway itself has said; returns what the journal has of it if that settled a doubt.
    pub(crate) fn handle_over(&mut self, id: OrderId) -> Option<Vec<EntryId>> {
        self.doubts.remove(&id).filter(|doubt| !doubt.is_working()).map(|doubt| doubt.entries)
    }

    /// One entry of the list of completed orders.
    pub(crate) fn handle_completed(&mut self, message: &CompletedOrder) {
        let order = &message.order;
        for doubt in self.doubts.values_mut() {
            let by_reference = match &doubt.sent {
                Sent::Placed { order_ref, .. } => !order_ref.is_empty() && *order_ref == order.order_ref,
                Sent::Cancelled | Sent::Exercised | Sent::Working { .. } => false,
            };
            if by_reference || doubt.perm_id == Some(order.perm_id) {
                let status = message.order_state.status.clone();
                doubt.seen.completed = Some((status, order.filled_quantity, order.perm_id));
            }
        }
    }

    /// One entry of the list of executions.
    pub(crate) fn handle_execution(&mut self, execution: &Execution) {
        if execution.client_id != self.client_id {
            return;
        }
        let Some(doubt) = self.doubts.get_mut(&execution.order_id) else { return };
        let filled = doubt.seen.executed.map_or(Decimal::ZERO, |(filled, _)| filled).max(execution.cum_qty);
        doubt.seen.executed = Some((filled, execution.perm_id));
    }

    /// A list is complete. Once all three are, returns what is settled.
    ///
    /// `counted` is the id that the Gateway expects next; `trusted` says whether its answers are fresh, which they are
    /// not while it has lost IBKR.
    pub(crate) fn handle_end(
        &mut self,
        now: Instant,
        list: List,
        counted: OrderId,
        trusted: bool,
        limits: &Limits,
    ) -> Vec<Settled> {
        let Some(round) = &mut self.round else { return Vec::new() };
        match list {
            List::Open => round.open = true,
            List::Completed => round.completed = true,
            List::Executions => round.executions = true,
        }
        if !(round.open && round.completed && round.executions) {
            return Vec::new();
        }
        self.round = None;
        self.round_by = None;
        let mut settled = Vec::new();
        for (id, doubt) in &mut self.doubts {
            let bound = if counted <= *id { limits.absent_uncounted } else { limits.absent };
            if let Some(verdict) = doubt.conclude(now, trusted, bound) {
                settled.push(Settled { order_id: *id, verdict, entries: std::mem::take(&mut doubt.entries) });
            }
        }
        for Settled { order_id, .. } in &settled {
            self.doubts.remove(order_id);
        }
        if !self.doubts.is_empty() {
            self.next_round = Some(now + self.wait);
            // The last answer is due when the longest wait is over, and not much later.
            self.wait = (self.wait * 2).min(limits.absent_uncounted / 2);
        }
        settled
    }
}

impl Doubt {
    fn is_working(&self) -> bool {
        matches!(self.sent, Sent::Working { .. })
    }

    fn conclude(&mut self, now: Instant, trusted: bool, bound: Duration) -> Option<Verdict> {
        let cancel = self.sent == Sent::Cancelled;
        if self.seen.open {
            return Some(if cancel { Verdict::NotCancelled } else { Verdict::Open });
        }
        let total = match &self.sent {
            Sent::Placed { total, .. } | Sent::Working { total } => *total,
            Sent::Cancelled | Sent::Exercised => None,
        };
        let executed = self.seen.executed;
        if let Some((status, filled, perm_id)) = self.seen.completed.take() {
            let filled = filled.or(executed.map(|(filled, _)| filled)).unwrap_or_default();
            let remaining = total.map_or(Decimal::ZERO, |total| (total - filled).max(Decimal::ZERO));
            return Some(Verdict::Over { status, filled, remaining, perm_id });
        }
        match (executed, total) {
            (Some((filled, perm_id)), Some(total)) if filled >= total => {
                return Some(Verdict::Over { status: "Filled".into(), filled, remaining: Decimal::ZERO, perm_id });
            }
            // Partly filled and not open: its completion will be in the list of the next round.
            (Some(_), _) => return None,
            (None, _) => {}
        }
        if !trusted {
            return None;
        }
        if cancel {
            return Some(Verdict::NotOpen);
        }
        let (since, absences) = self.absent.unwrap_or((now, 0));
        self.absent = Some((since, absences + 1));
        let verdict = match (self.is_working(), self.listed) {
            (true, true) => Verdict::Forgotten,
            (true, false) => Verdict::Unexplained,
            (false, true) => Verdict::NeverReceived,
            (false, false) => Verdict::Untraceable,
        };
        (absences + 1 >= ABSENCES && since + bound <= now).then_some(verdict)
    }
}

#[cfg(test)]
mod tests;
