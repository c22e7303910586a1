//! Bodies about news, scans, fundamental data and corporate events.

use super::table::body;
use crate::ids::ConId;
use crate::message::contract::Beside;
use crate::message::fundamental::{FundamentalData, FundamentalDataRequest};
use crate::message::news::{
    HistoricalNews, HistoricalNewsEnd, HistoricalNewsRequest, NewsArticle, NewsArticleRequest, NewsBulletin,
    NewsBulletinsRequest, NewsProvider, NewsProviders, TickNews,
};
use crate::message::scanner::{ScannerData, ScannerParameters, ScannerRow, ScannerSubscription};
use crate::message::wsh::{WshEventData, WshEventDataRequest, WshMetaData};
use crate::protobuf::{Body, Speaker};

body! {
    NewsBulletinsRequest { 1 flag all_messages; }
    NewsBulletin { 1 whole message_id; 2 whole message_type; 3 text text; 4 text origin_exchange; }
    NewsProviders { 1 each providers; }
    NewsProvider { 1 text code; 2 text name; }
    NewsArticleRequest { 1 id req_id; 2 text provider_code; 3 text article_id; 4 options options; }
    NewsArticle { 1 id req_id; 2 whole article_type; 3 text text; }
    HistoricalNewsRequest {
        1 id req_id; 2 id con_id; 3 text provider_codes; 4 text start_date_time; 5 text end_date_time;
        6 whole total_results; 7 options options;
    }
    HistoricalNews { 1 id req_id; 2 text time; 3 text provider_code; 4 text article_id; 5 text headline; }
    HistoricalNewsEnd { 1 id req_id; 2 flag has_more; }
    TickNews {
        1 id req_id; 2 long timestamp_ms; 3 text provider_code; 4 text article_id; 5 text headline; 6 text extra_data;
    }
    FundamentalDataRequest { 1 id req_id; 2 asked contract; 3 text report_type; 4 options options; }
    FundamentalData { 1 id req_id; 2 text data; }
    WshMetaData { 1 id req_id; 2 text data_json; }
    WshEventData { 1 id req_id; 2 text data_json; }
    ScannerParameters { 1 text xml; }
    ScannerData { 1 id req_id; 2 each rows; }
}

impl ScannerSubscription {
    pub(in crate::message) fn pass_body<B: Body>(&mut self, body: &mut B) -> Result<(), B::Error> {
        body.id(1, &mut self.req_id)?;
        body.part(2, self, |body, scan| {
            body.whole(1, &mut scan.number_of_rows)?;
            body.text(2, &mut scan.instrument)?;
            body.text(3, &mut scan.location_code)?;
            body.text(4, &mut scan.scan_code)?;
            body.price(5, &mut scan.above_price)?;
            body.price(6, &mut scan.below_price)?;
            body.maybe_whole(7, &mut scan.above_volume)?;
            body.price(8, &mut scan.market_cap_above)?;
            body.price(9, &mut scan.market_cap_below)?;
            body.text(10, &mut scan.moody_rating_above)?;
            body.text(11, &mut scan.moody_rating_below)?;
            body.text(12, &mut scan.sp_rating_above)?;
            body.text(13, &mut scan.sp_rating_below)?;
            body.text(14, &mut scan.maturity_date_above)?;
            body.text(15, &mut scan.maturity_date_below)?;
            body.price(16, &mut scan.coupon_rate_above)?;
            body.price(17, &mut scan.coupon_rate_below)?;
            body.flag(18, &mut scan.exclude_convertible)?;
            body.maybe_whole(19, &mut scan.average_option_volume_above)?;
            body.text(20, &mut scan.scanner_setting_pairs)?;
            body.text(21, &mut scan.stock_type_filter)?;
            body.options(22, &mut scan.filter_options)?;
            body.options(23, &mut scan.options)
        })
    }
}

impl ScannerRow {
    pub(in crate::message) fn pass_body<B: Body>(&mut self, body: &mut B) -> Result<(), B::Error> {
        body.whole(1, &mut self.rank)?;
        body.part(2, &mut self.contract, |body, contract| {
            contract.pass_body(body, &mut Beside::default(), Speaker::Gateway)
        })?;
        body.text(3, &mut self.market_name)?;
        body.text(4, &mut self.distance)?;
        body.text(5, &mut self.benchmark)?;
        body.text(6, &mut self.projection)?;
        body.text(7, &mut self.legs)
    }
}

impl WshEventDataRequest {
    pub(in crate::message) fn pass_body<B: Body>(&mut self, body: &mut B) -> Result<(), B::Error> {
        body.id(1, &mut self.req_id)?;
        let mut instrument = self.con_id.map(ConId::get);
        body.maybe_whole(2, &mut instrument)?;
        self.con_id = instrument.map(ConId::new);
        body.text(3, &mut self.filter)?;
        body.flag(4, &mut self.fill_watchlist)?;
        body.flag(5, &mut self.fill_portfolio)?;
        body.flag(6, &mut self.fill_competitors)?;
        body.text(7, &mut self.start_date)?;
        body.text(8, &mut self.end_date)?;
        body.maybe_whole(9, &mut self.total_limit)
    }
}
