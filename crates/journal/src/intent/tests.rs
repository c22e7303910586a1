use gatewright_proto::{ClientId, OrderId};
use jiff::{Timestamp, ToSpan};
use rust_decimal::Decimal;

use super::*;
use crate::{Evidence, Transition};

/// An intent like any other, under this reference.
pub(crate) fn sample(order_ref: &str) -> Intent {
    Intent {
        order_ref: order_ref.to_owned(),
        symbol: "AAPL".to_owned(),
        side: Side::Buy,
        quantity: Decimal::new(100, 0),
        order_type: OrderType::Market,
        strategy: "cross".to_owned(),
        reason: "fast average crossed above the slow one".to_owned(),
        created_at: "2026-11-03T15:30:00.123456Z".parse().unwrap(),
    }
}

fn refs(records: &[IntentRecord]) -> Vec<&str> {
    records.iter().map(|record| record.intent.order_ref.as_str()).collect()
}

#[test]
fn intents_of_every_kind_survive_reopening_to_the_last_digit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.sqlite");
    let price = |text: &str| text.parse::<Decimal>().unwrap();
    let kinds = [
        OrderType::Market,
        OrderType::Limit { limit_price: price("187.1500") },
        OrderType::Stop { stop_price: price("-0.000000000000000001") },
        OrderType::StopLimit { stop_price: price("79228162514264337593543950335"), limit_price: price("0.10") },
    ];
    let intents: Vec<Intent> = kinds
        .into_iter()
        .enumerate()
        .map(|(n, order_type)| Intent {
            order_type,
            side: if n % 2 == 0 { Side::Buy } else { Side::Sell },
            quantity: price("0.0001"),
            ..sample(&format!("ref {n}"))
        })
        .collect();

    let mut journal = Journal::open(&path).unwrap();
    for intent in &intents {
        journal.record_intent(intent).unwrap();
    }
    let key = OrderIdKey { gateway: "127.0.0.1:4002".to_owned(), client_id: ClientId::new(7) };
    let first = journal.intents(&IntentFilter::default()).unwrap()[0].id;
    journal.assign_order_id(first, &key, OrderId::new(5)).unwrap();
    let before = journal.intents(&IntentFilter::default()).unwrap();
    drop(journal);

    let after = Journal::open(&path).unwrap().intents(&IntentFilter::default()).unwrap();
    assert_eq!(after, before);
    assert_eq!(after.into_iter().map(|record| record.intent).collect::<Vec<_>>(), intents);
    // Equal decimals may print differently; the journal keeps even that.
    assert_eq!(before[1].intent.order_type, OrderType::Limit { limit_price: price("187.15") });
    let OrderType::Limit { limit_price } = before[1].intent.order_type else { panic!("{before:?}") };
    assert_eq!(limit_price.to_string(), "187.1500");
}

#[test]
fn a_reference_is_used_once() {
    let mut journal = Journal::in_memory().unwrap();
    journal.record_intent(&sample("a")).unwrap();
    let refused = journal.record_intent(&sample("a")).unwrap_err();
    assert!(matches!(refused, JournalError::DuplicateOrderRef { ref order_ref } if order_ref == "a"), "{refused:?}");
    assert_eq!(journal.open_intents().unwrap().len(), 1);
}

#[test]
fn intents_that_no_order_could_be_matched_to_are_refused() {
    let mut journal = Journal::in_memory().unwrap();
    for bad in [
        sample(""),
        Intent { quantity: Decimal::ZERO, ..sample("a") },
        Intent { quantity: Decimal::new(-1, 0), ..sample("a") },
    ] {
        assert!(matches!(journal.record_intent(&bad), Err(JournalError::InvalidIntent { .. })), "{bad:?}");
    }
}

#[test]
fn filters_narrow_by_what_they_name() {
    let mut journal = Journal::in_memory().unwrap();
    let start = sample("").created_at;
    let later = start.checked_add(1.second()).unwrap();
    journal.record_intent(&sample("a")).unwrap();
    journal.record_intent(&Intent { symbol: "MSFT".to_owned(), created_at: later, ..sample("b") }).unwrap();
    let sent =
        journal.record_intent(&Intent { strategy: "hold".to_owned(), created_at: later, ..sample("c") }).unwrap();
    let to_sent =
        Transition { from: StateKind::Intended, to: IntentState::Sent, at: later, evidence: Evidence::default() };
    journal.record_transition(sent, &to_sent).unwrap();

    let listed = |filter: IntentFilter| -> String { refs(&journal.intents(&filter).unwrap()).concat() };
    assert_eq!(listed(IntentFilter::default()), "abc");
    assert_eq!(listed(IntentFilter { strategy: Some("cross".to_owned()), ..Default::default() }), "ab");
    assert_eq!(listed(IntentFilter { symbol: Some("AAPL".to_owned()), ..Default::default() }), "ac");
    assert_eq!(listed(IntentFilter { state: Some(StateKind::Sent), ..Default::default() }), "c");
    assert_eq!(listed(IntentFilter { order_ref: Some("b".to_owned()), ..Default::default() }), "b");
    assert_eq!(listed(IntentFilter { created_from: Some(later), ..Default::default() }), "bc");
    assert_eq!(listed(IntentFilter { created_before: Some(later), ..Default::default() }), "a");
    assert_eq!(listed(IntentFilter { newest: Some(2), ..Default::default() }), "bc");
    let of_one = IntentFilter { symbol: Some("AAPL".to_owned()), newest: Some(1), ..Default::default() };
    assert_eq!(listed(of_one), "c");
}

#[test]
fn open_intents_are_found_by_their_index() {
    let journal = Journal::in_memory().unwrap();
    let sql = format!("EXPLAIN QUERY PLAN SELECT * FROM intents WHERE state IN {OPEN_STATES} ORDER BY id");
    let plan: String = journal.connection().query_row(&sql, (), |row| row.get("detail")).unwrap();
    assert!(plan.contains("intents_open"), "{plan}");
}

#[test]
fn an_unknown_intent_is_an_error() {
    let journal = Journal::in_memory().unwrap();
    let unknown = IntentId::new(99);
    assert!(matches!(journal.intent(unknown), Err(JournalError::UnknownIntent { intent }) if intent == unknown));
    assert!(matches!(journal.history(unknown), Err(JournalError::UnknownIntent { .. })));
}

#[test]
fn times_before_1970_and_far_ahead_are_kept() {
    let mut journal = Journal::in_memory().unwrap();
    for (order_ref, time) in [("a", Timestamp::MIN), ("b", Timestamp::UNIX_EPOCH)] {
        let id = journal.record_intent(&Intent { created_at: time, ..sample(order_ref) }).unwrap();
        assert_eq!(journal.intent(id).unwrap().intent.created_at, time);
    }
}
