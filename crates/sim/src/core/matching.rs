//! Orders against the market.

use rust_decimal::Decimal;

use super::book::{LiveOrder, OrderKey, Phase};
use super::world::World;
use crate::catalogue::Instrument;
use crate::market::Quote;

/// What the market makes of an order at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// Fill all of it at this price.
    Fill(Decimal),
    /// Its stop was reached; look again.
    Trigger,
    /// Nothing yet.
    Rest,
}

impl World {
    /// An order has reached the market.
    pub(super) fn match_now(&mut self, key: OrderKey) {
        let second = self.now.second();
        if self.book.get(key).is_none_or(|order| order.phase != Phase::Working || order.rested) {
            return;
        }
        self.try_fill(key, second);
        let Some(order) = self.book.get_mut(key) else { return };
        let at_once = matches!(order.order.tif.as_str(), "IOC" | "FOK");
        if at_once && !order.awaits_trigger() {
            return self.cancel(key, "");
        }
        order.rested = true;
        self.report_key(key);
        self.watch_seconds();
    }

    /// A second has passed: every order that rests is looked at.
    pub(super) fn match_second(&mut self, second: i64) {
        let resting: Vec<OrderKey> = self
            .book
            .open()
            .filter(|order| order.phase == Phase::Working && order.rested && order.since.second() < second)
            .map(|order| order.key)
            .collect();
        for key in resting {
            self.try_fill(key, second);
        }
    }

    fn try_fill(&mut self, key: OrderKey, second: i64) {
        // Once for the stop, once for what it becomes.
        for _ in 0..2 {
            let Some(order) = self.book.get_mut(key) else { return };
            let Some(instrument) = self.catalogue.get(order.con_id) else { return };
            let Some(path) = self.paths.get(&order.con_id) else { return };
            match verdict(order, instrument, &path.quote(second, 0)) {
                Verdict::Rest => return,
                Verdict::Trigger => order.triggered = true,
                Verdict::Fill(price) => return self.fill(key, price, second),
            }
        }
    }
}

fn verdict(order: &LiveOrder, instrument: &Instrument, quote: &Quote) -> Verdict {
    let sells = order.order.action.is_sell();
    let reached = |price: Decimal, level: Decimal| if sells { price <= level } else { price >= level };
    if order.awaits_trigger() {
        let stop = order.order.aux_price.unwrap_or_default();
        return if reached(instrument.price(quote.last), stop) { Verdict::Trigger } else { Verdict::Rest };
    }
    let touch = instrument.price(if sells { quote.bid } else { quote.ask });
    if !order.order.order_type.ends_with("LMT") {
        return Verdict::Fill(touch);
    }
    let limit = order.order.lmt_price.unwrap_or_default();
    let crossed = if sells { touch >= limit } else { touch <= limit };
    match (crossed, order.rested) {
        (false, _) => Verdict::Rest,
        // Who rests gets his own price; who comes later gets the market's.
        (true, true) => Verdict::Fill(limit),
        (true, false) => Verdict::Fill(touch),
    }
}
