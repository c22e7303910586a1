//! Orders against the market, in the order of their price and time.

use rust_decimal::Decimal;

use super::book::{LiveOrder, OrderKey, Phase};
use super::filling::{ADDED, Match, REMOVED};
use super::liquidity::Side;
use super::pegging::{OUT_OF_RANGE, followed, leaves_its_range};
use super::verdict::{Verdict, follow, verdict, within};
use super::world::World;

/// Why a closing or opening order ends that its auction did not fill.
const NO_AUCTION: &str = "The order was not filled in its auction";

impl World {
    /// An order has reached the market, or wakes up.
    pub(super) fn match_now(&mut self, key: OrderKey) {
        let now = self.now;
        let Some(order) = self.book.get_mut(key) else { return };
        if order.phase == Phase::Asleep {
            // A modified order may have been put to sleep again since.
            if order.wakes.is_none_or(|wakes| wakes > now) {
                return;
            }
            order.phase = Phase::Working;
            order.wakes = None;
            order.since = now;
            if order.is_on_open() || order.kind.is_on_close() {
                return self.auction(key);
            }
        }
        if self.book.get(key).is_none_or(|order| order.phase != Phase::Working || order.rested) {
            return;
        }
        self.try_fill(key, now.second());
        let Some(order) = self.book.get_mut(key) else { return };
        let at_once = matches!(order.order.tif.as_str(), "IOC" | "FOK");
        if at_once && !order.awaits_trigger() {
            return self.cancel(key, "");
        }
        order.rested = true;
        self.report_key(key);
        self.watch_seconds();
    }

    /// Gives a trailing order that goes to the market its first stop, and one that looks at the quote only then its price;
    /// its client is told at once.
    pub(super) fn trail(&mut self, key: OrderKey) {
        let second = self.now.second();
        let other = self.book.get(key).and_then(|order| self.other(order, second));
        let Some(order) = self.book.get_mut(key) else { return };
        let Some(instrument) = self.catalogue.get(order.con_id) else { return };
        if let Some(path) = self.paths.get(&order.con_id) {
            let quote = path.quote(second, 0);
            follow(order, instrument, &quote);
            followed(order, instrument, &quote, other);
        }
    }

    /// A second has passed: every order that rests is looked at, those with the best price and the longest wait first.
    pub(super) fn match_second(&mut self, second: i64) {
        let looks = |order: &&LiveOrder| order.phase == Phase::Working && order.rested && order.since.second() < second;
        let mut resting: Vec<_> =
            self.book.open().filter(looks).map(|order| (order.con_id, order.rank(), order.key)).collect();
        resting.sort_unstable();
        for (_, _, key) in resting {
            self.try_fill(key, second);
        }
    }

    fn try_fill(&mut self, key: OrderKey, second: i64) {
        if !self.trades_now(key) {
            return;
        }
        // Once for the trigger, once for what the order becomes.
        for _ in 0..2 {
            let other = self.book.get(key).and_then(|order| self.other(order, second));
            let Some(order) = self.book.get_mut(key) else { return };
            let Some(instrument) = self.catalogue.get(order.con_id) else { return };
            let Some(quote) = self.paths.get(&order.con_id).map(|path| path.quote(second, 0)) else { return };
            follow(order, instrument, &quote);
            let (follows, leaves) = (followed(order, instrument, &quote, other), leaves_its_range(order, other));
            if leaves {
                return self.cancel(key, OUT_OF_RANGE);
            }
            let sells = order.order.action.is_sell();
            let (side, shown) = if sells { (Side::Bid, quote.bid_size) } else { (Side::Ask, quote.ask_size) };
            let con_id = order.con_id;
            let left = self.liquidity.left(second, con_id, side, Decimal::from(shown));
            match verdict(order, instrument, &quote, left, follows) {
                Verdict::Fill { price, quantity } => {
                    let last_liquidity = if order.passive { ADDED } else { REMOVED };
                    self.liquidity.take(second, con_id, side, quantity);
                    return self.fill(key, Match { price, quantity, second, last_liquidity });
                }
                Verdict::Trigger => {
                    order.triggered = true;
                    if order.rested {
                        self.report_key(key);
                    }
                }
                Verdict::Away => {
                    order.passive = !order.awaits_trigger();
                    return;
                }
                Verdict::Short => return,
            }
        }
    }

    /// Fills an order at the auction's one price, where there is always enough, or ends it.
    fn auction(&mut self, key: OrderKey) {
        let Some(order) = self.book.get(key) else { return };
        let second = self.now.second();
        let limit = order.order.lmt_price.filter(|_| order.kind.has_limit());
        let sells = order.order.action.is_sell();
        let price = self.price_at(order.con_id, second);
        match price.filter(|price| limit.is_none_or(|limit| within(limit, *price, sells))) {
            Some(price) => self.fill_rest(key, price, second),
            None => self.cancel(key, NO_AUCTION),
        }
    }
}
