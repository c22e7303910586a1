//! A trading week, second by second, with streams and orders.

use std::collections::BTreeMap;
use std::time::Duration;

use gatewright_proto::message::contract::Contract;
use gatewright_proto::message::historical::HistoricalDataRequest;
use gatewright_proto::message::market_data::tick_type;
use gatewright_proto::message::order::{Action as Way, Order, PlaceOrder};
use gatewright_proto::{ClientMessage, FrameDecoder, OrderId, ServerMessage};
use rust_decimal::Decimal;

use super::determinism::{history, ticks};
use super::table::{MONDAY, SPEAKS, Table};
use crate::calendar::Which;
use crate::config::{MarketHours, SimConfig};

const APPLE: &str = "AAPL";

/// Trades a day: a few in the morning, a few in the afternoon.
const ORDERS_A_DAY: i32 = 6;

/// What the stream has told of one session.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Told {
    high: Option<Decimal>,
    low: Option<Decimal>,
    last: Option<Decimal>,
    volume: Decimal,
}

/// What a client makes of its stream.
#[derive(Debug, Default)]
struct Listener {
    bid: Option<Decimal>,
    ask: Option<Decimal>,
    now: Told,
    ticks: u64,
}

impl Listener {
    fn hear(&mut self, message: &ServerMessage) {
        match message {
            ServerMessage::TickPrice(tick) => {
                self.ticks += 1;
                let of = |side: i32| (tick.tick_type == side).then_some(tick.price).flatten();
                self.bid = of(tick_type::BID).or(self.bid);
                self.ask = of(tick_type::ASK).or(self.ask);
                self.now.last = of(tick_type::LAST).or(self.now.last);
                self.now.high = of(tick_type::HIGH).or(self.now.high);
                self.now.low = of(tick_type::LOW).or(self.now.low);
            }
            ServerMessage::TickSize(tick) => {
                self.ticks += 1;
                let size = tick.size.expect("a size");
                if tick.tick_type == tick_type::VOLUME {
                    assert!(size >= self.now.volume, "the volume of a day never falls");
                    self.now.volume = size;
                } else {
                    assert!(size > Decimal::ZERO);
                }
            }
            _ => {}
        }
    }

    /// What holds whenever all that was written at one moment has been read.
    fn makes_sense(&self) {
        let (bid, ask) = (self.bid.expect("a bid"), self.ask.expect("an ask"));
        assert!(bid < ask, "{bid} is bid and {ask} asked");
        let (low, high) = (self.now.low.expect("a low"), self.now.high.expect("a high"));
        let last = self.now.last.expect("a last price");
        assert!(low <= last && last <= high, "{last} is not between {low} and {high}");
    }
}

/// A table at which time passes and everything that is written is heard at once.
struct Week {
    table: Table,
    decoder: FrameDecoder,
    listener: Listener,
    /// What was told of each day's session until its end.
    days: BTreeMap<String, Told>,
}

impl Week {
    fn read(&mut self) -> Vec<ServerMessage> {
        for (_, bytes) in self.table.writes.drain(..) {
            self.decoder.extend(&bytes);
        }
        let frames = std::iter::from_fn(|| self.decoder.next_frame().unwrap());
        frames.map(|frame| ServerMessage::decode(&frame, SPEAKS).unwrap()).collect()
    }

    fn pass(&mut self, seconds: i64) {
        let apple = self.table.world.catalogue.one(&Contract::stock(APPLE)).unwrap().clone();
        let end = self.table.now.second() + seconds;
        while self.table.now.second() < end {
            let step = self.table.world.poll_timeout().map_or(end, |(at, _)| at.second().min(end));
            let rest = Duration::from_secs(u64::try_from(step + 1 - self.table.now.second()).unwrap());
            self.table.pass(rest);
            let second = self.table.now.second() - 1;
            let open = self.table.world.trades(&apple, second, Which::Extended);
            let before = self.listener.ticks;
            for message in self.read() {
                self.listener.hear(&message);
            }
            let told = self.listener.ticks > before;
            assert!(open || !told, "a tick while the market is closed");
            if told {
                self.listener.makes_sense();
            }
        }
    }
}

#[test]
fn a_trading_week_tells_one_story_and_its_books_balance() {
    // So fast that streams are told once a second.
    let config = SimConfig { market_hours: MarketHours::Real, speed: 100, ..SimConfig::default() };
    let mut table = Table::new(config);
    let id = table.start(7);
    table.pass(Duration::from_secs(2));
    table.writes.clear();
    table.say(id, &ticks(1, APPLE, false));
    let mut week =
        Week { table, decoder: FrameDecoder::default(), listener: Listener::default(), days: BTreeMap::new() };
    let mut number = 0;
    for day in 0..5 {
        for _ in 0..ORDERS_A_DAY {
            number += 1;
            let way = if number % 2 == 1 { Way::Buy } else { Way::Sell };
            let order = Order::market(way, Decimal::from(100 * (1 + number % 3)));
            let place = PlaceOrder::new(OrderId::new(number), Contract::stock(APPLE), order);
            week.table.say(id, &ClientMessage::PlaceOrder(Box::new(place)));
            week.pass(3_600);
        }
        // To the end of the evening's session; then the night, with a new session at four in the morning.
        let end = MONDAY.second() + day * 86_400 + 10 * 3_600 + 1_800;
        week.pass(end - week.table.now.second());
        let date = week.table.world.new_york.day(week.table.now.second()).strftime("%Y%m%d").to_string();
        week.days.insert(date, std::mem::take(&mut week.listener.now));
        week.pass(13 * 3_600 + 1_800);
    }
    assert!(week.listener.ticks > 500_000, "{} ticks", week.listener.ticks);

    let snapshot = week.table.world.snapshot();
    assert_eq!(snapshot.completed_orders.iter().filter(|order| order.status == "Filled").count(), 30);
    let ledger = &week.table.world.ledgers["DU1234567"];
    let cost: Decimal = ledger.holdings().map(|(_, holding)| holding.cost).sum();
    assert_eq!(ledger.cash() + cost, ledger.initial() + ledger.realized());

    // What the week's bars say is what was streamed.
    let request = HistoricalDataRequest { use_rth: false, ..history(2, APPLE, "5 D", "1 day", false) };
    week.table.say(id, &ClientMessage::ReqHistoricalData(Box::new(request)));
    let bars = week.read().into_iter().find_map(|message| match message {
        ServerMessage::HistoricalData(bars) => Some(bars.bars),
        _ => None,
    });
    let mut compared = 0;
    for bar in bars.expect("bars") {
        let Some(told) = week.days.get(&bar.date) else { continue };
        let streamed = (told.high, told.low, told.last, Some(told.volume));
        assert_eq!((Some(bar.high), Some(bar.low), Some(bar.close), bar.volume), streamed, "{}", bar.date);
        compared += 1;
    }
    assert_eq!(compared, 5);
}
