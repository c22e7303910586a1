use jiff::Timestamp;
use proptest::prelude::*;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::*;
use crate::risk::Quote;
use crate::strategy::BarIn;

const DEADLINE: Duration = Duration::from_millis(500);

#[expect(clippy::disallowed_methods, reason = "an origin for virtual time; only differences matter")]
fn now() -> Instant {
    Instant::now()
}

fn begun(at: Instant) -> Talk {
    let (symbols, greeting) = (vec!["AAPL".into()], DEADLINE * 10);
    Talk::begin(TalkSettings { symbols, bar: BarLength::LIVE, deadline: DEADLINE, greeting }, at)
}

fn greeted(at: Instant) -> Talk {
    let mut talk = begun(at);
    talk.poll_transmit().unwrap();
    talk.handle_line(at, r#"{"id":0,"name":"mine","warm_up_bars":3}"#).unwrap();
    talk
}

fn sent(talk: &mut Talk) -> Value {
    let line = talk.poll_transmit().expect("a line");
    assert!(line.ends_with('\n') && line.matches('\n').count() == 1, "{line}");
    serde_json::from_str(&line).unwrap()
}

fn bar(second: i64) -> StrategyEvent {
    let price = Decimal::new(10_050, 2);
    let time = Timestamp::from_second(second).unwrap();
    let bar = BarIn { time, open: price, high: price, low: price, close: price, volume: None };
    StrategyEvent::Bar { symbol: "AAPL".into(), bar }
}

fn tick(cents: i64) -> StrategyEvent {
    let quote = Quote { last: Some(Decimal::new(cents, 2)), ..Quote::default() };
    StrategyEvent::Tick { symbol: "AAPL".into(), quote }
}

#[test]
fn it_begins_with_a_greeting_and_a_name() {
    let at = now();
    let mut talk = begun(at);
    let greeting = sent(&mut talk);
    let expected = json!({
        "id": 0, "event": "hello", "protocol": 1, "symbols": ["AAPL"], "bar": "5s", "deadline_ms": 500
    });
    assert_eq!(greeting, expected);
    let said = talk.handle_line(at, r#"{"id":0,"name":"mine","warm_up_bars":3}"#).unwrap();
    assert_eq!(said, [Said::Hello(Hello { name: "mine".into(), warm_up_bars: 3 })]);
    assert_eq!(talk.poll_timeout(), None);
}

#[test]
fn the_greeting_may_take_longer_than_an_answer() {
    let at = now();
    let mut talk = begun(at);
    talk.handle_timeout(at + DEADLINE * 9).unwrap();
    let fault = talk.handle_timeout(at + DEADLINE * 10).unwrap_err();
    assert_eq!(fault.to_string(), "it did not answer the greeting within 5000 ms");
}

#[test]
fn events_are_told_one_at_a_time_and_answers_are_matched() {
    let at = now();
    let mut talk = greeted(at);
    talk.handle_event(at, bar(5)).unwrap();
    talk.handle_event(at, bar(10)).unwrap();
    let first = sent(&mut talk);
    assert_eq!((&first["id"], &first["event"], &first["close"]), (&json!(1), &json!("bar"), &json!(100.5)));
    assert!(talk.poll_transmit().is_none(), "the first is not answered yet");
    let said = talk
        .handle_line(at, r#"{"id":1,"signals":[{"symbol":"AAPL","target":10,"limit":100.25,"reason":"low"}]}"#)
        .unwrap();
    let signal = Signal::limit(Decimal::TEN, Decimal::new(10_025, 2), "low");
    assert_eq!(said, [Said::Wish { symbol: "AAPL".into(), signal }]);
    assert_eq!(sent(&mut talk)["id"], json!(2));
    assert_eq!(talk.handle_line(at, r#"{"id":2}"#).unwrap(), []);
}

#[test]
fn an_answer_that_is_late_ends_the_conversation_and_one_in_time_does_not() {
    let at = now();
    let mut talk = greeted(at);
    talk.handle_event(at, bar(5)).unwrap();
    let (until, what) = talk.poll_timeout().unwrap();
    assert_eq!((until, what), (at + DEADLINE, "a bar"));
    talk.handle_timeout(until - Duration::from_millis(1)).unwrap();
    let fault = talk.handle_timeout(until).unwrap_err();
    assert_eq!(fault.to_string(), "it did not answer a bar within 500 ms");
}

#[test]
fn a_slow_program_is_told_the_last_price_only_but_every_bar_and_fill() {
    let at = now();
    let mut talk = greeted(at);
    talk.handle_event(at, bar(5)).unwrap();
    for event in [tick(100), bar(10), tick(101), tick(102)] {
        talk.handle_event(at, event).unwrap();
    }
    let mut told = Vec::new();
    while let Some(line) = talk.poll_transmit() {
        let line: Value = serde_json::from_str(&line).unwrap();
        told.push((line["event"].as_str().unwrap().to_owned(), line["last"].as_f64()));
        talk.handle_line(at, &format!("{{\"id\":{}}}", line["id"])).unwrap();
    }
    assert_eq!(told, [("bar".into(), None), ("bar".into(), None), ("tick".into(), Some(1.02))]);
}

#[test]
fn a_program_too_far_behind_is_at_fault() {
    let at = now();
    let mut talk = greeted(at);
    let fault = (0..2_000).find_map(|second| talk.handle_event(at, bar(second)).err());
    assert_eq!(fault, Some(Fault::Behind));
}

#[test]
fn what_is_no_answer_is_a_fault_with_a_reason() {
    let fault = |line: &str| {
        let at = now();
        let mut talk = greeted(at);
        talk.handle_event(at, bar(5)).unwrap();
        talk.handle_line(at, line).unwrap_err().to_string()
    };
    assert!(fault("hello\u{7}").starts_with("it wrote a line that is no answer (expected value"));
    assert!(fault(r#"{"id":1,"orders":[]}"#).contains("unknown field `orders`"));
    assert!(fault(r#"{"id":1,"signals":[{"symbol":"AAPL"}]}"#).contains("missing field `target`"));
    assert_eq!(fault(r#"{"id":2}"#), "it answered 2, which it had not been told");
    let foreign = r#"{"id":1,"signals":[{"symbol":"MSFT","target":1}]}"#;
    assert_eq!(fault(foreign), "it wants something of MSFT, which is not traded");
    let at = now();
    for hello in [r#"{"id":0,"name":""}"#, r#"{"id":0,"name":"a\nb"}"#, r#"{"id":0,"name":"a","warm_up_bars":9999}"#] {
        assert!(matches!(begun(at).handle_line(at, hello), Err(Fault::Malformed { .. })), "{hello}");
    }
    assert!(matches!(greeted(at).handle_line(at, r#"{"id":0}"#), Err(Fault::Unasked { id: 0 })), "unasked");
}

proptest! {
    #[test]
    fn no_line_makes_it_panic_or_wish_without_a_number(line in ".{0,200}") {
        let at = now();
        let mut talk = greeted(at);
        talk.handle_event(at, bar(5)).unwrap();
        let said = talk.handle_line(at, &line);
        prop_assert!(said.is_err() || said.is_ok_and(|said| said.is_empty()));
    }
}
