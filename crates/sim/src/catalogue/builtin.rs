//! The built-in instruments. Numbers, names and exchanges are the real ones as far as known; prices are invented.

use gatewright_proto::ConId;
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::futures;
use super::instrument::{Instrument, Kind, Pricing};
use crate::calendar::Hours;

/// Where US stocks can be routed.
pub(super) const US_EXCHANGES: [&str; 12] =
    ["SMART", "NASDAQ", "NYSE", "ARCA", "AMEX", "BATS", "BYX", "EDGEA", "IEX", "MEMX", "ISLAND", "IBKRATS"];

/// One share or fund: number, symbol, primary exchange, name, industry, category, subcategory, ISIN, cents, kind.
type Share = (i32, &'static str, &'static str, &'static str, [&'static str; 3], &'static str, i64, Kind);

const TECH: [&str; 3] = ["Technology", "Computers", "Computers"];
const SOFTWARE: [&str; 3] = ["Technology", "Software", "Applications Software"];
const CHIPS: [&str; 3] = ["Technology", "Semiconductors", "Electronic Compo-Semicon"];
const INTERNET: [&str; 3] = ["Communications", "Internet", "Internet Content-Entmnt"];
const NONE: [&str; 3] = ["", "", ""];

const SHARES: [Share; 17] = [
    (265_598, "AAPL", "NASDAQ", "APPLE INC", TECH, "US0378331005", 25_000, Kind::Stock),
    (272_093, "MSFT", "NASDAQ", "MICROSOFT CORP", SOFTWARE, "US5949181045", 48_000, Kind::Stock),
    (4_815_747, "NVDA", "NASDAQ", "NVIDIA CORP", CHIPS, "US67066G1040", 18_000, Kind::Stock),
    (
        76_792_991,
        "TSLA",
        "NASDAQ",
        "TESLA INC",
        ["Consumer, Cyclical", "Auto Manufacturers", "Auto-Cars/Light Trucks"],
        "US88160R1014",
        40_000,
        Kind::Stock,
    ),
    (
        3_691_937,
        "AMZN",
        "NASDAQ",
        "AMAZON.COM INC",
        ["Communications", "Internet", "E-Commerce/Products"],
        "US0231351067",
        22_500,
        Kind::Stock,
    ),
    (208_813_719, "GOOGL", "NASDAQ", "ALPHABET INC-CL A", INTERNET, "US02079K3059", 28_000, Kind::Stock),
    (107_113_386, "META", "NASDAQ", "META PLATFORMS INC-CLASS A", INTERNET, "US30303M1027", 62_000, Kind::Stock),
    (4_391, "AMD", "NASDAQ", "ADVANCED MICRO DEVICES", CHIPS, "US0079031078", 21_000, Kind::Stock),
    (15_124_833, "NFLX", "NASDAQ", "NETFLIX INC", INTERNET, "US64110L1061", 11_000, Kind::Stock),
    (8_314, "IBM", "NYSE", "INTL BUSINESS MACHINES CORP", TECH, "US4592001014", 29_000, Kind::Stock),
    (
        1_520_593,
        "JPM",
        "NYSE",
        "JPMORGAN CHASE & CO",
        ["Financial", "Banks", "Diversified Banking Inst"],
        "US46625H1005",
        30_000,
        Kind::Stock,
    ),
    (
        43_645_865,
        "IBKR",
        "NASDAQ",
        "INTERACTIVE BROKERS GRO-CL A",
        ["Financial", "Diversified Finan Serv", "Finance-Invest Bnkr/Brkr"],
        "US45841N1072",
        6_500,
        Kind::Stock,
    ),
    (756_733, "SPY", "ARCA", "SS SPDR S&P 500 ETF TRUST-US", NONE, "US78462F1030", 66_000, Kind::Fund),
    (320_227_571, "QQQ", "NASDAQ", "INVESCO QQQ TRUST SERIES 1", NONE, "US46090E1038", 60_000, Kind::Fund),
    (9_579_970, "IWM", "ARCA", "ISHARES RUSSELL 2000 ETF", NONE, "US4642876555", 24_000, Kind::Fund),
    (73_128_548, "DIA", "ARCA", "SS SPDR DJIA ETF TRUST", NONE, "US78467X1090", 46_000, Kind::Fund),
    (51_529_211, "GLD", "ARCA", "SPDR GOLD SHARES", NONE, "US78463V1070", 38_000, Kind::Fund),
];

/// The number of the fund that the index and its futures follow.
pub(super) const SPY: ConId = ConId::new(756_733);

/// Funds and shares on which options are listed.
const WITH_OPTIONS: [&str; 2] = ["AAPL", "SPY"];

/// Every built-in instrument but the options, with the futures that trade on `today`.
pub(super) fn instruments(today: Date) -> Vec<Instrument> {
    let mut all: Vec<Instrument> = SHARES.iter().map(share).collect();
    all.push(mexican_apple());
    all.push(pair((12_087_792, "EUR", "USD"), "European Monetary Union Euro", Decimal::new(5, 5), 23_000));
    all.push(pair((12_087_797, "GBP", "USD"), "British pound", Decimal::new(5, 5), 26_500));
    all.push(pair((15_016_059, "USD", "JPY"), "United States dollar", Decimal::new(5, 3), 30_400));
    all.push(index());
    all.extend(futures::listed(today));
    all
}

fn share(share: &Share) -> Instrument {
    let (con_id, symbol, primary, name, [industry, category, subcategory], isin, cents, kind) = *share;
    Instrument {
        con_id: ConId::new(con_id),
        kind,
        symbol: symbol.into(),
        currency: "USD".into(),
        primary: primary.into(),
        exchanges: US_EXCHANGES.map(Into::into).to_vec(),
        long_name: name.into(),
        industry: industry.into(),
        category: category.into(),
        subcategory: subcategory.into(),
        isin: isin.into(),
        local_symbol: symbol.into(),
        trading_class: if primary == "NASDAQ" { "NMS".into() } else { symbol.into() },
        multiplier: Decimal::ONE,
        terms: None,
        hours: Hours::UsStock,
        pricing: Pricing::Own,
        min_tick: Decimal::new(1, 2),
        base: cents,
        spread: 1 + cents / 20_000,
        volume_unit: 20 + i64::from(con_id % 60),
        has_chain: WITH_OPTIONS.contains(&symbol),
    }
}

/// A second listing of the same symbol, which makes `AAPL` without a currency ambiguous.
fn mexican_apple() -> Instrument {
    Instrument {
        con_id: ConId::new(38_708_077),
        currency: "MXN".into(),
        primary: "MEXI".into(),
        exchanges: vec!["SMART".into(), "MEXI".into()],
        trading_class: "AAPL".into(),
        base: 465_000,
        spread: 200,
        volume_unit: 1,
        has_chain: false,
        ..share(&SHARES[0])
    }
}

/// A currency pair; `base` is in ticks, which are half a pip.
fn pair((con_id, symbol, currency): (i32, &str, &str), name: &str, min_tick: Decimal, base: i64) -> Instrument {
    let local_symbol = format!("{symbol}.{currency}");
    Instrument {
        con_id: ConId::new(con_id),
        kind: Kind::Cash,
        symbol: symbol.into(),
        currency: currency.into(),
        primary: String::new(),
        exchanges: vec!["IDEALPRO".into()],
        long_name: name.into(),
        industry: String::new(),
        category: String::new(),
        subcategory: String::new(),
        isin: String::new(),
        trading_class: local_symbol.clone(),
        local_symbol,
        multiplier: Decimal::ONE,
        terms: None,
        hours: Hours::Forex,
        pricing: Pricing::Own,
        min_tick,
        base,
        spread: 1,
        volume_unit: 100_000,
        has_chain: false,
    }
}

/// The S&P 500: ten times its fund.
fn index() -> Instrument {
    Instrument {
        con_id: ConId::new(416_904),
        kind: Kind::Index,
        symbol: "SPX".into(),
        primary: "CBOE".into(),
        exchanges: vec!["CBOE".into()],
        long_name: "S&P 500 Stock Index".into(),
        industry: "Indices".into(),
        category: "Broad Range Equity Index".into(),
        subcategory: "*".into(),
        isin: String::new(),
        local_symbol: "SPX".into(),
        trading_class: "SPX".into(),
        hours: Hours::UsOption,
        pricing: Pricing::Follows { leader: SPY, up: 10, down: 1, carry: 0 },
        base: 660_000,
        has_chain: false,
        ..share(&SHARES[0])
    }
}
