//! What clients of others were seen to send.

use bytes::BytesMut;
use gatewright_proto::message::contract::Contract;
use gatewright_proto::message::market_data::MktDataRequest;
use gatewright_proto::message::order::{Action as Way, Order};
use gatewright_proto::message::tick_by_tick::TickByTickRequest;
use gatewright_proto::{ClientMessage, RequestId, ServerMessage, ServerVersion};
use rust_decimal::Decimal;

use super::table::{Table, errors, greeting, start_api};
use super::trading::{of_type, order, place, seconds, table};
use crate::config::SimConfig;

/// Python writes 138.53 * 3 so.
const NOISY: Decimal = Decimal::from_parts(3_745_044_483, 967_620, 0, false, 13);

#[test]
fn prices_with_the_noise_of_binary_fractions_are_taken_and_tidied() {
    let mut table = table();
    let id = table.ready(7);
    assert_eq!(NOISY.to_string(), "415.5900000000003");
    place(&mut table, id, 1, Order::limit(Way::Sell, Decimal::TEN, NOISY));
    seconds(&mut table, 1);
    let heard = table.heard(id);
    assert_eq!(errors(&heard), []);
    let ServerMessage::OpenOrder(open) = &heard[0] else { panic!("{heard:?}") };
    assert_eq!(open.order.lmt_price, Some(Decimal::new(41_559, 2)));
    place(&mut table, id, 2, Order::limit(Way::Sell, Decimal::TEN, Decimal::new(415_591, 3)));
    place(&mut table, id, 3, Order::limit(Way::Sell, Decimal::TEN, Decimal::MAX));
    // From 10^20 on a number means "not set", so that the last is a limit order without its limit.
    assert_eq!(errors(&table.heard(id)), [(2, 110), (3, 321)]);
}

#[test]
fn an_order_that_was_read_back_and_sent_again_is_taken() {
    let mut table = table();
    let id = table.ready(7);
    // What ib_async makes of an amount of money that is not set.
    let zero = Order { cash_qty: Some(Decimal::ZERO), ..Order::limit(Way::Buy, Decimal::TEN, Decimal::ONE) };
    place(&mut table, id, 1, zero);
    seconds(&mut table, 1);
    assert_eq!(errors(&table.heard(id)), []);
    assert_eq!(order(&table, 1).status, "Submitted");
}

#[test]
fn a_trailing_order_is_told_with_its_stop_from_the_beginning() {
    let mut table = table();
    let id = table.ready(7);
    let trail = Order { aux_price: Some(Decimal::TEN), ..of_type("TRAIL", Way::Sell, 5) };
    place(&mut table, id, 1, trail);
    let heard = table.heard(id);
    let ServerMessage::OpenOrder(open) = &heard[0] else { panic!("{heard:?}") };
    assert!(open.order.trail_stop_price.is_some_and(|stop| stop > Decimal::ONE_HUNDRED), "{open:?}");
}

#[test]
fn clients_that_know_no_fractional_sizes_get_no_currencies() {
    let pair = Contract { sec_type: "CASH".into(), exchange: "IDEALPRO".into(), ..Contract::stock("EUR") };
    let quote = MktDataRequest { req_id: RequestId::new(1), contract: pair.clone(), ..MktDataRequest::default() };
    let every = TickByTickRequest { contract: pair, tick_type: "BidAsk".into(), ..TickByTickRequest::default() };
    for (version, refused) in [(162, 2), (163, 0)] {
        let mut table = Table::new(SimConfig::default());
        let id = table.connect();
        table.bytes(id, &greeting(100, version));
        let quote = ClientMessage::ReqMktData(Box::new(quote.clone()));
        let every = ClientMessage::ReqTickByTickData(Box::new(every.clone()));
        for message in [start_api(7), quote, every] {
            let mut frame = BytesMut::new();
            message.encode(&mut frame, ServerVersion::new(version)).unwrap();
            table.bytes(id, &frame);
        }
        let bytes = table.unread(id);
        let told = bytes.windows(7).filter(|field| field == b"\x0010285\0").count();
        assert_eq!(told, refused, "at {version}");
    }
}
