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

    let daemon = Daemon::start(&program, sim.address(), &[]);
    until("it is asked about, though its program is not there", || {
        let report = status(&program);
        let client = &report["gateways"][0]["proxy"]["clients"][0];
        client["client_id"] == 7 && client["gateway"] == "up" && client["orders_in_doubt"] == 1
    });
    let mut client = ApiClient::connect(&daemon.address("proxy"), 7);
    assert!(client.next_order_id > order, "its number is not given out again");
    assert!(client.hear_error(order.get(), 399).contains("It is not sent again"));
    assert!(client.hear_error(order.get(), 201).contains("was not received"));
    until("the journal has it as settled", || open(&program, &sim).is_empty());
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
    drop(client);
    daemon.signal(Signal::TERM);
    daemon.ended();
    let verified = program.run(&["journal", "verify"]);
    assert_eq!(verified.code, Some(0), "{verified:?}");
}
