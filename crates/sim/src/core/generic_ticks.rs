//! Generic ticks: what a client asks for by number beside prices and sizes.

use gatewright_proto::message::market_data::{TickGeneric, TickPrice, TickSize, TickString, tick_type};
use gatewright_proto::{RequestId, ServerMessage};
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::bar_request::Refused;
use super::ticks::average;
use super::world::World;
use crate::catalogue::{Instrument, Kind};
use crate::market::{Aggregate, Path, Quote, pick};
use crate::new_york::NewYork;

/// What can be asked for, with the words of a Gateway's error text. Those without a line in [`World::generic_first`] or
/// [`World::generic_each_second`] are taken and never answered, as a Gateway does where it has nothing.
const KNOWN: [(i32, &str); 27] = [
    (100, "Option Volume"),
    (101, "Option Open Interest"),
    (104, "Historical Volatility"),
    (105, "Average Opt Volume"),
    (106, "impvolat"),
    (162, "Index Future Premium"),
    (165, "Misc. Stats"),
    (220, "Creditman"),
    (221, "Mark Price"),
    (225, "Auction"),
    (232, "Mark Price"),
    (233, "RTVolume"),
    (236, "inventory"),
    (256, "inventory"),
    (258, "Fundamentals"),
    (292, "Wide_news"),
    (293, "TradeCount"),
    (294, "TradeRate"),
    (295, "VolumeRate"),
    (318, "LastRTHTrade"),
    (375, "RTTrdVolume"),
    (411, "rthistvol"),
    (456, "IBDividends"),
    (460, "Bond Factor Multiplier"),
    (577, "EtfNavLast"),
    (588, "Futures Open Interest"),
    (787, "Odd Lot"),
];

/// Words that may stand in the list and mean something else: news of these providers and nothing else.
const WITHOUT_DATA: &str = "mdoff";

/// How easily shares can be borrowed, as a Gateway says "at least 1000 are there".
const EASY_TO_BORROW: Decimal = Decimal::from_parts(3, 0, 0, false, 0);

/// Days of the statistics of 13, 26 and 52 weeks.
const STATISTICS: [(i64, i32, i32); 3] = [
    (91, tick_type::LOW_13_WEEK, tick_type::HIGH_13_WEEK),
    (182, tick_type::LOW_26_WEEK, tick_type::HIGH_26_WEEK),
    (364, tick_type::LOW_52_WEEK, tick_type::HIGH_52_WEEK),
];

/// What one stream was asked for, one bit for each of [`KNOWN`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct GenericTicks(u32);

impl GenericTicks {
    /// Reads a list such as `233,mdoff,292:BRFG`.
    pub(super) fn read(list: &str, instrument: &Instrument) -> Result<Self, Refused> {
        let mut asked = Self::default();
        for entry in list.split(',').map(str::trim).filter(|entry| !entry.is_empty() && *entry != WITHOUT_DATA) {
            let number = entry.split(':').next().and_then(|number| number.trim().parse::<i32>().ok());
            let place = number.and_then(|number| KNOWN.iter().position(|(known, _)| *known == number));
            match place {
                Some(place) => asked.0 |= 1 << place,
                None => return Err(illegal(entry, instrument)),
            }
        }
        Ok(asked)
    }

    /// Whether this number was asked for.
    pub(super) fn has(self, number: i32) -> bool {
        let place = KNOWN.iter().position(|(known, _)| *known == number);
        place.is_some_and(|place| self.0 & (1 << place) != 0)
    }

    /// Whether none was.
    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }
}

fn illegal(entry: &str, instrument: &Instrument) -> Refused {
    let legal: Vec<String> = KNOWN.iter().map(|(number, words)| format!("{number}({words})")).collect();
    let text = format!(
        "Error validating request.-'bW' : cause - Incorrect generic tick list of {entry}.  Legal ones for ({}) are: {}.",
        instrument.sec_type(),
        legal.join(",")
    );
    (321, text)
}

/// The messages about one stream.
struct Told {
    req_id: RequestId,
    out: Vec<ServerMessage>,
}

impl Told {
    fn generic(&mut self, tick_type: i32, value: Decimal) {
        let req_id = self.req_id;
        self.out.push(ServerMessage::TickGeneric(TickGeneric { req_id, tick_type, value: Some(value) }));
    }

    fn size(&mut self, tick_type: i32, size: i64) {
        let (req_id, size) = (self.req_id, Some(Decimal::from(size)));
        self.out.push(ServerMessage::TickSize(TickSize { req_id, tick_type, size }));
    }

    fn price(&mut self, tick_type: i32, price: Decimal) {
        let (req_id, price, size) = (self.req_id, Some(price), Some(Decimal::ZERO));
        self.out.push(ServerMessage::TickPrice(TickPrice { req_id, tick_type, price, size, attributes: 0 }));
    }

    fn text(&mut self, tick_type: i32, value: String) {
        self.out.push(ServerMessage::TickString(TickString { req_id: self.req_id, tick_type, value }));
    }
}

impl World {
    /// What is told once, when a stream begins.
    pub(super) fn generic_first(
        &self,
        req_id: RequestId,
        instrument: &Instrument,
        asked: GenericTicks,
        second: i64,
    ) -> Vec<ServerMessage> {
        let Some(path) = self.paths.get(&instrument.con_id) else { return Vec::new() };
        let mut told = Told { req_id, out: Vec::new() };
        let shares = matches!(instrument.kind, Kind::Stock | Kind::Fund);
        let draw = |salt: u64, below: u32| pick(path.seed(), 0, salt, below);
        if instrument.has_chain && asked.has(100) {
            told.size(tick_type::OPTION_CALL_VOLUME, 20_000 + 100 * draw(501, 900));
            told.size(tick_type::OPTION_PUT_VOLUME, 15_000 + 100 * draw(502, 900));
        }
        if instrument.has_chain && asked.has(101) {
            told.size(tick_type::OPTION_CALL_OPEN_INTEREST, 200_000 + 100 * draw(503, 9_000));
            told.size(tick_type::OPTION_PUT_OPEN_INTEREST, 180_000 + 100 * draw(504, 9_000));
        }
        if instrument.has_chain && asked.has(105) {
            told.size(tick_type::AVG_OPT_VOLUME, 30_000 + 100 * draw(505, 900));
        }
        let volatility = Decimal::new(1_500 + draw(506, 3_000), 4);
        for (number, tick, more) in [
            (104, tick_type::OPTION_HISTORICAL_VOL, 0),
            (106, tick_type::OPTION_IMPLIED_VOL, 100),
            (411, tick_type::RT_HISTORICAL_VOL, 50),
        ] {
            if asked.has(number) && (shares || instrument.kind == Kind::Index) {
                told.generic(tick, volatility + Decimal::new(more, 4));
            }
        }
        if asked.has(165) && shares {
            statistics(&mut told, instrument, path, second);
        }
        if asked.has(236) && shares {
            told.generic(tick_type::SHORTABLE, EASY_TO_BORROW);
            told.size(tick_type::SHORTABLE_SHARES, 1_000_000 + 1_000 * draw(507, 20_000));
        }
        if asked.has(456) && shares {
            told.text(tick_type::IB_DIVIDENDS, dividends(path, self.new_york.day(second)));
        }
        if asked.has(588) && instrument.kind == Kind::Future {
            told.size(tick_type::FUTURES_OPEN_INTEREST, 100_000 + 100 * draw(508, 9_000));
        }
        told.out
    }

    /// What is told each second in which there are trades.
    pub(super) fn generic_each_second(
        &self,
        req_id: RequestId,
        instrument: &Instrument,
        asked: GenericTicks,
        (quote, second, day): (&Quote, i64, &Aggregate),
    ) -> Vec<ServerMessage> {
        let mut told = Told { req_id, out: Vec::new() };
        let price = instrument.price(quote.last);
        if asked.has(221) || asked.has(232) || asked.has(220) {
            told.price(tick_type::MARK_PRICE, price);
        }
        if !instrument.has_volume() {
            return told.out;
        }
        let minute = self.paths.get(&instrument.con_id).map(|path| path.minute(second.div_euclid(60)));
        // A minute has the same number of trades as any other; their size is what differs.
        let (trades, unit) = (180, minute.map_or(0, |minute| minute.unit));
        if asked.has(293) {
            told.generic(tick_type::TRADE_COUNT, Decimal::from(day.trades));
        }
        if asked.has(294) {
            told.generic(tick_type::TRADE_RATE, Decimal::from(trades));
        }
        if asked.has(295) {
            told.generic(tick_type::VOLUME_RATE, Decimal::from(trades * unit));
        }
        if asked.has(318) {
            told.price(tick_type::LAST_RTH_TRADE, price);
        }
        for (number, tick) in [(233, tick_type::RT_VOLUME), (375, tick_type::RT_TRD_VOLUME)] {
            if asked.has(number) {
                // `price;size;time;volume;average;single`.
                let (size, millis, volume) = (quote.last_size, self.now.as_millis(), day.volume);
                let average = average(instrument, day).unwrap_or(price);
                told.text(tick, format!("{price};{size};{millis};{volume};{average};true"));
            }
        }
        told.out
    }
}

/// Lows and highs of 13, 26 and 52 weeks, by the last price of each day, and the average volume.
fn statistics(told: &mut Told, instrument: &Instrument, path: &Path, second: i64) {
    for (days, low_tick, high_tick) in STATISTICS {
        let lasts = (0..days).map(|day| path.last(second - day * 86_400));
        let (low, high) = lasts.fold((i64::MAX, 0), |(low, high), last| (low.min(last), high.max(last)));
        told.price(low_tick, instrument.price(low));
        told.price(high_tick, instrument.price(high));
    }
    let minute = path.minute(second.div_euclid(60));
    told.size(tick_type::AVG_VOLUME, minute.unit * 180 * 390 / 100);
}

/// Dividends of the last and the next twelve months, the next one's day and amount.
fn dividends(path: &Path, today: Date) -> String {
    let quarterly = Decimal::new(10 + pick(path.seed(), 0, 509, 60), 2);
    let next = NewYork::days_later(today, 20 + pick(path.seed(), 0, 510, 60));
    let yearly = quarterly * Decimal::from(4);
    format!("{yearly},{yearly},{},{quarterly}", next.strftime("%Y%m%d"))
}
