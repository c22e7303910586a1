//! Everything a server can send, as one enum.

use bytes::{BufMut, Bytes, BytesMut};

use crate::error::ProtoError;
use crate::frame;
use crate::ids::{RequestId, ServerVersion};
use crate::message::account::{
    AccountDownloadEnd, AccountSummary, AccountUpdateMulti, AccountUpdateTime, AccountValue, PortfolioValue, Position,
};
use crate::message::contract::ContractDetails;
use crate::message::execution::{CommissionReport, ExecDetails};
use crate::message::historical::{HistoricalData, HistoricalDataEnd, HistoricalDataUpdate, RealTimeBar};
use crate::message::market_data::{MarketDataType, TickGeneric, TickPrice, TickReqParams, TickSize, TickString};
use crate::message::order::{CompletedOrder, OpenOrder, OrderStatus};
use crate::message::start::{CurrentTime, ErrorMessage, ManagedAccounts, NextValidId};
use crate::text::{FieldWriter, Fields};

/// Everything a server can send.
#[derive(Debug, Clone, PartialEq)]
pub enum ServerMessage {
    /// 1: A price of a stream.
    TickPrice(TickPrice),
    /// 2: A size of a stream.
    TickSize(TickSize),
    /// 3: Where an order stands.
    OrderStatus(Box<OrderStatus>),
    /// 4: An error, a warning or a notice.
    Error(Box<ErrorMessage>),
    /// 5: An order that is open, or was just accepted.
    OpenOrder(Box<OpenOrder>),
    /// 6: One account value.
    AccountValue(Box<AccountValue>),
    /// 7: One position with its value.
    PortfolioValue(Box<PortfolioValue>),
    /// 8: When account values were computed.
    AccountUpdateTime(AccountUpdateTime),
    /// 9: The lowest order id that will be accepted.
    NextValidId(NextValidId),
    /// 10: One contract with its details.
    ContractDetails(Box<ContractDetails>),
    /// 11: One execution.
    ExecDetails(Box<ExecDetails>),
    /// 15: The accounts of this login.
    ManagedAccounts(ManagedAccounts),
    /// 17: Historical bars.
    HistoricalData(HistoricalData),
    /// 45: A number of a stream.
    TickGeneric(TickGeneric),
    /// 46: A text of a stream.
    TickString(TickString),
    /// 49: The Gateway's clock.
    CurrentTime(CurrentTime),
    /// 50: A five-second bar.
    RealTimeBar(Box<RealTimeBar>),
    /// 52: All contracts that match were sent.
    ContractDetailsEnd(RequestId),
    /// 53: All open orders were sent.
    OpenOrderEnd,
    /// 54: All account values were sent once.
    AccountDownloadEnd(AccountDownloadEnd),
    /// 55: All executions were sent.
    ExecDetailsEnd(RequestId),
    /// 57: The snapshot is complete.
    TickSnapshotEnd(RequestId),
    /// 58: What kind of data a stream carries.
    MarketDataType(MarketDataType),
    /// 59: What an execution cost.
    CommissionReport(Box<CommissionReport>),
    /// 61: One position.
    Position(Box<Position>),
    /// 62: All positions were sent.
    PositionEnd,
    /// 63: One tagged account value.
    AccountSummary(Box<AccountSummary>),
    /// 64: All tagged values were sent once.
    AccountSummaryEnd(RequestId),
    /// 73: One account value, with an id.
    AccountUpdateMulti(Box<AccountUpdateMulti>),
    /// 74: All values of such a request were sent.
    AccountUpdateMultiEnd(RequestId),
    /// 81: A stream's parameters.
    TickReqParams(Box<TickReqParams>),
    /// 90: The newest bar of a request kept up to date.
    HistoricalDataUpdate(Box<HistoricalDataUpdate>),
    /// 101: An order that is done.
    CompletedOrder(Box<CompletedOrder>),
    /// 102: All completed orders were sent.
    CompletedOrdersEnd,
    /// 108: The bars are complete.
    HistoricalDataEnd(HistoricalDataEnd),
    /// A message that this crate does not know; its bytes can be passed on as they are.
    Unknown {
        /// The message id.
        id: i32,
        /// The whole payload, id included.
        payload: Bytes,
    },
}

impl ServerMessage {
    /// The message id.
    pub fn id(&self) -> i32 {
        match self {
            Self::TickPrice(_) => 1,
            Self::TickSize(_) => 2,
            Self::OrderStatus(_) => 3,
            Self::Error(_) => 4,
            Self::OpenOrder(_) => 5,
            Self::AccountValue(_) => 6,
            Self::PortfolioValue(_) => 7,
            Self::AccountUpdateTime(_) => 8,
            Self::NextValidId(_) => 9,
            Self::ContractDetails(_) => 10,
            Self::ExecDetails(_) => 11,
            Self::ManagedAccounts(_) => 15,
            Self::HistoricalData(_) => 17,
            Self::TickGeneric(_) => 45,
            Self::TickString(_) => 46,
            Self::CurrentTime(_) => 49,
            Self::RealTimeBar(_) => 50,
            Self::ContractDetailsEnd(_) => 52,
            Self::OpenOrderEnd => 53,
            Self::AccountDownloadEnd(_) => 54,
            Self::ExecDetailsEnd(_) => 55,
            Self::TickSnapshotEnd(_) => 57,
            Self::MarketDataType(_) => 58,
            Self::CommissionReport(_) => 59,
            Self::Position(_) => 61,
            Self::PositionEnd => 62,
            Self::AccountSummary(_) => 63,
            Self::AccountSummaryEnd(_) => 64,
            Self::AccountUpdateMulti(_) => 73,
            Self::AccountUpdateMultiEnd(_) => 74,
            Self::TickReqParams(_) => 81,
            Self::HistoricalDataUpdate(_) => 90,
            Self::CompletedOrder(_) => 101,
            Self::CompletedOrdersEnd => 102,
            Self::HistoricalDataEnd(_) => 108,
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
            Self::TickPrice(message) => message.encode(fields, speaks),
            Self::TickSize(message) => message.encode(fields, speaks),
            Self::OrderStatus(message) => message.encode(fields, speaks),
            Self::Error(message) => message.encode(fields, speaks),
            Self::OpenOrder(message) => message.encode(fields, speaks),
            Self::AccountValue(message) => message.encode(fields, speaks),
            Self::PortfolioValue(message) => message.encode(fields, speaks),
            Self::AccountUpdateTime(message) => message.encode(fields, speaks),
            Self::NextValidId(message) => message.encode(fields, speaks),
            Self::ContractDetails(message) => message.encode(fields, speaks),
            Self::ExecDetails(message) => message.encode(fields, speaks),
            Self::ManagedAccounts(message) => message.encode(fields, speaks),
            Self::HistoricalData(message) => message.encode(fields, speaks),
            Self::TickGeneric(message) => message.encode(fields, speaks),
            Self::TickString(message) => message.encode(fields, speaks),
            Self::CurrentTime(message) => message.encode(fields, speaks),
            Self::RealTimeBar(message) => message.encode(fields, speaks),
            Self::AccountDownloadEnd(message) => message.encode(fields, speaks),
            Self::MarketDataType(message) => message.encode(fields, speaks),
            Self::CommissionReport(message) => message.encode(fields, speaks),
            Self::Position(message) => message.encode(fields, speaks),
            Self::AccountSummary(message) => message.encode(fields, speaks),
            Self::AccountUpdateMulti(message) => message.encode(fields, speaks),
            Self::TickReqParams(message) => message.encode(fields, speaks),
            Self::HistoricalDataUpdate(message) => message.encode(fields, speaks),
            Self::CompletedOrder(message) => message.encode(fields, speaks),
            Self::HistoricalDataEnd(message) => message.encode(fields, speaks),
            Self::OpenOrderEnd | Self::PositionEnd => {
                fields.int(1);
            }
            Self::ContractDetailsEnd(id)
            | Self::ExecDetailsEnd(id)
            | Self::TickSnapshotEnd(id)
            | Self::AccountSummaryEnd(id)
            | Self::AccountUpdateMultiEnd(id) => {
                fields.int(1).int(id.get());
            }
            Self::CompletedOrdersEnd | Self::Unknown { .. } => {}
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
            1 => Self::TickPrice(TickPrice::decode(f, speaks)?),
            2 => Self::TickSize(TickSize::decode(f, speaks)?),
            3 => Self::OrderStatus(Box::new(OrderStatus::decode(f, speaks)?)),
            4 => Self::Error(Box::new(ErrorMessage::decode(f, speaks)?)),
            5 => Self::OpenOrder(Box::new(OpenOrder::decode(f, speaks)?)),
            6 => Self::AccountValue(Box::new(AccountValue::decode(f, speaks)?)),
            7 => Self::PortfolioValue(Box::new(PortfolioValue::decode(f, speaks)?)),
            8 => Self::AccountUpdateTime(AccountUpdateTime::decode(f, speaks)?),
            9 => Self::NextValidId(NextValidId::decode(f, speaks)?),
            10 => Self::ContractDetails(Box::new(ContractDetails::decode(f, speaks)?)),
            11 => Self::ExecDetails(Box::new(ExecDetails::decode(f, speaks)?)),
            15 => Self::ManagedAccounts(ManagedAccounts::decode(f, speaks)?),
            17 => Self::HistoricalData(HistoricalData::decode(f, speaks)?),
            45 => Self::TickGeneric(TickGeneric::decode(f, speaks)?),
            46 => Self::TickString(TickString::decode(f, speaks)?),
            49 => Self::CurrentTime(CurrentTime::decode(f, speaks)?),
            50 => Self::RealTimeBar(Box::new(RealTimeBar::decode(f, speaks)?)),
            52 => Self::ContractDetailsEnd(request_id(f)?),
            53 => Self::OpenOrderEnd,
            54 => Self::AccountDownloadEnd(AccountDownloadEnd::decode(f, speaks)?),
            55 => Self::ExecDetailsEnd(request_id(f)?),
            57 => Self::TickSnapshotEnd(request_id(f)?),
            58 => Self::MarketDataType(MarketDataType::decode(f, speaks)?),
            59 => Self::CommissionReport(Box::new(CommissionReport::decode(f, speaks)?)),
            61 => Self::Position(Box::new(Position::decode(f, speaks)?)),
            62 => Self::PositionEnd,
            63 => Self::AccountSummary(Box::new(AccountSummary::decode(f, speaks)?)),
            64 => Self::AccountSummaryEnd(request_id(f)?),
            73 => Self::AccountUpdateMulti(Box::new(AccountUpdateMulti::decode(f, speaks)?)),
            74 => Self::AccountUpdateMultiEnd(request_id(f)?),
            81 => Self::TickReqParams(Box::new(TickReqParams::decode(f, speaks)?)),
            90 => Self::HistoricalDataUpdate(Box::new(HistoricalDataUpdate::decode(f, speaks)?)),
            101 => Self::CompletedOrder(Box::new(CompletedOrder::decode(f, speaks)?)),
            102 => Self::CompletedOrdersEnd,
            108 => Self::HistoricalDataEnd(HistoricalDataEnd::decode(f, speaks)?),
            id => Self::Unknown { id, payload: payload.clone() },
        })
    }
}

/// The id behind a constant version field.
fn request_id(fields: &mut Fields<'_>) -> Result<RequestId, ProtoError> {
    fields.skip(1)?;
    Ok(RequestId::new(fields.i32()?))
}
