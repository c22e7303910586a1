//! The body about a bond.

use rust_decimal::Decimal;

use crate::message::contract::{Bond, BondContractDetails, BondMarket, SecurityId};
use crate::message::order::TagValue;
use crate::protobuf::Body;

impl BondContractDetails {
    /// Some of what text says of the bond is said of the contract here; the maturity is its last trade date.
    pub(in crate::message) fn pass_body<B: Body>(&mut self, body: &mut B) -> Result<(), B::Error> {
        body.id(1, &mut self.req_id)?;
        body.part(2, &mut self.bond, |body, bond| {
            body.id(1, &mut bond.con_id)?;
            body.text(2, &mut bond.symbol)?;
            body.text(3, &mut bond.sec_type)?;
            body.text(4, &mut bond.maturity)?;
            body.price_or_zero(5, &mut None)?;
            body.text(8, &mut bond.exchange)?;
            body.text(10, &mut bond.currency)?;
            body.text(12, &mut bond.trading_class)
        })?;
        body.part(3, self, |body, details| {
            body.text(1, &mut details.bond.market_name)?;
            body.size(2, &mut details.bond.min_tick)?;
            details.market.pass_trading(body)?;
            details.bond.pass_terms(body)?;
            details.market.pass_next_option(body)
        })
    }
}

impl Bond {
    fn pass_terms<B: Body>(&mut self, body: &mut B) -> Result<(), B::Error> {
        body.text(44, &mut self.cusip)?;
        body.text(45, &mut self.issue_date)?;
        body.text(46, &mut self.ratings)?;
        body.text(47, &mut self.bond_type)?;
        body.price(48, &mut self.coupon)?;
        body.text(49, &mut self.coupon_type)?;
        body.flag(50, &mut self.convertible)?;
        body.flag(51, &mut self.callable)?;
        body.flag(52, &mut self.putable)?;
        body.text(53, &mut self.desc_append)
    }
}

impl BondMarket {
    fn pass_trading<B: Body>(&mut self, body: &mut B) -> Result<(), B::Error> {
        body.text(3, &mut self.order_types)?;
        body.text(4, &mut self.valid_exchanges)?;
        body.text(7, &mut self.long_name)?;
        body.text(12, &mut self.time_zone_id)?;
        body.text(13, &mut self.trading_hours)?;
        body.text(14, &mut self.liquid_hours)?;
        body.text(15, &mut self.ev_rule)?;
        let mut multiplier = Some(Decimal::from(self.ev_multiplier)).filter(|number| !number.is_zero());
        body.price(16, &mut multiplier)?;
        let whole = multiplier.unwrap_or_default().round();
        self.ev_multiplier = i32::try_from(whole).unwrap_or_default();
        let pairs = std::mem::take(&mut self.sec_ids).into_iter();
        let mut pairs = pairs.map(|id| TagValue { tag: id.kind, value: id.value }).collect();
        body.pairs(17, &mut pairs)?;
        self.sec_ids = pairs.into_iter().map(|pair| SecurityId { kind: pair.tag, value: pair.value }).collect();
        body.whole(18, &mut self.agg_group)?;
        body.text(21, &mut self.market_rule_ids)?;
        body.size(24, &mut self.min_size)?;
        body.size(25, &mut self.size_increment)?;
        body.size(26, &mut self.suggested_size_increment)
    }

    fn pass_next_option<B: Body>(&mut self, body: &mut B) -> Result<(), B::Error> {
        body.text(54, &mut self.next_option_date)?;
        body.text(55, &mut self.next_option_type)?;
        body.flag(56, &mut self.next_option_partial)?;
        body.text(57, &mut self.notes)
    }
}
