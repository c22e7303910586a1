//! Orders placed and sent on to the market.

use std::time::Duration;

use gatewright_proto::message::order::{Order, PlaceOrder};
use gatewright_proto::{OrderId, PermId};
use rand_chacha::rand_core::Rng;
use rust_decimal::Decimal;

use super::action::ConnId;
use super::agenda::Due;
use super::book::{By, LiveOrder, OrderKey, Phase};
use super::checking::Checked;
use super::waiting::Goes;
use super::world::World;
use crate::fault::Fault;
use gatewright_proto::RequestId;

/// How long an order takes to reach the market, at least, in simulated time.
const TO_MARKET: Duration = Duration::from_millis(20);

/// How much longer it may take, in milliseconds.
const TO_MARKET_SPREAD: u32 = 60;

/// The group type that Gateways write where none was given: fills shrink the others.
const SHRINKS: i32 = 3;

/// What a Gateway in read-only mode says.
pub(super) const READ_ONLY: &str = "The API interface is currently in Read-Only mode.";

impl World {
    /// Places an order, or modifies it where the client has one of that number working.
    pub(super) fn place(&mut self, id: ConnId, place: PlaceOrder) {
        let request = RequestId::new(place.order_id.get());
        if self.faults.has(Fault::ReadOnly) {
            return self.refuse_invalid(id, request, READ_ONLY);
        }
        let Some(client) = self.session_mut(id).map(|session| session.client) else { return };
        let key = (client, place.order_id);
        self.use_number(id, place.order_id);
        let checked = match self.check(&place.contract, &place.order) {
            Ok(checked) => checked,
            Err((code, text)) => return self.refuse(id, request, code, &text),
        };
        if place.order.what_if {
            return self.preview(id, key, &checked, place);
        }
        if self.book.get(key).is_some_and(|order| order.by != By::Hand) {
            return self.modify(id, key, &checked, place);
        }
        if let Err((code, text)) = self.check_number(key).and_then(|()| self.check_parent(key, &place.order)) {
            return self.refuse(id, request, code, &text);
        }
        self.accept(key, By::Client, &checked, place);
    }

    /// Has the numbers that a client may use next begin behind one that it has used.
    pub(super) fn use_number(&mut self, id: ConnId, used: OrderId) {
        let Some(client) = self.session_mut(id).map(|session| session.client) else { return };
        let next = used.next().unwrap_or(used).max(self.next_order_id(client));
        self.next_order_ids.insert(client, next);
    }

    /// Takes an order that makes sense; the account may still be too small for it.
    pub(super) fn accept(&mut self, key: OrderKey, by: By, checked: &Checked, mut place: PlaceOrder) {
        place.order.total_quantity = checked.quantity;
        let instrument = &checked.instrument;
        let rejected = self.check_room(checked, &place.order).err();
        let warnings = self.warnings(checked, &place.order);
        let perm_id = self.book.take_perm_id();
        let order = self.completed_order(key, perm_id, checked, place.order);
        let queue = self.book.take_queue();
        let (transmit, parent) = (order.transmit, order.parent_id);
        let live = LiveOrder {
            key,
            con_id: instrument.con_id,
            contract: instrument.contract(&place.contract.exchange),
            order,
            kind: checked.kind,
            phase: Phase::Held,
            since: self.now,
            queue,
            wakes: None,
            expires: None,
            triggered: false,
            fixed: None,
            followed_from: None,
            rested: false,
            passive: false,
            conditions_met: false,
            born: self.book.next_execution(),
            by,
            filled: Decimal::ZERO,
            turnover: Decimal::ZERO,
            last_fill_price: None,
            commission: None,
        };
        self.book.add(live.clone());
        if let Some((code, text)) = rejected {
            let Some(ended) = self.book.end(key, Phase::Rejected, self.now) else { return };
            self.report_open(&ended);
            self.report_status(&ended);
            return self.tell_owner(&ended, code, &text);
        }
        for (code, text) in warnings {
            self.tell_owner(&live, code, &text);
        }
        if !transmit {
            return self.report_key(key);
        }
        // The last child of a bracket transmits the whole family.
        let family = if parent == OrderId::new(0) { vec![key] } else { self.held_family(key) };
        for member in family {
            self.transmit(member);
        }
    }

    /// Sends an order on: to the market, or to wait for its parent.
    pub(super) fn transmit(&mut self, key: OrderKey) {
        let Some(order) = self.book.get(key) else { return };
        let parent = (key.0, order.order.parent_id);
        let Some(parent_perm_id) = self.book.get(parent).map(|parent| parent.order.perm_id) else {
            return self.activate(key);
        };
        let Some(order) = self.book.get_mut(key) else { return };
        order.phase = Phase::Waiting;
        order.order.transmit = true;
        // Exits of one parent cancel each other even where their client has not said so.
        if order.order.oca_group.is_empty() {
            order.order.oca_group = parent_perm_id.to_string();
        }
        self.report_key(key);
    }

    /// Sends an order to the market, now or when it is time.
    pub(super) fn activate(&mut self, key: OrderKey) {
        if self.awaits_conditions(key) {
            return self.hold_for_conditions(key);
        }
        let delay = TO_MARKET + Duration::from_millis(u64::from(self.rng.next_u32() % TO_MARKET_SPREAD));
        let queue = self.book.take_queue();
        let now = self.now;
        let Some(goes) = self.book.get(key).map(|order| self.goes(order)) else { return };
        let (phase, wakes) = match goes {
            Goes::Now => (Phase::Working, None),
            Goes::Later(at) | Goes::AtOpen(at) => (Phase::Asleep, Some(at)),
            Goes::Never => (Phase::Asleep, None),
        };
        let Some(order) = self.book.get_mut(key) else { return };
        order.phase = phase;
        order.wakes = wakes;
        order.order.transmit = true;
        order.since = now;
        order.queue = queue;
        order.rested = false;
        order.passive = false;
        order.fixed = None;
        order.followed_from = None;
        let live = order.clone();
        if phase == Phase::Working {
            self.trail(key);
        }
        self.set_expiry(key);
        self.report_key(key);
        match goes {
            Goes::Now => self.agenda.add(now + delay, Due::Match(key.0, key.1)),
            Goes::Later(at) => self.agenda.add(at, Due::Match(key.0, key.1)),
            Goes::AtOpen(at) => {
                self.agenda.add(at, Due::Match(key.0, key.1));
                let text = self.held_text(&live, at.second());
                self.tell_owner(&live, 399, &text);
            }
            Goes::Never => {}
        }
    }

    /// Keeps an order back until its conditions hold.
    fn hold_for_conditions(&mut self, key: OrderKey) {
        if let Some(order) = self.book.get_mut(key) {
            order.phase = Phase::Conditional;
            order.order.transmit = true;
        }
        self.set_expiry(key);
        self.report_key(key);
    }

    fn held_text(&self, live: &LiveOrder, second: i64) -> String {
        let order = &live.order;
        let (quantity, symbol) = (order.total_quantity.normalize(), &live.contract.symbol);
        let market = format!("{}.{}", live.contract.primary_exchange, live.contract.trading_class);
        let time = self.new_york.text(second);
        format!(
            "Order Message:\n{} {quantity} {symbol} {market}\nWarning: Your order will not be placed at the exchange until {time}.",
            order.action
        )
    }

    /// The order as a Gateway repeats it: with its owner, its numbers, and the defaults spelt out.
    pub(super) fn completed_order(&self, key: OrderKey, perm_id: PermId, checked: &Checked, order: Order) -> Order {
        let or = |text: String, default: &str| if text.is_empty() { default.to_owned() } else { text };
        let tidy = |price: Option<Decimal>| price.map(|price| checked.instrument.on_grid(price).unwrap_or(price));
        let order = Order {
            lmt_price: tidy(order.lmt_price),
            aux_price: tidy(order.aux_price),
            trail_stop_price: tidy(order.trail_stop_price),
            ..order
        };
        let limit = order.lmt_price.filter(|price| !price.is_zero());
        let distance = limit.zip(order.trail_stop_price).map(|(limit, stop)| (stop - limit).abs());
        let offset = if checked.kind.trails() { order.lmt_price_offset.or(distance) } else { order.lmt_price_offset };
        Order {
            client_id: key.0,
            perm_id,
            account: checked.account.clone(),
            order_type: checked.kind.word().into(),
            tif: or(order.tif, "DAY"),
            oca_type: if order.oca_type == 0 { SHRINKS } else { order.oca_type },
            // Prices that the type does not have are told as 0.0, and no hedge as "None".
            lmt_price: order.lmt_price.or(Some(Decimal::new(0, 1))),
            aux_price: order.aux_price.or(Some(Decimal::new(0, 1))),
            lmt_price_offset: offset,
            clearing_intent: or(order.clearing_intent, "IB"),
            delta_neutral_order_type: or(order.delta_neutral_order_type, "None"),
            delta_neutral_open_close: or(order.delta_neutral_open_close, "?"),
            ..order
        }
    }
}
