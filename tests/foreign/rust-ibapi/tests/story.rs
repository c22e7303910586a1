//! The Rust crate ibapi 5.5.0, unmodified, against the simulator. It speaks protobuf only, server versions 213 to 226.

use std::time::Duration;

use gatewright_sim::{SimConfig, Simulator};
use ibapi::accounts::types::AccountGroup;
use ibapi::prelude::*;

/// How long the whole story may take; it is over in a second.
const STORY: Duration = Duration::from_secs(60);

/// How long an order may take to fill.
const FILL: Duration = Duration::from_secs(10);

type Outcome = Result<(), Box<dyn std::error::Error>>;

#[tokio::test]
async fn rust_ibapi_connects_looks_trades_and_leaves() {
    let simulator = Simulator::start(SimConfig::default()).await.unwrap();
    let address = simulator.addr().to_string();
    let story = tokio::time::timeout(STORY, tell(&address)).await.expect("the story ends");
    story.unwrap();
    let state = simulator.snapshot().await.unwrap();
    assert_eq!(state.executions.len(), 1);
    simulator.stop().await.unwrap();
}

async fn tell(address: &str) -> Outcome {
    let client = Client::connect(address, 100).await?;
    assert_eq!(client.server_version(), 226);
    client.server_time().await?;
    assert_eq!(client.managed_accounts().await?, ["DU1234567"]);
    look(&client).await?;
    trade(&client).await?;
    client.disconnect().await;
    Ok(())
}

async fn look(client: &Client) -> Outcome {
    let tags = &[AccountSummaryTags::NET_LIQUIDATION, AccountSummaryTags::TOTAL_CASH_VALUE];
    let mut summary = client.account_summary(&AccountGroup("All".to_string()), tags).await?.filter_data();
    let mut values = 0;
    while let Some(update) = summary.next().await {
        match update? {
            AccountSummaryResult::Summary(_) => values += 1,
            AccountSummaryResult::End => break,
        }
    }
    assert_eq!(values, 2);
    assert_eq!(positions(client).await?, 0);

    let contract = Contract::stock("AAPL").build();
    let details = client.contract_details(&contract).await?;
    assert_eq!((details.len(), details[0].contract.contract_id), (1, 265_598));
    assert!(client.contract_details(&Contract::stock("NOSUCHTHING").build()).await.is_err());

    let history = client
        .historical_data(&contract, HistoricalBarSize::Min5)
        .what_to_show(HistoricalWhatToShow::Trades)
        .duration(1.days())
        .fetch()
        .await?;
    assert!(history.bars.len() > 50);

    let mut bars = client.realtime_bars(&contract).subscribe().await?.filter_data();
    let bar = bars.next().await.ok_or("no bar")??;
    assert!(bar.low <= bar.high);

    let mut ticks = client.market_data(&contract).subscribe().await?;
    while let Some(item) = ticks.next().await {
        if let SubscriptionItem::Data(TickTypes::Price(price)) = item? {
            assert!(price.price > 0.0);
            break;
        }
    }
    Ok(())
}

async fn trade(client: &Client) -> Outcome {
    let contract = Contract::stock("AAPL").build();
    let bought = client.order(&contract).buy(10).market().submit().await?;
    let outcome = client.wait_for_fill(bought, FILL).await?;
    assert!(matches!(&outcome, OrderOutcome::Filled(status) if status.filled == 10.0), "{outcome:?}");
    assert_eq!(positions(client).await?, 1);

    let far = client.order(&contract).buy(1).limit(1.0).submit().await?;
    let _cancellation = client.cancel_order(far, "").await?;
    let outcome = client.wait_for_fill(far, FILL).await?;
    assert!(matches!(outcome, OrderOutcome::Ended(_)), "{outcome:?}");
    Ok(())
}

async fn positions(client: &Client) -> Result<usize, Box<dyn std::error::Error>> {
    let mut updates = client.positions().await?.filter_data();
    let mut count = 0;
    while let Some(update) = updates.next().await {
        match update? {
            PositionUpdate::Position(_) => count += 1,
            PositionUpdate::PositionEnd => break,
        }
    }
    Ok(count)
}
