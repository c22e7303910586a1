//! The orders of one client id: which id it may use next, and which orders the Gateway has not spoken about yet.

use std::collections::BTreeMap;

use gatewright_proto::{OrderId, PermId};
use rust_decimal::Decimal;

use crate::event::EntryId;
use crate::settings::IDS_AHEAD;

/// How many orders may be unacknowledged at a time and still be watched; a Gateway takes 50 messages a second.
const MAX_IN_FLIGHT: usize = 4096;

/// What was sent and not yet spoken about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Sent {
    /// placeOrder: a new order, or a change of one.
    Placed {
        /// The client's own reference, where it gave one.
        order_ref: String,
        /// How much of it there is, where that could be read.
        total: Option<Decimal>,
    },
    /// cancelOrder.
    Cancelled,
    /// exerciseOptions, whose fate no list tells.
    Exercised,
    /// Nothing: the Gateway has acknowledged it, and it may be filled, cancelled or forgotten while nobody looks.
    Working {
        /// How much of it there is, where that is known.
        total: Option<Decimal>,
    },
}

/// What was sent of one order and not spoken about, and where the journal has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unspoken {
    pub(crate) sent: Sent,
    pub(crate) entries: Vec<EntryId>,
    /// Whether the Gateway's lists of what is over reach back to it: they begin at its midnight.
    pub(crate) listed: bool,
}

impl Unspoken {
    /// Nothing of it is in the journal yet, and no midnight has passed.
    fn new(sent: Sent) -> Self {
        Self { sent, entries: Vec::new(), listed: true }
    }
}

/// Everything whose fate nobody knows.
#[derive(Debug, Default)]
pub(crate) struct Lost {
    /// By order, open orders included.
    pub(crate) orders: BTreeMap<OrderId, Unspoken>,
    /// Cancels of all orders among it; `None` where there are none.
    pub(crate) cancel_all: Option<Vec<EntryId>>,
    /// Messages that no order id could be read from.
    pub(crate) opaque: Vec<EntryId>,
}

/// The ids and the unacknowledged orders of one client id.
#[derive(Debug)]
pub(crate) struct Orders {
    /// What is handed out next: above everything that was handed out, used or seen.
    next: OrderId,
    /// Up to here it is durable that ids are used; `None` until the journal has answered.
    reserved: Option<OrderId>,
    asked_for: Option<OrderId>,
    in_flight: BTreeMap<OrderId, Unspoken>,
    cancelling: BTreeMap<OrderId, Vec<EntryId>>,
    /// globalCancel was sent and nothing has been heard since.
    cancelling_all: Option<Vec<EntryId>>,
    /// What no order id could be read from, and so nothing will be heard of.
    opaque: Vec<EntryId>,
    perm_ids: BTreeMap<OrderId, PermId>,
    /// Acknowledged and not over.
    working: BTreeMap<OrderId, Option<Decimal>>,
}

impl Orders {
    pub(crate) fn new(next: OrderId) -> Self {
        Self {
            next,
            reserved: None,
            asked_for: None,
            in_flight: BTreeMap::new(),
            cancelling: BTreeMap::new(),
            cancelling_all: None,
            opaque: Vec::new(),
            perm_ids: BTreeMap::new(),
            working: BTreeMap::new(),
        }
    }

    /// The next id that may be handed out.
    pub(crate) fn next(&self) -> OrderId {
        self.next
    }

    /// No id below this is handed out any more.
    pub(crate) fn raise(&mut self, at_least: OrderId) {
        self.next = self.next.max(at_least);
    }

    /// An id was used, or seen in use.
    pub(crate) fn seen(&mut self, id: OrderId) {
        if let Some(next) = id.next() {
            self.raise(next);
        }
    }

    /// The journal's mark. The first one tells what earlier daemons have used.
    pub(crate) fn marked(&mut self, mark: OrderId) {
        if self.reserved.is_none()
            && let Some(next) = mark.next()
        {
            self.raise(next);
        }
        self.reserved = self.reserved.max(Some(mark));
    }

    /// Whether the next id may be handed out: it is durable that it is used.
    pub(crate) fn may_hand_out(&self) -> bool {
        self.reserved.is_some_and(|reserved| reserved >= self.next)
    }

    /// The journal cannot keep ids. They are handed out all the same: a full disk must not keep a program from its
    /// positions.
    pub(crate) fn undurable(&mut self) {
        self.reserved = Some(OrderId::new(i32::MAX));
    }

    /// What to make durable now, if anything: well before the ids run out, so that no order waits for the disk.
    pub(crate) fn wanted_mark(&mut self) -> Option<OrderId> {
        let reserved = self.reserved?;
        if reserved.get().saturating_sub(self.next.get()) >= IDS_AHEAD / 2 {
            return None;
        }
        let wanted = OrderId::new(self.next.get().saturating_add(IDS_AHEAD));
        if self.asked_for >= Some(wanted) {
            return None;
        }
        self.asked_for = Some(wanted);
        Some(wanted)
    }

    /// An order is on its way.
    pub(crate) fn placed(&mut self, id: OrderId, sent: Sent, entry: Option<EntryId>) {
        self.seen(id);
        if self.in_flight.len() < MAX_IN_FLIGHT || self.in_flight.contains_key(&id) {
            let unspoken = self.in_flight.entry(id).or_insert_with(|| Unspoken::new(sent.clone()));
            unspoken.sent = sent;
            unspoken.entries.extend(entry);
        }
    }

    /// The Gateway's lists of what is over begin anew: what becomes of these is in them only if it became of them later.
    pub(crate) fn handle_midnight(&mut self) {
        self.in_flight.values_mut().for_each(|unspoken| unspoken.listed = false);
    }

    /// A cancel is on its way.
    pub(crate) fn cancelling(&mut self, id: OrderId, entry: Option<EntryId>) {
        if self.cancelling.len() < MAX_IN_FLIGHT || self.cancelling.contains_key(&id) {
            self.cancelling.entry(id).or_default().extend(entry);
        }
    }

    /// A cancel of all orders is on its way.
    pub(crate) fn cancelling_all(&mut self, entry: Option<EntryId>) {
        self.cancelling_all.get_or_insert_default().extend(entry);
    }

    /// Something is on its way that no order id could be read from.
    pub(crate) fn opaque(&mut self, entry: Option<EntryId>) {
        if self.opaque.len() < MAX_IN_FLIGHT {
            self.opaque.extend(entry);
        }
    }

    /// The Gateway has spoken of this order; what was written of it is closed by that.
    pub(crate) fn acknowledged(&mut self, id: OrderId) -> Vec<EntryId> {
        self.in_flight.remove(&id).map(|unspoken| unspoken.entries).unwrap_or_default()
    }

    /// The Gateway has it as an open order, of that size where it says so.
    pub(crate) fn working(&mut self, id: OrderId, total: Option<Decimal>) {
        if id.get() > 0 && (self.working.len() < MAX_IN_FLIGHT || self.working.contains_key(&id)) {
            let known = self.working.entry(id).or_default();
            *known = total.or(*known);
        }
    }

    /// It is over.
    pub(crate) fn over(&mut self, id: OrderId) {
        self.working.remove(&id);
    }

    /// The Gateway has answered a cancel, or the order is over; what was written of it is closed by that.
    pub(crate) fn cancel_answered(&mut self, id: OrderId) -> Vec<EntryId> {
        let mut closed = self.cancelling.remove(&id).unwrap_or_default();
        closed.extend(self.cancelling_all.take().unwrap_or_default());
        closed
    }

    /// It was never sent: the Gateway went away first. What was written of it is closed by that.
    pub(crate) fn unsent(&mut self, id: OrderId) -> Vec<EntryId> {
        let mut closed = self.acknowledged(id);
        closed.extend(self.cancelling.remove(&id).unwrap_or_default());
        closed
    }

    /// What names no order was never sent. Which of them it was cannot be told, and one is like the other.
    pub(crate) fn unnamed_unsent(&mut self) -> Vec<EntryId> {
        let mut closed = std::mem::take(&mut self.opaque);
        closed.extend(self.cancelling_all.take().unwrap_or_default());
        closed
    }

    /// The Gateway calls this order by that number, by which completed orders are known.
    pub(crate) fn learn(&mut self, id: OrderId, perm_id: PermId) {
        if perm_id.get() > 0 {
            self.perm_ids.insert(id, perm_id);
            if self.perm_ids.len() > MAX_IN_FLIGHT {
                self.perm_ids.pop_first();
            }
        }
    }

    /// Whether the Gateway has it as an open order.
    pub(crate) fn is_working(&self, id: OrderId) -> bool {
        self.working.contains_key(&id)
    }

    /// Whether the Gateway has it, or may have it, as an order that is not over.
    pub(crate) fn stands(&self, id: OrderId) -> bool {
        self.working.contains_key(&id) || self.in_flight.contains_key(&id)
    }

    /// Whether an order of this client has the number.
    pub(crate) fn knows(&self, id: OrderId) -> bool {
        self.in_flight.contains_key(&id) || self.perm_ids.contains_key(&id)
    }

    /// The number that the Gateway calls this order by.
    pub(crate) fn perm_id(&self, id: OrderId) -> Option<PermId> {
        self.perm_ids.get(&id).copied()
    }

    /// How many orders the Gateway has not spoken about.
    pub(crate) fn unacknowledged(&self) -> usize {
        self.in_flight.len()
    }

    /// The Gateway is gone: what nobody knows the fate of, open orders included.
    pub(crate) fn lost(&mut self) -> Lost {
        let mut orders = std::mem::take(&mut self.in_flight);
        for (id, entries) in std::mem::take(&mut self.cancelling) {
            // A cancel of an order whose placing is in doubt is settled with it.
            let unspoken = orders.entry(id).or_insert_with(|| Unspoken::new(Sent::Cancelled));
            unspoken.entries.extend(entries);
        }
        for (id, total) in std::mem::take(&mut self.working) {
            orders.entry(id).or_insert_with(|| Unspoken::new(Sent::Working { total }));
        }
        Lost { orders, cancel_all: self.cancelling_all.take(), opaque: std::mem::take(&mut self.opaque) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: i32) -> OrderId {
        OrderId::new(number)
    }

    #[test]
    fn no_id_is_handed_out_before_it_is_durable_that_it_is_used() {
        let mut orders = Orders::new(id(1));
        assert!(!orders.may_hand_out() && orders.wanted_mark().is_none(), "the journal has not said its mark");
        orders.marked(id(41));
        assert_eq!(orders.next(), id(42));
        assert!(!orders.may_hand_out());
        assert_eq!(orders.wanted_mark(), Some(id(42 + IDS_AHEAD)));
        assert_eq!(orders.wanted_mark(), None, "it is asked for once");
        orders.marked(id(42 + IDS_AHEAD));
        assert!(orders.may_hand_out());
        // The next daemon begins above everything that may have been used.
        let mut later = Orders::new(id(1));
        later.marked(id(42 + IDS_AHEAD));
        assert!(later.next() > id(42 + IDS_AHEAD));
    }

    #[test]
    fn the_next_id_never_falls_whatever_the_gateway_says() {
        let mut orders = Orders::new(id(1));
        orders.placed(id(38_102), Sent::Cancelled, None);
        orders.raise(id(38_099));
        assert_eq!(orders.next(), id(38_103));
        orders.seen(id(i32::MAX));
        assert_eq!(orders.next(), id(38_103), "there is no id above the last one");
    }

    #[test]
    fn more_ids_are_made_durable_before_they_run_out() {
        let mut orders = Orders::new(id(1));
        orders.marked(id(0));
        let mark = orders.wanted_mark().unwrap();
        orders.marked(mark);
        let mut marks = 0;
        for number in 1..10 * IDS_AHEAD {
            orders.placed(id(number), Sent::Cancelled, None);
            if let Some(mark) = orders.wanted_mark() {
                assert!(mark > id(number));
                orders.marked(mark);
                marks += 1;
            }
            assert!(orders.may_hand_out(), "{number}");
            orders.acknowledged(id(number));
        }
        assert!((18..=22).contains(&marks), "{marks}");
    }

    #[test]
    fn only_what_the_gateway_has_not_spoken_of_is_in_doubt() {
        let mut orders = Orders::new(id(1));
        for number in 1..=3 {
            let sent = Sent::Placed { order_ref: String::new(), total: None };
            orders.placed(id(number), sent, Some(EntryId(number.into())));
        }
        assert_eq!(orders.acknowledged(id(2)), [EntryId(2)]);
        orders.cancelling(id(2), Some(EntryId(4)));
        orders.cancelling(id(3), Some(EntryId(5)));
        assert_eq!(orders.unsent(id(1)), [EntryId(1)]);
        let lost = orders.lost();
        assert_eq!(lost.orders.keys().map(|id| id.get()).collect::<Vec<_>>(), [2, 3]);
        assert_eq!(lost.orders[&id(2)], Unspoken { sent: Sent::Cancelled, entries: vec![EntryId(4)], listed: true });
        assert!(matches!(lost.orders[&id(3)].sent, Sent::Placed { .. }) && lost.cancel_all.is_none());
        assert_eq!(lost.orders[&id(3)].entries, [EntryId(3), EntryId(5)], "both are settled together");
    }
}
