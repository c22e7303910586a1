//! What executions cost, each once.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row};
use rust_decimal::Decimal;

use crate::column;
use crate::database::Journal;
use crate::error::JournalError;

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

    /// What an execution cost, where it has been told.
    ///
    /// # Errors
    /// The database failed.
    pub fn commission_of(&self, exec_id: &str) -> Result<Option<CommissionRecord>, JournalError> {
        let failed = || JournalError::database("reading a commission");
        let sql = "SELECT * FROM commissions WHERE exec_id = ?1";
        let mut statement = self.connection().prepare_cached(sql).map_err(failed())?;
        statement.query_row([exec_id], commission).optional().map_err(failed())
    }

    /// What executions cost that were told of in `[from, before)`, in the order in which they were told.
    ///
    /// # Errors
    /// The database failed.
    pub fn commissions(&self, from: Timestamp, before: Timestamp) -> Result<Vec<CommissionRecord>, JournalError> {
        let failed = || JournalError::database("reading commissions");
        let sql = "SELECT * FROM commissions WHERE at >= ?1 AND at < ?2 ORDER BY at, exec_id";
        let mut statement = self.connection().prepare_cached(sql).map_err(failed())?;
        let span = (column::from_time(from), column::from_time(before));
        let commissions = statement.query_map(span, commission).map_err(failed())?;
        commissions.collect::<Result<_, _>>().map_err(failed())
    }
}

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
}
