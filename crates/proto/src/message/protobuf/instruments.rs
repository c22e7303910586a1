//! Bodies about instruments: chains, searches, rules, exchanges, display groups, calculations.

use rust_decimal::Decimal;

use super::table::body;
use crate::message::contract::Beside;
use crate::message::depth::{DepthMktDataDescription, MktDepthExchanges};
use crate::message::display_group::{
    DisplayGroupList, DisplayGroupUpdated, SubscribeToGroupEvents, UpdateDisplayGroup,
};
use crate::message::market_data::{RerouteMktDataReq, RerouteMktDepthReq};
use crate::message::market_rule::{MarketRule, MarketRuleRequest, PriceIncrement};
use crate::message::option::{
    CalculateImpliedVolatility, CalculateOptionPrice, ExerciseOptions, TickOptionComputation,
};
use crate::message::option_chain::{SecDefOptParams, SecDefOptParamsRequest};
use crate::message::smart_components::{SmartComponent, SmartComponents, SmartComponentsRequest};
use crate::message::symbols::{ContractDescription, MatchingSymbolsRequest, SymbolSamples};
use crate::protobuf::{Body, Speaker};

body! {
    SecDefOptParamsRequest {
        1 id req_id; 2 text underlying_symbol; 3 text fut_fop_exchange; 4 text underlying_sec_type; 5 id underlying_con_id;
    }
    SecDefOptParams {
        1 id req_id; 2 text exchange; 3 id underlying_con_id; 4 text trading_class; 5 text multiplier;
        6 texts expirations; 7 numbers strikes;
    }
    MatchingSymbolsRequest { 1 id req_id; 2 text pattern; }
    SymbolSamples { 1 id req_id; 2 each contracts; }
    MarketRuleRequest { 1 whole market_rule_id; }
    MarketRule { 1 whole market_rule_id; 2 each price_increments; }
    PriceIncrement { 1 number low_edge; 2 number increment; }
    SmartComponentsRequest { 1 id req_id; 2 text bbo_exchange; }
    SmartComponents { 1 id req_id; 2 each components; }
    SmartComponent { 1 whole bit_number; 2 text exchange; 3 text exchange_letter; }
    MktDepthExchanges { 1 each descriptions; }
    DepthMktDataDescription {
        1 text exchange; 2 text sec_type; 3 text listing_exchange; 4 text service_data_type; 5 maybe_whole agg_group;
    }
    RerouteMktDataReq { 1 id req_id; 2 id con_id; 3 text exchange; }
    RerouteMktDepthReq { 1 id req_id; 2 id con_id; 3 text exchange; }
    SubscribeToGroupEvents { 1 id req_id; 2 whole group_id; }
    UpdateDisplayGroup { 1 id req_id; 2 text contract_info; }
    DisplayGroupList { 1 id req_id; 2 text groups; }
    DisplayGroupUpdated { 1 id req_id; 2 text contract_info; }
    CalculateImpliedVolatility {
        1 id req_id; 2 asked contract; 3 number option_price; 4 number underlying_price; 5 options options;
    }
    CalculateOptionPrice {
        1 id req_id; 2 asked contract; 3 number volatility; 4 number underlying_price; 5 options options;
    }
}

impl ExerciseOptions {
    /// The request's id is an order's, and whether to override is a boolean here.
    pub(in crate::message) fn pass_body<B: Body>(&mut self, body: &mut B) -> Result<(), B::Error> {
        body.id(1, &mut self.req_id)?;
        body.part(2, &mut self.contract, |body, contract| {
            contract.pass_body(body, &mut Beside::default(), Speaker::Client)
        })?;
        body.whole(3, &mut self.exercise_action)?;
        body.whole(4, &mut self.exercise_quantity)?;
        body.text(5, &mut self.account)?;
        let mut over = self.r#override != 0;
        body.flag(6, &mut over)?;
        self.r#override = i32::from(over);
        body.text(7, &mut self.manual_order_time)?;
        body.text(8, &mut self.customer_account)?;
        body.flag(9, &mut self.professional_customer)
    }
}

impl TickOptionComputation {
    /// What was not computed is left out; the numbers that say so in text may be sent here too.
    pub(in crate::message) fn pass_body<B: Body>(&mut self, body: &mut B) -> Result<(), B::Error> {
        body.id(1, &mut self.req_id)?;
        body.whole(2, &mut self.tick_type)?;
        body.whole(3, &mut self.tick_attrib)?;
        let (one, two) = (Decimal::NEGATIVE_ONE, -Decimal::TWO);
        for (tag, value, nothing) in [
            (4, &mut self.implied_volatility, one),
            (5, &mut self.delta, two),
            (6, &mut self.option_price, one),
            (7, &mut self.pv_dividend, one),
            (8, &mut self.gamma, two),
            (9, &mut self.vega, two),
            (10, &mut self.theta, two),
            (11, &mut self.underlying_price, one),
        ] {
            body.price(tag, value)?;
            *value = value.filter(|value| *value != nothing);
        }
        self.implied_volatility = self.implied_volatility.filter(|value| value.is_zero() || value.is_sign_positive());
        Ok(())
    }
}

impl ContractDescription {
    pub(in crate::message) fn pass_body<B: Body>(&mut self, body: &mut B) -> Result<(), B::Error> {
        let mut beside = Beside {
            description: std::mem::take(&mut self.description),
            issuer_id: std::mem::take(&mut self.issuer_id),
            ..Beside::default()
        };
        body.part(1, &mut self.contract, |body, contract| contract.pass_body(body, &mut beside, Speaker::Client))?;
        self.description = beside.description;
        self.issuer_id = beside.issuer_id;
        body.texts(2, &mut self.derivative_sec_types)
    }
}
