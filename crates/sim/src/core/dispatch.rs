//! From a request to what answers it.

use std::time::Duration;

use gatewright_proto::message::start::{CurrentTime, ManagedAccounts, NextValidId};
use gatewright_proto::{ClientMessage, RequestId, ServerMessage};
use tracing::{info, trace};

use super::action::ConnId;
use super::connection::Stage;
use super::family::{
    AccountRequest, Asked, InstrumentRequest, NewsRequest, OrderRequest, PastRequest, SessionRequest, StreamRequest,
};
use super::settings::{CONFIG_REQUEST, CONFIG_UPDATE};
use super::world::World;

/// Clock requests closer than this to the last answered one are dropped by real Gateways (seen live).
const CLOCK_SPACING: Duration = Duration::from_millis(4_250);

/// What is answered to requests for fundamental data (seen live).
const FUNDAMENTALS: &str = "Fundamentals data is not allowed.";

/// What is answered to advisors' requests where the login is none.
const NO_ADVISOR: &str = "FA data operations ignored for non FA customers.";

/// What is answered to requests for corporate events, which this login has not subscribed.
const NO_NEWS: &str = "News feed is not allowed.";

/// What is answered to proofs of identity. They are for programs that IBKR has certified, which say so when they connect;
/// the words are those of the official clients where the connection was made without it.
const NO_INTENT: &str = "Intent to authenticate needs to be expressed during initial connect request.";

/// What is answered to changes of the Gateway's settings, which is the person's who runs the simulator.
const NO_CHANGES: &str = "The simulator's settings are chosen when it is started and cannot be changed over the API.";

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
        match Asked::of(message) {
            Asked::OrderRequest(request) => self.answer_about_orders(id, request),
            Asked::AccountRequest(request) => self.answer_about_accounts(id, request),
            Asked::StreamRequest(request) => self.answer_about_streams(id, request),
            Asked::PastRequest(request) => self.answer_about_past(id, request),
            Asked::InstrumentRequest(request) => self.answer_about_instruments(id, request),
            Asked::NewsRequest(request) => self.answer_about_news(id, request),
            Asked::SessionRequest(request) => self.answer_about_sessions(id, request),
            Asked::Unknown { id: message, payload } => self.answer_unknown(id, message, &payload),
        }
    }

    fn answer_about_orders(&mut self, id: ConnId, request: OrderRequest) {
        match request {
            OrderRequest::PlaceOrder(order) => self.place(id, *order),
            OrderRequest::CancelOrder(cancel) => self.cancel_one(id, cancel.order_id),
            OrderRequest::ReqGlobalCancel => self.cancel_all(id),
            OrderRequest::ReqOpenOrders => self.send_own_open_orders(id),
            OrderRequest::ReqAllOpenOrders => self.send_all_open_orders(id),
            OrderRequest::ReqAutoOpenOrders(request) => self.bind_manual_orders(id, request),
            OrderRequest::ReqCompletedOrders => self.send_completed_orders(id),
            OrderRequest::ReqExecutions(filter) => self.send_executions(id, &filter),
            OrderRequest::ExerciseOptions(request) => self.exercise(id, &request),
        }
    }

    fn answer_about_accounts(&mut self, id: ConnId, request: AccountRequest) {
        match request {
            AccountRequest::ReqAccountUpdates(request) => self.account_updates(id, &request),
            AccountRequest::ReqAccountSummary(request) => self.start_summary(id, &request),
            AccountRequest::CancelAccountSummary(request) => self.stop_summary(id, request),
            AccountRequest::ReqAccountUpdatesMulti(request) => self.start_multi(id, &request),
            AccountRequest::CancelAccountUpdatesMulti(request) => self.stop_multi(id, request),
            AccountRequest::ReqPositions => self.start_positions(id),
            AccountRequest::CancelPositions => self.stop_positions(id),
            AccountRequest::ReqPositionsMulti(request) => self.send_positions_multi(id, &request),
            // Answered at once, so that there is nothing left to end.
            AccountRequest::CancelPositionsMulti => {}
            AccountRequest::ReqPnl(request) => self.start_profit(id, &request),
            AccountRequest::CancelPnl(request) => self.stop_profit(id, request),
            AccountRequest::ReqPnlSingle(request) => self.start_position_profit(id, &request),
            AccountRequest::CancelPnlSingle(request) => self.stop_position_profit(id, request),
        }
    }

    fn answer_about_streams(&mut self, id: ConnId, request: StreamRequest) {
        match request {
            StreamRequest::ReqMktData(request) => self.start_ticks(id, &request),
            StreamRequest::CancelMktData(request) => self.stop_ticks(id, request),
            StreamRequest::ReqMarketDataType(request) => self.choose_data_type(id, request.market_data_type),
            StreamRequest::ReqMktDepth(request) => self.start_depth(id, &request),
            StreamRequest::CancelMktDepth(request) => self.stop_depth(id, request.req_id),
            StreamRequest::ReqRealTimeBars(request) => self.start_five_second_bars(id, &request),
            StreamRequest::CancelRealTimeBars(request) => self.stop_five_second_bars(id, request),
            StreamRequest::ReqTickByTickData(request) => self.start_tick_by_tick(id, &request),
            StreamRequest::CancelTickByTickData(request) => self.stop_tick_by_tick(id, request),
            StreamRequest::ReqScannerSubscription(request) => self.start_scanner(id, *request),
            StreamRequest::CancelScannerSubscription(request) => self.stop_scanner(id, request),
            StreamRequest::ReqScannerParameters => self.send_scanner_parameters(id),
        }
    }

    fn answer_about_past(&mut self, id: ConnId, request: PastRequest) {
        match request {
            PastRequest::ReqHistoricalData(request) => self.send_history(id, &request),
            PastRequest::CancelHistoricalData(request) => self.stop_history(id, request),
            PastRequest::ReqHeadTimestamp(request) => self.send_head_timestamp(id, &request),
            PastRequest::ReqHistogramData(request) => self.send_histogram(id, &request),
            PastRequest::ReqHistoricalTicks(request) => self.send_past_ticks(id, &request),
            // These are answered at once, so that there is nothing left to end.
            PastRequest::CancelHeadTimestamp
            | PastRequest::CancelHistogramData
            | PastRequest::CancelHistoricalTicks => {}
        }
    }

    fn answer_about_instruments(&mut self, id: ConnId, request: InstrumentRequest) {
        match request {
            InstrumentRequest::ReqContractDetails(request) => self.send_contract_details(id, &request),
            InstrumentRequest::ReqMatchingSymbols(request) => self.send_matching_symbols(id, &request),
            InstrumentRequest::ReqSecDefOptParams(request) => self.send_option_chain(id, &request),
            InstrumentRequest::ReqMarketRule(request) => self.send_market_rule(id, request.market_rule_id),
            InstrumentRequest::ReqMktDepthExchanges => self.send_depth_exchanges(id),
            InstrumentRequest::ReqSmartComponents(request) => self.send_smart_components(id, &request),
            InstrumentRequest::CalculateImpliedVolatility(request) => self.calculate_volatility(id, &request),
            InstrumentRequest::CalculateOptionPrice(request) => self.calculate_price(id, &request),
            // These are answered at once, so that there is nothing left to end.
            InstrumentRequest::CancelContractDetails
            | InstrumentRequest::CancelCalculateImpliedVolatility
            | InstrumentRequest::CancelCalculateOptionPrice => {}
        }
    }

    fn answer_about_news(&mut self, id: ConnId, request: NewsRequest) {
        match request {
            NewsRequest::ReqNewsArticle(request) => self.send_news_article(id, &request),
            NewsRequest::ReqNewsProviders => self.send_news_providers(id),
            NewsRequest::ReqHistoricalNews(request) => self.send_historical_news(id, &request),
            NewsRequest::ReqNewsBulletins(request) => self.start_bulletins(id, request),
            NewsRequest::CancelNewsBulletins => self.stop_bulletins(id),
            NewsRequest::ReqFundamentalData(request) => self.refuse(id, request.req_id, 10358, FUNDAMENTALS),
            NewsRequest::ReqWshMetaData(request) => self.refuse(id, request, 10276, NO_NEWS),
            NewsRequest::ReqWshEventData(request) => self.refuse(id, request.req_id, 10276, NO_NEWS),
            NewsRequest::CancelFundamentalData(request)
            | NewsRequest::CancelWshMetaData(request)
            | NewsRequest::CancelWshEventData(request) => self.refuse_unopened(id, request),
        }
    }

    fn answer_about_sessions(&mut self, id: ConnId, request: SessionRequest) {
        match request {
            // A Gateway that has a session takes no second START_API, and says nothing.
            SessionRequest::StartApi => info!(conn = id.0, "START_API again"),
            SessionRequest::ReqIds => self.send_next_id(id),
            SessionRequest::ReqManagedAccounts => self.send_accounts(id),
            SessionRequest::ReqCurrentTime => self.send_clock(id),
            SessionRequest::ReqCurrentTimeInMillis => self.send_clock_in_millis(id),
            // The log is the simulator's own business; a Gateway answers nothing either.
            SessionRequest::SetServerLogLevel => {}
            SessionRequest::ReqUserInfo(request) => self.send_user_info(id, request),
            SessionRequest::ReqFamilyCodes => self.send_family_codes(id),
            SessionRequest::ReqSoftDollarTiers(request) => self.send_soft_dollar_tiers(id, request),
            SessionRequest::RequestFa => self.refuse_invalid(id, RequestId::NONE, NO_ADVISOR),
            SessionRequest::ReplaceFa(request) => self.refuse_invalid(id, request.req_id, NO_ADVISOR),
            SessionRequest::QueryDisplayGroups(request) => self.send_display_groups(id, request),
            SessionRequest::SubscribeToGroupEvents(request) => self.watch_display_group(id, &request),
            SessionRequest::UpdateDisplayGroup(request) => self.update_display_group(id, &request),
            SessionRequest::UnsubscribeFromGroupEvents(request) => self.forget_display_group(id, request),
            SessionRequest::VerifyRequest
            | SessionRequest::VerifyMessage
            | SessionRequest::VerifyAndAuthRequest
            | SessionRequest::VerifyAndAuthMessage => self.refuse_invalid(id, RequestId::NONE, NO_INTENT),
        }
    }

    /// Answers what exists in protobuf only, and refuses the rest.
    fn answer_unknown(&mut self, id: ConnId, message: i32, payload: &[u8]) {
        let request = self.request_in(id, message, payload).unwrap_or(RequestId::NONE);
        match message {
            CONFIG_REQUEST => self.send_settings(id, request),
            CONFIG_UPDATE => self.refuse_invalid(id, request, NO_CHANGES),
            _ => self.answer_unsupported(id, message, request),
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
