//! The summary for a person. Pure.

use std::fmt::Write as _;
use std::time::Duration;

use gatewright_trade::Summary;

use super::line::{cents, money, price, stamp};
use crate::output::Paint;

/// The summary as lines of text.
pub(super) fn text(summary: &Summary, paint: Paint) -> String {
    let mut text = String::new();
    let mut row = |name: &str, value: String| {
        let _ = write!(text, "\n  {name:<14}{value}");
    };
    let duration = stamp(Duration::from_millis(summary.duration_ms));
    row("duration", duration);
    if let Some(account) = &summary.account {
        row("account", account.to_string());
    }
    let orders: Vec<String> =
        summary.orders.iter().map(|(state, n)| format!("{n} {}", state.replace('_', " "))).collect();
    row("orders", if orders.is_empty() { "none".into() } else { orders.join(", ") });
    match summary.assumed {
        0 => row("fills", summary.fills.to_string()),
        assumed => row("fills", format!("none; {assumed} were assumed, as was all money below: nothing was sent")),
    }
    for (symbol, figures) in &summary.symbols {
        let book = &figures.book;
        let held = match book.average_price {
            Some(average) => format!("{} at {}", book.position.normalize(), price(average)),
            None => "flat".into(),
        };
        let last = figures.last_price.map(|last| format!(", last price {}", price(last))).unwrap_or_default();
        row(symbol, format!("{held}{last}, {} bars", figures.bars));
        if let Some(why) = figures.halted {
            row("", paint.bad(format!("HALTED: {}", why.replace('_', " "))));
        }
    }
    row("cash flow", money(summary.cash_flow, paint));
    row("realised", money(summary.realised, paint));
    row("unrealised", summary.unrealised.map_or_else(|| "unknown".into(), |amount| money(amount, paint)));
    row("commissions", cents(summary.commissions));
    row("net profit", summary.net_profit.map_or_else(|| "unknown".into(), |amount| money(amount, paint)));
    if summary.reconnects > 0 {
        row("reconnects", summary.reconnects.to_string());
    }
    if summary.in_doubt_settled > 0 {
        row("in doubt", format!("{} settled", summary.in_doubt_settled));
    }
    for (limit, count) in &summary.refusals {
        row("not sent", format!("{count} for {limit}"));
    }
    if summary.data_lost > 0 {
        row("data lost", format!("{} items", summary.data_lost));
    }
    format!("\n{}{text}", paint.strong("Summary"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn a_run_without_trades_says_so_in_full() {
        let summary = Summary { duration_ms: 30_000, unrealised: Some(0.into()), ..Summary::default() }.total();
        let text = text(&summary, Paint::new(false));
        assert!(
            text.starts_with("\nSummary\n  duration      00:30.0\n  orders        none\n  fills         0\n"),
            "{text}"
        );
        assert!(text.ends_with("net profit    0.00"), "{text}");
    }

    #[test]
    fn the_fills_of_a_dry_run_are_called_assumed() {
        let summary = Summary { assumed: 2, fills: 2, ..Summary::default() };
        let text = text(&summary, Paint::new(false));
        assert!(text.contains("fills         none; 2 were assumed") && text.contains("nothing was sent"), "{text}");
    }

    #[test]
    fn what_went_wrong_has_lines_only_where_it_did() {
        let refusals = BTreeMap::from([("data_age", 2)]);
        let summary = Summary { reconnects: 1, in_doubt_settled: 3, refusals, ..Summary::default() };
        let text = text(&summary, Paint::new(false));
        assert!(text.contains("reconnects    1") && text.contains("3 settled") && text.contains("2 for data_age"));
    }
}
