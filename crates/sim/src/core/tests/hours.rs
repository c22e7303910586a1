//! Orders and the clock of their market.

use gatewright_proto::message::contract::Contract;
use gatewright_proto::message::order::{Action as Way, Order, PlaceOrder};
use gatewright_proto::{ClientMessage, OrderId, ServerMessage};
use rust_decimal::Decimal;

use super::table::{Table, errors};
use super::trading::{cancel, far, of_type, order, place, seconds, table};
use crate::catalogue::Instrument;
use crate::config::{MarketHours, SimConfig};
use crate::core::ConnId;
use crate::core::SimInstant;
use crate::core::hours::{Session, TradingHours};

/// 09:30 to 16:00 every day, and from 04:00 to 20:00 for those who may; all of it in winter.
#[derive(Debug)]
struct Bell;

const DAY: i64 = 86_400;

/// What UTC's clock shows at New York's midnight, in seconds.
const WINTER: i64 = 5 * 3_600;

impl Bell {
    fn span(session: Session) -> (i64, i64) {
        match session {
            Session::Regular => (34_200, 57_600),
            Session::Extended => (14_400, 72_000),
        }
    }
}

impl TradingHours for Bell {
    fn is_open(&self, _: &Instrument, at: SimInstant, session: Session) -> bool {
        let (from, to) = Self::span(session);
        (from..to).contains(&(at.second() - WINTER).rem_euclid(DAY))
    }

    fn next_open(&self, _: &Instrument, after: SimInstant, session: Session) -> Option<SimInstant> {
        let from = Self::span(session).0;
        let today = after.second() - (after.second() - WINTER).rem_euclid(DAY) + from;
        Some(SimInstant::from_second(if today > after.second() { today } else { today + DAY }))
    }

    fn session_end(&self, _: &Instrument, at: SimInstant, session: Session) -> Option<SimInstant> {
        let to = Self::span(session).1;
        let today = at.second() - (at.second() - WINTER).rem_euclid(DAY) + to;
        Some(SimInstant::from_second(if today > at.second() { today } else { today + DAY }))
    }
}

/// A table at 09:30 whose market keeps hours.
fn keeping_hours() -> (Table, ConnId) {
    let mut table = table();
    table.world.set_hours(Bell);
    let id = table.ready(7);
    (table, id)
}

fn hour(hours: u64) -> u64 {
    hours * 3_600
}

#[test]
fn a_day_order_ends_with_its_session_and_one_until_cancelled_goes_on() {
    let (mut table, id) = keeping_hours();
    place(&mut table, id, 1, Order { tif: "DAY".into(), ..far(1) });
    place(&mut table, id, 2, far(1));
    seconds(&mut table, hour(6) + 1_799);
    assert_eq!(order(&table, 1).status, "Submitted");
    seconds(&mut table, 2);
    assert_eq!((order(&table, 1).status, order(&table, 2).status), ("Cancelled", "Submitted"));
    assert_eq!(errors(&table.heard(id)), [(1, 202)]);
}

#[test]
fn an_order_after_hours_is_held_until_the_market_opens() {
    let (mut table, id) = keeping_hours();
    seconds(&mut table, hour(8));
    place(&mut table, id, 1, of_type("MKT", Way::Buy, 10));
    seconds(&mut table, 60);
    let heard = table.heard(id);
    assert_eq!(errors(&heard), [(1, 399)]);
    let text = heard.iter().find_map(|message| match message {
        ServerMessage::Error(error) => Some(error.text.clone()),
        _ => None,
    });
    let text = text.unwrap();
    assert!(text.contains("BUY 10 NFLX NASDAQ.NMS") && text.contains("until 20260303 09:30:00 US/Eastern"), "{text}");
    assert_eq!(order(&table, 1).status, "PreSubmitted");
    seconds(&mut table, hour(15));
    assert_eq!(order(&table, 1).status, "PreSubmitted");
    seconds(&mut table, hour(2));
    let done = order(&table, 1);
    assert_eq!(done.status, "Filled");
    assert!(table.world.snapshot().executions[0].execution.time.starts_with("20260303 09:30:0"));
}

#[test]
fn a_limit_order_may_trade_outside_regular_hours_and_a_held_one_can_be_cancelled() {
    let (mut table, id) = keeping_hours();
    seconds(&mut table, hour(8));
    let eager = Order::limit(Way::Buy, Decimal::ONE, Decimal::from(900));
    place(&mut table, id, 1, Order { outside_rth: true, ..eager.clone() });
    place(&mut table, id, 2, eager);
    seconds(&mut table, 2);
    assert_eq!((order(&table, 1).status, order(&table, 2).status), ("Filled", "PreSubmitted"));
    cancel(&mut table, id, 2);
    assert_eq!(errors(&table.heard(id)), [(2, 399), (2, 202)]);
    seconds(&mut table, hour(24));
    assert_eq!(table.world.snapshot().executions.len(), 1);
}

#[test]
fn nothing_trades_while_the_market_is_closed() {
    let (mut table, id) = keeping_hours();
    let stop = Order { tif: "GTC".into(), aux_price: Some(Decimal::new(1, 2)), ..of_type("TRAIL", Way::Sell, 1) };
    seconds(&mut table, hour(6) + 1_798);
    place(&mut table, id, 1, Order { trail_stop_price: Some(Decimal::ONE), ..stop });
    seconds(&mut table, hour(12));
    let executions = table.world.snapshot().executions;
    assert!(executions.iter().all(|it| it.execution.time.starts_with("20260302 15:59:5")), "{executions:?}");
}

#[test]
fn auctions_open_and_close_the_day_at_one_price() {
    let (mut table, id) = keeping_hours();
    place(&mut table, id, 1, of_type("MOC", Way::Buy, 5_000));
    place(&mut table, id, 2, Order { lmt_price: Some(Decimal::ONE), ..of_type("LOC", Way::Buy, 10) });
    place(&mut table, id, 3, Order { tif: "OPG".into(), ..of_type("MKT", Way::Sell, 4_000) });
    seconds(&mut table, hour(6));
    assert_eq!(order(&table, 1).status, "PreSubmitted");
    assert_eq!(errors(&table.heard(id)), [(3, 399)]);
    seconds(&mut table, 1_799);
    assert_eq!((order(&table, 1).status, order(&table, 2).status), ("Filled", "Cancelled"));
    seconds(&mut table, hour(18));
    let snapshot = table.world.snapshot();
    let fills: Vec<_> =
        snapshot.executions.iter().map(|it| (it.execution.shares, it.execution.time.as_str())).collect();
    assert_eq!(
        fills,
        [
            (Decimal::from(5_000), "20260302 15:59:59 US/Eastern"),
            (Decimal::from(4_000), "20260303 09:30:00 US/Eastern"),
        ]
    );
}

#[test]
fn a_future_trades_at_night_and_a_stock_waits_for_monday() {
    let mut table = Table::new(SimConfig { market_hours: MarketHours::Real, ..SimConfig::default() });
    let id = table.ready(7);
    // Friday, 16:30, then Sunday, 20:00.
    seconds(&mut table, hour(4 * 24 + 7));
    place(&mut table, id, 1, of_type("MKT", Way::Buy, 10));
    seconds(&mut table, hour(2 * 24 + 3) + 1_800);
    assert_eq!((order(&table, 1).status, errors(&table.heard(id))), ("PreSubmitted", vec![(1, 399)]));
    let future = Contract {
        symbol: "ES".into(),
        sec_type: "FUT".into(),
        exchange: "CME".into(),
        currency: "USD".into(),
        last_trade_date_or_contract_month: "202603".into(),
        ..Contract::default()
    };
    let buy = PlaceOrder::new(OrderId::new(2), future, of_type("MKT", Way::Buy, 2));
    table.say(id, &ClientMessage::PlaceOrder(Box::new(buy)));
    seconds(&mut table, 5);
    let done = order(&table, 2);
    assert_eq!(
        (done.status, done.commission),
        ("Filled", Some(Decimal::new(450, 2))),
        "{:?}",
        errors(&table.heard(id))
    );
    let snapshot = table.world.snapshot();
    let paid = snapshot.executions.iter().map(|it| it.execution.shares * it.execution.price).sum::<Decimal>();
    let account = &snapshot.accounts[0];
    assert_eq!(account.cash, account.initial_cash - paid * Decimal::from(50) - Decimal::new(450, 2));
    seconds(&mut table, hour(14));
    assert_eq!(order(&table, 1).status, "Filled");
    let last = table.world.snapshot().executions.pop().unwrap();
    assert!(last.execution.time.starts_with("20260309 09:30:0"), "{}", last.execution.time);
}
