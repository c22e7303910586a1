//! Finding contracts: details, symbols, option chains, rules.

use std::collections::BTreeSet;

use ibapi::contracts::OptionChain;
use ibapi::prelude::*;

use crate::desk::{AAPL, Desk, pair, stock};
use crate::step::{all, close, refused, step};

pub(crate) async fn contracts(address: &str) {
    let desk = Desk::connect(address).await;
    let client = &desk.client;
    let rules = step("contract details: one", one(client)).await;
    step("contract details: by number", async {
        let wanted = Contract { contract_id: AAPL, exchange: Exchange::from(""), ..Contract::default() };
        let [again] = &client.contract_details(&wanted).await.unwrap()[..] else { panic!("one contract") };
        assert_eq!(again.contract.symbol, "AAPL");
    })
    .await;
    step("contract details: ambiguous", async {
        let wanted = Contract {
            symbol: Symbol::from("AAPL"),
            exchange: Exchange::from(""),
            currency: Currency::from(""),
            ..Contract::default()
        };
        let several = client.contract_details(&wanted).await.unwrap();
        let currencies: BTreeSet<_> = several.iter().map(|it| it.contract.currency.as_str()).collect();
        assert_eq!(currencies, BTreeSet::from(["MXN", "USD"]));
        let streamed = client.contract_details_stream(&wanted).subscribe().await;
        assert_eq!(all(&mut streamed.unwrap(), "the details").await.len(), several.len());
    })
    .await;
    step("contract details: none", async {
        let text = refused(client.contract_details(&stock("NOSUCHTHING")).await, 200);
        assert_eq!(text, "No security definition has been found for the request");
    })
    .await;
    step("contract details: a pair, a future", async {
        let [found] = &client.contract_details(&pair()).await.unwrap()[..] else { panic!("one pair") };
        assert_eq!((found.contract.contract_id, found.contract.local_symbol.as_str()), (12_087_792, "EUR.USD"));
        let futures = Contract::futures("ES").any_month().on_exchange("CME").build();
        let futures = client.contract_details(&futures).await.unwrap();
        assert!(futures.len() >= 4 && futures.iter().all(|it| it.contract.multiplier == "50"), "{futures:?}");
    })
    .await;
    step("symbol search", async {
        let found = client.matching_symbols("AAP").await.unwrap();
        assert_eq!(found[0].contract.contract_id, AAPL);
        assert!(found[0].derivative_security_types.iter().any(|it| it == "OPT"), "{:?}", found[0]);
        let by_name = client.matching_symbols("microsoft").await.unwrap();
        assert_eq!(by_name.len(), 1);
        assert_eq!(by_name[0].contract.symbol, "MSFT");
        assert_eq!(client.matching_symbols("QQQQQQ").await.unwrap().len(), 0);
    })
    .await;
    let option = step("option chain parameters", chains(client)).await;
    step("option calculations", async {
        let guess = client.calculate_option_price(&option, 0.3, 250.0).await.unwrap();
        let price = guess.option_price.unwrap();
        assert!(price > 0.0 && (0.0..1.0).contains(&guess.delta.unwrap()), "{guess:?}");
        let back = client.calculate_implied_volatility(&option, price, 250.0).await.unwrap();
        assert!(close(back.implied_volatility.unwrap(), 0.3, 0.001), "{back:?}");
    })
    .await;
    step("market rules", async {
        let rule = client.market_rule(rules).await.unwrap();
        let steps: Vec<_> = rule.price_increments.iter().map(|it| (it.low_edge, it.increment)).collect();
        assert_eq!(steps, [(0.0, 0.01)]);
    })
    .await;
    step("soft dollar tiers", async {
        assert_eq!(client.soft_dollar_tiers().await.unwrap().len(), 0);
    })
    .await;
    desk.leave().await;
}

/// Apple, in all details that its story needs; returns the number of its market rule.
async fn one(client: &Client) -> i32 {
    let [details] = &client.contract_details(&stock("AAPL")).await.unwrap()[..] else { panic!("one contract") };
    let contract = &details.contract;
    assert_eq!((contract.contract_id, contract.trading_class.as_str()), (AAPL, "NMS"));
    assert_eq!(contract.primary_exchange, "NASDAQ");
    assert_eq!((details.long_name.as_str(), details.min_tick), ("APPLE INC", 0.01));
    assert_eq!((details.stock_type.as_str(), details.time_zone_id.as_str()), ("COMMON", "US/Eastern"));
    let ids: Vec<_> = details.sec_id_list.iter().map(|it| (it.tag.as_str(), it.value.as_str())).collect();
    assert_eq!(ids, [("ISIN", "US0378331005")]);
    for wanted in ["MKT", "LMT", "STP", "TRAIL"] {
        assert!(details.order_types.iter().any(|it| it == wanted), "{wanted} in {:?}", details.order_types);
    }
    assert!(details.valid_exchanges.iter().any(|it| it == "SMART"), "{:?}", details.valid_exchanges);
    assert_eq!(details.trading_hours.len(), 6, "days of trading hours");
    details.market_rule_ids[0].parse().unwrap()
}

/// Apple's chain; returns one option of it.
async fn chains(client: &Client) -> Contract {
    let chains: Vec<OptionChain> = {
        let mut found = client.option_chain("AAPL", SecurityType::Stock, AAPL).subscribe().await.unwrap();
        all(&mut found, "the chains").await
    };
    let smart: Vec<_> = chains.iter().filter(|chain| chain.exchange == "SMART").collect();
    let [chain] = &smart[..] else { panic!("one chain at SMART: {chains:?}") };
    assert_eq!((chain.underlying_contract_id, chain.trading_class.as_str()), (AAPL, "AAPL"));
    assert!(chain.expirations.len() >= 5 && chain.strikes.len() >= 20 && chain.multiplier == "100", "{chain:?}");
    let wanted = Contract::option("AAPL", &chain.expirations[2], chain.strikes[10], OptionRight::Call);
    let [details] = &client.contract_details(&wanted).await.unwrap()[..] else { panic!("one option") };
    assert_eq!(details.under_contract_id, AAPL);
    assert!(details.contract.local_symbol.starts_with("AAPL  "), "{:?}", details.contract);
    let mut none = client.option_chain("IBM", SecurityType::Stock, 8314).subscribe().await.unwrap();
    assert_eq!(all(&mut none, "chains of a share without options").await.len(), 0);
    details.contract.clone()
}
