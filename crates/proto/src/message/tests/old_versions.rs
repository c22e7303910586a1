//! Server versions from 100 to 156: layouts as the official client 10.46.1 writes and reads them there.
//!
//! The frames of requests were written by that client; those of answers were read by it, in stories that were told to the
//! simulator at 100 and 145.

use bytes::{Bytes, BytesMut};
use rust_decimal::Decimal;

use super::check::payload;
use crate::ids::{OrderId, RequestId, ServerVersion};
use crate::message::contract::ContractDetails;
use crate::message::execution::ExecDetails;
use crate::message::historical::{Bar, HistoricalData};
use crate::message::order::{Action, OpenOrder, OrderStatus};
use crate::message::{ClientMessage, ServerMessage};

/// A version, and what was written at it.
const WRITTEN: &str = include_str!("golden/old_versions.txt");

fn requests() -> impl Iterator<Item = (ServerVersion, Bytes)> {
    WRITTEN.lines().filter(|line| !line.starts_with('#')).map(|line| {
        let (version, text) = line.split_once(' ').unwrap();
        (ServerVersion::new(version.parse().unwrap()), payload(text))
    })
}

fn fields(payload: &[u8]) -> usize {
    payload.iter().filter(|byte| **byte == 0).count()
}

fn written(encode: impl FnOnce(&mut BytesMut)) -> Bytes {
    let mut frame = BytesMut::new();
    encode(&mut frame);
    frame.freeze().slice(4..)
}

#[test]
fn requests_of_old_clients_are_read_whole_and_written_with_as_many_fields() {
    let mut kinds = [0; 3];
    for (speaks, theirs) in requests() {
        let message = ClientMessage::decode(&theirs, speaks).unwrap_or_else(|problem| panic!("{speaks}: {problem}"));
        if let ClientMessage::PlaceOrder(place) = &message {
            kinds[0] += 1;
            let order = &place.order;
            assert_eq!((place.order_id, place.contract.symbol.as_str()), (OrderId::new(42), "MSFT"), "{speaks}");
            assert_eq!((order.action, order.lmt_price), (Action::Sell, Some(Decimal::new(41_107, 2))), "{speaks}");
            assert_eq!((order.account.as_str(), order.order_ref.as_str()), ("DU7654321", "gw-77"), "{speaks}");
            assert!(order.transmit && !order.what_if && order.conditions.is_empty(), "{speaks}: {order:?}");
            assert_eq!((order.cash_qty, order.is_oms_container), (None, false), "{speaks}");
        } else if let ClientMessage::ReqMktData(request) = &message {
            kinds[1] += 1;
            assert_eq!((request.generic_ticks.as_str(), request.snapshot), ("233", false), "{speaks}");
        } else if let ClientMessage::ReqHistoricalData(request) = &message {
            kinds[2] += 1;
            assert_eq!((request.req_id, request.what_to_show.as_str()), (RequestId::new(12), "TRADES"), "{speaks}");
            assert!(request.use_rth && !request.keep_up_to_date, "{speaks}");
        }
        let ours = written(|frame| message.encode(frame, speaks).unwrap());
        assert_eq!(fields(&ours), fields(&theirs), "{speaks}: {ours:?}");
        assert_eq!(ClientMessage::decode(&ours, speaks).unwrap(), message, "{speaks}");
        for at in 0..theirs.len() {
            let _ = ClientMessage::decode(&theirs.slice(..at), speaks);
        }
    }
    assert_eq!(kinds, [13, 13, 13]);
}

#[test]
fn answers_to_old_clients_are_read_as_they_were_written() {
    let bar =
        Bar { date: "20260302".into(), volume: Some(Decimal::TEN), average: Some(Decimal::ONE), ..Bar::default() };
    let messages = [
        ServerMessage::OpenOrder(Box::default()),
        ServerMessage::OrderStatus(Box::default()),
        ServerMessage::ExecDetails(Box::default()),
        ServerMessage::ContractDetails(Box::default()),
        ServerMessage::HistoricalData(HistoricalData { bars: vec![bar; 3], ..HistoricalData::default() }),
    ];
    for version in 100..157 {
        let speaks = ServerVersion::new(version);
        for message in &messages {
            let bytes = written(|frame| message.encode(frame, speaks).unwrap());
            let read = ServerMessage::decode(&bytes, speaks).unwrap_or_else(|problem| panic!("{version}: {problem}"));
            assert_eq!(written(|frame| read.encode(frame, speaks).unwrap()), bytes, "{version}: {message:?}");
        }
    }
}

/// How many fields the official client reads of each at these versions, the id included.
#[test]
fn answers_to_old_clients_have_as_many_fields_as_these_read() {
    let count = |message: ServerMessage, version| {
        fields(&written(|frame| message.encode(frame, ServerVersion::new(version)).unwrap()))
    };
    let status = || ServerMessage::OrderStatus(Box::<OrderStatus>::default());
    assert_eq!([130, 131].map(|version| count(status(), version)), [12, 12]);
    let execution = || ServerMessage::ExecDetails(Box::<ExecDetails>::default());
    assert_eq!([102, 103, 135, 136].map(|version| count(execution(), version)), [30, 31, 31, 31]);
    let details = || ServerMessage::ContractDetails(Box::<ContractDetails>::default());
    let seen = [100, 110, 121, 122, 126, 134, 152].map(|version| count(details(), version));
    assert_eq!(seen, [32, 33, 34, 36, 37, 38, 39]);
    let bars = || ServerMessage::HistoricalData(HistoricalData { bars: vec![Bar::default()], ..Default::default() });
    assert_eq!([123, 124].map(|version| count(bars(), version)), [15, 13]);
    let order = || ServerMessage::OpenOrder(Box::<OpenOrder>::default());
    let base = count(order(), 100);
    let more = [102, 103, 106, 111, 141, 142, 144, 145, 148, 151].map(|version| count(order(), version) - base);
    assert_eq!(more, [9, 10, 13, 14, 15, 21, 21, 21, 22, 23]);
}
