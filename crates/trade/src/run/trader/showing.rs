//! Status and summary.

use std::collections::BTreeMap;

use gatewright_journal::StateKind;
use jiff::Timestamp;

use super::{Phase, Trader};
use crate::event::{OrderStatusLine, Status, TradeEvent};
use crate::outbox::WorkingOrder;
use crate::position::Book;
use crate::risk::{Market, RiskUsage};
use crate::run::clock::Moment;
use crate::run::report;
use crate::summary::{DaySummary, Summary};

/// What has happened on the session's day so far, in this run.
#[derive(Debug, Default)]
pub(super) struct DaySoFar {
    pub(super) orders: u64,
    pub(super) fills: u64,
    pub(super) refusals: u64,
    /// Until when the markets are open, the last of them; `None` while all are closed.
    open_until: Option<Timestamp>,
}

impl Trader {
    /// Whether nothing is on its way, no order and no commission, so that a stop leaves nothing behind.
    pub fn is_quiet(&self) -> bool {
        let awaits = self.desks.values().filter_map(|desk| desk.book.as_ref()).any(Book::awaits_commission);
        // What was never really sent costs nothing.
        self.outbox.working().next().is_none() && (!awaits || self.assumed > 0)
    }

    /// What the run came to so far.
    pub fn summary(&self, now: Moment) -> Summary {
        let duration = now.instant.saturating_duration_since(self.started.instant);
        let symbols = self.desks.iter().map(|(symbol, desk)| (symbol.clone(), desk.summary())).collect();
        let orders = self.outbox.working().map(|order| order_line(order, now.wall)).collect();
        let summary = Summary {
            duration_ms: u64::try_from(duration.as_millis()).unwrap_or(u64::MAX),
            account: self.account.clone(),
            orders: self.outbox.tally().into_iter().map(|(state, count)| (state.name(), count)).collect(),
            open_orders: orders,
            symbols,
            day_result: self.day_result(),
            reconnects: self.sessions.saturating_sub(1),
            in_doubt_settled: self.outbox.doubts_settled(),
            assumed: self.assumed,
            refusals: self.refusals.clone(),
            data_lost: self.data_lost,
            ..Summary::default()
        };
        summary.total()
    }

    pub(super) fn status(&self, now: Moment) -> Status {
        let rule = self.policy.limits.hours;
        let limits = &self.policy.limits;
        Status {
            ready: matches!(self.phase, Phase::Ready { .. }),
            working: self.outbox.working().count(),
            in_doubt: self.outbox.working().filter(|order| order.state.kind() == StateKind::InDoubt).count(),
            fills: self.desks.values().map(|desk| desk.summary().fills).sum(),
            symbols: self.desks.values().map(|desk| desk.status(now.instant, rule)).collect(),
            layers: self.layers.clone(),
            orders: self.outbox.working().map(|order| order_line(order, now.wall)).collect(),
            risk: RiskUsage {
                halted: self.halt.clone(),
                gross_exposure: self.exposure(None),
                max_gross_exposure: limits.max_gross_exposure,
                day_result: self.day_result(),
                max_daily_loss: limits.max_daily_loss,
                orders_last_minute: self.rate.count(now.instant),
                max_orders_per_minute: limits.max_orders_per_minute,
            },
        }
    }

    /// Tells what the day came to when the last market closes.
    pub(super) fn watch_day(&mut self) {
        let rule = self.policy.limits.hours;
        let markets: Vec<Market> = self.desks.values().map(|desk| desk.market(rule)).collect();
        let open = markets.iter().filter_map(|market| match market {
            Market::Open { until } => Some(*until),
            Market::Closed { .. } | Market::Unknown => None,
        });
        let Some(until) = open.max() else {
            if let Some(closed_at) = self.day.open_until.take() {
                self.end_day(closed_at, &markets);
            }
            return;
        };
        // Where one session follows another without a pause, the day ends all the same.
        match self.day.open_until.replace(until) {
            Some(before) if before < until => self.end_day(before, &markets),
            Some(_) | None => {}
        }
        self.day.open_until = Some(until);
    }

    fn end_day(&mut self, closed_at: Timestamp, markets: &[Market]) {
        let next = markets.iter().filter_map(|market| match market {
            Market::Closed { until } => *until,
            Market::Open { .. } | Market::Unknown => None,
        });
        let opens_at = next.min();
        let positions: BTreeMap<_, _> =
            self.desks.iter().map(|(symbol, desk)| (symbol.clone(), desk.position())).collect();
        let DaySoFar { orders, fills, refusals, .. } = std::mem::take(&mut self.day);
        let result = self.day_result();
        let summary = DaySummary { closed_at, opens_at, result, orders, fills, refusals, positions };
        self.tell(TradeEvent::DayEnded(summary));
    }
}

fn order_line(order: &WorkingOrder, now: Timestamp) -> OrderStatusLine {
    let age = now.duration_since(order.created_at);
    OrderStatusLine {
        order: report::line(order),
        executed: order.executed,
        order_type: order.order_type.name(),
        limit_price: order.limit_price(),
        age_ms: u64::try_from(age.as_millis()).unwrap_or(0),
    }
}
