//! The report for a person, in Markdown. Pure.

use std::fmt::Write as _;

use gatewright_journal::{EventRecord, HaltTurn};
use gatewright_trade::AccountId;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;

use super::day::{Day, SymbolDay};
use crate::command::journal::OrderReport;

/// Everything that a report tells of.
pub(super) struct Told<'a> {
    pub(super) date: Date,
    pub(super) zone: &'a TimeZone,
    pub(super) orders: &'a [OrderReport],
    pub(super) day: &'a Day,
    pub(super) events: &'a [EventRecord],
    pub(super) halts: &'a [HaltTurn],
    /// The picture of the day's profit, where there is one beside the report.
    pub(super) picture: Option<&'a str>,
}

/// The report as Markdown.
pub(super) fn markdown(told: &Told<'_>) -> String {
    let zone = told.zone.iana_name().unwrap_or("local time");
    let mut text = format!("# Trading report for {}\n\nTimes are in {zone}.\n", told.date);
    profit(&mut text, told);
    orders(&mut text, told);
    connection(&mut text, told);
    text
}

fn profit(text: &mut String, told: &Told<'_>) {
    text.push_str("\n## Profit\n\n");
    if told.day.symbols.is_empty() {
        text.push_str("Nothing was filled.\n");
        return;
    }
    text.push_str("| account | symbol | fills | bought | sold | position | realised | unrealised | costs | net |\n");
    text.push_str("|---|---|--:|--:|--:|--:|--:|--:|--:|--:|\n");
    for ((account, symbol), day) in &told.day.symbols {
        profit_row(text, &AccountId::new(account).to_string(), symbol, day);
    }
    if told.day.symbols.len() > 1 {
        profit_row(text, "all", "", &told.day.total());
    }
    text.push_str(
        "\nWhat is open is valued at the price of the last fill in its symbol: the journal has no market prices.\n",
    );
    if told.day.implausible > 0 {
        let _ = writeln!(text, "{} fills have figures that cannot be right, and are left out.", told.day.implausible);
    }
    if let Some(picture) = told.picture {
        let _ = writeln!(text, "\n![Profit over the day]({picture})");
    }
}

fn profit_row(text: &mut String, account: &str, symbol: &str, day: &SymbolDay) {
    let position = format!("{} → {}", day.before.normalize(), day.after.normalize());
    let money = |amount: Decimal| format!("{:.2}", amount.round_dp(2));
    let _ = writeln!(
        text,
        "| {account} | {symbol} | {} | {} | {} | {} | {} | {} | {} | {} |",
        day.fills,
        day.bought.normalize(),
        day.sold.normalize(),
        if symbol.is_empty() { String::new() } else { position },
        money(day.realised),
        money(day.unrealised),
        money(day.commissions),
        money(day.net()),
    );
}

fn orders(text: &mut String, told: &Told<'_>) {
    text.push_str("\n## Orders\n\n");
    if told.orders.is_empty() {
        text.push_str("None.\n");
        return;
    }
    let mut states: Vec<(&str, usize)> = Vec::new();
    for order in told.orders {
        match states.iter_mut().find(|(state, _)| *state == order.state) {
            Some((_, count)) => *count += 1,
            None => states.push((order.state, 1)),
        }
    }
    let states: Vec<String> =
        states.iter().map(|(state, count)| format!("{count} {}", state.replace('_', " "))).collect();
    let _ = writeln!(text, "{}.\n", states.join(", "));
    text.push_str("| id | decided | order | state | filled | strategy | reason |\n|--:|---|---|---|---|---|---|\n");
    for order in told.orders {
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} | {} |",
            order.id,
            time(order.decided_at, told.zone),
            cell(&order.words()),
            cell(&order.state_words()),
            order.filled_words(),
            cell(&order.strategy),
            cell(&order.reason),
        );
    }
}

fn connection(text: &mut String, told: &Told<'_>) {
    text.push_str("\n## Connection and halts\n\n");
    let events = told.events.iter().map(|event| {
        let words = format!("client {} at {}: {}", event.key.client_id, event.key.gateway, event.detail);
        (event.at, event.kind.name(), words)
    });
    let halts = told.halts.iter().map(|turn| match turn {
        HaltTurn::Halted(halt) => (halt.at, "halted", format!("by {}: {}", halt.by, halt.reason)),
        HaltTurn::Resumed(resume) => (resume.at, "resumed", format!("by {}: {}", resume.by, resume.reason)),
    });
    let mut rows: Vec<(Timestamp, &str, String)> = events.chain(halts).collect();
    if rows.is_empty() {
        text.push_str("Nothing is recorded.\n");
        return;
    }
    rows.sort_by_key(|(at, _, _)| *at);
    text.push_str("| when | what | |\n|---|---|---|\n");
    for (at, what, words) in rows {
        let _ = writeln!(text, "| {} | {} | {} |", time(at, told.zone), what.replace('_', " "), cell(&words));
    }
}

fn time(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned_datetime(zone.clone()).strftime("%H:%M:%S").to_string()
}

/// Text that stays within its cell.
fn cell(text: &str) -> String {
    text.replace('\\', "\\\\").replace('|', "\\|").replace(['\r', '\n'], " ")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use gatewright_journal::{HaltRecord, HaltScope, Side};

    use super::super::day::tests::fill;
    use super::*;

    #[test]
    fn a_report_tells_profit_orders_and_halts() {
        let fills = [fill("a.01", 60, Side::Buy, 10, 100), fill("b.01", 120, Side::Sell, 10, 101)];
        let day = Day::of(&fills, &BTreeMap::new(), Timestamp::UNIX_EPOCH);
        let halt = HaltRecord {
            at: Timestamp::from_second(180).unwrap(),
            reason: "smoke | fire".into(),
            by: "ann".into(),
            scope: HaltScope::NewOrders,
        };
        let told = Told {
            date: "1970-01-01".parse().unwrap(),
            zone: &TimeZone::UTC,
            orders: &[],
            day: &day,
            events: &[],
            halts: &[HaltTurn::Halted(halt)],
            picture: Some("1970-01-01-equity.svg"),
        };
        insta::assert_snapshot!(markdown(&told), @r"
        # Trading report for 1970-01-01

        Times are in UTC.

        ## Profit

        | account | symbol | fills | bought | sold | position | realised | unrealised | costs | net |
        |---|---|--:|--:|--:|--:|--:|--:|--:|--:|
        | DU***67 | AAPL | 2 | 10 | 10 | 0 → 0 | 10.00 | 0.00 | 0.00 | 10.00 |

        What is open is valued at the price of the last fill in its symbol: the journal has no market prices.

        ![Profit over the day](1970-01-01-equity.svg)

        ## Orders

        None.

        ## Connection and halts

        | when | what | |
        |---|---|---|
        | 00:03:00 | halted | by ann: smoke \| fire |
        ");
    }
}
