//! Orders of people, client 0, and the master client.

use gatewright_proto::message::contract::Contract;
use gatewright_proto::message::order::{Action as Way, Order, ReqAutoOpenOrders};
use gatewright_proto::{ClientId, ClientMessage, OrderId, PermId, ServerMessage};
use rust_decimal::Decimal;

use super::table::{Table, errors, ids};
use super::trading::{cancel, far, of_type, place, seconds, table};
use crate::config::SimConfig;
use crate::error::SimError;

fn by_hand(table: &mut Table, order: Order) -> PermId {
    table.world.handle_manual_order(table.now, &Contract::stock("AAPL"), order).expect("a sane order")
}

fn orders(messages: &[ServerMessage]) -> Vec<(i32, i64)> {
    messages
        .iter()
        .filter_map(|message| match message {
            ServerMessage::OpenOrder(order) => Some((order.order_id.get(), order.order.perm_id.get())),
            _ => None,
        })
        .collect()
}

#[test]
fn an_order_of_a_person_has_no_number_until_client_0_asks_for_it() {
    let mut table = table();
    let (zero, other) = (table.ready(0), table.ready(3));
    let perm_id = by_hand(&mut table, far(5)).get();
    seconds(&mut table, 1);
    assert!(table.heard(zero).is_empty());
    table.say(other, &ClientMessage::ReqAllOpenOrders);
    assert_eq!(orders(&table.heard(other)), [(0, perm_id)]);
    table.say(other, &ClientMessage::ReqOpenOrders);
    assert_eq!(ids(&table.heard(other)), [53]);
    cancel(&mut table, zero, 0);
    cancel(&mut table, zero, -1);
    assert_eq!(errors(&table.heard(zero)), [(0, 10147), (-1, 10147)]);
    table.say(zero, &ClientMessage::ReqOpenOrders);
    assert_eq!(orders(&table.heard(zero)), [(-1, perm_id)]);
    cancel(&mut table, zero, -1);
    assert_eq!(errors(&table.heard(zero)), [(-1, 202)]);
}

#[test]
fn client_0_can_have_every_later_order_of_a_person_bound() {
    let mut table = table();
    let zero = table.ready(0);
    table.say(zero, &ClientMessage::ReqAutoOpenOrders(ReqAutoOpenOrders { auto_bind: true }));
    by_hand(&mut table, Order::market(Way::Buy, Decimal::from(5)));
    seconds(&mut table, 1);
    let heard = table.heard(zero);
    assert_eq!(ids(&heard), [5, 3, 11, 5, 3, 59]);
    let refused = table.world.handle_manual_order(table.now, &Contract::stock("NOSUCH"), far(1));
    assert!(matches!(refused, Err(SimError::BadOrder { code: 200, .. })), "{refused:?}");
}

#[test]
fn a_number_that_was_never_given_cannot_be_changed() {
    let mut table = table();
    let zero = table.ready(0);
    place(&mut table, zero, -7, far(1));
    place(&mut table, zero, 0, far(1));
    assert_eq!(errors(&table.heard(zero)), [(-7, 135), (0, 135)]);
}

#[test]
fn the_master_client_is_told_of_all_orders_and_of_open_ones_at_once() {
    let mut table = Table::new(SimConfig { master_client_id: Some(ClientId::new(9)), ..SimConfig::default() });
    let one = table.ready(1);
    place(&mut table, one, 4, far(5));
    seconds(&mut table, 1);
    let master = table.start(9);
    table.greeting_heard(master).expect("a greeting");
    seconds(&mut table, 1);
    assert_eq!(ids(&table.heard(master)), [15, 9, 5, 3, 4, 4, 4]);
    table.heard(one);
    place(&mut table, one, 5, of_type("MKT", Way::Buy, 1));
    by_hand(&mut table, far(2));
    seconds(&mut table, 1);
    let heard = table.heard(master);
    let told: Vec<(i32, OrderId)> = heard
        .iter()
        .filter_map(|message| match message {
            ServerMessage::OrderStatus(status) => Some((status.client_id.get(), status.order_id)),
            _ => None,
        })
        .collect();
    assert!(told.contains(&(1, OrderId::new(5))) && told.contains(&(0, OrderId::new(0))), "{told:?}");
    assert_eq!(ids(&heard).iter().filter(|message| matches!(message, 11 | 59)).count(), 2);
    assert_eq!(ids(&table.heard(one)), [5, 3, 11, 5, 3, 59]);
    // Orders belong to their client all the same.
    cancel(&mut table, master, 4);
    assert_eq!(errors(&table.heard(master)), [(4, 10147)]);
}
