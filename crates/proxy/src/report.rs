//! How a proxy stands, for `status`.

use gatewright_proto::ClientId;
use serde::{Deserialize, Serialize};

/// One client id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientReport {
    /// The client id.
    pub client_id: ClientId,
    /// The server version that it speaks.
    pub server_version: i32,
    /// `arriving`, `connected` or `parked`.
    pub client: String,
    /// The Gateway's side: `up`, `opening` or `waiting`.
    pub gateway: String,
    /// Milliseconds since the client connected; `null` where none is.
    pub connected_ms: Option<u64>,
    /// Milliseconds until a parked session is closed.
    pub parked_for_ms: Option<u64>,
    /// Subscriptions that are kept alive.
    pub subscriptions: usize,
    /// Questions that the Gateway has not answered.
    pub questions: usize,
    /// Orders that the Gateway has not acknowledged.
    pub unacknowledged_orders: usize,
    /// Orders whose fate is not known since a connection broke.
    pub orders_in_doubt: usize,
    /// The next order id that it may be given.
    pub next_order_id: i32,
    /// Bytes that wait for the Gateway.
    pub waiting_for_gateway: usize,
    /// Bytes that wait for the client to read them.
    pub waiting_for_client: usize,
    /// Messages of the client that its own limit holds back.
    #[serde(default)]
    pub held_back: usize,
    /// Messages from the client, over all its connections.
    pub messages_from_client: u64,
    /// Messages from the client in the last second.
    pub messages_per_second: u32,
    /// The most that there were in any second.
    pub most_messages_per_second: u32,
    /// Bytes from the Gateway.
    pub bytes_from_gateway: u64,
    /// How often the Gateway's side was lost.
    pub outages: u64,
    /// How often a client came back to this session.
    pub resumed: u64,
    /// Orders that were refused here.
    pub orders_refused: u64,
    /// Deliveries of the Gateway that nobody was there for any more.
    pub dropped: u64,
    /// Why the Gateway's side is not up.
    pub failure: Option<String>,
}
