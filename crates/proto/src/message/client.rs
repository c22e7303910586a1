//! Everything a client can send, as one enum.

use bytes::{BufMut, Bytes, BytesMut};

use crate::error::ProtoError;
use crate::frame;
use crate::ids::{RequestId, ServerVersion};
use crate::message::account::{AccountSummaryRequest, AccountUpdatesMultiRequest, AccountUpdatesRequest};
use crate::message::contract::ContractDetailsRequest;
use crate::message::execution::ExecutionsRequest;
use crate::message::historical::{HistoricalDataRequest, RealTimeBarsRequest};
use crate::message::market_data::{MarketDataTypeRequest, MktDataRequest};
use crate::message::order::{CancelOrder, GlobalCancel, PlaceOrder, ReqAutoOpenOrders, ReqCompletedOrders};
use crate::message::start::{ReqIds, SetServerLogLevel, StartApi};
use crate::text::{FieldWriter, Fields};

/// Everything a client can send.
#[derive(Debug, Clone, PartialEq)]
pub enum ClientMessage {
    /// 1: Asks for a stream of ticks or a snapshot.
    ReqMktData(Box<MktDataRequest>),
    /// 2: Ends a stream of ticks.
    CancelMktData(RequestId),
    /// 3: Places or, with a known id, modifies an order.
    PlaceOrder(Box<PlaceOrder>),
    /// 4: Cancels an order of this client.
    CancelOrder(CancelOrder),
    /// 5: Asks for the open orders of this client.
    ReqOpenOrders,
    /// 6: Starts or stops the stream of account values.
    ReqAccountUpdates(AccountUpdatesRequest),
    /// 7: Asks for executions since midnight.
    ReqExecutions(Box<ExecutionsRequest>),
    /// 8: Asks for the next valid order id.
    ReqIds(ReqIds),
    /// 9: Asks for the details of all contracts that match.
    ReqContractDetails(Box<ContractDetailsRequest>),
    /// 14: Sets how much the Gateway logs.
    SetServerLogLevel(SetServerLogLevel),
    /// 15: Binds manual orders to client id 0 from now on.
    ReqAutoOpenOrders(ReqAutoOpenOrders),
    /// 16: Asks for the open orders of all clients.
    ReqAllOpenOrders,
    /// 17: Asks for the accounts again.
    ReqManagedAccounts,
    /// 20: Asks for historical bars.
    ReqHistoricalData(Box<HistoricalDataRequest>),
    /// 25: Ends a historical request.
    CancelHistoricalData(RequestId),
    /// 49: Asks for the Gateway's clock; the Gateway drops these closer than 4.25 s.
    ReqCurrentTime,
    /// 50: Starts a stream of five-second bars.
    ReqRealTimeBars(Box<RealTimeBarsRequest>),
    /// 51: Ends a stream of five-second bars.
    CancelRealTimeBars(RequestId),
    /// 58: Cancels all orders of all clients.
    ReqGlobalCancel(GlobalCancel),
    /// 59: Chooses live, frozen or delayed data.
    ReqMarketDataType(MarketDataTypeRequest),
    /// 61: Asks for all positions, then for their changes.
    ReqPositions,
    /// 62: Asks for tagged account values.
    ReqAccountSummary(AccountSummaryRequest),
    /// 63: Ends an account summary.
    CancelAccountSummary(RequestId),
    /// 64: Ends the stream of positions.
    CancelPositions,
    /// 71: Takes a client id and opens the session.
    StartApi(StartApi),
    /// 76: Asks for values of one account, with an id.
    ReqAccountUpdatesMulti(AccountUpdatesMultiRequest),
    /// 77: Ends such a request.
    CancelAccountUpdatesMulti(RequestId),
    /// 99: Asks for orders that are done.
    ReqCompletedOrders(ReqCompletedOrders),
    /// A message that this crate does not know; its bytes can be passed on as they are.
    Unknown {
        /// The message id.
        id: i32,
        /// The whole payload, id included.
        payload: Bytes,
    },
}

impl ClientMessage {
    /// The message id.
    pub fn id(&self) -> i32 {
        match self {
            Self::ReqMktData(_) => 1,
            Self::CancelMktData(_) => 2,
            Self::PlaceOrder(_) => 3,
            Self::CancelOrder(_) => 4,
            Self::ReqOpenOrders => 5,
            Self::ReqAccountUpdates(_) => 6,
            Self::ReqExecutions(_) => 7,
            Self::ReqIds(_) => 8,
            Self::ReqContractDetails(_) => 9,
            Self::SetServerLogLevel(_) => 14,
            Self::ReqAutoOpenOrders(_) => 15,
            Self::ReqAllOpenOrders => 16,
            Self::ReqManagedAccounts => 17,
            Self::ReqHistoricalData(_) => 20,
            Self::CancelHistoricalData(_) => 25,
            Self::ReqCurrentTime => 49,
            Self::ReqRealTimeBars(_) => 50,
            Self::CancelRealTimeBars(_) => 51,
            Self::ReqGlobalCancel(_) => 58,
            Self::ReqMarketDataType(_) => 59,
            Self::ReqPositions => 61,
            Self::ReqAccountSummary(_) => 62,
            Self::CancelAccountSummary(_) => 63,
            Self::CancelPositions => 64,
            Self::StartApi(_) => 71,
            Self::ReqAccountUpdatesMulti(_) => 76,
            Self::CancelAccountUpdatesMulti(_) => 77,
            Self::ReqCompletedOrders(_) => 99,
            Self::Unknown { id, .. } => *id,
        }
    }

    /// Appends the message as one frame.
    ///
    /// # Errors
    ///
    /// A text with a NUL, or a frame over the limit; `out` is then as it was before.
    pub fn encode(&self, out: &mut BytesMut, speaks: ServerVersion) -> Result<(), ProtoError> {
        frame::write_frame(out, |out| {
            if let Self::Unknown { payload, .. } = self {
                out.put_slice(payload);
                return Ok(());
            }
            let mut fields = FieldWriter::new(out, self.id());
            self.encode_body(&mut fields, speaks);
            fields.finish()
        })
    }

    fn encode_body(&self, fields: &mut FieldWriter<'_>, speaks: ServerVersion) {
        match self {
            Self::ReqMktData(message) => message.encode(fields, speaks),
            Self::PlaceOrder(message) => message.encode(fields, speaks),
            Self::CancelOrder(message) => message.encode(fields, speaks),
            Self::ReqAccountUpdates(message) => message.encode(fields, speaks),
            Self::ReqExecutions(message) => message.encode(fields, speaks),
            Self::ReqIds(message) => message.encode(fields, speaks),
            Self::ReqContractDetails(message) => message.encode(fields, speaks),
            Self::SetServerLogLevel(message) => message.encode(fields, speaks),
            Self::ReqAutoOpenOrders(message) => message.encode(fields, speaks),
            Self::ReqHistoricalData(message) => message.encode(fields, speaks),
            Self::ReqRealTimeBars(message) => message.encode(fields, speaks),
            Self::ReqGlobalCancel(message) => message.encode(fields, speaks),
            Self::ReqMarketDataType(message) => message.encode(fields, speaks),
            Self::ReqAccountSummary(message) => message.encode(fields, speaks),
            Self::StartApi(message) => message.encode(fields, speaks),
            Self::ReqAccountUpdatesMulti(message) => message.encode(fields, speaks),
            Self::ReqCompletedOrders(message) => message.encode(fields, speaks),
            Self::ReqOpenOrders
            | Self::ReqAllOpenOrders
            | Self::ReqManagedAccounts
            | Self::ReqCurrentTime
            | Self::ReqPositions
            | Self::CancelPositions => {
                fields.int(1);
            }
            Self::CancelMktData(id) => {
                fields.int(2).int(id.get());
            }
            Self::CancelHistoricalData(id)
            | Self::CancelRealTimeBars(id)
            | Self::CancelAccountSummary(id)
            | Self::CancelAccountUpdatesMulti(id) => {
                fields.int(1).int(id.get());
            }
            Self::Unknown { .. } => {}
        }
    }

    /// Reads one payload.
    ///
    /// # Errors
    ///
    /// A payload that has no id, or does not follow the layout of its id at this version. Unknown ids are a value.
    pub fn decode(payload: &Bytes, speaks: ServerVersion) -> Result<Self, ProtoError> {
        let mut fields = Fields::new(payload)?;
        let f = &mut fields;
        Ok(match f.message() {
            1 => Self::ReqMktData(Box::new(MktDataRequest::decode(f, speaks)?)),
            2 => Self::CancelMktData(request_id(f)?),
            3 => Self::PlaceOrder(Box::new(PlaceOrder::decode(f, speaks)?)),
            4 => Self::CancelOrder(CancelOrder::decode(f, speaks)?),
            5 => Self::ReqOpenOrders,
            6 => Self::ReqAccountUpdates(AccountUpdatesRequest::decode(f, speaks)?),
            7 => Self::ReqExecutions(Box::new(ExecutionsRequest::decode(f, speaks)?)),
            8 => Self::ReqIds(ReqIds::decode(f, speaks)?),
            9 => Self::ReqContractDetails(Box::new(ContractDetailsRequest::decode(f, speaks)?)),
            14 => Self::SetServerLogLevel(SetServerLogLevel::decode(f, speaks)?),
            15 => Self::ReqAutoOpenOrders(ReqAutoOpenOrders::decode(f, speaks)?),
            16 => Self::ReqAllOpenOrders,
            17 => Self::ReqManagedAccounts,
            20 => Self::ReqHistoricalData(Box::new(HistoricalDataRequest::decode(f, speaks)?)),
            25 => Self::CancelHistoricalData(request_id(f)?),
            49 => Self::ReqCurrentTime,
            50 => Self::ReqRealTimeBars(Box::new(RealTimeBarsRequest::decode(f, speaks)?)),
            51 => Self::CancelRealTimeBars(request_id(f)?),
            58 => Self::ReqGlobalCancel(GlobalCancel::decode(f, speaks)?),
            59 => Self::ReqMarketDataType(MarketDataTypeRequest::decode(f, speaks)?),
            61 => Self::ReqPositions,
            62 => Self::ReqAccountSummary(AccountSummaryRequest::decode(f, speaks)?),
            63 => Self::CancelAccountSummary(request_id(f)?),
            64 => Self::CancelPositions,
            71 => Self::StartApi(StartApi::decode(f, speaks)?),
            76 => Self::ReqAccountUpdatesMulti(AccountUpdatesMultiRequest::decode(f, speaks)?),
            77 => Self::CancelAccountUpdatesMulti(request_id(f)?),
            99 => Self::ReqCompletedOrders(ReqCompletedOrders::decode(f, speaks)?),
            id => Self::Unknown { id, payload: payload.clone() },
        })
    }
}

/// The id behind a constant version field.
fn request_id(fields: &mut Fields<'_>) -> Result<RequestId, ProtoError> {
    fields.skip(1)?;
    Ok(RequestId::new(fields.i32()?))
}
