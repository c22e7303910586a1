//! Orders in doubt, from the first question to what settles them.

use super::*;

#[test]
fn an_order_in_doubt_blocks_until_the_gateway_has_been_asked_for_long_enough() {
    let mut fixture = Fixture::new();
    fixture.ready(0);
    let (intent, _) = placed(&fixture.bar(10)).expect("an order");
    fixture.handle(Event::Placed { intent, answer: Err(CallError::new(ErrorCode::InDoubt, "no word").into()) });
    assert_eq!(refusals(&fixture.bar(10)), ["orders_in_doubt"]);
    for seconds in [2, 3, 5, 9, 17, 33] {
        assert!(!fixture.handle(Event::Tick).contains(&Action::Ask));
        assert_eq!(fixture.trader.summary(fixture.now).in_doubt_settled, 0);
        fixture.wait(Duration::from_secs(seconds));
        assert!(fixture.handle(Event::Tick).contains(&Action::Ask));
        assert!(!fixture.handle(Event::Tick).contains(&Action::Ask), "one question at a time");
        let answers = fixture.nothing();
        fixture.handle(Event::Answers(Ok(Box::new(answers))));
    }
    assert_eq!(fixture.trader.summary(fixture.now).in_doubt_settled, 1);
    assert!(placed(&fixture.bar(10)).is_some(), "only now may the strategy have it again");
}

#[test]
fn an_order_in_doubt_is_asked_about_when_it_has_been_absent_for_long_enough_and_not_long_after() {
    let mut fixture = Fixture::new();
    fixture.ready(0);
    let (intent, _) = placed(&fixture.bar(10)).expect("an order");
    fixture.handle(Event::Placed { intent, answer: Err(CallError::new(ErrorCode::InDoubt, "no word").into()) });
    // The last of these comes late, 56 seconds after the first: by the waits alone the next would come half a minute later.
    for seconds in [2, 3, 5, 9, 39] {
        fixture.handle(Event::Tick);
        fixture.wait(Duration::from_secs(seconds));
        assert!(fixture.handle(Event::Tick).contains(&Action::Ask));
        fixture.handle(Event::Answers(Ok(Box::new(fixture.nothing()))));
    }
    assert_eq!(fixture.trader.summary(fixture.now).in_doubt_settled, 0);
    fixture.wait(Duration::from_secs(4));
    assert!(fixture.handle(Event::Tick).contains(&Action::Ask));
    fixture.handle(Event::Answers(Ok(Box::new(fixture.nothing()))));
    assert_eq!(fixture.trader.summary(fixture.now).in_doubt_settled, 1);
}

#[test]
fn a_question_that_was_not_answered_is_told_and_asked_again() {
    let mut fixture = Fixture::new();
    fixture.ready(0);
    let (intent, _) = placed(&fixture.bar(10)).expect("an order");
    fixture.handle(Event::Placed { intent, answer: Err(CallError::new(ErrorCode::InDoubt, "no word").into()) });
    fixture.wait(Duration::from_secs(2));
    assert!(fixture.handle(Event::Tick).contains(&Action::Ask));
    let actions = fixture.handle(Event::Answers(Err(CallError::new(ErrorCode::NotConnected, "no session").into())));
    assert_eq!(problems(&actions).len(), 1, "{actions:?}");
    fixture.wait(Duration::from_secs(4));
    assert!(fixture.handle(Event::Tick).contains(&Action::Ask));
}
