use super::*;

fn length(name: &str) -> BarLength {
    name.parse().unwrap()
}

#[test]
fn lengths_have_names_and_no_others_are_taken() {
    for name in ["5s", "10s", "30s", "1m", "5m", "15m", "30m", "1h", "1d"] {
        assert_eq!(length(name).to_string(), name);
    }
    for name in ["", "1", "7s", "60s", "2h", "24h", "2d", "0m", "-1m"] {
        assert!(name.parse::<BarLength>().is_err(), "{name}");
    }
    assert_eq!((length("1m").size(), length("1d").size()), ("1 min", "1 day"));
}

#[test]
fn history_is_asked_for_in_words_that_a_gateway_takes_and_reaches_over_nights() {
    let history = |name: &str, bars| length(name).history(bars);
    assert_eq!(history("5s", 20), "1800 S");
    assert_eq!(history("5s", 10_000), "1800 S");
    assert_eq!(history("1m", 20), "1800 S");
    assert_eq!(history("1m", 254), "15300 S");
    assert_eq!(history("15m", 254), "4 D", "of sixteen hours each");
    assert_eq!(history("1h", 254), "16 D");
    assert_eq!(history("1h", 1_440), "30 D");
    assert_eq!(history("1d", 0), "1 D");
    assert_eq!(history("1d", 254), "255 D");
    assert_eq!(history("1d", 1_440), "6 Y");
}

#[test]
fn a_session_ends_its_last_bar_and_a_day_is_the_instruments_own() {
    let calendar = Calendar::read("20260306:0400-20260306:1615;20260307:CLOSED", "", "US/Eastern");
    let span = |name: &str, at: &str| {
        let BarSpan { start, end } = length(name).span(at.parse().unwrap(), &calendar);
        format!("{}-{}", start.strftime("%d %H:%M"), end.strftime("%d %H:%M"))
    };
    assert_eq!(span("1h", "2026-03-06T20:30:00Z"), "06 20:00-06 21:00");
    assert_eq!(span("1h", "2026-03-06T21:14:55Z"), "06 21:00-06 21:15", "cut short at 16:15");
    assert_eq!(span("5m", "2026-03-06T21:14:55Z"), "06 21:10-06 21:15");
    assert_eq!(span("1d", "2026-03-06T15:00:00Z"), "06 05:00-06 21:15");
    assert_eq!(span("1d", "2026-03-09T03:00:00Z"), "08 05:00-09 04:00", "of which the calendar knows nothing");
}
