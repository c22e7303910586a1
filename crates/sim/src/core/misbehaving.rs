//! Faults of single messages: what is not answered, what comes twice, too early or never.

use std::time::Duration;

use gatewright_proto::message::order::CancelOrder;
use gatewright_proto::message::start::ErrorMessage;
use gatewright_proto::{ClientMessage, RequestId, ServerMessage};
use rust_decimal::Decimal;

use super::action::ConnId;
use super::agenda::Due;
use super::trouble::Delayed;
use super::world::World;
use crate::fault::Fault;
use crate::scenario::{Deed, RequestKind, Verdict};

/// How long after an execution its openOrder and orderStatus come with [`Fault::ExecutionFirst`], in the client's time.
const AFTER_EXECUTION: Duration = Duration::from_millis(5);

/// How long after an order its warnings come, in the client's time.
const WARNINGS_AFTER: Duration = Duration::from_millis(1);

/// How long after it was taken IBKR cancels an order with [`Fault::BrokerCancels`], in simulated time: before the first
/// could fill.
const CANCELS_AFTER: Duration = Duration::from_millis(10);

/// How long after its execution a commissionReport comes with [`Fault::LateCommission`], in simulated time.
const COMMISSION_AFTER: Duration = Duration::from_secs(2);

/// The id of commissionReport.
const COMMISSION_REPORT: i32 = 59;

/// orderStatus, openOrder, execDetails and commissionReport.
const ABOUT_ORDERS: [i32; 4] = [3, 5, 11, COMMISSION_REPORT];

/// Requests that a data farm answers.
const NEED_FARMS: [i32; 8] = [1, 10, 20, 50, 87, 88, 96, 97];

/// Messages that end an answer, by their ids (the protocol as clients show it).
const END_MARKERS: [i32; 14] = [52, 53, 54, 55, 57, 62, 64, 72, 74, 76, 87, 102, 103, 108];

/// Messages of streams, by their ids: ticks, depth, five-second bars, updated bars, tick-by-tick.
const STREAMED: [i32; 10] = [1, 2, 12, 13, 45, 46, 50, 90, 99, 21];

/// Orders and requests for open orders, which need write access.
const NEED_WRITE_ACCESS: [i32; 5] = [3, 4, 5, 16, 58];

/// Warnings about an order that lives (field reports).
const ORDER_WARNINGS: [(i32, &str); 5] = [
    (399, "Order Message:\nWarning: Your order will not be placed at the exchange until the next session."),
    (404, "Order held while securities are located."),
    (
        2109,
        "Order Event Warning: Attribute 'Outside Regular Trading Hours' is ignored based on the order type and destination. PlaceOrder is now being processed.",
    ),
    (2137, "Warning: Cross Side Warning: this order may trade against another of yours."),
    (10349, "Order TIF was set to DAY based on order preset."),
];

const COMPETING: &str = "No market data during competing live session";

impl World {
    /// What the faults that are on make of a request.
    #[expect(clippy::wildcard_enum_match_arm, reason = "most requests are disturbed by no fault of their own")]
    pub(super) fn fault_on_request(&mut self, id: ConnId, message: &ClientMessage) -> Verdict {
        let kind = RequestKind::new(message.id());
        if self.faults.has(Fault::MessageRate) {
            let verdict = self.rate_verdict(id);
            if verdict != Verdict::Pass {
                return verdict;
            }
        }
        let unanswered = self.faults.has(Fault::Unanswered) && self.parameters().unanswered.contains(&kind);
        let no_access = self.faults.has(Fault::WriteAccessDialog) && NEED_WRITE_ACCESS.contains(&kind.get());
        if unanswered || no_access {
            return Verdict::Drop;
        }
        let too_early = self.faults.has(Fault::EarlyRequestsLost)
            && NEED_FARMS.contains(&kind.get())
            && self.session_mut(id).is_some_and(|session| !session.knows_farms);
        if too_early {
            return Verdict::Drop;
        }
        match message {
            ClientMessage::PlaceOrder(_) => self.order_verdict(id),
            ClientMessage::CancelOrder(cancel) if self.faults.has(Fault::CancelRace) => {
                self.fill_before_cancel(id, cancel);
                Verdict::Pass
            }
            ClientMessage::ReqMktData(request) if self.faults.has(Fault::MarketDataLines) => {
                self.lines_verdict(request.snapshot)
            }
            ClientMessage::ReqHistoricalData(request) if self.faults.has(Fault::HistoricalPacing) => {
                self.history_verdict(id, request)
            }
            ClientMessage::ReqHeadTimestamp(_) if self.faults.has(Fault::HistoricalPacing) => self.open_verdict(),
            _ => Verdict::Pass,
        }
    }

    /// What faults add once a request was answered.
    pub(super) fn fault_after_request(&mut self, id: ConnId, message: &ClientMessage) {
        if let ClientMessage::PlaceOrder(place) = message
            && self.faults.has(Fault::OrderWarnings)
        {
            let request = RequestId::new(place.order_id.get());
            for (code, text) in ORDER_WARNINGS {
                let warning = self.stamped(ErrorMessage::about(request, code, text));
                let span = self.wire(WARNINGS_AFTER);
                self.put_off(span, Delayed::Answer(id, Box::new(ServerMessage::Error(Box::new(warning)))));
            }
        }
        if let ClientMessage::PlaceOrder(place) = message
            && self.faults.has(Fault::BrokerCancels)
            && let Some(client) = self.session_mut(id).map(|session| session.client)
        {
            self.agenda.add(self.now + CANCELS_AFTER, Due::BrokerCancels(client, place.order_id));
        }
        if !self.faults.has(Fault::CompetingSession) {
            return;
        }
        if let ClientMessage::ReqMktData(request) = message {
            self.tell(id, request.req_id, 10197, COMPETING);
        }
        if let ClientMessage::ReqRealTimeBars(request) = message {
            self.tell(id, request.req_id, 10197, COMPETING);
        }
    }

    /// What the faults that are on make of an answer.
    #[expect(clippy::wildcard_enum_match_arm, reason = "only order messages tell of fills")]
    pub(super) fn fault_on_answer(&mut self, message: &ServerMessage) -> Verdict {
        let kind = message.id();
        if STREAMED.contains(&kind) && self.streams_are_silent() {
            return Verdict::Drop;
        }
        if self.faults.has(Fault::NoEndMarkers) && END_MARKERS.contains(&kind) {
            return Verdict::Drop;
        }
        let hidden = self.faults.has(Fault::OutageHidesOrders) && self.is_cut_off();
        if hidden && ABOUT_ORDERS.contains(&kind) && !self.trouble.answering {
            return Verdict::Drop;
        }
        if kind == COMMISSION_REPORT && self.faults.has(Fault::LateCommission) && !self.trouble.answering {
            return Verdict::Delay(COMMISSION_AFTER);
        }
        let fills = match message {
            ServerMessage::OrderStatus(status) => {
                if self.faults.has(Fault::MissingStatus) {
                    return Verdict::Drop;
                }
                status.filled > Decimal::ZERO
            }
            ServerMessage::OpenOrder(order) => order.order_state.status == "Filled",
            _ => false,
        };
        if fills && self.faults.has(Fault::ExecutionFirst) {
            return Verdict::Delay(self.wire(AFTER_EXECUTION));
        }
        let is_status = kind == 3;
        if is_status && self.faults.has(Fault::DuplicateStatus) { Verdict::Duplicate } else { Verdict::Pass }
    }

    /// Tells every stream that another session has taken its data.
    pub(super) fn tell_competing(&mut self) {
        let streams: Vec<(ConnId, RequestId)> = self
            .sessions()
            .flat_map(|(id, session)| {
                let requests = session.ticks.keys().chain(session.five_second_bars.keys());
                requests.map(move |request| (id, *request))
            })
            .collect();
        for (id, request) in streams {
            self.tell(id, request, 10197, COMPETING);
        }
    }

    fn order_verdict(&mut self, id: ConnId) -> Verdict {
        if self.faults.has(Fault::OrderDialog) {
            let span = self.parameters().dialog_after.get();
            match self.trouble.order_dialogs.get(&id) {
                Some(until) if self.now < *until => return Verdict::Drop,
                Some(_) => {}
                None => {
                    self.trouble.order_dialogs.insert(id, self.now + span);
                    return Verdict::Delay(span);
                }
            }
        }
        if self.faults.has(Fault::RejectedOrder) {
            let text = "Order rejected - reason:The order is rejected by the simulator's fault.".to_owned();
            return Verdict::Do(vec![Deed::Drop, Deed::Error { code: 201, text }]);
        }
        if self.faults.has(Fault::SwallowedOrder) {
            self.trouble.orders_seen = self.trouble.orders_seen.wrapping_add(1);
            if self.trouble.orders_seen.is_multiple_of(self.parameters().swallow_every.max(1)) {
                return Verdict::Drop;
            }
        }
        Verdict::Pass
    }

    /// The order that is to be cancelled fills a moment before.
    fn fill_before_cancel(&mut self, id: ConnId, cancel: &CancelOrder) {
        let Some(client) = self.session_mut(id).map(|session| session.client) else { return };
        self.fill_at_market((client, cancel.order_id));
    }
}
