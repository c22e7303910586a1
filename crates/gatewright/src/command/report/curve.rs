//! The day's profit as a picture: a step line over time, in SVG that needs nothing else. Pure.

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

/// The picture's width, in units that a browser shows as pixels.
const WIDTH: f64 = 800.0;

/// The picture's height.
const HEIGHT: f64 = 300.0;

/// Free on the left, for amounts.
const LEFT: f64 = 80.0;

/// Free on the right.
const RIGHT: f64 = 20.0;

/// Free above, for the title.
const TOP: f64 = 40.0;

/// Free below, for times.
const BOTTOM: f64 = 36.0;

/// How many amounts are written at the side, besides the lowest.
const LINES: u32 = 4;

/// The picture of a day; `None` where there is nothing to draw.
pub(super) fn svg(curve: &[(Timestamp, Decimal)], title: &str, zone: &TimeZone) -> Option<String> {
    let (first, last) = (curve.first()?.0, curve.last()?.0);
    let amounts = || curve.iter().map(|(_, amount)| amount.to_f64().unwrap_or_default());
    // Zero is always in the picture: above it the day has won, below it has lost.
    let (mut low, mut high) = (amounts().fold(0.0, f64::min), amounts().fold(0.0, f64::max));
    if high - low < 0.01 {
        (low, high) = (low - 1.0, high + 1.0);
    }
    let span = last.duration_since(first).as_secs_f64().max(1.0);
    let x = |at: Timestamp| LEFT + at.duration_since(first).as_secs_f64() / span * (WIDTH - LEFT - RIGHT);
    let y = |amount: f64| TOP + (high - amount) / (high - low) * (HEIGHT - TOP - BOTTOM);
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" width=\"{WIDTH}\" \
         height=\"{HEIGHT}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n\
         <text x=\"{LEFT}\" y=\"22\" font-size=\"15\">{}</text>\n",
        escaped(title)
    );
    for line in 0..=LINES {
        let amount = low + (high - low) * f64::from(line) / f64::from(LINES);
        rule(&mut text, y(amount), "#ddd");
        let _ = writeln!(
            text,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\" fill=\"#555\">{amount:.2}</text>",
            LEFT - 8.0,
            y(amount) + 4.0
        );
    }
    rule(&mut text, y(0.0), "#888");
    let (begin, end) = (x(first), x(last));
    for (at, place, anchor) in [(first, begin, "start"), (last, end, "end")] {
        let words = at.to_zoned_datetime(zone.clone()).strftime("%H:%M:%S %Z").to_string();
        let below = HEIGHT - 12.0;
        let _ = writeln!(
            text,
            "<text x=\"{place:.1}\" y=\"{below}\" text-anchor=\"{anchor}\" fill=\"#555\">{}</text>",
            escaped(&words)
        );
    }
    let mut path = format!("M{begin:.1} {:.1}", y(0.0));
    for (at, amount) in curve {
        let _ = write!(path, "H{:.1}V{:.1}", x(*at), y(amount.to_f64().unwrap_or_default()));
    }
    let _ =
        writeln!(text, "<path d=\"{path}H{end:.1}\" fill=\"none\" stroke=\"#1f5fa8\" stroke-width=\"1.5\"/>\n</svg>");
    Some(text)
}

fn rule(text: &mut String, y: f64, colour: &str) {
    let right = WIDTH - RIGHT;
    let _ = writeln!(text, "<line x1=\"{LEFT}\" x2=\"{right}\" y1=\"{y:.1}\" y2=\"{y:.1}\" stroke=\"{colour}\"/>");
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_a_step_for_each_fill_between_the_lowest_and_the_highest() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let curve = [(at(0), Decimal::from(10)), (at(50), Decimal::from(-10)), (at(100), Decimal::from(5))];
        let picture = svg(&curve, "A & B <1>", &TimeZone::UTC).unwrap();
        assert!(picture.contains("d=\"M80.0 152.0H80.0V40.0H430.0V264.0H780.0V96.0H780.0\""), "{picture}");
        assert!(
            picture.contains("A &amp; B &lt;1&gt;") && picture.contains(">-10.00<") && picture.contains("00:01:40 UTC")
        );
        assert_eq!(svg(&[], "", &TimeZone::UTC), None);
    }

    #[test]
    fn one_fill_and_no_profit_can_be_drawn() {
        let curve = [(Timestamp::UNIX_EPOCH, Decimal::ZERO)];
        let picture = svg(&curve, "flat", &TimeZone::UTC).unwrap();
        assert!(!picture.contains("NaN") && !picture.contains("inf"), "{picture}");
    }
}
