//! How a client's requests are taken back when it has vanished: the cancel that it would have sent.

use bytes::Bytes;
use gatewright_proto::message::account::AccountUpdatesRequest;
use gatewright_proto::message::depth::CancelMktDepth;
use gatewright_proto::message::market_data::MarketDataTypeRequest;
use gatewright_proto::{ClientMessage, RequestId, ServerVersion};

use crate::frame::PREFIX;
use crate::requests::Asked;
use crate::words;

/// Live data: what a new session has.
const LIVE: i32 = 1;

/// The message that takes this request back; `None` where there is none, or the request could not be read.
pub(crate) fn take_back(asked: &Asked, speaks: ServerVersion) -> Option<Bytes> {
    words::to_gateway(&cancel(asked, speaks)?, speaks)
}

fn cancel(asked: &Asked, speaks: ServerVersion) -> Option<ClientMessage> {
    let message = match (asked.key.message, asked.key.id.map(RequestId::new)) {
        (6, _) => {
            let ClientMessage::ReqAccountUpdates(AccountUpdatesRequest { account, .. }) = original(asked, speaks)?
            else {
                return None;
            };
            ClientMessage::ReqAccountUpdates(AccountUpdatesRequest { subscribe: false, account })
        }
        (10, Some(req_id)) => {
            let ClientMessage::ReqMktDepth(request) = original(asked, speaks)? else { return None };
            ClientMessage::CancelMktDepth(CancelMktDepth { req_id, is_smart_depth: request.is_smart_depth })
        }
        (12, _) => ClientMessage::CancelNewsBulletins,
        (59, _) => ClientMessage::ReqMarketDataType(MarketDataTypeRequest { market_data_type: LIVE }),
        (61, _) => ClientMessage::CancelPositions,
        (message, Some(id)) => by_id(message, id)?,
        (_, None) => return None,
    };
    Some(message)
}

fn by_id(message: i32, id: RequestId) -> Option<ClientMessage> {
    Some(match message {
        1 => ClientMessage::CancelMktData(id),
        20 => ClientMessage::CancelHistoricalData(id),
        22 => ClientMessage::CancelScannerSubscription(id),
        50 => ClientMessage::CancelRealTimeBars(id),
        52 => ClientMessage::CancelFundamentalData(id),
        54 => ClientMessage::CancelCalculateImpliedVolatility(id),
        55 => ClientMessage::CancelCalculateOptionPrice(id),
        62 => ClientMessage::CancelAccountSummary(id),
        68 => ClientMessage::UnsubscribeFromGroupEvents(id),
        74 => ClientMessage::CancelPositionsMulti(id),
        76 => ClientMessage::CancelAccountUpdatesMulti(id),
        87 => ClientMessage::CancelHeadTimestamp(id),
        88 => ClientMessage::CancelHistogramData(id),
        92 => ClientMessage::CancelPnl(id),
        94 => ClientMessage::CancelPnlSingle(id),
        97 => ClientMessage::CancelTickByTickData(id),
        100 => ClientMessage::CancelWshMetaData(id),
        102 => ClientMessage::CancelWshEventData(id),
        _ => return None,
    })
}

fn original(asked: &Asked, speaks: ServerVersion) -> Option<ClientMessage> {
    ClientMessage::decode(&asked.frame.slice(PREFIX..), speaks).ok()
}
