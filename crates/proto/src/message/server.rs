//! Everything a server can send, as one enum.

use bytes::Bytes;

use crate::error::ProtoError;
use crate::ids::{RequestId, ServerVersion};
use crate::message::account::{
    AccountDownloadEnd, AccountSummary, AccountUpdateMulti, AccountUpdateTime, AccountValue, PortfolioValue, Position,
    PositionMulti,
};
use crate::message::advisor::{FamilyCodes, ReceiveFa, ReplaceFaEnd, SoftDollarTiers};
use crate::message::clock::CurrentTimeInMillis;
use crate::message::contract::{BondContractDetails, ContractDetails};
use crate::message::depth::{MarketDepth, MarketDepthL2, MktDepthExchanges};
use crate::message::display_group::{DisplayGroupList, DisplayGroupUpdated};
use crate::message::execution::{CommissionReport, ExecDetails};
use crate::message::fundamental::FundamentalData;
use crate::message::head_timestamp::HeadTimestamp;
use crate::message::histogram::HistogramData;
use crate::message::historical::{HistoricalData, HistoricalDataEnd, HistoricalDataUpdate, RealTimeBar};
use crate::message::historical_schedule::HistoricalSchedule;
use crate::message::historical_ticks::{HistoricalTicks, HistoricalTicksBidAsk, HistoricalTicksLast};
use crate::message::market_data::{
    DeltaNeutralValidation, MarketDataType, RerouteMktDataReq, RerouteMktDepthReq, TickEfp, TickGeneric, TickPrice,
    TickReqParams, TickSize, TickString,
};
use crate::message::market_rule::MarketRule;
use crate::message::news::{HistoricalNews, HistoricalNewsEnd, NewsArticle, NewsBulletin, NewsProviders, TickNews};
use crate::message::option::TickOptionComputation;
use crate::message::option_chain::SecDefOptParams;
use crate::message::order::{CompletedOrder, OpenOrder, OrderBound, OrderStatus};
use crate::message::pnl::{Pnl, PnlSingle};
use crate::message::scanner::{ScannerData, ScannerParameters};
use crate::message::smart_components::SmartComponents;
use crate::message::start::{CurrentTime, ErrorMessage, ManagedAccounts, NextValidId};
use crate::message::symbols::SymbolSamples;
use crate::message::table::messages;
use crate::message::tick_by_tick::TickByTick;
use crate::message::user::UserInfo;
use crate::message::verify::{VerifyAndAuthCompleted, VerifyAndAuthMessageApi, VerifyCompleted, VerifyMessageApi};
use crate::message::wsh::{WshEventData, WshMetaData};
use crate::text::{FieldWriter, Fields};

messages! {
    /// Everything a server can send.
    pub enum ServerMessage {
        /// 1: A price of a stream.
        1 TickPrice(TickPrice);
        /// 2: A size of a stream.
        2 TickSize(TickSize);
        /// 3: Where an order stands.
        3 OrderStatus(Box<OrderStatus>);
        /// 4: An error, a warning or a notice.
        4 Error(Box<ErrorMessage>);
        /// 5: An order that is open, or was just accepted.
        5 OpenOrder(Box<OpenOrder>);
        /// 6: One account value.
        6 AccountValue(Box<AccountValue>);
        /// 7: One position with its value.
        7 PortfolioValue(Box<PortfolioValue>);
        /// 8: When account values were computed.
        8 AccountUpdateTime(AccountUpdateTime);
        /// 9: The lowest order id that will be accepted.
        9 NextValidId(NextValidId);
        /// 10: One contract with its details.
        10 ContractDetails(Box<ContractDetails>);
        /// 11: One execution.
        11 ExecDetails(Box<ExecDetails>);
        /// 12: A row of one exchange's book changed.
        12 MarketDepth(Box<MarketDepth>);
        /// 13: A row of a book with names changed.
        13 MarketDepthL2(Box<MarketDepthL2>);
        /// 14: A news bulletin.
        14 NewsBulletin(Box<NewsBulletin>);
        /// 15: The accounts of this login.
        15 ManagedAccounts(ManagedAccounts);
        /// 16: A part of an advisor's configuration.
        16 ReceiveFa(Box<ReceiveFa>);
        /// 17: Historical bars.
        17 HistoricalData(HistoricalData);
        /// 18: One bond with its details.
        18 BondContractDetails(Box<BondContractDetails>);
        /// 19: What can be scanned for.
        19 ScannerParameters(ScannerParameters);
        /// 20: The result of a market scan.
        20 ScannerData(ScannerData);
        /// 21: Implied volatility and greeks of a stream.
        21 TickOptionComputation(Box<TickOptionComputation>);
        /// 45: A number of a stream.
        45 TickGeneric(TickGeneric);
        /// 46: A text of a stream.
        46 TickString(TickString);
        /// 47: A tick of an exchange for physical.
        47 TickEfp(Box<TickEfp>);
        /// 49: The Gateway's clock.
        49 CurrentTime(CurrentTime);
        /// 50: A five-second bar.
        50 RealTimeBar(Box<RealTimeBar>);
        /// 51: Fundamental data.
        51 FundamentalData(FundamentalData);
        /// 52: All contracts that match were sent.
        52 ContractDetailsEnd(RequestId) version 1;
        /// 53: All open orders were sent.
        53 OpenOrderEnd version 1;
        /// 54: All account values were sent once.
        54 AccountDownloadEnd(AccountDownloadEnd);
        /// 55: All executions were sent.
        55 ExecDetailsEnd(RequestId) version 1;
        /// 56: The hedge that a delta-neutral request got.
        56 DeltaNeutralValidation(Box<DeltaNeutralValidation>);
        /// 57: The snapshot is complete.
        57 TickSnapshotEnd(RequestId) version 1;
        /// 58: What kind of data a stream carries.
        58 MarketDataType(MarketDataType);
        /// 59: What an execution cost.
        59 CommissionReport(Box<CommissionReport>);
        /// 61: One position.
        61 Position(Box<Position>);
        /// 62: All positions were sent.
        62 PositionEnd version 1;
        /// 63: One tagged account value.
        63 AccountSummary(Box<AccountSummary>);
        /// 64: All tagged values were sent once.
        64 AccountSummaryEnd(RequestId) version 1;
        /// 65: A question in a proof of identity.
        65 VerifyMessageApi(VerifyMessageApi);
        /// 66: How a proof of identity ended.
        66 VerifyCompleted(VerifyCompleted);
        /// 67: The display groups.
        67 DisplayGroupList(DisplayGroupList);
        /// 68: What a display group shows now.
        68 DisplayGroupUpdated(DisplayGroupUpdated);
        /// 69: A question with a challenge.
        69 VerifyAndAuthMessageApi(Box<VerifyAndAuthMessageApi>);
        /// 70: How such a proof ended.
        70 VerifyAndAuthCompleted(VerifyAndAuthCompleted);
        /// 71: One position, with an id.
        71 PositionMulti(Box<PositionMulti>);
        /// 72: All positions of such a request were sent.
        72 PositionMultiEnd(RequestId) version 1;
        /// 73: One account value, with an id.
        73 AccountUpdateMulti(Box<AccountUpdateMulti>);
        /// 74: All values of such a request were sent.
        74 AccountUpdateMultiEnd(RequestId) version 1;
        /// 75: The option chain of one exchange and trading class.
        75 SecDefOptParams(Box<SecDefOptParams>);
        /// 76: All option chains were sent.
        76 SecDefOptParamsEnd(RequestId);
        /// 77: The tiers of soft dollars.
        77 SoftDollarTiers(SoftDollarTiers);
        /// 78: The families of accounts.
        78 FamilyCodes(FamilyCodes);
        /// 79: The instruments that a search found.
        79 SymbolSamples(SymbolSamples);
        /// 80: The exchanges that have a book.
        80 MktDepthExchanges(MktDepthExchanges);
        /// 81: A stream's parameters.
        81 TickReqParams(Box<TickReqParams>);
        /// 82: Which exchanges the letters of a quote stand for.
        82 SmartComponents(SmartComponents);
        /// 83: A news article.
        83 NewsArticle(NewsArticle);
        /// 84: A headline of a stream.
        84 TickNews(Box<TickNews>);
        /// 85: The providers of news.
        85 NewsProviders(NewsProviders);
        /// 86: A past headline.
        86 HistoricalNews(Box<HistoricalNews>);
        /// 87: All past headlines were sent.
        87 HistoricalNewsEnd(HistoricalNewsEnd);
        /// 88: How far the history of an instrument goes back.
        88 HeadTimestamp(HeadTimestamp);
        /// 89: A histogram.
        89 HistogramData(HistogramData);
        /// 90: The newest bar of a request kept up to date.
        90 HistoricalDataUpdate(Box<HistoricalDataUpdate>);
        /// 91: The ticks are to be had elsewhere.
        91 RerouteMktDataReq(RerouteMktDataReq);
        /// 92: The book is to be had elsewhere.
        92 RerouteMktDepthReq(RerouteMktDepthReq);
        /// 93: The price steps of a market rule.
        93 MarketRule(MarketRule);
        /// 94: An account's profit and loss.
        94 Pnl(Box<Pnl>);
        /// 95: A position's profit and loss.
        95 PnlSingle(Box<PnlSingle>);
        /// 96: Past middles between bid and ask.
        96 HistoricalTicks(HistoricalTicks);
        /// 97: Past bids and asks.
        97 HistoricalTicksBidAsk(HistoricalTicksBidAsk);
        /// 98: Past trades.
        98 HistoricalTicksLast(HistoricalTicksLast);
        /// 99: One tick of a stream of every tick.
        99 TickByTick(Box<TickByTick>);
        /// 100: An order now has a number.
        100 OrderBound(OrderBound);
        /// 101: An order that is done.
        101 CompletedOrder(Box<CompletedOrder>);
        /// 102: All completed orders were sent.
        102 CompletedOrdersEnd;
        /// 103: An advisor's configuration was replaced.
        103 ReplaceFaEnd(ReplaceFaEnd);
        /// 104: What corporate events can be filtered by.
        104 WshMetaData(WshMetaData);
        /// 105: Corporate events.
        105 WshEventData(WshEventData);
        /// 106: When an instrument was traded.
        106 HistoricalSchedule(Box<HistoricalSchedule>);
        /// 107: Who is logged in.
        107 UserInfo(UserInfo);
        /// 108: The bars are complete.
        108 HistoricalDataEnd(HistoricalDataEnd);
        /// 109: The Gateway's clock in milliseconds.
        109 CurrentTimeInMillis(CurrentTimeInMillis);
    }
}
