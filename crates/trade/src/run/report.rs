//! What a change looks like to whoever listens. Pure.

use gatewright_proto::session::Acts;

use crate::event::{Failing, OrderLine, TradeEvent};
use crate::outbox::{Change, Dispatch, WorkingOrder};
use crate::position::BookFigures;

pub(super) fn line(order: &WorkingOrder) -> OrderLine {
    OrderLine {
        order_ref: order.order_ref.clone(),
        order_id: order.order_id,
        symbol: order.symbol.clone(),
        side: order.side,
        quantity: order.quantity,
        state: order.state.kind(),
    }
}

pub(super) fn sent(dispatch: &Dispatch) -> TradeEvent {
    let request = &dispatch.request;
    TradeEvent::OrderSent {
        order: OrderLine {
            order_ref: dispatch.order_ref.clone(),
            order_id: Some(dispatch.order_id),
            symbol: request.symbol.clone(),
            side: request.side,
            quantity: request.quantity,
            state: gatewright_journal::StateKind::Sent,
        },
        reason: request.reason.clone(),
    }
}

/// An execution that nobody can believe.
pub(super) fn implausible(symbol: &str, exec_id: &str) -> TradeEvent {
    TradeEvent::Problem {
        failure: Failing {
            cause: "implausible_execution".into(),
            message: format!(
                "execution {exec_id} has figures that no market has; it was not counted, so what is held of {symbol} is \
                 not known: HALTED, no new orders for it in this run"
            ),
            remedy:
                "Compare the position with TWS, correct it there if it is wrong, then start again: the next run takes \
                     the Gateway's word for it. Report this with the log."
                    .into(),
            acts: Acts::Human,
        },
    }
}

/// A position that moved without an execution.
pub(super) fn unexplained(symbol: &str) -> TradeEvent {
    TradeEvent::Problem {
        failure: Failing {
            cause: "unexplained_position".into(),
            message: format!(
                "the position in {symbol} has changed by something that no execution of ours explains: HALTED, no new \
                 orders for it until that is explained"
            ),
            remedy: "Look in TWS who traded it. If an execution of ours is still told, trading goes on by itself; if \
                     somebody else traded it and the position is right as it is, start again."
                .into(),
            acts: Acts::Human,
        },
    }
}

/// `book` are the figures of the order's instrument after the change.
pub(super) fn change(change: &Change, book: BookFigures) -> TradeEvent {
    match change {
        Change::Moved { order, from, evidence } => {
            TradeEvent::OrderMoved { order: line(order), from: *from, evidence: evidence.clone() }
        }
        Change::Executed { order, fill, .. } => TradeEvent::Fill {
            order: line(order),
            exec_id: fill.exec_id.clone(),
            shares: fill.quantity.abs(),
            price: fill.price,
            book,
        },
        Change::Unsettleable { order, why } => TradeEvent::Problem {
            failure: Failing {
                cause: "unsettleable".into(),
                message: format!("what became of order {} cannot be told: {why}", order.order_ref),
                remedy:
                    "Look the order up in TWS or Client Portal. Nothing more is traded in its instrument until then; \
                     if all is as it should be, go on with another --client-id."
                        .into(),
                acts: Acts::Human,
            },
        },
        Change::Resurfaced { order_ref } => TradeEvent::Problem {
            failure: Failing {
                cause: "resurfaced".into(),
                message: format!("the Gateway shows order {order_ref}, of which it had shown no trace when asked"),
                remedy: "Cancel it in TWS or Client Portal if it is not wanted.".into(),
                acts: Acts::Human,
            },
        },
    }
}
