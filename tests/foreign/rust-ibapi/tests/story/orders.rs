//! Orders: every type, modified, cancelled, previewed, refused; what was done today.

use std::collections::BTreeSet;

use ibapi::orders::builder::TrailBy;
use ibapi::orders::{Executions, Order, OrderStatusKind};
use ibapi::prelude::*;

use crate::desk::{AAPL, ACCOUNT, CLIENT_ID, Desk, cents, orders as told, stock};
use crate::step::{all, close, step};

pub(crate) async fn orders(address: &str) {
    let mut desk = Desk::connect(address).await;
    let contract = stock("AAPL");
    let quote = desk.quote(&contract).await;
    let (bid, ask) = (quote.bid.unwrap(), quote.ask.unwrap());
    market_and_limit(&mut desk, &contract, bid, ask).await;
    stops(&mut desk, &contract, bid, ask).await;
    trailing(&mut desk, &contract).await;
    modified(&mut desk, &contract).await;
    cancelled(&mut desk, &contract).await;
    previewed_and_refused(&mut desk, &contract).await;
    the_day(&mut desk, &contract).await;
    desk.leave().await;
}

/// Places a market order.
pub(crate) async fn market(desk: &mut Desk, action: Action, quantity: f64) -> i32 {
    desk.place(&stock("AAPL"), &order_builder::market_order(action, quantity)).await
}

/// Places a limit order.
pub(crate) async fn limit(desk: &mut Desk, action: Action, quantity: f64, price: f64) -> i32 {
    desk.place(&stock("AAPL"), &order_builder::limit_order(action, quantity, price)).await
}

async fn market_and_limit(desk: &mut Desk, contract: &Contract, bid: f64, ask: f64) {
    step("order: market", async {
        let order = Order { order_ref: "story".into(), ..order_builder::market_order(Action::Buy, 100.0) };
        let placed = desk.place(contract, &order).await;
        let terms = desk.terms("the order's terms", |it| it.order_id == placed).await;
        assert!(terms.order.perm_id > 0, "permId");
        let fills = desk.filled(placed, 100.0).await;
        for (done, _) in &fills {
            let execution = &done.execution;
            assert_eq!((execution.side, execution.client_id), (ExecutionSide::Bought, CLIENT_ID));
            assert_eq!((execution.order_reference.as_str(), execution.perm_id), ("story", terms.order.perm_id));
            assert!(close(execution.price / ask, 1.0, 0.02), "price {}, asked {ask}", execution.price);
        }
        let fee: f64 = fills.iter().map(|(_, report)| report.commission).sum();
        assert!(close(fee, 1.0, 1e-6), "the commission is at least a dollar: {fee}");
    })
    .await;
    step("order: limit that fills", async {
        let price = cents(ask * 1.02);
        let placed = limit(desk, Action::Buy, 10.0, price).await;
        for (done, _) in desk.filled(placed, 10.0).await {
            assert!(done.execution.price <= price, "at the limit or better");
        }
    })
    .await;
    step("order: limit that waits", async {
        let order = order_builder::limit_order(Action::Sell, 10.0, cents(bid * 2.0));
        let order = Order { tif: ibapi::orders::TimeInForce::GoodTillCanceled, ..order };
        let placed = desk.place(contract, &order).await;
        assert_eq!(desk.status(placed, OrderStatusKind::Submitted).await.remaining, 10.0);
        desk.cancelled(placed).await;
    })
    .await;
}

async fn stops(desk: &mut Desk, contract: &Contract, bid: f64, ask: f64) {
    let (low, high) = (cents(bid * 0.5), cents(ask * 1.02));
    step("order: stop that waits", async {
        let placed = desk.place(contract, &order_builder::stop(Action::Sell, 10.0, low)).await;
        desk.status(placed, OrderStatusKind::PreSubmitted).await;
        desk.cancelled(placed).await;
    })
    .await;
    step("order: stop that is reached", async {
        let placed = desk.place(contract, &order_builder::stop(Action::Sell, 10.0, high)).await;
        desk.filled(placed, 10.0).await;
    })
    .await;
    step("order: stop-limit that waits", async {
        let order = desk.client.order(contract).sell(10).stop_limit(low, low - 1.0).build_order().unwrap();
        let placed = desk.place(contract, &order).await;
        desk.status(placed, OrderStatusKind::PreSubmitted).await;
        let terms = desk.terms("its terms", |it| it.order_id == placed).await.order;
        assert_eq!((terms.limit_price, terms.aux_price), (Some(low - 1.0), Some(low)));
        desk.cancelled(placed).await;
    })
    .await;
    step("order: stop-limit that is reached and then waits for its limit", async {
        let order = desk.client.order(contract).sell(10).stop_limit(high, cents(bid * 2.0)).build_order().unwrap();
        let placed = desk.place(contract, &order).await;
        desk.status(placed, OrderStatusKind::Submitted).await;
        desk.cancelled(placed).await;
    })
    .await;
}

async fn trailing(desk: &mut Desk, contract: &Contract) {
    step("order: trailing amount", async {
        let order = Order { order_type: "TRAIL".into(), aux_price: Some(50.0), ..sell_ten() };
        let placed = desk.place(contract, &order).await;
        desk.status(placed, OrderStatusKind::PreSubmitted).await;
        let [again] = &desk.open_orders().await[..] else { panic!("one open order") };
        assert_eq!((again.order.order_type.as_str(), again.order.aux_price), ("TRAIL", Some(50.0)));
        assert!(again.order.trail_stop_price.is_some(), "where it stands now");
        desk.cancelled(placed).await;
    })
    .await;
    step("order: trailing percent with a stop to begin with", async {
        let order = desk.client.order(contract).sell(10).trailing_stop(TrailBy::Percent(5.0), 100.0);
        let order = order.build_order().unwrap();
        let placed = desk.place(contract, &order).await;
        desk.status(placed, OrderStatusKind::PreSubmitted).await;
        desk.cancelled(placed).await;
    })
    .await;
    step("order: trailing that is reached", async {
        let order = Order { order_type: "TRAIL".into(), aux_price: Some(0.01), ..sell_ten() };
        let placed = desk.place(contract, &order).await;
        desk.filled(placed, 10.0).await;
    })
    .await;
    step("order: trailing limit", async {
        let order = desk.client.order(contract).sell(10).trailing_stop_limit(TrailBy::Amount(50.0), 100.0, 0.5);
        let order = order.build_order().unwrap();
        let placed = desk.place(contract, &order).await;
        desk.status(placed, OrderStatusKind::PreSubmitted).await;
        desk.cancelled(placed).await;
    })
    .await;
}

fn sell_ten() -> Order {
    order_builder::market_order(Action::Sell, 10.0)
}

async fn modified(desk: &mut Desk, contract: &Contract) {
    step("order: modify", async {
        let placed = limit(desk, Action::Buy, 5.0, 1.0).await;
        let perm_id = desk.status(placed, OrderStatusKind::Submitted).await.perm_id;
        let changed = order_builder::limit_order(Action::Buy, 7.0, 2.0);
        desk.client.submit_order(placed, contract, &changed).await.unwrap();
        desk.terms("the new terms", |it| it.order_id == placed && it.order.total_quantity == 7.0).await;
        let [again] = &desk.open_orders().await[..] else { panic!("one open order") };
        assert_eq!((again.order.limit_price, again.order.total_quantity), (Some(2.0), 7.0));
        assert_eq!(again.order.perm_id, perm_id);
        let turned = order_builder::limit_order(Action::Sell, 7.0, 2.0);
        desk.client.submit_order(placed, contract, &turned).await.unwrap();
        desk.error(placed, 105).await;
        desk.cancelled(placed).await;
    })
    .await;
    step("order: modified into the market", async {
        let placed = limit(desk, Action::Sell, 5.0, 9999.0).await;
        desk.status(placed, OrderStatusKind::Submitted).await;
        let changed = order_builder::limit_order(Action::Sell, 5.0, 1.0);
        desk.client.submit_order(placed, contract, &changed).await.unwrap();
        desk.filled(placed, 5.0).await;
        let late = order_builder::limit_order(Action::Sell, 6.0, 1.0);
        desk.client.submit_order(placed, contract, &late).await.unwrap();
        desk.error(placed, 104).await;
    })
    .await;
}

async fn cancelled(desk: &mut Desk, contract: &Contract) {
    step("order: cancel twice, cancel what never was", async {
        let placed = limit(desk, Action::Buy, 5.0, 1.0).await;
        desk.status(placed, OrderStatusKind::Submitted).await;
        desk.cancelled(placed).await;
        let _again = desk.client.cancel_order(placed, "").await.unwrap();
        desk.error(placed, 10148).await;
        let _stranger = desk.client.cancel_order(placed + 1000, "").await.unwrap();
        desk.error(placed + 1000, 10147).await;
        let order = order_builder::limit_order(Action::Buy, 1.0, 1.0);
        desk.client.submit_order(placed, contract, &order).await.unwrap();
        desk.error(placed, 103).await;
    })
    .await;
    step("global cancel", async {
        let mut waiting = Vec::new();
        for price in [1.0, 2.0, 3.0] {
            waiting.push(limit(desk, Action::Buy, 1.0, price).await);
        }
        for order in &waiting {
            desk.status(*order, OrderStatusKind::Submitted).await;
        }
        desk.client.global_cancel().await.unwrap();
        for order in waiting {
            desk.status(order, OrderStatusKind::Cancelled).await;
            desk.error(order, 202).await;
        }
        assert_eq!(desk.open_orders().await.len(), 0);
    })
    .await;
}

async fn previewed_and_refused(desk: &mut Desk, contract: &Contract) {
    step("order: what-if", async {
        let preview = desk.client.order(contract).buy(1000).market().analyze().await.unwrap();
        let change = preview.initial_margin_change.unwrap();
        let (before, after) = (preview.initial_margin_before.unwrap(), preview.initial_margin_after.unwrap());
        assert!(change > 50_000.0 && close(after - before, change, 0.02), "{preview:?}");
        assert!((1.0..change).contains(&preview.maintenance_margin_change.unwrap()), "{preview:?}");
        assert_eq!(preview.commission, Some(5.0), "commission of 1000 shares");
        assert_eq!(desk.open_orders().await.len(), 0, "no order was placed");
    })
    .await;
    step("order: too big for the account", async {
        let placed = market(desk, Action::Buy, 1_000_000.0).await;
        assert!(desk.error(placed, 201).await.contains("Available Funds"));
    })
    .await;
    step("order: a price off the grid, an unknown contract, an unknown type", async {
        let placed = limit(desk, Action::Buy, 1.0, 1.001).await;
        desk.error(placed, 110).await;
        let order = order_builder::market_order(Action::Buy, 1.0);
        let placed = desk.place(&stock("NOSUCHTHING"), &order).await;
        desk.error(placed, 200).await;
        let placed = desk.place(contract, &Order { order_type: "NONSENSE".into(), ..order.clone() }).await;
        desk.error(placed, 387).await;
        let placed = desk.place(contract, &Order { account: "DU9999999".into(), ..order.clone() }).await;
        desk.error(placed, 321).await;
        let placed = desk.place(contract, &Order { total_quantity: 0.0, ..order }).await;
        desk.error(placed, 434).await;
    })
    .await;
}

async fn the_day(desk: &mut Desk, contract: &Contract) {
    step("open orders and all orders", async {
        let order = order_builder::limit_order(Action::Buy, 5.0, 1.0);
        let tif = ibapi::orders::TimeInForce::GoodTillCanceled;
        let order = Order { tif: tif.clone(), order_ref: "left open".into(), ..order };
        let placed = desk.place(contract, &order).await;
        desk.status(placed, OrderStatusKind::Submitted).await;
        let all_orders = told(desk.client.all_open_orders().await.unwrap()).await;
        for answer in [desk.open_orders().await, all_orders] {
            let [again] = &answer[..] else { panic!("one order") };
            assert_eq!((again.order_id, again.order.order_ref.as_str()), (placed, "left open"));
            assert_eq!((&again.order.tif, again.contract.contract_id), (&tif, AAPL));
            assert_eq!(again.order_state.status, OrderStatusKind::Submitted);
        }
        desk.cancelled(placed).await;
    })
    .await;
    step("completed orders", async {
        let completed = told(desk.client.completed_orders(false).await.unwrap()).await;
        let statuses: BTreeSet<_> = completed.iter().map(|it| it.order_state.status.as_str()).collect();
        assert_eq!(statuses, BTreeSet::from(["Filled", "Cancelled", "Inactive"]));
        let ours: Vec<_> = completed.iter().filter(|it| it.order.order_ref == "story").collect();
        let [done] = &ours[..] else { panic!("one order of the story") };
        // The total is what was left, the size is in the filled quantity.
        assert_eq!((done.order.filled_quantity, done.order.total_quantity), (100.0, 0.0));
        assert!(completed.iter().all(|it| !it.order_state.completed_time.is_empty()), "times");
    })
    .await;
    let everything = step("executions", async {
        let found = executions(&desk.client, ExecutionFilter::default()).await;
        let bought: f64 = found.iter().filter(|it| it.side == ExecutionSide::Bought).map(|it| it.shares).sum();
        assert_eq!(bought, 110.0, "shares bought");
        assert_eq!(found.iter().map(|it| &it.execution_id).collect::<BTreeSet<_>>().len(), found.len(), "ids");
        found
    })
    .await;
    step("executions with filters", filters(&desk.client, &everything)).await;
}

type Execution = ibapi::orders::Execution;

/// A filter, and which executions it lets pass.
type Filtered = (ExecutionFilter, fn(&Execution) -> bool);

/// Executions, each of which must have its commission.
async fn executions(client: &Client, filter: ExecutionFilter) -> Vec<Execution> {
    let told = all(&mut client.executions(filter).await.unwrap(), "executions").await;
    let (mut found, mut commissions) = (vec![], BTreeSet::new());
    for it in told {
        match it {
            Executions::ExecutionData(data) => found.push(data.execution),
            Executions::CommissionReport(report) => drop(commissions.insert(report.execution_id)),
        }
    }
    assert!(found.iter().all(|it| commissions.contains(&it.execution_id)), "{commissions:?} of {found:?}");
    found
}

async fn filters(client: &Client, everything: &[Execution]) {
    let default = ExecutionFilter::default;
    let apple = ExecutionFilter {
        symbol: "AAPL".into(),
        security_type: "STK".into(),
        client_id: Some(CLIENT_ID),
        account_code: ACCOUNT.into(),
        ..default()
    };
    let cases: [Filtered; 6] = [
        (ExecutionFilter { side: Some(ExecutionFilterSide::Buy), ..default() }, |it| it.side == ExecutionSide::Bought),
        (ExecutionFilter { side: Some(ExecutionFilterSide::Sell), ..default() }, |it| it.side == ExecutionSide::Sold),
        (ExecutionFilter { symbol: "MSFT".into(), ..default() }, |_| false),
        (apple, |_| true),
        (ExecutionFilter { client_id: Some(8), ..default() }, |_| false),
        (ExecutionFilter { time: "20991231 00:00:00".into(), ..default() }, |_| false),
    ];
    for (filter, expected) in cases {
        let name = format!("{filter:?}");
        let found: BTreeSet<_> = executions(client, filter).await.into_iter().map(|it| it.execution_id).collect();
        let wanted = everything.iter().filter(|it| expected(it)).map(|it| it.execution_id.clone()).collect();
        assert_eq!(found, wanted, "{name}");
    }
}
