//! Orders whose price follows the quote: relative, pegged to the market, pegged to its middle.

use rust_decimal::Decimal;

use super::book::LiveOrder;
use super::order_type::Peg;
use super::verdict::{Verdict, within};
use crate::catalogue::Instrument;
use crate::market::Quote;

/// Where a pegged order stands in a market.
fn price(order: &LiveOrder, peg: Peg, instrument: &Instrument, quote: &Quote) -> Decimal {
    let sells = order.order.action.is_sell();
    let (own, other) = if sells { (quote.ask, quote.bid) } else { (quote.bid, quote.ask) };
    let better = |price: Decimal, by: Decimal| if sells { price - by } else { price + by };
    let worse = |price: Decimal, by: Decimal| if sells { price + by } else { price - by };
    let offset = order.order.aux_price.unwrap_or_default();
    let wanted = match peg {
        Peg::Primary => {
            let own = instrument.price(own);
            let part = order.order.percent_offset.filter(|_| offset.is_zero()).map(|part| part * own);
            better(own, part.unwrap_or(offset))
        }
        Peg::Market => worse(instrument.price(other), offset),
        Peg::Middle => worse(instrument.half_price(quote.bid + quote.ask), offset),
    };
    match order.order.lmt_price.filter(|cap| !cap.is_zero()) {
        Some(cap) if sells => wanted.max(cap),
        Some(cap) => wanted.min(cap),
        None => wanted,
    }
}

/// What the market makes of a pegged order: the other side fills it where it reaches it, and trades at its own price or
/// beyond fill it as they come, never more than one trade's size at a time.
pub(super) fn pegged(order: &LiveOrder, peg: Peg, instrument: &Instrument, quote: &Quote, left: Decimal) -> Verdict {
    let sells = order.order.action.is_sell();
    let price = price(order, peg, instrument, quote);
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
