//! Market data and the requests for it as protobuf.

use super::tick::{NOTHING, is_nothing, is_quote, is_quote_size};
use super::{
    MarketDataType, MarketDataTypeRequest, MktDataRequest, TickGeneric, TickPrice, TickReqParams, TickSize, TickString,
};
use crate::message::contract::Beside;
use crate::protobuf::{Body, Speaker};

impl MktDataRequest {
    pub(crate) fn pass_body<B: Body>(&mut self, body: &mut B) -> Result<(), B::Error> {
        body.id(1, &mut self.req_id)?;
        let mut beside = Beside::of_data(&self.combo_legs, self.delta_neutral);
        body.part(2, &mut self.contract, |body, contract| contract.pass_body(body, &mut beside, Speaker::Client))?;
        self.delta_neutral = beside.delta_neutral;
        self.combo_legs = beside.data_legs();
        body.text(3, &mut self.generic_ticks)?;
        body.flag(4, &mut self.snapshot)?;
        body.flag(5, &mut self.regulatory_snapshot)?;
        body.options(6, &mut self.options)
    }
}

impl MarketDataTypeRequest {
    pub(crate) fn pass_body<B: Body>(&mut self, body: &mut B) -> Result<(), B::Error> {
        body.whole(1, &mut self.market_data_type)
    }
}

impl TickPrice {
    /// "No quote" is as in text.
    pub(crate) fn pass_body<B: Body>(&mut self, body: &mut B) -> Result<(), B::Error> {
        body.id(1, &mut self.req_id)?;
        body.whole(2, &mut self.tick_type)?;
        if B::WRITES && self.price.is_none() && is_quote(self.tick_type) {
            self.price = Some(NOTHING);
            self.size = Some(self.size.unwrap_or_default());
        }
        body.price(3, &mut self.price)?;
        body.size(4, &mut self.size)?;
        let quoted = self.price.is_some_and(|price| price != NOTHING) || !self.size.is_none_or(is_nothing);
        if is_quote(self.tick_type) && !quoted {
            (self.price, self.size) = (None, None);
        }
        body.whole(5, &mut self.attributes)
    }
}

impl TickSize {
    /// A missing size is −1, as in text.
    pub(crate) fn pass_body<B: Body>(&mut self, body: &mut B) -> Result<(), B::Error> {
        body.id(1, &mut self.req_id)?;
        body.whole(2, &mut self.tick_type)?;
        if B::WRITES && self.size.is_none() && is_quote_size(self.tick_type) {
            self.size = Some(NOTHING);
        }
        body.size(3, &mut self.size)?;
        self.size = self.size.filter(|size| *size != NOTHING || !is_quote_size(self.tick_type));
        Ok(())
    }
}

impl TickGeneric {
    pub(crate) fn pass_body<B: Body>(&mut self, body: &mut B) -> Result<(), B::Error> {
        body.id(1, &mut self.req_id)?;
        body.whole(2, &mut self.tick_type)?;
        body.price(3, &mut self.value)
    }
}

impl TickString {
    pub(crate) fn pass_body<B: Body>(&mut self, body: &mut B) -> Result<(), B::Error> {
        body.id(1, &mut self.req_id)?;
        body.whole(2, &mut self.tick_type)?;
        body.text(3, &mut self.value)
    }
}

impl MarketDataType {
    pub(crate) fn pass_body<B: Body>(&mut self, body: &mut B) -> Result<(), B::Error> {
        body.id(1, &mut self.req_id)?;
        body.whole(2, &mut self.market_data_type)
    }
}

impl TickReqParams {
    pub(crate) fn pass_body<B: Body>(&mut self, body: &mut B) -> Result<(), B::Error> {
        body.id(1, &mut self.req_id)?;
        body.size(2, &mut self.min_tick)?;
        body.text(3, &mut self.bbo_exchange)?;
        body.whole(4, &mut self.snapshot_permissions)
    }
}
