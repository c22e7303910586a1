//! Finding the instruments that a client's contract can mean.

use std::collections::BTreeMap;
use std::sync::Arc;

use gatewright_proto::ConId;
use gatewright_proto::message::contract::Contract;
use jiff::civil::Date;

use super::builtin;
use super::instrument::{Instrument, Kind};
use super::listing::Listing;

/// All instruments, by number.
#[derive(Debug, Clone)]
pub(crate) struct Catalogue {
    instruments: BTreeMap<ConId, Arc<Instrument>>,
}

impl Catalogue {
    /// The built-in instruments that trade on `today`, and what a user adds; options come with [`Catalogue::add`].
    ///
    /// An added instrument takes the place of a built-in one with its number.
    pub(crate) fn new(listings: &[Listing], today: Date) -> Self {
        let mut catalogue = Self { instruments: BTreeMap::new() };
        let added = listings.iter().filter_map(|listing| listing.instrument().ok());
        catalogue.add(builtin::instruments(today).into_iter().chain(added));
        catalogue
    }

    /// Adds instruments.
    pub(crate) fn add(&mut self, instruments: impl IntoIterator<Item = Instrument>) {
        let numbered = instruments.into_iter().map(|instrument| (instrument.con_id, Arc::new(instrument)));
        self.instruments.extend(numbered);
    }

    /// One instrument by its number.
    pub(crate) fn get(&self, con_id: ConId) -> Option<&Arc<Instrument>> {
        self.instruments.get(&con_id)
    }

    /// All instruments in the order of their numbers.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<Instrument>> {
        self.instruments.values()
    }

    /// Every instrument that a contract can mean; fields left empty match everything.
    pub(crate) fn matching(&self, contract: &Contract) -> Vec<&Arc<Instrument>> {
        if contract.con_id != ConId::new(0) {
            let named = self.get(contract.con_id);
            return named.into_iter().filter(|instrument| routed(instrument, &contract.exchange)).collect();
        }
        if contract.symbol.is_empty() && contract.local_symbol.is_empty() {
            return Vec::new();
        }
        self.iter().filter(|instrument| matches(instrument, contract)).collect()
    }

    /// The one instrument that a contract means, or `None` when none or several do.
    pub(crate) fn one(&self, contract: &Contract) -> Option<&Arc<Instrument>> {
        match self.matching(contract).as_slice() {
            [one] => Some(*one),
            _ => None,
        }
    }
}

fn matches(instrument: &Instrument, contract: &Contract) -> bool {
    let open = |wanted: &str, have: &str| wanted.is_empty() || wanted.eq_ignore_ascii_case(have);
    open(&contract.symbol, &instrument.symbol)
        && open(&contract.local_symbol, &instrument.local_symbol)
        && open(&contract.sec_type, instrument.sec_type())
        && open(&contract.currency, &instrument.currency)
        && open(&contract.trading_class, &instrument.trading_class)
        && primary(instrument, &contract.primary_exchange)
        && routed(instrument, &contract.exchange)
        && terms(instrument, contract)
}

/// Whether expiry, strike, side and multiplier are what is wanted, as far as anything is.
fn terms(instrument: &Instrument, contract: &Contract) -> bool {
    let last_trade = contract.last_trade_date_or_contract_month.trim();
    if !last_trade.is_empty() && !expires(instrument, last_trade) {
        return false;
    }
    let multiplier = contract.multiplier.trim();
    if !multiplier.is_empty() && multiplier.parse() != Ok(instrument.multiplier) {
        return false;
    }
    let Some((strike, right)) = instrument.terms.as_ref().and_then(|terms| terms.option) else { return true };
    let wanted = contract.strike.unwrap_or_default();
    let side = match contract.right.to_ascii_uppercase().as_str() {
        "C" | "CALL" => right.letter() == "C",
        "P" | "PUT" => right.letter() == "P",
        _ => true,
    };
    side && (wanted.is_zero() || wanted == strike)
}

/// Whether it ends on the day `YYYYMMDD`, or belongs to the month `YYYYMM`.
fn expires(instrument: &Instrument, wanted: &str) -> bool {
    match instrument.kind {
        // Months are ignored for what does not end.
        Kind::Stock | Kind::Fund | Kind::Cash | Kind::Index => true,
        Kind::Future | Kind::Option if wanted.len() == 6 => instrument.contract_month() == wanted,
        Kind::Future | Kind::Option => instrument.last_trade_text() == wanted,
    }
}

fn routed(instrument: &Instrument, exchange: &str) -> bool {
    exchange.is_empty() || instrument.exchanges.iter().any(|known| known.eq_ignore_ascii_case(exchange))
}

/// A currency pair has no primary exchange, but clients copy its only exchange there.
fn primary(instrument: &Instrument, wanted: &str) -> bool {
    let same = |have: &str| wanted.eq_ignore_ascii_case(have);
    // ISLAND is the old name of NASDAQ's book and still in many programs.
    wanted.is_empty()
        || same(&instrument.primary)
        || (same("ISLAND") && instrument.primary == "NASDAQ")
        || (instrument.primary.is_empty() && instrument.exchanges.iter().any(|exchange| same(exchange)))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_stock_is_found_by_symbol_and_by_number() {
        let catalogue = Catalogue::new(&[], date(2026, 3, 2));
        assert_eq!(catalogue.one(&Contract::stock("AAPL")).unwrap().con_id, ConId::new(265_598));
        let numbered = Contract { con_id: ConId::new(756_733), ..Contract::default() };
        assert_eq!(catalogue.one(&numbered).unwrap().symbol, "SPY");
    }

    #[test]
    fn a_symbol_alone_is_ambiguous_and_an_unknown_one_is_nothing() {
        let catalogue = Catalogue::new(&[], date(2026, 3, 2));
        let vague = Contract { symbol: "AAPL".into(), sec_type: "STK".into(), ..Contract::default() };
        assert_eq!(catalogue.matching(&vague).len(), 2);
        assert!(catalogue.one(&vague).is_none());
        assert!(catalogue.matching(&Contract::stock("NOSUCH")).is_empty());
        assert!(catalogue.matching(&Contract::default()).is_empty());
    }

    #[test]
    fn a_wrong_exchange_or_currency_does_not_match() {
        let catalogue = Catalogue::new(&[], date(2026, 3, 2));
        let mut stock = Contract::stock("AAPL");
        stock.exchange = "LSE".into();
        assert!(catalogue.one(&stock).is_none());
        stock.exchange = "SMART".into();
        stock.currency = "EUR".into();
        assert!(catalogue.one(&stock).is_none());
    }

    #[test]
    fn a_future_is_found_by_its_month_its_day_or_its_own_symbol() {
        let catalogue = Catalogue::new(&[], date(2026, 3, 2));
        let mut future = Contract { symbol: "ES".into(), sec_type: "FUT".into(), ..Contract::default() };
        future.exchange = "CME".into();
        assert_eq!(catalogue.matching(&future).len(), 5);
        for month in ["202603", "20260320"] {
            future.last_trade_date_or_contract_month = month.into();
            assert_eq!(catalogue.one(&future).unwrap().local_symbol, "ESH6");
        }
        let local = Contract { local_symbol: "ESM6".into(), sec_type: "FUT".into(), ..Contract::default() };
        assert_eq!(catalogue.one(&local).unwrap().last_trade_text(), "20260619");
    }
}
