//! Executions and commission reports.
//!
//! Layouts are written as those of orders are, which name instruments in the same way.

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::ProtoError;
use crate::ids::{ClientId, OrderId, PermId, RequestId, ServerVersion};
use crate::message::contract::Contract;
use crate::message::order::instrument;
use crate::message::order::wire::{Unset, Wire};
use crate::text::{FieldWriter, Fields};
use crate::version;

mod protobuf;

/// 7 to the server: asks for executions since midnight of the Gateway's day.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ExecutionsRequest {
    /// The request.
    pub req_id: RequestId,
    /// Only of this client; 0 for all.
    pub client_id: ClientId,
    /// Only of this account; empty for all.
    pub account: String,
    /// Only from this time on, `YYYYMMDD HH:MM:SS`; empty for all.
    pub time: String,
    /// Only of this symbol; empty for all.
    pub symbol: String,
    /// Only of this type; empty for all.
    pub sec_type: String,
    /// Only at this exchange; empty for all.
    pub exchange: String,
    /// Only this side, `BUY` or `SELL`; empty for both.
    pub side: String,
    /// Of the last so many days, from [`version::PARAMETRIZED_DAYS_OF_EXECUTIONS`] on; otherwise of today.
    pub last_n_days: Option<i32>,
    /// Of these days, `YYYYMMDD`, from the same version on.
    pub specific_dates: Vec<String>,
}

impl ExecutionsRequest {
    /// Asks for all executions since midnight.
    pub fn all(req_id: RequestId) -> Self {
        Self { req_id, ..Self::default() }
    }

    pub(crate) fn encode(&self, fields: &mut FieldWriter<'_>, speaks: ServerVersion) {
        let Ok(()) = self.clone().pass(fields, speaks);
    }

    pub(crate) fn decode(fields: &mut Fields<'_>, speaks: ServerVersion) -> Result<Self, ProtoError> {
        let mut message = Self::default();
        message.pass(fields, speaks)?;
        Ok(message)
    }

    fn pass<W: Wire>(&mut self, wire: &mut W, speaks: ServerVersion) -> Result<(), W::Error> {
        wire.constant("3")?;
        wire.id(&mut self.req_id)?;
        wire.id(&mut self.client_id)?;
        wire.text(&mut self.account)?;
        wire.text(&mut self.time)?;
        wire.text(&mut self.symbol)?;
        wire.text(&mut self.sec_type)?;
        wire.text(&mut self.exchange)?;
        wire.text(&mut self.side)?;
        if speaks >= version::PARAMETRIZED_DAYS_OF_EXECUTIONS {
            wire.maybe_whole(&mut self.last_n_days, Unset::Max)?;
            wire.list(&mut self.specific_dates, 1, Wire::text)?;
        }
        Ok(())
    }
}

/// One execution, as the exchange reported it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Execution {
    /// The order, by the number that its client gave it.
    pub order_id: OrderId,
    /// Unique per execution; a correction repeats it with a higher last part (`.01` → `.02`).
    pub exec_id: String,
    /// `YYYYMMDD HH:MM:SS zone`.
    pub time: String,
    /// The account.
    pub acct_number: String,
    /// Where it happened.
    pub exchange: String,
    /// `BOT` or `SLD`.
    pub side: String,
    /// Size of this execution.
    #[schemars(with = "f64")]
    pub shares: Decimal,
    /// Price of this execution.
    #[schemars(with = "f64")]
    pub price: Decimal,
    /// The order's number over the account.
    pub perm_id: PermId,
    /// The client that placed the order.
    pub client_id: ClientId,
    /// Whether IBKR liquidated.
    pub liquidation: i32,
    /// Filled so far of the order.
    #[schemars(with = "f64")]
    pub cum_qty: Decimal,
    /// Average price of the order so far.
    #[schemars(with = "Option<f64>")]
    pub avg_price: Option<Decimal>,
    /// The reference that the placer gave.
    pub order_ref: String,
    /// The economic value rule.
    pub ev_rule: String,
    /// The economic value multiplier.
    #[schemars(with = "Option<f64>")]
    pub ev_multiplier: Option<Decimal>,
    /// The model code.
    pub model_code: String,
    /// 0 none, 1 added, 2 removed, 3 routed out.
    pub last_liquidity: i32,
    /// Whether the price may still be revised, from [`version::PENDING_PRICE_REVISION`] on.
    pub pending_price_revision: bool,
    /// Who submitted the order, from [`version::SUBMITTER`] on.
    #[serde(default)]
    pub submitter: String,
}

impl Execution {
    /// All but the order's number, which stands before the instrument.
    fn pass<W: Wire>(&mut self, wire: &mut W, speaks: ServerVersion) -> Result<(), W::Error> {
        wire.text(&mut self.exec_id)?;
        wire.text(&mut self.time)?;
        wire.text(&mut self.acct_number)?;
        wire.text(&mut self.exchange)?;
        wire.text(&mut self.side)?;
        wire.amount(&mut self.shares)?;
        wire.amount(&mut self.price)?;
        wire.perm_id(&mut self.perm_id)?;
        wire.id(&mut self.client_id)?;
        wire.whole(&mut self.liquidation)?;
        wire.amount(&mut self.cum_qty)?;
        wire.price(&mut self.avg_price, Unset::Zero)?;
        wire.text(&mut self.order_ref)?;
        wire.text(&mut self.ev_rule)?;
        wire.price(&mut self.ev_multiplier, Unset::Empty)?;
        if speaks >= version::MODELS_SUPPORT {
            wire.text(&mut self.model_code)?;
        }
        if speaks >= version::LAST_LIQUIDITY {
            wire.whole(&mut self.last_liquidity)?;
        }
        if speaks >= version::PENDING_PRICE_REVISION {
            wire.flag(&mut self.pending_price_revision)?;
        }
        if speaks >= version::SUBMITTER {
            wire.text(&mut self.submitter)?;
        }
        Ok(())
    }
}

/// 11: one execution with its instrument, whose primary exchange does not travel.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct ExecDetails {
    /// The request, or [`RequestId::NONE`] when unasked.
    #[serde(skip)]
    pub req_id: RequestId,
    /// The instrument.
    pub contract: Contract,
    /// The execution.
    pub execution: Execution,
}

impl ExecDetails {
    pub(crate) fn encode(&self, fields: &mut FieldWriter<'_>, speaks: ServerVersion) {
        let Ok(()) = self.clone().pass(fields, speaks);
    }

    pub(crate) fn decode(fields: &mut Fields<'_>, speaks: ServerVersion) -> Result<Self, ProtoError> {
        let mut message = Self::default();
        message.pass(fields, speaks)?;
        Ok(message)
    }

    fn pass<W: Wire>(&mut self, wire: &mut W, speaks: ServerVersion) -> Result<(), W::Error> {
        if speaks < version::LAST_LIQUIDITY {
            wire.constant("10")?;
        }
        wire.id(&mut self.req_id)?;
        wire.id(&mut self.execution.order_id)?;
        instrument::named_by_gateway(wire, &mut self.contract, Unset::ZeroPoint)?;
        self.execution.pass(wire, speaks)
    }
}

/// 59: what an execution cost. It follows the execution, never precedes it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CommissionReport {
    /// The execution.
    pub exec_id: String,
    /// The commission.
    #[schemars(with = "Option<f64>")]
    pub commission: Option<Decimal>,
    /// Its currency.
    pub currency: String,
    /// Profit realised by the execution; unset when it opened a position.
    #[schemars(with = "Option<f64>")]
    #[serde(rename = "realizedPNL")]
    pub realized_pnl: Option<Decimal>,
    /// A bond's yield.
    #[serde(rename = "yield")]
    pub bond_yield: Option<f64>,
    /// `YYYYMMDD` as a number; 0 for none.
    pub yield_redemption_date: i32,
}

impl CommissionReport {
    pub(crate) fn encode(&self, fields: &mut FieldWriter<'_>, _: ServerVersion) {
        let Ok(()) = self.clone().pass(fields);
    }

    pub(crate) fn decode(fields: &mut Fields<'_>, _: ServerVersion) -> Result<Self, ProtoError> {
        let mut message = Self::default();
        message.pass(fields)?;
        Ok(message)
    }

    fn pass<W: Wire>(&mut self, wire: &mut W) -> Result<(), W::Error> {
        wire.constant("1")?;
        wire.text(&mut self.exec_id)?;
        wire.price(&mut self.commission, Unset::Max)?;
        wire.text(&mut self.currency)?;
        wire.price(&mut self.realized_pnl, Unset::Max)?;
        wire.float(&mut self.bond_yield, Unset::Max)?;
        let mut date = Some(self.yield_redemption_date).filter(|date| *date != 0);
        wire.maybe_whole(&mut date, Unset::Empty)?;
        self.yield_redemption_date = date.unwrap_or_default();
        Ok(())
    }
}

#[cfg(test)]
mod tests;
