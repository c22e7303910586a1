//! What became of the things that programs ordered.

use gatewright_proto::OrderId;
use jiff::Timestamp;
use rusqlite::Row;

use super::{ProxiedOrder, ProxiedOrderId, ProxiedOutcome, order};
use crate::column;
use crate::database::Journal;
use crate::error::JournalError;

/// Where something that a program ordered stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProxiedState {
    /// Written down and on its way; the Gateway has not said a word of it.
    Sent,
    /// The connection broke before the Gateway said a word of it, or the daemon died; it is being asked.
    InDoubt,
    /// The Gateway has spoken of it.
    Acknowledged,
    /// Its bytes never went out.
    NotSent,
    /// It was in doubt, and is not any more, as far as anybody can tell.
    Settled,
}

impl ProxiedState {
    /// Every state.
    pub const ALL: [Self; 5] = [Self::Sent, Self::InDoubt, Self::Acknowledged, Self::NotSent, Self::Settled];

    /// Its name in files and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::InDoubt => "in_doubt",
            Self::Acknowledged => "acknowledged",
            Self::NotSent => "not_sent",
            Self::Settled => "settled",
        }
    }
}

/// How it stopped being open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProxiedEnd {
    /// When.
    pub at: Timestamp,
    /// How.
    pub outcome: ProxiedOutcome,
    /// In words: what settled it, where it was in doubt.
    pub detail: String,
}

/// Something that a program ordered, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProxiedRecord {
    /// The journal's number for it.
    pub id: ProxiedOrderId,
    /// What was ordered.
    pub order: ProxiedOrder,
    /// Since when it was not known whether it arrived, where that was ever so.
    pub in_doubt_since: Option<Timestamp>,
    /// How it stopped being open; `None` while it is.
    pub end: Option<ProxiedEnd>,
}

impl ProxiedRecord {
    /// How an event's detail begins that is about this order of a program; about all of its orders where `None`.
    ///
    /// The event that an order is in doubt is found by it again.
    pub fn subject(order_id: Option<OrderId>) -> String {
        order_id.map_or_else(|| "orders".to_owned(), |id| format!("order {id}"))
    }

    /// Where it stands.
    pub fn state(&self) -> ProxiedState {
        match (&self.end, self.in_doubt_since) {
            (Some(end), _) => match end.outcome {
                ProxiedOutcome::Acknowledged => ProxiedState::Acknowledged,
                ProxiedOutcome::NotSent => ProxiedState::NotSent,
                ProxiedOutcome::Settled => ProxiedState::Settled,
            },
            (None, Some(_)) => ProxiedState::InDoubt,
            (None, None) => ProxiedState::Sent,
        }
    }
}

/// Which of the things that programs ordered; the default is all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProxiedFilter {
    /// Not before this.
    pub from: Option<Timestamp>,
    /// Before this.
    pub before: Option<Timestamp>,
    /// Only those of orders in this symbol, which a cancel does not name.
    pub symbol: Option<String>,
    /// The newest so many.
    pub newest: Option<u32>,
}

/// Both tables, and since when it was in doubt. Of what was acknowledged nobody needs to know that, and events are many.
const SELECT: &str = "SELECT o.*, x.at AS ended_at, x.outcome AS outcome, x.detail AS detail,
    CASE WHEN x.outcome IS NULL OR x.outcome = 'settled' THEN
        (SELECT min(e.at) FROM events e WHERE e.kind = 'order_in_doubt' AND e.gateway = o.gateway
            AND e.client_id = o.client_id AND e.at >= o.at AND e.at <= coalesce(x.at, e.at)
            AND e.detail LIKE 'order ' || o.order_id || ':%')
    END AS in_doubt_since
    FROM proxied_orders o LEFT JOIN proxied_outcomes x ON x.proxied_order = o.id";

impl Journal {
    /// What programs have ordered, in the order in which it was written, and what became of it.
    ///
    /// # Errors
    /// The database failed.
    pub fn proxied(&self, filter: &ProxiedFilter) -> Result<Vec<ProxiedRecord>, JournalError> {
        let failed = || JournalError::database("reading what programs have ordered");
        let sql = format!(
            "{SELECT} WHERE (?1 IS NULL OR o.at >= ?1) AND (?2 IS NULL OR o.at < ?2) AND (?3 IS NULL OR o.symbol = ?3)
                ORDER BY o.id DESC LIMIT ?4"
        );
        let mut statement = self.connection().prepare_cached(&sql).map_err(failed())?;
        let ProxiedFilter { from, before, symbol, newest } = filter;
        let newest = newest.map_or(-1, i64::from);
        let values = (from.map(column::from_time), before.map(column::from_time), symbol, newest);
        let rows = statement.query_map(values, record).map_err(failed())?;
        let mut records = rows.collect::<Result<Vec<_>, _>>().map_err(failed())?;
        records.reverse();
        Ok(records)
    }

    /// One thing that a program ordered, by its number; `None` where there is none.
    ///
    /// # Errors
    /// The database failed.
    pub fn proxied_by_id(&self, id: ProxiedOrderId) -> Result<Option<ProxiedRecord>, JournalError> {
        let failed = || JournalError::database("reading what a program has ordered");
        let mut statement = self.connection().prepare_cached(&format!("{SELECT} WHERE o.id = ?1")).map_err(failed())?;
        let mut rows = statement.query_map([id.get()], record).map_err(failed())?;
        rows.next().transpose().map_err(failed())
    }

    /// Everything that was done to the same order of the same program: placed, changed, cancelled. In its order.
    ///
    /// # Errors
    /// The database failed.
    pub fn proxied_of_order(&self, order: &ProxiedOrder) -> Result<Vec<ProxiedRecord>, JournalError> {
        let failed = || JournalError::database("reading what a program has ordered");
        let sql = format!("{SELECT} WHERE o.gateway = ?1 AND o.client_id = ?2 AND o.order_id = ?3 ORDER BY o.id");
        let mut statement = self.connection().prepare_cached(&sql).map_err(failed())?;
        let values = (&order.key.gateway, order.key.client_id.get(), order.order_id.map(OrderId::get));
        let rows = statement.query_map(values, record).map_err(failed())?;
        rows.collect::<Result<_, _>>().map_err(failed())
    }

    /// The last thing that a program ordered under this reference of its own; `None` where there is none.
    ///
    /// # Errors
    /// The database failed.
    pub fn proxied_by_reference(&self, order_ref: &str) -> Result<Option<ProxiedRecord>, JournalError> {
        let failed = || JournalError::database("reading what a program has ordered");
        let sql = format!("{SELECT} WHERE o.order_ref = ?1 ORDER BY o.id DESC LIMIT 1");
        let mut statement = self.connection().prepare_cached(&sql).map_err(failed())?;
        let mut rows = statement.query_map([order_ref], record).map_err(failed())?;
        rows.next().transpose().map_err(failed())
    }
}

fn record(row: &Row<'_>) -> rusqlite::Result<ProxiedRecord> {
    let end = column::optional_time(row, "ended_at")?.map(|at| {
        let outcome = column::named(row, "outcome", ProxiedOutcome::from_name)?;
        Ok::<_, rusqlite::Error>(ProxiedEnd { at, outcome, detail: row.get("detail")? })
    });
    Ok(ProxiedRecord {
        id: ProxiedOrderId(row.get("id")?),
        order: order(row)?,
        in_doubt_since: column::optional_time(row, "in_doubt_since")?,
        end: end.transpose()?,
    })
}

#[cfg(test)]
mod tests {
    use gatewright_proto::ClientId;

    use super::super::tests::sample;
    use super::*;
    use crate::event::{EventKind, EventRecord};
    use crate::proxied::{ProxiedAct, ProxiedEntry};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn each_stands_where_its_outcome_or_its_own_doubt_says() {
        let mut journal = Journal::in_memory().unwrap();
        let begun = 1_800_000_000;
        let orders = [sample(7, Some(1), ProxiedAct::Place), sample(7, Some(11), ProxiedAct::Place)];
        let same_id_elsewhere = sample(8, Some(1), ProxiedAct::Place);
        let entries = orders.iter().chain([&same_id_elsewhere]).cloned().map(ProxiedEntry::Order);
        let numbers = journal.record_proxied(&entries.collect::<Vec<_>>()).unwrap();
        let states = |journal: &Journal| -> Vec<&str> {
            let all = journal.proxied(&ProxiedFilter::default()).unwrap();
            all.iter().map(|record| record.state().name()).collect()
        };
        assert_eq!(states(&journal), ["sent", "sent", "sent"]);
        let doubt = |client_id, order_id, second| EventRecord {
            at: at(second),
            key: crate::OrderIdKey { gateway: "127.0.0.1:4002".into(), client_id: ClientId::new(client_id) },
            kind: EventKind::OrderInDoubt,
            detail: format!("{}: in doubt", ProxiedRecord::subject(Some(OrderId::new(order_id)))),
        };
        // A doubt from before is about an earlier life of the number.
        journal.record_event(&doubt(7, 11, begun - 1)).unwrap();
        journal.record_event(&doubt(7, 1, begun + 2)).unwrap();
        assert_eq!(states(&journal), ["in_doubt", "sent", "sent"]);
        let end = |order, outcome| ProxiedEntry::Outcome { order, at: at(begun + 5), outcome, detail: "why".into() };
        let ends = [end(numbers[0], ProxiedOutcome::Settled), end(numbers[1], ProxiedOutcome::Acknowledged)];
        journal.record_proxied(&ends).unwrap();
        assert_eq!(states(&journal), ["settled", "acknowledged", "sent"]);
        let settled = journal.proxied_by_id(numbers[0]).unwrap().unwrap();
        assert_eq!((settled.in_doubt_since, settled.end.unwrap().detail), (Some(at(begun + 2)), "why".into()));
        assert_eq!(journal.proxied_by_id(ProxiedOrderId::new(99)).unwrap(), None);
    }

    #[test]
    fn they_are_narrowed_by_time_symbol_and_order_and_found_by_reference() {
        let mut journal = Journal::in_memory().unwrap();
        let cancel =
            ProxiedOrder { symbol: String::new(), order_ref: String::new(), ..sample(7, Some(1), ProxiedAct::Cancel) };
        let late = ProxiedOrder { at: at(1_800_000_100), ..sample(7, Some(2), ProxiedAct::Place) };
        let orders = [sample(7, Some(1), ProxiedAct::Place), cancel, late];
        let numbers = journal.record_proxied(&orders.clone().map(ProxiedEntry::Order)).unwrap();
        let ids = |filter: ProxiedFilter| -> Vec<ProxiedOrderId> {
            journal.proxied(&filter).unwrap().iter().map(|record| record.id).collect()
        };
        assert_eq!(ids(ProxiedFilter::default()), numbers);
        assert_eq!(ids(ProxiedFilter { newest: Some(2), ..ProxiedFilter::default() }), numbers[1..]);
        assert_eq!(
            ids(ProxiedFilter { symbol: Some("AAPL".into()), ..ProxiedFilter::default() }),
            [numbers[0], numbers[2]]
        );
        let first = ProxiedFilter { before: Some(at(1_800_000_100)), ..ProxiedFilter::default() };
        assert_eq!(ids(first), numbers[..2]);
        let of_order = journal.proxied_of_order(&orders[0]).unwrap();
        assert_eq!(of_order.iter().map(|record| record.id).collect::<Vec<_>>(), numbers[..2]);
        assert_eq!(journal.proxied_by_reference("mine").unwrap().unwrap().id, numbers[2]);
        assert_eq!(journal.proxied_by_reference("yours").unwrap(), None);
    }
}
