//! Orders whose price follows something: the quote, its middle, the model, a stock, another instrument.

use gatewright_proto::ConId;
use rust_decimal::Decimal;
use rust_decimal::prelude::{FromPrimitive, ToPrimitive};

use super::book::LiveOrder;
use super::order_type::Peg;
use super::verdict::{Verdict, within};
use super::world::World;
use crate::catalogue::{Instrument, Right};
use crate::market::{Quote, Terms};

/// Why an order ends whose stock or benchmark has gone too far.
pub(super) const OUT_OF_RANGE: &str = "The price that the order follows has left its range";

/// Trading days of a year, over which a daily volatility becomes a yearly one (by the root of the time).
const TRADING_DAYS: f64 = 252.0;

/// What an order follows where that is not its own quote.
#[derive(Debug, Clone, Copy)]
pub(super) struct Other {
    bid: Decimal,
    ask: Decimal,
    /// An option's own terms, where the model prices it, and the second.
    model: Option<(Terms, i64)>,
}

impl Other {
    fn middle(&self) -> Decimal {
        (self.bid + self.ask) / Decimal::TWO
    }
}

impl World {
    /// What an order follows in a second, where that is not its own quote.
    pub(super) fn other(&self, order: &LiveOrder, second: i64) -> Option<Other> {
        let own = self.catalogue.get(order.con_id)?;
        let followed: ConId = match order.kind.peg()? {
            Peg::Volatility | Peg::Stock => own.terms.as_ref()?.under,
            Peg::Benchmark => order.order.reference_contract_id,
            Peg::Primary | Peg::Market | Peg::Middle | Peg::Best => return None,
        };
        let (instrument, path) = (self.catalogue.get(followed)?, self.paths.get(&followed)?);
        let quote = path.quote(second, 0);
        let (bid, ask) = (instrument.price(quote.bid), instrument.price(quote.ask));
        let model = self.paths.get(&order.con_id)?.model(second).map(|(terms, _)| (terms, second));
        Some(Other { bid, ask, model })
    }
}

/// Where an order stands that follows something, in a market. One that looks at it only once keeps the price that it
/// finds here first, and its client is told it as the limit.
pub(super) fn followed(
    order: &mut LiveOrder,
    instrument: &Instrument,
    quote: &Quote,
    other: Option<Other>,
) -> Option<Decimal> {
    let peg = order.kind.peg()?;
    if order.fixed.is_some() {
        return order.fixed;
    }
    if order.followed_from.is_none() {
        let middle = instrument.half_price(quote.bid + quote.ask);
        order.followed_from = other.map(|other| (other.middle(), middle));
    }
    let price = price(order, peg, instrument, quote, other)?;
    let once = order.kind.snaps() || peg == Peg::Volatility && !order.order.continuous_update;
    if once && price > Decimal::ZERO {
        order.fixed = Some(price);
        order.order.lmt_price = Some(price);
    }
    Some(price)
}

/// Whether what an order follows has left the range in which it is to trade.
pub(super) fn leaves_its_range(order: &LiveOrder, other: Option<Other>) -> bool {
    let Some(middle) = other.map(|other| other.middle()) else { return false };
    let given = |bound: Option<Decimal>| bound.filter(|bound| !bound.is_zero());
    given(order.order.stock_range_lower).is_some_and(|lower| middle < lower)
        || given(order.order.stock_range_upper).is_some_and(|upper| middle > upper)
}

/// Where such an order stands, on the grid, and no worse than its cap.
fn price(order: &LiveOrder, peg: Peg, instrument: &Instrument, quote: &Quote, other: Option<Other>) -> Option<Decimal> {
    let sells = order.order.action.is_sell();
    let (own, opposite) = if sells { (quote.ask, quote.bid) } else { (quote.bid, quote.ask) };
    let (own, opposite) = (instrument.price(own), instrument.price(opposite));
    let middle = instrument.half_price(quote.bid + quote.ask);
    let better = |price: Decimal, by: Decimal| if sells { price - by } else { price + by };
    let worse = |price: Decimal, by: Decimal| if sells { price + by } else { price - by };
    let offset = order.order.aux_price.unwrap_or_default();
    let wanted = match peg {
        Peg::Primary => {
            let part = order.order.percent_offset.filter(|_| offset.is_zero()).map(|part| part * own);
            better(own, part.unwrap_or(offset))
        }
        Peg::Market => worse(opposite, offset),
        Peg::Middle => worse(middle, offset),
        Peg::Best if order.order.compete_against_best_offset_up_to_mid => middle,
        Peg::Best => {
            let bettered = better(own, order.order.compete_against_best_offset.unwrap_or_default());
            if sells { bettered.max(middle) } else { bettered.min(middle) }
        }
        Peg::Volatility => on_grid(order, instrument, by_volatility(order, &other?)?),
        Peg::Stock => on_grid(order, instrument, by_stock(order, &other?)),
        Peg::Benchmark => on_grid(order, instrument, by_benchmark(order, &other?)),
    };
    // What snaps has no cap: its limit is what it snaps to.
    Some(match order.order.lmt_price.filter(|cap| !cap.is_zero() && !order.kind.snaps()) {
        Some(cap) if sells => wanted.max(cap),
        Some(cap) => wanted.min(cap),
        None => wanted,
    })
}

/// What the model gives at the order's volatility, with the stock in the middle of its quote, or where that is asked for
/// at its bid for what rises with the stock and is bought, and for what falls with it and is sold, and else at its ask.
fn by_volatility(order: &LiveOrder, stock: &Other) -> Option<Decimal> {
    let (terms, second) = stock.model?;
    let yearly = order.order.volatility?.to_f64()? / 100.0;
    let daily = order.order.volatility_type == Some(1);
    let volatility = if daily { yearly * TRADING_DAYS.sqrt() } else { yearly };
    let rises = terms.right == Right::Call;
    let reference = match order.order.reference_price_type {
        Some(2) if rises == order.order.action.is_sell() => stock.ask,
        Some(2) => stock.bid,
        _ => stock.middle(),
    };
    Decimal::from_f64(Terms { volatility, ..terms }.compute(reference.to_f64()?, second).price)
}

/// The starting price, moved by delta percent of what the stock has moved.
fn by_stock(order: &LiveOrder, stock: &Other) -> Decimal {
    let moved = stock.middle() - reference(order, stock);
    starting(order) + order.order.delta.unwrap_or_default() / Decimal::ONE_HUNDRED * moved
}

/// The starting price, moved by the order's own amount for each reference amount that the benchmark has moved.
fn by_benchmark(order: &LiveOrder, benchmark: &Other) -> Decimal {
    let moved = benchmark.middle() - reference(order, benchmark);
    let steps = moved.checked_div(order.order.reference_change_amount).unwrap_or_default();
    let amount = order.order.pegged_change_amount;
    let amount = if order.order.is_pegged_change_amount_decrease { -amount } else { amount };
    starting(order) + steps * amount
}

/// From where the moves of what it follows are counted: from where the order says, or from where it was then.
fn reference(order: &LiveOrder, other: &Other) -> Decimal {
    let given = order.order.stock_ref_price.filter(|price| !price.is_zero());
    given.or(order.followed_from.map(|(other, _)| other)).unwrap_or_else(|| other.middle())
}

/// Its price at that point: what the order says, or the middle of its own quote then.
fn starting(order: &LiveOrder) -> Decimal {
    let given = order.order.starting_price.filter(|price| !price.is_zero());
    given.or(order.followed_from.map(|(_, own)| own)).unwrap_or_default()
}

/// The next step that costs its client no more, or brings him no less.
fn on_grid(order: &LiveOrder, instrument: &Instrument, price: Decimal) -> Decimal {
    let steps = price.checked_div(instrument.min_tick).unwrap_or_default();
    let whole = if order.order.action.is_sell() { steps.ceil() } else { steps.floor() };
    whole * instrument.min_tick
}

/// What the market makes of an order that stands at a price which follows something: the other side fills it where it
/// reaches it, and trades at its own price or beyond fill it as they come, never more than one trade's size at a time.
pub(super) fn pegged(
    order: &LiveOrder,
    price: Decimal,
    instrument: &Instrument,
    quote: &Quote,
    left: Decimal,
) -> Verdict {
    let sells = order.order.action.is_sell();
    if price <= Decimal::ZERO {
        return Verdict::Away;
    }
    let touch = instrument.price(if sells { quote.bid } else { quote.ask });
    let last = instrument.price(quote.last);
    if within(price, touch, sells) {
        let quantity = order.remaining().min(left);
        return if quantity.is_zero() { Verdict::Short } else { Verdict::Fill { price: touch, quantity } };
    }
    let comes_to_it = within(price, last, sells);
    let quantity = order.remaining().min(Decimal::from(quote.last_size));
    if comes_to_it && !quantity.is_zero() { Verdict::Fill { price, quantity } } else { Verdict::Away }
}
