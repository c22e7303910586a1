//! What a program was told of its orders, its trades and what it holds.

use std::collections::{BTreeMap, BTreeSet};

use gatewright_proto::message::account::Position;
use gatewright_proto::message::execution::{CommissionReport, ExecDetails};
use gatewright_proto::message::start::ErrorMessage;
use gatewright_proto::{ClientId, ConId, OrderId, RequestId};
use gatewright_sim::Snapshot;
use rust_decimal::Decimal;

use crate::violation::{Broken, Checked};

/// A program's own book; it dies with it.
#[derive(Debug, Default)]
pub(crate) struct Book {
    /// The orders that it has placed, by their references.
    placed: BTreeMap<String, OrderId>,
    /// Orders that it was told are over, or that nobody can say it of.
    over: BTreeSet<OrderId>,
    /// Executions that it was told of unasked, and whether their commission was told.
    executions: BTreeMap<String, bool>,
    /// What it was last told that is held, by account and instrument.
    positions: BTreeMap<(String, ConId), Decimal>,
}

impl Book {
    pub(super) fn handle_placed(&mut self, order_id: OrderId, order_ref: &str) {
        self.placed.insert(order_ref.to_owned(), order_id);
    }

    /// The simulated Gateway has swallowed what it would have said of these while it was frozen.
    pub(super) fn forfeit(&mut self) {
        self.placed.retain(|_, order_id| self.over.contains(order_id));
        self.executions.values_mut().for_each(|told| *told = true);
    }

    pub(super) fn handle_status(&mut self, order_id: OrderId, status: &str) {
        if matches!(status, "Filled" | "Cancelled" | "ApiCancelled" | "Inactive") {
            self.over.insert(order_id);
        }
    }

    /// Errors that every library takes for the end of an order, and the words that nobody can tell.
    pub(super) fn handle_error(&mut self, error: &ErrorMessage) {
        if matches!(error.code, 201 | 202 | 504) || error.code == 399 && error.text.contains("do not reach back") {
            self.over.insert(OrderId::new(error.id.get()));
        }
    }

    /// Each execution is told once, and to whom it belongs.
    pub(super) fn handle_execution(&mut self, own: ClientId, details: &ExecDetails) -> Checked {
        let execution = &details.execution;
        if execution.client_id != own {
            let what = format!("client id {own} is told of {} of client id {}", execution.exec_id, execution.client_id);
            return Err(Broken::new("executions are told once", what));
        }
        if details.req_id == RequestId::NONE && self.executions.insert(execution.exec_id.clone(), false).is_some() {
            let what = format!("client id {own} is told of {} twice", execution.exec_id);
            return Err(Broken::new("executions are told once", what));
        }
        Ok(())
    }

    /// So is its commission. That of a predecessor's execution may come late.
    pub(super) fn handle_commission(&mut self, own: ClientId, report: &CommissionReport) -> Checked {
        let told = self.executions.get_mut(&report.exec_id).map(|told| std::mem::replace(told, true));
        if told == Some(true) {
            let what = format!("client id {own} is told what {} has cost twice", report.exec_id);
            return Err(Broken::new("executions are told once", what));
        }
        Ok(())
    }

    pub(super) fn handle_position(&mut self, position: &Position) {
        self.positions.insert((position.account.clone(), position.contract.con_id), position.position);
    }

    /// What it was told that is not so, or not told that is, now that nothing is under way any more. `today` is the day in
    /// New York, as executions write it: the Gateway's own lists reach no farther back.
    pub(crate) fn differs(&self, truth: &Snapshot, today: &str) -> Option<String> {
        let mine = |order_ref: &str| self.placed.contains_key(order_ref);
        let executions = truth.executions.iter().map(|details| &details.execution);
        for execution in executions.filter(|it| mine(&it.order_ref) && it.time.starts_with(today)) {
            match self.executions.get(&execution.exec_id) {
                Some(true) => {}
                Some(false) => return Some(format!("was not told what execution {} has cost", execution.exec_id)),
                None => return Some(format!("was not told of execution {}", execution.exec_id)),
            }
        }
        let alive =
            truth.open_orders.iter().find(|order| mine(&order.order.order_ref) && self.over.contains(&order.order_id));
        if let Some(order) = alive {
            return Some(format!("was told that order {} is over, which is {}", order.order_id, order.status));
        }
        let gone = |order: &&gatewright_sim::OrderSnapshot| {
            mine(&order.order.order_ref) && !self.over.contains(&order.order_id)
        };
        if let Some(order) = truth.completed_orders.iter().find(gone) {
            return Some(format!("was not told that order {} is {}", order.order_id, order.status));
        }
        let differs = truth.positions.iter().find(|held| {
            let told = self.positions.get(&(held.account.clone(), held.con_id)).copied();
            told.unwrap_or_default() != held.quantity
        });
        differs.map(|held| format!("believes to hold another number of {} than {}", held.symbol, held.quantity))
    }
}
