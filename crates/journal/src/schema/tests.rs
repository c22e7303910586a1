use gatewright_proto::{ClientId, OrderId};

use super::*;
use crate::holding::HoldingKey;
use crate::{IntentFilter, IntentState, Journal, OrderIdKey, StateKind};

/// A journal as a program of version 1 left it, written down by SQLite's own `.dump`.
const FIRST_JOURNAL: &str = include_str!("tests/first.sql");

/// The same a version later: with a sum of what is held, an explanation, a commission and an event.
const SECOND_JOURNAL: &str = include_str!("tests/second.sql");

fn key() -> OrderIdKey {
    OrderIdKey { gateway: "127.0.0.1:4002".to_owned(), client_id: ClientId::new(7) }
}

#[test]
fn a_journal_of_version_1_becomes_a_current_one_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    Connection::open(&path).unwrap().execute_batch(FIRST_JOURNAL).unwrap();

    let mut journal = Journal::open(&path).unwrap();
    assert_eq!(version(journal.connection()).unwrap(), VERSION);
    let intents = journal.intents(&IntentFilter::default()).unwrap();
    let states: Vec<StateKind> = intents.iter().map(|record| record.state.kind()).collect();
    assert_eq!(states, [StateKind::Filled, StateKind::InDoubt, StateKind::Rejected, StateKind::Intended]);
    assert!(matches!(&intents[2].state, IntentState::Rejected { code: 201, text } if text.ends_with("no")));
    assert_eq!(journal.history(intents[0].id).unwrap().len(), 3);
    assert_eq!(journal.executions(intents[0].id).unwrap().len(), 2, "a correction took a place");
    let holding = HoldingKey { key: key(), account: "DU9000001".into(), symbol: "AAPL".into() };
    let held = journal.holding(&holding).unwrap();
    assert_eq!((held.position.to_string(), held.cash.to_string()), ("10".into(), "-1871.5".into()));
    assert_eq!(journal.take_order_id(&key(), OrderId::new(1)).unwrap(), OrderId::new(45));
    assert_eq!(journal.verify().unwrap().findings, []);
}

#[test]
fn a_journal_of_version_2_becomes_a_current_one_and_its_sums_are_not_added_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    Connection::open(&path).unwrap().execute_batch(SECOND_JOURNAL).unwrap();

    let journal = Journal::open(&path).unwrap();
    assert_eq!(version(journal.connection()).unwrap(), VERSION);
    let holding = HoldingKey { key: key(), account: "DU9000001".into(), symbol: "AAPL".into() };
    let held = journal.holding(&holding).unwrap();
    assert_eq!((held.position.to_string(), held.cash.to_string()), ("13".into(), "-1871.5".into()));
    assert_eq!(journal.explanations().unwrap().len(), 1);
    assert_eq!(journal.halted().unwrap(), None);
    assert_eq!(journal.verify().unwrap().findings, []);
}

#[test]
fn a_migrated_journal_is_made_as_a_new_one() {
    let new = Journal::in_memory().unwrap();
    for older in [FIRST_JOURNAL, SECOND_JOURNAL] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.db");
        Connection::open(&path).unwrap().execute_batch(older).unwrap();
        let migrated = Journal::open(&path).unwrap();
        assert_eq!(parts(migrated.connection()).unwrap(), parts(new.connection()).unwrap());
    }
}

#[test]
fn what_was_recorded_can_be_neither_changed_nor_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    Connection::open(&path).unwrap().execute_batch(FIRST_JOURNAL).unwrap();
    let journal = Journal::open(&path).unwrap();
    for sql in [
        "DELETE FROM intents",
        "DELETE FROM transitions",
        "UPDATE transitions SET message = ''",
        "DELETE FROM executions",
        "UPDATE executions SET price = '0'",
    ] {
        assert!(journal.connection().execute(sql, ()).is_err(), "{sql}");
    }
}
