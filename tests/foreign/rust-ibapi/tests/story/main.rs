//! The story of the Rust crate ibapi 5.5.0, unmodified, against the simulator: the same steps as the Python clients tell
//! in `with_ib_async` and `with_ibapi`. It speaks protobuf only, server versions 213 to 226.
//!
//! - [`step`]: named steps, and what stories demand
//! - [`desk`]: a connected client whose orders can be watched
//! - [`session`], [`account`], [`contracts`], [`market`], [`history`], [`orders`], [`families`], [`news`], [`others`]:
//!   one subject each
//! - [`proxied`]: the same through the session proxy

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, and a story is nothing but a test")]

mod account;
mod contracts;
mod desk;
mod families;
mod history;
mod market;
mod news;
mod orders;
mod others;
mod proxied;
mod session;
mod step;

use std::time::Duration;

use gatewright_sim::{Fault, SimConfig, Simulator};

/// How long one story may take on a busy machine; the longest are over in half a minute.
const STORY: Duration = Duration::from_secs(120);

/// When the Gateway's clock begins, a trading morning: no story hangs on when it is told.
const BEGAN: &str = "2026-03-04T15:10:30Z";

/// Lets a story be told to a fresh simulator, and looks whether its books balance afterwards.
async fn told(config: SimConfig, story: impl AsyncFnOnce(&Simulator, &str)) {
    let config = SimConfig { start: BEGAN.parse().unwrap(), ..config };
    let simulator = Simulator::start(config).await.unwrap();
    let address = simulator.addr().to_string();
    tokio::time::timeout(STORY, Box::pin(story(&simulator, &address))).await.expect("the story ends");
    let state = simulator.snapshot().await.unwrap();
    simulator.stop().await.unwrap();
    for account in &state.accounts {
        let paid = state.positions.iter().filter(|it| it.account == account.account).map(|it| it.cost);
        let missing = paid.fold(account.cash - account.realized_pnl, |sum, cost| sum + cost);
        assert_eq!(missing, account.initial_cash, "{account:?}");
    }
}

#[tokio::test]
async fn rust_ibapi_connects_leaves_and_comes_back() {
    told(SimConfig::default(), async |_, address| session::fresh(address).await).await;
}

#[tokio::test]
async fn rust_ibapi_reads_in_read_only_mode() {
    let config = SimConfig { faults: vec![Fault::ReadOnly], ..SimConfig::default() };
    told(config, async |_, address| session::read_only(address).await).await;
}

#[tokio::test]
async fn rust_ibapi_has_many_accounts() {
    let config = SimConfig { accounts: session::ACCOUNTS.map(Into::into).to_vec(), ..SimConfig::default() };
    told(config, async |_, address| session::many_accounts(address).await).await;
}

#[tokio::test]
async fn rust_ibapi_knows_what_an_account_is_worth() {
    told(SimConfig::default(), async |_, address| account::account(address).await).await;
}

#[tokio::test]
async fn rust_ibapi_finds_contracts() {
    told(SimConfig::default(), async |_, address| contracts::contracts(address).await).await;
}

#[tokio::test]
async fn rust_ibapi_watches_the_market() {
    told(SimConfig::default(), async |_, address| market::market(address).await).await;
}

#[tokio::test]
async fn rust_ibapi_looks_back() {
    told(SimConfig::default(), async |_, address| history::history(address).await).await;
}

#[tokio::test]
async fn rust_ibapi_places_orders_of_every_kind() {
    told(SimConfig::default(), async |_, address| orders::orders(address).await).await;
}

#[tokio::test]
async fn rust_ibapi_places_orders_that_depend_on_each_other() {
    told(SimConfig::default(), async |_, address| families::families(address).await).await;
}

#[tokio::test]
async fn rust_ibapi_reads_news_and_scans() {
    told(SimConfig::default(), async |_, address| news::news(address).await).await;
}

#[tokio::test]
async fn rust_ibapi_binds_the_orders_of_people() {
    told(SimConfig::default(), async |simulator, address| others::binding(simulator, address).await).await;
}

#[tokio::test]
async fn rust_ibapi_is_the_master_client() {
    let config = SimConfig { master_client_id: Some(gatewright_proto::ClientId::new(5)), ..SimConfig::default() };
    told(config, async |_, address| others::master(address).await).await;
}
