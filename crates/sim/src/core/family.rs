//! Requests sorted by what they are about, so that each family is answered by one function that no other concerns.

use bytes::Bytes;
use gatewright_proto::message::account::{
    AccountSummaryRequest, AccountUpdatesMultiRequest, AccountUpdatesRequest, PositionsMultiRequest,
};
use gatewright_proto::message::advisor::FaReplace;
use gatewright_proto::message::contract::ContractDetailsRequest;
use gatewright_proto::message::depth::{CancelMktDepth, MktDepthRequest};
use gatewright_proto::message::display_group::{SubscribeToGroupEvents, UpdateDisplayGroup};
use gatewright_proto::message::execution::ExecutionsRequest;
use gatewright_proto::message::fundamental::FundamentalDataRequest;
use gatewright_proto::message::head_timestamp::HeadTimestampRequest;
use gatewright_proto::message::histogram::HistogramDataRequest;
use gatewright_proto::message::historical::{HistoricalDataRequest, RealTimeBarsRequest};
use gatewright_proto::message::historical_ticks::HistoricalTicksRequest;
use gatewright_proto::message::market_data::{MarketDataTypeRequest, MktDataRequest};
use gatewright_proto::message::market_rule::MarketRuleRequest;
use gatewright_proto::message::news::{HistoricalNewsRequest, NewsArticleRequest, NewsBulletinsRequest};
use gatewright_proto::message::option::{CalculateImpliedVolatility, CalculateOptionPrice, ExerciseOptions};
use gatewright_proto::message::option_chain::SecDefOptParamsRequest;
use gatewright_proto::message::order::{CancelOrder, PlaceOrder, ReqAutoOpenOrders};
use gatewright_proto::message::pnl::{PnlRequest, PnlSingleRequest};
use gatewright_proto::message::scanner::ScannerSubscription;
use gatewright_proto::message::smart_components::SmartComponentsRequest;
use gatewright_proto::message::symbols::MatchingSymbolsRequest;
use gatewright_proto::message::tick_by_tick::TickByTickRequest;
use gatewright_proto::message::wsh::WshEventDataRequest;
use gatewright_proto::{ClientMessage, RequestId};

/// Declares the families, each with its requests and what is needed of what they carry, and how a message becomes one of
/// them. Every message has its family: one that is new in the protocol does not compile until it is given one.
macro_rules! families {
    ($($(#[$doc:meta])* $family:ident { $($request:ident $(($carries:ty))?,)* })*) => {
        /// A request by its family.
        #[derive(Debug)]
        pub(super) enum Asked {
            $($family($family),)*
            /// A request that the protocol's tables do not have.
            Unknown {
                /// The message id.
                id: i32,
                /// The whole payload, id included.
                payload: Bytes,
            },
        }

        $($(#[$doc])*
        #[derive(Debug)]
        pub(super) enum $family {
            $($request $(($carries))?,)*
        })*

        impl Asked {
            /// Sorts a message.
            pub(super) fn of(message: ClientMessage) -> Self {
                match message {
                    $($(families!(@from carried $request $(($carries))?) => {
                        Self::$family(families!(@to carried $family $request $(($carries))?))
                    })*)*
                    ClientMessage::Unknown { id, payload } => Self::Unknown { id, payload },
                }
            }
        }
    };
    (@from $carried:ident $request:ident) => { ClientMessage::$request { .. } };
    (@from $carried:ident $request:ident ($carries:ty)) => { ClientMessage::$request($carried) };
    (@to $carried:ident $family:ident $request:ident) => { $family::$request };
    (@to $carried:ident $family:ident $request:ident ($carries:ty)) => { $family::$request($carried) };
}

families! {
    /// Orders, executions, and what options are exercised by.
    OrderRequest {
        PlaceOrder(Box<PlaceOrder>),
        CancelOrder(CancelOrder),
        ReqGlobalCancel,
        ReqOpenOrders,
        ReqAllOpenOrders,
        ReqAutoOpenOrders(ReqAutoOpenOrders),
        ReqCompletedOrders,
        ReqExecutions(Box<ExecutionsRequest>),
        ExerciseOptions(Box<ExerciseOptions>),
    }

    /// Account values, positions, profit and loss.
    AccountRequest {
        ReqAccountUpdates(AccountUpdatesRequest),
        ReqAccountSummary(AccountSummaryRequest),
        CancelAccountSummary(RequestId),
        ReqAccountUpdatesMulti(AccountUpdatesMultiRequest),
        CancelAccountUpdatesMulti(RequestId),
        ReqPositions,
        CancelPositions,
        ReqPositionsMulti(Box<PositionsMultiRequest>),
        CancelPositionsMulti,
        ReqPnl(Box<PnlRequest>),
        CancelPnl(RequestId),
        ReqPnlSingle(Box<PnlSingleRequest>),
        CancelPnlSingle(RequestId),
    }

    /// Streams of the market, and scans of it.
    StreamRequest {
        ReqMktData(Box<MktDataRequest>),
        CancelMktData(RequestId),
        ReqMarketDataType(MarketDataTypeRequest),
        ReqMktDepth(Box<MktDepthRequest>),
        CancelMktDepth(CancelMktDepth),
        ReqRealTimeBars(Box<RealTimeBarsRequest>),
        CancelRealTimeBars(RequestId),
        ReqTickByTickData(Box<TickByTickRequest>),
        CancelTickByTickData(RequestId),
        ReqScannerSubscription(Box<ScannerSubscription>),
        CancelScannerSubscription(RequestId),
        ReqScannerParameters,
    }

    /// What was.
    PastRequest {
        ReqHistoricalData(Box<HistoricalDataRequest>),
        CancelHistoricalData(RequestId),
        ReqHeadTimestamp(Box<HeadTimestampRequest>),
        CancelHeadTimestamp,
        ReqHistogramData(Box<HistogramDataRequest>),
        CancelHistogramData,
        ReqHistoricalTicks(Box<HistoricalTicksRequest>),
        CancelHistoricalTicks,
    }

    /// Contracts, and what is known of them.
    InstrumentRequest {
        ReqContractDetails(Box<ContractDetailsRequest>),
        CancelContractDetails,
        ReqMatchingSymbols(MatchingSymbolsRequest),
        ReqSecDefOptParams(Box<SecDefOptParamsRequest>),
        ReqMarketRule(MarketRuleRequest),
        ReqMktDepthExchanges,
        ReqSmartComponents(SmartComponentsRequest),
        CalculateImpliedVolatility(Box<CalculateImpliedVolatility>),
        CancelCalculateImpliedVolatility,
        CalculateOptionPrice(Box<CalculateOptionPrice>),
        CancelCalculateOptionPrice,
    }

    /// News, bulletins, and the events and fundamentals of companies.
    NewsRequest {
        ReqNewsArticle(Box<NewsArticleRequest>),
        ReqNewsProviders,
        ReqHistoricalNews(Box<HistoricalNewsRequest>),
        ReqNewsBulletins(NewsBulletinsRequest),
        CancelNewsBulletins,
        ReqFundamentalData(Box<FundamentalDataRequest>),
        CancelFundamentalData(RequestId),
        ReqWshMetaData(RequestId),
        CancelWshMetaData(RequestId),
        ReqWshEventData(Box<WshEventDataRequest>),
        CancelWshEventData(RequestId),
    }

    /// The session, the login, and the windows of TWS.
    SessionRequest {
        StartApi,
        ReqIds,
        ReqManagedAccounts,
        ReqCurrentTime,
        ReqCurrentTimeInMillis,
        SetServerLogLevel,
        ReqUserInfo(RequestId),
        ReqFamilyCodes,
        ReqSoftDollarTiers(RequestId),
        RequestFa,
        ReplaceFa(Box<FaReplace>),
        QueryDisplayGroups(RequestId),
        SubscribeToGroupEvents(SubscribeToGroupEvents),
        UpdateDisplayGroup(Box<UpdateDisplayGroup>),
        UnsubscribeFromGroupEvents(RequestId),
        VerifyRequest,
        VerifyMessage,
        VerifyAndAuthRequest,
        VerifyAndAuthMessage,
    }
}
