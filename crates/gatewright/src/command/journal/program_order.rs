//! What a program behind the session proxy ordered, as it is reported.

use gatewright_journal::{Journal, JournalError, ProxiedAct, ProxiedEnd, ProxiedOrder, ProxiedRecord};
use gatewright_proto::{OrderId, PermId};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::{Value, json};

use super::show::{precise, precise_time};
use crate::output;

/// Something that a program ordered, with what became of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct ProgramOrder {
    pub(crate) id: i64,
    pub(crate) at: Timestamp,
    pub(crate) gateway: String,
    pub(crate) client_id: i32,
    pub(crate) server_version: i32,
    /// `place`, `cancel`, `exercise` or `cancel_all`.
    pub(crate) act: &'static str,
    pub(crate) order_id: Option<i32>,
    pub(crate) order_ref: String,
    pub(crate) symbol: String,
    pub(crate) side: String,
    pub(crate) quantity: Option<Decimal>,
    pub(crate) order_type: String,
    pub(crate) perm_id: Option<i64>,
    /// `sent`, `in_doubt`, `acknowledged`, `not_sent` or `settled`.
    pub(crate) state: &'static str,
    pub(crate) in_doubt_since: Option<Timestamp>,
    pub(crate) ended_at: Option<Timestamp>,
    /// What became of it, in words: what settled it, where it was in doubt.
    pub(crate) outcome: Option<String>,
}

impl ProgramOrder {
    /// As the journal has it.
    pub(crate) fn of(record: ProxiedRecord) -> Self {
        let state = record.state().name();
        let ProxiedRecord { id, order, in_doubt_since, end } = record;
        let (ended_at, outcome) = end.map(|ProxiedEnd { at, detail, .. }| (at, detail)).unzip();
        let ProxiedOrder {
            at,
            key,
            server_version,
            act,
            order_id,
            order_ref,
            symbol,
            side,
            quantity,
            order_type,
            perm_id,
        } = order;
        Self {
            id: id.get(),
            at,
            gateway: key.gateway,
            client_id: key.client_id.get(),
            server_version: server_version.get(),
            act: act.name(),
            order_id: order_id.map(OrderId::get),
            order_ref,
            symbol,
            side,
            quantity: quantity.map(|quantity| quantity.normalize()),
            order_type,
            perm_id: perm_id.map(PermId::get),
            state,
            in_doubt_since,
            ended_at,
            outcome,
        }
    }

    /// The same with what only an earlier message about the same order says of it: a cancel names neither side nor symbol.
    pub(crate) fn after(self, before: Self) -> Self {
        if self.quantity.is_some() {
            return self;
        }
        let Self { order_ref, symbol, side, quantity, order_type, .. } = before;
        Self { order_ref, symbol, side, quantity, order_type, ..self }
    }

    /// How it is named on a command line, apart from the traders' orders.
    pub(crate) fn name(&self) -> String {
        format!("p{}", self.id)
    }

    /// What was ordered, in a few words: `place 12: BUY 10 AAPL LMT`.
    pub(crate) fn words(&self) -> String {
        let what = match (self.quantity, self.symbol.as_str()) {
            (Some(quantity), symbol) if !symbol.is_empty() => {
                format!(": {} {quantity} {symbol} {}", self.side, self.order_type)
            }
            (Some(_) | None, _) => String::new(),
        };
        let number = self.order_id.map(|id| format!(" {id}")).unwrap_or_default();
        format!("{}{number}{what}", self.act.replace('_', " "))
    }

    /// What an outcome is about: `place 12`.
    pub(crate) fn subject(&self) -> String {
        let number = self.order_id.map(|id| format!(" {id}")).unwrap_or_default();
        format!("{}{number}", self.act.replace('_', " "))
    }

    /// Where it stands: the state, and where it was in doubt what settled it.
    pub(crate) fn state_words(&self) -> String {
        let state = self.state.replace('_', " ");
        match &self.outcome {
            // The detail begins with the state itself.
            Some(detail) if self.state == "settled" => detail.clone(),
            Some(_) | None => state,
        }
    }
}

/// One order of a program, with everything that the program did to it.
pub(super) struct ProgramLife {
    asked: ProgramOrder,
    story: Vec<ProgramOrder>,
}

impl ProgramLife {
    /// With what else was done to the same order.
    ///
    /// # Errors
    ///
    /// The journal failed.
    pub(super) fn read(journal: &Journal, record: ProxiedRecord) -> Result<Self, JournalError> {
        let story = match record.order.act {
            ProxiedAct::CancelAll => vec![record.clone()],
            ProxiedAct::Place | ProxiedAct::Cancel | ProxiedAct::Exercise => journal.proxied_of_order(&record.order)?,
        };
        let story = if story.is_empty() { vec![record.clone()] } else { story };
        Ok(Self { asked: ProgramOrder::of(record), story: story.into_iter().map(ProgramOrder::of).collect() })
    }

    /// For a program.
    pub(super) fn json(&self) -> Value {
        json!({ "program_order": self.asked, "history": self.story })
    }

    /// For a person.
    pub(super) fn text(&self, zone: &TimeZone) -> String {
        let asked = &self.asked;
        let mut text =
            format!("program order {}: {}, {}\n\n", asked.name(), asked.words(), asked.state.replace('_', " "));
        let mut row = |name: &str, value: &str| output::wrapped(&mut text, &format!("  {name:<11}"), value);
        row(
            "program",
            &format!("client {} at {}, server version {}", asked.client_id, asked.gateway, asked.server_version),
        );
        let known =
            |value: &str| if value.is_empty() { "none that could be read".to_owned() } else { value.to_owned() };
        row("reference", &known(&asked.order_ref));
        row("written", &precise(asked.at, zone));
        if let Some(perm_id) = asked.perm_id {
            row("permId", &perm_id.to_string());
        }
        text.push_str("\nHistory\n");
        let mut steps: Vec<(Timestamp, String, String)> = Vec::new();
        for step in &self.story {
            steps.push((step.at, step.name(), step.words()));
            if let Some(since) = step.in_doubt_since {
                steps.push((since, step.name(), "in doubt: the Gateway is asked, and nothing is sent again".into()));
            }
            if let (Some(at), Some(outcome)) = (step.ended_at, &step.outcome) {
                steps.push((at, step.name(), outcome.clone()));
            }
        }
        steps.sort_by_key(|(at, ..)| *at);
        for (at, name, words) in steps {
            output::wrapped(&mut text, &format!("  {}  {name:<6}", precise_time(at, zone)), &words);
        }
        if self.story.iter().any(|step| matches!(step.state, "sent" | "in_doubt")) {
            text.push_str("\nThe Gateway has not spoken of it. `gatewright up` asks, and tells the program.\n");
        }
        text.trim_end().to_owned()
    }
}
