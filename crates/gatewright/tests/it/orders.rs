//! The orders of a journal, as their owner lists them.

use crate::journal::Written;

#[test]
fn before_the_first_trade_there_is_no_journal_and_none_is_made() {
    let program = crate::program::Program::new();
    let run = program.run(&["orders"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(run.stdout.starts_with("No journal yet"), "{run:?}");
    let (report, _) = program.run_json(&["orders", "--json"]);
    assert_eq!(report["orders"].as_array().unwrap().len(), 0);
    assert!(!program.state().join("journal.db").exists());
    let elsewhere = program.run(&["orders", "--state", "/nowhere/at/all"]);
    assert_eq!(elsewhere.code, Some(2), "{elsewhere:?}");
}

#[test]
fn orders_are_listed_with_what_was_filled_and_narrowed_by_state_symbol_and_day() {
    let written = Written::new();
    insta::assert_snapshot!(written.run(&["orders", "--zone", "UTC"]).stdout, @r"
    ID  DECIDED         ORDER                   STATE           FILLED
     1  03-02 14:30:00  BUY 10 AAPL MKT         filled          10 at 187.13
     2  03-02 15:00:00  BUY 10 AAPL LMT 187.15  rejected (201)
     3  03-03 14:30:00  BUY 10 MSFT MKT         sent
    ");
    let ids = |arguments: &[&str]| -> Vec<i64> {
        let all: Vec<&str> = ["orders", "--json", "--zone", "UTC"].iter().chain(arguments).copied().collect();
        let (report, run) = written.program.run_json(&all);
        assert_eq!(run.code, Some(0), "{run:?}");
        report["orders"].as_array().unwrap().iter().map(|order| order["id"].as_i64().unwrap()).collect()
    };
    assert_eq!(ids(&[]), [1, 2, 3]);
    assert_eq!(ids(&["--state-is", "filled"]), [1]);
    assert_eq!(ids(&["--open"]), [3]);
    assert_eq!(ids(&["--open", "--symbol", "AAPL"]), [0_i64; 0]);
    assert_eq!(ids(&["--symbol", "msft"]), [3]);
    assert_eq!(ids(&["--day", "2026-03-02"]), [1, 2]);
    assert_eq!(ids(&["--day", "2026-03-04"]), [0_i64; 0]);
}
