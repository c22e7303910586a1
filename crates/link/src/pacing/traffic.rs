//! What a client's message is to pacing.

use bytes::Bytes;
use gatewright_proto::message::ClientMessage;
use gatewright_proto::message::contract::Contract;
use gatewright_proto::{RequestId, ServerVersion};

/// From this id on, subtracting it gives the text id of a protobuf message (server version 201 and later).
const PROTOBUF_OFFSET: i32 = 200;

/// What a message is to pacing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Traffic {
    /// Places, changes or cancels orders: goes first.
    Order,
    /// Opens a session or proves that it lives: goes before data, since it has a deadline that is not ours.
    Session,
    /// Asks for history, which has rules of its own.
    Historical(HistoricalRequest),
    /// Takes such a request back.
    EndHistorical(RequestId),
    /// Opens a market data line.
    OpenLine(RequestId),
    /// Closes one.
    CloseLine(RequestId),
    /// Everything else.
    Data,
}

/// A request for history, as far as its rules look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoricalRequest {
    /// Its number in its session.
    pub request_id: RequestId,
    /// What the hard rules ask about, for bars of 30 seconds and less; larger bars only count as open.
    pub small_bars: Option<SmallBars>,
}

/// A request for small bars.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmallBars {
    /// Everything that makes a request the same request.
    pub identity: String,
    /// Contract, exchange and kind of tick.
    pub instrument: String,
    /// What it counts: 2 for BID_ASK, else 1.
    pub weight: u32,
}

impl Traffic {
    /// What a typed message is.
    pub fn of(message: &ClientMessage) -> Self {
        use ClientMessage as M;
        #[expect(clippy::wildcard_enum_match_arm, reason = "data is what has no rule of its own, new messages too")]
        match message {
            M::PlaceOrder(_) | M::CancelOrder(_) | M::ExerciseOptions(_) | M::ReqGlobalCancel(_) => Self::Order,
            M::StartApi(_) | M::ReqCurrentTime => Self::Session,
            M::ReqHistoricalData(request) => {
                let small = is_small(&request.bar_size).then(|| {
                    let instrument = instrument(&request.contract, &request.what_to_show);
                    let identity = format!(
                        "{instrument}|{}|{}|{}|{}|{}",
                        request.end_date_time,
                        request.bar_size,
                        request.duration,
                        request.use_rth,
                        request.include_expired
                    );
                    let weight = if request.what_to_show.eq_ignore_ascii_case("BID_ASK") { 2 } else { 1 };
                    SmallBars { identity, instrument, weight }
                });
                Self::Historical(HistoricalRequest { request_id: request.req_id, small_bars: small })
            }
            M::ReqHeadTimestamp(request) => {
                Self::Historical(HistoricalRequest { request_id: request.req_id, small_bars: None })
            }
            M::CancelHistoricalData(id) | M::CancelHeadTimestamp(id) => Self::EndHistorical(*id),
            M::ReqMktData(request) if !request.snapshot && !request.regulatory_snapshot => {
                Self::OpenLine(request.req_id)
            }
            M::ReqRealTimeBars(request) => Self::OpenLine(request.req_id),
            M::ReqTickByTickData(request) => Self::OpenLine(request.req_id),
            M::CancelMktData(id) | M::CancelRealTimeBars(id) | M::CancelTickByTickData(id) => Self::CloseLine(*id),
            _ => Self::Data,
        }
    }

    /// What a message is by its id alone, text or protobuf; `None` where its fields have to be read.
    pub fn of_id(message_id: i32) -> Option<Self> {
        let id = if message_id > PROTOBUF_OFFSET { message_id - PROTOBUF_OFFSET } else { message_id };
        match id {
            3 | 4 | 21 | 58 => Some(Self::Order),
            49 | 71 => Some(Self::Session),
            1 | 2 | 20 | 25 | 50 | 51 | 87 | 90 | 97 | 98 => None,
            _ => Some(Self::Data),
        }
    }

    /// What a frame is: its payload, message id included. What cannot be read counts as data.
    pub fn of_frame(message_id: i32, payload: &Bytes, version: ServerVersion) -> Self {
        Self::of_id(message_id).unwrap_or_else(|| match ClientMessage::decode(payload, version) {
            Ok(message) => Self::of(&message),
            Err(_) => Self::Data,
        })
    }
}

fn instrument(contract: &Contract, what_to_show: &str) -> String {
    format!(
        "{}|{}|{}|{}|{}|{}|{}|{what_to_show}",
        contract.con_id,
        contract.symbol,
        contract.sec_type,
        contract.last_trade_date_or_contract_month,
        contract.strike.unwrap_or_default(),
        contract.right,
        contract.exchange,
    )
}

/// Bars of 30 seconds and less; the Gateway writes their sizes in seconds.
fn is_small(bar_size: &str) -> bool {
    bar_size
        .trim_start()
        .split_once(' ')
        .is_some_and(|(_, unit)| unit.trim_start().to_ascii_lowercase().starts_with("sec"))
}
