//! An event as a line of text. Pure.

use std::time::Duration;

use gatewright_proto::session::Acts;
use gatewright_trade::{DaySummary, Failing, OrderLine, StateKind, Status, SymbolStatus, TradeEvent};
use rust_decimal::Decimal;

use crate::output::{Paint, milliseconds};

/// A price this old is shown as one that needs a look: a five-second bar is missing.
const OLD: Duration = Duration::from_secs(10);

/// The event as a line; `None` for what has no line of its own.
pub(super) fn event(event: &TradeEvent, paint: Paint) -> Option<String> {
    Some(match event {
        TradeEvent::WorkerStarted { pid } => format!("{} worker {pid} runs", paint.good("✓")),
        TradeEvent::WorkerDied { how } => format!("{} the worker died ({how}); another one starts", paint.bad("✗")),
        TradeEvent::Stage { stage, ms } => {
            format!("{} {:<12}{:>10}", paint.good("✓"), stage.name(), milliseconds(*ms))
        }
        TradeEvent::Connected { server_version, account, total_ms, warnings, .. } => {
            let mut text = format!(
                "{} ready in {} · account {} · server version {server_version}",
                paint.good("✓"),
                milliseconds(*total_ms),
                paint.strong(account),
            );
            for warning in warnings {
                text.push_str(&format!("\n         {}", paint.doubtful(warning)));
            }
            text
        }
        TradeEvent::Instrument { symbol, con_id, name } => about(symbol, format!("{name}, conId {con_id}")),
        TradeEvent::History { symbol, bars, needed, last } => {
            let until = last.map(|last| format!(" up to {}", last.strftime("%H:%M:%S UTC"))).unwrap_or_default();
            let short = needed.saturating_sub(*bars);
            let more = if short > 0 { format!("; {short} more needed, from live bars") } else { String::new() };
            about(symbol, format!("history of {bars} bars{until}{more}"))
        }
        TradeEvent::Position { symbol, own, others, differs } => position(symbol, *own, *others, *differs, paint),
        TradeEvent::Trading => format!("{} trading", paint.good("✓")),
        TradeEvent::Signal { symbol, signal } => {
            about(symbol, format!("signal: hold {} ({})", paint.strong(signal.target.normalize()), signal.reason))
        }
        TradeEvent::OrderSent { order, .. } => about(&order.symbol, format!("{} sent", order_words(order))),
        TradeEvent::OrderMoved { order, from, evidence } => moved(order, *from, evidence, paint)?,
        TradeEvent::Fill { order, shares, price: at, book, .. } => {
            let filled = format!("{} {} at {}", paint.good("filled"), shares.normalize(), price(*at));
            let position = format!("position {}, realised {}", book.position.normalize(), money(book.realised, paint));
            about(&order.symbol, format!("{} {filled}; {position}", order_words(order)))
        }
        TradeEvent::Commission { symbol, amount, currency, .. } => {
            about(symbol, format!("commission {} {currency}", cents(*amount)))
        }
        TradeEvent::CancelSent { order } => about(
            &order.symbol,
            format!("{} is being cancelled: the strategy wants something else", order_words(order)),
        ),
        TradeEvent::Assumed { symbol, side, quantity, price: at, book, .. } => {
            let would = paint.doubtful("dry run: would have sent");
            let position = book.position.normalize();
            about(
                symbol,
                format!(
                    "{would} {} {} at {}; position {position} if so",
                    side.name(),
                    quantity.normalize(),
                    price(*at)
                ),
            )
        }
        TradeEvent::StrategyStarted { name } => format!("{} the strategy `{name}` answers", paint.good("✓")),
        TradeEvent::StrategyStopped { why, again_in_ms } => {
            let then = again_in_ms.map_or_else(
                || "it failed too often and is not started again: nothing new is traded for it".into(),
                |ms| format!("it is started again in {:.1} s", Duration::from_millis(ms).as_secs_f64()),
            );
            format!("{} {why}; {then}", paint.bad("✗ the strategy is stopped:"))
        }
        TradeEvent::Halt { why: Some(why) } => format!("{} {why}", paint.bad("✗ HALTED, nothing new is sent:")),
        TradeEvent::Halt { why: None } => format!("{} trading is allowed again", paint.good("✓")),
        TradeEvent::DayEnded(day) => day_ended(day, paint),
        TradeEvent::Refused { symbol, target, refusal } => about(
            symbol,
            format!("{} the order towards {}: {refusal}", paint.doubtful("not sent:"), target.normalize()),
        ),
        TradeEvent::Notice { code, text } => format!("Gateway: {code} {text}"),
        TradeEvent::DataLost { symbol, count } => {
            let of = symbol.as_ref().map(|symbol| format!(" of {symbol}")).unwrap_or_default();
            format!("{} {count} items{of}: this machine was too slow", paint.doubtful("lost"))
        }
        TradeEvent::SessionLost { failure: why } => {
            format!("{} {}; coming back", paint.bad("✗ the session is lost:"), message(why))
        }
        TradeEvent::Retrying { attempt, in_ms, failure: why } => {
            let in_s = Duration::from_millis(*in_ms).as_secs_f64();
            format!("{} attempt {attempt} failed, next in {in_s:.1} s: {}", paint.doubtful("…"), message(why))
        }
        TradeEvent::Problem { failure: why } => format!("{} {}", paint.doubtful("!"), failure(why)),
        TradeEvent::Stopping { working } => match working {
            0 => "stopping".to_owned(),
            1 => "stopping; an order is on its way".to_owned(),
            _ => format!("stopping; {working} orders are on their way"),
        },
        TradeEvent::Disconnected { left_in_close_wait } => match left_in_close_wait {
            Some(0) | None => format!("{} session closed", paint.good("✓")),
            Some(left) => format!("{} session closed; the Gateway holds {left} sockets in CLOSE_WAIT", paint.bad("!")),
        },
        TradeEvent::Bar { .. } | TradeEvent::Status(_) => return None,
    })
}

/// What a day came to, in a few lines.
fn day_ended(day: &DaySummary, paint: Paint) -> String {
    let result = day.result.map_or_else(|| "unknown".into(), |result| money(result, paint));
    let held: Vec<String> = day
        .positions
        .iter()
        .filter(|(_, position)| !position.is_zero())
        .map(|(symbol, position)| format!("{symbol} {}", position.normalize()))
        .collect();
    let held = if held.is_empty() { "nothing is held".into() } else { format!("held: {}", held.join(", ")) };
    let opens = day.opens_at.map(|at| format!("; opens again at {}", at.strftime("%a %H:%M UTC"))).unwrap_or_default();
    let (closed, orders, fills) = (day.closed_at.strftime("%a %H:%M UTC"), day.orders, day.fills);
    let refusals = if day.refusals > 0 { format!(", {} not sent", day.refusals) } else { String::new() };
    format!(
        "{} at {closed}: {result} with commissions · {orders} orders, {fills} fills{refusals} · {held}{opens}",
        paint.strong("The market has closed")
    )
}

/// Another attempt that failed as the one before it did: its reason and remedy have been said.
pub(super) fn failed_again(attempt: u32, in_ms: u64, paint: Paint) -> String {
    let in_s = Duration::from_millis(in_ms).as_secs_f64();
    format!("{} attempt {attempt} failed for the same reason, next in {in_s:.1} s", paint.doubtful("…"))
}

/// The status as one line.
pub(super) fn status(status: &Status, paint: Paint) -> String {
    let session = match (status.ready, status.in_doubt) {
        (true, 0) => paint.good("●"),
        (true, _) => paint.doubtful("●"),
        (false, _) => paint.bad("○"),
    };
    let symbols: Vec<String> = status.symbols.iter().map(|symbol| symbol_status(symbol, paint)).collect();
    // What a narrow terminal cuts off is the last symbol, not the state of orders.
    let mut text = format!("{session} {} fills", status.fills);
    if status.working > 0 {
        text.push_str(&format!(" · {} working", status.working));
    }
    if status.in_doubt > 0 {
        text.push_str(&format!(" · {}", paint.doubtful(format!("{} in doubt", status.in_doubt))));
    }
    if status.risk.halted.is_some() {
        text.push_str(&format!(" · {}", paint.bad("HALTED")));
    }
    format!("{text} │ {}", symbols.join(" │ "))
}

/// The time since the start, as in `01:02.3`.
pub(super) fn stamp(since: Duration) -> String {
    let tenths = since.as_millis() / 100;
    let (minutes, rest) = (tenths / 600, tenths % 600);
    format!("{minutes:02}:{:02}.{}", rest / 10, rest % 10)
}

/// An amount of money with its sign, in cents.
pub(super) fn money(amount: Decimal, paint: Paint) -> String {
    let cents = amount.round_dp(2);
    match cents {
        _ if cents.is_zero() => "0.00".into(),
        _ if cents.is_sign_negative() => paint.bad(format!("{cents:.2}")),
        _ => paint.good(format!("+{cents:.2}")),
    }
}

/// An amount of money without a sign of gain, in cents.
pub(super) fn cents(amount: Decimal) -> String {
    format!("{:.2}", amount.round_dp(2))
}

/// A price: at least cents, and what there is beyond, to a hundredth of one.
pub(super) fn price(price: Decimal) -> String {
    let exact = price.round_dp(4).normalize();
    if exact.scale() > 2 { exact.to_string() } else { format!("{exact:.2}") }
}

fn symbol_status(status: &SymbolStatus, paint: Paint) -> String {
    let now = match (status.price, status.price_age) {
        (Some(last), Some(age)) => {
            let age_words = format!("{:.1}s", age.as_secs_f64());
            format!("{} {}", price(last), if age > OLD { paint.doubtful(age_words) } else { age_words })
        }
        _ => paint.doubtful("no price"),
    };
    let book = &status.book;
    let held = match book.average_price {
        Some(average) => format!("{} @ {}", book.position.normalize(), price(average)),
        None => "flat".into(),
    };
    let open = book.unrealised.map_or_else(|| "?".into(), |open| money(open, paint));
    let closed = money(book.realised, paint);
    let symbol = paint.strong(&status.symbol);
    format!("{symbol} {now} · {held} · open {open} · closed {closed} · fees {}", cents(book.commissions))
}

fn about(symbol: &str, text: impl AsRef<str>) -> String {
    format!("{symbol:<6} {}", text.as_ref())
}

fn order_words(order: &OrderLine) -> String {
    let id = order.order_id.map_or_else(|| order.order_ref.clone(), |id| id.to_string());
    format!("order {id} {} {}", order.side.name(), order.quantity.normalize())
}

/// Sending and filling have lines of their own; that the Gateway has heard of an order is news only after a doubt.
fn moved(order: &OrderLine, from: StateKind, evidence: &str, paint: Paint) -> Option<String> {
    let words = match order.state {
        StateKind::Intended | StateKind::Sent | StateKind::PartiallyFilled | StateKind::Filled => return None,
        StateKind::Acknowledged if from == StateKind::InDoubt => paint.good("found"),
        StateKind::Acknowledged => return None,
        StateKind::Cancelled => paint.doubtful("cancelled"),
        StateKind::Rejected => paint.bad("rejected"),
        StateKind::InDoubt => paint.doubtful("in doubt, the Gateway will be asked"),
        StateKind::NotPlaced => paint.doubtful("not placed"),
    };
    Some(about(&order.symbol, format!("{} {words} ({evidence})", order_words(order))))
}

fn position(symbol: &str, own: Decimal, others: Decimal, differs: bool, paint: Paint) -> String {
    let mut text = format!("position {}", own.normalize());
    if !others.is_zero() {
        text.push_str(&format!("; {} more in the account are left alone", others.normalize()));
    }
    if differs {
        text.push_str(&paint.doubtful("; this is not what was expected, the Gateway's word counts"));
    }
    about(symbol, text)
}

/// What happened; what to do only where the trader does not do it by itself.
fn message(failing: &Failing) -> String {
    match failing.acts {
        Acts::Retry | Acts::Wait => failing.message.clone(),
        Acts::Human => failure(failing),
    }
}

fn failure(failing: &Failing) -> String {
    if failing.remedy.is_empty() {
        return failing.message.clone();
    }
    let who = match failing.acts {
        Acts::Retry | Acts::Wait => "",
        Acts::Human => "A person has to act: ",
    };
    format!("{}\n         {who}{}", failing.message, failing.remedy)
}

#[cfg(test)]
mod tests {
    use gatewright_trade::{BookFigures, Market, Side};

    use super::*;

    const PLAIN: Paint = Paint::new(false);

    fn order(state: StateKind) -> OrderLine {
        let (side, quantity) = (Side::Buy, Decimal::TEN);
        OrderLine { order_ref: "gw-1-0-1".into(), order_id: None, symbol: "AAPL".into(), side, quantity, state }
    }

    #[test]
    fn a_fill_tells_price_position_and_profit() {
        let book = BookFigures { position: Decimal::TEN, realised: Decimal::new(-125, 2), ..BookFigures::default() };
        let (shares, at) = (Decimal::TEN, Decimal::new(24_931, 2));
        let fill = TradeEvent::Fill { order: order(StateKind::Filled), exec_id: "x".into(), shares, price: at, book };
        let text = event(&fill, PLAIN).unwrap();
        assert_eq!(text, "AAPL   order gw-1-0-1 BUY 10 filled 10 at 249.31; position 10, realised -1.25");
    }

    #[test]
    fn the_status_tells_price_age_position_and_profit() {
        let book = BookFigures {
            position: Decimal::TEN,
            average_price: Some(Decimal::new(2_493_125, 4)),
            unrealised: Some(Decimal::new(4, 1)),
            ..BookFigures::default()
        };
        let symbol = SymbolStatus {
            symbol: "AAPL".into(),
            price: Some(Decimal::new(24_935, 2)),
            price_age: Some(Duration::from_millis(340)),
            bid: None,
            ask: None,
            bar_time: None,
            target: None,
            signal: None,
            refused: None,
            halted: None,
            market: Market::Unknown,
            day_result: None,
            book,
        };
        let (layers, orders, risk) = Default::default();
        let all =
            Status { ready: true, working: 1, in_doubt: 0, fills: 3, symbols: vec![symbol], layers, orders, risk };
        let expected =
            "● 3 fills · 1 working │ AAPL 249.35 0.3s · 10 @ 249.3125 · open +0.40 · closed 0.00 · fees 0.00";
        assert_eq!(status(&all, PLAIN), expected);
    }

    #[test]
    fn stamps_and_money_have_fixed_forms() {
        assert_eq!(stamp(Duration::from_millis(62_345)), "01:02.3");
        assert_eq!(stamp(Duration::from_secs(6000)), "100:00.0");
        let written = [0, 5, -5, 123_456].map(|mils| money(Decimal::new(mils, 3), PLAIN));
        assert_eq!(written, ["0.00", "0.00", "0.00", "+123.46"]);
    }

    #[test]
    fn a_failure_says_what_to_do_where_a_person_has_to() {
        let why = |acts| Failing { cause: "x".into(), message: "closed".into(), remedy: "Log in.".into(), acts };
        let lost = event(&TradeEvent::SessionLost { failure: why(Acts::Retry) }, PLAIN).unwrap();
        assert_eq!(lost, "✗ the session is lost: closed; coming back");
        let again = event(&TradeEvent::Retrying { attempt: 2, in_ms: 500, failure: why(Acts::Human) }, PLAIN).unwrap();
        let expected = "… attempt 2 failed, next in 0.5 s: closed\n         A person has to act: Log in.";
        assert_eq!(again, expected);
    }
}
