//! `gatewright orders`: the orders in the journal, of traders and of programs, and where they stand.

use std::collections::BTreeMap;

use clap::Args;
use gatewright_journal::{HaltRecord, IntentFilter, Journal, JournalError, ProxiedAct, ProxiedFilter, StateKind};
use jiff::tz::TimeZone;
use serde_json::json;

use crate::command::journal::{Day, JournalArgs, OrderReport, ProgramOrder, ZoneArgs, stamp};
use crate::diagnosis::Diagnosis;
use crate::environment::Environment;
use crate::exit_code::Exit;
use crate::output::{self, Form};

/// How many orders are listed unless more are asked for: two screens.
const LISTED: u32 = 50;

const EXAMPLES: &str = "\
Examples:
  gatewright orders                          the newest fifty, newest last
  gatewright orders --open                   what is not settled yet
  gatewright orders --state-is in_doubt      of which nobody knows whether they exist
  gatewright orders --symbol AAPL --day today
  gatewright orders --all --json | jq '.orders[] | select(.state == \"rejected\")'

Reads the journal only; the Gateway is not asked. `gatewright journal show ID` has an order's whole history.
Orders of programs behind the proxy stand below, as far as Gatewright knows of them: until the Gateway has spoken.
Exit codes: 0 listed (none is a list as well), 2 wrong arguments or a journal that this version cannot read.";

/// List orders and where they stand, from the journal
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct OrdersArgs {
    /// Only orders that are not settled yet
    #[arg(long, conflicts_with = "state_is")]
    open: bool,

    /// Only orders in this state: intended, sent, acknowledged, partially_filled, filled, cancelled, rejected, in_doubt,
    /// not_placed; of programs' orders only sent, acknowledged and in_doubt
    #[arg(long, value_name = "STATE", value_parser = state)]
    state_is: Option<StateKind>,

    /// Only orders in this symbol
    #[arg(long, value_name = "SYMBOL")]
    symbol: Option<String>,

    /// Only orders that were decided on this day: 2026-11-27, today or yesterday
    #[arg(long, value_name = "DATE")]
    day: Option<Day>,

    /// List all, and not only the newest fifty
    #[arg(long)]
    all: bool,

    /// Report as one JSON value on standard output
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    zone: ZoneArgs,

    #[command(flatten)]
    journal: JournalArgs,
}

fn state(text: &str) -> Result<StateKind, String> {
    StateKind::from_name(&text.replace('-', "_")).ok_or_else(|| {
        let names: Vec<&str> = StateKind::ALL.into_iter().map(StateKind::name).collect();
        format!("it is none of {}", names.join(", "))
    })
}

/// Runs the command.
pub(crate) fn run(args: OrdersArgs, environment: &Environment) -> Result<Exit, Diagnosis> {
    let now = args.zone.now()?;
    let span = args.day.map(|day| day.span(&now)).transpose()?;
    let Some(journal) = args.journal.open_existing(environment)? else {
        match Form::from_flag(args.json) {
            Form::Json => output::json(&json!({ "halted": null, "orders": [], "program_orders": [] })),
            Form::Text => output::line(args.journal.none_yet(environment)?),
        }
        return Ok(Exit::Success);
    };
    let mut orders = args.find(&journal, span)?;
    let listed = if args.all || args.json { orders.len() } else { orders.len().min(LISTED as usize) };
    let older = orders.len() - listed;
    let orders = orders.split_off(older);
    let programs = args.of_programs(&journal, span)?;
    let halted = journal.halted()?;
    match Form::from_flag(args.json) {
        Form::Json => output::json(&json!({
            "halted": halted.as_ref().map(halt_json),
            "orders": orders,
            "program_orders": programs,
        })),
        Form::Text => {
            let nothing = if args.is_plain() { "No orders yet: nothing in this journal." } else { "No such orders." };
            let lists = Lists { orders: &orders, older, programs: &programs, all: args.all };
            output::line(text(&lists, halted.as_ref(), now.time_zone(), nothing));
        }
    }
    Ok(Exit::Success)
}

/// A halt for a program.
pub(crate) fn halt_json(halt: &HaltRecord) -> serde_json::Value {
    json!({ "since": halt.at.to_string(), "reason": halt.reason, "by": halt.by, "scope": halt.scope.name() })
}

impl OrdersArgs {
    /// Whether no order is left out.
    fn is_plain(&self) -> bool {
        !self.open && self.state_is.is_none() && self.symbol.is_none() && self.day.is_none()
    }

    fn find(
        &self,
        journal: &Journal,
        span: Option<(jiff::Timestamp, jiff::Timestamp)>,
    ) -> Result<Vec<OrderReport>, JournalError> {
        let filter = IntentFilter {
            symbol: self.symbol.as_ref().map(|symbol| symbol.to_uppercase()),
            state: self.state_is,
            created_from: span.map(|(from, _)| from),
            created_before: span.map(|(_, before)| before),
            // One more than is listed tells whether there are older ones.
            newest: (!self.all && !self.json && !self.open).then_some(LISTED + 1),
            ..IntentFilter::default()
        };
        let mut found = if self.open { journal.open_intents()? } else { journal.intents(&filter)? };
        if self.open {
            found.retain(|record| {
                let at = record.intent.created_at;
                let symbol = filter.symbol.as_ref().is_none_or(|symbol| *symbol == record.intent.symbol);
                symbol && span.is_none_or(|(from, before)| from <= at && at < before)
            });
        }
        found.into_iter().map(|record| OrderReport::read(journal, record)).collect()
    }

    /// What programs ordered, each order once, by what was done to it last.
    fn of_programs(
        &self,
        journal: &Journal,
        span: Option<(jiff::Timestamp, jiff::Timestamp)>,
    ) -> Result<Vec<ProgramOrder>, JournalError> {
        let filter = ProxiedFilter {
            from: span.map(|(from, _)| from),
            before: span.map(|(_, before)| before),
            symbol: None,
            newest: (!self.all && !self.json && !self.open).then_some(LISTED),
        };
        let mut orders: BTreeMap<_, ProgramOrder> = BTreeMap::new();
        for record in journal.proxied(&filter)? {
            // A cancel of everything is no order.
            if record.order.act == ProxiedAct::CancelAll {
                continue;
            }
            let order = ProgramOrder::of(record);
            let key = (order.gateway.clone(), order.client_id, order.order_id);
            let order = match orders.remove(&key) {
                Some(before) => order.after(before),
                None => order,
            };
            orders.insert(key, order);
        }
        let mut found: Vec<ProgramOrder> = orders.into_values().collect();
        found.sort_by_key(|order| order.id);
        let symbol = self.symbol.as_ref().map(|symbol| symbol.to_uppercase());
        found.retain(|order| {
            let open = matches!(order.state, "sent" | "in_doubt");
            (!self.open || open)
                && self.state_is.is_none_or(|wanted| wanted.name() == order.state)
                && symbol.as_ref().is_none_or(|symbol| *symbol == order.symbol)
        });
        Ok(found)
    }
}

/// What is listed.
struct Lists<'a> {
    orders: &'a [OrderReport],
    /// How many older ones of traders there are at least.
    older: usize,
    programs: &'a [ProgramOrder],
    /// Whether no older ones of programs are left out.
    all: bool,
}

fn text(lists: &Lists<'_>, halted: Option<&HaltRecord>, zone: &TimeZone, nothing: &str) -> String {
    let mut text = String::new();
    if let Some(halt) = halted {
        let head = format!("HALTED since {} by {}: ", stamp(halt.at, zone), halt.by);
        output::wrapped(
            &mut text,
            "",
            &format!("{head}{}. Nothing new is sent until `gatewright resume`.", halt.reason),
        );
        text.push('\n');
    }
    let Lists { orders, older, programs, all } = lists;
    if orders.is_empty() && programs.is_empty() {
        text.push_str(nothing);
        return text;
    }
    if !orders.is_empty() {
        let rows = orders.iter().map(|order| {
            vec![
                order.id.to_string(),
                stamp(order.decided_at, zone),
                order.words(),
                order.state_words(),
                order.filled_words(),
            ]
        });
        text.push_str(output::table(&["ID", "DECIDED", "ORDER", "STATE", "FILLED"], rows, &[0]).trim_end());
    }
    if *older > 0 {
        text.push_str("\n\n  There are older ones: --all lists them.");
    }
    if !programs.is_empty() {
        let gap = if orders.is_empty() { "" } else { "\n\n" };
        text.push_str(&format!("{gap}Of programs, by what was done last; how they went on is told to the program:\n"));
        let rows = programs.iter().map(|order| {
            vec![order.name(), stamp(order.at, zone), order.client_id.to_string(), order.words(), order.state_words()]
        });
        text.push_str(output::table(&["ID", "WRITTEN", "CLIENT", "ORDER", "STATE"], rows, &[0, 2]).trim_end());
        if !all && programs.len() == LISTED as usize {
            text.push_str("\n\n  There may be older ones: --all lists them.");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use gatewright_journal::HaltScope;
    use jiff::Timestamp;
    use rust_decimal::Decimal;

    use super::*;

    fn order(id: i64) -> OrderReport {
        OrderReport {
            id,
            order_ref: format!("gw-1-0-{id}"),
            symbol: "AAPL".into(),
            side: "BUY",
            quantity: Decimal::TEN,
            order_type: "LMT",
            limit_price: Some(Decimal::new(18_715, 2)),
            stop_price: None,
            strategy: "cross".into(),
            reason: "it crossed".into(),
            decided_at: Timestamp::UNIX_EPOCH,
            gateway: None,
            client_id: None,
            order_id: None,
            state: "partially_filled",
            code: None,
            text: None,
            in_doubt_since: None,
            filled: Decimal::from(4),
            average_price: Some(Decimal::new(18_715, 2)),
        }
    }

    #[test]
    fn orders_stand_in_a_table_below_the_halt_and_above_what_is_left_out() {
        let rejected =
            OrderReport { state: "rejected", code: Some(201), filled: Decimal::ZERO, average_price: None, ..order(12) };
        let halt = HaltRecord {
            at: Timestamp::UNIX_EPOCH,
            reason: "smoke".into(),
            by: "ann".into(),
            scope: HaltScope::NewOrders,
        };
        let lists = Lists { orders: &[order(9), rejected], older: 1, programs: &[], all: false };
        insta::assert_snapshot!(text(&lists, Some(&halt), &TimeZone::UTC, "none"), @r"
        HALTED since 01-01 00:00:00 by ann: smoke. Nothing new is sent until `gatewright
        resume`.

          ID  DECIDED         ORDER                   STATE             FILLED
           9  01-01 00:00:00  BUY 10 AAPL LMT 187.15  partially filled  4 at 187.15
          12  01-01 00:00:00  BUY 10 AAPL LMT 187.15  rejected (201)

          There are older ones: --all lists them.
        ");
        let none = Lists { orders: &[], older: 0, programs: &[], all: false };
        assert_eq!(text(&none, None, &TimeZone::UTC, "No such orders."), "No such orders.");
    }

    #[test]
    fn states_are_read_with_either_dash() {
        assert_eq!(state("in-doubt"), Ok(StateKind::InDoubt));
        assert!(state("lost").unwrap_err().contains("not_placed"));
    }
}
