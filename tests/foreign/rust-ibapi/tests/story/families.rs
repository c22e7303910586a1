//! Orders that depend on each other: brackets and one-cancels-all groups.

use ibapi::orders::{OcaType, Order, OrderStatusKind};
use ibapi::prelude::*;

use crate::desk::{Desk, cents, stock};
use crate::orders::market;
use crate::step::step;

/// Prices of a family: one that is never reached, and one that is always reached.
struct Prices {
    far: f64,
    above: f64,
}

pub(crate) async fn families(address: &str) {
    let mut desk = Desk::connect(address).await;
    let contract = stock("AAPL");
    let quote = desk.quote(&contract).await;
    let prices = Prices { far: cents(quote.bid.unwrap() / 2.0), above: cents(quote.ask.unwrap() * 1.02) };
    brackets(&mut desk, &contract, &prices).await;
    one_cancels_all(&mut desk, &contract, &prices).await;
    desk.leave().await;
}

/// A parent, its profit and its loss, as a Gateway wants them: only the last one transmits.
fn family(desk: &Desk, parent: f64, profit: f64, loss: f64) -> [(i32, Order); 3] {
    let number = desk.client.next_order_id();
    let held = |order: Order| Order { transmit: false, ..order };
    [
        (number, held(order_builder::limit_order(Action::Buy, 10.0, parent))),
        (desk.client.next_order_id(), held(child(number, order_builder::limit_order(Action::Sell, 10.0, profit)))),
        (desk.client.next_order_id(), child(number, order_builder::stop(Action::Sell, 10.0, loss))),
    ]
}

fn child(parent_id: i32, order: Order) -> Order {
    Order { parent_id, ..order }
}

async fn brackets(desk: &mut Desk, contract: &Contract, prices: &Prices) {
    let Prices { far, above } = *prices;
    let [parent, profit, loss] = family(desk, far, far * 3.0, far - 10.0);
    step("bracket: nothing works before the last child transmits", async {
        for (number, order) in [&parent, &profit] {
            desk.client.submit_order(*number, contract, order).await.unwrap();
            desk.terms("its terms", |it| it.order_id == *number && it.order.perm_id > 0).await;
        }
        let held = desk.open_orders().await;
        assert!(held.iter().all(|it| it.order_state.status == OrderStatusKind::PendingSubmit), "{held:?}");
    })
    .await;
    step("bracket: the parent works, the children wait", async {
        desk.client.submit_order(loss.0, contract, &loss.1).await.unwrap();
        desk.status(parent.0, OrderStatusKind::Submitted).await;
        for number in [profit.0, loss.0] {
            let status = desk.status(number, OrderStatusKind::PreSubmitted).await;
            assert_eq!((status.parent_id, status.why_held.as_str()), (parent.0, "child"));
        }
    })
    .await;
    step("bracket: cancelling the parent ends the children", async {
        desk.cancelled(parent.0).await;
        for number in [profit.0, loss.0] {
            desk.status(number, OrderStatusKind::Cancelled).await;
            desk.error(number, 202).await;
        }
    })
    .await;
    step("bracket: the parent fills, a child fills, the other one ends", async {
        let bracket = desk.client.order(contract).buy(10).bracket();
        let bracket = bracket.entry_limit(above).take_profit(above * 2.0).stop_loss(far);
        let ids = bracket.submit_all().await.unwrap();
        desk.filled(ids.parent.0, 10.0).await;
        desk.status(ids.take_profit.0, OrderStatusKind::Submitted).await;
        let profit = Order { parent_id: ids.parent.0, ..order_builder::limit_order(Action::Sell, 10.0, far) };
        desk.client.submit_order(ids.take_profit, contract, &profit).await.unwrap();
        desk.filled(ids.take_profit.0, 10.0).await;
        desk.status(ids.stop_loss.0, OrderStatusKind::Cancelled).await;
        desk.error(ids.stop_loss.0, 202).await;
        assert_eq!(desk.positions().await, []);
    })
    .await;
    step("bracket: a child of nobody", async {
        let orphan = child(999_999, order_builder::limit_order(Action::Sell, 10.0, above));
        let placed = desk.place(contract, &orphan).await;
        desk.error(placed, 10006).await;
    })
    .await;
}

async fn one_cancels_all(desk: &mut Desk, contract: &Contract, prices: &Prices) {
    let Prices { far, above } = *prices;
    step("one cancels all", async {
        let pair =
            vec![order_builder::limit_order(Action::Buy, 5.0, far), order_builder::stop(Action::Buy, 5.0, above)];
        let pair = order_builder::one_cancels_all("story group", pair, OcaType::CancelWithBlock);
        let placed = desk.client.submit_oca_orders(pair.into_iter().map(|it| (contract.clone(), it)).collect());
        let placed: Vec<i32> = placed.await.unwrap().into_iter().map(|id| id.0).collect();
        let [waiting, stop] = placed[..] else { panic!("two orders") };
        desk.status(waiting, OrderStatusKind::Submitted).await;
        desk.status(stop, OrderStatusKind::PreSubmitted).await;
        let found = desk.open_orders().await;
        let first = found.iter().find(|it| it.order_id == waiting).expect("the first one is open");
        assert_eq!(first.order.oca_group, "story group");
        assert_eq!(first.order.oca_type, OcaType::CancelWithBlock);
        let reached = Order {
            oca_group: "story group".into(),
            oca_type: OcaType::CancelWithBlock,
            ..order_builder::limit_order(Action::Buy, 5.0, above)
        };
        desk.client.submit_order(waiting, contract, &reached).await.unwrap();
        desk.filled(waiting, 5.0).await;
        desk.status(stop, OrderStatusKind::Cancelled).await;
        desk.error(stop, 202).await;
        let sold = market(desk, Action::Sell, 5.0).await;
        desk.filled(sold, 5.0).await;
    })
    .await;
    step("one cancels all: a global cancel ends a group", async {
        let pair =
            vec![order_builder::limit_order(Action::Buy, 5.0, far), order_builder::stop(Action::Buy, 5.0, above * 2.0)];
        let pair = order_builder::one_cancels_all("second group", pair, OcaType::ReduceWithBlock);
        let placed = desk.client.submit_oca_orders(pair.into_iter().map(|it| (contract.clone(), it)).collect());
        let placed: Vec<i32> = placed.await.unwrap().into_iter().map(|id| id.0).collect();
        desk.status(placed[0], OrderStatusKind::Submitted).await;
        desk.status(placed[1], OrderStatusKind::PreSubmitted).await;
        desk.client.global_cancel().await.unwrap();
        for number in placed {
            desk.status(number, OrderStatusKind::Cancelled).await;
            desk.error(number, 202).await;
        }
    })
    .await;
}
