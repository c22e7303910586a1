//! Whose orders and positions are touched, and what stands in the way. Pure.

use std::collections::{BTreeMap, BTreeSet};

use gatewright_journal::{Holding, HoldingKey};
use gatewright_link::protocol::OpenOrderReport;
use gatewright_proto::message::account::Position;
use gatewright_proto::message::contract::Contract;
use gatewright_proto::{ClientId, PermId};
use gatewright_trade::own_part;
use rust_decimal::Decimal;

/// How far orders and positions are ours to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// What the journal's traders did.
    Ours,
    /// Everything in the login.
    Everything,
}

/// How open orders are cancelled.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Way {
    /// There is nothing to cancel.
    Nothing,
    /// All at once, in one message that works for any client: nothing is open that may not be cancelled.
    AtOnce,
    /// Each by the client that placed it: a message for all would take others' orders with it.
    OneByOne {
        /// Ours, by their clients.
        ours: BTreeMap<ClientId, Vec<OpenOrderReport>>,
        /// How many others' orders are open.
        others: usize,
    },
}

/// Chooses how to cancel. `maybe_on_its_way` says that an order of ours may arrive that is not listed yet.
pub(super) fn way(
    open: &[OpenOrderReport],
    is_ours: impl Fn(&OpenOrderReport) -> bool,
    reach: Reach,
    maybe_on_its_way: bool,
) -> Way {
    let (ours, others): (Vec<_>, Vec<_>) = open.iter().partition(|report| is_ours(report));
    match (reach, others.len()) {
        _ if open.is_empty() && !maybe_on_its_way => Way::Nothing,
        (Reach::Everything, _) | (Reach::Ours, 0) => Way::AtOnce,
        (Reach::Ours, _) if ours.is_empty() => Way::Nothing,
        (Reach::Ours, others) => {
            let mut by_client: BTreeMap<ClientId, Vec<OpenOrderReport>> = BTreeMap::new();
            for report in ours {
                by_client.entry(report.order.client_id).or_default().push(report.clone());
            }
            Way::OneByOne { ours: by_client, others }
        }
    }
}

/// An order in a few words, as the Gateway tells of it.
pub(super) fn words(report: &OpenOrderReport) -> String {
    let OpenOrderReport { order_id, contract, order, order_state, status } = report;
    let state = status.as_ref().map_or(&order_state.status, |status| &status.status);
    let (action, quantity) = (order.action.as_str(), order.total_quantity.normalize());
    format!("order {order_id} of client {}, {action} {quantity} {}, {state}", order.client_id, contract.symbol)
}

/// A position that is to be closed.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Closing {
    /// What.
    pub(super) contract: Contract,
    /// How much is held that is to go; signed.
    pub(super) held: Decimal,
    /// Which traders' books it stands in, and how much in each.
    pub(super) books: Vec<(HoldingKey, Decimal)>,
}

/// What is to be closed in an account: at most what the Gateway shows, and of that what the journal explains.
pub(super) fn closings(
    positions: &[Position],
    holdings: &BTreeMap<HoldingKey, Holding>,
    gateway: &str,
    account: &str,
    reach: Reach,
) -> Vec<Closing> {
    let of_account = positions.iter().filter(|position| position.account == account && !position.position.is_zero());
    let closing = |position: &Position| {
        let ours = |key: &HoldingKey| {
            let here = key.key.gateway == gateway && key.account == account;
            // Traders know instruments by their symbols, and trade stocks.
            here && key.symbol == position.contract.symbol && position.contract.sec_type == "STK"
        };
        let books: Vec<_> = holdings
            .iter()
            .filter(|(key, holding)| ours(key) && !holding.position.is_zero())
            .map(|(key, holding)| (key.clone(), holding.position))
            .collect();
        let recorded = books.iter().map(|(_, position)| *position).sum();
        let held = match reach {
            Reach::Ours => own_part(position.position, recorded),
            Reach::Everything => position.position,
        };
        Closing { contract: position.contract.clone(), held, books }
    };
    of_account.map(closing).filter(|closing| !closing.held.is_zero()).collect()
}

/// Why a position must not be closed now, if so: a second order could turn it round.
pub(super) fn obstacle(closing: &Closing, open: &[OpenOrderReport], unsettled: &BTreeSet<String>) -> Option<String> {
    let contract = &closing.contract;
    if let Some(working) = open.iter().find(|report| report.contract.con_id == contract.con_id) {
        return Some(format!("{} is still open in it", words(working)));
    }
    let symbol = &contract.symbol;
    let doubt = "an earlier closing order in it is not settled, and a second one could turn the position round; \
                 `gatewright journal list` tells of it";
    unsettled.contains(symbol).then(|| doubt.to_owned())
}

/// How what was executed is taken out of the traders' books, so that they know it when they start again: each book and
/// what is added to it. Executed is signed, against what was held.
pub(super) fn booked_out(closing: &Closing, executed: Decimal) -> Vec<(HoldingKey, Decimal)> {
    let mut left = executed;
    let mut changes = Vec::new();
    for (key, position) in &closing.books {
        let part = own_part(left, -position);
        if !part.is_zero() {
            changes.push((key.clone(), part));
            left -= part;
        }
    }
    changes
}

/// Which of the orders that were to go are still there, by their numbers over the account.
pub(super) fn still_open(
    open: &[OpenOrderReport],
    is_target: impl Fn(&OpenOrderReport) -> bool,
) -> BTreeMap<(ClientId, PermId), &OpenOrderReport> {
    let targets = open.iter().filter(|report| is_target(report));
    targets.map(|report| ((report.order.client_id, report.order.perm_id), report)).collect()
}

#[cfg(test)]
mod tests;
