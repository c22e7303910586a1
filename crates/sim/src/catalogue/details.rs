//! Contract details, as a Gateway words them.

use std::fmt::Write as _;

use gatewright_proto::RequestId;
use gatewright_proto::message::contract::ContractDetails;
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::instrument::{Instrument, Kind};
use crate::calendar::Which;
use crate::new_york::{NewYork, ZONE};

/// How many days of hours a Gateway lists.
const DAYS_OF_HOURS: i64 = 6;

const STOCK_ORDER_TYPES: &str = "ACTIVETIM,AD,ADDONT,ADJUST,ALERT,ALGO,ALLOC,AON,AVGCOST,BASKET,COND,CONDORDTYPE,DAY,\
GAT,GTC,GTD,GTT,HID,IOC,LIT,LMT,LOC,LTH,MIT,MKT,MOC,MTL,NONALGO,OCA,OPG,OPENCLOSE,OUTSIDERTH,PEGMID,PREOPGRTH,\
PRICECHK,REL,SCALE,SMARTSTG,SNAPMID,STP,STPLMT,TRAIL,TRAILLIT,TRAILLMT,TRAILMIT,WHATIF";

const CASH_ORDER_TYPES: &str = "ACTIVETIM,AD,ADJUST,ALERT,ALGO,ALLOC,AVGCOST,BASKET,CASHQTY,COND,CONDORDTYPE,DAY,GAT,\
GTC,GTD,GTT,HID,IOC,LIT,LMT,MIT,MKT,NONALGO,OCA,STP,STPLMT,TRAIL,TRAILLIT,TRAILLMT,TRAILMIT,WHATIF";

const DERIVATIVE_ORDER_TYPES: &str = "ACTIVETIM,AD,ADJUST,ALERT,ALLOC,AVGCOST,BASKET,COND,CONDORDTYPE,DAY,GAT,GTC,GTD,\
GTT,HID,IOC,LIT,LMT,LTH,MIT,MKT,MTL,NONALGO,OCA,OUTSIDERTH,STP,STPLMT,TRAIL,TRAILLIT,TRAILLMT,TRAILMIT,WHATIF";

impl Instrument {
    /// The details of this instrument at `exchange`, with the hours of the days from `today` on.
    pub(crate) fn details(&self, req_id: RequestId, exchange: &str, today: Date) -> ContractDetails {
        let order_types = match self.kind {
            Kind::Stock | Kind::Fund => STOCK_ORDER_TYPES,
            Kind::Cash => CASH_ORDER_TYPES,
            Kind::Future | Kind::Option => DERIVATIVE_ORDER_TYPES,
            Kind::Index => "",
        };
        let isin = (!self.isin.is_empty()).then(|| ("ISIN".to_owned(), self.isin.clone()));
        let shares = matches!(self.kind, Kind::Stock | Kind::Fund | Kind::Cash);
        let size = if shares { Decimal::new(1, 4) } else { Decimal::ONE };
        ContractDetails {
            req_id,
            contract: self.contract(exchange),
            market_name: self.trading_class.clone(),
            min_tick: Some(self.min_tick),
            price_magnifier: 1,
            order_types: order_types.into(),
            valid_exchanges: self.exchanges.join(","),
            under_con_id: self.terms.as_ref().map(|terms| terms.under).unwrap_or_default(),
            under_symbol: if self.terms.is_some() { self.symbol.clone() } else { String::new() },
            under_sec_type: self.terms.as_ref().map_or("", |terms| terms.under_type).into(),
            contract_month: self.contract_month(),
            real_expiration_date: self.last_trade_text(),
            last_trade_date: self.last_trade_text(),
            long_name: self.long_name.clone(),
            industry: self.industry.clone(),
            category: self.category.clone(),
            subcategory: self.subcategory.clone(),
            time_zone_id: ZONE.into(),
            trading_hours: self.hours_text(today, Which::Extended),
            liquid_hours: self.hours_text(today, Which::Regular),
            ev_multiplier: Some(Decimal::ZERO),
            sec_id_list: isin.into_iter().collect(),
            agg_group: self.aggregated_group(),
            market_rule_ids: vec![self.market_rule().to_string(); self.exchanges.len()].join(","),
            stock_type: self.stock_type().into(),
            min_size: Some(size),
            size_increment: Some(size),
            suggested_size_increment: Some(if shares { Decimal::ONE_HUNDRED } else { Decimal::ONE }),
            ..ContractDetails::default()
        }
    }

    /// The group of exchanges whose quotes are aggregated.
    pub(crate) fn aggregated_group(&self) -> i32 {
        match self.kind {
            Kind::Stock | Kind::Fund => 1,
            Kind::Option => 2,
            Kind::Cash => 4,
            Kind::Future | Kind::Index => i32::MAX,
        }
    }

    /// The same where the market never closes, so that whoever keeps to the hours it names may trade at any time.
    pub(crate) fn details_of_open_market(&self, req_id: RequestId, exchange: &str, today: Date) -> ContractDetails {
        let day = |later| NewYork::days_later(today, later).strftime("%Y%m%d:0000").to_string();
        let days: Vec<String> = (0..DAYS_OF_HOURS).map(|later| format!("{}-{}", day(later), day(later + 1))).collect();
        let hours = days.join(";");
        let details = self.details(req_id, exchange, today);
        ContractDetails { trading_hours: hours.clone(), liquid_hours: hours, ..details }
    }

    /// `20260302:0400-20260302:2000;20260307:CLOSED;…`
    fn hours_text(&self, today: Date, which: Which) -> String {
        let clock = NewYork::default();
        let mut text = String::new();
        for day in (0..DAYS_OF_HOURS).map(|later| NewYork::days_later(today, later)) {
            let separator = if text.is_empty() { "" } else { ";" };
            let written = match self.hours.session(&clock, day, which) {
                None => write!(text, "{separator}{}:CLOSED", day.strftime("%Y%m%d")),
                Some((from, to)) => {
                    let at = |second| clock.civil(second).strftime("%Y%m%d:%H%M").to_string();
                    write!(text, "{separator}{}-{}", at(from), at(to))
                }
            };
            written.expect("writing to a string cannot fail");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Catalogue;

    #[test]
    fn a_market_that_never_closes_says_so() {
        let friday = Date::new(2026, 3, 6).unwrap();
        let catalogue = Catalogue::new(&[], friday);
        let apple = catalogue.get(gatewright_proto::ConId::new(265_598)).unwrap();
        let details = apple.details_of_open_market(RequestId::new(1), "SMART", friday);
        assert!(details.liquid_hours.starts_with("20260306:0000-20260307:0000;20260307:0000-20260308:0000;"));
        assert_eq!(details.trading_hours, details.liquid_hours);
    }

    #[test]
    fn hours_close_on_weekends() {
        let friday = Date::new(2026, 3, 6).unwrap();
        let catalogue = Catalogue::new(&[], friday);
        let apple = catalogue.get(gatewright_proto::ConId::new(265_598)).unwrap();
        assert!(
            apple.hours_text(friday, Which::Regular).starts_with(
                "20260306:0930-20260306:1600;20260307:CLOSED;20260308:CLOSED;20260309:0930-20260309:1600;"
            )
        );
        let future = catalogue.iter().find(|it| it.local_symbol == "ESH6").unwrap();
        assert!(future.hours_text(friday, Which::Extended).starts_with("20260305:1800-20260306:1700;20260307:CLOSED"));
    }
}
