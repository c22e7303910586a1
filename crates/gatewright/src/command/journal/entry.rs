//! Everything that happened, in its order: orders decided and moved, executions, events, turns of the kill switch, and what
//! programs ordered.

use gatewright_journal::{HaltTurn, IntentFilter, Journal, JournalError, ProxiedFilter, ProxiedOutcome};
use jiff::Timestamp;
use serde::Serialize;

use super::order::{OrderReport, price_words};
use super::program_order::ProgramOrder;

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Entry {
    pub(super) at: Timestamp,
    pub(super) kind: &'static str,
    /// The trader's order that it is about, by its number in the journal.
    pub(super) order: Option<i64>,
    /// What a program ordered, by its number in the journal.
    pub(super) program_order: Option<i64>,
    pub(super) text: String,
}

/// What happened in a span, oldest first; of more than `newest` the last ones.
///
/// # Errors
///
/// The journal failed.
pub(super) fn entries(
    journal: &Journal,
    (from, before): (Timestamp, Timestamp),
    newest: Option<u32>,
) -> Result<Vec<Entry>, JournalError> {
    let mut entries = Vec::new();
    let span =
        IntentFilter { created_from: Some(from), created_before: Some(before), newest, ..IntentFilter::default() };
    for record in journal.intents(&span)? {
        let order = OrderReport::of(record, &[]);
        let text = format!("{} for {}: {}", order.words(), order.strategy, order.reason);
        entries.push(Entry { at: order.decided_at, kind: "decided", order: Some(order.id), program_order: None, text });
    }
    for (intent, step) in journal.transitions(from, before, newest)? {
        let text = step.evidence.message;
        entries.push(Entry {
            at: step.at,
            kind: step.to.kind().name(),
            order: Some(intent.get()),
            program_order: None,
            text,
        });
    }
    for execution in journal.executions_between(from, before)? {
        let (side, quantity, price) =
            (execution.side.name(), execution.quantity.normalize(), price_words(execution.price));
        let text = format!("{side} {quantity} {} at {price}, execution {}", execution.symbol, execution.exec_id);
        let order = execution.intent.map(gatewright_journal::IntentId::get);
        entries.push(Entry { at: execution.at, kind: "execution", order, program_order: None, text });
    }
    for event in journal.events(from, before)? {
        let text = format!("client {} at {}: {}", event.key.client_id, event.key.gateway, event.detail);
        entries.push(Entry { at: event.at, kind: event.kind.name(), order: None, program_order: None, text });
    }
    for turn in journal.halt_turns(from, before)? {
        let (at, kind, text) = match turn {
            HaltTurn::Halted(halt) => (halt.at, "halted", format!("by {}: {}", halt.by, halt.reason)),
            HaltTurn::Resumed(resume) => (resume.at, "resumed", format!("by {}: {}", resume.by, resume.reason)),
        };
        entries.push(Entry { at, kind, order: None, program_order: None, text });
    }
    entries.extend(of_programs(journal, (from, before), newest)?);
    // Stable, so that what was recorded at the same moment stays as it was recorded.
    entries.sort_by_key(|entry| entry.at);
    if let Some(newest) = newest {
        entries.drain(..entries.len().saturating_sub(newest as usize));
    }
    Ok(entries)
}

/// What programs behind the proxy ordered, and what became of it. That it was in doubt is an event of its own.
fn of_programs(
    journal: &Journal,
    (from, before): (Timestamp, Timestamp),
    newest: Option<u32>,
) -> Result<Vec<Entry>, JournalError> {
    let mut entries = Vec::new();
    let filter = ProxiedFilter { from: Some(from), before: Some(before), newest, ..ProxiedFilter::default() };
    for record in journal.proxied(&filter)? {
        let end = record.end.clone();
        let order = ProgramOrder::of(record);
        let who = format!("client {} at {}", order.client_id, order.gateway);
        let program_order = Some(order.id);
        let text = format!("{who}: {}", order.words());
        entries.push(Entry { at: order.at, kind: "program_ordered", order: None, program_order, text });
        if let Some(end) = end {
            let kind = match end.outcome {
                ProxiedOutcome::Acknowledged => "program_acknowledged",
                ProxiedOutcome::NotSent => "program_not_sent",
                ProxiedOutcome::Settled => "program_settled",
            };
            let text = format!("{who}: {}: {}", order.subject(), end.detail);
            entries.push(Entry { at: end.at, kind, order: None, program_order, text });
        }
    }
    Ok(entries)
}
