//! It buys a hundred shares over the TWS API, and says what it holds.

use ibapi::prelude::*;

/// Connects, buys, waits until the order is filled, and returns the size of the position.
pub async fn buy_a_hundred(gateway: &str) -> Result<f64, Box<dyn std::error::Error>> {
    let client = Client::connect(gateway, 7).await?;
    let apple = Contract::stock("AAPL").build();
    let mut news = client.order_update_stream().await?;
    let order = client.order(&apple).buy(100).market().submit().await?;
    while let Some(update) = news.next().await {
        if let SubscriptionItem::Data(OrderUpdate::OrderStatus(status)) = update?
            && status.order_id == order.0
            && status.remaining == 0.0
        {
            break;
        }
    }
    let mut positions = client.positions().await?;
    while let Some(update) = positions.next().await {
        if let SubscriptionItem::Data(PositionUpdate::Position(position)) = update? {
            return Ok(position.position);
        }
    }
    Ok(0.0)
}
