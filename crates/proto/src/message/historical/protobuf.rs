//! Historical and real-time bars and the requests for them as protobuf.

use rust_decimal::Decimal;

use super::bar::{NONE, traded};
use super::{
    Bar, HistoricalData, HistoricalDataEnd, HistoricalDataRequest, HistoricalDataUpdate, RealTimeBar,
    RealTimeBarsRequest,
};
use crate::message::contract::Beside;
use crate::protobuf::{Body, Speaker, Tag};

impl HistoricalDataRequest {
    pub(crate) fn pass_body<B: Body>(&mut self, body: &mut B) -> Result<(), B::Error> {
        body.id(1, &mut self.req_id)?;
        let mut beside = Beside::of_data(&self.combo_legs, None);
        beside.include_expired = self.include_expired;
        body.part(2, &mut self.contract, |body, contract| contract.pass_body(body, &mut beside, Speaker::Client))?;
        self.include_expired = beside.include_expired;
        self.combo_legs = beside.data_legs();
        body.text(3, &mut self.end_date_time)?;
        body.text(4, &mut self.bar_size)?;
        body.text(5, &mut self.duration)?;
        body.flag(6, &mut self.use_rth)?;
        body.text(7, &mut self.what_to_show)?;
        body.whole(8, &mut self.format_date)?;
        body.flag(9, &mut self.keep_up_to_date)?;
        body.options(10, &mut self.options)
    }
}

impl RealTimeBarsRequest {
    pub(crate) fn pass_body<B: Body>(&mut self, body: &mut B) -> Result<(), B::Error> {
        body.id(1, &mut self.req_id)?;
        body.part(2, &mut self.contract, |body, contract| {
            contract.pass_body(body, &mut Beside::default(), Speaker::Client)
        })?;
        body.whole(3, &mut self.bar_size)?;
        body.text(4, &mut self.what_to_show)?;
        body.flag(5, &mut self.use_rth)?;
        body.options(6, &mut self.options)
    }
}

impl Bar {
    /// No volume is −1, as in text.
    fn pass_body<B: Body>(&mut self, body: &mut B) -> Result<(), B::Error> {
        body.text(1, &mut self.date)?;
        body.number(2, &mut self.open)?;
        body.number(3, &mut self.high)?;
        body.number(4, &mut self.low)?;
        body.number(5, &mut self.close)?;
        pass_traded(body, 6, &mut self.volume)?;
        pass_traded(body, 7, &mut self.average)?;
        (self.volume, self.average) = traded(self.volume, self.average);
        body.whole(8, &mut self.bar_count)
    }
}

impl HistoricalData {
    /// First and last moment are in the message that ends the bars.
    pub(crate) fn pass_body<B: Body>(&mut self, body: &mut B) -> Result<(), B::Error> {
        body.id(1, &mut self.req_id)?;
        body.list(2, &mut self.bars, |body, bar| bar.pass_body(body))
    }
}

impl HistoricalDataEnd {
    pub(crate) fn pass_body<B: Body>(&mut self, body: &mut B) -> Result<(), B::Error> {
        body.id(1, &mut self.req_id)?;
        body.text(2, &mut self.start)?;
        body.text(3, &mut self.end)
    }
}

impl HistoricalDataUpdate {
    pub(crate) fn pass_body<B: Body>(&mut self, body: &mut B) -> Result<(), B::Error> {
        body.id(1, &mut self.req_id)?;
        body.part(2, &mut self.bar, |body, bar| bar.pass_body(body))
    }
}

impl RealTimeBar {
    pub(crate) fn pass_body<B: Body>(&mut self, body: &mut B) -> Result<(), B::Error> {
        body.id(1, &mut self.req_id)?;
        body.long(2, &mut self.time)?;
        body.number(3, &mut self.open)?;
        body.number(4, &mut self.high)?;
        body.number(5, &mut self.low)?;
        body.number(6, &mut self.close)?;
        pass_traded(body, 7, &mut self.volume)?;
        pass_traded(body, 8, &mut self.average)?;
        (self.volume, self.average) = traded(self.volume, self.average);
        body.whole(9, &mut self.count)
    }
}

/// A volume or an average, which is written as −1 where there is none.
fn pass_traded<B: Body>(body: &mut B, tag: Tag, value: &mut Option<Decimal>) -> Result<(), B::Error> {
    if B::WRITES {
        return body.size(tag, &mut Some(value.unwrap_or(NONE)));
    }
    body.size(tag, value)
}
