//! The past: bars of every size, kept up to date, schedules, how far data goes back, ticks, histograms.

use ibapi::market_data::historical::{Bar, BarTimestamp, Duration, HistoricalBarUpdate};
use ibapi::prelude::*;

use HistoricalBarSize as Size;
use HistoricalWhatToShow as What;

use crate::desk::{Desk, is_notice, pair, stock};
use crate::step::{all, next, refused, sane_bar, step};

/// Each with a duration that gives a few bars, and the seconds between them (0: by the calendar).
const SIZES: [(&str, Size, Duration, i64); 21] = [
    ("1 secs", Size::Sec, Duration::seconds(60), 1),
    ("5 secs", Size::Sec5, Duration::seconds(60), 5),
    ("10 secs", Size::Sec10, Duration::seconds(120), 10),
    ("15 secs", Size::Sec15, Duration::seconds(120), 15),
    ("30 secs", Size::Sec30, Duration::seconds(300), 30),
    ("1 min", Size::Min, Duration::seconds(1800), 60),
    ("2 mins", Size::Min2, Duration::seconds(1800), 120),
    ("3 mins", Size::Min3, Duration::seconds(1800), 180),
    ("5 mins", Size::Min5, Duration::seconds(3600), 300),
    ("10 mins", Size::Min10, Duration::seconds(3600), 600),
    ("15 mins", Size::Min15, Duration::seconds(7200), 900),
    ("20 mins", Size::Min20, Duration::seconds(7200), 1200),
    ("30 mins", Size::Min30, Duration::seconds(14_400), 1800),
    ("1 hour", Size::Hour, Duration::days(1), 3600),
    ("2 hours", Size::Hour2, Duration::days(1), 7200),
    ("3 hours", Size::Hour3, Duration::days(1), 10_800),
    ("4 hours", Size::Hour4, Duration::days(2), 14_400),
    ("8 hours", Size::Hour8, Duration::days(2), 28_800),
    ("1 day", Size::Day, Duration::months(1), 0),
    ("1 week", Size::Week, Duration::months(6), 0),
    ("1 month", Size::Month, Duration::years(1), 0),
];

pub(crate) async fn history(address: &str) {
    let desk = Desk::connect(address).await;
    let contract = stock("AAPL");
    for (size, wanted, duration, seconds) in SIZES {
        step(&format!("historical bars: {size}"), async {
            let bars = bars(&desk.client, &contract, wanted, duration, What::Trades).await.unwrap();
            of_one_size(&bars, seconds);
        })
        .await;
    }
    step("historical bars: bid, ask, midpoint, both", every_price(&desk.client, &contract)).await;
    step("historical bars: a currency pair, dates as text", async {
        let found = bars(&desk.client, &pair(), Size::Hour, Duration::days(1), What::MidPoint).await.unwrap();
        assert!(found.len() >= 23, "{} bars", found.len());
    })
    .await;
    step("historical bars: what cannot be had", async {
        let client = &desk.client;
        let nothing = bars(client, &stock("NOSUCHTHING"), Size::Hour, Duration::days(1), What::Trades).await;
        refused(nothing, 200);
        refused(bars(client, &pair(), Size::Hour, Duration::days(1), What::Trades).await, 162);
    })
    .await;
    step("historical schedule", async {
        let schedule = desk.client.historical_schedules(&contract, Duration::days(5)).fetch().await.unwrap();
        assert!(schedule.sessions.len() >= 5 && schedule.time_zone == "US/Eastern", "{schedule:?}");
    })
    .await;
    step("head timestamp", async {
        let head = desk.client.head_timestamp(&contract, What::Trades, TradingHours::Regular).await.unwrap();
        assert!(head.year() < 2000, "{head}");
        refused(desk.client.head_timestamp(&stock("NOSUCHTHING"), What::Trades, TradingHours::Regular).await, 200);
    })
    .await;
    step("histogram", async {
        let rows = desk.client.histogram_data(&contract, TradingHours::Extended, Size::Week).await.unwrap();
        let is_sane = rows.iter().all(|row| row.price > 0.0 && row.size > Some(0.0));
        assert!(rows.len() > 10 && is_sane, "{} rows", rows.len());
    })
    .await;
    ticks(&desk.client, &contract).await;
    step("historical bars: kept up to date", kept_up_to_date(&desk.client, &contract)).await;
    desk.leave().await;
}

async fn bars(
    client: &Client,
    contract: &Contract,
    size: Size,
    duration: Duration,
    what: What,
) -> Result<Vec<Bar>, Error> {
    let asked = client.historical_data(contract, size).what_to_show(what).duration(duration);
    Ok(asked.trading_hours(TradingHours::Extended).fetch().await?.bars)
}

fn sane(bars: &[Bar]) -> bool {
    bars.iter().all(|bar| sane_bar(bar.low, bar.high, [bar.open, bar.close]))
}

fn of_one_size(bars: &[Bar], seconds: i64) {
    assert!(bars.len() >= 3 && sane(bars), "{} bars", bars.len());
    for bar in bars {
        let within = (bar.low..=bar.high).contains(&bar.wap);
        assert!(bar.volume > 0.0 && bar.count > 0 && within, "{bar:?}");
    }
    if seconds == 0 {
        assert!(bars.iter().all(|bar| bar.date.is_date()), "{:?}", bars[0].date);
        return;
    }
    let times: Vec<_> = bars.iter().map(time).collect();
    let steps: Vec<_> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    // Bars of hours begin anew at midnight, so the last of a day may be short.
    let fits = |step: &i64| *step == seconds || (seconds > 3600 && 0 < *step && *step < seconds);
    assert!(steps.iter().all(fits), "steps {steps:?}");
}

fn time(bar: &Bar) -> i64 {
    match bar.date {
        BarTimestamp::DateTime(time) => time.unix_timestamp(),
        BarTimestamp::Date(date) => panic!("{date} has no time"),
    }
}

async fn every_price(client: &Client, contract: &Contract) {
    // Clock requests close to each other are dropped by Gateways; the greeting has the time as well.
    let now = client.connection_time().unwrap();
    let past = u64::try_from(now.unix_timestamp() % 300).unwrap() + 600;
    let end = now - std::time::Duration::from_secs(past);
    let mut found = Vec::new();
    for what in [What::Bid, What::MidPoint, What::Ask, What::BidAsk, What::Trades] {
        let asked = client.historical_data(contract, Size::Min5).what_to_show(what).duration(Duration::seconds(1800));
        let bars = asked.trading_hours(TradingHours::Extended).ending(end).fetch().await.unwrap().bars;
        assert!(bars.len() == 6 && sane(&bars), "{what:?}: {} bars", bars.len());
        assert!(bars.iter().all(|bar| (bar.volume > 0.0) == (what == What::Trades)), "{what:?}: {bars:?}");
        found.push(bars);
    }
    for ((bid, middle), ask) in found[0].iter().zip(&found[1]).zip(&found[2]) {
        assert!(bid.open < middle.open && middle.open < ask.open, "{bid:?} {middle:?} {ask:?}");
    }
}

async fn ticks(client: &Client, contract: &Contract) {
    let hour_ago = client.connection_time().unwrap() - std::time::Duration::from_secs(3600);
    let asked = || client.historical_ticks(contract, 50).trading_hours(TradingHours::Extended);
    step("historical ticks: TRADES", async {
        let found = all(&mut asked().starting(hour_ago).trade().await.unwrap(), "trades").await;
        assert!((50..100).contains(&found.len()), "{} ticks", found.len());
        assert!(found[0].timestamp >= hour_ago && found.is_sorted_by_key(|tick| tick.timestamp));
        assert!(found.iter().all(|it| it.price > 0.0 && it.size > Some(0.0) && !it.exchange.is_empty()), "{found:?}");
        let back = all(&mut asked().ending(hour_ago).trade().await.unwrap(), "trades").await;
        assert!((50..100).contains(&back.len()) && back[back.len() - 1].timestamp <= hour_ago);
    })
    .await;
    step("historical ticks: BID_ASK", async {
        let found = all(&mut asked().starting(hour_ago).bid_ask(IgnoreSize::No).await.unwrap(), "quotes").await;
        assert!((50..100).contains(&found.len()), "{} ticks", found.len());
        assert!(found.iter().all(|it| 0.0 < it.price_bid && it.price_bid < it.price_ask), "{found:?}");
        let back = all(&mut asked().ending(hour_ago).bid_ask(IgnoreSize::No).await.unwrap(), "quotes").await;
        assert!((50..100).contains(&back.len()) && back[back.len() - 1].timestamp <= hour_ago);
    })
    .await;
    step("historical ticks: MIDPOINT", async {
        let found = all(&mut asked().starting(hour_ago).mid_point().await.unwrap(), "midpoints").await;
        assert!((50..100).contains(&found.len()) && found.iter().all(|it| it.price > 0.0), "{found:?}");
        let back = all(&mut asked().ending(hour_ago).mid_point().await.unwrap(), "midpoints").await;
        assert!((50..100).contains(&back.len()) && back[back.len() - 1].timestamp <= hour_ago);
    })
    .await;
}

async fn kept_up_to_date(client: &Client, contract: &Contract) {
    let asked = client.historical_data(contract, Size::Sec5).what_to_show(What::Trades);
    let asked = asked.duration(Duration::seconds(300)).trading_hours(TradingHours::Extended);
    let mut stream = asked.stream().await.unwrap();
    let HistoricalBarUpdate::Historical(past) = next(&mut stream, "the past").await else { panic!("the past first") };
    let last = time(&past.bars[past.bars.len() - 1]);
    let HistoricalBarUpdate::End { .. } = next(&mut stream, "the end of the past").await else {
        panic!("then its end")
    };
    let mut later = last;
    while later < last + 10 {
        let HistoricalBarUpdate::Update(bar) = next(&mut stream, "a bar").await else { panic!("then updates") };
        assert!(sane(std::slice::from_ref(&bar)), "{bar:?}");
        let now = time(&bar);
        assert!(now == later || now == later + 5, "{now} after {later}");
        later = now;
    }
    stream.cancel().await;
    // The Gateway says 162 to who cancels, and this client ends the stream by itself.
    if let Some(Err(error)) = stream.next().await {
        assert!(matches!(error, Error::Cancelled) || is_notice(&error, 162), "{error:?}");
    }
}
