//! Live data: streams, snapshots, delayed data, every tick, order books, five-second bars.

use ibapi::contracts::tick_types::TickType;
use ibapi::market_data::realtime::{MarketDepthL2, MarketDepths};
use ibapi::prelude::*;

use crate::desk::{Desk, pair, stock};
use crate::step::{PATIENCE, attempt, next, refused, sane_bar, step};

pub(crate) async fn market(address: &str) {
    let desk = Desk::connect(address).await;
    let contract = stock("AAPL");
    streams(&desk, &contract).await;
    step("market data: delayed", delayed(&desk, &contract)).await;
    tick_by_tick(&desk.client, &contract).await;
    books(&desk.client, &contract).await;
    step("real-time bars", real_time_bars(&desk.client, &contract)).await;
    desk.leave().await;
}

async fn streams(desk: &Desk, contract: &Contract) {
    let client = &desk.client;
    let ticks = step("market data: streaming", async {
        let mut ticks = client.market_data(contract).generic_ticks(&["233"]).subscribe().await.unwrap();
        let components = streaming(&mut ticks).await;
        let found = client.smart_components(&components).await.unwrap();
        for wanted in ["NASDAQ", "ARCA"] {
            assert!(found.iter().any(|it| it.exchange == wanted), "{wanted} in {found:?}");
        }
        ticks
    })
    .await;
    step("market data: cancel", async {
        ticks.cancel().await;
        client.next_valid_order_id().await.unwrap();
    })
    .await;
    step("market data: snapshot", async {
        let quote = desk.quote(contract).await;
        assert!(quote.bid < quote.ask && quote.last.is_some() && quote.close.is_some(), "{quote:?}");
        assert_eq!(quote.market_data_type, Some(MarketDataType::Realtime));
    })
    .await;
    step("market data: a currency pair", async {
        let mut ticks = client.market_data(&pair()).subscribe().await.unwrap();
        let mut quote = Quote::default();
        while quote.bid.is_none() || quote.ask.is_none() {
            quote.apply(&next(&mut ticks, "a quote of the pair").await);
        }
        assert!(quote.bid < quote.ask && quote.last.is_none(), "currencies have no last price: {quote:?}");
    })
    .await;
    step("market data: an unknown symbol", async {
        let mut none = client.market_data(&stock("NOSUCHTHING")).subscribe().await.unwrap();
        refused(attempt(&mut none, "an error").await, 200);
        let mut none = client.market_data(&stock("NOSUCHTHING")).snapshot().subscribe().await.unwrap();
        refused(attempt(&mut none, "an error").await, 200);
    })
    .await;
}

/// Waits for everything that a stream of a share tells; returns what names its exchanges.
async fn streaming(ticks: &mut Subscription<TickTypes>) -> String {
    let (mut quote, mut parameters, mut time_and_sales) = (Quote::default(), None, false);
    let is_whole = |it: &Quote| it.bid.is_some() && it.ask.is_some() && it.last.is_some() && it.close.is_some();
    while !is_whole(&quote) || quote.volume.is_none() || parameters.is_none() {
        let tick = next(ticks, "a quote").await;
        quote.apply(&tick);
        time_and_sales |= is_time_and_sales(&tick);
        if let TickTypes::RequestParameters(told) = tick {
            parameters = Some(told);
        }
    }
    assert!(Some(0.0) < quote.bid && quote.bid < quote.ask, "{quote:?}");
    assert!(quote.low <= quote.last && quote.last <= quote.high, "{quote:?}");
    assert!(quote.bid_size > Some(0.0) && quote.ask_size > Some(0.0) && quote.volume > Some(0.0), "{quote:?}");
    assert_eq!(quote.market_data_type, Some(MarketDataType::Realtime));
    let bid = quote.bid;
    while quote.bid == bid || !time_and_sales {
        let tick = next(ticks, "a new bid, and time and sales (generic tick 233)").await;
        quote.apply(&tick);
        time_and_sales |= is_time_and_sales(&tick);
    }
    let parameters = parameters.unwrap();
    assert_eq!(parameters.min_tick, 0.01);
    parameters.bbo_exchange
}

fn is_time_and_sales(tick: &TickTypes) -> bool {
    matches!(tick, TickTypes::String(told) if told.tick_type == TickType::RtVolume)
}

fn is_delayed_bid(tick: &TickTypes) -> bool {
    matches!(tick, TickTypes::Price(it) if it.tick_type == TickType::DelayedBid)
        || matches!(tick, TickTypes::PriceSize(it) if it.price_tick_type == TickType::DelayedBid)
}

async fn delayed(desk: &Desk, contract: &Contract) {
    desk.client.switch_market_data_type(MarketDataType::Delayed).await.unwrap();
    let ticks = desk.client.market_data(contract).snapshot_once(PATIENCE).await.unwrap();
    let quote = Quote::from_ticks(&ticks);
    assert_eq!(quote.market_data_type, Some(MarketDataType::Delayed));
    assert!(Some(0.0) < quote.bid && quote.bid < quote.ask && quote.last.is_some(), "{quote:?}");
    assert!(ticks.iter().any(is_delayed_bid), "{ticks:?}");
    desk.client.switch_market_data_type(MarketDataType::Realtime).await.unwrap();
    assert_eq!(desk.quote(contract).await.market_data_type, Some(MarketDataType::Realtime), "live again");
}

async fn tick_by_tick(client: &Client, contract: &Contract) {
    for kind in ["Last", "AllLast"] {
        step(&format!("tick-by-tick: {kind}"), async {
            let ticks = client.tick_by_tick(contract, 0);
            let ticks = if kind == "Last" { ticks.last().await } else { ticks.all_last().await };
            let mut ticks = ticks.unwrap();
            for _ in 0..3 {
                let tick = next(&mut ticks, kind).await;
                assert!(tick.price > 0.0 && tick.size > 0.0 && !tick.exchange.is_empty(), "{tick:?}");
            }
        })
        .await;
    }
    step("tick-by-tick: BidAsk", async {
        let mut ticks = client.tick_by_tick(contract, 0).bid_ask(IgnoreSize::No).await.unwrap();
        for _ in 0..3 {
            let tick = next(&mut ticks, "BidAsk").await;
            assert!(0.0 < tick.bid_price && tick.bid_price < tick.ask_price && tick.bid_size > 0.0, "{tick:?}");
        }
    })
    .await;
    step("tick-by-tick: MidPoint", async {
        let mut ticks = client.tick_by_tick(contract, 0).mid_point().await.unwrap();
        for _ in 0..3 {
            assert!(next(&mut ticks, "MidPoint").await.mid_point > 0.0);
        }
    })
    .await;
    step("tick-by-tick: past ticks first", async {
        // What comes first are historical ticks under the same id, which this client has no place for; the stream goes on.
        let mut ticks = client.tick_by_tick(contract, 5).bid_ask(IgnoreSize::Yes).await.unwrap();
        let tick = loop {
            if let Ok(tick) = attempt(&mut ticks, "a tick behind the past ones").await {
                break tick;
            }
        };
        assert!(tick.bid_price > 0.0);
    })
    .await;
}

async fn books(client: &Client, contract: &Contract) {
    step("market depth: SMART", async {
        let mut book = client.market_depth(contract, 5).smart_depth(SmartDepth::Yes).subscribe().await.unwrap();
        let mut rows = Vec::new();
        for _ in 0..10 {
            rows.push(row(&mut book).await);
        }
        for (side, sign) in [(0, 1.0), (1, -1.0)] {
            let rows: Vec<_> = rows.iter().filter(|it| it.side == side).collect();
            assert_eq!(rows.iter().map(|it| it.position).collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
            assert!(rows.is_sorted_by(|one, next| one.price * sign <= next.price * sign), "{rows:?}");
        }
        let is_new = |it: &MarketDepthL2| it.operation == 0 && it.smart_depth && it.size > 0.0;
        assert!(rows.iter().all(|it| is_new(it) && !it.market_maker.is_empty()), "{rows:?}");
        while row(&mut book).await.operation != 1 {}
    })
    .await;
    step("market depth: one exchange, and where there are books", async {
        let direct = Contract::stock("AAPL").on_exchange("NASDAQ").build();
        let mut book = client.market_depth(&direct, 3).smart_depth(SmartDepth::No).subscribe().await.unwrap();
        for _ in 0..6 {
            assert!(!row(&mut book).await.smart_depth, "no row is of a SMART book");
        }
        let exchanges = client.market_depth_exchanges().await.unwrap();
        assert!(exchanges.iter().any(|it| it.exchange_name == "NASDAQ"), "{exchanges:?}");
    })
    .await;
}

async fn row(book: &mut Subscription<MarketDepths>) -> MarketDepthL2 {
    match next(book, "a row of the book").await {
        MarketDepths::MarketDepthL2(row) => row,
        other @ (MarketDepths::MarketDepth(_) | MarketDepths::Reset) => panic!("no market maker: {other:?}"),
    }
}

async fn real_time_bars(client: &Client, contract: &Contract) {
    use RealtimeWhatToShow::{Ask, Bid, MidPoint, Trades};
    let mut streams = Vec::new();
    for what in [Trades, MidPoint, Bid, Ask] {
        let bars = client.realtime_bars(contract).what_to_show(what).trading_hours(TradingHours::Extended);
        streams.push((what, bars.subscribe().await.unwrap()));
    }
    for (what, bars) in &mut streams {
        let (first, second) = (next(bars, "a bar").await, next(bars, "a second bar").await);
        for bar in [&first, &second] {
            assert!(sane_bar(bar.low, bar.high, [bar.open, bar.close]), "{what:?}: {bar:?}");
            assert_eq!((bar.date.second() % 5, bar.volume > 0.0), (0, matches!(what, Trades)), "{what:?}: {bar:?}");
        }
        assert_eq!((second.date - first.date).whole_seconds(), 5);
    }
}
