//! Random messages of the account, contract, market data and historical families at every text version.
//!
//! These find a reader and a writer that disagree; that both agree with a Gateway, only the golden frames show.

use bytes::{Bytes, BytesMut};
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::check::{ALL, con, req};
use crate::ids::ServerVersion;
use crate::message::account::{AccountSummary, AccountUpdateMulti, PortfolioValue, Position};
use crate::message::contract::{Contract, ContractDetails, ContractDetailsRequest, FundDetails, IneligibilityReason};
use crate::message::historical::{Bar, HistoricalData, HistoricalDataRequest, HistoricalDataUpdate, RealTimeBar};
use crate::message::market_data::{ComboLeg, DeltaNeutralContract, MktDataRequest, TickPrice, TickSize, tick_name};
use crate::message::{ClientMessage, ServerMessage};
use crate::version;

fn text() -> impl Strategy<Value = String> {
    "[^\0]{0,10}"
}

fn texts<const N: usize>() -> impl Strategy<Value = [String; N]> {
    prop::collection::vec(text(), N).prop_map(|texts| texts.try_into().unwrap())
}

fn decimal() -> impl Strategy<Value = Decimal> {
    (any::<i64>(), 0u32..12).prop_map(|(digits, scale)| Decimal::new(digits, scale))
}

/// Nothing that can be meant by −1, or by an integer that means "not set".
fn quantity() -> impl Strategy<Value = Option<Decimal>> {
    prop::option::of((0i64..1_000_000_000, 0u32..9).prop_map(|(digits, scale)| Decimal::new(digits, scale)))
}

fn contract() -> impl Strategy<Value = Contract> {
    let kind = prop_oneof![Just("STK"), Just("BAG"), Just("FUND"), Just("OPT"), Just("")];
    (any::<i32>(), kind, decimal(), texts::<9>()).prop_map(|(id, kind, strike, texts)| {
        let [symbol, expiry, right, multiplier, exchange, primary, currency, local, class] = texts;
        Contract {
            con_id: con(id),
            symbol,
            sec_type: kind.into(),
            last_trade_date_or_contract_month: expiry,
            strike: Some(strike),
            right,
            multiplier,
            exchange,
            primary_exchange: primary,
            currency,
            local_symbol: local,
            trading_class: class,
        }
    })
}

fn legs(sec_type: &str) -> impl Strategy<Value = Vec<ComboLeg>> + use<> {
    let leg = (any::<i32>(), any::<i32>(), text(), text());
    let leg = leg.prop_map(|(id, ratio, action, exchange)| ComboLeg { con_id: con(id), ratio, action, exchange });
    let most = if sec_type == "BAG" { 4 } else { 0 };
    prop::collection::vec(leg, 0..=most)
}

fn with_legs() -> impl Strategy<Value = (Contract, Vec<ComboLeg>)> {
    contract().prop_flat_map(|contract| {
        let legs = legs(&contract.sec_type);
        (Just(contract), legs)
    })
}

fn market_data_request() -> impl Strategy<Value = ClientMessage> {
    let hedge = (any::<i32>(), -1e6..1e6f64, -1e6..1e6f64);
    let hedge = hedge.prop_map(|(id, delta, price)| DeltaNeutralContract { con_id: con(id), delta, price });
    (any::<i32>(), with_legs(), prop::option::of(hedge), texts::<2>(), any::<[bool; 2]>()).prop_map(
        |(id, (contract, combo_legs), delta_neutral, [generic_ticks, options], [snapshot, regulatory_snapshot])| {
            ClientMessage::ReqMktData(Box::new(MktDataRequest {
                req_id: req(id),
                contract,
                combo_legs,
                delta_neutral,
                generic_ticks,
                snapshot,
                regulatory_snapshot,
                options,
            }))
        },
    )
}

fn historical_request() -> impl Strategy<Value = ClientMessage> {
    (any::<[i32; 2]>(), with_legs(), texts::<5>(), any::<[bool; 3]>()).prop_map(
        |([id, format_date], (contract, combo_legs), texts, [include_expired, use_rth, keep_up_to_date])| {
            let [end_date_time, bar_size, duration, what_to_show, options] = texts;
            ClientMessage::ReqHistoricalData(Box::new(HistoricalDataRequest {
                req_id: req(id),
                contract,
                include_expired,
                end_date_time,
                bar_size,
                duration,
                use_rth,
                what_to_show,
                format_date,
                combo_legs,
                keep_up_to_date,
                options,
            }))
        },
    )
}

fn details_request(version: i32) -> impl Strategy<Value = ClientMessage> {
    (any::<i32>(), contract(), any::<bool>(), texts::<3>()).prop_map(move |(id, contract, include_expired, texts)| {
        let [sec_id_type, sec_id, issuer_id] = texts;
        ClientMessage::ReqContractDetails(Box::new(ContractDetailsRequest {
            req_id: req(id),
            contract,
            include_expired,
            sec_id_type,
            sec_id,
            issuer_id: if version >= version::BOND_ISSUERID.get() { issuer_id } else { String::new() },
        }))
    })
}

fn client_message(version: i32) -> impl Strategy<Value = ClientMessage> {
    prop_oneof![market_data_request(), historical_request(), details_request(version)]
}

fn tick() -> impl Strategy<Value = ServerMessage> {
    let price = (any::<i32>(), 0i32..112, decimal(), quantity(), any::<i32>()).prop_map(
        |(id, tick_type, price, size, attributes)| {
            ServerMessage::TickPrice(TickPrice { req_id: req(id), tick_type, price: Some(price), size, attributes })
        },
    );
    let size = (any::<i32>(), 0i32..112, quantity())
        .prop_map(|(id, tick_type, size)| ServerMessage::TickSize(TickSize { req_id: req(id), tick_type, size }));
    prop_oneof![price, size]
}

fn bar() -> impl Strategy<Value = Bar> {
    (text(), [decimal(), decimal(), decimal(), decimal()], quantity(), decimal(), any::<i32>()).prop_map(
        |(date, [open, high, low, close], volume, average, bar_count)| {
            let average = volume.is_some().then_some(average);
            Bar { date, open, high, low, close, volume, average, bar_count }
        },
    )
}

fn bars(version: i32) -> impl Strategy<Value = ServerMessage> {
    let covers = version < version::HISTORICAL_DATA_END.get();
    let many =
        (any::<i32>(), texts::<2>(), prop::collection::vec(bar(), 0..5)).prop_map(move |(id, [start, end], bars)| {
            let (start, end) = if covers { (start, end) } else { Default::default() };
            ServerMessage::HistoricalData(HistoricalData { req_id: req(id), start, end, bars })
        });
    let update = (any::<i32>(), bar()).prop_map(|(id, bar)| {
        ServerMessage::HistoricalDataUpdate(Box::new(HistoricalDataUpdate { req_id: req(id), bar }))
    });
    let real_time = (any::<i32>(), any::<i64>(), bar()).prop_map(|(id, time, bar)| {
        let Bar { open, high, low, close, volume, average, bar_count: count, .. } = bar;
        let bar = RealTimeBar { req_id: req(id), time, open, high, low, close, volume, average, count };
        ServerMessage::RealTimeBar(Box::new(bar))
    });
    prop_oneof![many, update, real_time]
}

fn account() -> impl Strategy<Value = ServerMessage> {
    let position = (contract(), text(), decimal(), prop::option::of(decimal())).prop_map(
        |(contract, account, position, avg_cost)| {
            let contract = Contract { primary_exchange: String::new(), ..contract };
            ServerMessage::Position(Box::new(Position { account, contract, position, avg_cost }))
        },
    );
    let optional = || prop::option::of(decimal());
    let prices = [optional(), optional(), optional(), optional(), optional()];
    let value = (contract(), decimal(), prices, text()).prop_map(|(contract, position, prices, account)| {
        let [market_price, market_value, average_cost, unrealized_pnl, realized_pnl] = prices;
        ServerMessage::PortfolioValue(Box::new(PortfolioValue {
            contract: Contract { exchange: String::new(), ..contract },
            position,
            market_price,
            market_value,
            average_cost,
            unrealized_pnl,
            realized_pnl,
            account,
        }))
    });
    let summary = (any::<i32>(), texts::<4>()).prop_map(|(id, [account, tag, value, currency])| {
        ServerMessage::AccountSummary(Box::new(AccountSummary { req_id: req(id), account, tag, value, currency }))
    });
    let multi = (any::<i32>(), texts::<5>()).prop_map(|(id, [account, model_code, key, value, currency])| {
        let update = AccountUpdateMulti { req_id: req(id), account, model_code, key, value, currency };
        ServerMessage::AccountUpdateMulti(Box::new(update))
    });
    prop_oneof![position, value, summary, multi]
}

fn details(version: i32) -> impl Strategy<Value = ServerMessage> {
    let expiry = prop_oneof![Just(("", "")), Just(("20261120", "")), Just(("20261120", "08:30"))];
    let numbers = (any::<[i32; 4]>(), [decimal(), decimal(), decimal(), decimal(), decimal()]);
    let reasons = prop::collection::vec(texts::<2>(), 0..3);
    (contract(), expiry, numbers, texts::<18>(), "[^\0\\\\]{0,10}", reasons).prop_map(
        move |(contract, (date, time), ([id, magnifier, under, group], decimals), texts, long_name, reasons)| {
            let [tick, multiplier, least, step, suggested] = decimals.map(Some);
            let [market, types, exchanges, month, industry, category, subcategory, zone, .., last] = texts.clone();
            let [.., trading, liquid, rule, symbol, under_type, rules, real, stock, _] = texts;
            let fund = version >= version::FUND_DATA_FIELDS.get() && contract.sec_type == "FUND";
            let fund =
                fund.then(|| Box::new(FundDetails { name: zone.clone(), closed: true, ..FundDetails::default() }));
            let reasons = reasons.into_iter().map(|[id, description]| IneligibilityReason { id, description });
            let reasons = if version >= version::INELIGIBILITY_REASONS.get() { reasons.collect() } else { Vec::new() };
            let sizes = version >= version::SIZE_RULES.get();
            let suggests = version >= version::FRACTIONAL_SIZE.get();
            let dated = version >= version::LAST_TRADE_DATE.get();
            ServerMessage::ContractDetails(Box::new(ContractDetails {
                req_id: req(id),
                contract: Contract { last_trade_date_or_contract_month: date.into(), ..contract },
                market_name: market.clone(),
                min_tick: tick,
                price_magnifier: magnifier,
                order_types: types,
                valid_exchanges: exchanges,
                under_con_id: con(under),
                long_name,
                contract_month: month,
                industry,
                category: category.clone(),
                subcategory,
                time_zone_id: zone,
                trading_hours: trading,
                liquid_hours: liquid,
                ev_rule: rule,
                ev_multiplier: multiplier,
                sec_id_list: vec![(market, category)],
                agg_group: group,
                under_symbol: symbol,
                under_sec_type: under_type,
                market_rule_ids: rules,
                real_expiration_date: real,
                last_trade_time: time.into(),
                last_trade_date: if dated { last } else { String::new() },
                stock_type: stock,
                min_size: least.filter(|_| sizes),
                size_increment: step.filter(|_| sizes),
                suggested_size_increment: suggested.filter(|_| suggests),
                fund,
                ineligibility_reason_list: reasons,
            }))
        },
    )
}

fn server_message(version: i32) -> impl Strategy<Value = ServerMessage> {
    prop_oneof![tick(), bars(version), account(), details(version)]
}

fn sent<E: std::fmt::Debug>(encode: impl FnOnce(&mut BytesMut) -> Result<(), E>) -> Bytes {
    let mut frame = BytesMut::new();
    encode(&mut frame).unwrap();
    frame.freeze().slice(4..)
}

proptest! {
    #[test]
    fn what_a_client_writes_a_server_reads(
        (version, message) in ALL.prop_flat_map(|version| (Just(version), client_message(version)))
    ) {
        let speaks = ServerVersion::new(version);
        let payload = sent(|out| message.encode(out, speaks));
        prop_assert_eq!(ClientMessage::decode(&payload, speaks), Ok(message));
    }

    #[test]
    fn what_a_server_writes_a_client_reads(
        (version, message) in ALL.prop_flat_map(|version| (Just(version), server_message(version)))
    ) {
        let speaks = ServerVersion::new(version);
        let payload = sent(|out| message.encode(out, speaks));
        prop_assert_eq!(ServerMessage::decode(&payload, speaks), Ok(message));
    }

    #[test]
    fn only_the_numbers_of_tick_types_have_names(number: i32) {
        prop_assert_eq!(tick_name(number).is_some(), (0..=110).contains(&number));
    }
}
