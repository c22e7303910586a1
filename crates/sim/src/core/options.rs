//! Option chains, and what the model says of options.

use std::collections::BTreeSet;

use gatewright_proto::message::contract::Contract;
use gatewright_proto::message::market_data::tick_type;
use gatewright_proto::message::option::{CalculateImpliedVolatility, CalculateOptionPrice, TickOptionComputation};
use gatewright_proto::message::option_chain::{SecDefOptParams, SecDefOptParamsRequest};
use gatewright_proto::{RequestId, ServerMessage};
use rust_decimal::Decimal;
use rust_decimal::prelude::{FromPrimitive, ToPrimitive};

use super::action::ConnId;
use super::world::World;
use crate::catalogue::{Instrument, chain};
use crate::market::{Computed, Quote, Terms};

/// The data type of delayed streams.
const DELAYED: i32 = 3;

impl World {
    /// Sends expiries and strikes of the options on an underlying, once per exchange, then the end marker.
    pub(super) fn send_option_chain(&mut self, id: ConnId, request: &SecDefOptParamsRequest) {
        let req_id = request.req_id;
        let Some(under) = self.catalogue.get(request.underlying_con_id).cloned() else {
            return self.refuse_invalid(id, req_id, "Invalid contract id");
        };
        let today = self.new_york.day(self.now.second());
        let (mut expirations, mut strikes) = (BTreeSet::new(), BTreeSet::new());
        for option in self.catalogue.iter().filter(|it| !it.is_expired(today)) {
            let Some(terms) = option.terms.as_ref().filter(|terms| terms.under == under.con_id) else { continue };
            if let Some((strike, _)) = terms.option {
                expirations.insert(option.last_trade_text());
                strikes.insert(strike);
            }
        }
        // Futures of the underlying have no options here, so an exchange for them finds nothing.
        if !expirations.is_empty() && request.fut_fop_exchange.is_empty() {
            for exchange in chain::OPTION_EXCHANGES {
                let params = SecDefOptParams {
                    req_id,
                    exchange: exchange.into(),
                    underlying_con_id: under.con_id,
                    trading_class: under.symbol.clone(),
                    multiplier: "100".into(),
                    expirations: expirations.iter().cloned().collect(),
                    strikes: strikes.iter().copied().collect(),
                };
                self.send(id, &ServerMessage::SecDefOptParams(Box::new(params)));
            }
        }
        self.send(id, &ServerMessage::SecDefOptParamsEnd(req_id));
    }

    /// What the model says of an option at its quote: always of the model's own price, at first of all others.
    pub(super) fn option_ticks(
        &self,
        req_id: RequestId,
        option: &Instrument,
        quote: &Quote,
        second: i64,
        (data_type, first): (i32, bool),
    ) -> Vec<ServerMessage> {
        let Some((terms, under)) = self.paths.get(&option.con_id).and_then(|path| path.model(second)) else {
            return Vec::new();
        };
        let kinds = if data_type == DELAYED {
            [tick_type::DELAYED_BID_OPTION, tick_type::DELAYED_ASK_OPTION, tick_type::DELAYED_LAST_OPTION]
        } else {
            [tick_type::BID_OPTION_COMPUTATION, tick_type::ASK_OPTION_COMPUTATION, tick_type::LAST_OPTION_COMPUTATION]
        };
        let model = if data_type == DELAYED { tick_type::DELAYED_MODEL_OPTION } else { tick_type::MODEL_OPTION };
        let mut found = Vec::new();
        for (kind, ticks) in kinds.into_iter().zip([quote.bid, quote.ask, quote.last]).filter(|_| first) {
            let price = option.price(ticks).to_f64().unwrap_or_default();
            let volatility = terms.implied(price, under, second);
            let at = Terms { volatility: volatility.unwrap_or(terms.volatility), ..terms };
            let computed = Computed { price, ..at.compute(under, second) };
            found.push(computation(req_id, kind, volatility, &computed, under));
        }
        found.push(computation(req_id, model, Some(terms.volatility), &terms.compute(under, second), under));
        found
    }

    /// The volatility at which the model gives a price.
    pub(super) fn calculate_volatility(&mut self, id: ConnId, request: &CalculateImpliedVolatility) {
        let (req_id, price) = (request.req_id, request.option_price.to_f64().unwrap_or_default());
        let Some((terms, second)) = self.asked_option(id, req_id, &request.contract) else { return };
        let under = request.underlying_price.to_f64().unwrap_or_default();
        let volatility = terms.implied(price, under, second);
        let at = Terms { volatility: volatility.unwrap_or(terms.volatility), ..terms };
        let computed = Computed { price, ..at.compute(under, second) };
        self.send(id, &computation(req_id, tick_type::CUST_OPTION_COMPUTATION, volatility, &computed, under));
    }

    /// The price that the model gives at a volatility.
    pub(super) fn calculate_price(&mut self, id: ConnId, request: &CalculateOptionPrice) {
        let req_id = request.req_id;
        let Some((terms, second)) = self.asked_option(id, req_id, &request.contract) else { return };
        let under = request.underlying_price.to_f64().unwrap_or_default();
        let volatility = request.volatility.to_f64().unwrap_or_default();
        let computed = Terms { volatility, ..terms }.compute(under, second);
        self.send(id, &computation(req_id, tick_type::CUST_OPTION_COMPUTATION, Some(volatility), &computed, under));
    }

    fn asked_option(&mut self, id: ConnId, req_id: RequestId, contract: &Contract) -> Option<(Terms, i64)> {
        let instrument = self.instrument(id, req_id, contract)?;
        let second = self.now.second();
        let model = self.paths.get(&instrument.con_id).and_then(|path| path.model(second));
        if model.is_none() {
            self.refuse_invalid(id, req_id, "The contract is not an option");
        }
        model.map(|(terms, _)| (terms, second))
    }
}

fn computation(
    req_id: RequestId,
    tick_type: i32,
    volatility: Option<f64>,
    computed: &Computed,
    under: f64,
) -> ServerMessage {
    let number = |value: f64| Decimal::from_f64(value).map(|value| value.round_dp(8).normalize());
    ServerMessage::TickOptionComputation(Box::new(TickOptionComputation {
        req_id,
        tick_type,
        // Computed from prices and not from returns.
        tick_attrib: 1,
        implied_volatility: volatility.and_then(number),
        delta: number(computed.delta),
        option_price: number(computed.price),
        pv_dividend: Some(Decimal::ZERO),
        gamma: number(computed.gamma),
        vega: number(computed.vega),
        theta: number(computed.theta),
        underlying_price: number(under),
    }))
}
