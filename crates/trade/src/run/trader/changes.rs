//! What became of orders, booked and told.

use gatewright_journal::IntentState;
use gatewright_proto::message::execution::CommissionReport;

use super::Trader;
use crate::error::TradeError;
use crate::event::TradeEvent;
use crate::outbox::Change;
use crate::position::BookFigures;
use crate::run::clock::Moment;
use crate::run::desk::Desk;
use crate::run::report;

impl Trader {
    /// Books executions, lets refused wishes rest, and tells.
    pub(super) fn take_changes(&mut self, changes: &[Change]) {
        for change in changes {
            match change {
                Change::Moved { order, .. } => {
                    if let (true, Some(desk)) = (is_death(&order.state), self.desks.get_mut(&order.symbol)) {
                        desk.order_died();
                    }
                }
                Change::Executed { order, fill, instead_of } => {
                    self.day.fills += u64::from(instead_of.is_none());
                    let desk = self.desks.get_mut(&order.symbol);
                    let counted = desk.is_none_or(|desk| desk.fill(fill, instead_of.as_ref()));
                    if !counted {
                        self.tell(report::implausible(&order.symbol, &fill.exec_id));
                    }
                }
                Change::Unsettleable { order, .. } => {
                    if !self.told_unsettleable.insert(order.order_ref.clone()) {
                        continue;
                    }
                }
                Change::Resurfaced { .. } => {}
            }
            let figures = self.figures(change);
            self.tell(report::change(change, figures));
        }
    }

    /// What changes of orders lead to: strategies are told of executions, and what an order of ours was in the way of may
    /// go on.
    pub(super) fn after(&mut self, now: Moment, changes: &[Change]) -> Result<(), TradeError> {
        for change in changes {
            match change {
                Change::Executed { order, fill, .. } => {
                    let wish = self.desks.get_mut(&order.symbol).and_then(|desk| desk.tell_fill(fill));
                    if let Some(signal) = wish {
                        self.wish(now, &order.symbol, signal)?;
                    }
                }
                Change::Moved { order, .. } if matches!(order.state, IntentState::Cancelled) => {
                    self.decide(now, &order.symbol)?;
                }
                Change::Moved { .. } | Change::Unsettleable { .. } | Change::Resurfaced { .. } => {}
            }
        }
        Ok(())
    }

    fn figures(&self, change: &Change) -> BookFigures {
        let symbol = match change {
            Change::Executed { order, .. } => &order.symbol,
            Change::Moved { .. } | Change::Unsettleable { .. } | Change::Resurfaced { .. } => {
                return Default::default();
            }
        };
        self.desks.get(symbol).map(Desk::figures).unwrap_or_default()
    }

    pub(super) fn commission(&mut self, report: &CommissionReport) {
        let Some(amount) = report.commission else { return };
        let found = self.desks.iter_mut().find_map(|(symbol, desk)| {
            let book = desk.book.as_mut().filter(|book| book.has(&report.exec_id))?;
            book.commission(&report.exec_id, amount).then(|| symbol.clone())
        });
        if let Some(symbol) = found {
            let (exec_id, currency) = (report.exec_id.clone(), report.currency.clone());
            self.tell(TradeEvent::Commission { symbol, exec_id, amount, currency });
        }
    }
}

fn is_death(state: &IntentState) -> bool {
    match state {
        IntentState::Rejected { .. } | IntentState::Cancelled => true,
        IntentState::Intended
        | IntentState::Sent
        | IntentState::Acknowledged
        | IntentState::PartiallyFilled
        | IntentState::Filled
        | IntentState::InDoubt { .. }
        | IntentState::NotPlaced => false,
    }
}
