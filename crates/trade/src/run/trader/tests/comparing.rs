//! Positions compared with the Gateway's although nothing is in doubt.

use gatewright_journal::{EventKind, Explanation, HaltRecord, HaltScope, HoldingKey, ResumeRecord};

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

#[test]
fn a_position_that_changes_while_it_is_told_counts_as_it_was_told_last() {
    let mut fixture = Fixture::new();
    fixture.ready(0);
    let (_, order) = placed(&fixture.bar(10)).expect("an order");
    fixture.fill(&order, 10, 100);
    fixture.lose();
    let answers = CompleteAnswers { positions: held(4).into_iter().chain(held(10)).collect(), ..fixture.nothing() };
    let Event::Ready(start) = fixture.start(0, fixture.nothing()) else { unreachable!("a start") };
    let start = SessionStart { answers, ..*start };
    fixture.handle(Event::Ready(Box::new(start)));
    assert_eq!((fixture.position(), fixture.halted()), (Decimal::TEN, None));
}

impl Fixture {
    /// The kill switch closes `quantity` at the Gateway, and says so in the journal, as `gatewright halt --flatten` does.
    fn flatten(&mut self, quantity: i64) {
        let (at, reason, by) = (self.now.wall, "smoke".to_owned(), "ann".to_owned());
        let journal = self.trader.outbox.journal_mut();
        let halt = HaltRecord { at, reason: reason.clone(), by, scope: HaltScope::Flatten };
        journal.halt(&halt).unwrap();
        let key = OrderIdKey { gateway: "g:1".into(), client_id: CLIENT };
        let holding = HoldingKey { key, account: "DU1".into(), symbol: AAPL.into() };
        journal.explain(&Explanation { at, holding, quantity: (-quantity).into(), reason }).unwrap();
    }

    fn resume(&mut self) {
        let (at, reason, by) = (self.now.wall, "all is well".to_owned(), "ann".to_owned());
        let _ = self.trader.outbox.journal_mut().resume(&ResumeRecord { at, reason, by }).unwrap();
    }
}

#[test]
fn what_a_kill_switch_closed_is_not_sold_again_by_a_trader_that_went_on_running() {
    for others in [0, 500] {
        for looks_meanwhile in [true, false] {
            let mut fixture = Fixture::new();
            fixture.ready(others);
            let (_, order) = placed(&fixture.bar(10)).expect("an order");
            fixture.fill(&order, 10, 100);
            fixture.handle(Event::Tick);
            fixture.flatten(10);
            if looks_meanwhile {
                fixture.wait(TIMER_EVERY);
                fixture.handle(Event::Tick);
            }
            fixture.resume();
            if looks_meanwhile {
                fixture.wait(TIMER_EVERY);
                fixture.handle(Event::Tick);
            }
            let next = fixture.bar(0);
            assert!(placed(&next).is_none(), "it is not there any more");
            assert_eq!(refusals(&next), ["position_unknown"]);
            fixture.wait(ASK_AFTER);
            assert!(fixture.handle(Event::Tick).contains(&Action::Ask));
            fixture.told_position(others, vec![]);
            assert_eq!((fixture.position(), fixture.halted()), (Decimal::ZERO, None));
            assert!(placed(&fixture.bar(0)).is_none());
            let (_, order) = placed(&fixture.bar(10)).expect("trading goes on");
            assert_eq!(order.order.total_quantity, Decimal::TEN);
        }
    }
}

#[test]
fn positions_that_were_asked_for_before_a_resume_do_not_count_after_it() {
    let mut fixture = Fixture::new();
    fixture.ready(0);
    let (_, order) = placed(&fixture.bar(10)).expect("an order");
    fixture.fill(&order, 10, 100);
    fixture.flatten(0);
    assert!(fixture.five_minutes());
    fixture.resume();
    fixture.wait(TIMER_EVERY);
    fixture.handle(Event::Tick);
    fixture.told_position(10, vec![]);
    assert_eq!(refusals(&fixture.bar(0)), ["position_unknown"]);
    fixture.wait(ASK_AFTER);
    assert!(fixture.handle(Event::Tick).contains(&Action::Ask));
    fixture.told_position(10, vec![]);
    assert!(placed(&fixture.bar(0)).is_some());
}

#[test]
fn an_answer_that_was_too_old_takes_nothing_away_for_good() {
    let mut fixture = Fixture::new();
    fixture.ready(0);
    let (_, order) = placed(&fixture.bar(10)).expect("an order");
    fixture.fill(&order, 10, 100);
    fixture.bar(10);
    assert!(fixture.five_minutes());
    fixture.told_position(0, vec![]);
    assert_eq!(fixture.halted(), Some("unexplained_position"));
    assert!(placed(&fixture.bar(20)).is_none());
    fixture.asked(10);
    assert_eq!((fixture.position(), fixture.halted()), (Decimal::TEN, None));
    let (_, order) = placed(&fixture.bar(20)).expect("an order");
    assert_eq!(order.order.total_quantity, Decimal::TEN, "what is missing and no more");
}
