//! Orders placed and modified.

use std::sync::Arc;
use std::time::Duration;

use gatewright_proto::message::contract::Contract;
use gatewright_proto::message::order::{Order, OrderState, PlaceOrder};
use gatewright_proto::{OrderId, RequestId};
use rand_chacha::rand_core::Rng;
use rust_decimal::Decimal;

use super::action::ConnId;
use super::agenda::Due;
use super::bar_request::Refused;
use super::book::{LiveOrder, MAX_WORKING, OrderKey, Phase};
use super::filling::{commission, signed};
use super::valuation::Valuation;
use super::world::World;
use crate::catalogue::Instrument;
use crate::fault::Fault;

/// How long an order takes to reach the market, at least, in simulated time.
const TO_MARKET: Duration = Duration::from_millis(20);

/// How much longer it may take, in milliseconds.
const TO_MARKET_SPREAD: u32 = 60;

/// What a Gateway in read-only mode says.
pub(super) const READ_ONLY: &str = "The API interface is currently in Read-Only mode.";

const NO_FUNDS: &str = "Order rejected - reason:We are unable to accept your order. Your Available Funds are not \
sufficient to cover the Initial Margin requirement of this order.";

impl World {
    /// Places an order, or modifies it where the client has one of that number working.
    pub(super) fn place(&mut self, id: ConnId, place: PlaceOrder) {
        let request = RequestId::new(place.order_id.get());
        if self.faults.has(Fault::ReadOnly) {
            return self.refuse_invalid(id, request, READ_ONLY);
        }
        let Some(client) = self.session_mut(id).map(|session| session.client) else { return };
        let key = (client, place.order_id);
        let next = place.order_id.next().unwrap_or(place.order_id).max(self.next_order_id(client));
        self.next_order_ids.insert(client, next);

        let checked = self.check(&place.contract, &place.order);
        let (instrument, account) = match checked {
            Ok(checked) => checked,
            Err((code, text)) => return self.refuse(id, request, code, &text),
        };
        if place.order.what_if {
            return self.preview(id, key, &instrument, &account, place);
        }
        if self.book.get(key).is_some() {
            return self.modify(id, key, &instrument, place);
        }
        if self.book.is_used(key) {
            return self.refuse(id, request, 103, "Duplicate order id");
        }
        if self.book.open_count() >= MAX_WORKING {
            return self.refuse(id, request, 201, "Order rejected - reason:Too many orders are working.");
        }
        self.accept(id, key, &instrument, &account, place);
    }

    fn accept(&mut self, id: ConnId, key: OrderKey, instrument: &Instrument, account: &str, place: PlaceOrder) {
        let affordable = self.affordable(instrument, account, &place.order);
        let transmit = place.order.transmit;
        let parent = place.order.parent_id;
        let order = self.completed_order(key, account, place.order);
        self.book.add(LiveOrder {
            key,
            con_id: instrument.con_id,
            contract: instrument.contract(&place.contract.exchange),
            order,
            phase: Phase::Held,
            since: self.now,
            triggered: false,
            rested: false,
            filled: Decimal::ZERO,
            turnover: Decimal::ZERO,
            last_fill_price: None,
            commission: None,
        });
        if !affordable {
            let ended = self.book.end(key, Phase::Rejected, self.now);
            if let Some(ended) = ended {
                self.report_open(&ended);
                self.report_status(&ended);
            }
            return self.refuse(id, RequestId::new(key.1.get()), 201, NO_FUNDS);
        }
        if !transmit {
            return self.report_key(key);
        }
        // The last child of a bracket transmits the whole family.
        let mut family: Vec<OrderKey> = vec![key];
        if parent != OrderId::new(0) {
            let belongs = |it: &&LiveOrder| {
                it.key.0 == key.0 && it.phase == Phase::Held && (it.key.1 == parent || it.order.parent_id == parent)
            };
            family = self.book.open().filter(belongs).map(|order| order.key).chain([key]).collect();
            family.sort_unstable();
            family.dedup();
        }
        for member in family {
            self.transmit(member);
        }
    }

    /// Sends an order on: to the market, or to wait for its parent.
    fn transmit(&mut self, key: OrderKey) {
        let Some(order) = self.book.get(key) else { return };
        let parent = (key.0, order.order.parent_id);
        let waits = self.book.get(parent).is_some();
        if waits {
            if let Some(order) = self.book.get_mut(key) {
                order.phase = Phase::Waiting;
            }
            return self.report_key(key);
        }
        self.activate(key);
    }

    /// Sends an order to the market.
    pub(super) fn activate(&mut self, key: OrderKey) {
        let delay = TO_MARKET + Duration::from_millis(u64::from(self.rng.next_u32() % TO_MARKET_SPREAD));
        let now = self.now;
        let Some(order) = self.book.get_mut(key) else { return };
        order.phase = Phase::Working;
        order.order.transmit = true;
        order.since = now;
        order.rested = false;
        self.report_key(key);
        self.agenda.add(now + delay, Due::Match(key.0, key.1));
    }

    fn modify(&mut self, id: ConnId, key: OrderKey, instrument: &Instrument, place: PlaceOrder) {
        let request = RequestId::new(key.1.get());
        let Some(order) = self.book.get(key) else { return };
        let same = order.con_id == instrument.con_id
            && order.order.action == place.order.action
            && order.order.order_type == normal_type(&place.order.order_type);
        if !same {
            return self.refuse(id, request, 105, "Order being modified does not match original order");
        }
        if place.order.total_quantity <= order.filled {
            return self.refuse(id, request, 104, "Cannot modify a filled order");
        }
        let account = order.order.account.clone();
        let (perm_id, phase) = (order.order.perm_id, order.phase);
        let transmit = place.order.transmit;
        let mut changed = self.completed_order(key, &account, place.order);
        changed.perm_id = perm_id;
        let Some(order) = self.book.get_mut(key) else { return };
        order.order = changed;
        match phase {
            Phase::Working => self.activate(key),
            Phase::Held if transmit => self.transmit(key),
            Phase::Held | Phase::Waiting | Phase::Filled | Phase::Cancelled | Phase::Rejected => self.report_key(key),
        }
    }

    /// The order as a Gateway repeats it: with its owner, its numbers, and the defaults spelt out.
    fn completed_order(&mut self, (client_id, _): OrderKey, account: &str, order: Order) -> Order {
        let perm_id = self.book.take_perm_id();
        let or = |text: String, default: &str| if text.is_empty() { default.to_owned() } else { text };
        Order {
            client_id,
            perm_id,
            account: account.to_owned(),
            order_type: normal_type(&order.order_type),
            tif: or(order.tif, "DAY"),
            // Prices that the type does not have are told as 0.0, and no hedge as "None".
            lmt_price: order.lmt_price.or(Some(Decimal::new(0, 1))),
            aux_price: order.aux_price.or(Some(Decimal::new(0, 1))),
            clearing_intent: or(order.clearing_intent, "IB"),
            delta_neutral_order_type: or(order.delta_neutral_order_type, "None"),
            delta_neutral_open_close: or(order.delta_neutral_open_close, "?"),
            ..order
        }
    }

    /// Whether an order can be taken at all, and for which instrument and account.
    fn check(&self, contract: &Contract, order: &Order) -> Result<(Arc<Instrument>, String), Refused> {
        let invalid = |cause: &str| Err((321, format!("Error validating request.-'bO' : cause - {cause}")));
        if contract.exchange.is_empty() {
            return invalid("Missing order exchange");
        }
        let Some(instrument) = self.catalogue.one(contract) else {
            return Err((200, "No security definition has been found for the request".into()));
        };
        if !instrument.tradable() {
            return Err((460, "No trading permission. The simulated account trades dollars only.".into()));
        }
        if order.total_quantity <= Decimal::ZERO {
            return Err((434, "The order size cannot be zero.".into()));
        }
        if !order.total_quantity.fract().is_zero() {
            return Err((10243, "Fractional-sized order cannot be placed via API. Please use desktop version.".into()));
        }
        check_type(instrument, order)?;
        if !order.conditions.is_empty() || !order.good_after_time.is_empty() || order.cash_qty.is_some() {
            return invalid("Conditions, goodAfterTime and cashQty are not supported by the simulator");
        }
        let account = match (order.account.as_str(), self.config.accounts.as_slice()) {
            ("", [only]) => only.clone(),
            ("", _) => return Err((435, "You must specify an account.".into())),
            (account, _) if self.ledgers.contains_key(account) => account.to_owned(),
            (account, _) => return invalid(&format!("Invalid account code '{account}'")),
        };
        Ok((Arc::clone(instrument), account))
    }

    /// Whether the account can carry what the order would open. What reduces risk always can.
    fn affordable(&self, instrument: &Instrument, account: &str, order: &Order) -> bool {
        self.after(instrument, account, order)
            .is_none_or(|(before, after)| after.gross <= before.gross || after.available() >= Decimal::ZERO)
    }

    /// The account before and after a fill of the whole order at its limit, or at the market.
    fn after(&self, instrument: &Instrument, account: &str, order: &Order) -> Option<(Valuation, Valuation)> {
        let before = self.valuation(account)?;
        let market = self.last_price(instrument.con_id)?;
        let price = order.lmt_price.filter(|price| !price.is_zero()).unwrap_or(market);
        let held = self.ledgers.get(account)?.holding(instrument.con_id).quantity;
        let quantity = signed(order.action, order.total_quantity);
        let fee = commission(instrument, order.total_quantity, price);
        let after = before.with(held * price, (held + quantity) * price, fee);
        Some((before, after))
    }

    /// Answers a what-if order: what it would cost, and nothing else.
    fn preview(&mut self, id: ConnId, key: OrderKey, instrument: &Instrument, account: &str, place: PlaceOrder) {
        let Some((before, after)) = self.after(instrument, account, &place.order) else { return };
        let price = self.last_price(instrument.con_id).unwrap_or_default();
        let fee = commission(instrument, place.order.total_quantity, price);
        let cents = |value: Decimal| Some(value.round_dp(2));
        let order_state = OrderState {
            status: "PreSubmitted".into(),
            init_margin_before: cents(before.initial_margin()),
            maint_margin_before: cents(before.maintenance_margin()),
            equity_with_loan_before: cents(before.net_liquidation()),
            init_margin_change: cents(after.initial_margin() - before.initial_margin()),
            maint_margin_change: cents(after.maintenance_margin() - before.maintenance_margin()),
            equity_with_loan_change: cents(after.net_liquidation() - before.net_liquidation()),
            init_margin_after: cents(after.initial_margin()),
            maint_margin_after: cents(after.maintenance_margin()),
            equity_with_loan_after: cents(after.net_liquidation()),
            commission: Some(fee),
            commission_currency: "USD".into(),
            ..OrderState::default()
        };
        let contract = instrument.contract(&place.contract.exchange);
        let order = self.completed_order(key, account, place.order);
        self.send_open_order(id, key.1, contract, order, order_state);
    }
}

/// The spelling of an order type that Gateways use.
fn normal_type(order_type: &str) -> String {
    match order_type.to_ascii_uppercase().as_str() {
        "MARKET" => "MKT".into(),
        "LIMIT" => "LMT".into(),
        "STPLMT" => "STP LMT".into(),
        other => other.to_owned(),
    }
}

fn check_type(instrument: &Instrument, order: &Order) -> Result<(), Refused> {
    let (limit, stop) = match normal_type(&order.order_type).as_str() {
        "MKT" => (false, false),
        "LMT" => (true, false),
        "STP" => (false, true),
        "STP LMT" => (true, true),
        _ => return Err((387, "Unsupported order type for this exchange and security type.".into())),
    };
    for (needed, price) in [(limit, order.lmt_price), (stop, order.aux_price)] {
        if !needed {
            continue;
        }
        let price = price.unwrap_or_default();
        if price <= Decimal::ZERO {
            return Err((321, "Error validating request.-'bO' : cause - The price is missing or not positive".into()));
        }
        if !instrument.on_grid(price) {
            return Err((110, "The price does not conform to the minimum price variation for this contract.".into()));
        }
    }
    match order.tif.as_str() {
        "" | "DAY" | "GTC" | "IOC" | "FOK" | "GTD" | "OPG" | "DTC" => Ok(()),
        _ => Err((321, "Error validating request.-'bO' : cause - Invalid time in force".into())),
    }
}
