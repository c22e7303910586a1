//! What becomes of orders by faults, and the limits of historical requests.

use gatewright_proto::ClientMessage;

use super::determinism::history;
use super::table::{errors, ids};
use super::trouble::{buy, clear, codes, plain, seconds, set, with};
use crate::fault::Fault;

#[test]
fn the_first_order_of_a_session_may_open_a_dialog_behind_which_others_vanish() {
    let mut table = plain();
    let id = table.ready(7);
    set(&mut table, Fault::OrderDialog);
    for order in 1..=3 {
        table.say(id, &buy(order));
    }
    table.pass(seconds(29));
    assert_eq!(table.heard(id), []);
    table.pass(seconds(5));
    assert_eq!(ids(&table.heard(id)).iter().filter(|id| **id == 11).count(), 1);
    let done: Vec<i32> = table.world.snapshot().completed_orders.iter().map(|it| it.order_id.get()).collect();
    assert_eq!(done, [1]);
    // The dialog comes once a session.
    table.say(id, &buy(4));
    table.pass(seconds(5));
    assert_eq!(table.world.snapshot().executions.len(), 2);
}

#[test]
fn ibkr_may_cancel_orders_itself() {
    let mut table = plain();
    let id = table.ready(7);
    set(&mut table, Fault::BrokerCancels);
    table.say(id, &buy(1));
    table.pass(seconds(5));
    assert_eq!(errors(&table.heard(id)), [(1, 202)]);
    assert!(table.world.snapshot().executions.is_empty());
    clear(&mut table, Fault::BrokerCancels);
    table.say(id, &buy(2));
    table.pass(seconds(5));
    assert_eq!(table.world.snapshot().executions.len(), 1);
}

#[test]
fn a_commission_may_come_late_and_is_told_at_once_to_who_asks() {
    let mut table = plain();
    let id = table.ready(7);
    set(&mut table, Fault::LateCommission);
    table.say(id, &buy(1));
    table.pass(seconds(1));
    assert_eq!(ids(&table.heard(id)), [5, 3, 11, 5, 3]);
    table.say(id, &ClientMessage::ReqExecutions(Box::default()));
    assert_eq!(ids(&table.heard(id)), [11, 59, 55]);
    table.pass(seconds(3));
    assert_eq!(ids(&table.heard(id)), [59]);
}

#[test]
fn only_so_many_historical_requests_may_be_open_at_once() {
    let text = "faults = [\"historical-pacing\"]\n[parameters]\nmax-historical = 3\nhistory-takes = \"4s\"";
    let mut table = with(text);
    let id = table.ready(7);
    let ask = |number, live| ClientMessage::ReqHistoricalData(Box::new(history(number, "AAPL", "1 D", "1 min", live)));
    table.say(id, &ask(1, true));
    table.pass(seconds(4));
    assert_eq!(table.heard(id).first().map(gatewright_proto::ServerMessage::id), Some(17));
    // One is kept up to date; two more may be open.
    for number in 2..=4 {
        table.say(id, &ask(number, false));
    }
    assert_eq!(errors(&table.heard(id)), [(4, 322)]);
    // One that is cancelled before it was answered never is, and makes room.
    table.say(id, &ClientMessage::CancelHistoricalData(gatewright_proto::RequestId::new(2)));
    assert_eq!(errors(&table.heard(id)), [(2, 162)]);
    table.say(id, &ask(5, false));
    table.pass(seconds(4));
    let answered = table.heard(id);
    assert_eq!(ids(&answered).iter().filter(|id| **id == 17).count(), 2);
    assert_eq!(errors(&answered), []);
}

#[test]
fn a_duration_that_is_too_long_for_its_bars_is_refused() {
    let mut table = plain();
    let id = table.ready(7);
    set(&mut table, Fault::HistoricalPacing);
    let cases = [
        ("1800 S", "1 secs", false),
        ("3600 S", "1 secs", true),
        ("1 D", "30 secs", true),
        ("1 D", "1 min", false),
        ("1 W", "1 min", true),
        ("1 W", "3 mins", false),
        ("1 Y", "1 hour", true),
        ("1 Y", "1 day", false),
    ];
    for (number, (duration, bar_size, refused)) in (1..).zip(cases) {
        let request = history(number, "MSFT", duration, bar_size, false);
        table.say(id, &ClientMessage::ReqHistoricalData(Box::new(request)));
        let expected = if refused { vec![162] } else { vec![] };
        assert_eq!(codes(&mut table, id), expected, "{duration} of {bar_size}");
    }
}
