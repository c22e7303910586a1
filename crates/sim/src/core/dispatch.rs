//! From a request to what answers it.

use std::time::Duration;

use gatewright_proto::message::start::{CurrentTime, ManagedAccounts, NextValidId};
use gatewright_proto::{ClientMessage, RequestId, ServerMessage};
use tracing::{info, trace};

use super::action::ConnId;
use super::connection::Stage;
use super::settings::CONFIG_REQUEST;
use super::world::World;

/// Clock requests closer than this to the last answered one are dropped by real Gateways (seen live).
const CLOCK_SPACING: Duration = Duration::from_millis(4_250);

/// What is answered to requests for fundamental data (seen live).
const FUNDAMENTALS: &str = "Fundamentals data is not allowed.";

/// What is answered to advisors' requests where the login is none.
const NO_ADVISOR: &str = "FA data operations ignored for non FA customers.";

/// What is answered to requests for corporate events, which this login has not subscribed.
const NO_NEWS: &str = "News feed is not allowed.";

impl World {
    /// Answers every whole frame that a session has received.
    pub(super) fn read_requests(&mut self, id: ConnId) {
        loop {
            let Some(connection) = self.connections.get_mut(&id) else { return };
            let speaks = connection.speaks;
            let Stage::Ready(session) = &mut connection.stage else { return };
            let payload = match session.decoder.next_frame() {
                Ok(Some(payload)) => payload,
                Ok(None) => return,
                Err(problem) => {
                    info!(conn = id.0, %problem, "the stream has lost its frames");
                    return self.close(id);
                }
            };
            match ClientMessage::decode(&payload, speaks) {
                Ok(message) => {
                    trace!(conn = id.0, message = message.id(), "request");
                    self.take_request(id, message);
                }
                Err(problem) => self.refuse_unreadable(id, &payload, &problem),
            }
        }
    }

    /// Answers one request.
    pub(super) fn answer(&mut self, id: ConnId, message: ClientMessage) {
        match message {
            ClientMessage::ReqMktData(request) => self.start_ticks(id, &request),
            ClientMessage::CancelMktData(request) => self.stop_ticks(id, request),
            ClientMessage::PlaceOrder(order) => self.place(id, *order),
            ClientMessage::CancelOrder(cancel) => self.cancel_one(id, cancel.order_id),
            ClientMessage::ReqGlobalCancel(_) => self.cancel_all(id),
            ClientMessage::ReqOpenOrders => self.send_own_open_orders(id),
            ClientMessage::ReqAllOpenOrders => self.send_all_open_orders(id),
            ClientMessage::ReqAutoOpenOrders(request) => self.bind_manual_orders(id, request),
            ClientMessage::ReqCompletedOrders(_) => self.send_completed_orders(id),
            ClientMessage::ReqExecutions(filter) => self.send_executions(id, &filter),
            ClientMessage::ReqAccountUpdates(request) => self.account_updates(id, &request),
            ClientMessage::ReqAccountSummary(request) => self.start_summary(id, &request),
            ClientMessage::CancelAccountSummary(request) => self.stop_summary(id, request),
            ClientMessage::ReqAccountUpdatesMulti(request) => self.start_multi(id, &request),
            ClientMessage::CancelAccountUpdatesMulti(request) => self.stop_multi(id, request),
            ClientMessage::ReqPositions => self.start_positions(id),
            ClientMessage::CancelPositions => self.stop_positions(id),
            ClientMessage::ReqPositionsMulti(request) => self.send_positions_multi(id, &request),
            ClientMessage::ReqPnl(request) => self.start_profit(id, &request),
            ClientMessage::CancelPnl(request) => self.stop_profit(id, request),
            ClientMessage::ReqPnlSingle(request) => self.start_position_profit(id, &request),
            ClientMessage::CancelPnlSingle(request) => self.stop_position_profit(id, request),
            ClientMessage::ReqContractDetails(request) => self.send_contract_details(id, &request),
            ClientMessage::ReqHistoricalData(request) => self.send_history(id, &request),
            ClientMessage::CancelHistoricalData(request) => self.stop_history(id, request),
            ClientMessage::ReqRealTimeBars(request) => self.start_five_second_bars(id, &request),
            ClientMessage::CancelRealTimeBars(request) => self.stop_five_second_bars(id, request),
            ClientMessage::ReqMarketDataType(request) => self.choose_data_type(id, request.market_data_type),
            ClientMessage::ReqIds(_) => self.send_next_id(id),
            ClientMessage::ReqManagedAccounts => self.send_accounts(id),
            ClientMessage::ReqCurrentTime => self.send_clock(id),
            ClientMessage::ReqMktDepth(request) => self.start_depth(id, &request),
            ClientMessage::CancelMktDepth(request) => self.stop_depth(id, request.req_id),
            ClientMessage::ReqScannerSubscription(request) => self.start_scanner(id, *request),
            ClientMessage::CancelScannerSubscription(request) => self.stop_scanner(id, request),
            ClientMessage::ReqScannerParameters => self.send_scanner_parameters(id),
            ClientMessage::CalculateImpliedVolatility(request) => self.calculate_volatility(id, &request),
            ClientMessage::CalculateOptionPrice(request) => self.calculate_price(id, &request),
            ClientMessage::ReqSecDefOptParams(request) => self.send_option_chain(id, &request),
            ClientMessage::ReqSoftDollarTiers(request) => self.send_soft_dollar_tiers(id, request),
            ClientMessage::ReqFamilyCodes => self.send_family_codes(id),
            ClientMessage::ReqMatchingSymbols(request) => self.send_matching_symbols(id, &request),
            ClientMessage::ReqMktDepthExchanges => self.send_depth_exchanges(id),
            ClientMessage::ReqSmartComponents(request) => self.send_smart_components(id, &request),
            ClientMessage::ReqNewsArticle(request) => self.send_news_article(id, &request),
            ClientMessage::ReqNewsProviders => self.send_news_providers(id),
            ClientMessage::ReqHistoricalNews(request) => self.send_historical_news(id, &request),
            ClientMessage::ReqHeadTimestamp(request) => self.send_head_timestamp(id, &request),
            ClientMessage::ReqHistogramData(request) => self.send_histogram(id, &request),
            ClientMessage::ReqMarketRule(request) => self.send_market_rule(id, request.market_rule_id),
            ClientMessage::ReqHistoricalTicks(request) => self.send_past_ticks(id, &request),
            ClientMessage::ReqTickByTickData(request) => self.start_tick_by_tick(id, &request),
            ClientMessage::CancelTickByTickData(request) => self.stop_tick_by_tick(id, request),
            ClientMessage::ReqUserInfo(request) => self.send_user_info(id, request),
            ClientMessage::ReqCurrentTimeInMillis => self.send_clock_in_millis(id),
            ClientMessage::ReqFundamentalData(request) => self.refuse(id, request.req_id, 10358, FUNDAMENTALS),
            ClientMessage::ReqWshMetaData(request) => self.refuse(id, request, 10276, NO_NEWS),
            ClientMessage::ReqWshEventData(request) => self.refuse(id, request.req_id, 10276, NO_NEWS),
            ClientMessage::ReqNewsBulletins(request) => self.start_bulletins(id, request),
            ClientMessage::CancelNewsBulletins => self.stop_bulletins(id),
            ClientMessage::QueryDisplayGroups(request) => self.send_display_groups(id, request),
            ClientMessage::SubscribeToGroupEvents(request) => self.watch_display_group(id, &request),
            ClientMessage::UpdateDisplayGroup(request) => self.update_display_group(id, &request),
            ClientMessage::UnsubscribeFromGroupEvents(request) => self.forget_display_group(id, request),
            ClientMessage::RequestFa(_) => self.refuse_invalid(id, RequestId::NONE, NO_ADVISOR),
            ClientMessage::ReplaceFa(request) => self.refuse_invalid(id, request.req_id, NO_ADVISOR),
            // These are answered at once, so that there is nothing left to end.
            ClientMessage::CancelPositionsMulti(_)
            | ClientMessage::CancelHistogramData(_)
            | ClientMessage::CancelContractDetails(_)
            | ClientMessage::CancelHistoricalTicks(_)
            | ClientMessage::CancelHeadTimestamp(_)
            | ClientMessage::CancelCalculateImpliedVolatility(_)
            | ClientMessage::CancelCalculateOptionPrice(_) => {}
            // The log is the simulator's own business; a Gateway answers nothing either.
            ClientMessage::SetServerLogLevel(_) => {}
            // A Gateway that has a session takes no second START_API, and says nothing.
            ClientMessage::StartApi(_) => info!(conn = id.0, "START_API again"),
            message @ (ClientMessage::ExerciseOptions(_)
            | ClientMessage::CancelFundamentalData(_)
            | ClientMessage::VerifyRequest(_)
            | ClientMessage::VerifyMessage(_)
            | ClientMessage::VerifyAndAuthRequest(_)
            | ClientMessage::VerifyAndAuthMessage(_)
            | ClientMessage::CancelWshMetaData(_)
            | ClientMessage::CancelWshEventData(_)) => self.answer_unserved(id, &message),
            ClientMessage::Unknown { id: message, payload } => self.answer_unknown(id, message, &payload),
        }
    }

    /// Answers what exists in protobuf only, and refuses the rest.
    fn answer_unknown(&mut self, id: ConnId, message: i32, payload: &[u8]) {
        match message {
            CONFIG_REQUEST => {
                let request = self.request_in(id, message, payload);
                self.send_settings(id, request.unwrap_or(RequestId::NONE));
            }
            _ => self.answer_unsupported(id, message, payload),
        }
    }

    fn send_next_id(&mut self, id: ConnId) {
        let Some(client) = self.session_mut(id).map(|session| session.client) else { return };
        let order_id = self.next_order_id(client);
        self.send(id, &ServerMessage::NextValidId(NextValidId { order_id }));
    }

    fn send_accounts(&mut self, id: ConnId) {
        let accounts = self.config.accounts.clone();
        self.send(id, &ServerMessage::ManagedAccounts(ManagedAccounts { accounts }));
    }

    fn send_clock(&mut self, id: ConnId) {
        let (now, spacing) = (self.now, self.wire(CLOCK_SPACING));
        let suppress = self.config.suppress_close_clock_requests;
        let Some(session) = self.session_mut(id) else { return };
        if suppress && session.last_clock.is_some_and(|last| now < last + spacing) {
            return;
        }
        session.last_clock = Some(now);
        self.send(id, &ServerMessage::CurrentTime(CurrentTime { epoch_seconds: now.second() }));
    }
}
