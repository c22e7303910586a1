//! The one way past a halt: orders by which a kill switch closes positions.

use gatewright_journal::Evidence;
use gatewright_proto::OrderId;
use jiff::Timestamp;

use super::ledger::{Dispatch, OrderRequest, Outbox};
use crate::error::TradeError;

impl Outbox {
    /// As `submit`, for an order that closes a position while trading is halted. It passes no limit, so the caller answers
    /// for it; the journal refuses it unless a halt stands.
    ///
    /// # Errors
    ///
    /// No halt stands, or the journal failed; then nothing may be sent.
    pub fn submit_while_halted(
        &mut self,
        request: OrderRequest,
        floor: OrderId,
        now: Timestamp,
    ) -> Result<Dispatch, TradeError> {
        let (order_ref, wanted) = self.intent(&request, now);
        let evidence = Evidence { message: "handed to the kill switch's session".into(), ..Evidence::default() };
        let (intent, order_id) = self.journal.record_outgoing_while_halted(&wanted, &self.key, floor, evidence)?;
        Ok(self.dispatched(intent, order_id, order_ref, request, now))
    }
}

#[cfg(test)]
mod tests {
    use gatewright_journal::{HaltRecord, HaltScope, Journal, JournalError, OrderIdKey, OrderType, Side};
    use gatewright_proto::ClientId;
    use rust_decimal::Decimal;

    use super::*;

    #[test]
    fn a_closing_order_goes_out_only_while_a_halt_stands() {
        let now = Timestamp::UNIX_EPOCH;
        let mut journal = Journal::in_memory().unwrap();
        let key = OrderIdKey { gateway: "127.0.0.1:4002".into(), client_id: ClientId::new(9990) };
        let halt = HaltRecord { at: now, reason: "smoke".into(), by: "ann".into(), scope: HaltScope::Flatten };
        let request = || OrderRequest {
            symbol: "AAPL".into(),
            side: Side::Sell,
            quantity: Decimal::TEN,
            order_type: OrderType::Market,
            strategy: "kill switch".into(),
            reason: "flatten".into(),
        };
        let (mut outbox, _) = Outbox::open(Journal::in_memory().unwrap(), key.clone(), now).unwrap();
        let refused = outbox.submit_while_halted(request(), OrderId::new(1), now);
        assert!(matches!(refused, Err(TradeError::Journal(JournalError::NotHalted))));
        assert_eq!(outbox.working().count(), 0);

        journal.halt(&halt).unwrap();
        let (mut outbox, _) = Outbox::open(journal, key, now).unwrap();
        let dispatch = outbox.submit_while_halted(request(), OrderId::new(7), now).unwrap();
        assert_eq!((dispatch.order_id, outbox.working().count()), (OrderId::new(7), 1));
        assert_eq!(outbox.working().next().unwrap().remaining(), Decimal::from(-10));
    }
}
