//! Everything a client can send, as one enum.

use bytes::Bytes;

use crate::error::ProtoError;
use crate::ids::{RequestId, ServerVersion};
use crate::message::account::{
    AccountSummaryRequest, AccountUpdatesMultiRequest, AccountUpdatesRequest, PositionsMultiRequest,
};
use crate::message::advisor::{FaReplace, FaRequest};
use crate::message::contract::ContractDetailsRequest;
use crate::message::depth::{CancelMktDepth, MktDepthRequest};
use crate::message::display_group::{SubscribeToGroupEvents, UpdateDisplayGroup};
use crate::message::execution::ExecutionsRequest;
use crate::message::fundamental::FundamentalDataRequest;
use crate::message::head_timestamp::HeadTimestampRequest;
use crate::message::histogram::HistogramDataRequest;
use crate::message::historical::{HistoricalDataRequest, RealTimeBarsRequest};
use crate::message::historical_ticks::HistoricalTicksRequest;
use crate::message::market_data::{MarketDataTypeRequest, MktDataRequest};
use crate::message::market_rule::MarketRuleRequest;
use crate::message::news::{HistoricalNewsRequest, NewsArticleRequest, NewsBulletinsRequest};
use crate::message::option::{CalculateImpliedVolatility, CalculateOptionPrice, ExerciseOptions};
use crate::message::option_chain::SecDefOptParamsRequest;
use crate::message::order::{CancelOrder, GlobalCancel, PlaceOrder, ReqAutoOpenOrders, ReqCompletedOrders};
use crate::message::pnl::{PnlRequest, PnlSingleRequest};
use crate::message::scanner::ScannerSubscription;
use crate::message::smart_components::SmartComponentsRequest;
use crate::message::start::{ReqIds, SetServerLogLevel, StartApi};
use crate::message::symbols::MatchingSymbolsRequest;
use crate::message::table::messages;
use crate::message::tick_by_tick::TickByTickRequest;
use crate::message::verify::{VerifyAndAuthMessage, VerifyAndAuthRequest, VerifyMessage, VerifyRequest};
use crate::message::wsh::WshEventDataRequest;
use crate::text::{FieldWriter, Fields};

messages! {
    /// Everything a client can send.
    pub enum ClientMessage {
        /// 1: Asks for a stream of ticks or a snapshot.
        1 ReqMktData(Box<MktDataRequest>);
        /// 2: Ends a stream of ticks.
        2 CancelMktData(RequestId) version 2;
        /// 3: Places or, with a known id, modifies an order.
        3 PlaceOrder(Box<PlaceOrder>);
        /// 4: Cancels an order of this client.
        4 CancelOrder(CancelOrder);
        /// 5: Asks for the open orders of this client.
        5 ReqOpenOrders version 1;
        /// 6: Starts or stops the stream of account values.
        6 ReqAccountUpdates(AccountUpdatesRequest);
        /// 7: Asks for executions since midnight.
        7 ReqExecutions(Box<ExecutionsRequest>);
        /// 8: Asks for the next valid order id.
        8 ReqIds(ReqIds);
        /// 9: Asks for the details of all contracts that match.
        9 ReqContractDetails(Box<ContractDetailsRequest>);
        /// 10: Starts a stream of market depth.
        10 ReqMktDepth(Box<MktDepthRequest>);
        /// 11: Ends a stream of market depth.
        11 CancelMktDepth(CancelMktDepth);
        /// 12: Starts the stream of news bulletins.
        12 ReqNewsBulletins(NewsBulletinsRequest);
        /// 13: Ends the stream of news bulletins.
        13 CancelNewsBulletins version 1;
        /// 14: Sets how much the Gateway logs.
        14 SetServerLogLevel(SetServerLogLevel);
        /// 15: Binds manual orders to client id 0 from now on.
        15 ReqAutoOpenOrders(ReqAutoOpenOrders);
        /// 16: Asks for the open orders of all clients.
        16 ReqAllOpenOrders version 1;
        /// 17: Asks for the accounts again.
        17 ReqManagedAccounts version 1;
        /// 18: Asks for a part of an advisor's configuration.
        18 RequestFa(FaRequest);
        /// 19: Replaces a part of an advisor's configuration.
        19 ReplaceFa(Box<FaReplace>);
        /// 20: Asks for historical bars.
        20 ReqHistoricalData(Box<HistoricalDataRequest>);
        /// 21: Exercises options, or lets them lapse.
        21 ExerciseOptions(Box<ExerciseOptions>);
        /// 22: Starts a market scan.
        22 ReqScannerSubscription(Box<ScannerSubscription>);
        /// 23: Ends a market scan.
        23 CancelScannerSubscription(RequestId) version 1;
        /// 24: Asks what can be scanned for.
        24 ReqScannerParameters version 1;
        /// 25: Ends a historical request.
        25 CancelHistoricalData(RequestId) version 1;
        /// 49: Asks for the Gateway's clock; the Gateway drops these closer than 4.25 s.
        49 ReqCurrentTime version 1;
        /// 50: Starts a stream of five-second bars.
        50 ReqRealTimeBars(Box<RealTimeBarsRequest>);
        /// 51: Ends a stream of five-second bars.
        51 CancelRealTimeBars(RequestId) version 1;
        /// 52: Asks for fundamental data.
        52 ReqFundamentalData(Box<FundamentalDataRequest>);
        /// 53: Ends such a request.
        53 CancelFundamentalData(RequestId) version 1;
        /// 54: Asks for an implied volatility.
        54 CalculateImpliedVolatility(Box<CalculateImpliedVolatility>);
        /// 55: Asks for an option's price.
        55 CalculateOptionPrice(Box<CalculateOptionPrice>);
        /// 56: Ends such a calculation of a volatility.
        56 CancelCalculateImpliedVolatility(RequestId) version 1;
        /// 57: Ends such a calculation of a price.
        57 CancelCalculateOptionPrice(RequestId) version 1;
        /// 58: Cancels all orders of all clients.
        58 ReqGlobalCancel(GlobalCancel);
        /// 59: Chooses live, frozen or delayed data.
        59 ReqMarketDataType(MarketDataTypeRequest);
        /// 61: Asks for all positions, then for their changes.
        61 ReqPositions version 1;
        /// 62: Asks for tagged account values.
        62 ReqAccountSummary(AccountSummaryRequest);
        /// 63: Ends an account summary.
        63 CancelAccountSummary(RequestId) version 1;
        /// 64: Ends the stream of positions.
        64 CancelPositions version 1;
        /// 65: Starts a proof of identity.
        65 VerifyRequest(Box<VerifyRequest>);
        /// 66: Goes on with a proof of identity.
        66 VerifyMessage(Box<VerifyMessage>);
        /// 67: Asks for the display groups.
        67 QueryDisplayGroups(RequestId) version 1;
        /// 68: Asks for the changes of a display group.
        68 SubscribeToGroupEvents(SubscribeToGroupEvents);
        /// 69: Shows another instrument in a display group.
        69 UpdateDisplayGroup(Box<UpdateDisplayGroup>);
        /// 70: Ends the changes of a display group.
        70 UnsubscribeFromGroupEvents(RequestId) version 1;
        /// 71: Takes a client id and opens the session.
        71 StartApi(StartApi);
        /// 72: Starts a proof of identity that also logs in.
        72 VerifyAndAuthRequest(Box<VerifyAndAuthRequest>);
        /// 73: Goes on with such a proof.
        73 VerifyAndAuthMessage(Box<VerifyAndAuthMessage>);
        /// 74: Asks for positions, with an id.
        74 ReqPositionsMulti(Box<PositionsMultiRequest>);
        /// 75: Ends such a request.
        75 CancelPositionsMulti(RequestId) version 1;
        /// 76: Asks for values of one account, with an id.
        76 ReqAccountUpdatesMulti(AccountUpdatesMultiRequest);
        /// 77: Ends such a request.
        77 CancelAccountUpdatesMulti(RequestId) version 1;
        /// 78: Asks for option chains.
        78 ReqSecDefOptParams(Box<SecDefOptParamsRequest>);
        /// 79: Asks for the tiers of soft dollars.
        79 ReqSoftDollarTiers(RequestId);
        /// 80: Asks for the families of accounts.
        80 ReqFamilyCodes;
        /// 81: Searches instruments.
        81 ReqMatchingSymbols(MatchingSymbolsRequest);
        /// 82: Asks which exchanges have a book.
        82 ReqMktDepthExchanges;
        /// 83: Asks which exchanges the letters of a quote stand for.
        83 ReqSmartComponents(SmartComponentsRequest);
        /// 84: Asks for a news article.
        84 ReqNewsArticle(Box<NewsArticleRequest>);
        /// 85: Asks for the providers of news.
        85 ReqNewsProviders;
        /// 86: Asks for past headlines.
        86 ReqHistoricalNews(Box<HistoricalNewsRequest>);
        /// 87: Asks how far the history of an instrument goes back.
        87 ReqHeadTimestamp(Box<HeadTimestampRequest>);
        /// 88: Asks for a histogram.
        88 ReqHistogramData(Box<HistogramDataRequest>);
        /// 89: Ends a request for a histogram.
        89 CancelHistogramData(RequestId);
        /// 90: Ends a request for the start of a history.
        90 CancelHeadTimestamp(RequestId);
        /// 91: Asks for the price steps of a market rule.
        91 ReqMarketRule(MarketRuleRequest);
        /// 92: Starts a stream of an account's profit and loss.
        92 ReqPnl(Box<PnlRequest>);
        /// 93: Ends a stream of an account's profit and loss.
        93 CancelPnl(RequestId);
        /// 94: Starts a stream of a position's profit and loss.
        94 ReqPnlSingle(Box<PnlSingleRequest>);
        /// 95: Ends a stream of a position's profit and loss.
        95 CancelPnlSingle(RequestId);
        /// 96: Asks for past ticks.
        96 ReqHistoricalTicks(Box<HistoricalTicksRequest>);
        /// 97: Starts a stream of every tick.
        97 ReqTickByTickData(Box<TickByTickRequest>);
        /// 98: Ends a stream of every tick.
        98 CancelTickByTickData(RequestId);
        /// 99: Asks for orders that are done.
        99 ReqCompletedOrders(ReqCompletedOrders);
        /// 100: Asks what corporate events can be filtered by.
        100 ReqWshMetaData(RequestId);
        /// 101: Ends such a request.
        101 CancelWshMetaData(RequestId);
        /// 102: Asks for corporate events.
        102 ReqWshEventData(Box<WshEventDataRequest>);
        /// 103: Ends such a request.
        103 CancelWshEventData(RequestId);
        /// 104: Asks who is logged in.
        104 ReqUserInfo(RequestId);
        /// 105: Asks for the Gateway's clock in milliseconds.
        105 ReqCurrentTimeInMillis;
        /// 106: Ends a request for contract details; never text.
        106 CancelContractDetails(RequestId);
        /// 107: Ends a request for past ticks; never text.
        107 CancelHistoricalTicks(RequestId);
    }
}
