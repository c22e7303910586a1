//! The journal, looked into from outside.

use gatewright_journal::{
    CommissionRecord, Evidence, ExecutionRecord, Intent, IntentId, IntentState, Journal, OrderIdKey, OrderType, Side,
    StateKind, Transition,
};
use gatewright_proto::{ClientId, OrderId, PermId};
use jiff::Timestamp;
use rust_decimal::Decimal;

use crate::program::{Program, Run};

/// A program whose journal holds an order that was filled, one that was rejected, and one that is on its way.
pub(crate) struct Written {
    pub(crate) program: Program,
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn intent(order_ref: &str, symbol: &str, order_type: OrderType, created_at: Timestamp) -> Intent {
    Intent {
        order_ref: order_ref.into(),
        symbol: symbol.into(),
        side: Side::Buy,
        quantity: Decimal::TEN,
        order_type,
        strategy: "moving-average-cross".into(),
        reason: "the fast average, 187.10, is above the slow one".into(),
        created_at,
    }
}

impl Written {
    pub(crate) fn new() -> Self {
        let program = Program::new();
        let mut journal = Journal::open(program.state().join("journal.db")).unwrap();
        let key = OrderIdKey { gateway: "127.0.0.1:4002".into(), client_id: ClientId::new(1) };
        let mut place = |intent: &Intent| {
            let evidence = Evidence { message: "handed to the session".into(), ..Evidence::default() };
            journal.record_outgoing(intent, &key, OrderId::new(41), evidence).unwrap().0
        };
        let (monday, later) = (at("2026-03-02T14:30:00Z"), at("2026-03-02T15:00:00Z"));
        let filled = place(&intent("gw-1-a-1", "AAPL", OrderType::Market, monday));
        let limit = OrderType::Limit { limit_price: Decimal::new(18_715, 2) };
        let rejected = place(&intent("gw-1-a-2", "AAPL", limit, later));
        place(&intent("gw-1-a-3", "MSFT", OrderType::Market, at("2026-03-03T14:30:00Z")));
        fill(&mut journal, filled, monday);
        let to = IntentState::Rejected { code: 201, text: "Order rejected - reason: no, \"never\"".into() };
        let evidence = Evidence { message: "error 201".into(), ..Evidence::default() };
        let step = Transition { from: StateKind::Sent, to, at: later, evidence };
        journal.record_transition(rejected, &step).unwrap();
        Self { program }
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        let run = self.program.run(arguments);
        assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""), "{run:?}");
        run
    }
}

fn fill(journal: &mut Journal, intent: IntentId, at: Timestamp) {
    for (exec_id, quantity, price) in [("x.1.01", 4, 18_710), ("x.2.01", 6, 18_715)] {
        let execution = ExecutionRecord {
            exec_id: exec_id.into(),
            intent: Some(intent),
            perm_id: PermId::new(1_002_003),
            account: "DU1234567".into(),
            symbol: "AAPL".into(),
            side: Side::Buy,
            quantity: Decimal::from(quantity),
            price: Decimal::new(price, 2),
            at,
        };
        journal.record_execution(&execution).unwrap();
    }
    let (amount, currency) = (Decimal::new(105, 2), "USD".into());
    journal.record_commission(&CommissionRecord { exec_id: "x.1.01".into(), amount, currency, at }).unwrap();
    let evidence = |exec_id: &str| Evidence {
        message: "execDetails".into(),
        perm_id: Some(PermId::new(1_002_003)),
        exec_id: Some(exec_id.into()),
    };
    for (from, to, exec_id) in [
        (StateKind::Sent, IntentState::PartiallyFilled, "x.1.01"),
        (StateKind::PartiallyFilled, IntentState::Filled, "x.2.01"),
    ] {
        journal.record_transition(intent, &Transition { from, to, at, evidence: evidence(exec_id) }).unwrap();
    }
}

#[test]
fn an_orders_whole_history_is_shown_by_its_number_and_by_its_reference() {
    let written = Written::new();
    let shown = written.run(&["journal", "show", "1", "--zone", "UTC"]).stdout;
    insta::assert_snapshot!(shown, @r"
    order 1: BUY 10 AAPL MKT, filled

      reference  gw-1-a-1
      strategy   moving-average-cross
      reason     the fast average, 187.10, is above the slow one
      decided    2026-03-02 14:30:00.000000 UTC
      sent to    127.0.0.1:4002 by client 1, as order id 41
      filled     10 at 187.13

    History
      03-02 14:30:00.000000  sent             handed to the session
      03-02 14:30:00.000000  partially filled execDetails (permId 1002003)
      03-02 14:30:00.000000  filled           execDetails (permId 1002003)

    Executions
      03-02 14:30:00.000000  BUY 4 at 187.10, cost 1.05 USD, x.1.01
      03-02 14:30:00.000000  BUY 6 at 187.15, its cost has not been told, x.2.01
    ");
    assert_eq!(shown, written.run(&["journal", "show", "gw-1-a-1", "--zone", "UTC"]).stdout);
    let (report, _) = written.program.run_json(&["journal", "show", "1", "--json"]);
    assert_eq!(report["history"][1]["exec_id"], "x.1.01");
    assert_eq!(report["executions"][0]["commission"], 1.05);
    for unknown in ["99", "gw-9"] {
        assert_eq!(written.program.run(&["journal", "show", unknown]).code, Some(2));
    }
}

#[test]
fn what_happened_is_listed_in_its_order() {
    let written = Written::new();
    let (entries, _) = written.program.run_json(&["journal", "list", "--json", "--day", "2026-03-02", "--zone", "UTC"]);
    let kinds: Vec<&str> = entries.as_array().unwrap().iter().map(|entry| entry["kind"].as_str().unwrap()).collect();
    let filled = ["decided", "sent", "partially_filled", "filled", "execution", "execution"];
    assert_eq!(kinds, [&filled[..], &["decided", "sent", "rejected"]].concat());
    let text = written.run(&["journal", "list", "--zone", "America/New_York"]).stdout;
    assert!(text.contains("03-02 09:30:00") && text.contains("error 201"), "{text}");
}

#[test]
fn tables_are_exported_with_every_digit_and_no_file_is_overwritten() {
    let written = Written::new();
    let file = written.program.state().join("orders.csv");
    let arguments = ["journal", "export", "--format", "csv", "--output", file.to_str().unwrap()];
    assert_eq!(written.program.run(&arguments).code, Some(0));
    let csv = std::fs::read_to_string(&file).unwrap();
    let rows: Vec<&str> = csv.split("\r\n").collect();
    assert!(rows[0].starts_with("id,order_ref,symbol,side,quantity"), "{csv}");
    assert!(rows[1].ends_with("filled,,,,10,187.13"), "{csv}");
    assert!(rows[2].contains("\"Order rejected - reason: no, \"\"never\"\"\""), "{csv}");
    assert_eq!(written.program.run(&arguments).code, Some(2), "the file is there already");
    let parquet = written.program.state().join("orders.parquet");
    let to_a_file = ["journal", "export", "--format", "parquet", "--output", parquet.to_str().unwrap()];
    assert_eq!(written.program.run(&to_a_file).code, Some(0));
    let bytes = std::fs::read(&parquet).unwrap();
    assert!(bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1"));
    let nowhere = written.program.run(&["journal", "export", "--format", "parquet"]);
    assert!(nowhere.code == Some(2) && nowhere.stderr.contains("--output"), "{nowhere:?}");
    let (executions, _) = written.program.run_json(&["journal", "export", "--format", "json", "--table", "executions"]);
    assert_eq!((executions.as_array().unwrap().len(), &executions[0]["price"]), (2, &187.1.into()));
    for (table, count) in [("transitions", 6), ("events", 0), ("halts", 0)] {
        let (rows, _) = written.program.run_json(&["journal", "export", "--format", "json", "--table", table]);
        assert_eq!(rows.as_array().unwrap().len(), count, "{table}");
    }
}

#[test]
fn a_sound_journal_is_called_so_and_a_tampered_one_is_not() {
    let written = Written::new();
    let run = written.run(&["journal", "verify"]);
    assert_eq!(run.stdout, "✓ the journal is sound: 3 orders, 6 transitions, 2 executions looked at\n");

    let path = written.program.state().join("journal.db");
    let bytes = std::fs::read(&path).unwrap();
    let at = bytes.windows(10).position(|window| window == b"filledx.2." || window == b"execDetail").unwrap();
    let mut tampered = bytes.clone();
    tampered[at..at + 4].copy_from_slice(&[0xff; 4]);
    std::fs::write(&path, &tampered).unwrap();
    let run = written.program.run(&["journal", "verify"]);
    assert_eq!(run.code, Some(26), "{run:?}");
    assert!(run.stdout.contains("✗ the journal is not sound"), "{run:?}");
}

#[test]
fn a_newer_journal_is_refused_with_what_to_do() {
    let written = Written::new();
    let path = written.program.state().join("journal.db");
    let mut bytes = std::fs::read(&path).unwrap();
    // SQLite keeps user_version in the four bytes from 60 on.
    bytes[60..64].copy_from_slice(&1000_u32.to_be_bytes());
    std::fs::write(&path, &bytes).unwrap();
    for command in [&["orders"][..], &["journal", "verify"], &["halt"]] {
        let run = written.program.run(command);
        assert_eq!(run.code, Some(2), "{run:?}");
        assert!(run.stderr.contains("schema version 1000") && run.stderr.contains("newer Gatewright"), "{run:?}");
    }
    assert_eq!(std::fs::read(&path).unwrap(), bytes, "it is left as it was");
}
