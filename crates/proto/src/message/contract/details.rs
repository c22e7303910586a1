//! One contract with its details.

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::ProtoError;
use crate::ids::{ConId, RequestId, ServerVersion};
use crate::message::contract::Contract;
use crate::message::contract::fund::{FUND, FundDetails};
use crate::text::{FieldWriter, Fields};
use crate::version;

/// 10: one contract with its details.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct ContractDetails {
    /// The request.
    #[serde(skip)]
    pub req_id: RequestId,
    /// The contract, fully named.
    pub contract: Contract,
    /// The market's name.
    pub market_name: String,
    /// The smallest price step.
    #[schemars(with = "Option<f64>")]
    pub min_tick: Option<Decimal>,
    /// What prices are multiplied by.
    pub price_magnifier: i32,
    /// Comma-joined order types.
    pub order_types: String,
    /// Comma-joined exchanges.
    pub valid_exchanges: String,
    /// The underlying's number; 0 for none.
    pub under_con_id: ConId,
    /// The company's or product's name.
    pub long_name: String,
    /// `YYYYMM` for futures and options.
    pub contract_month: String,
    /// The industry.
    pub industry: String,
    /// The industry's category.
    pub category: String,
    /// The industry's subcategory.
    pub subcategory: String,
    /// The zone that the hours below are in, for example `US/Eastern`.
    pub time_zone_id: String,
    /// `YYYYMMDD:HHMM-YYYYMMDD:HHMM;YYYYMMDD:CLOSED;…`
    pub trading_hours: String,
    /// The same for regular hours.
    pub liquid_hours: String,
    /// The economic value rule's name.
    pub ev_rule: String,
    /// The economic value rule's multiplier.
    #[schemars(with = "Option<f64>")]
    pub ev_multiplier: Option<Decimal>,
    /// Further ids, as (type, value).
    pub sec_id_list: Vec<(String, String)>,
    /// The aggregated group; 0 and up for SMART.
    pub agg_group: i32,
    /// The underlying's symbol.
    pub under_symbol: String,
    /// The underlying's type.
    pub under_sec_type: String,
    /// Comma-joined market rule numbers, one per exchange.
    pub market_rule_ids: String,
    /// The real expiration date.
    pub real_expiration_date: String,
    /// The last trade time, where sent with the date.
    pub last_trade_time: String,
    /// The last trade date, from [`version::LAST_TRADE_DATE`] on.
    pub last_trade_date: String,
    /// `COMMON`, `ETF`, `ADR`, …
    pub stock_type: String,
    /// The smallest size.
    #[schemars(with = "Option<f64>")]
    pub min_size: Option<Decimal>,
    /// The step of sizes.
    #[schemars(with = "Option<f64>")]
    pub size_increment: Option<Decimal>,
    /// The suggested step of sizes.
    #[schemars(with = "Option<f64>")]
    pub suggested_size_increment: Option<Decimal>,
    /// What only funds have, from [`version::FUND_DATA_FIELDS`] on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fund: Option<Box<FundDetails>>,
    /// Why this account may not trade it, from [`version::INELIGIBILITY_REASONS`] on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ineligibility_reason_list: Vec<IneligibilityReason>,
}

/// One reason why an account may not trade a contract.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct IneligibilityReason {
    /// The reason's name.
    pub id: String,
    /// The reason for people.
    pub description: String,
}

/// mdSizeMultiplier, which stood in the message before [`version::SIZE_RULES`]: sizes are shares and not lots.
const SIZE_MULTIPLIER: i32 = 1;

impl ContractDetails {
    pub(crate) fn encode(&self, fields: &mut FieldWriter<'_>, speaks: ServerVersion) {
        self.encode_contract(fields, speaks);
        self.encode_market(fields);
        self.encode_rules(fields, speaks);
        if speaks >= version::FUND_DATA_FIELDS && self.contract.sec_type == FUND {
            match &self.fund {
                Some(fund) => fund.encode(fields),
                None => FundDetails::default().encode(fields),
            }
        }
        if speaks >= version::INELIGIBILITY_REASONS {
            fields.int(u32::try_from(self.ineligibility_reason_list.len()).unwrap_or(u32::MAX));
            for reason in &self.ineligibility_reason_list {
                fields.text(&reason.id).text(&reason.description);
            }
        }
    }

    fn encode_contract(&self, fields: &mut FieldWriter<'_>, speaks: ServerVersion) {
        let contract = &self.contract;
        if speaks < version::SIZE_RULES {
            fields.int(8);
        }
        fields.int(self.req_id.get()).text(&contract.symbol).text(&contract.sec_type);
        fields.text(&self.last_trade());
        if speaks >= version::LAST_TRADE_DATE {
            fields.text(&self.last_trade_date);
        }
        fields
            .decimal(contract.strike.unwrap_or_default())
            .text(&contract.right)
            .text(&contract.exchange)
            .text(&contract.currency)
            .text(&contract.local_symbol)
            .text(&self.market_name)
            .text(&contract.trading_class)
            .int(contract.con_id.get())
            .opt_decimal(self.min_tick);
        if has_size_multiplier(speaks) {
            fields.int(SIZE_MULTIPLIER);
        }
        fields.text(&contract.multiplier);
    }

    fn encode_market(&self, fields: &mut FieldWriter<'_>) {
        fields
            .text(&self.order_types)
            .text(&self.valid_exchanges)
            .int(self.price_magnifier)
            .int(self.under_con_id.get())
            .escaped(&self.long_name)
            .text(&self.contract.primary_exchange)
            .text(&self.contract_month)
            .text(&self.industry)
            .text(&self.category)
            .text(&self.subcategory)
            .text(&self.time_zone_id)
            .text(&self.trading_hours)
            .text(&self.liquid_hours)
            .text(&self.ev_rule)
            .opt_decimal(self.ev_multiplier)
            .int(u32::try_from(self.sec_id_list.len()).unwrap_or(u32::MAX));
        for (kind, value) in &self.sec_id_list {
            fields.text(kind).text(value);
        }
    }

    fn encode_rules(&self, fields: &mut FieldWriter<'_>, speaks: ServerVersion) {
        if speaks >= version::AGG_GROUP {
            fields.int(self.agg_group);
        }
        if speaks >= version::UNDERLYING_INFO {
            fields.text(&self.under_symbol).text(&self.under_sec_type);
        }
        if speaks >= version::MARKET_RULES {
            fields.text(&self.market_rule_ids);
        }
        if speaks >= version::REAL_EXPIRATION_DATE {
            fields.text(&self.real_expiration_date);
        }
        if speaks >= version::STOCK_TYPE {
            fields.text(&self.stock_type);
        }
        if speaks >= version::SIZE_RULES {
            fields
                .opt_decimal(self.min_size)
                .opt_decimal(self.size_increment)
                .opt_decimal(self.suggested_size_increment);
        } else if speaks >= version::FRACTIONAL_SIZE {
            fields.opt_decimal(self.suggested_size_increment);
        }
    }

    pub(crate) fn decode(fields: &mut Fields<'_>, speaks: ServerVersion) -> Result<Self, ProtoError> {
        let mut details = Self::default();
        details.decode_contract(fields, speaks)?;
        details.decode_market(fields)?;
        details.decode_rules(fields, speaks)?;
        if speaks >= version::FUND_DATA_FIELDS && details.contract.sec_type == FUND {
            details.fund = Some(Box::new(FundDetails::decode(fields)?));
        }
        if speaks >= version::INELIGIBILITY_REASONS {
            for _ in 0..fields.count(2)? {
                let reason = IneligibilityReason { id: fields.string()?, description: fields.string()? };
                details.ineligibility_reason_list.push(reason);
            }
        }
        Ok(details)
    }

    fn decode_contract(&mut self, fields: &mut Fields<'_>, speaks: ServerVersion) -> Result<(), ProtoError> {
        if speaks < version::SIZE_RULES {
            fields.skip(1)?;
        }
        self.req_id = RequestId::new(fields.i32()?);
        self.contract.symbol = fields.string()?;
        self.contract.sec_type = fields.string()?;
        self.set_last_trade(&fields.string()?);
        if speaks >= version::LAST_TRADE_DATE {
            self.last_trade_date = fields.string()?;
        }
        self.contract.strike = fields.opt_decimal()?;
        self.contract.right = fields.string()?;
        self.contract.exchange = fields.string()?;
        self.contract.currency = fields.string()?;
        self.contract.local_symbol = fields.string()?;
        self.market_name = fields.string()?;
        self.contract.trading_class = fields.string()?;
        self.contract.con_id = ConId::new(fields.i32()?);
        self.min_tick = fields.opt_decimal()?;
        if has_size_multiplier(speaks) {
            fields.skip(1)?;
        }
        self.contract.multiplier = fields.string()?;
        Ok(())
    }

    /// The last trade date, and the time behind it where there is one.
    pub(super) fn last_trade(&self) -> String {
        let date = &self.contract.last_trade_date_or_contract_month;
        if self.last_trade_time.is_empty() { date.clone() } else { format!("{date} {}", self.last_trade_time) }
    }

    /// Takes apart `date`, `date time`, `date time zone`, or the same joined by hyphens. The zone has a field of its own.
    pub(super) fn set_last_trade(&mut self, text: &str) {
        let separator = |c: char| if text.contains('-') { c == '-' } else { c.is_whitespace() };
        let mut parts = text.split(separator).filter(|part| !part.is_empty());
        self.contract.last_trade_date_or_contract_month = parts.next().unwrap_or_default().to_owned();
        self.last_trade_time = parts.next().unwrap_or_default().to_owned();
    }

    fn decode_market(&mut self, fields: &mut Fields<'_>) -> Result<(), ProtoError> {
        self.order_types = fields.string()?;
        self.valid_exchanges = fields.string()?;
        self.price_magnifier = fields.i32()?;
        self.under_con_id = ConId::new(fields.i32()?);
        self.long_name = fields.escaped()?;
        self.contract.primary_exchange = fields.string()?;
        self.contract_month = fields.string()?;
        self.industry = fields.string()?;
        self.category = fields.string()?;
        self.subcategory = fields.string()?;
        self.time_zone_id = fields.string()?;
        self.trading_hours = fields.string()?;
        self.liquid_hours = fields.string()?;
        self.ev_rule = fields.string()?;
        self.ev_multiplier = fields.opt_decimal()?;
        for _ in 0..fields.count(2)? {
            self.sec_id_list.push((fields.string()?, fields.string()?));
        }
        Ok(())
    }

    fn decode_rules(&mut self, fields: &mut Fields<'_>, speaks: ServerVersion) -> Result<(), ProtoError> {
        if speaks >= version::AGG_GROUP {
            self.agg_group = fields.i32()?;
        }
        if speaks >= version::UNDERLYING_INFO {
            (self.under_symbol, self.under_sec_type) = (fields.string()?, fields.string()?);
        }
        if speaks >= version::MARKET_RULES {
            self.market_rule_ids = fields.string()?;
        }
        if speaks >= version::REAL_EXPIRATION_DATE {
            self.real_expiration_date = fields.string()?;
        }
        if speaks >= version::STOCK_TYPE {
            self.stock_type = fields.string()?;
        }
        if speaks >= version::SIZE_RULES {
            self.min_size = fields.opt_decimal()?;
            self.size_increment = fields.opt_decimal()?;
            self.suggested_size_increment = fields.opt_decimal()?;
        } else if speaks >= version::FRACTIONAL_SIZE {
            self.suggested_size_increment = fields.opt_decimal()?;
        }
        Ok(())
    }
}

/// Whether sizes have a multiplier, which is 1 or 100: not yet at the oldest versions, and no longer at newer ones.
fn has_size_multiplier(speaks: ServerVersion) -> bool {
    (version::MD_SIZE_MULTIPLIER..version::SIZE_RULES).contains(&speaks)
}
