//! What programs behind the proxy may not do: order while trading is halted, and send more than their limit.

use gatewright_proto::message::order::CancelOrder;
use gatewright_proto::{ClientMessage, ServerMessage};
use serde_json::Value;

use crate::alert::{settings_with_proxy, up};
use crate::api_client::ApiClient;
use crate::daemon::{Daemon, status, until_well};
use crate::patience::until;
use crate::program::{Program, Sim};

#[test]
fn while_trading_is_halted_new_orders_of_programs_are_refused_and_cancels_go() {
    let program = Program::new();
    let sim = Sim::start(&program, &[]);
    let daemon = Daemon::start(&program, sim.address(), &[]);
    until_well(&program);
    let mut client = ApiClient::connect(&daemon.address("proxy"), 7);
    let first = client.next_order_id;
    client.place(first);
    hear_status(&mut client, first.get());
    assert_eq!(status(&program)["halt"]["stands"], "no");
    let halt = program.run(&["halt", "--reason", "the feed is wrong"]);
    assert_eq!(halt.code, Some(0), "{halt:?}");

    let second = first.next().unwrap();
    client.place(second);
    let refused = client.hear_error(second.get(), 201);
    assert!(refused.contains("the feed is wrong") && refused.contains("`gatewright resume`"), "{refused}");
    client.place(first);
    assert!(client.hear_error(first.get(), 399).contains("the order stands as it was"));
    client.say(&ClientMessage::CancelOrder(CancelOrder::new(first)));
    client.hear_error(first.get(), 202);
    let report = status(&program);
    assert_eq!((&report["halt"]["stands"], &report["verdict"]["well"]), (&"yes".into(), &"yes".into()));
    let screen = program.run(&["status"]).stdout;
    let words = screen.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.starts_with("! HALTED: since ") && words.contains("the feed is wrong"), "{screen}");
    let (orders, _) = program.run_json(&["orders", "--json"]);
    let ordered: Vec<&Value> = orders["program_orders"].as_array().unwrap().iter().map(|o| &o["order_id"]).collect();
    assert_eq!(ordered, [first.get()], "what was refused was never written");

    assert_eq!(program.run(&["resume", "--reason", "it is right again"]).code, Some(0));
    client.place(second);
    hear_status(&mut client, second.get());
    assert_eq!(status(&program)["halt"]["stands"], "no");
}

fn hear_status(client: &mut ApiClient, order_id: i32) {
    client.hear(|message| {
        let ServerMessage::OrderStatus(status) = message else { return None };
        (status.order_id.get() == order_id).then_some(())
    });
}

#[test]
fn a_halt_that_is_the_traders_alone_lets_programs_order() {
    let program = Program::new();
    let sim = Sim::start(&program, &[]);
    let proxy = "listen = \"127.0.0.1:0\"\norders_during_halt = \"pass\"";
    let daemon = up(&program, &settings_with_proxy(&program, sim.address(), proxy, ""));
    until_well(&program);
    assert_eq!(program.run(&["halt", "--reason", "a test"]).code, Some(0));
    let mut client = ApiClient::connect(&daemon.address("proxy"), 7);
    let order = client.next_order_id;
    client.place(order);
    hear_status(&mut client, order.get());
}

#[test]
fn a_program_that_sends_more_than_its_limit_waits_and_its_orders_do_not() {
    let program = Program::new();
    let sim = Sim::start(&program, &[]);
    let proxy = "listen = \"127.0.0.1:0\"\nmessages_per_program = 2";
    let daemon = up(&program, &settings_with_proxy(&program, sim.address(), proxy, ""));
    until_well(&program);
    let mut client = ApiClient::connect(&daemon.address("proxy"), 7);
    let client_report = || status(&program)["gateways"][0]["proxy"]["clients"][0].clone();
    for _ in 0..30 {
        client.say(&ClientMessage::ReqPositions);
    }
    until("messages are held back", || client_report()["held_back"].as_u64() > Some(10));
    assert_eq!(status(&program)["gateways"][0]["proxy"]["limits"]["messages_per_second"], 2);
    let screen = program.run(&["status"]).stdout;
    assert!(screen.split_whitespace().collect::<Vec<_>>().join(" ").contains("held back by its limit"), "{screen}");
    let order = client.next_order_id;
    client.place(order);
    hear_status(&mut client, order.get());
    assert!(client_report()["held_back"].as_u64() > Some(5), "the order has overtaken them");
}
