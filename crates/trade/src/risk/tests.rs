use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use gatewright_journal::OrderType;
use gatewright_link::protocol::LayerState;
use jiff::Timestamp;
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::*;
use crate::account::AccountId;

fn limits() -> RiskLimits {
    RiskLimits {
        max_order_size: Decimal::from(50),
        max_position: Decimal::from(100),
        max_order_value: Decimal::from(4_500),
        max_gross_exposure: Decimal::from(12_000),
        max_daily_loss: Decimal::from(200),
        max_orders_per_minute: 3,
        ..RiskLimits::default()
    }
}

fn open() -> Market {
    Market::Open { until: Timestamp::MAX }
}

fn calm() -> RiskView<'static> {
    let hundred = Some(Decimal::ONE_HUNDRED);
    RiskView {
        session_ready: true,
        stopping: false,
        halt: None,
        in_doubt: 0,
        unknown_position: None,
        sick: &[],
        market: open(),
        data_age: Some(Duration::from_secs(1)),
        quote: Quote { bid: hundred, ask: hundred, last: hundred },
        position: Decimal::ZERO,
        working: Decimal::ZERO,
        other_exposure: Some(Decimal::ZERO),
        day_result: Some(Decimal::ZERO),
        orders_last_minute: 0,
    }
}

fn refusal_of(limits: &RiskLimits, quantity: i64, order_type: OrderType, view: &RiskView<'_>) -> Option<Refusal> {
    let account = AccountId::new("DU1");
    let order = Proposal { account: &account, symbol: "AAPL", quantity: quantity.into(), order_type };
    limits.check(&order, view).err()
}

fn check(quantity: i64, view: &RiskView<'_>) -> Option<&'static str> {
    refusal_of(&limits(), quantity, OrderType::Market, view).map(|refusal| refusal.limit())
}

fn limit_order(quantity: i64, limit_price: i64) -> Option<&'static str> {
    let order_type = OrderType::Limit { limit_price: limit_price.into() };
    refusal_of(&limits(), quantity, order_type, &calm()).map(|refusal| refusal.limit())
}

fn sick(layer: &str, state: LayerState) -> [SickLayer; 1] {
    [SickLayer { layer: layer.into(), state, evidence: "2103".into() }]
}

#[test]
fn an_order_within_all_limits_passes() {
    assert_eq!(check(45, &calm()), None);
    assert_eq!(check(-45, &calm()), None);
}

#[test]
fn each_limit_refuses_by_its_name() {
    let view = calm;
    let broken = sick("farm:usfarm", LayerState::No);
    assert_eq!(check(1, &RiskView { stopping: true, ..view() }), Some("stopping"));
    assert_eq!(check(1, &RiskView { halt: Some("by hand"), ..view() }), Some("halted"));
    assert_eq!(check(1, &RiskView { session_ready: false, ..view() }), Some("session_not_ready"));
    assert_eq!(check(1, &RiskView { sick: &broken, ..view() }), Some("session_not_well"));
    assert_eq!(check(1, &RiskView { in_doubt: 1, ..view() }), Some("orders_in_doubt"));
    let unexplained = Some("unexplained_position");
    assert_eq!(check(-1, &RiskView { unknown_position: unexplained, ..view() }), Some("position_unknown"));
    assert_eq!(check(1, &RiskView { market: Market::Closed { until: None }, ..view() }), Some("trading_hours"));
    assert_eq!(check(1, &RiskView { market: Market::Unknown, ..view() }), Some("trading_hours"));
    assert_eq!(check(1, &RiskView { data_age: None, ..view() }), Some("no_data"));
    assert_eq!(check(1, &RiskView { data_age: Some(Duration::from_millis(15_001)), ..view() }), Some("data_age"));
    assert_eq!(check(1, &RiskView { orders_last_minute: 3, ..view() }), Some("orders_per_minute"));
    assert_eq!(check(51, &view()), Some("order_size"));
    assert_eq!(check(46, &view()), Some("order_value"));
    assert_eq!(check(11, &RiskView { position: Decimal::from(90), ..view() }), Some("position"));
    assert_eq!(check(21, &RiskView { other_exposure: Some(10_000.into()), ..view() }), Some("gross_exposure"));
    assert_eq!(check(1, &RiskView { other_exposure: None, ..view() }), Some("gross_exposure"));
    assert_eq!(check(1, &RiskView { day_result: Some((-201).into()), ..view() }), Some("daily_loss"));
    assert_eq!(check(1, &RiskView { day_result: None, ..view() }), Some("daily_loss"));
}

#[test]
fn bounds_themselves_pass() {
    let view = calm;
    assert_eq!(check(1, &RiskView { data_age: Some(Duration::from_secs(15)), ..view() }), None);
    assert_eq!(check(1, &RiskView { orders_last_minute: 2, ..view() }), None);
    assert_eq!(check(20, &RiskView { other_exposure: Some(10_000.into()), ..view() }), None);
    assert_eq!(check(1, &RiskView { day_result: Some((-200).into()), ..view() }), None);
    assert_eq!((limit_order(1, 95), limit_order(-1, 105)), (None, None));
}

#[test]
fn a_price_far_from_the_market_is_refused_on_either_side() {
    assert_eq!(limit_order(1, 106), Some("price_collar"));
    assert_eq!(limit_order(1, 94), Some("price_collar"));
    assert_eq!(limit_order(-1, 0), Some("price_collar"));
    let wide = Quote { bid: Some(90.into()), ask: Some(110.into()), last: Some(100.into()) };
    assert_eq!(check(1, &RiskView { quote: wide, ..calm() }), Some("price_collar"), "a market order pays the ask");
    let nothing = Quote { bid: Some(Decimal::ZERO), ask: Some(Decimal::ZERO), last: None };
    assert_eq!(check(1, &RiskView { quote: nothing, ..calm() }), Some("price_collar"));
    assert_eq!(check(1, &RiskView { quote: Quote::default(), ..calm() }), Some("no_data"));
}

#[test]
fn lists_let_only_what_is_on_them_pass() {
    let one = |name: &str| BTreeSet::from([name.to_owned()]);
    let refused = |limits: RiskLimits| refusal_of(&limits, 1, OrderType::Market, &calm()).map(|why| why.limit());
    assert_eq!(refused(RiskLimits { symbols: one("AAPL"), ..limits() }), None);
    assert_eq!(refused(RiskLimits { symbols: one("MSFT"), ..limits() }), Some("symbol"));
    assert_eq!(refused(RiskLimits { accounts: [AccountId::new("DU1")].into(), ..limits() }), None);
    assert_eq!(refused(RiskLimits { accounts: [AccountId::new("DU2")].into(), ..limits() }), Some("account"));
}

#[test]
fn an_unknown_layer_stops_orders_where_it_carries_them_and_elsewhere_if_that_is_asked_for() {
    let refused = |rule, layer| {
        let limits = RiskLimits { unknown_health: rule, ..limits() };
        let sick = sick(layer, LayerState::Unknown);
        refusal_of(&limits, 1, OrderType::Market, &RiskView { sick: &sick, ..calm() }).is_some()
    };
    let carrying = ["listener", "tcp", "handshake", "session", "gateway_link", "trading"];
    let others = ["farm:ushmds", "market_data", "stream:1"];
    for layer in carrying {
        assert!(!refused(UnknownHealth::Allow, layer) && refused(UnknownHealth::Carrying, layer), "{layer}");
    }
    for layer in others {
        assert!(!refused(UnknownHealth::Carrying, layer) && refused(UnknownHealth::Refuse, layer), "{layer}");
    }
    assert_eq!(RiskLimits::default().unknown_health, UnknownHealth::Carrying);
}

#[test]
fn what_is_working_counts_as_filled() {
    let view = RiskView { position: Decimal::from(50), working: Decimal::from(45), ..calm() };
    assert_eq!(check(5, &view), None);
    assert_eq!(check(6, &view), Some("position"));
}

#[test]
fn the_way_out_is_open_whatever_is_held_or_lost() {
    let view =
        RiskView { position: Decimal::from(140), other_exposure: None, day_result: Some((-10_000).into()), ..calm() };
    assert_eq!(check(-20, &view), None);
    assert_eq!(check(1, &view), Some("position"));
    let turning = RiskLimits { max_order_size: 1000.into(), max_order_value: 1_000_000.into(), ..limits() };
    let turn = |quantity| refusal_of(&turning, quantity, OrderType::Market, &view).map(|why| why.limit());
    assert_eq!((turn(-140), turn(-141), turn(-241)), (None, Some("gross_exposure"), Some("position")));
}

#[test]
fn a_refusal_tells_limit_figure_and_bound() {
    let refusal = refusal_of(&limits(), 51, OrderType::Market, &calm()).unwrap();
    assert_eq!(refusal.to_string(), "order_size: the order is 51, at most 50 allowed");
    let refusal = Refusal::DataAge { figure_ms: 16_000, bound_ms: 15_000 };
    assert_eq!(refusal.to_string(), "data_age: the last price is 16000 ms old, at most 15000 ms allowed");
    let lost = RiskView { day_result: Some(Decimal::new(-20_050, 2)), ..calm() };
    let refusal = refusal_of(&limits(), 1, OrderType::Market, &lost).unwrap();
    assert_eq!(refusal.to_string(), "daily_loss: the day has lost 200.50, at most 200 allowed");
    let far = OrderType::Limit { limit_price: 110.into() };
    let refusal = refusal_of(&limits(), 1, far, &calm()).unwrap();
    assert_eq!(refusal.to_string(), "price_collar: 110 is 10 % from the market's 100, at most 5 % allowed");
    let account = Refusal::Account { figure: AccountId::new("U1234567") };
    assert!(!account.to_string().contains("U1234567"), "accounts are masked");
}

#[test]
#[expect(clippy::disallowed_methods, reason = "an origin for virtual time; only differences matter")]
fn orders_are_counted_for_a_minute() {
    let mut rate = SendRate::default();
    let start = Instant::now();
    rate.note(start);
    rate.note(start + Duration::from_secs(30));
    assert_eq!(rate.count(start + Duration::from_secs(59)), 2);
    assert_eq!(rate.count(start + Duration::from_secs(60)), 1);
    assert_eq!(rate.count(start + Duration::from_secs(90)), 0);
}

fn any_view() -> impl Strategy<Value = (RiskView<'static>, i64)> {
    let money = || prop::option::of((-30_000_i64..30_000).prop_map(Decimal::from));
    let price = || prop::option::of((1_i64..200).prop_map(Decimal::from));
    (
        (any::<bool>(), any::<bool>(), 0_usize..2, any::<bool>(), 0_u32..5),
        (-300_i64..300, -300_i64..300, -300_i64..300),
        (money(), money(), price(), price(), price()),
        0_u64..30,
    )
        .prop_map(|((ready, stopping, in_doubt, closed, sent), (position, working, quantity), figures, age)| {
            let (others, day_result, bid, ask, last) = figures;
            let view = RiskView {
                session_ready: ready,
                stopping,
                in_doubt,
                market: if closed { Market::Closed { until: None } } else { open() },
                data_age: Some(Duration::from_secs(age)),
                quote: Quote { bid, ask, last },
                position: position.into(),
                working: working.into(),
                other_exposure: others.map(|others| others.abs()),
                day_result,
                orders_last_minute: sent,
                ..calm()
            };
            (view, quantity)
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn nothing_that_passes_breaks_a_bound((view, quantity) in any_view()) {
        let limits = limits();
        if refusal_of(&limits, quantity, OrderType::Market, &view).is_none() {
            prop_assert!(view.session_ready && !view.stopping && view.in_doubt == 0);
            let is_open = matches!(view.market, Market::Open { .. });
            prop_assert!(is_open);
            prop_assert!(view.data_age.is_some_and(|age| age <= limits.max_data_age));
            prop_assert!(view.orders_last_minute < limits.max_orders_per_minute);
            prop_assert!(Decimal::from(quantity).abs() <= limits.max_order_size);
            let (before, after) = (view.position + view.working, view.position + view.working + Decimal::from(quantity));
            prop_assert!(after.abs() <= before.abs().max(limits.max_position));
            let shrinks = after.abs() <= before.abs() && after * before >= Decimal::ZERO;
            if !shrinks {
                prop_assert!(after.abs() <= limits.max_position);
                prop_assert!(view.day_result.is_some_and(|result| -result <= limits.max_daily_loss));
                let price = view.quote.last.or(view.quote.ask).or(view.quote.bid).unwrap();
                let lowest = [view.quote.ask, view.quote.bid, Some(price)].into_iter().flatten().min().unwrap();
                prop_assert!(view.other_exposure.unwrap() + after.abs() * lowest <= limits.max_gross_exposure);
            }
        }
    }

    #[test]
    fn figures_beyond_a_decimal_are_refused_and_never_a_panic(
        quantity in any::<i128>(), price in any::<i128>(), scale in 0_u32..28,
    ) {
        let figure = |raw: i128| Decimal::from_i128_with_scale(raw % (1 << 95), scale);
        let (quantity, price) = (figure(quantity), figure(price));
        let account = AccountId::new("DU1");
        let order = Proposal { account: &account, symbol: "A", quantity, order_type: OrderType::Limit { limit_price: price } };
        let quote = Quote { bid: Some(price), ask: Some(Decimal::MAX), last: None };
        let view = RiskView { quote, position: quantity, working: Decimal::MAX, other_exposure: Some(Decimal::MAX), ..calm() };
        let _ = RiskLimits { max_order_size: Decimal::MAX, max_position: Decimal::MAX, ..limits() }.check(&order, &view);
    }
}
