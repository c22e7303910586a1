//! Orders of others: of people, of other clients, and what the master client sees.

use gatewright_proto::message::contract::Contract as Instrument;
use gatewright_proto::message::order::{Action as Side, Order as Terms};
use gatewright_sim::Simulator;
use ibapi::orders::{OrderData, OrderStatusKind};
use ibapi::prelude::*;

use crate::desk::{Desk, orders as told, stock};
use crate::orders::{limit, market};
use crate::step::step;

/// A person buys Apple for a dollar; returns the order's number over the account.
async fn by_hand(simulator: &Simulator, quantity: u32) -> i64 {
    let (contract, order) = (Instrument::stock("AAPL"), Terms::limit(Side::Buy, quantity.into(), 1.into()));
    simulator.control().order_by_hand(contract, order).await.unwrap().get()
}

pub(crate) async fn binding(simulator: &Simulator, address: &str) {
    let early = by_hand(simulator, 5).await;
    let third = Desk::connect_as(address, 3).await;
    let mut zero = Desk::connect_as(address, 0).await;
    step("order binding: others see it only when they ask for all orders", async {
        assert_eq!(third.open_orders().await.len(), 0, "open orders of client 3");
        let [seen] = &told(third.client.all_open_orders().await.unwrap()).await[..] else { panic!("one order") };
        assert_eq!((seen.order_id, seen.order.perm_id), (0, early), "an order that is not bound has no number");
    })
    .await;
    step("order binding: client 0 gets the orders of people", async {
        let [bound] = &zero.open_orders().await[..] else { panic!("one order") };
        assert!(bound.order_id < 0 && bound.order.perm_id == early, "{bound:?}");
    })
    .await;
    let second = step("order binding: a later order comes unasked", async {
        let _bound = zero.client.auto_open_orders(true).await.unwrap();
        zero.client.next_valid_order_id().await.unwrap();
        let late = by_hand(simulator, 6).await;
        zero.terms("the second order", |it: &OrderData| it.order.perm_id == late).await
    })
    .await;
    step("order binding: client 0 changes and cancels it", async {
        let changed = order_builder::limit_order(Action::Buy, 6.0, 2.0);
        let number = second.order_id;
        zero.client.submit_order(number, &stock("AAPL"), &changed).await.unwrap();
        let is_new = |it: &OrderData| it.order_id == number && it.order.limit_price == Some(2.0);
        zero.terms("the new limit", is_new).await;
        let _confirmation = zero.client.cancel_order(number, "").await.unwrap();
        zero.status(number, OrderStatusKind::Cancelled).await;
    })
    .await;
    step("order binding: only client 0 may bind", async {
        let mut notices = third.client.notice_stream().unwrap();
        let _denied = third.client.auto_open_orders(true).await.unwrap();
        loop {
            let notice = notices.next().await.expect("notices go on");
            if notice.code == 327 {
                break;
            }
        }
    })
    .await;
    step("client 0: its own orders", async {
        let placed = market(&mut zero, Action::Buy, 1.0).await;
        for (done, _) in zero.filled(placed, 1.0).await {
            assert_eq!((done.execution.client_id, done.execution.order_id), (0, placed));
        }
    })
    .await;
    third.leave().await;
    zero.client.disconnect().await;
}

/// The Gateway's master client id is 5.
pub(crate) async fn master(address: &str) {
    let mut other = Desk::connect_as(address, 6).await;
    let early = limit(&mut other, Action::Buy, 1.0, 1.0).await;
    other.status(early, OrderStatusKind::Submitted).await;
    let chief = Desk::connect_as(address, 5).await;
    step("master client: orders that are open when it connects", async {
        // What came unasked waits where the answer does, so this client finds the order once more.
        let found = told(chief.client.all_open_orders().await.unwrap()).await;
        assert!(!found.is_empty());
        assert!(found.iter().all(|it| (it.order_id, it.order.client_id) == (early, 6)), "{found:?}");
    })
    .await;
    step("master client: orders and fills of others, unasked", async {
        // This client keeps what concerns other clients out of its streams of updates, so the master asks.
        let placed = market(&mut other, Action::Buy, 2.0).await;
        other.filled(placed, 2.0).await;
        let mut executions = chief.client.executions(ExecutionFilter::default()).await.unwrap();
        let found = crate::step::all(&mut executions, "executions").await;
        assert!(format!("{found:?}").contains("client_id: 6"), "{found:?}");
    })
    .await;
    step("master client: cancels of others", async {
        other.cancelled(early).await;
        assert_eq!(told(chief.client.all_open_orders().await.unwrap()).await.len(), 0);
    })
    .await;
    chief.leave().await;
    other.leave().await;
}
