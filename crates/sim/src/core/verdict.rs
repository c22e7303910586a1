//! What the market makes of one order at one moment. Nothing here touches the world.

use rust_decimal::Decimal;

use super::book::LiveOrder;
use super::pegging::pegged;
use crate::catalogue::Instrument;
use crate::market::Quote;

/// What the market makes of an order at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// So many trade at this price.
    Fill {
        /// The price.
        price: Decimal,
        /// How many, never more than are left of the order.
        quantity: Decimal,
    },
    /// Its trigger was reached; look again.
    Trigger,
    /// The market is not where the order would trade.
    Away,
    /// The market is there, but too little is on offer.
    Short,
}

/// Judges an order by a quote, of whose other side `left` is still on offer. `follows` is where an order stands whose price
/// follows something.
pub(super) fn verdict(
    order: &LiveOrder,
    instrument: &Instrument,
    quote: &Quote,
    left: Decimal,
    follows: Option<Decimal>,
) -> Verdict {
    let sells = order.order.action.is_sell();
    if order.awaits_trigger() {
        let trigger = trigger(order);
        let watched = watched(order, instrument, quote);
        // A stop order waits for the market to move against it, a touched one for the opposite.
        let rises = sells == order.kind.is_touched();
        let reached = if rises { watched >= trigger } else { watched <= trigger };
        return if reached { Verdict::Trigger } else { Verdict::Away };
    }
    if order.kind.peg().is_some() && order.fixed.is_none() {
        return follows.map_or(Verdict::Away, |price| pegged(order, price, instrument, quote, left));
    }
    let touch = instrument.price(if sells { quote.bid } else { quote.ask });
    let mut price = touch;
    if let Some(limit) = limit(order) {
        if !within(limit, touch, sells) {
            return Verdict::Away;
        }
        // Who rests gets his own price; who comes later gets the market's.
        if order.passive {
            price = limit;
        }
    }
    let quantity = order.remaining().min(left);
    let least = if order.all_or_nothing() {
        order.remaining()
    } else {
        order.order.min_qty.map(Decimal::from).unwrap_or_default().min(order.remaining())
    };
    if quantity.is_zero() || quantity < least { Verdict::Short } else { Verdict::Fill { price, quantity } }
}

/// The price beyond which an order never trades.
fn limit(order: &LiveOrder) -> Option<Decimal> {
    order.fixed.or(order.kind.has_limit().then(|| order.order.lmt_price.unwrap_or_default()))
}

/// Whether a limit allows a price.
pub(super) fn within(limit: Decimal, price: Decimal, sells: bool) -> bool {
    if sells { price >= limit } else { price <= limit }
}

/// The price that wakes an order up.
fn trigger(order: &LiveOrder) -> Decimal {
    let price = if order.kind.trails() { order.order.trail_stop_price } else { order.order.aux_price };
    price.unwrap_or_default()
}

/// The price that its trigger method watches; by default the last one, or what it would trade at where there are no
/// trades.
fn watched(order: &LiveOrder, instrument: &Instrument, quote: &Quote) -> Decimal {
    let touch = if order.order.action.is_sell() { quote.bid } else { quote.ask };
    match order.order.trigger_method {
        1 | 4 => instrument.price(touch),
        8 => instrument.half_price(quote.bid + quote.ask),
        _ if instrument.has_trades() => instrument.price(quote.last),
        _ => instrument.price(touch),
    }
}

/// Lets the stop of a trailing order follow the market, and its limit the stop.
pub(super) fn follow(order: &mut LiveOrder, instrument: &Instrument, quote: &Quote) {
    if !order.kind.trails() || order.triggered {
        return;
    }
    let watched = watched(order, instrument, quote);
    let percent = order.order.trailing_percent.filter(|percent| !percent.is_zero());
    let distance = match percent {
        Some(percent) => watched * percent / Decimal::ONE_HUNDRED,
        None => order.order.aux_price.unwrap_or_default(),
    };
    let sells = order.order.action.is_sell();
    let wanted = on_grid(instrument, if sells { watched - distance } else { watched + distance });
    let stop = match order.order.trail_stop_price {
        Some(stop) if sells => stop.max(wanted),
        Some(stop) => stop.min(wanted),
        None => wanted,
    };
    order.order.trail_stop_price = Some(stop);
    if let (true, Some(offset)) = (order.kind.has_limit(), order.order.lmt_price_offset) {
        order.order.lmt_price = Some(if sells { stop - offset } else { stop + offset });
    }
}

/// The next price on the grid.
fn on_grid(instrument: &Instrument, price: Decimal) -> Decimal {
    (price / instrument.min_tick).round() * instrument.min_tick
}
