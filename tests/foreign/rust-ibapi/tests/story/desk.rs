//! A connected client whose orders can be watched.

use std::collections::VecDeque;
use std::time::Duration;

use ibapi::Error;
use ibapi::orders::{CommissionReport, ExecutionData, Order, OrderData, OrderStatus, OrderStatusKind};
use ibapi::prelude::*;

use crate::step::{PATIENCE, all};

pub(crate) const AAPL: i32 = 265_598;
pub(crate) const ACCOUNT: &str = "DU1234567";
pub(crate) const CLIENT_ID: i32 = 7;

type Seen = SubscriptionItem<OrderUpdate>;

/// One client. What is told about orders is kept until somebody takes it.
pub(crate) struct Desk {
    pub(crate) client: Client,
    updates: Subscription<OrderUpdate>,
    kept: VecDeque<Seen>,
}

impl Desk {
    pub(crate) async fn connect(address: &str) -> Self {
        Self::connect_as(address, CLIENT_ID).await
    }

    pub(crate) async fn connect_as(address: &str, client_id: i32) -> Self {
        let client = Client::connect(address, client_id).await.unwrap();
        let updates = client.order_update_stream().await.unwrap();
        Self { client, updates, kept: VecDeque::new() }
    }

    /// The first update, kept or to come, in which `wanted` finds something.
    pub(crate) async fn until<T>(&mut self, what: &str, wanted: impl Fn(&Seen) -> Option<T>) -> T {
        if let Some((index, found)) = self.kept.iter().enumerate().find_map(|(index, it)| Some((index, wanted(it)?))) {
            self.kept.remove(index);
            return found;
        }
        let waited = tokio::time::timeout(PATIENCE, async {
            loop {
                let seen = self.updates.next().await.expect("the stream of updates goes on").unwrap();
                if let Some(found) = wanted(&seen) {
                    return found;
                }
                self.kept.push_back(seen);
            }
        });
        let waited = waited.await;
        waited.unwrap_or_else(|_| panic!("never: {what}; kept: {:#?}", self.kept))
    }

    /// Places an order; returns its number.
    pub(crate) async fn place(&mut self, contract: &Contract, order: &Order) -> i32 {
        let number = self.client.next_order_id();
        self.client.submit_order(number, contract, order).await.unwrap();
        number
    }

    /// Waits until an order has this status.
    pub(crate) async fn status(&mut self, order: i32, wanted: OrderStatusKind) -> OrderStatus {
        let what = format!("order {order} is {wanted:?}");
        self.until(&what, |seen| match seen {
            SubscriptionItem::Data(OrderUpdate::OrderStatus(status))
                if status.order_id == order && status.status == wanted =>
            {
                Some(status.clone())
            }
            SubscriptionItem::Data(_) | SubscriptionItem::Notice(_) => None,
        })
        .await
    }

    /// Waits for an order's terms as the Gateway repeats them.
    pub(crate) async fn terms(&mut self, what: &str, wanted: impl Fn(&OrderData) -> bool) -> OrderData {
        self.until(what, |seen| match seen {
            SubscriptionItem::Data(OrderUpdate::OpenOrder(data)) => wanted(data).then(|| data.clone()),
            SubscriptionItem::Data(_) | SubscriptionItem::Notice(_) => None,
        })
        .await
    }

    /// Waits until an order is filled and every execution has its commission.
    pub(crate) async fn filled(&mut self, order: i32, quantity: f64) -> Vec<(ExecutionData, CommissionReport)> {
        let status = self.status(order, OrderStatusKind::Filled).await;
        assert_eq!((status.filled, status.remaining), (quantity, 0.0), "quantities of order {order}");
        let mut fills = Vec::new();
        let mut shares = 0.0;
        while shares < quantity {
            let done = self.execution(|it| it.execution.order_id == order).await;
            shares += done.execution.shares;
            let id = done.execution.execution_id.clone();
            let report = self.until("a commission", |seen| match seen {
                SubscriptionItem::Data(OrderUpdate::CommissionReport(report)) => {
                    (report.execution_id == id).then(|| report.clone())
                }
                SubscriptionItem::Data(_) | SubscriptionItem::Notice(_) => None,
            });
            let report = report.await;
            fills.push((done, report));
        }
        assert_eq!(shares, quantity, "shares of order {order}");
        fills
    }

    /// Waits for an execution.
    pub(crate) async fn execution(&mut self, wanted: impl Fn(&ExecutionData) -> bool) -> ExecutionData {
        self.until("an execution", |seen| match seen {
            SubscriptionItem::Data(OrderUpdate::ExecutionData(done)) => wanted(done).then(|| done.clone()),
            SubscriptionItem::Data(_) | SubscriptionItem::Notice(_) => None,
        })
        .await
    }

    /// Waits for an error about an order, and demands its code; returns its text.
    pub(crate) async fn error(&mut self, order: i32, code: i32) -> String {
        let notice = self
            .until(&format!("error {code} of {order}"), |seen| match seen {
                SubscriptionItem::Notice(notice) => (notice.request_id == Some(order)).then(|| notice.clone()),
                SubscriptionItem::Data(_) => None,
            })
            .await;
        assert_eq!(notice.code, code, "the code of `{}`", notice.message);
        notice.message
    }

    /// Cancels an order and waits for its end.
    pub(crate) async fn cancelled(&mut self, order: i32) {
        let _confirmation = self.client.cancel_order(order, "").await.unwrap();
        self.status(order, OrderStatusKind::Cancelled).await;
        self.error(order, 202).await;
    }

    /// The orders of an answer, by their numbers.
    pub(crate) async fn open_orders(&self) -> Vec<OrderData> {
        orders(self.client.open_orders().await.unwrap()).await
    }

    /// A snapshot of a quote.
    pub(crate) async fn quote(&self, contract: &Contract) -> Quote {
        let ticks = self.client.market_data(contract).snapshot_once(PATIENCE).await.unwrap();
        Quote::from_ticks(&ticks)
    }

    /// Positions other than 0: contract number and size.
    pub(crate) async fn positions(&self) -> Vec<(String, i32, f64, f64)> {
        let mut positions = self.client.positions().await.unwrap();
        let batch = positions.next_batch(PATIENCE).await.unwrap().unwrap();
        let held = batch.into_iter().filter_map(|update| match update {
            PositionUpdate::Position(it) => Some((it.account, it.contract.contract_id, it.position, it.average_cost)),
            PositionUpdate::PositionEnd => None,
        });
        held.collect()
    }

    /// Demands that no error was left over.
    pub(crate) async fn quiet(&mut self) {
        // The answer to a request that names nothing comes behind everything that was told before it.
        self.client.next_valid_order_id().await.unwrap();
        while let Ok(Some(seen)) = tokio::time::timeout(Duration::ZERO, self.updates.next()).await {
            self.kept.push_back(seen.unwrap());
        }
        let errors: Vec<_> = self.kept.iter().filter(|it| matches!(it, SubscriptionItem::Notice(_))).collect();
        assert!(errors.is_empty(), "errors that nobody waited for: {errors:?}");
    }

    /// Leaves, with nothing left over.
    pub(crate) async fn leave(mut self) {
        self.quiet().await;
        self.client.disconnect().await;
        assert!(!self.client.is_connected());
    }
}

/// The orders of an answer.
pub(crate) async fn orders(mut answer: Subscription<Orders>) -> Vec<OrderData> {
    let told = all(&mut answer, "the orders").await;
    let orders = told.into_iter().filter_map(|it| match it {
        Orders::OrderData(data) => Some(data),
        Orders::OrderStatus(_) => None,
    });
    orders.collect()
}

/// A share.
pub(crate) fn stock(symbol: &str) -> Contract {
    Contract::stock(symbol).build()
}

/// EUR.USD.
pub(crate) fn pair() -> Contract {
    Contract::forex("EUR", "USD").build()
}

/// A price on the grid of cents.
pub(crate) fn cents(price: f64) -> f64 {
    (price * 100.0).round() / 100.0
}

/// Whether this is the Gateway's answer that a question cannot be served.
pub(crate) fn is_notice(error: &Error, code: i32) -> bool {
    matches!(error, Error::Notice(notice) if notice.code == code)
}
