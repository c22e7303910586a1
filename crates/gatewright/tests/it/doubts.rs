//! Orders of programs whose fate is not known: they are on the disk, and whoever comes next settles them.

use std::path::PathBuf;

use gatewright_journal::{Journal, ProxiedAct};
use gatewright_proto::{ClientMessage, OrderId, ServerMessage};
use rustix::process::Signal;

use crate::api_client::ApiClient;
use crate::daemon::{Daemon, status};
use crate::patience::until;
use crate::program::{Program, Sim};

fn journal(program: &Program) -> PathBuf {
    program.state().join("journal.db")
}

/// What the journal has open of programs' orders.
fn open(program: &Program, sim: &Sim) -> Vec<(ProxiedAct, OrderId)> {
    let open = Journal::open(journal(program)).unwrap().open_proxied(sim.address()).unwrap();
    open.into_iter().map(|(_, order)| (order.act, order.order_id.unwrap())).collect()
}

#[test]
fn an_order_that_a_killed_daemon_has_left_in_doubt_is_settled_by_the_next_one() {
    let program = Program::new();
    // The order vanishes inside the Gateway, without a word.
    let sim = Sim::start(&program, &["--fault", "swallowed-order"]);
    let daemon = Daemon::start(&program, sim.address(), &[]);
    let mut client = ApiClient::connect(&daemon.address("proxy"), 7);
    let order = client.next_order_id;
    client.place(order);
    until("the order is on the disk", || open(&program, &sim) == [(ProxiedAct::Place, order)]);
    daemon.signal(Signal::KILL);
    daemon.ended();
    assert_eq!(open(&program, &sim), [(ProxiedAct::Place, order)], "nobody has settled it");
    assert_eq!(states(&program), ["sent"]);

    let daemon = Daemon::start(&program, sim.address(), &[]);
    until("it is asked about, though its program is not there", || {
        let report = status(&program);
        let client = &report["gateways"][0]["proxy"]["clients"][0];
        client["client_id"] == 7 && client["gateway"] == "up" && client["orders_in_doubt"] == 1
    });
    assert_eq!(states(&program), ["in_doubt"]);
    let in_doubt = program.run_json(&["orders", "--state-is", "in_doubt", "--json"]).0;
    assert_eq!(in_doubt["program_orders"][0]["order_id"], order.get());
    let mut client = ApiClient::connect(&daemon.address("proxy"), 7);
    assert!(client.next_order_id > order, "its number is not given out again");
    assert!(client.hear_error(order.get(), 399).contains("It is not sent again"));
    assert!(client.hear_error(order.get(), 201).contains("was not received"));
    until("the journal has it as settled", || open(&program, &sim).is_empty());
    assert_eq!(states(&program), ["settled"]);
    let shown = program.run(&["journal", "show", "p1"]).stdout;
    for part in ["program order p1: place", "BUY 100 AAPL LMT", "client 7 at", "in doubt: the Gateway is asked"] {
        assert!(shown.contains(part), "{part}\n{shown}");
    }
    assert!(shown.ends_with("settled: the Gateway never received it\n"), "{shown}");
    let listed = program.run(&["journal", "list"]).stdout;
    for part in ["p1", "program ordered", "order in doubt", "program settled"] {
        assert!(listed.contains(part), "{part}\n{listed}");
    }
}

/// Where everything that programs ordered stands, by the command.
fn states(program: &Program) -> Vec<String> {
    let table = ["journal", "export", "--table", "program-orders", "--format", "json"];
    let (rows, _) = program.run_json(&table);
    rows.as_array().unwrap().iter().map(|row| row["state"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn an_order_that_the_gateway_names_is_closed_in_the_journal() {
    let program = Program::new();
    let sim = Sim::start(&program, &[]);
    let daemon = Daemon::start(&program, sim.address(), &[]);
    let mut client = ApiClient::connect(&daemon.address("proxy"), 7);
    let order = client.next_order_id;
    client.place(order);
    client.hear(|message| {
        let ServerMessage::OrderStatus(status) = message else { return None };
        (status.order_id == order).then_some(())
    });
    until("it is closed", || open(&program, &sim).is_empty());
    client.say(&ClientMessage::CancelOrder(gatewright_proto::message::order::CancelOrder::new(order)));
    client.hear_error(order.get(), 202);
    until("the cancel is closed", || open(&program, &sim).is_empty());
    assert_eq!(states(&program), ["acknowledged", "acknowledged"]);
    let screen = program.run(&["orders"]).stdout;
    let once = format!("cancel {order}: BUY 100 AAPL LMT  acknowledged");
    assert!(screen.contains("Of programs") && screen.contains(&once) && !screen.contains("place"), "{screen}");
    assert!(program.run(&["journal", "show", "p2"]).stdout.contains(&format!("place {order}: BUY 100 AAPL LMT")));
    let file = program.state().join("programs.parquet");
    let parquet = ["journal", "export", "--table", "program-orders", "--format", "parquet", "--output"];
    let run = program.run(&[&parquet[..], &[file.to_str().unwrap()]].concat());
    assert!(run.code == Some(0) && run.stderr.contains("2 rows"), "{run:?}");
    let csv = program.run(&["journal", "export", "--table", "program-orders", "--format", "csv"]).stdout;
    assert!(csv.lines().nth(1).is_some_and(|row| row.contains(",place,") && row.contains(",acknowledged,")), "{csv}");
    drop(client);
    daemon.signal(Signal::TERM);
    daemon.ended();
    let verified = program.run(&["journal", "verify"]);
    assert_eq!(verified.code, Some(0), "{verified:?}");
}
