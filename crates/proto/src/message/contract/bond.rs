//! One bond with its details, which has a message of its own.

use rust_decimal::Decimal;

use crate::error::ProtoError;
use crate::ids::{ConId, RequestId, ServerVersion};
use crate::message::layout::layout;
use crate::text::{FieldWriter, Fields};
use crate::version;

#[cfg(test)]
mod tests;

/// 18 from the server: one bond with its details.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct BondContractDetails {
    /// The request.
    pub req_id: RequestId,
    /// Which bond it is, and what it pays.
    pub bond: Bond,
    /// How it is traded.
    pub market: BondMarket,
}

layout! {
    /// Which bond it is, and what it pays.
    pub struct Bond {
        /// The symbol.
        pub symbol: String,
        /// `BOND`, `BILL` or `FIXED`.
        pub sec_type: String,
        /// The CUSIP.
        pub cusip: String,
        /// The coupon in percent per year; ib_async 2.1.0 and ibapi 9.81.1 read only whole numbers.
        pub coupon: Option<Decimal>,
        /// When it is due, as `YYYYMMDD`; a time and a zone may follow.
        pub maturity: String,
        /// When it was issued.
        pub issue_date: String,
        /// Its ratings.
        pub ratings: String,
        /// The kind of bond.
        pub bond_type: String,
        /// The kind of coupon.
        pub coupon_type: String,
        /// Whether it can be converted into stock.
        pub convertible: bool,
        /// Whether the issuer may call it back.
        pub callable: bool,
        /// Whether the owner may give it back.
        pub putable: bool,
        /// What is added to the description.
        pub desc_append: String,
        /// The exchange.
        pub exchange: String,
        /// The currency.
        pub currency: String,
        /// The market's name.
        pub market_name: String,
        /// The trading class.
        pub trading_class: String,
        /// IBKR's number.
        pub con_id: ConId,
        /// The smallest price step.
        pub min_tick: Option<Decimal>,
    }
}

layout! {
    /// How a bond is traded.
    pub struct BondMarket {
        /// Comma-joined order types.
        pub order_types: String,
        /// Comma-joined exchanges.
        pub valid_exchanges: String,
        /// When it can next be called or given back.
        pub next_option_date: String,
        /// Which of the two.
        pub next_option_type: String,
        /// Whether only a part of it.
        pub next_option_partial: bool,
        /// Notes.
        pub notes: String,
        /// The issuer's name.
        pub long_name: String,
        /// The zone that the hours below are in.
        @since BOND_TRADING_HOURS pub time_zone_id: String,
        /// `YYYYMMDD:HHMM-YYYYMMDD:HHMM;YYYYMMDD:CLOSED;…`
        @since BOND_TRADING_HOURS pub trading_hours: String,
        /// The same for regular hours.
        @since BOND_TRADING_HOURS pub liquid_hours: String,
        /// The economic value rule's name.
        pub ev_rule: String,
        /// The economic value rule's multiplier.
        pub ev_multiplier: i32,
        /// Further ids.
        pub sec_ids: Vec<SecurityId>,
        /// The aggregated group; 0 and up for SMART.
        pub agg_group: i32,
        /// Comma-joined market rule numbers, one per exchange.
        pub market_rule_ids: String,
        /// The smallest size.
        @since SIZE_RULES pub min_size: Option<Decimal>,
        /// The step of sizes.
        @since SIZE_RULES pub size_increment: Option<Decimal>,
        /// The suggested step of sizes.
        @since SIZE_RULES pub suggested_size_increment: Option<Decimal>,
    }
}

layout! {
    /// A further id of a security.
    pub struct SecurityId {
        /// `ISIN`, `CUSIP`, …
        pub kind: String,
        /// The id.
        pub value: String,
    }
}

/// The version field, until [`version::SIZE_RULES`].
const VERSION: i32 = 6;

/// mdSizeMultiplier, until [`version::SIZE_RULES`]: sizes are units and not lots.
const SIZE_MULTIPLIER: i32 = 1;

impl BondContractDetails {
    pub(crate) fn encode(&self, fields: &mut FieldWriter<'_>, speaks: ServerVersion) {
        if speaks < version::SIZE_RULES {
            fields.int(VERSION);
        }
        fields.int(self.req_id.get());
        self.bond.encode(fields, speaks);
        if speaks < version::SIZE_RULES {
            fields.int(SIZE_MULTIPLIER);
        }
        self.market.encode(fields, speaks);
    }

    pub(crate) fn decode(fields: &mut Fields<'_>, speaks: ServerVersion) -> Result<Self, ProtoError> {
        let old = usize::from(speaks < version::SIZE_RULES);
        fields.skip(old)?;
        let req_id = RequestId::new(fields.i32()?);
        let bond = Bond::decode(fields, speaks)?;
        fields.skip(old)?;
        Ok(Self { req_id, bond, market: BondMarket::decode(fields, speaks)? })
    }
}
