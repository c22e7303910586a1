//! What the journal says of today, of this minute, and of halts.

use std::collections::BTreeSet;

use gatewright_journal::{HaltRecord, IntentFilter, Side, family_and_revision};
use jiff::{SignedDuration, Timestamp};

use super::ledger::Outbox;
use crate::day::EarlierToday;
use crate::error::TradeError;

impl Outbox {
    /// What our executions in an account came to since `since`, by the Gateway's clock, over all runs.
    ///
    /// # Errors
    ///
    /// The journal failed.
    pub fn earlier_today(
        &self,
        account: &str,
        symbol: &str,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<EarlierToday, TradeError> {
        let mut earlier = EarlierToday::default();
        let mut ours = BTreeSet::new();
        for execution in self.journal.executions_between(since, Timestamp::MAX)? {
            let Some(intent) = execution.intent.filter(|_| execution.account == account && execution.symbol == symbol)
            else {
                continue;
            };
            let is_ours = self.journal.intent(intent)?.order.is_some_and(|order| order.key == self.key);
            // Figures that no market has are told of elsewhere, and count for nothing.
            let Some(value) = execution.quantity.checked_mul(execution.price).filter(|_| is_ours) else { continue };
            let (bought, paid) = match execution.side {
                Side::Buy => (execution.quantity, value),
                Side::Sell => (-execution.quantity, -value),
            };
            earlier.quantity = earlier.quantity.saturating_add(bought);
            earlier.cash_flow = earlier.cash_flow.saturating_sub(paid);
            ours.insert(family_and_revision(&execution.exec_id).0.to_owned());
        }
        // They are told by our own clock, which need not be the Gateway's.
        let told_since = now.checked_sub(SignedDuration::from_hours(24)).unwrap_or(now).min(since);
        for commission in self.journal.commissions(told_since, Timestamp::MAX)? {
            if ours.contains(family_and_revision(&commission.exec_id).0) {
                earlier.commissions = earlier.commissions.saturating_add(commission.amount);
            }
        }
        Ok(earlier)
    }

    /// How many of our orders were sent within the last minute, by runs before this one too.
    ///
    /// # Errors
    ///
    /// The journal failed.
    pub fn sent_within_a_minute(&self, now: Timestamp) -> Result<usize, TradeError> {
        let from = now.checked_sub(SignedDuration::from_secs(60)).unwrap_or(now);
        let filter = IntentFilter { created_from: Some(from), ..IntentFilter::default() };
        let recent = self.journal.intents(&filter)?;
        Ok(recent.iter().filter(|record| record.order.as_ref().is_some_and(|order| order.key == self.key)).count())
    }

    /// How often trading has been halted, ever.
    ///
    /// # Errors
    ///
    /// The journal failed.
    pub fn halts_so_far(&self) -> Result<u64, TradeError> {
        Ok(self.journal.halts_so_far()?)
    }

    /// The halt that stands, if one does. While it does, [`Self::submit`] takes nothing.
    ///
    /// # Errors
    ///
    /// The journal failed.
    pub fn halted(&self) -> Result<Option<HaltRecord>, TradeError> {
        Ok(self.journal.halted()?)
    }
}
