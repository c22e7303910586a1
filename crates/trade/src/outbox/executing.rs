//! Executions: each booked once, at the order that it is of, and what it makes of that order.

use gatewright_journal::{CommissionRecord, ExecutionNews, ExecutionRecord, IntentId, Side};
use gatewright_proto::message::execution::{CommissionReport, Execution};
use jiff::Timestamp;
use rust_decimal::Decimal;

use super::ledger::{Change, Outbox};
use super::order::{WorkingOrder, signed};
use crate::error::TradeError;
use crate::gateway_time;
use crate::position::Fill;
use crate::step::Step;

impl Outbox {
    /// Records an execution and what it makes of its order; nothing when it is known or not of one of our orders.
    ///
    /// # Errors
    ///
    /// The journal failed.
    pub fn execution(
        &mut self,
        symbol: &str,
        execution: &Execution,
        now: Timestamp,
    ) -> Result<Vec<Change>, TradeError> {
        let side = side_of(execution);
        let was = self.journal.newest_revision(&execution.exec_id)?;
        // Every answer repeats the whole day.
        if let Some(known) = was.as_ref().filter(|known| is_the_same(known, execution))
            && self.is_of(known, &execution.order_ref)?
        {
            return Ok(Vec::new());
        }
        let Some(mut order) = self.owner(execution)? else { return Ok(Vec::new()) };
        self.watch.reached(Step::BeforeFill);
        let news = self.journal.record_execution(&ExecutionRecord {
            exec_id: execution.exec_id.clone(),
            intent: Some(order.intent),
            perm_id: execution.perm_id,
            account: execution.acct_number.clone(),
            symbol: symbol.to_owned(),
            side,
            quantity: execution.shares,
            price: execution.price,
            at: gateway_time::parse(&execution.time).unwrap_or(now),
        })?;
        let was = match news {
            ExecutionNews::Known => return self.known_execution(order, &execution.exec_id),
            ExecutionNews::New => None,
            ExecutionNews::Correction => was,
        };
        self.watch.reached(Step::AfterFill);
        order.executed = self.executed(order.intent)?;
        let steps = order.fill(order.executed, &execution.exec_id, execution.perm_id, now);
        let fill = Fill {
            exec_id: execution.exec_id.clone(),
            quantity: signed(side, execution.shares),
            price: execution.price,
        };
        let instead_of =
            was.map(|was| Fill { quantity: signed(was.side, was.quantity), exec_id: was.exec_id, price: was.price });
        // An order that was done already is worked on once more, for this.
        let intent = order.intent;
        self.working.insert(intent, order.clone());
        let mut changes = vec![Change::Executed { order: Box::new(order), fill, instead_of }];
        changes.extend(self.apply(intent, steps)?);
        Ok(changes)
    }

    /// Records what one of our executions cost; nothing where it is not ours or not told yet.
    ///
    /// # Errors
    ///
    /// The journal failed.
    pub fn commission(&mut self, report: &CommissionReport, now: Timestamp) -> Result<(), TradeError> {
        let Some(amount) = report.commission else { return Ok(()) };
        if self.journal.has_execution(&report.exec_id)? {
            let (exec_id, currency) = (report.exec_id.clone(), report.currency.clone());
            self.journal.record_commission(&CommissionRecord { exec_id, amount, currency, at: now })?;
        }
        Ok(())
    }

    /// Whether an execution of the journal is of the order with that reference.
    fn is_of(&self, known: &ExecutionRecord, order_ref: &str) -> Result<bool, TradeError> {
        let Some(intent) = known.intent else { return Ok(false) };
        Ok(self.journal.intent(intent)?.intent.order_ref == order_ref)
    }

    /// The order that an execution belongs to, also one that is done already.
    fn owner(&self, execution: &Execution) -> Result<Option<WorkingOrder>, TradeError> {
        if let Some(intent) = self.find(&execution.order_ref, execution.perm_id) {
            return Ok(self.working.get(&intent).cloned());
        }
        let record = self.by_reference(&execution.order_ref)?;
        record.map(|record| self.restore(&record)).transpose()
    }

    /// An execution that the journal has: of this order, or else of another one, which only another Gateway can mean.
    fn known_execution(&self, order: WorkingOrder, exec_id: &str) -> Result<Vec<Change>, TradeError> {
        let of_this = self.journal.executions(order.intent)?;
        let family = |id: &str| id.rsplit_once('.').map_or_else(|| id.to_owned(), |(family, _)| family.to_owned());
        if of_this.iter().any(|known| family(&known.exec_id) == family(exec_id)) {
            return Ok(Vec::new());
        }
        let why = "its execution has the id of another order's: this is not the Gateway that the journal knows";
        Ok(vec![Change::Unsettleable { order: Box::new(order), why }])
    }

    /// What the executions of an intent add up to.
    pub(super) fn executed(&self, intent: IntentId) -> Result<Decimal, TradeError> {
        Ok(self.journal.executions(intent)?.iter().map(|execution| execution.quantity).sum())
    }
}

fn side_of(execution: &Execution) -> Side {
    if execution.side == "SLD" { Side::Sell } else { Side::Buy }
}

/// Whether an execution is told again, exactly as it was. One with the same id and other figures is another Gateway's.
fn is_the_same(known: &ExecutionRecord, told: &Execution) -> bool {
    let (figures, again) = ((known.quantity, known.price), (told.shares, told.price));
    let names = known.exec_id == told.exec_id && known.perm_id == told.perm_id && known.account == told.acct_number;
    names && figures == again && known.side == side_of(told)
}
