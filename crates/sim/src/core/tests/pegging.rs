//! Orders whose price follows the quote.

use gatewright_proto::ClientMessage;
use gatewright_proto::OrderId;
use gatewright_proto::message::contract::Contract;
use gatewright_proto::message::order::{Action as Way, Order, PlaceOrder};
use rust_decimal::Decimal;

use super::table::errors;
use super::trading::{of_type, order, place, seconds, table};

fn pegged(order_type: &str, way: Way, offset: i64) -> Order {
    Order { aux_price: Some(Decimal::new(offset, 2)), ..of_type(order_type, way, 100) }
}

#[test]
fn pegged_orders_fill_at_the_price_that_they_follow() {
    for (order_type, offset) in [("REL", 0), ("PEG MKT", 1), ("MIDPRICE", 0)] {
        for way in [Way::Buy, Way::Sell] {
            let mut table = table();
            let id = table.ready(7);
            place(&mut table, id, 1, pegged(order_type, way, offset));
            seconds(&mut table, 7_200);
            let done = order(&table, 1);
            assert_eq!(done.status, "Filled", "{order_type} {way}");
            assert_eq!(done.order.order_type, order_type);
        }
    }
}

#[test]
fn a_relative_order_pays_less_than_the_market() {
    let mut table = table();
    let id = table.ready(7);
    place(&mut table, id, 1, pegged("REL", Way::Buy, 0));
    seconds(&mut table, 1);
    assert_eq!(order(&table, 1).status, "Submitted");
    for _ in 0..7_200 {
        seconds(&mut table, 1);
        if order(&table, 1).status == "Filled" {
            break;
        }
    }
    // It stood at the bid, and somebody sold to it there: the market's ask was above.
    let executed = table.world.snapshot().executions[0].clone();
    let con_id = executed.contract.con_id;
    let quote = table.world.paths[&con_id].quote(table.now.second(), 0);
    let instrument = table.world.catalogue.get(con_id).unwrap();
    assert_eq!(executed.execution.price, instrument.price(quote.bid));
    assert!(quote.bid < quote.ask);
}

#[test]
fn a_cap_holds_whatever_the_quote_does() {
    let mut table = table();
    let id = table.ready(7);
    let capped = Order { lmt_price: Some(Decimal::TEN), ..pegged("PEG MKT", Way::Buy, 0) };
    place(&mut table, id, 1, capped);
    seconds(&mut table, 7_200);
    assert_eq!(order(&table, 1).status, "Submitted");
}

#[test]
fn pegs_are_refused_where_a_gateway_has_none() {
    let mut table = table();
    let id = table.ready(7);
    place(&mut table, id, 1, pegged("PEG MID", Way::Buy, 0));
    for word in ["PEG BEST", "PEG STK", "PEG BENCH", "VOL", "SNAP MID"] {
        place(&mut table, id, 2, pegged(word, Way::Buy, 0));
    }
    let euro = Contract { sec_type: "CASH".into(), exchange: "IDEALPRO".into(), ..Contract::stock("EUR") };
    let euros = PlaceOrder::new(OrderId::new(3), euro, pegged("REL", Way::Buy, 0));
    table.say(id, &ClientMessage::PlaceOrder(Box::new(euros)));
    let codes: Vec<i32> = errors(&table.heard(id)).into_iter().map(|(_, code)| code).collect();
    assert_eq!(codes, [387, 387, 387, 387, 387, 387, 114]);
    let venue = Contract { exchange: "IBKRATS".into(), ..Contract::stock("NFLX") };
    let middle = PlaceOrder::new(OrderId::new(4), venue, pegged("PEG MID", Way::Buy, 0));
    table.say(id, &ClientMessage::PlaceOrder(Box::new(middle)));
    assert_eq!(errors(&table.heard(id)), []);
    seconds(&mut table, 7_200);
    assert_eq!(order(&table, 4).status, "Filled");
}
