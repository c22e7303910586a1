use std::collections::BTreeSet;
use std::thread;

use gatewright_proto::{ClientId, OrderId};
use proptest::prelude::*;

use crate::intent::tests::sample;
use crate::{AssignedOrder, IntentState, Journal, JournalError, OrderIdKey, StateKind, Transition};

fn key(client_id: i32) -> OrderIdKey {
    OrderIdKey { gateway: "127.0.0.1:4002".to_owned(), client_id: ClientId::new(client_id) }
}

#[derive(Debug, Clone)]
enum Call {
    Raise(i32),
    Take(i32),
    Reopen,
}

fn calls() -> impl Strategy<Value = Vec<Call>> {
    let id = prop_oneof![4 => -5..200_i32, 1 => any::<i32>(), 1 => i32::MAX - 3..=i32::MAX];
    let call = prop_oneof![
        3 => id.clone().prop_map(Call::Raise),
        5 => id.prop_map(Call::Take),
        1 => Just(Call::Reopen),
    ];
    proptest::collection::vec(call, 1..25)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_mark_never_falls_and_taken_ids_are_above_all_before(calls in calls()) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.sqlite");
        let mut journal = Journal::open(&path).unwrap();
        let mut highest = 0;
        for call in calls {
            match call {
                Call::Raise(at_least) => {
                    let mark = journal.raise_order_id(&key(7), OrderId::new(at_least)).unwrap().get();
                    prop_assert_eq!(mark, highest.max(at_least));
                    highest = mark;
                }
                Call::Take(floor) => match journal.take_order_id(&key(7), OrderId::new(floor)) {
                    Ok(taken) => {
                        prop_assert!(taken.get() > highest && taken.get() >= floor);
                        prop_assert!(taken.get() == highest + 1 || taken.get() == floor);
                        highest = taken.get();
                    }
                    Err(error) => {
                        let exhausted = matches!(error, JournalError::OrderIdsExhausted { .. });
                        prop_assert!(exhausted && highest == i32::MAX, "{:?}", error);
                    }
                },
                Call::Reopen => {
                    drop(journal);
                    journal = Journal::open(&path).unwrap();
                }
            }
            let mark = journal.highest_order_id(&key(7)).unwrap().map_or(0, OrderId::get);
            prop_assert_eq!(mark, highest);
        }
    }
}

#[test]
fn two_connections_on_one_file_never_hand_out_the_same_id() {
    const EACH: usize = 50;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.sqlite");
    let take_some = || {
        let mut journal = Journal::open(&path).unwrap();
        (0..EACH).map(|_| journal.take_order_id(&key(7), OrderId::new(10)).unwrap()).collect::<Vec<_>>()
    };
    let (left, right) = thread::scope(|scope| {
        let left = scope.spawn(take_some);
        let right = scope.spawn(take_some);
        (left.join().unwrap(), right.join().unwrap())
    });
    for taken in [&left, &right] {
        assert!(taken.is_sorted_by(|earlier, later| earlier < later), "{taken:?}");
    }
    let all: BTreeSet<i32> = left.into_iter().chain(right).map(OrderId::get).collect();
    assert_eq!(all, (10..10 + 2 * EACH as i32).collect());
}

#[test]
fn client_ids_and_gateways_rise_apart() {
    let mut journal = Journal::in_memory().unwrap();
    let elsewhere = OrderIdKey { gateway: "127.0.0.1:4001".to_owned(), ..key(1) };
    journal.raise_order_id(&key(1), OrderId::new(500)).unwrap();
    assert_eq!(journal.take_order_id(&key(2), OrderId::new(1)).unwrap(), OrderId::new(1));
    assert_eq!(journal.take_order_id(&elsewhere, OrderId::new(3)).unwrap(), OrderId::new(3));
    assert_eq!(journal.take_order_id(&key(1), OrderId::new(3)).unwrap(), OrderId::new(501));
    assert_eq!(journal.highest_order_id(&key(9)).unwrap(), None);
}

#[test]
fn the_database_itself_keeps_a_mark_from_falling() {
    let mut journal = Journal::in_memory().unwrap();
    journal.raise_order_id(&key(1), OrderId::new(500)).unwrap();
    for sql in ["UPDATE order_ids SET high_water = 499", "DELETE FROM order_ids"] {
        assert!(journal.connection().execute(sql, ()).is_err(), "{sql}");
    }
}

#[test]
fn an_intent_gets_one_id_and_only_before_it_is_sent() {
    let mut journal = Journal::in_memory().unwrap();
    let intent = journal.record_intent(&sample("a")).unwrap();
    let order_id = journal.assign_order_id(intent, &key(7), OrderId::new(42)).unwrap();
    assert_eq!(order_id, OrderId::new(42));
    assert_eq!(journal.intent(intent).unwrap().order, Some(AssignedOrder { key: key(7), order_id }));

    let again = journal.assign_order_id(intent, &key(7), OrderId::new(42)).unwrap_err();
    assert!(matches!(again, JournalError::AlreadyAssigned { order_id: had, .. } if had == order_id), "{again:?}");

    let given_up = journal.record_intent(&sample("b")).unwrap();
    let at = sample("b").created_at;
    let transition =
        Transition { from: StateKind::Intended, to: IntentState::NotPlaced, at, evidence: Default::default() };
    journal.record_transition(given_up, &transition).unwrap();
    let late = journal.assign_order_id(given_up, &key(7), OrderId::new(42)).unwrap_err();
    assert!(matches!(late, JournalError::NotIntended { state: StateKind::NotPlaced, .. }), "{late:?}");

    assert_eq!(journal.highest_order_id(&key(7)).unwrap(), Some(order_id), "a refused call takes no id");
}

#[test]
fn when_ids_run_out_the_intent_stays_without_one() {
    let mut journal = Journal::in_memory().unwrap();
    journal.raise_order_id(&key(7), OrderId::new(i32::MAX)).unwrap();
    let intent = journal.record_intent(&sample("a")).unwrap();
    let refused = journal.assign_order_id(intent, &key(7), OrderId::new(1)).unwrap_err();
    assert!(matches!(refused, JournalError::OrderIdsExhausted { .. }), "{refused:?}");
    assert_eq!(journal.intent(intent).unwrap().order, None);
}

#[test]
fn an_id_that_is_known_is_not_written_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    let (mut journal, observer) = (Journal::open(&path).unwrap(), Journal::open(&path).unwrap());
    let commits = || -> i64 { observer.connection().query_row("PRAGMA data_version", (), |row| row.get(0)).unwrap() };
    journal.raise_order_id(&key(7), OrderId::new(9)).unwrap();
    let before = commits();
    for known in [9, 8, 1] {
        assert_eq!(journal.raise_order_id(&key(7), OrderId::new(known)).unwrap(), OrderId::new(9));
    }
    assert_eq!(commits(), before);
    journal.raise_order_id(&key(7), OrderId::new(10)).unwrap();
    assert_ne!(commits(), before, "what is new is");
}
