//! Connecting: fresh, with a taken client id, read-only, with many accounts; leaving and coming back.

use ibapi::orders::OrderStatusKind;
use ibapi::prelude::*;

use crate::desk::{AAPL, ACCOUNT, CLIENT_ID, Desk, stock};
use crate::step::{PATIENCE, refused, step};

/// The accounts of the login that has many.
pub(crate) const ACCOUNTS: [&str; 3] = ["DU1000001", "DU1000002", "DU1000003"];

pub(crate) async fn fresh(address: &str) {
    let mut first = step("connect fresh", async {
        let desk = Desk::connect(address).await;
        assert_eq!(desk.client.server_version(), 226);
        assert_eq!(desk.client.managed_accounts().await.unwrap(), [ACCOUNT]);
        assert_eq!(desk.client.handshake_managed_accounts(), [ACCOUNT]);
        assert!(desk.client.connection_time().is_some(), "the connection's time can be read");
        assert_eq!((desk.positions().await, desk.open_orders().await.len()), (vec![], 0));
        desk
    })
    .await;
    step("current time", current_time(&first.client)).await;
    step("the Gateway's settings", async {
        let config = first.client.config().await.unwrap();
        let restarts = config.lock_and_exit.expect("when it restarts");
        assert_eq!(restarts.auto_logoff_type.as_deref(), Some("restart"));
        assert!(config.api.is_some(), "the settings of the API");
    })
    .await;
    step("a client id that is taken", async {
        let Err(problem) = Client::connect(address, CLIENT_ID).await else { panic!("two sessions under one id") };
        assert!(format!("{problem}{problem:?}").to_lowercase().contains("client"), "{problem:?}");
        assert!(first.client.is_connected(), "the first session goes on");
    })
    .await;
    step("the next order id", async {
        let next = first.client.next_valid_order_id().await.unwrap();
        assert!(next >= 1);
        assert_eq!(first.client.next_valid_order_id().await.unwrap(), next, "asking uses no id");
    })
    .await;
    step("disconnect and return", async {
        let order = first.client.order(&stock("AAPL")).buy(1).limit(1.0).good_till_canceled().build_order().unwrap();
        let working = first.place(&stock("AAPL"), &order).await;
        let status = first.status(working, OrderStatusKind::Submitted).await;
        first.leave().await;
        let mut back = Desk::connect(address).await;
        let [again] = &back.open_orders().await[..] else { panic!("one order has stayed") };
        assert_eq!((again.order_id, again.order.perm_id), (working, status.perm_id));
        assert_eq!(again.order_state.status, OrderStatusKind::Submitted);
        assert!(back.client.next_order_id() > working, "the next order id is higher than every used one");
        back.cancelled(working).await;
        back.leave().await;
    })
    .await;
}

async fn current_time(client: &Client) {
    let greeted = client.connection_time().unwrap().unix_timestamp();
    let told = client.server_time().await.unwrap().unix_timestamp();
    assert!((0..60).contains(&(told - greeted)), "the Gateway's clock went from {greeted} to {told}");
    let finer = client.server_time_millis().await.unwrap().unix_timestamp();
    assert!((finer - told).abs() < 60, "the clock in milliseconds tells {finer}, the other one {told}");
}

pub(crate) async fn read_only(address: &str) {
    let mut desk = step("connect read-only", async {
        let desk = Desk::connect(address).await;
        assert_eq!(desk.client.managed_accounts().await.unwrap(), [ACCOUNT]);
        desk
    })
    .await;
    step("reading works in read-only mode", async {
        assert_eq!(desk.positions().await, []);
        assert_eq!(desk.client.contract_details(&stock("AAPL")).await.unwrap().len(), 1);
    })
    .await;
    step("orders are refused in read-only mode", async {
        let order = desk.client.order(&stock("AAPL")).buy(1).market().build_order().unwrap();
        let number = desk.place(&stock("AAPL"), &order).await;
        assert!(desk.error(number, 321).await.contains("Read-Only"));
    })
    .await;
    desk.leave().await;
}

pub(crate) async fn many_accounts(address: &str) {
    let mut desk = step("connect with many accounts", async {
        let desk = Desk::connect(address).await;
        assert_eq!(desk.client.managed_accounts().await.unwrap(), ACCOUNTS);
        desk
    })
    .await;
    step("a summary over many accounts", async {
        let tags = &[AccountSummaryTags::NET_LIQUIDATION];
        let mut summary = desk.client.account_summary(&AccountGroup("All".into()), tags).await.unwrap();
        let mut told = Vec::new();
        for row in summary.next_batch(PATIENCE).await.unwrap().unwrap() {
            if let AccountSummaryResult::Summary(row) = row {
                told.push((row.account, row.value));
            }
        }
        told.sort();
        assert_eq!(told, ACCOUNTS.map(|name| (name.to_string(), "1000000.00".to_string())));
    })
    .await;
    step("an order must name its account", async {
        let order = desk.client.order(&stock("AAPL")).buy(1).market().build_order().unwrap();
        let number = desk.place(&stock("AAPL"), &order).await;
        desk.error(number, 435).await;
    })
    .await;
    step("a position belongs to its account", async {
        let order = desk.client.order(&stock("AAPL")).buy(3).market().account(ACCOUNTS[1]).build_order().unwrap();
        let number = desk.place(&stock("AAPL"), &order).await;
        for (done, _) in desk.filled(number, 3.0).await {
            assert_eq!(done.execution.account_number, ACCOUNTS[1]);
        }
        let [(account, contract, size, _)] = &desk.positions().await[..] else { panic!("one position") };
        assert_eq!((account.as_str(), *contract, *size), (ACCOUNTS[1], AAPL, 3.0));
        assert_eq!(positions_of(&desk.client, ACCOUNTS[1]).await, [3.0]);
        assert_eq!(positions_of(&desk.client, ACCOUNTS[0]).await.len(), 0);
    })
    .await;
    step("values of one of many accounts", async {
        let account = AccountId(ACCOUNTS[1].into());
        let mut values = desk.client.account_updates_multi(Some(&account), None).await.unwrap();
        let rows = values.next_batch(PATIENCE).await.unwrap().unwrap();
        let mut accounts = rows.iter().filter_map(|row| match row {
            AccountUpdateMulti::AccountMultiValue(value) => Some(value.account.as_str()),
            AccountUpdateMulti::End => None,
        });
        assert!(accounts.all(|name| name == ACCOUNTS[1]) && rows.len() > 10, "{rows:?}");
        let stranger = AccountId("DU9999999".into());
        let mut none = desk.client.account_updates_multi(Some(&stranger), None).await.unwrap();
        refused(none.next_batch(PATIENCE).await.unwrap(), 321);
    })
    .await;
    step("family codes", async {
        let codes = desk.client.family_codes().await.unwrap();
        let names: Vec<_> = codes.into_iter().map(|code| code.account_id).collect();
        assert_eq!(names, ACCOUNTS);
    })
    .await;
    desk.leave().await;
}

async fn positions_of(client: &Client, account: &str) -> Vec<f64> {
    let mut positions = client.positions_multi(Some(&AccountId(account.into())), None).await.unwrap();
    let rows = positions.next_batch(PATIENCE).await.unwrap().unwrap();
    let sizes = rows.into_iter().filter_map(|row| match row {
        PositionUpdateMulti::Position(position) => Some(position.position),
        PositionUpdateMulti::PositionEnd => None,
    });
    sizes.collect()
}
