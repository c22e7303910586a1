//! What executions cost, each once.
//!
//! Where an execution is corrected (`….01` → `….02`), what it costs is told again under the correction's id. That takes the
//! place of what was told before.

use jiff::Timestamp;
use rusqlite::Row;
use rust_decimal::Decimal;

use crate::column;
use crate::database::Journal;
use crate::error::JournalError;
use crate::execution::family_and_revision;

/// What one execution cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommissionRecord {
    /// The execution.
    pub exec_id: String,
    /// The amount; below zero was received.
    pub amount: Decimal,
    /// Its currency.
    pub currency: String,
    /// When it was told; kept to the microsecond.
    pub at: Timestamp,
}

impl Journal {
    /// Records what an execution cost, unless that is known; whether it was new. It is durable before this returns.
    ///
    /// # Errors
    /// The database failed.
    pub fn record_commission(&mut self, commission: &CommissionRecord) -> Result<bool, JournalError> {
        let doing = "recording a commission";
        // The Gateway tells of each again whenever it is asked; what is known costs no disk sync.
        let sql = "SELECT count(*) FROM commissions WHERE exec_id = ?1";
        let known: i64 = self
            .connection()
            .query_row(sql, [&commission.exec_id], |row| row.get(0))
            .map_err(JournalError::database(doing))?;
        if known > 0 {
            return Ok(false);
        }
        self.write(doing, |transaction| {
            let sql = "INSERT INTO commissions (exec_id, amount, currency, at) VALUES (?1, ?2, ?3, ?4)
                ON CONFLICT (exec_id) DO NOTHING";
            let CommissionRecord { exec_id, amount, currency, at } = commission;
            let values = (exec_id, amount.to_string(), currency, column::from_time(*at));
            let inserted = transaction.execute(sql, values).map_err(JournalError::database(doing))?;
            Ok(inserted > 0)
        })
    }

    /// What an execution cost, where it has been told, under whatever revision of its id: by the newest of them.
    ///
    /// # Errors
    /// The database failed.
    pub fn commission_of(&self, exec_id: &str) -> Result<Option<CommissionRecord>, JournalError> {
        let failed = || JournalError::database("reading a commission");
        let (family, _) = family_and_revision(exec_id);
        // Every id of the execution, and perhaps some that only begin like it.
        let sql = "SELECT * FROM commissions WHERE exec_id = ?1 OR (exec_id > ?1 || '.' AND exec_id < ?1 || '/')";
        let mut statement = self.connection().prepare_cached(sql).map_err(failed())?;
        let told = statement.query_map([family], commission).map_err(failed())?;
        let told = told.collect::<Result<Vec<_>, _>>().map_err(failed())?;
        let of_it = told.into_iter().filter(|told| family_and_revision(&told.exec_id).0 == family);
        Ok(of_it.max_by_key(|told| family_and_revision(&told.exec_id).1))
    }

    /// What executions cost that were told of in `[from, before)`, in the order in which they were told; of each execution
    /// by the newest revision only, so that they can be added up.
    ///
    /// # Errors
    /// The database failed.
    pub fn commissions(&self, from: Timestamp, before: Timestamp) -> Result<Vec<CommissionRecord>, JournalError> {
        let failed = || JournalError::database("reading commissions");
        let mut statement = self.connection().prepare_cached(IN_SPAN).map_err(failed())?;
        let span = (column::from_time(from), column::from_time(before));
        let commissions = statement.query_map(span, commission).map_err(failed())?;
        commissions.collect::<Result<_, _>>().map_err(failed())
    }
}

/// See [`Journal::commissions`]. An id without its digits at the end is its execution and a dot, where it has revisions; `:`
/// is what follows the digits.
const IN_SPAN: &str = "SELECT * FROM commissions AS mine WHERE at >= ?1 AND at < ?2 AND NOT EXISTS
        (SELECT 1 FROM commissions AS newer
            WHERE rtrim(mine.exec_id, '0123456789') LIKE '%.'
                AND newer.exec_id > rtrim(mine.exec_id, '0123456789')
                AND newer.exec_id < rtrim(mine.exec_id, '0123456789') || ':'
                AND rtrim(newer.exec_id, '0123456789') = rtrim(mine.exec_id, '0123456789')
                AND CAST(substr(newer.exec_id, length(rtrim(newer.exec_id, '0123456789')) + 1) AS INTEGER)
                    > CAST(substr(mine.exec_id, length(rtrim(mine.exec_id, '0123456789')) + 1) AS INTEGER))
    ORDER BY at, exec_id";

fn commission(row: &Row<'_>) -> rusqlite::Result<CommissionRecord> {
    Ok(CommissionRecord {
        exec_id: row.get("exec_id")?,
        amount: column::decimal(row, "amount")?,
        currency: row.get("currency")?,
        at: column::time(row, "at")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commission_counts_once() {
        let mut journal = Journal::in_memory().unwrap();
        let commission = CommissionRecord {
            exec_id: "a.01".into(),
            amount: Decimal::new(105, 2),
            currency: "USD".into(),
            at: Timestamp::UNIX_EPOCH,
        };
        assert!(journal.record_commission(&commission).unwrap());
        assert!(!journal.record_commission(&commission).unwrap());
        assert_eq!(journal.commission_of("a.01").unwrap().as_ref(), Some(&commission));
        assert_eq!(journal.commission_of("b.01").unwrap(), None);
        assert_eq!(journal.commissions(Timestamp::MIN, Timestamp::MAX).unwrap(), [commission]);
        assert!(journal.commissions(Timestamp::MIN, Timestamp::UNIX_EPOCH).unwrap().is_empty());
    }

    #[test]
    fn what_is_told_again_under_a_corrections_id_takes_the_place_of_what_was_told_before() {
        let mut journal = Journal::in_memory().unwrap();
        let mut told = |exec_id: &str, cents, second| {
            let (amount, at) = (Decimal::new(cents, 2), Timestamp::from_second(second).unwrap());
            let commission = CommissionRecord { exec_id: exec_id.into(), amount, currency: "USD".into(), at };
            journal.record_commission(&commission).unwrap();
        };
        told("0000e0d5.6576fd38.01.09", 100, 1);
        told("0000e0d5.6576fd38.01.10", 120, 2);
        told("0000e0d5.6576fd38.01.08", 100, 3);
        told("0000e0d5.6576fd38.02.01", 300, 4);
        told("0000e0d5.6576fd38.0", 500, 5);
        told("odd", 700, 6);
        told("odd7", 900, 7);
        let all: Vec<i64> = journal
            .commissions(Timestamp::MIN, Timestamp::MAX)
            .unwrap()
            .iter()
            .map(|commission| (commission.amount * Decimal::ONE_HUNDRED).try_into().unwrap())
            .collect();
        assert_eq!(all, [120, 300, 500, 700, 900]);
        let day_before = journal.commissions(Timestamp::MIN, Timestamp::from_second(2).unwrap()).unwrap();
        assert!(day_before.is_empty(), "it counts when it was told last");
        for exec_id in ["0000e0d5.6576fd38.01.01", "0000e0d5.6576fd38.01.10", "0000e0d5.6576fd38.01.11"] {
            let of_it = journal.commission_of(exec_id).unwrap().unwrap();
            assert_eq!(of_it.exec_id, "0000e0d5.6576fd38.01.10", "{exec_id}");
        }
        assert_eq!(journal.commission_of("odd").unwrap().unwrap().amount, Decimal::new(700, 2));
        assert_eq!(journal.commission_of("0000e0d5").unwrap(), None);
    }
}
