//! The highest order id of each client id, which never falls.
//!
//! A Gateway may lower its nextValidId in a restart and so hand ids out again; placing an order under a known id
//! *modifies* the order that has it. So ids come from here, whatever nextValidId says.

use gatewright_proto::{ClientId, OrderId};
use rusqlite::{OptionalExtension, Transaction};

use crate::database::Journal;
use crate::error::JournalError;
use crate::intent::{self, IntentId};
use crate::state::StateKind;

/// What is being done where taking an id for an intent fails.
const ASSIGNING: &str = "assigning an order id";

/// Whose order ids: they rise separately for each client id at each Gateway.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OrderIdKey {
    /// The Gateway, always spelled the same way, as in `127.0.0.1:4002`.
    pub gateway: String,
    /// The client id.
    pub client_id: ClientId,
}

/// An order id and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssignedOrder {
    /// Whose id.
    pub key: OrderIdKey,
    /// The id.
    pub order_id: OrderId,
}

impl Journal {
    /// Notes that ids up to `at_least` have been used or seen; returns the mark, which is never lower than before.
    ///
    /// # Errors
    /// The database failed; the mark is as it was.
    pub fn raise_order_id(&mut self, key: &OrderIdKey, at_least: OrderId) -> Result<OrderId, JournalError> {
        // The Gateway tells of each order of the day whenever it is asked; an id that is known costs no disk sync.
        if let Some(highest) = self.highest_order_id(key)?.filter(|highest| *highest >= at_least) {
            return Ok(highest);
        }
        self.write("raising an order-id mark", |transaction| raise(transaction, key, at_least))
    }

    /// Takes the next id: above every id taken or noted before, and not below `floor`, the Gateway's nextValidId.
    ///
    /// It is durable that the id is taken before this returns, and no other connection gets the same one.
    ///
    /// # Errors
    /// [`JournalError::OrderIdsExhausted`], or the database failed; no id is taken then.
    pub fn take_order_id(&mut self, key: &OrderIdKey, floor: OrderId) -> Result<OrderId, JournalError> {
        self.write("taking an order id", |transaction| take(transaction, key, floor))
    }

    /// Takes the next id, as [`Self::take_order_id`] does, for an intent; both become durable together or not at all.
    ///
    /// # Errors
    /// The intent is unknown, has an id already or is past being intended; the ids are used up; the database failed.
    pub fn assign_order_id(
        &mut self,
        intent: IntentId,
        key: &OrderIdKey,
        floor: OrderId,
    ) -> Result<OrderId, JournalError> {
        self.write(ASSIGNING, |transaction| assign(transaction, intent, key, floor))
    }

    /// The highest id taken or noted, if there is any.
    ///
    /// # Errors
    /// The database failed.
    pub fn highest_order_id(&self, key: &OrderIdKey) -> Result<Option<OrderId>, JournalError> {
        let sql = "SELECT high_water FROM order_ids WHERE gateway = ?1 AND client_id = ?2";
        self.connection()
            .query_row(sql, (&key.gateway, key.client_id.get()), |row| row.get(0).map(OrderId::new))
            .optional()
            .map_err(JournalError::database("reading an order-id mark"))
    }
}

/// Takes the next id for an intent that has none and is still merely intended.
pub(crate) fn assign(
    transaction: &Transaction<'_>,
    intent: IntentId,
    key: &OrderIdKey,
    floor: OrderId,
) -> Result<OrderId, JournalError> {
    let record = intent::read(transaction, intent)?;
    if let Some(AssignedOrder { order_id, .. }) = record.order {
        return Err(JournalError::AlreadyAssigned { intent, order_id });
    }
    let state = record.state.kind();
    if state != StateKind::Intended {
        return Err(JournalError::NotIntended { intent, state });
    }
    let order_id = take(transaction, key, floor)?;
    let sql = "UPDATE intents SET gateway = ?2, client_id = ?3, order_id = ?4 WHERE id = ?1";
    let values = (intent.get(), &key.gateway, key.client_id.get(), order_id.get());
    let mut statement = transaction.prepare_cached(sql).map_err(JournalError::database(ASSIGNING))?;
    statement.execute(values).map_err(JournalError::database(ASSIGNING))?;
    Ok(order_id)
}

fn take(transaction: &Transaction<'_>, key: &OrderIdKey, floor: OrderId) -> Result<OrderId, JournalError> {
    let highest = raise(transaction, key, OrderId::new(0))?;
    let next = highest.next().ok_or_else(|| JournalError::OrderIdsExhausted { key: key.clone() })?.max(floor);
    raise(transaction, key, next)
}

fn raise(transaction: &Transaction<'_>, key: &OrderIdKey, at_least: OrderId) -> Result<OrderId, JournalError> {
    // A mark below zero would say that a negative id can follow.
    let at_least = at_least.max(OrderId::new(0));
    let sql = "INSERT INTO order_ids (gateway, client_id, high_water) VALUES (?1, ?2, ?3)
        ON CONFLICT DO UPDATE SET high_water = max(high_water, excluded.high_water)
        RETURNING high_water";
    let failed = || JournalError::database("raising an order-id mark");
    let mut statement = transaction.prepare_cached(sql).map_err(failed())?;
    let values = (&key.gateway, key.client_id.get(), at_least.get());
    statement.query_row(values, |row| row.get(0).map(OrderId::new)).map_err(failed())
}

#[cfg(test)]
mod tests;
