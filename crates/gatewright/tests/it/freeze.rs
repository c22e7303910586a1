//! A Gateway that stops answering while its connections stand.

use gatewright_proto::{ClientMessage, ServerMessage};
use rustix::process::Signal;

use crate::api_client::ApiClient;
use crate::daemon::{Daemon, send, status, until_well};
use crate::patience::until;
use crate::program::{Program, Sim};

#[test]
fn programs_are_told_of_a_gateway_that_freezes_and_go_on_when_it_thaws() {
    let program = Program::new();
    let sim = Sim::start(&program, &[]);
    let daemon = Daemon::start(&program, sim.address(), &[]);
    until_well(&program);
    let mut client = ApiClient::connect(&daemon.address("proxy"), 7);
    client.say(&ClientMessage::ReqPositions);
    client.hear(|message| matches!(message, ServerMessage::PositionEnd).then_some(()));
    // Its sockets stand, and nobody reads them: the program itself has nothing to notice that by.
    send(sim.pid(), Signal::STOP);
    let told = client.hear_error(-1, 1100);
    assert!(told.contains("orders are refused until then"), "{told}");
    client.place(client.next_order_id);
    client.hear_error(client.next_order_id.get(), 504);
    let report = status(&program);
    let gateway = &report["gateways"][0];
    assert_ne!(gateway["verdict"]["well"], "yes", "{report}");
    assert_ne!(gateway["proxy"]["clients"][0]["gateway"], "up", "{report}");
    for layer in ["listener", "tcp", "handshake", "session"] {
        assert!(gateway["layers"][layer]["evidence"].is_string(), "{layer}: {report}");
    }
    send(sim.pid(), Signal::CONT);
    client.hear_error(-1, 1102);
    until("all is well again", || status(&program)["verdict"]["well"] == "yes");
}
