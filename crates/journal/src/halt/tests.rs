use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;

use gatewright_proto::{ClientId, OrderId};

use super::*;
use crate::intent::tests::sample;
use crate::{Evidence, IntentFilter, IntentId, IntentState, OrderIdKey, StateKind, Transition};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn halt_at(second: i64, reason: &str) -> HaltRecord {
    HaltRecord { at: at(second), reason: reason.into(), by: "a test".into(), scope: HaltScope::NewOrders }
}

fn resume_at(second: i64) -> ResumeRecord {
    ResumeRecord { at: at(second), reason: "looked into it".into(), by: "a test".into() }
}

fn key() -> OrderIdKey {
    OrderIdKey { gateway: "127.0.0.1:4002".to_owned(), client_id: ClientId::new(7) }
}

fn place(journal: &mut Journal, order_ref: &str) -> Result<(IntentId, OrderId), JournalError> {
    journal.record_outgoing(&sample(order_ref), &key(), OrderId::new(1), Evidence::default())
}

#[test]
fn nothing_goes_out_while_a_halt_stands_and_a_resume_ends_it() {
    let mut journal = Journal::in_memory().unwrap();
    assert_eq!(journal.halted().unwrap(), None);
    place(&mut journal, "before").unwrap();

    journal.halt(&halt_at(1, "smoke")).unwrap();
    let refused = place(&mut journal, "during").unwrap_err();
    assert!(matches!(&refused, JournalError::Halted { halt } if halt.reason == "smoke"), "{refused}");
    assert!(refused.to_string().contains("smoke") && refused.remedy().contains("resume"));
    assert_eq!(journal.intents(&IntentFilter::default()).unwrap().len(), 1, "nothing of it is left");
    assert_eq!(journal.highest_order_id(&key()).unwrap(), Some(OrderId::new(1)), "and it took no id");

    assert_eq!(journal.resume(&resume_at(2)).unwrap(), halt_at(1, "smoke"));
    assert_eq!(journal.halted().unwrap(), None);
    place(&mut journal, "after").unwrap();
}

#[test]
fn an_order_that_was_only_intended_is_not_sent_either() {
    let mut journal = Journal::in_memory().unwrap();
    let intent = journal.record_intent(&sample("a")).unwrap();
    journal.assign_order_id(intent, &key(), OrderId::new(1)).unwrap();
    journal.halt(&halt_at(1, "smoke")).unwrap();
    let step =
        |to| Transition { from: StateKind::Intended, to, at: Timestamp::UNIX_EPOCH, evidence: Evidence::default() };
    assert!(matches!(journal.record_transition(intent, &step(IntentState::Sent)), Err(JournalError::Halted { .. })));
    journal.record_transition(intent, &step(IntentState::NotPlaced)).unwrap();
}

#[test]
fn what_is_on_its_way_is_still_followed_while_halted() {
    let mut journal = Journal::in_memory().unwrap();
    let (intent, _) = place(&mut journal, "a").unwrap();
    journal.halt(&halt_at(1, "smoke")).unwrap();
    let to = IntentState::Acknowledged;
    let step = Transition { from: StateKind::Sent, to, at: at(2), evidence: Evidence::default() };
    journal.record_transition(intent, &step).unwrap();
}

#[test]
fn orders_of_an_emergency_go_out_while_halted_and_never_otherwise() {
    let mut journal = Journal::in_memory().unwrap();
    let go = |journal: &mut Journal, order_ref: &str| {
        journal.record_outgoing_while_halted(&sample(order_ref), &key(), OrderId::new(1), Evidence::default())
    };
    assert!(matches!(go(&mut journal, "a"), Err(JournalError::NotHalted)));
    journal.halt(&halt_at(1, "smoke")).unwrap();
    go(&mut journal, "a").unwrap();
    journal.resume(&resume_at(2)).unwrap();
    assert!(matches!(go(&mut journal, "b"), Err(JournalError::NotHalted)));
    assert_eq!(journal.intents(&IntentFilter::default()).unwrap().len(), 1);
}

#[test]
fn the_first_halt_stands_until_a_resume_whatever_the_clocks_say() {
    let mut journal = Journal::in_memory().unwrap();
    journal.halt(&halt_at(10, "first")).unwrap();
    journal.halt(&HaltRecord { scope: HaltScope::Flatten, ..halt_at(5, "second") }).unwrap();
    assert_eq!(journal.halted().unwrap(), Some(halt_at(10, "first")));
    journal.resume(&resume_at(1)).unwrap();
    assert_eq!(journal.halted().unwrap(), None, "one resume ends all of them");
    journal.halt(&halt_at(0, "third")).unwrap();
    assert_eq!(journal.halted().unwrap(), Some(halt_at(0, "third")));

    let turns = journal.halt_turns(Timestamp::MIN, Timestamp::MAX).unwrap();
    assert_eq!(turns.iter().map(HaltTurn::at).collect::<Vec<_>>(), [at(10), at(5), at(1), at(0)]);
    assert_eq!(journal.halt_turns(at(1), at(10)).unwrap().len(), 2);
}

#[test]
fn halts_and_resumes_without_a_reason_are_refused() {
    let mut journal = Journal::in_memory().unwrap();
    assert!(matches!(journal.halt(&halt_at(1, "  ")), Err(JournalError::NoReason)));
    assert!(matches!(journal.resume(&resume_at(1)), Err(JournalError::NotHalted)));
    journal.halt(&halt_at(1, "smoke")).unwrap();
    let silent = ResumeRecord { reason: String::new(), ..resume_at(2) };
    assert!(matches!(journal.resume(&silent), Err(JournalError::NoReason)));
    assert!(journal.halted().unwrap().is_some());
}

#[test]
fn a_halt_outlives_its_process_and_holds_for_all_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    let mut trader = Journal::open(&path).unwrap();
    place(&mut trader, "before").unwrap();
    Journal::open(&path).unwrap().halt(&halt_at(1, "smoke")).unwrap();
    assert!(matches!(place(&mut trader, "after"), Err(JournalError::Halted { .. })));
    drop(trader);
    assert!(matches!(place(&mut Journal::open(&path).unwrap(), "again"), Err(JournalError::Halted { .. })));
}

/// Stops the traders of a test however it ends, so that one that fails does not wait for them for ever.
struct StopOnDrop<'a>(&'a AtomicBool);

impl Drop for StopOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn no_order_is_durable_after_a_halt_however_the_two_race() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    drop(Journal::open(&path).unwrap());
    let stop = AtomicBool::new(false);
    let trade = |trader: usize, placed: mpsc::SyncSender<()>| {
        let mut journal = Journal::open(&path).unwrap();
        for number in 0.. {
            match place(&mut journal, &format!("{trader}-{number}")) {
                Ok(_) => drop(placed.try_send(())),
                Err(JournalError::Halted { .. }) => return,
                // SQLite is fair to no one of those who write without a pause; only the halt goes first.
                Err(JournalError::Database { .. }) => {}
                Err(other) => panic!("{other}"),
            }
            if stop.load(Ordering::Relaxed) {
                return;
            }
        }
    };
    thread::scope(|scope| {
        let (placed, orders) = mpsc::sync_channel(20);
        for trader in 0..3 {
            let placed = placed.clone();
            scope.spawn(move || trade(trader, placed));
        }
        drop(placed);
        let _stop = StopOnDrop(&stop);
        let mut journal = Journal::open(&path).unwrap();
        for _ in 0..20 {
            orders.recv().expect("traders place orders until they are halted");
        }
        journal.halt(&halt_at(1, "smoke")).unwrap();
        let at_the_halt = journal.intents(&IntentFilter::default()).unwrap().len();
        assert!(matches!(place(&mut journal, "mine"), Err(JournalError::Halted { .. })));
        assert_eq!(journal.intents(&IntentFilter::default()).unwrap().len(), at_the_halt);
    });
}

#[test]
fn turns_of_the_switch_can_be_neither_changed_nor_deleted() {
    let mut journal = Journal::in_memory().unwrap();
    journal.halt(&halt_at(1, "smoke")).unwrap();
    for sql in ["DELETE FROM halts", "UPDATE halts SET kind = 'resume', scope = NULL"] {
        assert!(journal.connection().execute(sql, ()).is_err(), "{sql}");
    }
    assert!(journal.halted().unwrap().is_some());
    assert_eq!(journal.verify().unwrap().findings, []);
}
