//! A day's report, from the journal.

use crate::journal::Written;
use crate::program::{Program, Sim};

#[test]
fn a_day_is_reported_with_orders_and_profit_and_another_one_has_nothing() {
    let written = Written::new();
    let text = written.run(&["report", "2026-03-02", "--zone", "America/New_York"]).stdout;
    assert!(text.starts_with("# Trading report for 2026-03-02\n\nTimes are in America/New_York."), "{text}");
    // Ten for 1871.30, worth 1871.50 at the last price, and one cost is known.
    assert!(text.contains("| DU***67 | AAPL | 2 | 10 | 0 | 0 → 10 | 0.00 | 0.20 | 1.05 | -0.85 |"), "{text}");
    assert!(text.contains("| 1 | 09:30:00 | BUY 10 AAPL MKT | filled | 10 at 187.13 |"), "{text}");
    assert!(text.contains("rejected (201)") && !text.contains("DU1234567"), "{text}");
    let text = written.run(&["report", "2026-03-09", "--zone", "UTC"]).stdout;
    assert!(text.contains("Nothing was filled.") && text.contains("None."), "{text}");
    assert_eq!(written.program.run(&["report", "2026-02-30"]).code, Some(2));
}

#[test]
fn everything_goes_into_a_folder_as_files_that_other_programs_read() {
    let written = Written::new();
    let folder = written.program.state().join("reports");
    let to = folder.to_str().unwrap();
    let listed = written.run(&["report", "2026-03-02", "--zone", "UTC", "--to", to]).stdout;
    let read = |name: &str| {
        assert!(listed.contains(name), "{listed}");
        std::fs::read_to_string(folder.join(name)).unwrap()
    };
    assert!(read("2026-03-02.md").contains("](2026-03-02-equity.svg)"));
    assert_eq!(read("2026-03-02-orders.csv").lines().count(), 3);
    assert_eq!(read("2026-03-02-fills.csv").lines().count(), 3);
    assert!(read("2026-03-02-equity.svg").starts_with("<svg xmlns"));
    assert_eq!(written.run(&["report", "2026-03-02", "--zone", "UTC", "--format", "csv"]).stdout.lines().count(), 3);
}

#[test]
fn a_days_sessions_are_in_its_report() {
    let program = Program::new();
    let sim = Sim::start(&program, &[]);
    let run = program.run(&["trade", "AAPL", "--gateway", sim.address(), "--for", "0.2s"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    let text = program.run(&["report", "today"]).stdout;
    let events = text.split_once("## ").map_or("", |(_, sections)| sections);
    for kind in ["session_ready", "session_closed"] {
        assert!(events.contains(kind) || events.contains(&kind.replace('_', " ")), "{kind} is missing in {text}");
    }
    let orders = program.run(&["orders"]).stdout;
    assert!(orders.starts_with("No orders yet"), "{orders}");
    assert!(program.run(&["orders", "--symbol", "MSFT"]).stdout.starts_with("No such orders"));
}

#[test]
fn before_the_first_trade_there_is_nothing_to_report() {
    let run = Program::new().run(&["report", "today"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(run.stdout.starts_with("No journal yet"), "{run:?}");
}
