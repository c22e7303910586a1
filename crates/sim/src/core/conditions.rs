//! What orders wait for: conditions on prices, times, margins, executions, volumes and changes.

use gatewright_proto::message::order::{Conjunction, Order, OrderCondition, Trigger};
use gatewright_proto::{ConId, PermId};
use rust_decimal::Decimal;

use super::bar_request::Refused;
use super::book::{LiveOrder, OrderKey, Phase};
use super::hours::Session;
use super::instant::SimInstant;
use super::world::World;

/// How many conditions an order may have: every one is looked at every second. TWS's own window offers fewer.
const MAX_CONDITIONS: usize = 32;

/// Why an order ends whose conditions were to cancel it.
const MET: &str = "The conditions to cancel the order were met";

impl World {
    /// Whether an order's conditions can be looked at.
    pub(super) fn check_conditions(&self, order: &Order) -> Result<(), Refused> {
        let invalid = |cause: &str| Err((321, format!("Error validating request.-'bO' : cause - {cause}")));
        if order.conditions.len() > MAX_CONDITIONS {
            return invalid("Too many conditions");
        }
        for condition in &order.conditions {
            match &condition.trigger {
                Trigger::Price { con_id, .. }
                | Trigger::Volume { con_id, .. }
                | Trigger::PercentChange { con_id, .. } => {
                    if self.catalogue.get(*con_id).is_none() {
                        return invalid(&format!("Invalid contract id {con_id} in a condition"));
                    }
                }
                Trigger::Time { time, .. } => {
                    if self.new_york.parse(time).is_none() {
                        return invalid("Invalid time in a condition");
                    }
                }
                Trigger::Margin { .. } | Trigger::Execution { .. } => {}
            }
        }
        Ok(())
    }

    /// Whether an order that is to be sent on has to wait for its conditions.
    pub(super) fn awaits_conditions(&mut self, key: OrderKey) -> bool {
        let Some(order) = self.book.get(key) else { return false };
        let waits = !order.order.conditions.is_empty() && !order.order.conditions_cancel_order && !order.conditions_met;
        let order = order.clone();
        if !order.order.conditions.is_empty() {
            self.watch_seconds();
        }
        waits && !self.conditions_hold(&order)
    }

    /// Looks at every order that has conditions: some go to the market now, some end.
    pub(super) fn look_at_conditions(&mut self) {
        let concerned = |order: &&LiveOrder| match order.phase {
            Phase::Conditional => true,
            Phase::Working | Phase::Asleep => order.order.conditions_cancel_order && !order.order.conditions.is_empty(),
            Phase::Held | Phase::Waiting | Phase::Filled | Phase::Cancelled | Phase::Rejected => false,
        };
        let orders: Vec<LiveOrder> = self.book.open().filter(concerned).cloned().collect();
        for order in orders {
            if !self.conditions_hold(&order) {
                continue;
            }
            if order.order.conditions_cancel_order {
                self.cancel(order.key, MET);
            } else {
                if let Some(there) = self.book.get_mut(order.key) {
                    there.conditions_met = true;
                }
                self.activate(order.key);
            }
        }
    }

    fn conditions_hold(&mut self, order: &LiveOrder) -> bool {
        let results: Vec<(bool, Conjunction)> =
            order.order.conditions.iter().map(|it| (self.holds(order, it), it.conjunction)).collect();
        combined(&results)
    }

    fn holds(&mut self, order: &LiveOrder, condition: &OrderCondition) -> bool {
        let hours = if order.order.conditions_ignore_rth { Session::Extended } else { Session::Regular };
        match &condition.trigger {
            Trigger::Price { is_more, price, con_id, trigger_method, .. } => {
                let now = self.watched_price(*con_id, *trigger_method, hours);
                now.is_some_and(|now| reached(*is_more, now, *price))
            }
            Trigger::Time { is_more, time } => {
                let at = self.new_york.parse(time).map(SimInstant::from_second);
                at.is_some_and(|at| if *is_more { self.now >= at } else { self.now <= at })
            }
            Trigger::Margin { is_more, percent } => {
                let valuation = self.valuation(&order.order.account);
                let cushion = valuation.and_then(|it| it.cushion()).map(|cushion| cushion * Decimal::ONE_HUNDRED);
                cushion.is_some_and(|cushion| reached(*is_more, cushion, *percent))
            }
            Trigger::Execution { sec_type, exchange, symbol } => self.has_traded(order, sec_type, exchange, symbol),
            Trigger::Volume { is_more, volume, con_id, .. } => {
                let day = self.day_so_far(*con_id, self.now.second());
                day.is_some_and(|day| if *is_more { day.bar.volume >= *volume } else { day.bar.volume <= *volume })
            }
            Trigger::PercentChange { is_more, change_percent, con_id, .. } => {
                let change = self.change_percent(*con_id, hours);
                change.is_some_and(|change| reached(*is_more, change, *change_percent))
            }
        }
    }

    /// The price that a condition watches; none while it does not count.
    fn watched_price(&self, con_id: ConId, method: i32, hours: Session) -> Option<Decimal> {
        let instrument = self.catalogue.get(con_id)?;
        if !self.hours.is_open(instrument, self.now, hours) {
            return None;
        }
        let quote = self.paths.get(&con_id)?.quote(self.now.second(), 0);
        Some(match method {
            // Double bid and ask, and bid or ask: the side that moves first.
            1 | 4 => instrument.price(quote.bid),
            8 => instrument.half_price(quote.bid + quote.ask),
            _ => instrument.price(quote.last),
        })
    }

    /// How far a price is from its last close, in percent.
    fn change_percent(&mut self, con_id: ConId, hours: Session) -> Option<Decimal> {
        let price = self.watched_price(con_id, 0, hours)?;
        let start = self.day_so_far(con_id, self.now.second())?.start;
        let close = self.price_at(con_id, start - 1)?;
        ((price - close) * Decimal::ONE_HUNDRED).checked_div(close)
    }

    /// Whether the account has traded such an instrument since the order was placed.
    fn has_traded(&self, order: &LiveOrder, sec_type: &str, exchange: &str, symbol: &str) -> bool {
        let anywhere = exchange.is_empty() || exchange == "SMART" || exchange == "*";
        let mine = |perm_id: PermId| perm_id == order.order.perm_id;
        self.book.executions().rev().take_while(|it| it.number >= order.born).any(|it| {
            let (contract, execution) = (&it.details.contract, &it.details.execution);
            contract.symbol == symbol
                && (sec_type.is_empty() || contract.sec_type == sec_type)
                && (anywhere || execution.exchange == exchange)
                && execution.acct_number == order.order.account
                && !mine(execution.perm_id)
        })
    }
}

fn reached(is_more: bool, now: Decimal, wanted: Decimal) -> bool {
    if is_more { now >= wanted } else { now <= wanted }
}

/// Conditions in their order, each with how it goes with the next: "and" binds before "or".
fn combined(results: &[(bool, Conjunction)]) -> bool {
    let (mut any, mut all) = (false, true);
    for (index, (holds, conjunction)) in results.iter().enumerate() {
        all &= holds;
        let is_last = index + 1 == results.len();
        if is_last || *conjunction == Conjunction::Or {
            any |= all;
            all = true;
        }
    }
    any
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn and_binds_before_or_and_the_last_conjunction_means_nothing() {
        use Conjunction::{And, Or};
        let cases = [
            (vec![(true, And)], true),
            (vec![(false, Or)], false),
            (vec![(true, And), (false, Or)], false),
            (vec![(true, Or), (false, And)], true),
            (vec![(false, And), (true, Or), (true, And), (true, And)], true),
            (vec![(true, Or), (false, And), (false, And)], true),
            (vec![(false, Or), (true, And), (false, And)], false),
        ];
        for (results, expected) in cases {
            assert_eq!(combined(&results), expected, "{results:?}");
        }
    }
}
