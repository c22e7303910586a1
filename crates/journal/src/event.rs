//! What happened besides orders: sessions, halts, differences.

use gatewright_proto::ClientId;
use jiff::Timestamp;
use rusqlite::Row;

use crate::column;
use crate::database::Journal;
use crate::error::JournalError;
use crate::order_id::OrderIdKey;

/// What kind of thing happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EventKind {
    /// A session got ready.
    SessionReady,
    /// A session ended although nobody wanted that.
    SessionLost,
    /// A session was closed in order, because its trader was told to stop.
    SessionClosed,
    /// Trading was halted.
    Halted,
    /// Trading was allowed again.
    Resumed,
    /// What the Gateway holds is not what our executions explain.
    PositionDiffers,
    /// A proxied program's order was sent and the connection broke before the Gateway acknowledged it.
    OrderInDoubt,
    /// It is known what became of such an order.
    OrderSettled,
}

impl EventKind {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::SessionReady,
        Self::SessionLost,
        Self::SessionClosed,
        Self::Halted,
        Self::Resumed,
        Self::PositionDiffers,
        Self::OrderInDoubt,
        Self::OrderSettled,
    ];

    /// Its name in files and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::SessionReady => "session_ready",
            Self::SessionLost => "session_lost",
            Self::SessionClosed => "session_closed",
            Self::Halted => "halted",
            Self::Resumed => "resumed",
            Self::PositionDiffers => "position_differs",
            Self::OrderInDoubt => "order_in_doubt",
            Self::OrderSettled => "order_settled",
        }
    }

    /// The kind that [`Self::name`] calls `name`.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventRecord {
    /// When; kept to the microsecond.
    pub at: Timestamp,
    /// At which Gateway, as which client.
    pub key: OrderIdKey,
    /// What kind of thing.
    pub kind: EventKind,
    /// In words.
    pub detail: String,
}

impl Journal {
    /// Records that something happened; it is durable before this returns.
    ///
    /// # Errors
    /// The database failed.
    pub fn record_event(&mut self, event: &EventRecord) -> Result<(), JournalError> {
        let doing = "recording an event";
        self.write(doing, |transaction| {
            let sql = "INSERT INTO events (at, gateway, client_id, kind, detail) VALUES (?1, ?2, ?3, ?4, ?5)";
            let EventRecord { at, key, kind, detail } = event;
            let values = (column::from_time(*at), &key.gateway, key.client_id.get(), kind.name(), detail);
            transaction.execute(sql, values).map_err(JournalError::database(doing))?;
            Ok(())
        })
    }

    /// What happened in `[from, before)`, in the order in which it was recorded.
    ///
    /// # Errors
    /// The database failed.
    pub fn events(&self, from: Timestamp, before: Timestamp) -> Result<Vec<EventRecord>, JournalError> {
        let failed = || JournalError::database("reading events");
        let sql = "SELECT * FROM events WHERE at >= ?1 AND at < ?2 ORDER BY id";
        let mut statement = self.connection().prepare_cached(sql).map_err(failed())?;
        let span = (column::from_time(from), column::from_time(before));
        let events = statement.query_map(span, event).map_err(failed())?;
        events.collect::<Result<_, _>>().map_err(failed())
    }
}

fn event(row: &Row<'_>) -> rusqlite::Result<EventRecord> {
    Ok(EventRecord {
        at: column::time(row, "at")?,
        key: OrderIdKey { gateway: row.get("gateway")?, client_id: ClientId::new(row.get("client_id")?) },
        kind: column::named(row, "kind", EventKind::from_name)?,
        detail: row.get("detail")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_of_every_kind_are_read_back_by_their_time() {
        let mut journal = Journal::in_memory().unwrap();
        let key = OrderIdKey { gateway: "127.0.0.1:4002".into(), client_id: ClientId::new(7) };
        let at = |second| Timestamp::from_second(second).unwrap();
        let events: Vec<EventRecord> = EventKind::ALL
            .into_iter()
            .zip(0..)
            .map(|(kind, second)| EventRecord { at: at(second), key: key.clone(), kind, detail: kind.name().into() })
            .collect();
        for event in &events {
            journal.record_event(event).unwrap();
        }
        assert_eq!(journal.events(at(1), at(3)).unwrap(), events[1..3]);
        assert_eq!(journal.events(Timestamp::MIN, Timestamp::MAX).unwrap(), events);
    }
}
