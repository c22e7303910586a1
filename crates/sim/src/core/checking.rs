//! Whether an order can be taken, and what its client is warned of.

use std::sync::Arc;

use gatewright_proto::message::contract::Contract;
use gatewright_proto::message::order::Order;
use gatewright_proto::{ConId, OrderId};
use rust_decimal::Decimal;

use super::bar_request::Refused;
use super::book::{LiveOrder, MAX_WORKING, OrderKey, Phase};
use super::charges::commission;
use super::filling::signed;
use super::order_type::{OrderType, Peg};
use super::valuation::Valuation;
use super::waiting::trades_round_the_clock;
use super::world::World;
use crate::catalogue::{Instrument, Kind};

/// How many orders may be active on one side of one contract in one account (IBKR's documented limit).
const MAX_ACTIVE: usize = 20;

/// Where orders that are pegged to the middle of the quote rest (IBKR documentation).
const PEGGING_VENUE: &str = "IBKRATS";

const NO_FUNDS: &str = "Order rejected - reason:We are unable to accept your order. Your Available Funds are not \
sufficient to cover the Initial Margin requirement of this order.";

const TOO_MANY: &str = "Order rejected - reason:You already have the maximum of 20 active orders on this side of this \
contract.";

const BAD_TIME: &str = "The date, time, or time-zone entered is invalid. The correct format is yyyymmdd hh:mm:ss xx/xxxx \
where yyyymmdd and xx/xxxx are optional.";

/// What was found out about an order that makes sense.
#[derive(Debug, Clone)]
pub(super) struct Checked {
    pub(super) instrument: Arc<Instrument>,
    pub(super) account: String,
    pub(super) kind: OrderType,
    /// How many, also where the order says how much money.
    pub(super) quantity: Decimal,
}

impl World {
    /// Whether an order can be taken at all, and for which instrument and account.
    pub(super) fn check(&self, contract: &Contract, order: &Order) -> Result<Checked, Refused> {
        if contract.exchange.is_empty() {
            return invalid("Missing order exchange");
        }
        let Some(instrument) = self.catalogue.one(contract) else {
            return Err((200, "No security definition has been found for the request".into()));
        };
        if !instrument.tradable() {
            return Err((460, "No trading permission. The simulated account trades dollars only.".into()));
        }
        let quantity = self.quantity(instrument, order)?;
        let kind = check_type(instrument, &contract.exchange, order)?;
        self.check_times(instrument, kind, order)?;
        self.check_conditions(order)?;
        let account = self.account_named(&order.account)?;
        Ok(Checked { instrument: Arc::clone(instrument), account, kind, quantity })
    }

    /// The account that an order or an instruction names; where there is only one, it need not be named.
    pub(super) fn account_named(&self, account: &str) -> Result<String, Refused> {
        match (account, self.config.accounts.as_slice()) {
            ("", [only]) => Ok(only.clone()),
            ("", _) => Err((435, "You must specify an account.".into())),
            (account, _) if self.ledgers.contains_key(account) => Ok(account.to_owned()),
            (account, _) => invalid(&format!("Invalid account code '{account}'")),
        }
    }

    /// How many an order is for. Amounts of money stand for what they buy at the moment, in whole units; only orders for
    /// currencies may give them.
    fn quantity(&self, instrument: &Instrument, order: &Order) -> Result<Decimal, Refused> {
        let quantity = match order.cash_qty.filter(|cash| !cash.is_zero()) {
            Some(_) if instrument.kind != Kind::Cash => {
                return Err((10244, "Cash Quantity cannot be used for this order.".into()));
            }
            Some(cash) => {
                let limit = order.lmt_price.filter(|limit| *limit > Decimal::ZERO);
                let price = limit.or_else(|| self.last_price(instrument.con_id));
                price.and_then(|price| cash.checked_div(price)).unwrap_or_default().floor()
            }
            None => order.total_quantity,
        };
        if quantity <= Decimal::ZERO {
            return Err((434, "The order size cannot be zero.".into()));
        }
        if !quantity.fract().is_zero() {
            return Err((10243, "Fractional-sized order cannot be placed via API. Please use desktop version.".into()));
        }
        Ok(quantity)
    }

    fn check_times(&self, instrument: &Instrument, kind: OrderType, order: &Order) -> Result<(), Refused> {
        if !matches!(order.tif.as_str(), "" | "DAY" | "GTC" | "IOC" | "FOK" | "GTD" | "OPG" | "DTC") {
            return invalid("Invalid time in force");
        }
        let read = |text: &str| self.new_york.parse(text);
        if !order.good_after_time.is_empty() && read(&order.good_after_time).is_none() {
            return Err((391, BAD_TIME.into()));
        }
        if order.tif == "GTD" && read(&order.good_till_date).is_none_or(|second| second <= self.now.second()) {
            return Err((391, BAD_TIME.into()));
        }
        if kind.is_on_close() && self.session_end(instrument, self.now).is_none() {
            return Err((387, "Unsupported order type for this exchange and security type.".into()));
        }
        Ok(())
    }

    /// Whether a new order may have its number.
    pub(super) fn check_number(&self, key: OrderKey) -> Result<(), Refused> {
        if self.book.ended(key).is_some_and(|ended| ended.phase == Phase::Filled) {
            return Err((104, "Cannot modify a filled order.".into()));
        }
        if key.1 <= OrderId::new(0) {
            return Err((135, format!("Can't find order with id ={}", key.1)));
        }
        if self.book.is_used(key) {
            return Err((103, "Duplicate order id".into()));
        }
        Ok(())
    }

    /// Whether the parent of an order, if it names one, can have children.
    pub(super) fn check_parent(&self, (client, _): OrderKey, order: &Order) -> Result<(), Refused> {
        let parent = (client, order.parent_id);
        if order.parent_id == OrderId::new(0) || self.book.get(parent).is_some() {
            return Ok(());
        }
        match self.book.ended(parent).map(|parent| parent.phase) {
            Some(Phase::Filled) => Ok(()),
            Some(_) => Err((201, "Order rejected - reason:Parent order is cancelled.".into())),
            None => Err((10006, "Missing parent order".into())),
        }
    }

    /// Whether there is room for a new order: in the account, and among the orders that are active.
    pub(super) fn check_room(&self, checked: &Checked, order: &Order) -> Result<(), Refused> {
        if self.book.open_count() >= MAX_WORKING {
            return Err((201, "Order rejected - reason:Too many orders are working.".into()));
        }
        // A child becomes active by its parent, of which there is room for one.
        if order.parent_id != OrderId::new(0) {
            return Ok(());
        }
        let rivals = |it: &&LiveOrder| {
            it.is_active()
                && it.con_id == checked.instrument.con_id
                && it.order.account == checked.account
                && it.order.action.is_sell() == order.action.is_sell()
        };
        if self.book.open().filter(rivals).count() >= MAX_ACTIVE {
            return Err((201, TOO_MANY.into()));
        }
        self.check_funds(checked, order, checked.quantity)
    }

    /// Whether the account can carry what a fill of `quantity` would open. What reduces risk always can.
    pub(super) fn check_funds(&self, checked: &Checked, order: &Order, quantity: Decimal) -> Result<(), Refused> {
        let affordable = self.after(checked, order, quantity).is_none_or(|(before, after)| {
            after.initial_margin() <= before.initial_margin() || after.available() >= Decimal::ZERO
        });
        if affordable { Ok(()) } else { Err((201, NO_FUNDS.into())) }
    }

    /// The account before and after a fill at the order's limit, or at the market.
    pub(super) fn after(&self, checked: &Checked, order: &Order, quantity: Decimal) -> Option<(Valuation, Valuation)> {
        let instrument = &checked.instrument;
        let before = self.valuation(&checked.account)?;
        let limit = order.lmt_price.filter(|price| checked.kind.has_limit() && !price.is_zero());
        let price = match limit {
            Some(limit) => limit,
            None => self.last_price(instrument.con_id)?,
        };
        let held = self.held(&checked.account, instrument.con_id);
        let fee = commission(instrument, quantity, quantity * price);
        let after = before.with(instrument, held, held + signed(order.action, quantity), price, fee);
        Some((before, after))
    }

    /// What an account holds of an instrument.
    fn held(&self, account: &str, con_id: ConId) -> Decimal {
        self.ledgers.get(account).map(|ledger| ledger.holding(con_id).quantity).unwrap_or_default()
    }

    /// What an order's client is warned of, although the order lives.
    pub(super) fn warnings(&self, checked: &Checked, order: &Order) -> Vec<Refused> {
        let mut warnings = Vec::new();
        let ignored =
            checked.kind.ignores_outside_hours() || order.tif == "OPG" || trades_round_the_clock(&checked.instrument);
        if order.outside_rth && ignored {
            let text = "Order Event Warning: Attribute 'Outside Regular Trading Hours' is ignored based on the order \
                        type and destination. PlaceOrder is now being processed.";
            warnings.push((2109, text.into()));
        }
        let held = self.held(&checked.account, checked.instrument.con_id);
        let closes = !held.is_zero() && held.is_sign_positive() == order.action.is_sell();
        if closes && order.parent_id == OrderId::new(0) && checked.quantity > held.abs() {
            warnings.push((2137, "The closing order quantity is greater than your current position.".into()));
        }
        if self.config.tif_preset && order.tif.is_empty() {
            warnings.push((10349, "Order TIF was set to DAY based on order preset.".into()));
        }
        warnings
    }
}

fn invalid<T>(cause: &str) -> Result<T, Refused> {
    Err((321, format!("Error validating request.-'bO' : cause - {cause}")))
}

/// Whether an order says what its price follows, and how.
fn check_what_it_follows(kind: OrderType, order: &Order) -> Result<(), Refused> {
    let positive = |value: Option<Decimal>| value.is_some_and(|value| value > Decimal::ZERO);
    match kind.peg() {
        Some(Peg::Volatility) if !positive(order.volatility) => invalid("The volatility is missing or not positive"),
        Some(Peg::Volatility) if !matches!(order.delta_neutral_order_type.as_str(), "" | "None") => {
            invalid("The simulator trades no orders that hedge a volatility order")
        }
        Some(Peg::Stock) if order.delta.is_none_or(|delta| delta.is_zero()) => invalid("The delta is missing"),
        Some(Peg::Benchmark) if order.reference_contract_id.get() == 0 => invalid("The reference contract is missing"),
        Some(Peg::Benchmark) if !positive(Some(order.reference_change_amount)) => {
            invalid("The reference change amount is not positive")
        }
        Some(Peg::Primary | Peg::Market | Peg::Middle | Peg::Best | Peg::Volatility | Peg::Stock | Peg::Benchmark)
        | None => Ok(()),
    }
}

fn check_type(instrument: &Instrument, exchange: &str, order: &Order) -> Result<OrderType, Refused> {
    let unsupported = || (387, "Unsupported order type for this exchange and security type.".to_owned());
    let kind = OrderType::of(&order.order_type).ok_or_else(unsupported)?;
    if kind == OrderType::Relative && !matches!(instrument.kind, Kind::Stock | Kind::Fund) {
        return Err((114, "Relative orders are valid for stocks only.".into()));
    }
    // What is pegged to the middle rests at IBKR's own venue, and nothing that is pegged is an auction's or a currency's.
    let venue = !kind.rests_at_ibkr() || exchange == PEGGING_VENUE;
    if kind.peg().is_some() && (!venue || instrument.kind == Kind::Cash || order.tif == "OPG") {
        return Err(unsupported());
    }
    if kind.is_for_options() && instrument.kind != Kind::Option {
        return Err(unsupported());
    }
    let given = |price: Option<Decimal>| price.filter(|price| !price.is_zero());
    check_what_it_follows(kind, order)?;
    for (needed, price) in [(kind.needs_limit(), order.lmt_price), (kind.needs_trigger(), order.aux_price)] {
        if needed && given(price).is_none_or(|price| price <= Decimal::ZERO) {
            return invalid("The price is missing or not positive");
        }
    }
    if kind.trails() {
        let amount = given(order.aux_price);
        let percent = given(order.trailing_percent);
        if amount.or(percent).is_none_or(|distance| distance <= Decimal::ZERO) || amount.and(percent).is_some() {
            return invalid("A trailing order needs either a trailing amount or a trailing percent");
        }
        let stop_and_limit = given(order.trail_stop_price).and(given(order.lmt_price));
        if kind.has_limit() && stop_and_limit.or(order.lmt_price_offset).is_none() {
            return invalid("A trailing limit order needs a limit price and a stop price, or a limit offset");
        }
    }
    let limit = order.lmt_price.filter(|_| kind.has_limit());
    let other = order.aux_price.filter(|_| kind.has_trigger());
    let stop = order.trail_stop_price.filter(|_| kind.trails());
    if [limit, other, stop].into_iter().flatten().any(|price| instrument.on_grid(price).is_none()) {
        return Err((110, "The price does not conform to the minimum price variation for this contract.".into()));
    }
    Ok(kind)
}
