//! Positions compared with the Gateway's although nothing is in doubt.

use gatewright_journal::EventKind;

use super::*;

impl Fixture {
    /// Five minutes pass; whether the Gateway is asked then.
    fn five_minutes(&mut self) -> bool {
        self.wait(COMPARE_EVERY);
        self.handle(Event::Tick).contains(&Action::Ask)
    }

    fn told_position(&mut self, position: i64, executions: Vec<Execution>) -> Vec<Action> {
        let executions = executions.into_iter().map(|execution| gatewright_link::protocol::ExecutionReport {
            contract: contract(),
            execution,
            commission: None,
        });
        let answers = CompleteAnswers { positions: held(position), executions: executions.collect(), ..self.nothing() };
        self.handle(Event::Answers(Ok(Box::new(answers))))
    }
}

#[test]
fn what_somebody_else_traded_is_found_within_five_minutes_and_stops_the_instrument() {
    let mut fixture = Fixture::new();
    fixture.ready(0);
    fixture.bar(0);
    assert!(fixture.five_minutes());
    assert!(fixture.told_position(0, vec![]).is_empty(), "nothing to tell");
    assert!(fixture.five_minutes());
    let actions = fixture.told_position(7, vec![]);
    assert_eq!(problems(&actions), ["unexplained_position"]);
    assert_eq!(refusals(&fixture.bar(10)), ["position_unknown"]);
    let span = (Timestamp::MIN, Timestamp::MAX);
    let events = fixture.trader.outbox.journal_mut().events(span.0, span.1).unwrap();
    assert!(events.iter().any(|event| event.kind == EventKind::PositionDiffers), "{events:?}");
}

#[test]
fn a_fill_that_comes_while_the_gateway_answers_is_no_difference() {
    let mut fixture = Fixture::new();
    fixture.ready(0);
    let (_, order) = placed(&fixture.bar(10)).expect("an order");
    assert!(fixture.five_minutes());
    fixture.fill(&order, 10, 100);
    // The answer is from before the fill.
    assert_eq!(problems(&fixture.told_position(0, vec![])), [] as [String; 0]);
    assert_eq!((fixture.position(), fixture.halted()), (Decimal::TEN, None));
    fixture.wait(ASK_AFTER);
    assert!(fixture.handle(Event::Tick).contains(&Action::Ask), "and it is compared again at once");
    assert!(fixture.told_position(10, vec![execution(&order, "e1.01", 10, 100)]).is_empty());
}

#[test]
fn what_an_outage_of_ibkr_kept_from_us_is_asked_for_when_it_ends() {
    let mut fixture = Fixture::new();
    fixture.ready(0);
    let (_, order) = placed(&fixture.bar(10)).expect("an order");
    let link = |state| {
        let layer = Layer { state, since_ms: Some(0), evidence: "1100".into() };
        Event::Health(Ok(BTreeMap::from([("gateway_link".to_owned(), layer)])))
    };
    assert!(!fixture.handle(link(LayerState::No)).contains(&Action::Ask));
    assert!(fixture.handle(link(LayerState::Yes)).contains(&Action::Ask));
    let actions = fixture.told_position(10, vec![execution(&order, "e1.01", 10, 100)]);
    assert_eq!(told(&actions, |event| matches!(event, TradeEvent::Fill { .. }).then_some(())).len(), 1);
    assert_eq!((fixture.position(), fixture.halted()), (Decimal::TEN, None));
}

#[test]
fn a_comparison_that_fails_is_made_again_within_a_minute() {
    let mut fixture = Fixture::new();
    fixture.ready(0);
    fixture.bar(0);
    assert!(fixture.five_minutes());
    fixture.handle(Event::Answers(Err(CallError::new(ErrorCode::Deadline, "no word").into())));
    assert!(!fixture.handle(Event::Tick).contains(&Action::Ask));
    fixture.wait(ASK_AT_LEAST_EVERY);
    assert!(fixture.handle(Event::Tick).contains(&Action::Ask));
}
