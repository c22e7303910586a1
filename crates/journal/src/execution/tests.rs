use super::*;
use crate::intent::tests::sample;

fn execution(exec_id: &str, intent: Option<IntentId>, quantity: i64) -> ExecutionRecord {
    ExecutionRecord {
        exec_id: exec_id.to_owned(),
        intent,
        perm_id: PermId::new(1_002_003),
        account: "DU9000001".to_owned(),
        symbol: "AAPL".to_owned(),
        side: Side::Buy,
        quantity: Decimal::new(quantity, 0),
        price: Decimal::new(18_715, 2),
        at: Timestamp::from_second(1_793_000_000).unwrap(),
    }
}

#[test]
fn an_execution_that_is_told_again_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.sqlite");
    let mut journal = Journal::open(&path).unwrap();
    let intent = journal.record_intent(&sample("a")).unwrap();
    let first = execution("0000e0d5.6576fd38.01.01", Some(intent), 40);
    let second = execution("0000e0d5.6576fd39.01.01", Some(intent), 60);
    assert_eq!(journal.record_execution(&first).unwrap(), ExecutionNews::New);
    assert_eq!(journal.record_execution(&second).unwrap(), ExecutionNews::New);
    drop(journal);

    let mut journal = Journal::open(&path).unwrap();
    assert_eq!(journal.record_execution(&first).unwrap(), ExecutionNews::Known);
    assert_eq!(journal.executions(intent).unwrap(), [first.clone(), second]);
    assert!(journal.has_execution(&first.exec_id).unwrap());
    assert!(!journal.has_execution("0000e0d5.6576fd38.01.02").unwrap(), "the correction has not been told");
}

#[test]
fn a_correction_takes_the_place_of_what_it_corrects_in_whatever_order_they_come() {
    let mut journal = Journal::in_memory().unwrap();
    let intent = journal.record_intent(&sample("a")).unwrap();
    // The correction does not say whose it is; what it corrects does.
    let told = [
        (execution("a.b.01", Some(intent), 40), ExecutionNews::New),
        (execution("a.b.03", None, 43), ExecutionNews::Correction),
        (execution("a.b.02", None, 42), ExecutionNews::Known),
        (execution("a.b.01", Some(intent), 40), ExecutionNews::Known),
    ];
    for (execution, news) in told {
        assert_eq!(journal.record_execution(&execution).unwrap(), news, "{}", execution.exec_id);
    }
    let counted = journal.executions(intent).unwrap();
    assert_eq!(counted, [ExecutionRecord { intent: Some(intent), ..execution("a.b.03", None, 43) }]);
}

#[test]
fn ids_of_another_form_are_their_own_family() {
    assert_eq!(family_and_revision("0000e0d5.6576fd38.01.02"), ("0000e0d5.6576fd38.01", 2));
    for odd in ["", "plain", "a.b", "a.-1", "a.", "a.99999999999"] {
        assert_eq!(family_and_revision(odd), (odd, 0));
    }
}

#[test]
fn an_execution_of_an_intent_that_does_not_exist_is_refused() {
    let mut journal = Journal::in_memory().unwrap();
    let orphan = execution("a.b.01", Some(IntentId::new(99)), 1);
    assert!(matches!(journal.record_execution(&orphan), Err(JournalError::Database { .. })));
}
