use std::collections::BTreeMap;

use gatewright_trade::{BookFigures, OrderStatusLine, Refusal, Side, StateKind};
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::*;

fn layer(state: LayerState, evidence: &str) -> Layer {
    Layer { state, since_ms: Some(61_000), evidence: evidence.into() }
}

fn order(id: i32, state: StateKind) -> OrderLine {
    OrderLine {
        order_ref: format!("gw-1-0-{id}"),
        order_id: Some(gatewright_proto::OrderId::new(id)),
        symbol: "AAPL".into(),
        side: Side::Sell,
        quantity: Decimal::TEN,
        state,
    }
}

fn symbol(name: &str) -> SymbolStatus {
    SymbolStatus {
        symbol: name.into(),
        price: Some(Decimal::new(24_935, 2)),
        price_age: Some(Duration::from_millis(340)),
        bid: None,
        ask: None,
        bar_time: None,
        target: Some(Decimal::TEN),
        signal: None,
        refused: None,
        halted: None,
        market: Market::Unknown,
        day_result: None,
        book: BookFigures {
            position: Decimal::TEN,
            average_price: Some(Decimal::new(24_931, 2)),
            unrealised: Some(Decimal::new(4, 1)),
            realised: Decimal::new(-1_250, 2),
            commissions: Decimal::from(3),
            ..BookFigures::default()
        },
    }
}

fn model() -> Model {
    let stale = SymbolStatus {
        price_age: Some(Duration::from_secs(31)),
        refused: Some(Refusal::SessionNotReady),
        ..symbol("MSFT")
    };
    let working = OrderStatusLine {
        order: order(7, StateKind::PartiallyFilled),
        executed: Decimal::from(4),
        order_type: "LMT",
        limit_price: Some(Decimal::new(2505, 1)),
        age_ms: 2_500,
    };
    let risk = RiskUsage {
        halted: None,
        gross_exposure: Some(Decimal::from(4987)),
        max_gross_exposure: Decimal::from(100_000),
        day_result: Some(Decimal::new(-1_510, 2)),
        max_daily_loss: Decimal::from(1000),
        orders_last_minute: 2,
        max_orders_per_minute: 30,
    };
    let status = Status {
        ready: true,
        working: 1,
        in_doubt: 0,
        fills: 3,
        symbols: vec![symbol("AAPL"), stale],
        layers: BTreeMap::from([
            ("gateway_link".to_owned(), layer(LayerState::Yes, "1102")),
            ("session".to_owned(), layer(LayerState::Yes, "answered")),
            ("tcp".to_owned(), layer(LayerState::Unknown, "nobody looked")),
        ]),
        orders: vec![working],
        risk,
    };
    let mut model = Model::new("AAPL, MSFT at 127.0.0.1:4002 as client 1");
    model.account = Some("DU***67".into());
    model.elapsed = Duration::from_secs(75);
    model.status = Some(status);
    model.done.push_front(order(6, StateKind::Filled));
    model.say("✓ trading", Duration::from_secs(1));
    model.say("! something\n         A person has to act: look.", Duration::from_secs(2));
    model
}

fn picture(model: &Model, width: u16, height: u16) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| draw(frame, model, Palette::new(false))).unwrap();
    let lines = terminal.backend().to_string();
    lines.lines().map(|line| line.trim_matches('"').trim_end()).collect::<Vec<_>>().join("\n")
}

#[test]
fn everything_has_its_place() {
    insta::assert_snapshot!(picture(&model(), 100, 22));
}

#[test]
fn trouble_is_told_by_its_layer_and_a_halt_is_loud() {
    let mut model = model();
    let status = model.status.as_mut().unwrap();
    status.ready = false;
    status.in_doubt = 1;
    status.layers.insert("session".into(), layer(LayerState::No, "closed_by_peer"));
    status.risk.halted = Some("smoke".into());
    insta::assert_snapshot!(picture(&model, 100, 22));
}

#[test]
fn before_anything_is_known_it_says_so() {
    insta::assert_snapshot!(picture(&Model::new("AAPL at 127.0.0.1:4002 as client 1"), 80, 16));
}

#[test]
fn no_terminal_is_too_small_and_none_too_large() {
    for (width, height) in [(1, 1), (10, 3), (40, 8), (80, 12), (300, 100)] {
        picture(&model(), width, height);
    }
}

#[test]
fn a_halt_is_confirmed_in_the_last_line() {
    let mut model = model();
    model.key(super::super::model::Key::Char('h'));
    let text = picture(&model, 100, 22);
    assert!(text.ends_with("y yes   any other key no"), "{text}");
}
