//! Symbols, price rules, exchanges and other small lists.

use gatewright_proto::message::advisor::{FamilyCode, FamilyCodes, SoftDollarTiers};
use gatewright_proto::message::clock::CurrentTimeInMillis;
use gatewright_proto::message::depth::{DepthMktDataDescription, MktDepthExchanges};
use gatewright_proto::message::market_rule::{MarketRule, PriceIncrement};
use gatewright_proto::message::smart_components::{SmartComponent, SmartComponents, SmartComponentsRequest};
use gatewright_proto::message::symbols::{ContractDescription, MatchingSymbolsRequest, SymbolSamples};
use gatewright_proto::message::user::UserInfo;
use gatewright_proto::{RequestId, ServerMessage};
use rust_decimal::Decimal;

use super::action::ConnId;
use super::world::World;
use crate::catalogue::{Instrument, Kind};

/// The most symbols of one answer (IBKR documents 16).
const MOST_SYMBOLS: usize = 16;

/// The name of the one map of exchange letters.
pub(super) const EXCHANGE_MAP: &str = "9c0001";

/// Exchanges with their letters in quotes.
const LETTERS: [(&str, &str); 8] = [
    ("AMEX", "A"),
    ("NASDAQ", "Q"),
    ("NYSE", "N"),
    ("ARCA", "P"),
    ("BATS", "Z"),
    ("BYX", "Y"),
    ("EDGEA", "J"),
    ("IEX", "V"),
];

/// Price steps by market rule: from which price on, which step.
fn rule(number: i32) -> Option<Vec<(Decimal, Decimal)>> {
    let flat = |step| Some(vec![(Decimal::ZERO, step)]);
    match number {
        26 => flat(Decimal::new(1, 2)),
        59 => flat(Decimal::new(5, 3)),
        67 => flat(Decimal::new(25, 2)),
        239 => flat(Decimal::new(5, 5)),
        _ => None,
    }
}

impl World {
    /// Sends the instruments whose symbol begins with a pattern, or whose name contains it.
    pub(super) fn send_matching_symbols(&mut self, id: ConnId, request: &MatchingSymbolsRequest) {
        let pattern = request.pattern.trim().to_ascii_uppercase();
        if pattern.is_empty() {
            return self.refuse_invalid(id, request.req_id, "Pattern is empty");
        }
        let listed = |it: &&Instrument| matches!(it.kind, Kind::Stock | Kind::Fund | Kind::Index);
        let by_symbol = |it: &&Instrument| it.symbol.to_ascii_uppercase().starts_with(&pattern);
        let by_name = |it: &&Instrument| it.long_name.to_ascii_uppercase().contains(&pattern);
        let all = || self.catalogue.iter().map(AsRef::as_ref).filter(listed);
        let mut found: Vec<&Instrument> = all().filter(by_symbol).collect();
        found.sort_by_key(|it| (it.symbol.len(), it.currency != "USD"));
        found.extend(all().filter(|it| !by_symbol(it) && by_name(it)));
        let contracts = found.into_iter().take(MOST_SYMBOLS).map(description).collect();
        self.send(id, &ServerMessage::SymbolSamples(SymbolSamples { req_id: request.req_id, contracts }));
    }

    /// Sends the price steps of a market rule.
    pub(super) fn send_market_rule(&mut self, id: ConnId, market_rule_id: i32) {
        let Some(steps) = rule(market_rule_id) else {
            return self.refuse_invalid(id, RequestId::NONE, &format!("Invalid market rule id {market_rule_id}"));
        };
        let increment = |(low_edge, increment)| PriceIncrement { low_edge, increment };
        let price_increments = steps.into_iter().map(increment).collect();
        self.send(id, &ServerMessage::MarketRule(MarketRule { market_rule_id, price_increments }));
    }

    /// Sends which exchange a letter or bit of SMART quotes stands for.
    pub(super) fn send_smart_components(&mut self, id: ConnId, request: &SmartComponentsRequest) {
        let req_id = request.req_id;
        if request.bbo_exchange != EXCHANGE_MAP {
            return self.refuse_invalid(id, req_id, "Invalid BBO exchange");
        }
        let component = |(bit_number, (exchange, letter)): (i32, (&str, &str))| SmartComponent {
            bit_number,
            exchange: exchange.into(),
            exchange_letter: letter.into(),
        };
        let components = (0..).zip(LETTERS).map(component).collect();
        self.send(id, &ServerMessage::SmartComponents(SmartComponents { req_id, components }));
    }

    /// Sends the exchanges that have books.
    pub(super) fn send_depth_exchanges(&mut self, id: ConnId) {
        let description =
            |(exchange, sec_type, service, agg_group): (&str, &str, &str, Option<i32>)| DepthMktDataDescription {
                exchange: exchange.into(),
                sec_type: sec_type.into(),
                listing_exchange: String::new(),
                service_data_type: service.into(),
                agg_group,
            };
        let stocks = LETTERS.into_iter().map(|(exchange, _)| (exchange, "STK", "Deep2", Some(1)));
        let others = [
            ("CME", "FUT", "Deep", None),
            ("NYMEX", "FUT", "Deep", None),
            ("IDEALPRO", "CASH", "Deep", Some(4)),
            ("CBOE", "OPT", "Deep2", Some(2)),
        ];
        let descriptions = stocks.chain(others).map(description).collect();
        self.send(id, &ServerMessage::MktDepthExchanges(MktDepthExchanges { descriptions }));
    }

    /// Sends the accounts with their family codes, of which a paper login has none.
    pub(super) fn send_family_codes(&mut self, id: ConnId) {
        let code = |account: &String| FamilyCode { account_id: account.clone(), family_code: String::new() };
        let family_codes = self.config.accounts.iter().map(code).collect();
        self.send(id, &ServerMessage::FamilyCodes(FamilyCodes { family_codes }));
    }

    /// Sends the soft dollar tiers, of which there are none.
    pub(super) fn send_soft_dollar_tiers(&mut self, id: ConnId, req_id: RequestId) {
        self.send(id, &ServerMessage::SoftDollarTiers(SoftDollarTiers { req_id, tiers: Vec::new() }));
    }

    /// Sends the white branding of the login, which has none.
    pub(super) fn send_user_info(&mut self, id: ConnId, req_id: RequestId) {
        self.send(id, &ServerMessage::UserInfo(UserInfo { req_id, white_branding_id: String::new() }));
    }

    /// Sends the clock in milliseconds.
    pub(super) fn send_clock_in_millis(&mut self, id: ConnId) {
        let epoch_millis = self.now.as_millis();
        self.send(id, &ServerMessage::CurrentTimeInMillis(CurrentTimeInMillis { epoch_millis }));
    }
}

fn description(instrument: &Instrument) -> ContractDescription {
    let mut contract = instrument.contract("");
    contract.local_symbol = String::new();
    contract.trading_class = String::new();
    let derivatives: &[&str] = match instrument.kind {
        Kind::Stock | Kind::Fund if instrument.has_chain => &["CFD", "OPT", "IOPT", "WAR", "BAG"],
        Kind::Stock | Kind::Fund => &["CFD"],
        Kind::Index => &["FUT"],
        Kind::Cash | Kind::Future | Kind::Option => &[],
    };
    ContractDescription {
        contract,
        derivative_sec_types: derivatives.iter().map(ToString::to_string).collect(),
        description: instrument.long_name.clone(),
        issuer_id: String::new(),
    }
}
