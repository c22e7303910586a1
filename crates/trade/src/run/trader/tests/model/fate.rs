//! What becomes of an order that is sent, and of a cancel.

use gatewright_journal::StateKind;
use gatewright_link::protocol::{CancelOrderParams, Method};
use gatewright_link::{CallFate, LinkError};

use super::super::*;
use super::invariant::Sending;
use super::world::World;
use crate::step::Step;

/// What has to happen in some life, by the names under which it is seen.
pub(super) const EVERYTHING: [&str; 33] = [
    "answered",
    "unanswered",
    "swallowed",
    "rejected",
    "late",
    "late and lost",
    "refused unsent",
    "worker died",
    "restarted while sending",
    "forgotten by a restart",
    "status lost",
    "status twice",
    "answer delayed",
    "halt",
    "resume",
    "fill in an outage",
    "outage",
    "correction",
    "cancelled by the Gateway",
    "cancelled",
    "cancel unanswered",
    "cancel too late",
    "disk full",
    "rollback",
    "killed",
    "before-intent",
    "after-intent",
    "after-bytes",
    "before-answer",
    "before-fill",
    "after-fill",
    "settling",
    "limit",
];

impl World {
    pub(super) fn cancel(&mut self, intent: IntentId, params: &CancelOrderParams) {
        let found = self.gateway.open.iter().find(|(_, open)| open.params.order_id == Some(params.order_id));
        let found = found.map(|(order_ref, _)| order_ref.clone());
        let unanswered = || Err(CallError::new(ErrorCode::InDoubt, "no word").into());
        let answer = match (found, self.draw(4)) {
            (Some(order_ref), 0) => {
                self.see("cancel unanswered");
                self.gateway.cancel(&order_ref);
                unanswered()
            }
            (Some(_), 1) => {
                self.see("cancel too late");
                self.fill(1_000);
                Err(CallError::gateway(10_148, "cannot be cancelled, state: Filled").into())
            }
            (Some(order_ref), _) => {
                self.see("cancelled");
                self.gateway.cancel(&order_ref);
                Ok(OrderResult { order_id: params.order_id, perm_id: None, status: "Cancelled".into() })
            }
            (None, _) => Err(CallError::gateway(10_147, "OrderId that needs to be cancelled is not found").into()),
        };
        self.answer(Event::Cancelled { intent, answer });
    }

    pub(super) fn place(&mut self, intent: IntentId, params: OrderParams) {
        let in_doubt = self.journal().open_intents().unwrap();
        let sending = Sending {
            halted: self.halted,
            disconnected: !self.connected,
            cut_off: self.cut_off,
            in_doubt: in_doubt.iter().filter(|record| record.state.kind() == StateKind::InDoubt).count(),
            alive: self.alive(),
        };
        assert_eq!(sending.broken(), None, "{sending:?}");
        self.handed_over.push(params.order.order_ref.clone());
        if self.reached(Step::AfterBytes) {
            // Whether the bytes arrive is a race.
            if self.draw(2) == 0 {
                let now = self.now();
                self.gateway.take(params, now);
            }
            return self.restart();
        }
        let answer = self.fate(params);
        self.answer(Event::Placed { intent, answer });
    }

    /// What becomes of an order that was sent, and its answer.
    fn fate(&mut self, params: OrderParams) -> Result<OrderResult, LinkError> {
        let order_id = params.order_id.unwrap();
        let doubt = || Err(CallError::new(ErrorCode::InDoubt, "no word").into());
        match self.draw(16) {
            0 => {
                self.see("unanswered");
                self.arrive(params);
                doubt()
            }
            1 => {
                self.see("swallowed");
                doubt()
            }
            2 => {
                self.see("rejected");
                Err(CallError::gateway(201, "no").into())
            }
            3 => {
                self.see("late");
                let at = self.now() + Duration::from_secs(1 + self.draw(30));
                self.late.push((at, params));
                doubt()
            }
            4 => {
                self.see("refused unsent");
                Err(CallError::new(ErrorCode::Overloaded, "too many calls").into())
            }
            5 | 6 => self.worker_dies(params),
            7 | 8 => {
                // Read by a Gateway that restarts in the same second.
                self.see("restarted while sending");
                let now = self.now();
                self.gateway.take(params, now);
                let open = self.gateway.open.len();
                let (forgets, lower_by) = (self.draw(2) == 0, self.draw(3) as i32);
                self.gateway.restart(now, forgets, lower_by);
                if self.gateway.open.len() < open {
                    self.see("forgotten by a restart");
                }
                self.under_way.push_back(Event::Lost(Box::new(lost())));
                Err(CallError::new(ErrorCode::InDoubt, "the session was lost").into())
            }
            _ => {
                self.see("answered");
                self.arrive(params);
                Ok(OrderResult { order_id, perm_id: None, status: "PreSubmitted".into() })
            }
        }
    }

    fn worker_dies(&mut self, params: OrderParams) -> Result<OrderResult, LinkError> {
        self.see("worker died");
        if self.draw(2) == 0 {
            let now = self.now();
            self.gateway.take(params, now);
        }
        self.under_way.push_back(Event::Lost(Box::new(lost())));
        let (status, fate) = ("signal 9".to_owned(), CallFate::Unanswered(Method::PlaceOrder));
        Err(LinkError::WorkerDied { status, restart_in: None, fate })
    }

    fn arrive(&mut self, params: OrderParams) {
        let now = self.now();
        let open = self.gateway.take(params, now);
        self.emit(open.event());
        self.emit(open.status("Submitted"));
    }
}
