//! The built-in instruments. Numbers, names and exchanges are the real ones as far as known; prices are invented.

use gatewright_proto::ConId;
use rust_decimal::Decimal;

use super::instrument::{Instrument, Kind};

/// Where US stocks can be routed.
const US_EXCHANGES: [&str; 11] =
    ["SMART", "NASDAQ", "NYSE", "ARCA", "AMEX", "BATS", "BYX", "EDGEA", "IEX", "MEMX", "ISLAND"];

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

/// Every built-in instrument.
pub(super) fn instruments() -> Vec<Instrument> {
    let mut all: Vec<Instrument> = SHARES.iter().map(share).collect();
    all.push(mexican_apple());
    all.push(pair(12_087_792, "EUR", "USD", "European Monetary Union Euro", 23_000));
    all.push(pair(12_087_797, "GBP", "USD", "British pound", 26_500));
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
        min_tick: Decimal::new(1, 2),
        base: cents,
        spread: 1 + cents / 20_000,
        volume_unit: 20 + i64::from(con_id % 60),
    }
}

/// A second listing of the same symbol, which makes `AAPL` without a currency ambiguous.
fn mexican_apple() -> Instrument {
    Instrument {
        con_id: ConId::new(38_708_077),
        currency: "MXN".into(),
        primary: "MEXI".into(),
        exchanges: vec!["SMART".into(), "MEXI".into()],
        base: 465_000,
        spread: 200,
        volume_unit: 1,
        ..share(&SHARES[0])
    }
}

/// A currency pair; `base` is in twentieths of a pip (0.00005).
fn pair(con_id: i32, symbol: &str, currency: &str, name: &str, base: i64) -> Instrument {
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
        min_tick: Decimal::new(5, 5),
        base,
        spread: 1,
        volume_unit: 100_000,
    }
}
