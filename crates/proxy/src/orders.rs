//! The orders of one client id: which id it may use next, and which orders the Gateway has not spoken about yet.

use std::collections::{BTreeMap, BTreeSet};

use gatewright_proto::{OrderId, PermId};
use rust_decimal::Decimal;

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

/// The ids and the unacknowledged orders of one client id.
#[derive(Debug)]
pub(crate) struct Orders {
    /// What is handed out next: above everything that was handed out, used or seen.
    next: OrderId,
    /// Up to here it is durable that ids are used; `None` until the journal has answered.
    reserved: Option<OrderId>,
    asked_for: Option<OrderId>,
    in_flight: BTreeMap<OrderId, Sent>,
    cancelling: BTreeSet<OrderId>,
    /// globalCancel was sent and nothing has been heard since.
    cancelling_all: bool,
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
            cancelling: BTreeSet::new(),
            cancelling_all: false,
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
    pub(crate) fn placed(&mut self, id: OrderId, sent: Sent) {
        self.seen(id);
        if self.in_flight.len() < MAX_IN_FLIGHT {
            self.in_flight.insert(id, sent);
        }
    }

    /// A cancel is on its way.
    pub(crate) fn cancelling(&mut self, id: OrderId) {
        if self.cancelling.len() < MAX_IN_FLIGHT {
            self.cancelling.insert(id);
        }
    }

    /// A cancel of all orders is on its way.
    pub(crate) fn cancelling_all(&mut self) {
        self.cancelling_all = true;
    }

    /// The Gateway has spoken of this order.
    pub(crate) fn acknowledged(&mut self, id: OrderId) {
        self.in_flight.remove(&id);
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

    /// The Gateway has answered a cancel, or the order is over.
    pub(crate) fn cancel_answered(&mut self, id: OrderId) {
        self.cancelling.remove(&id);
        self.cancelling_all = false;
    }

    /// It was never sent: the Gateway went away first.
    pub(crate) fn unsent(&mut self, id: OrderId) {
        self.in_flight.remove(&id);
        self.cancelling.remove(&id);
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

    /// The Gateway is gone: what nobody knows the fate of, open orders included. The second says whether a cancel of all is among it.
    pub(crate) fn lost(&mut self) -> (BTreeMap<OrderId, Sent>, bool) {
        let mut doubtful = std::mem::take(&mut self.in_flight);
        for id in std::mem::take(&mut self.cancelling) {
            // A cancel of an order whose placing is in doubt is settled with it.
            doubtful.entry(id).or_insert(Sent::Cancelled);
        }
        for (id, total) in std::mem::take(&mut self.working) {
            doubtful.entry(id).or_insert(Sent::Working { total });
        }
        (doubtful, std::mem::take(&mut self.cancelling_all))
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
        orders.placed(id(38_102), Sent::Cancelled);
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
            orders.placed(id(number), Sent::Cancelled);
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
            orders.placed(id(number), Sent::Placed { order_ref: String::new(), total: None });
        }
        orders.acknowledged(id(2));
        orders.cancelling(id(2));
        orders.cancelling(id(3));
        orders.unsent(id(1));
        let (doubtful, all) = orders.lost();
        assert_eq!(doubtful.keys().map(|id| id.get()).collect::<Vec<_>>(), [2, 3]);
        assert_eq!(doubtful[&id(2)], Sent::Cancelled);
        assert!(matches!(doubtful[&id(3)], Sent::Placed { .. }) && !all);
    }
}
