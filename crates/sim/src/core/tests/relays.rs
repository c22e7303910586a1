//! The relay in front of a container, effect by effect.

use super::table::{Ended, errors, start_api};
use super::trouble::{clear, codes, plain, seconds, set};
use crate::core::{Entrance, How};
use crate::fault::Fault;

#[test]
fn a_relay_lets_clients_connect_to_nothing_and_then_closes() {
    let mut table = plain();
    set(&mut table, Fault::AutoLogoff);
    assert_eq!(table.world.entrance(), Entrance::Shut);
    set(&mut table, Fault::Relay);
    assert_eq!(table.world.entrance(), Entrance::Open);
    let id = table.connect();
    assert_eq!(table.ended.get(&id), Some(&Ended::Closed));
}

#[test]
fn behind_a_relay_every_client_is_local_and_no_dialog_asks() {
    let mut table = plain();
    set(&mut table, Fault::AcceptDialog);
    set(&mut table, Fault::Relay);
    table.ready(7);
    assert!(table.world.snapshot().connections[0].peer.ip().is_loopback());
}

#[test]
fn a_relay_closes_the_clients_side_in_half_a_second_and_the_gateway_keeps_its_own() {
    let mut table = plain();
    set(&mut table, Fault::Relay);
    set(&mut table, Fault::IgnoreEof);
    let id = table.ready(7);
    table.end(id, How::Eof);
    table.pass(seconds(0));
    assert_eq!(table.ended.get(&id), None);
    table.pass(seconds(1) / 2);
    assert_eq!(table.ended.get(&id), Some(&Ended::Closed));
    // The client's side is clean; the Gateway's is in CLOSE_WAIT, and the id stays taken.
    assert_eq!(table.world.snapshot().close_wait, 1);
    let again = table.start(7);
    table.greeting_heard(again).unwrap();
    assert_eq!(errors(&table.heard(again)), [(-1, 326)]);
    // What the shell still says of the closed side changes nothing, and a restart ends the rest without a second close.
    table.end(id, How::Reset);
    assert_eq!(table.world.snapshot().close_wait, 1);
    set(&mut table, Fault::NightlyRestart);
    assert_eq!(table.world.snapshot().connections.len(), 0);
}

#[test]
fn a_gateway_that_notices_ends_passes_them_on_through_the_relay() {
    let mut table = plain();
    set(&mut table, Fault::Relay);
    let id = table.ready(7);
    table.end(id, How::Eof);
    assert_eq!(table.ended.get(&id), Some(&Ended::Closed));
    table.ready(7);
}

#[test]
fn a_client_that_vanishes_behind_a_relay_keeps_its_id() {
    let mut table = plain();
    set(&mut table, Fault::Relay);
    let id = table.ready(7);
    table.end(id, How::Reset);
    table.pass(seconds(3_600));
    let again = table.start(7);
    table.greeting_heard(again).unwrap();
    assert_eq!(codes(&mut table, again), [326]);
}

#[test]
fn a_killed_relay_drops_everybody_and_comes_back() {
    for (fault, away) in [(Fault::RelayKilled, 5), (Fault::RelayAddressInUse, 60)] {
        let mut table = plain();
        set(&mut table, Fault::Relay);
        let clients: Vec<_> = (1..=3).map(|client| table.ready(client)).collect();
        set(&mut table, fault);
        assert!(clients.iter().all(|id| table.ended.get(id) == Some(&Ended::Closed)), "{fault}");
        table.pass(seconds(away - 1));
        assert_eq!(table.world.entrance(), Entrance::Shut, "{fault}");
        table.pass(seconds(1));
        assert_eq!(table.world.entrance(), Entrance::Open, "{fault}");
        let id = table.connect();
        table.bytes(id, &super::table::greeting(100, 178));
        table.say(id, &start_api(1));
        table.greeting_heard(id).unwrap();
        assert_eq!(codes(&mut table, id), [0; 0], "the ids of those who were dropped are free");
    }
    let mut table = plain();
    set(&mut table, Fault::RelayKilled);
    clear(&mut table, Fault::RelayKilled);
    assert_eq!(table.world.entrance(), Entrance::Open);
}
