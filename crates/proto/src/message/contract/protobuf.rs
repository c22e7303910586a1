//! Instruments, their details and the request for them as protobuf.
//!
//! A protobuf contract says what several text layouts say beside it: the legs of a combination, an id of another
//! kind, whether an expired contract is meant. [`Beside`] takes these to and from the messages that keep them.

use rust_decimal::Decimal;

use super::fund::FundDetails;
use super::{Contract, ContractDetails, ContractDetailsRequest, IneligibilityReason};
use crate::message::market_data::{ComboLeg, DeltaNeutralContract};
use crate::message::order::{OrderComboLeg, OrderLeg, TagValue};
use crate::protobuf::{Body, Speaker};

/// What a protobuf contract says besides the twelve fields that name an instrument.
#[derive(Debug, Default)]
pub(crate) struct Beside {
    /// `ISIN`, `CUSIP`, …
    pub(crate) sec_id_type: String,
    /// The id of that type.
    pub(crate) sec_id: String,
    /// What the instrument is, in words; only in the answers to a search.
    pub(crate) description: String,
    /// A bond issuer.
    pub(crate) issuer_id: String,
    /// The delta-neutral part of a combination.
    pub(crate) delta_neutral: Option<DeltaNeutralContract>,
    /// Whether an expired contract is meant.
    pub(crate) include_expired: bool,
    /// The legs of a combination, in words.
    pub(crate) combo_legs_descrip: String,
    /// The legs of a combination.
    pub(crate) combo_legs: Vec<PricedLeg>,
    /// The last trade date, in contract details.
    pub(crate) last_trade_date: String,
}

/// One leg and, in orders, its price.
#[derive(Debug, Default)]
pub(crate) struct PricedLeg {
    leg: OrderLeg,
    price: Option<Decimal>,
}

impl Beside {
    /// The legs that a request for data names; what it does not say of them is as official clients have it.
    pub(crate) fn of_data(legs: &[ComboLeg], delta_neutral: Option<DeltaNeutralContract>) -> Self {
        let priced = |leg: &ComboLeg| PricedLeg {
            leg: OrderLeg {
                con_id: leg.con_id,
                ratio: leg.ratio,
                action: leg.action.clone(),
                exchange: leg.exchange.clone(),
                ..OrderLeg::default()
            },
            price: None,
        };
        Self { combo_legs: legs.iter().map(priced).collect(), delta_neutral, ..Self::default() }
    }

    /// The legs as a request for data names them.
    pub(crate) fn data_legs(self) -> Vec<ComboLeg> {
        let brief = |PricedLeg { leg, .. }| ComboLeg {
            con_id: leg.con_id,
            ratio: leg.ratio,
            action: leg.action,
            exchange: leg.exchange,
        };
        self.combo_legs.into_iter().map(brief).collect()
    }

    /// The legs of an order, with prices as far as there are any.
    pub(crate) fn of_order(
        legs: &[OrderLeg],
        prices: &[OrderComboLeg],
        delta_neutral: Option<DeltaNeutralContract>,
    ) -> Self {
        let prices = prices.iter().map(|leg| leg.price).chain(std::iter::repeat(None));
        let combo_legs = legs.iter().cloned().zip(prices).map(|(leg, price)| PricedLeg { leg, price }).collect();
        Self { combo_legs, delta_neutral, ..Self::default() }
    }

    /// The legs of an order and their prices; no prices where no leg has one.
    pub(crate) fn order_legs(self) -> (Vec<OrderLeg>, Vec<OrderComboLeg>) {
        let priced = self.combo_legs.iter().any(|leg| leg.price.is_some());
        let (legs, prices): (Vec<_>, Vec<_>) =
            self.combo_legs.into_iter().map(|PricedLeg { leg, price }| (leg, OrderComboLeg { price })).unzip();
        (legs, if priced { prices } else { Vec::new() })
    }
}

impl PricedLeg {
    fn pass_body<B: Body>(&mut self, body: &mut B) -> Result<(), B::Error> {
        body.id(1, &mut self.leg.con_id)?;
        body.whole(2, &mut self.leg.ratio)?;
        body.text(3, &mut self.leg.action)?;
        body.text(4, &mut self.leg.exchange)?;
        body.whole(5, &mut self.leg.open_close)?;
        body.whole(6, &mut self.leg.short_sale_slot)?;
        body.text(7, &mut self.leg.designated_location)?;
        body.whole(8, &mut self.leg.exempt_code)?;
        body.price(9, &mut self.price)
    }
}

impl Contract {
    /// A Gateway writes the strike of what has none as 0; a client leaves it out.
    pub(crate) fn pass_body<B: Body>(
        &mut self,
        body: &mut B,
        beside: &mut Beside,
        speaker: Speaker,
    ) -> Result<(), B::Error> {
        body.id(1, &mut self.con_id)?;
        body.text(2, &mut self.symbol)?;
        body.text(3, &mut self.sec_type)?;
        body.text(4, &mut self.last_trade_date_or_contract_month)?;
        match speaker {
            Speaker::Client => body.price(5, &mut self.strike)?,
            Speaker::Gateway => body.price_or_zero(5, &mut self.strike)?,
        }
        body.text(6, &mut self.right)?;
        body.number_as_text(7, &mut self.multiplier)?;
        body.text(8, &mut self.exchange)?;
        body.text(9, &mut self.primary_exchange)?;
        body.text(10, &mut self.currency)?;
        body.text(11, &mut self.local_symbol)?;
        body.text(12, &mut self.trading_class)?;
        body.text(13, &mut beside.sec_id_type)?;
        body.text(14, &mut beside.sec_id)?;
        body.text(15, &mut beside.description)?;
        body.text(16, &mut beside.issuer_id)?;
        body.maybe_part(17, &mut beside.delta_neutral, |body, part| part.pass_body(body))?;
        body.flag(18, &mut beside.include_expired)?;
        body.text(19, &mut beside.combo_legs_descrip)?;
        body.list(20, &mut beside.combo_legs, |body, leg| leg.pass_body(body))?;
        body.text(21, &mut beside.last_trade_date)
    }

    /// As a Gateway names the instrument of a position, an order or an execution: without its listing exchange, which
    /// does not travel in text either.
    pub(crate) fn pass_without_listing<B: Body>(&mut self, body: &mut B) -> Result<(), B::Error> {
        self.pass_without_listing_and(body, &mut Beside::default())
    }

    /// The same, with what stands beside it.
    pub(crate) fn pass_without_listing_and<B: Body>(
        &mut self,
        body: &mut B,
        beside: &mut Beside,
    ) -> Result<(), B::Error> {
        let listing = std::mem::take(&mut self.primary_exchange);
        self.pass_body(body, beside, Speaker::Gateway)?;
        if B::WRITES {
            self.primary_exchange = listing;
        }
        Ok(())
    }
}

impl DeltaNeutralContract {
    fn pass_body<B: Body>(&mut self, body: &mut B) -> Result<(), B::Error> {
        body.id(1, &mut self.con_id)?;
        for (tag, number) in [(2, &mut self.delta), (3, &mut self.price)] {
            let mut set = Some(*number);
            body.float(tag, &mut set)?;
            *number = set.unwrap_or_default();
        }
        Ok(())
    }
}

impl ContractDetailsRequest {
    pub(crate) fn pass_body<B: Body>(&mut self, body: &mut B) -> Result<(), B::Error> {
        body.id(1, &mut self.req_id)?;
        let mut beside = Beside {
            sec_id_type: std::mem::take(&mut self.sec_id_type),
            sec_id: std::mem::take(&mut self.sec_id),
            issuer_id: std::mem::take(&mut self.issuer_id),
            include_expired: self.include_expired,
            ..Beside::default()
        };
        body.part(2, &mut self.contract, |body, contract| contract.pass_body(body, &mut beside, Speaker::Client))?;
        self.include_expired = beside.include_expired;
        self.sec_id_type = beside.sec_id_type;
        self.sec_id = beside.sec_id;
        self.issuer_id = beside.issuer_id;
        Ok(())
    }
}

impl ContractDetails {
    pub(crate) fn pass_body<B: Body>(&mut self, body: &mut B) -> Result<(), B::Error> {
        body.id(1, &mut self.req_id)?;
        let mut beside = Beside { last_trade_date: std::mem::take(&mut self.last_trade_date), ..Beside::default() };
        let date = self.last_trade();
        let plain = std::mem::replace(&mut self.contract.last_trade_date_or_contract_month, date);
        body.part(2, &mut self.contract, |body, contract| contract.pass_body(body, &mut beside, Speaker::Gateway))?;
        self.last_trade_date = beside.last_trade_date;
        if B::WRITES {
            self.contract.last_trade_date_or_contract_month = plain;
        } else {
            let date = std::mem::take(&mut self.contract.last_trade_date_or_contract_month);
            self.set_last_trade(&date);
        }
        body.part(3, self, |body, details| {
            details.pass_market(body)?;
            details.pass_rules(body)?;
            details.pass_fund(body)?;
            body.list(58, &mut details.ineligibility_reason_list, |body, reason| reason.pass_body(body))
        })
    }

    fn pass_market<B: Body>(&mut self, body: &mut B) -> Result<(), B::Error> {
        body.text(1, &mut self.market_name)?;
        body.size(2, &mut self.min_tick)?;
        body.text(3, &mut self.order_types)?;
        body.text(4, &mut self.valid_exchanges)?;
        body.whole(5, &mut self.price_magnifier)?;
        body.id_unless_zero(6, &mut self.under_con_id)?;
        body.text(7, &mut self.long_name)?;
        body.text(8, &mut self.contract_month)?;
        body.text(9, &mut self.industry)?;
        body.text(10, &mut self.category)?;
        body.text(11, &mut self.subcategory)?;
        body.text(12, &mut self.time_zone_id)?;
        body.text(13, &mut self.trading_hours)?;
        body.text(14, &mut self.liquid_hours)?;
        body.text(15, &mut self.ev_rule)?;
        body.price(16, &mut self.ev_multiplier)?;
        let pairs = std::mem::take(&mut self.sec_id_list).into_iter();
        let mut pairs = pairs.map(|(tag, value)| TagValue { tag, value }).collect();
        body.pairs(17, &mut pairs)?;
        self.sec_id_list = pairs.into_iter().map(|pair| (pair.tag, pair.value)).collect();
        Ok(())
    }

    fn pass_rules<B: Body>(&mut self, body: &mut B) -> Result<(), B::Error> {
        body.whole(18, &mut self.agg_group)?;
        body.text(19, &mut self.under_symbol)?;
        body.text(20, &mut self.under_sec_type)?;
        body.text(21, &mut self.market_rule_ids)?;
        body.text(22, &mut self.real_expiration_date)?;
        body.text(23, &mut self.stock_type)?;
        body.size(24, &mut self.min_size)?;
        body.size(25, &mut self.size_increment)?;
        body.size(26, &mut self.suggested_size_increment)
    }

    /// The fields of funds stand among the others; whoever has none of them is no fund.
    fn pass_fund<B: Body>(&mut self, body: &mut B) -> Result<(), B::Error> {
        let mut fund = self.fund.take().unwrap_or_default();
        fund.pass_body(body)?;
        self.fund = Some(fund).filter(|fund| **fund != FundDetails::default());
        Ok(())
    }
}

impl FundDetails {
    fn pass_body<B: Body>(&mut self, body: &mut B) -> Result<(), B::Error> {
        body.text(27, &mut self.name)?;
        body.text(28, &mut self.family)?;
        body.text(29, &mut self.fund_type)?;
        body.text(30, &mut self.front_load)?;
        body.text(31, &mut self.back_load)?;
        body.text(32, &mut self.back_load_time_interval)?;
        body.text(33, &mut self.management_fee)?;
        body.flag(34, &mut self.closed)?;
        body.flag(35, &mut self.closed_for_new_investors)?;
        body.flag(36, &mut self.closed_for_new_money)?;
        body.text(37, &mut self.notify_amount)?;
        body.text(38, &mut self.minimum_initial_purchase)?;
        body.text(39, &mut self.subsequent_minimum_purchase)?;
        body.text(40, &mut self.blue_sky_states)?;
        body.text(41, &mut self.blue_sky_territories)?;
        body.text(42, &mut self.distribution_policy_indicator)?;
        body.text(43, &mut self.asset_type)
    }
}

impl IneligibilityReason {
    fn pass_body<B: Body>(&mut self, body: &mut B) -> Result<(), B::Error> {
        body.text(1, &mut self.id)?;
        body.text(2, &mut self.description)
    }
}
