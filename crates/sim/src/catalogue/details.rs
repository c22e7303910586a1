//! Contract details, as a Gateway words them.

use std::fmt::Write as _;

use gatewright_proto::RequestId;
use gatewright_proto::message::contract::ContractDetails;
use jiff::civil::{Date, Weekday};
use rust_decimal::Decimal;

use super::instrument::{Instrument, Kind};
use crate::new_york::{NewYork, ZONE};

/// How many days of hours a Gateway lists.
const DAYS_OF_HOURS: i64 = 6;

/// Market rule 26: one cent at every price. One is listed per exchange.
const CENT_RULE: &str = "26";

/// Market rule 239: half a pip.
const HALF_PIP_RULE: &str = "239";

const STOCK_ORDER_TYPES: &str = "ACTIVETIM,AD,ADDONT,ADJUST,ALERT,ALGO,ALLOC,AON,AVGCOST,BASKET,COND,CONDORDTYPE,DAY,\
GAT,GTC,GTD,GTT,HID,IOC,LIT,LMT,LOC,LTH,MIT,MKT,MOC,MTL,NONALGO,OCA,OPG,OPENCLOSE,OUTSIDERTH,PEGMID,PREOPGRTH,\
PRICECHK,REL,SCALE,SMARTSTG,SNAPMID,STP,STPLMT,TRAIL,TRAILLIT,TRAILLMT,TRAILMIT,WHATIF";

const CASH_ORDER_TYPES: &str = "ACTIVETIM,AD,ADJUST,ALERT,ALGO,ALLOC,AVGCOST,BASKET,CASHQTY,COND,CONDORDTYPE,DAY,GAT,\
GTC,GTD,GTT,HID,IOC,LIT,LMT,MIT,MKT,NONALGO,OCA,STP,STPLMT,TRAIL,TRAILLIT,TRAILLMT,TRAILMIT,WHATIF";

impl Instrument {
    /// The details of this instrument at `exchange`, with the hours of the days from `today` on.
    pub(crate) fn details(&self, req_id: RequestId, exchange: &str, today: Date) -> ContractDetails {
        let (order_types, rule, trading, liquid) = match self.kind {
            Kind::Stock | Kind::Fund => (STOCK_ORDER_TYPES, CENT_RULE, ("0400", "2000"), ("0930", "1600")),
            Kind::Cash => (CASH_ORDER_TYPES, HALF_PIP_RULE, ("0000", "2359"), ("0000", "2359")),
        };
        let isin = (!self.isin.is_empty()).then(|| ("ISIN".to_owned(), self.isin.clone()));
        ContractDetails {
            req_id,
            contract: self.contract(exchange),
            market_name: self.trading_class(),
            min_tick: Some(self.min_tick),
            price_magnifier: 1,
            order_types: order_types.into(),
            valid_exchanges: self.exchanges.join(","),
            long_name: self.long_name.clone(),
            industry: self.industry.clone(),
            category: self.category.clone(),
            subcategory: self.subcategory.clone(),
            time_zone_id: ZONE.into(),
            trading_hours: hours(today, trading),
            liquid_hours: hours(today, liquid),
            ev_multiplier: Some(Decimal::ZERO),
            sec_id_list: isin.into_iter().collect(),
            agg_group: if self.has_trades() { 1 } else { 4 },
            market_rule_ids: vec![rule; self.exchanges.len()].join(","),
            stock_type: self.stock_type().into(),
            min_size: Some(Decimal::new(1, 4)),
            size_increment: Some(Decimal::new(1, 4)),
            suggested_size_increment: Some(Decimal::ONE_HUNDRED),
            ..ContractDetails::default()
        }
    }
}

/// `20260302:0400-20260302:2000;20260307:CLOSED;…`. Weekends only: the simulator knows no holidays.
fn hours(today: Date, (from, to): (&str, &str)) -> String {
    let mut text = String::new();
    for day in (0..DAYS_OF_HOURS).map(|later| NewYork::days_later(today, later)) {
        let separator = if text.is_empty() { "" } else { ";" };
        let name = day.strftime("%Y%m%d");
        let written = match day.weekday() {
            Weekday::Saturday | Weekday::Sunday => write!(text, "{separator}{name}:CLOSED"),
            Weekday::Monday | Weekday::Tuesday | Weekday::Wednesday | Weekday::Thursday | Weekday::Friday => {
                write!(text, "{separator}{name}:{from}-{name}:{to}")
            }
        };
        written.expect("writing to a string cannot fail");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_close_on_weekends() {
        let friday = Date::new(2026, 3, 6).unwrap();
        assert!(
            hours(friday, ("0930", "1600")).starts_with(
                "20260306:0930-20260306:1600;20260307:CLOSED;20260308:CLOSED;20260309:0930-20260309:1600;"
            )
        );
    }
}
