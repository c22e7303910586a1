//! Placing and cancelling: a call ends at the Gateway's first word about the order.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use gatewright_proto::message::order::{OpenOrder, OrderStatus};
use gatewright_proto::message::start::ErrorMessage;
use gatewright_proto::message::{CodeClass, classify};
use gatewright_proto::{OrderId, PermId};

use super::call::{CallId, CallResult};
use crate::protocol::{CallError, ErrorCode, OrderResult};

/// The lowest number of an order; 0 is what manual orders show.
const FIRST_ORDER_ID: OrderId = OrderId::new(1);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    Place,
    Cancel,
}

#[derive(Debug)]
struct Pending {
    call: CallId,
    deadline: Instant,
    action: Action,
    perm_id: Option<PermId>,
}

/// Orders in flight, and the numbers that this session knows to be orders.
#[derive(Debug, Default)]
pub(super) struct Orders {
    pending: BTreeMap<OrderId, Pending>,
    known: BTreeSet<OrderId>,
    next: OrderId,
}

/// How a call about an order ended.
pub(super) type Ended = (CallId, Result<CallResult, CallError>);

impl Orders {
    pub(super) fn len(&self) -> usize {
        self.pending.len()
    }

    pub(super) fn knows(&self, id: OrderId) -> bool {
        self.known.contains(&id)
    }

    /// The Gateway named its next valid id, or an order with this number was seen: ours only rises.
    pub(super) fn raise(&mut self, at_least: OrderId) {
        self.next = self.next.max(at_least);
    }

    /// A number was seen in use.
    pub(super) fn saw(&mut self, id: OrderId) {
        if id.get() > 0 {
            self.known.insert(id);
            if let Some(next) = id.next() {
                self.raise(next);
            }
        }
    }

    /// The number for a new order: the caller's, or the next one.
    ///
    /// # Errors
    ///
    /// Where the number is already taken, since a known number would modify that order, or all are used up.
    pub(super) fn number(&self, wanted: Option<OrderId>) -> Result<OrderId, CallError> {
        let id = wanted.unwrap_or(self.next.max(FIRST_ORDER_ID));
        if id < FIRST_ORDER_ID {
            return Err(CallError::new(ErrorCode::InvalidParams, format!("order id {id} is none: they begin at 1")));
        }
        if id.next().is_none() {
            return Err(CallError::new(ErrorCode::InvalidParams, "order ids are used up"));
        }
        if self.known.contains(&id) || id < self.next {
            let text = format!("order id {id} is not free: the next free one is {}", self.next);
            return Err(CallError::new(ErrorCode::InvalidParams, text));
        }
        Ok(id)
    }

    /// A call is in flight for this order.
    ///
    /// # Errors
    ///
    /// Where another call about the same order still is.
    pub(super) fn start(
        &mut self,
        id: OrderId,
        call: CallId,
        deadline: Instant,
        action: Action,
    ) -> Result<(), CallError> {
        if self.pending.contains_key(&id) {
            let text = format!("another call about order {id} is still in flight");
            return Err(CallError::new(ErrorCode::Overloaded, text));
        }
        if action == Action::Place {
            self.saw(id);
        }
        self.pending.insert(id, Pending { call, deadline, action, perm_id: None });
        Ok(())
    }

    /// Takes an open order of this client. Other clients number theirs on their own.
    pub(super) fn opened(&mut self, open: &OpenOrder) -> Option<Ended> {
        self.saw(open.order_id);
        let pending = self.pending.get_mut(&open.order_id)?;
        pending.perm_id = Some(open.order.perm_id).filter(|perm_id| perm_id.get() != 0);
        if pending.action == Action::Cancel {
            return None;
        }
        let status = open.order_state.status.clone();
        self.end(open.order_id, status)
    }

    /// Takes the status of an order of this client.
    pub(super) fn status(&mut self, status: &OrderStatus) -> Option<Ended> {
        self.saw(status.order_id);
        let pending = self.pending.get_mut(&status.order_id)?;
        pending.perm_id = Some(status.perm_id).filter(|perm_id| perm_id.get() != 0).or(pending.perm_id);
        let decisive = match pending.action {
            Action::Place => true,
            // Until the order is on its way out or gone, a status only repeats what was so before the cancel.
            Action::Cancel => matches!(status.status.as_str(), "Cancelled" | "ApiCancelled" | "PendingCancel"),
        };
        if decisive { self.end(status.order_id, status.status.clone()) } else { None }
    }

    pub(super) fn error(&mut self, error: &ErrorMessage) -> Option<Ended> {
        let id = OrderId::new(error.id.get());
        let pending = self.pending.get(&id)?;
        let class = classify(error.code, &error.text);
        match (class, pending.action) {
            (CodeClass::Warning | CodeClass::Notice | CodeClass::DataAdvisory | CodeClass::RateWarning, _) => None,
            (CodeClass::OrderCancelled, Action::Cancel) => self.end(id, "Cancelled".into()),
            (
                CodeClass::Connectivity(_)
                | CodeClass::Farm { .. }
                | CodeClass::RateExceeded
                | CodeClass::CompetingSession
                | CodeClass::ClientIdInUse
                | CodeClass::Historical(_)
                | CodeClass::SubscriptionLost
                | CodeClass::DepthReset
                | CodeClass::AlreadyEnded
                | CodeClass::LimitReached
                | CodeClass::UnknownContract
                | CodeClass::OrderRejected
                | CodeClass::OrderCancelled
                | CodeClass::OrderUnchanged
                | CodeClass::ClientSide
                | CodeClass::RequestError,
                _,
            ) => {
                let pending = self.pending.remove(&id)?;
                Some((pending.call, Err(CallError::gateway(error.code, &error.text))))
            }
        }
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.pending.values().map(|pending| pending.deadline).min()
    }

    pub(super) fn give_up(&mut self, now: Instant) -> Vec<Ended> {
        let due: Vec<OrderId> =
            self.pending.iter().filter(|(_, pending)| pending.deadline <= now).map(|(id, _)| *id).collect();
        due.into_iter().filter_map(|id| self.doubt(id, "the deadline passed")).collect()
    }

    /// The session is gone: whatever was in flight may or may not have arrived.
    pub(super) fn drain(&mut self) -> Vec<Ended> {
        let ids: Vec<OrderId> = self.pending.keys().copied().collect();
        ids.into_iter().filter_map(|id| self.doubt(id, "the session was lost")).collect()
    }

    fn doubt(&mut self, id: OrderId, why: &str) -> Option<Ended> {
        let pending = self.pending.remove(&id)?;
        let what = match pending.action {
            Action::Place => "order",
            Action::Cancel => "cancel of order",
        };
        let text = format!("{what} {id} was written and {why} before the Gateway said a word about it");
        Some((pending.call, Err(CallError::new(ErrorCode::InDoubt, text))))
    }

    fn end(&mut self, id: OrderId, status: String) -> Option<Ended> {
        let pending = self.pending.remove(&id)?;
        Some((pending.call, Ok(CallResult::Order(OrderResult { order_id: id, perm_id: pending.perm_id, status }))))
    }
}
