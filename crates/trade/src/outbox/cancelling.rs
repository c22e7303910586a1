//! What becomes of a cancel. Only the order's own states end it: an answer that the cancel came too late, or found nothing,
//! is an answer about the order's state, and the Gateway is asked what that is.

use gatewright_journal::IntentId;
use gatewright_link::LinkError;
use gatewright_link::protocol::OrderResult;
use gatewright_proto::PermId;
use jiff::Timestamp;

use super::evidence::Said;
use super::ledger::{Change, Outbox};
use crate::error::TradeError;

impl Outbox {
    /// Takes the answer to cancelling an order.
    ///
    /// # Errors
    ///
    /// The journal failed.
    pub fn cancel_answered(
        &mut self,
        intent: IntentId,
        answer: &Result<OrderResult, LinkError>,
        now: Timestamp,
    ) -> Result<Vec<Change>, TradeError> {
        match answer {
            Ok(result) => {
                let perm_id = result.perm_id.unwrap_or(PermId::new(0));
                let said = Said::by_status("cancelOrder answered:", &result.status, false, perm_id);
                self.hear(intent, &said, now)
            }
            Err(error) => {
                tracing::info!(%error, "a cancel was not carried out; the Gateway is asked about the order");
                if let Some(order) = self.working.get_mut(&intent) {
                    order.doubted = true;
                }
                Ok(Vec::new())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use gatewright_journal::StateKind;
    use gatewright_link::protocol::{CallError, ErrorCode};

    use super::*;
    use crate::outbox::ledger::tests::{at, buy, journaled, kinds, outbox};

    #[test]
    fn a_cancel_that_comes_too_late_ends_nothing_and_has_the_gateway_asked() {
        for code in [10147, 10148, 161, 135] {
            let mut outbox = outbox();
            let dispatch = buy(&mut outbox);
            let answer = Err(CallError::gateway(code, "cannot be cancelled, state: Filled").into());
            assert!(outbox.cancel_answered(dispatch.intent, &answer, at(2)).unwrap().is_empty(), "{code}");
            assert_eq!(journaled(&outbox, &dispatch), StateKind::Sent);
            assert!(outbox.has_unsettled(), "{code}");
        }
    }

    #[test]
    fn a_cancel_without_an_answer_leaves_the_order_as_it_is_and_has_the_gateway_asked() {
        let mut outbox = outbox();
        let dispatch = buy(&mut outbox);
        let lost = Err(CallError::new(ErrorCode::Deadline, "no word").into());
        assert!(outbox.cancel_answered(dispatch.intent, &lost, at(2)).unwrap().is_empty());
        assert!(outbox.has_unsettled());
    }

    #[test]
    fn an_answered_cancel_ends_the_order() {
        let mut outbox = outbox();
        let dispatch = buy(&mut outbox);
        let result = OrderResult { order_id: dispatch.order_id, perm_id: None, status: "Cancelled".into() };
        let changes = outbox.cancel_answered(dispatch.intent, &Ok(result), at(2)).unwrap();
        assert_eq!(kinds(&changes), [StateKind::Cancelled]);
    }
}
