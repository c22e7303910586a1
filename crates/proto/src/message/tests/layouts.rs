//! Random messages of all that are declared as layouts, at every text version.
//!
//! These find a reader and a writer that disagree; that both agree with a Gateway, only the golden frames show.

use bytes::{Bytes, BytesMut};
use proptest::prelude::*;

use super::check::ALL;
use super::sample::{Sample, Source};
use crate::error::ProtoError;
use crate::ids::ServerVersion;
use crate::message::{ClientMessage, ServerMessage};

/// One message of each of these kinds.
macro_rules! each {
    ($source:ident, $side:ident: $($variant:ident),* $(,)?) => {
        [$($side::$variant(Sample::sample($source))),*]
    };
}

fn client_messages(source: &mut Source) -> Vec<ClientMessage> {
    let messages = each![source, ClientMessage:
        ReqMktDepth, CancelMktDepth, ReqNewsBulletins, RequestFa, ReplaceFa, ExerciseOptions,
        ReqScannerSubscription, CancelScannerSubscription, ReqFundamentalData, CancelFundamentalData,
        CalculateImpliedVolatility, CalculateOptionPrice, CancelCalculateImpliedVolatility,
        CancelCalculateOptionPrice, VerifyRequest, VerifyMessage, QueryDisplayGroups, SubscribeToGroupEvents,
        UpdateDisplayGroup, UnsubscribeFromGroupEvents, VerifyAndAuthRequest, VerifyAndAuthMessage,
        ReqPositionsMulti, CancelPositionsMulti, ReqSecDefOptParams, ReqSoftDollarTiers, ReqMatchingSymbols,
        ReqSmartComponents, ReqNewsArticle, ReqHistoricalNews, ReqHeadTimestamp, ReqHistogramData,
        CancelHistogramData, CancelHeadTimestamp, ReqMarketRule, ReqPnl, CancelPnl, ReqPnlSingle,
        CancelPnlSingle, ReqHistoricalTicks, ReqTickByTickData, CancelTickByTickData, ReqWshMetaData,
        CancelWshMetaData, ReqWshEventData, CancelWshEventData, ReqUserInfo, CancelContractDetails,
        CancelHistoricalTicks
    ];
    messages.into()
}

fn server_messages(source: &mut Source) -> Vec<ServerMessage> {
    let messages = each![source, ServerMessage:
        MarketDepth, MarketDepthL2, NewsBulletin, ReceiveFa, BondContractDetails, ScannerParameters,
        ScannerData, TickOptionComputation, TickEfp, FundamentalData, DeltaNeutralValidation, VerifyMessageApi,
        VerifyCompleted, DisplayGroupList, DisplayGroupUpdated, VerifyAndAuthMessageApi, VerifyAndAuthCompleted,
        PositionMulti, PositionMultiEnd, SecDefOptParams, SecDefOptParamsEnd, SoftDollarTiers, FamilyCodes,
        SymbolSamples, MktDepthExchanges, SmartComponents, NewsArticle, TickNews, NewsProviders, HistoricalNews,
        HistoricalNewsEnd, HeadTimestamp, HistogramData, RerouteMktDataReq, RerouteMktDepthReq, MarketRule, Pnl,
        PnlSingle, HistoricalTicks, HistoricalTicksBidAsk, HistoricalTicksLast, TickByTick, OrderBound,
        ReplaceFaEnd, WshMetaData, WshEventData, HistoricalSchedule, UserInfo, CurrentTimeInMillis
    ];
    messages.into()
}

fn sent(encode: impl FnOnce(&mut BytesMut) -> Result<(), ProtoError>) -> Bytes {
    let mut frame = BytesMut::new();
    encode(&mut frame).unwrap();
    frame.freeze().slice(4..)
}

/// The payload as far as it came before the peer died.
fn cut(payload: &Bytes, at: usize) -> Bytes {
    payload.slice(..at.min(payload.len()))
}

proptest! {
    #[test]
    fn what_a_client_writes_a_server_reads(seed: u64, version in ALL, at in 0usize..400) {
        let speaks = ServerVersion::new(version);
        for message in client_messages(&mut Source::new(seed, version)) {
            let payload = sent(|out| message.encode(out, speaks));
            let _ = ClientMessage::decode(&cut(&payload, at), speaks);
            prop_assert_eq!(ClientMessage::decode(&payload, speaks), Ok(message));
        }
    }

    #[test]
    fn what_a_server_writes_a_client_reads(seed: u64, version in ALL, at in 0usize..400) {
        let speaks = ServerVersion::new(version);
        for message in server_messages(&mut Source::new(seed, version)) {
            let payload = sent(|out| message.encode(out, speaks));
            let _ = ServerMessage::decode(&cut(&payload, at), speaks);
            prop_assert_eq!(ServerMessage::decode(&payload, speaks), Ok(message));
        }
    }

    #[test]
    fn older_versions_say_less(seed: u64, version in 100..157i32) {
        let speaks = ServerVersion::new(version);
        for message in client_messages(&mut Source::new(seed, version)) {
            let payload = sent(|out| message.encode(out, speaks));
            prop_assert_eq!(ClientMessage::decode(&payload, speaks), Ok(message));
        }
        for message in server_messages(&mut Source::new(seed, version)) {
            let payload = sent(|out| message.encode(out, speaks));
            prop_assert_eq!(ServerMessage::decode(&payload, speaks), Ok(message));
        }
    }
}
