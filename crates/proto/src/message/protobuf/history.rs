//! Bodies about single ticks, books and what is known of the past.

use rust_decimal::Decimal;

use super::table::body;
use crate::message::contract::{Beside, Contract};
use crate::message::depth::{CancelMktDepth, MarketDepth, MarketDepthL2, MktDepthRequest};
use crate::message::head_timestamp::{HeadTimestamp, HeadTimestampRequest};
use crate::message::histogram::{HistogramData, HistogramDataRequest, HistogramEntry};
use crate::message::historical_schedule::{HistoricalSchedule, HistoricalSession};
use crate::message::historical_ticks::{
    HistoricalTick, HistoricalTickBidAsk, HistoricalTickLast, HistoricalTicks, HistoricalTicksBidAsk,
    HistoricalTicksLast, HistoricalTicksRequest,
};
use crate::message::tick_by_tick::{TickByTick, TickByTickBidAsk, TickByTickData, TickByTickLast, TickByTickRequest};
use crate::protobuf::{Body, Speaker, Tag};

body! {
    MktDepthRequest { 1 id req_id; 2 asked contract; 3 whole num_rows; 4 flag is_smart_depth; 5 options options; }
    CancelMktDepth { 1 id req_id; 2 flag is_smart_depth; }
    HeadTimestamp { 1 id req_id; 2 text head_timestamp; }
    HistogramData { 1 id req_id; 2 each entries; }
    HistogramEntry { 1 number price; 2 amount size; }
    HistoricalSchedule { 1 id req_id; 2 text start_date_time; 3 text end_date_time; 4 text time_zone; 5 each sessions; }
    HistoricalSession { 1 text start_date_time; 2 text end_date_time; 3 text ref_date; }
    HistoricalTicks { 1 id req_id; 2 each ticks; 3 flag done; }
    HistoricalTicksBidAsk { 1 id req_id; 2 each ticks; 3 flag done; }
    HistoricalTicksLast { 1 id req_id; 2 each ticks; 3 flag done; }
    HistoricalTick { 1 long time; 2 number price; 3 amount size; }
    TickByTickRequest {
        1 id req_id; 2 asked contract; 3 text tick_type; 4 whole number_of_ticks; 5 flag ignore_size;
    }
}

/// The instrument of a request about the past.
fn past<B: Body>(body: &mut B, tag: Tag, contract: &mut Contract, include_expired: &mut bool) -> Result<(), B::Error> {
    let mut beside = Beside { include_expired: *include_expired, ..Beside::default() };
    body.part(tag, contract, |body, contract| contract.pass_body(body, &mut beside, Speaker::Client))?;
    *include_expired = beside.include_expired;
    Ok(())
}

impl HeadTimestampRequest {
    pub(in crate::message) fn pass_body<B: Body>(&mut self, body: &mut B) -> Result<(), B::Error> {
        body.id(1, &mut self.req_id)?;
        past(body, 2, &mut self.contract, &mut self.include_expired)?;
        body.flag(3, &mut self.use_rth)?;
        body.text(4, &mut self.what_to_show)?;
        body.whole(5, &mut self.format_date)
    }
}

impl HistogramDataRequest {
    pub(in crate::message) fn pass_body<B: Body>(&mut self, body: &mut B) -> Result<(), B::Error> {
        body.id(1, &mut self.req_id)?;
        past(body, 2, &mut self.contract, &mut self.include_expired)?;
        body.flag(3, &mut self.use_rth)?;
        body.text(4, &mut self.time_period)
    }
}

impl HistoricalTicksRequest {
    pub(in crate::message) fn pass_body<B: Body>(&mut self, body: &mut B) -> Result<(), B::Error> {
        body.id(1, &mut self.req_id)?;
        past(body, 2, &mut self.contract, &mut self.include_expired)?;
        body.text(3, &mut self.start_date_time)?;
        body.text(4, &mut self.end_date_time)?;
        body.whole(5, &mut self.number_of_ticks)?;
        body.text(6, &mut self.what_to_show)?;
        body.flag(7, &mut self.use_rth)?;
        body.flag(8, &mut self.ignore_size)?;
        body.options(9, &mut self.options)
    }
}

impl MarketDepth {
    pub(in crate::message) fn pass_body<B: Body>(&mut self, body: &mut B) -> Result<(), B::Error> {
        body.id(1, &mut self.req_id)?;
        body.part(2, self, |body, row| {
            body.whole(1, &mut row.position)?;
            body.whole(2, &mut row.operation)?;
            body.whole(3, &mut row.side)?;
            body.number(4, &mut row.price)?;
            body.amount(5, &mut row.size)
        })
    }
}

impl MarketDepthL2 {
    pub(in crate::message) fn pass_body<B: Body>(&mut self, body: &mut B) -> Result<(), B::Error> {
        body.id(1, &mut self.req_id)?;
        body.part(2, self, |body, row| {
            body.whole(1, &mut row.position)?;
            body.whole(2, &mut row.operation)?;
            body.whole(3, &mut row.side)?;
            body.number(4, &mut row.price)?;
            body.amount(5, &mut row.size)?;
            body.text(6, &mut row.market_maker)?;
            body.flag(7, &mut row.is_smart_depth)
        })
    }
}

/// Beyond the limit, and not reported.
const OF_TRADES: [i32; 2] = [1, 2];

/// Bid below the low, ask above the high: past ticks number these bits the other way round in text.
const OF_PAST_QUOTES: [i32; 2] = [2, 1];

/// The same of live ticks.
const OF_QUOTES: [i32; 2] = [1, 2];

/// The attributes of a tick: a message of booleans here, the bits of a number in text. `bits` are theirs by tag.
fn attributes<B: Body>(body: &mut B, mask: &mut i32, bits: [i32; 2]) -> Result<(), B::Error> {
    body.part(2, mask, |body, mask| {
        let mut sum = 0;
        for (tag, bit) in (1..).zip(bits) {
            let mut set = *mask & bit != 0;
            body.flag(tag, &mut set)?;
            sum |= if set { bit } else { 0 };
        }
        *mask = sum;
        Ok(())
    })
}

impl HistoricalTickBidAsk {
    pub(in crate::message) fn pass_body<B: Body>(&mut self, body: &mut B) -> Result<(), B::Error> {
        body.long(1, &mut self.time)?;
        attributes(body, &mut self.attributes, OF_PAST_QUOTES)?;
        body.number(3, &mut self.price_bid)?;
        body.number(4, &mut self.price_ask)?;
        body.amount(5, &mut self.size_bid)?;
        body.amount(6, &mut self.size_ask)
    }
}

impl HistoricalTickLast {
    pub(in crate::message) fn pass_body<B: Body>(&mut self, body: &mut B) -> Result<(), B::Error> {
        body.long(1, &mut self.time)?;
        attributes(body, &mut self.attributes, OF_TRADES)?;
        body.number(3, &mut self.price)?;
        body.amount(4, &mut self.size)?;
        body.text(5, &mut self.exchange)?;
        body.text(6, &mut self.special_conditions)
    }
}

const KIND: Tag = 2;

impl TickByTick {
    /// The tick stands under the tag of its kind.
    pub(in crate::message) fn pass_body<B: Body>(&mut self, body: &mut B) -> Result<(), B::Error> {
        body.id(1, &mut self.req_id)?;
        let mut kind = if B::WRITES { self.data.tick_type() } else { 0 };
        body.whole(KIND, &mut kind)?;
        if !B::WRITES {
            self.data = match kind {
                1 => TickByTickData::Last(TickByTickLast::default()),
                2 => TickByTickData::AllLast(TickByTickLast::default()),
                3 => TickByTickData::BidAsk(TickByTickBidAsk::default()),
                4 => TickByTickData::MidPoint(Decimal::ZERO),
                _ => return body.refuse(KIND, "a tick-by-tick type"),
            };
        }
        let time = &mut self.time;
        match &mut self.data {
            TickByTickData::Last(trade) | TickByTickData::AllLast(trade) => body.part(3, trade, |body, trade| {
                body.long(1, time)?;
                attributes(body, &mut trade.attributes, OF_TRADES)?;
                body.number(3, &mut trade.price)?;
                body.amount(4, &mut trade.size)?;
                body.text(5, &mut trade.exchange)?;
                body.text(6, &mut trade.special_conditions)
            }),
            TickByTickData::BidAsk(quote) => body.part(4, quote, |body, quote| {
                body.long(1, time)?;
                attributes(body, &mut quote.attributes, OF_QUOTES)?;
                body.number(3, &mut quote.bid_price)?;
                body.number(4, &mut quote.ask_price)?;
                body.amount(5, &mut quote.bid_size)?;
                body.amount(6, &mut quote.ask_size)
            }),
            TickByTickData::MidPoint(price) => body.part(5, price, |body, price| {
                body.long(1, time)?;
                body.number(2, price)
            }),
        }
    }
}

/// What reading starts from.
impl Default for TickByTick {
    fn default() -> Self {
        Self { req_id: Default::default(), time: 0, data: TickByTickData::MidPoint(Decimal::ZERO) }
    }
}
