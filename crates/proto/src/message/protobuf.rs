//! The two enums as protobuf: which messages have a body, and that is all there is to know of them here.
//!
//! To give a message a body: write its `pass_body` in a `protobuf` file beside its text layout, in the order of the
//! tags, and name the message in one of the lists below. Until then writing it where protobuf is due is
//! [`ProtoError::NoProtobuf`], and reading it gives `Unknown` with its bytes.
//!
//! Families whose bodies are plain lists of fields have them here, as tables:
//!
//! - `accounts` – profit and loss, positions with an id, advisors, users
//! - `instruments` – chains, searches, rules, exchanges, display groups, calculations
//! - `bonds` – bonds
//! - `history` – single ticks, books, what is known of the past
//! - `news` – news, scans, fundamental data, corporate events
//! - `table` – how these are declared

use bytes::{BufMut, Bytes, BytesMut};

use crate::encoding::{self, Direction, Encoding, PROTOBUF_OFFSET};
use crate::error::ProtoError;
use crate::frame;
use crate::ids::{RequestId, ServerVersion};
use crate::message::{ClientMessage, ServerMessage};
use crate::protobuf::{Body, BodyReader, BodyWriter};
use crate::text::{FieldWriter, Fields};

mod accounts;
mod bonds;
mod history;
mod instruments;
mod news;
mod table;

/// Declares which messages of one side have a body: `empty` ones carry nothing.
macro_rules! bodies {
    ($name:ident, $direction:ident; body { $($id:literal $variant:ident;)* } empty { $($bare_id:literal $bare:ident;)* }) => {
        impl $name {
            /// Passes the body, or says that there is none to pass.
            fn pass_body<B: Body>(&mut self, body: &mut B) -> Result<bool, B::Error> {
                match self {
                    $(Self::$variant(message) => message.pass_body(body)?,)*
                    $(Self::$bare => {})*
                    _other => return Ok(false),
                }
                Ok(true)
            }

            /// A message with that id in which nothing is set.
            fn blank(id: i32) -> Option<Self> {
                Some(match id {
                    $($id => Self::$variant(Default::default()),)*
                    $($bare_id => Self::$bare,)*
                    _ => return None,
                })
            }

            /// Appends the message as one frame, in the encoding that it has at this version.
            ///
            /// # Errors
            ///
            /// A text with a NUL, a message whose protobuf body this crate does not know, or a frame over the limit;
            /// `out` is then as it was before.
            pub fn encode(&self, out: &mut BytesMut, speaks: ServerVersion) -> Result<(), ProtoError> {
                frame::write_frame(out, |out| {
                    if let Self::Unknown { payload, .. } = self {
                        out.put_slice(payload);
                        return Ok(());
                    }
                    let id = self.id();
                    let mut fields = match encoding::encoding(Direction::$direction, id, speaks) {
                        Encoding::Text => FieldWriter::new(out, id),
                        Encoding::TextRawId => FieldWriter::new_raw_id(out, id),
                        Encoding::Protobuf => return self.encode_protobuf(out, speaks),
                    };
                    self.encode_body(&mut fields, speaks);
                    fields.finish()
                })
            }

            fn encode_protobuf(&self, out: &mut BytesMut, speaks: ServerVersion) -> Result<(), ProtoError> {
                let message = self.id();
                out.put_i32(message + PROTOBUF_OFFSET);
                let Ok(known) = self.clone().pass_body(&mut BodyWriter::new(out));
                if known { Ok(()) } else { Err(ProtoError::NoProtobuf { message, speaks: speaks.get() }) }
            }

            /// Reads one payload, in the encoding that it says it has.
            ///
            /// # Errors
            ///
            /// A payload that has no id, or does not follow the layout of its id at this version. Unknown ids are a
            /// value.
            pub fn decode(payload: &Bytes, speaks: ServerVersion) -> Result<Self, ProtoError> {
                let (id, encoding) = encoding::identify(payload, speaks)?;
                let mut fields = match encoding {
                    Encoding::Text => Fields::new(payload)?,
                    Encoding::TextRawId => Fields::new_raw_id(payload)?,
                    Encoding::Protobuf => return Self::decode_protobuf(payload, id),
                };
                Self::decode_body(payload, &mut fields, speaks)
            }

            fn decode_protobuf(payload: &Bytes, id: i32) -> Result<Self, ProtoError> {
                let Some(mut message) = Self::blank(id) else {
                    return Ok(Self::Unknown { id, payload: payload.clone() });
                };
                let (_, body) = encoding::raw_id(payload)?;
                message.pass_body(&mut BodyReader::new(id, body)?)?;
                Ok(message)
            }
        }
    };
}

impl RequestId {
    /// A body that is a request's id and nothing else.
    fn pass_body<B: Body>(&mut self, body: &mut B) -> Result<(), B::Error> {
        body.id(1, self)
    }
}

bodies! {
    ClientMessage, ToServer;
    body {
        1 ReqMktData;
        2 CancelMktData;
        3 PlaceOrder;
        4 CancelOrder;
        6 ReqAccountUpdates;
        7 ReqExecutions;
        8 ReqIds;
        9 ReqContractDetails;
        10 ReqMktDepth;
        11 CancelMktDepth;
        12 ReqNewsBulletins;
        14 SetServerLogLevel;
        15 ReqAutoOpenOrders;
        18 RequestFa;
        19 ReplaceFa;
        20 ReqHistoricalData;
        21 ExerciseOptions;
        22 ReqScannerSubscription;
        23 CancelScannerSubscription;
        25 CancelHistoricalData;
        50 ReqRealTimeBars;
        51 CancelRealTimeBars;
        52 ReqFundamentalData;
        53 CancelFundamentalData;
        54 CalculateImpliedVolatility;
        55 CalculateOptionPrice;
        56 CancelCalculateImpliedVolatility;
        57 CancelCalculateOptionPrice;
        58 ReqGlobalCancel;
        59 ReqMarketDataType;
        62 ReqAccountSummary;
        63 CancelAccountSummary;
        65 VerifyRequest;
        66 VerifyMessage;
        67 QueryDisplayGroups;
        68 SubscribeToGroupEvents;
        69 UpdateDisplayGroup;
        70 UnsubscribeFromGroupEvents;
        71 StartApi;
        74 ReqPositionsMulti;
        75 CancelPositionsMulti;
        76 ReqAccountUpdatesMulti;
        77 CancelAccountUpdatesMulti;
        78 ReqSecDefOptParams;
        79 ReqSoftDollarTiers;
        81 ReqMatchingSymbols;
        83 ReqSmartComponents;
        84 ReqNewsArticle;
        86 ReqHistoricalNews;
        87 ReqHeadTimestamp;
        88 ReqHistogramData;
        89 CancelHistogramData;
        90 CancelHeadTimestamp;
        91 ReqMarketRule;
        92 ReqPnl;
        93 CancelPnl;
        94 ReqPnlSingle;
        95 CancelPnlSingle;
        96 ReqHistoricalTicks;
        97 ReqTickByTickData;
        98 CancelTickByTickData;
        99 ReqCompletedOrders;
        100 ReqWshMetaData;
        101 CancelWshMetaData;
        102 ReqWshEventData;
        103 CancelWshEventData;
        104 ReqUserInfo;
        106 CancelContractDetails;
        107 CancelHistoricalTicks;
    }
    empty {
        5 ReqOpenOrders;
        13 CancelNewsBulletins;
        16 ReqAllOpenOrders;
        17 ReqManagedAccounts;
        24 ReqScannerParameters;
        49 ReqCurrentTime;
        61 ReqPositions;
        64 CancelPositions;
        80 ReqFamilyCodes;
        82 ReqMktDepthExchanges;
        85 ReqNewsProviders;
        105 ReqCurrentTimeInMillis;
    }
}

bodies! {
    ServerMessage, ToClient;
    body {
        1 TickPrice;
        2 TickSize;
        3 OrderStatus;
        4 Error;
        5 OpenOrder;
        6 AccountValue;
        7 PortfolioValue;
        8 AccountUpdateTime;
        9 NextValidId;
        10 ContractDetails;
        11 ExecDetails;
        12 MarketDepth;
        13 MarketDepthL2;
        14 NewsBulletin;
        15 ManagedAccounts;
        16 ReceiveFa;
        17 HistoricalData;
        18 BondContractDetails;
        19 ScannerParameters;
        20 ScannerData;
        21 TickOptionComputation;
        45 TickGeneric;
        46 TickString;
        49 CurrentTime;
        50 RealTimeBar;
        51 FundamentalData;
        52 ContractDetailsEnd;
        54 AccountDownloadEnd;
        55 ExecDetailsEnd;
        57 TickSnapshotEnd;
        58 MarketDataType;
        59 CommissionReport;
        61 Position;
        63 AccountSummary;
        64 AccountSummaryEnd;
        65 VerifyMessageApi;
        66 VerifyCompleted;
        67 DisplayGroupList;
        68 DisplayGroupUpdated;
        71 PositionMulti;
        72 PositionMultiEnd;
        73 AccountUpdateMulti;
        74 AccountUpdateMultiEnd;
        75 SecDefOptParams;
        76 SecDefOptParamsEnd;
        77 SoftDollarTiers;
        78 FamilyCodes;
        79 SymbolSamples;
        80 MktDepthExchanges;
        81 TickReqParams;
        82 SmartComponents;
        83 NewsArticle;
        84 TickNews;
        85 NewsProviders;
        86 HistoricalNews;
        87 HistoricalNewsEnd;
        88 HeadTimestamp;
        89 HistogramData;
        90 HistoricalDataUpdate;
        91 RerouteMktDataReq;
        92 RerouteMktDepthReq;
        93 MarketRule;
        94 Pnl;
        95 PnlSingle;
        96 HistoricalTicks;
        97 HistoricalTicksBidAsk;
        98 HistoricalTicksLast;
        99 TickByTick;
        100 OrderBound;
        101 CompletedOrder;
        103 ReplaceFaEnd;
        104 WshMetaData;
        105 WshEventData;
        106 HistoricalSchedule;
        107 UserInfo;
        108 HistoricalDataEnd;
        109 CurrentTimeInMillis;
    }
    empty {
        53 OpenOrderEnd;
        62 PositionEnd;
        102 CompletedOrdersEnd;
    }
}
