use jiff::Timestamp;

use super::*;
use crate::intent::tests::sample;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_793_000_000 + second).unwrap()
}

fn step(from: StateKind, to: IntentState, second: i64) -> Transition {
    let message = format!("step to {}", to.kind());
    Transition { from, to, at: at(second), evidence: Evidence { message, ..Evidence::default() } }
}

/// A state of each kind.
fn state(kind: StateKind) -> IntentState {
    match kind {
        StateKind::Intended => IntentState::Intended,
        StateKind::Sent => IntentState::Sent,
        StateKind::Acknowledged => IntentState::Acknowledged,
        StateKind::PartiallyFilled => IntentState::PartiallyFilled,
        StateKind::Filled => IntentState::Filled,
        StateKind::Cancelled => IntentState::Cancelled,
        StateKind::Rejected => IntentState::Rejected { code: 201, text: "Order rejected - reason:".to_owned() },
        StateKind::InDoubt => IntentState::InDoubt { since: at(7) },
        StateKind::NotPlaced => IntentState::NotPlaced,
    }
}

/// Legal steps that lead to a state of this kind.
fn way_to(kind: StateKind) -> Vec<StateKind> {
    match kind {
        StateKind::Intended => vec![],
        StateKind::Sent | StateKind::InDoubt | StateKind::NotPlaced => vec![kind],
        StateKind::Acknowledged
        | StateKind::PartiallyFilled
        | StateKind::Filled
        | StateKind::Cancelled
        | StateKind::Rejected => vec![StateKind::Sent, kind],
    }
}

#[test]
fn a_whole_life_is_told_with_its_evidence_after_reopening() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.sqlite");
    let mut journal = Journal::open(&path).unwrap();
    let intent = journal.record_intent(&sample("a")).unwrap();
    let evidence = |message: &str, perm_id, exec_id: Option<&str>| Evidence {
        message: message.to_owned(),
        perm_id,
        exec_id: exec_id.map(str::to_owned),
    };
    let life = [
        step(StateKind::Intended, IntentState::Sent, 1),
        step(StateKind::Sent, IntentState::InDoubt { since: at(2) }, 2),
        Transition {
            evidence: evidence("openOrder", Some(PermId::new(i64::from(i32::MAX) + 5)), None),
            ..step(StateKind::InDoubt, IntentState::Acknowledged, 3)
        },
        Transition {
            evidence: evidence("execDetails", None, Some("0000e0d5.6576fd38.01.01")),
            ..step(StateKind::Acknowledged, IntentState::PartiallyFilled, 4)
        },
        step(StateKind::PartiallyFilled, IntentState::PartiallyFilled, 5),
        step(StateKind::PartiallyFilled, state(StateKind::Rejected), 6),
    ];
    for transition in &life {
        journal.record_transition(intent, transition).unwrap();
    }
    drop(journal);

    let journal = Journal::open(&path).unwrap();
    assert_eq!(journal.history(intent).unwrap(), life);
    assert_eq!(journal.intent(intent).unwrap().state, state(StateKind::Rejected));
    assert!(journal.open_intents().unwrap().is_empty());
}

#[test]
fn exactly_the_legal_transitions_are_recorded() {
    let mut journal = Journal::in_memory().unwrap();
    for from in StateKind::ALL {
        for to in StateKind::ALL {
            let intent = journal.record_intent(&sample(&format!("{from} to {to}"))).unwrap();
            let mut stands = StateKind::Intended;
            for next in way_to(from) {
                journal.record_transition(intent, &step(stands, state(next), 0)).unwrap();
                stands = next;
            }
            let before = (journal.intent(intent).unwrap(), journal.history(intent).unwrap());

            let outcome = journal.record_transition(intent, &step(from, state(to), 1));
            if from.may_become(to) {
                outcome.unwrap();
                assert_eq!(journal.intent(intent).unwrap().state, state(to));
            } else {
                let refused = outcome.unwrap_err();
                assert!(matches!(refused, JournalError::IllegalTransition { .. }), "{from} to {to}: {refused:?}");
                assert_eq!((journal.intent(intent).unwrap(), journal.history(intent).unwrap()), before);
            }
        }
    }
}

#[test]
fn a_view_that_is_out_of_date_changes_nothing() {
    let mut journal = Journal::in_memory().unwrap();
    let intent = journal.record_intent(&sample("a")).unwrap();
    journal.record_transition(intent, &step(StateKind::Intended, IntentState::Sent, 1)).unwrap();
    journal.record_transition(intent, &step(StateKind::Sent, IntentState::Filled, 2)).unwrap();

    let stale = journal.record_transition(intent, &step(StateKind::Sent, IntentState::Cancelled, 3)).unwrap_err();
    assert!(
        matches!(stale, JournalError::StateMoved { expected: StateKind::Sent, found: StateKind::Filled, .. }),
        "{stale:?}"
    );
    assert_eq!(journal.intent(intent).unwrap().state, IntentState::Filled);
    assert_eq!(journal.history(intent).unwrap().len(), 2);
}

#[test]
fn what_happened_to_all_orders_is_told_in_its_order_by_time_and_from_the_end() {
    let mut journal = Journal::in_memory().unwrap();
    let (first, second) = (journal.record_intent(&sample("a")).unwrap(), journal.record_intent(&sample("b")).unwrap());
    journal.record_transition(first, &step(StateKind::Intended, IntentState::Sent, 1)).unwrap();
    journal.record_transition(second, &step(StateKind::Intended, IntentState::Sent, 2)).unwrap();
    journal.record_transition(first, &step(StateKind::Sent, IntentState::Acknowledged, 3)).unwrap();
    let told = |from, before, newest| -> Vec<i64> {
        let found = journal.transitions(from, before, newest).unwrap();
        found.into_iter().map(|(intent, _)| intent.get()).collect()
    };
    let (first, second) = (first.get(), second.get());
    assert_eq!(told(Timestamp::MIN, Timestamp::MAX, None), [first, second, first]);
    assert_eq!(told(at(2), at(3), None), [second]);
    assert_eq!(told(Timestamp::MIN, Timestamp::MAX, Some(2)), [second, first]);
}
