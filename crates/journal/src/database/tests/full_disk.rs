//! A disk without room: what was committed stays, what was not leaves nothing, and the caller hears of it.

use gatewright_proto::{ClientId, OrderId};

use crate::intent::tests::sample;
use crate::{Evidence, IntentFilter, IntentState, Journal, JournalError, OrderIdKey, StateKind, Transition};

fn key() -> OrderIdKey {
    OrderIdKey { gateway: "127.0.0.1:4002".to_owned(), client_id: ClientId::new(7) }
}

/// Places and acknowledges orders until the disk is full; the references of the orders that are known to be recorded.
fn fill_up(journal: &mut Journal) -> (Vec<String>, JournalError) {
    let mut recorded = Vec::new();
    for number in 0.. {
        let order_ref = format!("ref {number} {}", "x".repeat(300));
        match journal.record_outgoing(&sample(&order_ref), &key(), OrderId::new(1), Evidence::default()) {
            Ok((intent, _)) => {
                recorded.push(order_ref);
                let message = "openOrder Submitted".repeat(10);
                let evidence = Evidence { message, ..Evidence::default() };
                let at = sample("").created_at;
                let step = Transition { from: StateKind::Sent, to: IntentState::Acknowledged, at, evidence };
                if let Err(full) = journal.record_transition(intent, &step) {
                    return (recorded, full);
                }
            }
            Err(full) => return (recorded, full),
        }
    }
    unreachable!("some disk is full some time")
}

#[test]
fn a_full_disk_is_told_and_loses_nothing_that_was_committed() {
    let folder = tempfile::tempdir().unwrap();
    for room in 1..12 {
        let path = folder.path().join(format!("{room}.db"));
        let mut journal = Journal::open(&path).unwrap();
        journal.limit_growth(Some(room)).unwrap();
        let (recorded, full) = fill_up(&mut journal);
        assert!(matches!(full, JournalError::DiskFull { .. }), "{full:?}");
        assert!(full.remedy().contains("room"));

        let there = |journal: &Journal| -> Vec<String> {
            let intents = journal.intents(&IntentFilter::default()).unwrap();
            intents.into_iter().map(|record| record.intent.order_ref).collect()
        };
        assert_eq!(there(&journal), recorded, "with {room} pages");
        drop(journal);
        let mut journal = Journal::open(&path).unwrap();
        assert_eq!(there(&journal), recorded, "after opening again");
        assert_eq!(journal.verify().unwrap().findings, []);
        // Room was made: it goes on where it was.
        let next = journal.record_outgoing(&sample("next"), &key(), OrderId::new(1), Evidence::default()).unwrap().1;
        assert_eq!(next.get() as usize, recorded.len() + 1, "a failed order took no id");
    }
}
