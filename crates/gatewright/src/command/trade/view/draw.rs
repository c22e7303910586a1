//! The model as cells. Pure: the same model on the same area is the same picture.

use std::time::Duration;

use gatewright_link::protocol::{Layer, LayerState};
use gatewright_trade::{Market, OrderLine, RiskUsage, Status, SymbolStatus};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders, Paragraph, Row, Table};
use rust_decimal::Decimal;

use super::model::{Model, state_words};
use crate::command::trade::line::{cents, price, stamp};

/// A price this old is shown as one that needs a look: a five-second bar is missing.
const OLD: Duration = Duration::from_secs(10);

/// How many orders are shown at most.
const ORDERS: u16 = 8;

/// Styles for what is well, ill, doubtful and loud. Without colours only the last one shows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Palette {
    colour: bool,
}

impl Palette {
    pub(super) const fn new(colour: bool) -> Self {
        Self { colour }
    }

    pub(super) const fn is_coloured(self) -> bool {
        self.colour
    }

    fn good(self) -> Style {
        self.of(Color::Green)
    }

    fn bad(self) -> Style {
        self.of(Color::Red)
    }

    fn doubtful(self) -> Style {
        self.of(Color::Yellow)
    }

    fn of(self, colour: Color) -> Style {
        if self.colour { Style::new().fg(colour) } else { Style::new() }
    }

    fn strong(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    fn money(self, amount: Decimal) -> Span<'static> {
        let rounded = amount.round_dp(2);
        match rounded {
            _ if rounded.is_zero() => Span::raw("0.00"),
            _ if rounded.is_sign_negative() => Span::styled(format!("{rounded:.2}"), self.bad()),
            _ => Span::styled(format!("+{rounded:.2}"), self.good()),
        }
    }
}

/// Draws everything. What finds no room is left out from the bottom up, events first.
pub(super) fn draw(frame: &mut Frame<'_>, model: &Model, palette: Palette) {
    let symbols = model.status.as_ref().map_or(0, |status| status.symbols.len());
    let working = model.status.as_ref().map_or(0, |status| status.orders.len());
    let orders = u16::try_from(working + model.done.len()).unwrap_or(ORDERS).clamp(1, ORDERS);
    let symbols = u16::try_from(symbols).unwrap_or(u16::MAX).max(1);
    let [head, connection, symbol_area, order_area, event_area, foot] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(4),
        Constraint::Length(symbols.saturating_add(2)),
        Constraint::Length(orders + 2),
        Constraint::Fill(1),
        Constraint::Length(1),
    ])
    .areas(frame.area());
    frame.render_widget(Paragraph::new(header(model, palette)), head);
    frame.render_widget(
        Paragraph::new(connection_lines(model, palette)).block(titled(" Connection and limits ", palette)),
        connection,
    );
    draw_symbols(frame, symbol_area, model.status.as_ref(), palette);
    draw_orders(frame, order_area, model, palette);
    draw_events(frame, event_area, model, palette);
    frame.render_widget(Paragraph::new(footer(model, palette)), foot);
}

fn titled(title: &str, palette: Palette) -> Block<'_> {
    Block::new().borders(Borders::TOP).title(Span::styled(title, palette.strong()))
}

/// What matters most comes first: a narrow terminal cuts the end off.
fn header(model: &Model, palette: Palette) -> Line<'static> {
    let ready = model.status.as_ref().map(|status| status.ready);
    let mut spans = vec![match ready {
        Some(true) => Span::styled("● ready", palette.good()),
        Some(false) => Span::styled("○ no session", palette.bad()),
        None => Span::styled("connecting", palette.doubtful()),
    }];
    if model.doubts() > 0 {
        spans.push(Span::styled(format!(" · {} in doubt", model.doubts()), palette.doubtful()));
    }
    if model.is_halted() {
        spans.push(Span::styled(" · HALTED", palette.bad().add_modifier(Modifier::BOLD)));
    }
    if model.stopping {
        spans.push(Span::styled(" · stopping", palette.doubtful()));
    }
    spans.push(Span::styled(format!(" · {}", model.title), palette.strong()));
    if let Some(account) = &model.account {
        spans.push(Span::raw(format!(" · {account}")));
    }
    spans.push(Span::raw(format!(" · {}", stamp(model.elapsed))));
    Line::from(spans)
}

fn connection_lines(model: &Model, palette: Palette) -> Vec<Line<'static>> {
    let Some(status) = &model.status else { return vec![Line::raw(" nothing is known yet")] };
    let mut layers = vec![Span::raw(" ")];
    for (name, layer) in &status.layers {
        let (mark, style) = match layer.state {
            LayerState::Yes => ("●", palette.good()),
            LayerState::No => ("○", palette.bad()),
            LayerState::Unknown => ("?", palette.doubtful()),
        };
        layers.push(Span::styled(mark, style));
        layers.push(Span::raw(format!(" {}  ", name.replace('_', " "))));
    }
    vec![Line::from(layers), ill(status, palette), risk(&status.risk, palette)]
}

/// What tells us of the first layer that is ill, or that all is well.
fn ill(status: &Status, palette: Palette) -> Line<'static> {
    let first = |state| status.layers.iter().find(move |(_, layer): &(&String, &Layer)| layer.state == state);
    let told = |name: &str, layer: &Layer| {
        let since = layer.since_ms.map(|ms| format!(" for {}", stamp(Duration::from_millis(ms)))).unwrap_or_default();
        format!(" {}{since}: {}", name.replace('_', " "), layer.evidence)
    };
    match (first(LayerState::No), &status.risk.halted) {
        (Some((name, layer)), _) => Line::styled(told(name, layer), palette.bad()),
        (None, Some(why)) => Line::styled(format!(" halted: {why}"), palette.bad()),
        (None, None) => Line::raw(""),
    }
}

fn risk(usage: &RiskUsage, palette: Palette) -> Line<'static> {
    let unknown = || Span::styled("unknown", palette.doubtful());
    let mut spans = vec![Span::raw(" day ")];
    spans.push(usage.day_result.map_or_else(unknown, |result| palette.money(result)));
    spans.push(Span::raw(format!(" of at most -{} · exposure ", cents(usage.max_daily_loss))));
    spans.push(match usage.gross_exposure {
        Some(exposure) if exposure * Decimal::TEN >= usage.max_gross_exposure * Decimal::from(8) => {
            Span::styled(cents(exposure), palette.doubtful())
        }
        Some(exposure) => Span::raw(cents(exposure)),
        None => unknown(),
    });
    spans.push(Span::raw(format!(
        " of {} · {} of {} orders a minute",
        cents(usage.max_gross_exposure),
        usage.orders_last_minute,
        usage.max_orders_per_minute
    )));
    Line::from(spans)
}

fn draw_symbols(frame: &mut Frame<'_>, area: Rect, status: Option<&Status>, palette: Palette) {
    let header = Row::new(["SYMBOL", "PRICE", "AGE", "SIGNAL", "POSITION", "AVERAGE", "OPEN", "CLOSED", "COSTS", ""]);
    let rows = status.into_iter().flat_map(|status| &status.symbols).map(|symbol| symbol_row(symbol, palette));
    let widths = [7, 10, 6, 7, 8, 10, 10, 10, 8].map(Constraint::Length).into_iter().chain([Constraint::Fill(1)]);
    let table = Table::new(rows, widths).header(header.style(palette.strong()));
    frame.render_widget(table.block(titled(" Symbols ", palette)), area);
}

fn symbol_row(symbol: &SymbolStatus, palette: Palette) -> Row<'static> {
    let book = &symbol.book;
    let plain = |value: Option<String>| value.map_or_else(|| Span::raw("–"), Span::raw);
    let age = match symbol.price_age {
        Some(age) if age > OLD => Span::styled(format!("{:.1}s", age.as_secs_f64()), palette.doubtful()),
        Some(age) => Span::raw(format!("{:.1}s", age.as_secs_f64())),
        None => Span::styled("–", palette.doubtful()),
    };
    Row::new([
        Span::styled(symbol.symbol.clone(), palette.strong()),
        plain(symbol.price.map(price)),
        age,
        plain(symbol.target.map(|target| format!("→ {}", target.normalize()))),
        Span::raw(book.position.normalize().to_string()),
        plain(book.average_price.map(price)),
        book.unrealised.map_or_else(|| Span::raw("–"), |open| palette.money(open)),
        palette.money(book.realised),
        Span::raw(cents(book.commissions)),
        remark(symbol, palette),
    ])
}

/// What stands in a symbol's way, the worst first.
fn remark(symbol: &SymbolStatus, palette: Palette) -> Span<'static> {
    match (symbol.halted, &symbol.refused, &symbol.market) {
        (Some(why), _, _) => Span::styled(format!("halted: {}", why.replace('_', " ")), palette.bad()),
        (None, Some(refusal), _) => Span::styled(format!("not sent: {refusal}"), palette.doubtful()),
        (None, None, Market::Closed { .. }) => Span::raw("closed"),
        (None, None, Market::Open { .. } | Market::Unknown) => Span::raw(""),
    }
}

fn draw_orders(frame: &mut Frame<'_>, area: Rect, model: &Model, palette: Palette) {
    let working = model.status.iter().flat_map(|status| status.orders.iter().rev()).map(|working| {
        let limit = working.limit_price.map(|limit| format!(" {}", price(limit))).unwrap_or_default();
        let words = format!("{} {}{limit}", order_words(&working.order), working.order_type);
        let age = stamp(Duration::from_millis(working.age_ms));
        let style = if working.order.state == gatewright_trade::StateKind::InDoubt {
            palette.doubtful()
        } else {
            palette.good()
        };
        let executed = format!("{} filled", working.executed.normalize());
        Row::new([
            Span::raw(words),
            Span::styled(state_words(working.order.state), style),
            Span::raw(executed),
            Span::raw(age),
        ])
    });
    let done = model.done.iter().map(|order| {
        Row::new([Span::raw(order_words(order)), Span::raw(state_words(order.state)), Span::raw(""), Span::raw("")])
    });
    let rows: Vec<Row<'_>> = working.chain(done).take(usize::from(ORDERS)).collect();
    let title = if rows.is_empty() { " Orders: none yet " } else { " Orders " };
    let widths = [Constraint::Length(34), Constraint::Length(18), Constraint::Length(14), Constraint::Fill(1)];
    let header = Row::new(["ORDER", "STATE", "EXECUTED", "AGE"]).style(palette.strong());
    frame.render_widget(Table::new(rows, widths).header(header).block(titled(title, palette)), area);
}

fn order_words(order: &OrderLine) -> String {
    let id = order.order_id.map_or_else(|| order.order_ref.clone(), |id| id.to_string());
    format!("{id} {} {} {}", order.side.name(), order.quantity.normalize(), order.symbol)
}

/// The newest events that find room, the newest last.
fn draw_events(frame: &mut Frame<'_>, area: Rect, model: &Model, palette: Palette) {
    let room = usize::from(area.height.saturating_sub(1));
    let mut lines: Vec<Line<'_>> = Vec::new();
    for happened in model.events.iter().rev() {
        let mut of_one: Vec<Line<'_>> = Vec::new();
        for (number, text) in happened.text.lines().enumerate() {
            let style = match text.chars().next() {
                Some('✗') => palette.bad(),
                Some('!' | '…') => palette.doubtful(),
                Some(_) | None => Style::new(),
            };
            let head = if number == 0 { stamp(happened.at) } else { String::new() };
            of_one.push(Line::styled(format!(" {head:<8} {}", text.trim_end()), style));
        }
        lines.splice(0..0, of_one);
        if lines.len() >= room {
            break;
        }
    }
    let shown = lines.split_off(lines.len().saturating_sub(room));
    frame.render_widget(Paragraph::new(shown).block(titled(" Events ", palette)), area);
}

fn footer(model: &Model, palette: Palette) -> Line<'static> {
    if model.asks_to_halt {
        let text = " Halt trading? Nothing is sent until `gatewright resume`.  y yes   any other key no";
        return Line::styled(text, palette.bad().add_modifier(Modifier::BOLD));
    }
    let halt = if model.is_halted() { "halted: `gatewright resume --reason …`" } else { "h halt" };
    Line::raw(format!(" q stop, in order   {halt}"))
}

#[cfg(test)]
mod tests;
