//! Orders that depend on each other: one-cancels-all groups, parents and their children.

use gatewright_proto::ClientId;
use rust_decimal::Decimal;

use super::book::{LiveOrder, OrderKey, Phase};
use super::world::World;

/// The group type that cancels the others at the first fill; the other two shrink them.
const CANCELS: i32 = 1;

impl World {
    /// A fill of `quantity`, of `before` that were left, cancels or shrinks the others of the order's group.
    pub(super) fn shrink_group(&mut self, filled: &LiveOrder, quantity: Decimal, before: Decimal) {
        let group = &filled.order.oca_group;
        if group.is_empty() {
            return;
        }
        let others: Vec<OrderKey> = self
            .book
            .open()
            .filter(|order| order.order.oca_group == *group && order.order.account == filled.order.account)
            .filter(|order| order.key != filled.key)
            .map(|order| order.key)
            .collect();
        for key in others {
            let Some(other) = self.book.get_mut(key) else { continue };
            let left = other.remaining();
            let shrunk = if filled.order.oca_type == CANCELS { left } else { part(left, quantity, before) };
            if shrunk >= left {
                self.cancel(key, "OCA group order was filled");
                continue;
            }
            if !shrunk.is_zero() {
                other.order.total_quantity -= shrunk;
                self.report_key(key);
            }
        }
    }

    /// Sends the children of a filled parent on.
    pub(super) fn activate_children(&mut self, parent: OrderKey) {
        for child in self.children(parent) {
            if self.book.get(child).is_some_and(|child| child.phase == Phase::Waiting) {
                self.activate(child);
            }
        }
    }

    /// Ends the children of a parent that has ended; those of one that has filled in part go on, for that part.
    pub(super) fn end_children(&mut self, parent: &LiveOrder) {
        for child in self.children(parent.key) {
            let Some(order) = self.book.get_mut(child) else { continue };
            if parent.filled.is_zero() || order.phase != Phase::Waiting {
                self.cancel(child, "Parent order was cancelled");
                continue;
            }
            order.order.total_quantity = order.order.total_quantity.min(parent.filled);
            self.activate(child);
        }
    }

    /// The orders that have this one as their parent.
    pub(super) fn children(&self, (client, parent): OrderKey) -> Vec<OrderKey> {
        let is_child = |order: &&LiveOrder| -> bool {
            let its_client: ClientId = order.key.0;
            its_client == client && order.order.parent_id == parent && order.key.1 != parent
        };
        self.book.open().filter(is_child).map(|order| order.key).collect()
    }

    /// The family of a child that are held: its parent and its sisters, and itself.
    pub(super) fn held_family(&self, key: OrderKey) -> Vec<OrderKey> {
        let Some(parent) = self.book.get(key).map(|order| order.order.parent_id) else { return Vec::new() };
        let belongs = |it: &&LiveOrder| {
            it.key.0 == key.0 && it.phase == Phase::Held && (it.key.1 == parent || it.order.parent_id == parent)
        };
        let mut family: Vec<OrderKey> = self.book.open().filter(belongs).map(|order| order.key).collect();
        // The parent comes first, so that its children find it at work.
        family.sort_unstable_by_key(|it| (it.1 != parent, *it));
        family
    }
}

/// The part of `left` that corresponds to `quantity` of `before`, in whole units, rounded up: a group never trades more
/// than its largest order.
fn part(left: Decimal, quantity: Decimal, before: Decimal) -> Decimal {
    (left * quantity).checked_div(before).map_or(left, |part| part.ceil()).min(left)
}
