//! What an account is worth: values, summary, positions, profit and loss.

use std::collections::BTreeMap;

use ibapi::accounts::AccountPortfolioValue;
use ibapi::prelude::*;

use crate::desk::{AAPL, ACCOUNT, Desk, stock};
use crate::step::{PATIENCE, close, next, step};

/// Values by tag and currency, with the portfolio.
type Worth = (BTreeMap<(String, String), String>, Vec<AccountPortfolioValue>);

async fn worth(client: &Client) -> Worth {
    let mut updates = client.account_updates(&AccountId(ACCOUNT.into())).await.unwrap();
    let (mut values, mut portfolio) = (BTreeMap::new(), vec![]);
    for update in updates.next_batch(PATIENCE).await.unwrap().unwrap() {
        match update {
            AccountUpdate::AccountValue(it) => drop(values.insert((it.key, it.currency), it.value)),
            AccountUpdate::PortfolioValue(item) => portfolio.push(item),
            AccountUpdate::UpdateTime(time) => assert_eq!(time.timestamp.len(), 5, "{time:?}"),
            AccountUpdate::End => {}
        }
    }
    (values, portfolio)
}

fn value<'a>((values, _): &'a Worth, tag: &str, currency: &str) -> &'a str {
    &values[&(tag.to_string(), currency.to_string())]
}

pub(crate) async fn account(address: &str) {
    let mut desk = Desk::connect(address).await;
    let account = AccountId(ACCOUNT.into());
    step("account values", async {
        let told = worth(&desk.client).await;
        assert_eq!(value(&told, "NetLiquidation", "USD"), "1000000.00");
        assert_eq!(value(&told, "TotalCashBalance", "BASE"), "1000000.00");
        assert_eq!(value(&told, "AccountType", ""), "INDIVIDUAL");
    })
    .await;
    step("account summary", summary(&desk.client)).await;
    let mut pnl = desk.client.pnl(&account, None).await.unwrap();
    step("profit and loss of an account without positions", async {
        let told = next(&mut pnl, "pnl").await;
        assert_eq!((told.daily_pnl, told.unrealized_pnl, told.realized_pnl), (0.0, Some(0.0), Some(0.0)));
    })
    .await;
    let price = step("a position", async {
        let order = desk.client.order(&stock("AAPL")).buy(100).market().build_order().unwrap();
        let bought = desk.place(&stock("AAPL"), &order).await;
        let fills = desk.filled(bought, 100.0).await;
        let paid: f64 = fills.iter().map(|(it, _)| it.execution.shares * it.execution.price).sum();
        let fee: f64 = fills.iter().map(|(_, report)| report.commission).sum();
        let [(name, contract, size, cost)] = &desk.positions().await[..] else { panic!("one position") };
        assert_eq!((name.as_str(), *contract, *size), (ACCOUNT, AAPL, 100.0));
        assert!(close(*cost, (paid + fee) / 100.0, 1e-6), "average cost {cost}, paid {paid}, fee {fee}");
        paid / 100.0
    })
    .await;
    step("the portfolio", async {
        let told = worth(&desk.client).await;
        let [item] = &told.1[..] else { panic!("one item") };
        assert_eq!((item.contract.contract_id, item.position), (AAPL, 100.0));
        assert_eq!(item.account.as_deref(), Some(ACCOUNT));
        assert!(close(item.market_value, item.market_price * 100.0, 0.01), "{item:?}");
        assert!(close(item.unrealized_pnl, item.market_value - item.average_cost * 100.0, 0.02), "{item:?}");
        let cash: f64 = value(&told, "TotalCashBalance", "USD").parse().unwrap();
        let net: f64 = value(&told, "NetLiquidation", "USD").parse().unwrap();
        assert!(close(cash + item.market_value, net, 0.02), "cash {cash}, net {net}, {item:?}");
    })
    .await;
    step("profit and loss of an account with a position", async {
        while next(&mut pnl, "unrealized profit").await.unrealized_pnl == Some(0.0) {}
    })
    .await;
    step("profit and loss of a position", async {
        let mut single = desk.client.pnl_single(&account, ContractId(AAPL), None).await.unwrap();
        let told = next(&mut single, "pnl of the position").await;
        assert_eq!((told.position, told.realized_pnl), (100.0, 0.0));
        assert!(close(told.value, price * 100.0, told.value * 0.05), "{told:?} at {price}");
    })
    .await;
    step("realized profit and loss", async {
        let order = desk.client.order(&stock("AAPL")).sell(100).market().build_order().unwrap();
        let sold = desk.place(&stock("AAPL"), &order).await;
        let fills = desk.filled(sold, 100.0).await;
        let realized: f64 = fills.iter().map(|(_, report)| report.realized_pnl.unwrap()).sum();
        loop {
            let told = next(&mut pnl, "the realized profit").await;
            if told.realized_pnl.is_some_and(|it| close(it, realized, 0.01)) {
                break;
            }
        }
        assert_eq!(desk.positions().await, []);
        let cash: f64 = value(&worth(&desk.client).await, "TotalCashBalance", "USD").parse().unwrap();
        assert!(close(cash, 1_000_000.0 + realized, 0.01), "cash {cash}, realized {realized}");
    })
    .await;
    drop(pnl);
    desk.leave().await;
}

async fn summary(client: &Client) {
    let tags = &[AccountSummaryTags::NET_LIQUIDATION, AccountSummaryTags::TOTAL_CASH_VALUE, "$LEDGER:USD"];
    let mut summary = client.account_summary(&AccountGroup("All".into()), tags).await.unwrap();
    let mut told = BTreeMap::new();
    for row in summary.next_batch(PATIENCE).await.unwrap().unwrap() {
        if let AccountSummaryResult::Summary(row) = row {
            assert_eq!(row.account, ACCOUNT);
            told.insert(row.tag, (row.value, row.currency));
        }
    }
    let million = ("1000000.00".to_string(), "USD".to_string());
    for tag in ["NetLiquidation", "TotalCashValue", "CashBalance"] {
        assert_eq!(told.get(tag), Some(&million), "{tag} in {told:?}");
    }
}
