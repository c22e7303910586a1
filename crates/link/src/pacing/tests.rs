//! The bounds, as properties of random traffic in virtual time.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use gatewright_proto::message::contract::Contract;
use gatewright_proto::message::historical::HistoricalDataRequest;
use gatewright_proto::message::order::CancelOrder;
use gatewright_proto::{ClientId, ClientMessage, OrderId, RequestId, ServerVersion};
use proptest::prelude::*;

use super::*;
use crate::clock;

const SECOND: Duration = Duration::from_secs(1);
const MILLI: Duration = Duration::from_millis(1);

/// Kinds of traffic by number, so that chance can choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Order,
    Session,
    Data,
    Bars { instrument: u8, identity: u8, weight: u32 },
    LargeBars,
}

fn traffic(kind: Kind, number: i32) -> Traffic {
    let request_id = RequestId::new(number);
    match kind {
        Kind::Order => Traffic::Order,
        Kind::Session => Traffic::Session,
        Kind::Data => Traffic::Data,
        Kind::Bars { instrument, identity, weight } => Traffic::Historical(HistoricalRequest {
            request_id,
            small_bars: Some(SmallBars {
                identity: format!("{instrument}/{identity}"),
                instrument: instrument.to_string(),
                weight,
            }),
        }),
        Kind::LargeBars => Traffic::Historical(HistoricalRequest { request_id, small_bars: None }),
    }
}

type Item = (Kind, i32);

/// A pacer with the messages that went out of it.
struct Road {
    pacer: Pacer<Item>,
    now: Instant,
    sent: Vec<(Instant, ClientId, Item)>,
}

impl Road {
    fn new() -> Self {
        Self { pacer: Pacer::new(PacingSettings::default()), now: clock::now(), sent: Vec::new() }
    }

    fn put(&mut self, client: i32, kind: Kind, number: i32) {
        let taken = self.pacer.handle_message(self.now, ClientId::new(client), traffic(kind, number), (kind, number));
        assert_eq!(taken, Taken::Queued);
    }

    fn drain(&mut self) {
        while let Some((client_id, item)) = self.pacer.poll_transmit(self.now) {
            self.sent.push((self.now, client_id, item));
        }
    }

    /// Time passes; everything goes out at the first moment that the pacer names.
    fn pass(&mut self, span: Duration) {
        let end = self.now + span;
        self.drain();
        while let Some((due, _)) = self.pacer.poll_timeout()
            && due <= end
        {
            self.now = self.now.max(due);
            let before = self.sent.len();
            self.drain();
            assert!(self.sent.len() > before, "a deadline that has come lets something out");
        }
        self.now = end;
    }

    fn most_in(&self, span: Duration, counts: impl Fn(&Item) -> u32) -> u32 {
        let starts = self.sent.iter().map(|(at, ..)| *at);
        let sums = starts.map(|start| {
            let within = self.sent.iter().filter(|(at, ..)| *at >= start && *at <= start + span);
            within.map(|(_, _, item)| counts(item)).sum()
        });
        sums.max().unwrap_or(0)
    }
}

fn kinds() -> impl Strategy<Value = Kind> {
    prop_oneof![
        2 => Just(Kind::Order),
        1 => Just(Kind::Session),
        6 => Just(Kind::Data),
        3 => (0..3u8, 0..4u8, 1..=2u32)
            .prop_map(|(instrument, identity, weight)| Kind::Bars { instrument, identity, weight }),
        1 => Just(Kind::LargeBars),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_second_ever_sees_too_much_and_nothing_is_lost(
        arrivals in prop::collection::vec((0..5i32, kinds(), 0..60u64), 1..250)
    ) {
        let mut road = Road::new();
        for (number, (client, kind, gap)) in arrivals.iter().enumerate() {
            road.put(*client, *kind, i32::try_from(number).unwrap());
            road.pass(MILLI * u32::try_from(*gap).unwrap());
        }
        road.pass(Duration::from_secs(3 * 60 * 60));
        prop_assert_eq!(road.sent.len(), arrivals.len(), "everything goes out, once");
        prop_assert!(road.most_in(SECOND, |_| 1) <= 40);
        prop_assert!(road.most_in(SECOND, |(kind, _)| u32::from(*kind != Kind::Order)) <= 35);
        let mut last: BTreeMap<(ClientId, Kind), i32> = BTreeMap::new();
        for (_, client, (kind, number)) in &road.sent {
            let before = last.insert((*client, *kind), *number);
            prop_assert!(before.is_none_or(|before| before < *number), "what came first goes first");
        }
    }

    #[test]
    fn the_rules_for_history_hold(
        arrivals in prop::collection::vec((0..3i32, (0..2u8, 0..3u8, 1..=2u32), 0..400u64), 1..120)
    ) {
        let mut road = Road::new();
        for (number, (client, (instrument, identity, weight), gap)) in arrivals.iter().enumerate() {
            let kind = Kind::Bars { instrument: *instrument, identity: *identity, weight: *weight };
            road.put(*client, kind, i32::try_from(number).unwrap());
            road.pass(MILLI * u32::try_from(*gap).unwrap());
            road.pacer.handle_ended(ClientId::new(*client), RequestId::new(i32::try_from(number).unwrap()));
        }
        road.pass(Duration::from_secs(6 * 60 * 60));
        prop_assert_eq!(road.sent.len(), arrivals.len());
        let weight = |item: &Item| match item.0 {
            Kind::Bars { weight, .. } => weight,
            Kind::Order | Kind::Session | Kind::Data | Kind::LargeBars => 0,
        };
        prop_assert!(road.most_in(Duration::from_secs(600), weight) <= 60);
        for wanted in 0..2u8 {
            let of = |item: &Item| match item.0 {
                Kind::Bars { instrument, weight, .. } if instrument == wanted => weight,
                Kind::Bars { .. } | Kind::Order | Kind::Session | Kind::Data | Kind::LargeBars => 0,
            };
            prop_assert!(road.most_in(Duration::from_secs(2), of) < 6);
            for wanted_identity in 0..3u8 {
                let same = |item: &Item| match item.0 {
                    Kind::Bars { instrument, identity, .. } => {
                        u32::from(instrument == wanted && identity == wanted_identity)
                    }
                    Kind::Order | Kind::Session | Kind::Data | Kind::LargeBars => 0,
                };
                prop_assert!(road.most_in(Duration::from_secs(15), same) <= 1);
            }
        }
    }
}

#[test]
fn orders_go_out_at_once_however_much_data_waits() {
    let mut road = Road::new();
    for number in 0..500 {
        road.put(1, Kind::Data, number);
    }
    road.pass(Duration::from_millis(300));
    for number in 0..5 {
        road.put(2, Kind::Order, number);
    }
    let asked = road.now;
    road.drain();
    let orders = road.sent.iter().filter(|(at, _, (kind, _))| *kind == Kind::Order && *at == asked).count();
    assert_eq!(orders, 5, "kept for them");
}

#[test]
fn sessions_take_turns() {
    let mut road = Road::new();
    for number in 0..900 {
        road.put(1, Kind::Data, number);
    }
    for client in 2..=4 {
        for number in 0..20 {
            road.put(client, Kind::Data, number);
        }
    }
    road.pass(2 * SECOND);
    for client in 2..=4 {
        let count = road.sent.iter().filter(|(_, by, _)| *by == ClientId::new(client)).count();
        assert!((17..=20).contains(&count), "client {client} had {count} of {} turns", road.sent.len());
    }
}

#[test]
fn a_full_queue_hands_back_and_an_end_hands_over() {
    let mut road = Road::new();
    let client = ClientId::new(1);
    for number in 0..1000 {
        road.put(1, Kind::Data, number);
    }
    assert!(!road.pacer.has_room(client));
    let taken = road.pacer.handle_message(road.now, client, Traffic::Data, (Kind::Data, 1000));
    assert_eq!(taken, Taken::Full(Traffic::Data, (Kind::Data, 1000)));
    road.put(1, Kind::Order, 1001);
    let report = road.pacer.report(road.now + SECOND);
    assert_eq!((report.waiting, report.handed_back, report.longest_wait_ms), (1001, 1, 1000));
    assert_eq!((report.sessions[0].waiting, report.sessions[0].orders_waiting), (1000, 1));
    assert_eq!(road.pacer.handle_gone(client).len(), 1001);
    assert_eq!(road.pacer.poll_timeout(), None);
}

#[test]
fn a_historical_request_that_still_waits_is_taken_back_with_its_cancel() {
    let mut road = Road::new();
    let client = ClientId::new(1);
    let bars = Kind::Bars { instrument: 1, identity: 1, weight: 1 };
    road.put(1, bars, 1);
    road.drain();
    road.put(1, bars, 2);
    road.drain();
    road.put(1, Kind::Data, 3);
    road.drain();
    assert_eq!(road.sent.len(), 2, "other data overtakes what the rules hold");
    let cancel = (Kind::Data, 4);
    let taken = road.pacer.handle_message(road.now, client, Traffic::EndHistorical(RequestId::new(2)), cancel);
    assert_eq!(taken, Taken::Withdrawn { request: (bars, 2), cancel });
    let taken = road.pacer.handle_message(road.now, client, Traffic::EndHistorical(RequestId::new(1)), cancel);
    assert_eq!(taken, Taken::Queued, "what has gone out is cancelled at the Gateway");
}

#[test]
fn no_more_than_fifty_historical_requests_are_open_and_none_waits_for_ever() {
    let mut road = Road::new();
    for number in 0..60 {
        road.put(1, Kind::LargeBars, number);
    }
    road.pass(60 * SECOND);
    assert_eq!(road.sent.len(), 50);
    road.pacer.handle_ended(ClientId::new(1), RequestId::new(0));
    road.pass(SECOND);
    assert_eq!(road.sent.len(), 51);
    road.pass(Duration::from_secs(11 * 60));
    assert_eq!(road.sent.len(), 60, "those that are never answered stop counting");
}

#[test]
fn a_warning_of_the_gateway_is_a_seconds_rest_but_not_for_orders() {
    let mut road = Road::new();
    road.pacer.handle_rate_warning(road.now);
    road.put(1, Kind::Data, 1);
    road.put(1, Kind::Order, 2);
    road.drain();
    assert_eq!(road.sent.len(), 1);
    road.pass(SECOND);
    assert_eq!(road.sent.len(), 2);
}

#[test]
fn lines_are_counted() {
    let mut road = Road::new();
    let client = ClientId::new(1);
    for number in 0..3 {
        road.pacer.handle_message(road.now, client, Traffic::OpenLine(RequestId::new(number)), (Kind::Data, number));
    }
    road.pacer.handle_message(road.now, client, Traffic::CloseLine(RequestId::new(0)), (Kind::Data, 9));
    road.pacer.handle_ended(client, RequestId::new(1));
    assert_eq!(road.pacer.report(road.now).market_data_lines, 1);
    road.pacer.handle_gone(client);
    assert_eq!(road.pacer.report(road.now).market_data_lines, 0);
}

fn bars(bar_size: &str, what_to_show: &str) -> HistoricalDataRequest {
    HistoricalDataRequest {
        req_id: RequestId::new(5),
        contract: Contract::stock("AAPL"),
        include_expired: false,
        end_date_time: String::new(),
        bar_size: bar_size.into(),
        duration: "60 S".into(),
        use_rth: true,
        what_to_show: what_to_show.into(),
        format_date: 1,
        combo_legs: Vec::new(),
        keep_up_to_date: false,
        options: String::new(),
    }
}

#[test]
fn messages_are_read_as_what_they_are() {
    let small = |bar_size: &str, what: &str| {
        let traffic = Traffic::of(&ClientMessage::ReqHistoricalData(Box::new(bars(bar_size, what))));
        let Traffic::Historical(request) = traffic else {
            panic!("{traffic:?}");
        };
        request.small_bars
    };
    assert_eq!(small("30 secs", "TRADES").map(|small| small.weight), Some(1));
    assert_eq!(small("1 secs", "BID_ASK").map(|small| small.weight), Some(2));
    assert_eq!(small("1 min", "TRADES"), None);
    assert_eq!(small("1 day", "BID_ASK"), None);
    let cancel = ClientMessage::CancelOrder(CancelOrder::new(OrderId::new(1)));
    assert_eq!(Traffic::of(&cancel), Traffic::Order);
    assert_eq!(Traffic::of_id(203), Some(Traffic::Order));
    assert_eq!(Traffic::of_id(61), Some(Traffic::Data));
    let version = ServerVersion::new(178);
    let message = ClientMessage::ReqHistoricalData(Box::new(bars("5 secs", "TRADES")));
    let mut payload = bytes::BytesMut::new();
    message.encode(&mut payload, version).unwrap();
    let payload = payload.split_off(4);
    assert_eq!(Traffic::of_frame(20, &payload.freeze(), version), Traffic::of(&message));
    assert_eq!(Traffic::of_frame(20, &bytes::Bytes::from_static(b"20\0nonsense\0"), version), Traffic::Data);
}
