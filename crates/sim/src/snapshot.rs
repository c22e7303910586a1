//! The state of a simulated Gateway as plain data, for tests and reports.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use gatewright_proto::message::execution::ExecDetails;
use gatewright_proto::message::order::Order;
use gatewright_proto::{ClientId, ConId, OrderId, PermId, ServerVersion};
use rust_decimal::Decimal;
use serde::Serialize;

use crate::core::{ConnId, SimInstant};
use crate::fault::Fault;

/// Everything at one moment.
#[derive(Debug, Clone, Serialize)]
pub struct Snapshot {
    /// The simulated moment.
    pub now: SimInstant,
    /// Where clients can connect; absent while the port is closed, and of a world without sockets.
    pub listening: Option<SocketAddr>,
    /// Connections that are held, in the order in which they were made.
    pub connections: Vec<ConnectionSnapshot>,
    /// Sockets kept although their client has sent FIN: what the kernel lists as CLOSE_WAIT on this side.
    pub close_wait: usize,
    /// The accounts of the login.
    pub accounts: Vec<AccountSnapshot>,
    /// Everything that was ever traded, closed positions with a quantity of 0.
    pub positions: Vec<PositionSnapshot>,
    /// Orders that are not done.
    pub open_orders: Vec<OrderSnapshot>,
    /// Orders that are done, oldest first.
    pub completed_orders: Vec<OrderSnapshot>,
    /// Executions, oldest first.
    pub executions: Vec<ExecDetails>,
    /// The faults that are on.
    pub faults: Vec<Fault>,
}

/// One connection.
#[derive(Debug, Clone, Serialize)]
pub struct ConnectionSnapshot {
    /// Its name in this simulator.
    pub connection: ConnId,
    /// The client's address.
    pub peer: SocketAddr,
    /// When it was accepted.
    pub since: SimInstant,
    /// `greeting`, `starting`, `ready`, `mute` (stalled by a fault) or `leaked` (its client has gone, and is ignored).
    pub stage: &'static str,
    /// The client id that it keeps taken.
    pub client: Option<ClientId>,
    /// The version agreed on; 0 before the greeting.
    pub server_version: ServerVersion,
    /// How many messages of each kind it has received, by message id.
    pub received: BTreeMap<i32, u64>,
    /// How many messages of each kind it was sent, by message id.
    pub sent: BTreeMap<i32, u64>,
}

/// One account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AccountSnapshot {
    /// Its name.
    pub account: String,
    /// Dollars at the start.
    pub initial_cash: Decimal,
    /// Dollars now.
    pub cash: Decimal,
    /// Profit of everything that was closed, after commissions, in dollars.
    pub realized_pnl: Decimal,
    /// Cash and positions at the market's prices, in dollars.
    pub net_liquidation: Decimal,
}

/// One position.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PositionSnapshot {
    /// The account.
    pub account: String,
    /// The instrument.
    pub con_id: ConId,
    /// Its symbol.
    pub symbol: String,
    /// Signed size.
    pub quantity: Decimal,
    /// What it has cost, with commissions, in dollars; negative for short positions.
    pub cost: Decimal,
    /// Profit of what was closed, in dollars.
    pub realized_pnl: Decimal,
}

/// One order.
#[derive(Debug, Clone, Serialize)]
pub struct OrderSnapshot {
    /// Who placed it.
    pub client: ClientId,
    /// The number that its client gave it.
    pub order_id: OrderId,
    /// Its number over the account.
    pub perm_id: PermId,
    /// The instrument's symbol.
    pub symbol: String,
    /// The order as openOrder repeats it.
    pub order: Order,
    /// Its status in the API's words.
    pub status: &'static str,
    /// How many were filled.
    pub filled: Decimal,
    /// How many are left.
    pub remaining: Decimal,
    /// The average price of what was filled.
    pub average_price: Option<Decimal>,
    /// What it has cost, in dollars.
    pub commission: Option<Decimal>,
}
