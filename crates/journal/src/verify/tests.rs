use gatewright_proto::{ClientId, OrderId, PermId};
use jiff::Timestamp;

use super::*;
use crate::intent::tests::sample;
use crate::{Evidence, ExecutionRecord, IntentState, Side};

fn filled() -> Journal {
    let mut journal = Journal::in_memory().unwrap();
    let key = OrderIdKey { gateway: "127.0.0.1:4002".to_owned(), client_id: ClientId::new(7) };
    let (intent, _) = journal.record_outgoing(&sample("a"), &key, OrderId::new(5), Evidence::default()).unwrap();
    let execution = ExecutionRecord {
        exec_id: "a.b.01".into(),
        intent: Some(intent),
        perm_id: PermId::new(9),
        account: "DU1".into(),
        symbol: "AAPL".into(),
        side: Side::Buy,
        quantity: Decimal::ONE_HUNDRED,
        price: Decimal::TEN,
        at: Timestamp::UNIX_EPOCH,
    };
    journal.record_execution(&execution).unwrap();
    let to = IntentState::Filled;
    let at = Timestamp::UNIX_EPOCH;
    let filled = Transition { from: StateKind::Sent, to, at, evidence: Evidence::default() };
    journal.record_transition(intent, &filled).unwrap();
    journal
}

#[test]
fn a_journal_that_only_this_crate_wrote_has_no_findings() {
    let verified = filled().verify().unwrap();
    assert_eq!(verified, Verified { intents: 1, transitions: 2, executions: 1, findings: vec![] });
}

#[test]
fn what_somebody_else_changed_is_found() {
    let changes = [
        ("UPDATE intents SET state = 'sent'", "its history ends at filled"),
        ("UPDATE intents SET state = 'nonsense'", "means nothing here"),
        ("UPDATE intents SET gateway = NULL, client_id = NULL, order_id = NULL", "without an order id"),
        ("UPDATE intents SET side = 'SELL'", "against its order's side"),
        ("UPDATE intents SET order_id = 6", "6 was used, and the mark is 5"),
        ("UPDATE holdings SET position = '7'", "position 7 and cash -1000 are 100 and -1000"),
        ("DELETE FROM holdings", "are 100 and -1000"),
        ("DROP TRIGGER transitions_stand", "`transitions_stand` is missing"),
        ("CREATE TABLE notes (text TEXT)", "`notes` is missing, changed or not ours"),
        ("DROP TRIGGER executions_stand; UPDATE executions SET price = 'x'", "figures cannot be read"),
        ("DROP TRIGGER executions_stand; UPDATE executions SET revision = 2", "filed under another id"),
        (
            "DROP TRIGGER transitions_are_kept; DELETE FROM transitions WHERE id = 1",
            "leaves sent, where it did not stand",
        ),
        (
            "PRAGMA foreign_keys = OFF; DROP TRIGGER intents_are_kept; DELETE FROM intents",
            "refers to a row that is not there",
        ),
    ];
    for (change, says) in changes {
        let journal = filled();
        journal.connection().execute_batch(change).unwrap();
        let findings = journal.verify().unwrap().findings;
        assert!(findings.iter().any(|finding| finding.to_string().contains(says)), "{change}: {findings:?}");
    }
}
