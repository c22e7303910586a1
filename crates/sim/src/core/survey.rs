//! The whole state as plain data.

use super::book::LiveOrder;
use super::connection::Stage;
use super::world::World;
use crate::snapshot::{AccountSnapshot, ConnectionSnapshot, OrderSnapshot, PositionSnapshot, Snapshot};

impl World {
    /// Everything that a test may want to look at, as it stands now.
    pub fn snapshot(&self) -> Snapshot {
        let connections = self.connections.iter().map(|(id, connection)| ConnectionSnapshot {
            connection: *id,
            peer: connection.peer,
            since: connection.since,
            stage: connection.stage_name(),
            client: connection.client(),
            server_version: connection.speaks,
            received: connection.received.by_kind(),
            sent: connection.sent.by_kind(),
        });
        let accounts = self.ledgers.iter().map(|(account, ledger)| {
            let valuation = self.valuation(account);
            AccountSnapshot {
                account: account.clone(),
                initial_cash: ledger.initial(),
                cash: ledger.cash(),
                realized_pnl: ledger.realized(),
                net_liquidation: valuation.map(|valuation| valuation.net_liquidation()).unwrap_or_default(),
            }
        });
        let positions = self.ledgers.iter().flat_map(|(account, ledger)| {
            ledger.holdings().map(|(con_id, holding)| PositionSnapshot {
                account: account.clone(),
                con_id,
                symbol: self.catalogue.get(con_id).map(|instrument| instrument.symbol.clone()).unwrap_or_default(),
                quantity: holding.quantity,
                cost: holding.cost,
                realized_pnl: holding.realized,
            })
        });
        let leaked = |stage: &Stage| matches!(stage, Stage::Leaked(_));
        Snapshot {
            now: self.now,
            listening: None,
            close_wait: self.connections.values().filter(|connection| leaked(&connection.stage)).count(),
            connections: connections.collect(),
            accounts: accounts.collect(),
            positions: positions.collect(),
            open_orders: self.book.open().map(order).collect(),
            completed_orders: self.book.done().map(|(_, done)| order(done)).collect(),
            executions: self.book.executions().map(|executed| executed.details.clone()).collect(),
            faults: self.faults.iter().collect(),
        }
    }
}

fn order(order: &LiveOrder) -> OrderSnapshot {
    OrderSnapshot {
        client: order.key.0,
        order_id: order.key.1,
        perm_id: order.order.perm_id,
        symbol: order.contract.symbol.clone(),
        order: order.order.clone(),
        status: order.status(),
        filled: order.filled,
        remaining: order.remaining(),
        average_price: order.average_price(),
        commission: order.commission,
    }
}
