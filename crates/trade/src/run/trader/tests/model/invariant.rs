//! What must hold. Each is a function of plain facts, so that each can be shown to be able to fail.

use std::collections::BTreeSet;

use gatewright_proto::OrderId;

/// What is known after a step.
#[derive(Debug, Clone, Default)]
pub(in super::super) struct Facts {
    /// The orderRef and order id of each intent in the journal.
    pub(in super::super) durable: Vec<(String, OrderId)>,
    /// Every orderRef that was handed over to be sent.
    pub(in super::super) handed_over: Vec<String>,
    /// Every orderRef that arrived, as often as it did.
    pub(in super::super) arrived: Vec<String>,
    /// How many orders are open at the Gateway or on their way to it.
    pub(in super::super) alive: usize,
}

/// What is known when an order is handed over to be sent.
#[derive(Debug, Clone, Default)]
pub(in super::super) struct Sending {
    pub(in super::super) halted: bool,
    pub(in super::super) disconnected: bool,
    pub(in super::super) cut_off: bool,
    pub(in super::super) in_doubt: usize,
    pub(in super::super) alive: usize,
}

impl Facts {
    /// The first invariant that does not hold.
    pub(in super::super) fn broken(&self) -> Option<&'static str> {
        let durable: BTreeSet<&str> = self.durable.iter().map(|(order_ref, _)| order_ref.as_str()).collect();
        let ids: BTreeSet<OrderId> = self.durable.iter().map(|(_, id)| *id).collect();
        let is_durable = |order_ref: &String| durable.contains(order_ref.as_str());
        if !self.handed_over.iter().all(is_durable) {
            return Some("handed over before it was durable");
        }
        if !self.arrived.iter().all(|arrived| self.handed_over.contains(arrived)) {
            return Some("arrived without having been handed over");
        }
        if has_repeated(&self.handed_over) || has_repeated(&self.arrived) {
            return Some("sent twice");
        }
        if ids.len() != self.durable.len() {
            return Some("an order id was used twice");
        }
        (self.alive > 1).then_some("more than one order lives in an instrument")
    }
}

impl Sending {
    /// The first gate that should have refused.
    pub(in super::super) fn broken(&self) -> Option<&'static str> {
        match self {
            Self { halted: true, .. } => Some("sent while halted"),
            Self { disconnected: true, .. } => Some("sent without a session"),
            Self { cut_off: true, .. } => Some("sent while the Gateway has lost IBKR"),
            Self { in_doubt: 1.., .. } => Some("sent while an order is in doubt"),
            Self { alive: 1.., .. } => Some("sent while another order lives"),
            Self { .. } => None,
        }
    }
}

fn has_repeated(list: &[String]) -> bool {
    list.iter().collect::<BTreeSet<_>>().len() != list.len()
}

#[test]
fn every_invariant_can_fail() {
    let text = |text: &str| text.to_owned();
    let (a, b) = (text("a"), text("b"));
    let sound = Facts {
        durable: vec![(a.clone(), OrderId::new(1)), (b.clone(), OrderId::new(2))],
        handed_over: vec![a.clone(), b.clone()],
        arrived: vec![b.clone()],
        alive: 1,
    };
    assert_eq!(sound.broken(), None);
    let broken = |change: &dyn Fn(&mut Facts)| {
        let mut facts = sound.clone();
        change(&mut facts);
        facts.broken()
    };
    assert_eq!(broken(&|facts| drop(facts.durable.pop())), Some("handed over before it was durable"));
    assert_eq!(broken(&|facts| drop(facts.handed_over.pop())), Some("arrived without having been handed over"));
    assert_eq!(broken(&|facts| facts.handed_over.push(a.clone())), Some("sent twice"));
    assert_eq!(broken(&|facts| facts.arrived.push(b.clone())), Some("sent twice"));
    assert_eq!(broken(&|facts| facts.durable[1].1 = OrderId::new(1)), Some("an order id was used twice"));
    assert_eq!(broken(&|facts| facts.alive = 2), Some("more than one order lives in an instrument"));

    let gates = [
        (Sending { halted: true, ..Sending::default() }, "sent while halted"),
        (Sending { disconnected: true, ..Sending::default() }, "sent without a session"),
        (Sending { cut_off: true, ..Sending::default() }, "sent while the Gateway has lost IBKR"),
        (Sending { in_doubt: 1, ..Sending::default() }, "sent while an order is in doubt"),
        (Sending { alive: 1, ..Sending::default() }, "sent while another order lives"),
    ];
    assert_eq!(Sending::default().broken(), None);
    for (sending, expected) in gates {
        assert_eq!(sending.broken(), Some(expected));
    }
}
