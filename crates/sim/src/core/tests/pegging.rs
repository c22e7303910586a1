//! Orders whose price follows the quote.

use gatewright_proto::ClientMessage;
use gatewright_proto::OrderId;
use gatewright_proto::message::contract::Contract;
use gatewright_proto::message::order::{Action as Way, Order, PlaceOrder};
use rust_decimal::Decimal;

use super::options::{at_the_money, place_option};
use super::table::errors;
use super::trading::{of_type, order, place, seconds, table};
use crate::catalogue::Right;

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
    for word in ["PEG BEST", "PEG STK", "VOL"] {
        place(&mut table, id, 2, pegged(word, Way::Buy, 0));
    }
    // It lacks what says which instrument it follows.
    place(&mut table, id, 2, pegged("PEG BENCH", Way::Buy, 0));
    let euro = Contract { sec_type: "CASH".into(), exchange: "IDEALPRO".into(), ..Contract::stock("EUR") };
    let euros = PlaceOrder::new(OrderId::new(3), euro, pegged("REL", Way::Buy, 0));
    table.say(id, &ClientMessage::PlaceOrder(Box::new(euros)));
    let codes: Vec<i32> = errors(&table.heard(id)).into_iter().map(|(_, code)| code).collect();
    assert_eq!(codes, [387, 387, 387, 387, 321, 114]);
    let venue = Contract { exchange: "IBKRATS".into(), ..Contract::stock("NFLX") };
    let middle = PlaceOrder::new(OrderId::new(4), venue, pegged("PEG MID", Way::Buy, 0));
    table.say(id, &ClientMessage::PlaceOrder(Box::new(middle)));
    assert_eq!(errors(&table.heard(id)), []);
    seconds(&mut table, 7_200);
    assert_eq!(order(&table, 4).status, "Filled");
}

#[test]
fn what_snaps_keeps_the_price_that_it_has_found() {
    for (word, way) in [("SNAP PRIM", Way::Buy), ("SNAP MID", Way::Sell), ("SNAP MKT", Way::Buy)] {
        let mut table = table();
        let id = table.ready(7);
        let con_id = table.world.catalogue.one(&Contract::stock("NFLX")).unwrap().con_id;
        let instrument = std::sync::Arc::clone(table.world.catalogue.get(con_id).unwrap());
        let quote = table.world.paths[&con_id].quote(table.now.second(), 0);
        place(&mut table, id, 1, pegged(word, way, 0));
        let snapped = match word {
            "SNAP PRIM" => instrument.price(quote.bid),
            "SNAP MKT" => instrument.price(quote.ask),
            _ => instrument.half_price(quote.bid + quote.ask),
        };
        assert_eq!(order(&table, 1).order.lmt_price, Some(snapped), "{word}");
        seconds(&mut table, 7_200);
        let done = order(&table, 1);
        assert_eq!((done.status, done.order.lmt_price), ("Filled", Some(snapped)), "{word}");
        let paid = done.average_price.unwrap();
        assert!(if way == Way::Buy { paid <= snapped } else { paid >= snapped }, "{word}: {paid} at {snapped}");
    }
}

#[test]
fn the_best_price_is_bettered_at_ibkrs_venue_and_never_beyond_the_middle() {
    let mut table = table();
    let id = table.ready(7);
    let venue = Contract { exchange: "IBKRATS".into(), ..Contract::stock("NFLX") };
    let best = Order { compete_against_best_offset: Some(Decimal::TEN), ..pegged("PEG BEST", Way::Buy, 0) };
    table.say(id, &ClientMessage::PlaceOrder(Box::new(PlaceOrder::new(OrderId::new(1), venue, best))));
    let con_id = table.world.catalogue.one(&Contract::stock("NFLX")).unwrap().con_id;
    while order(&table, 1).status != "Filled" {
        seconds(&mut table, 1);
    }
    let quote = table.world.paths[&con_id].quote(table.now.second(), 0);
    let instrument = table.world.catalogue.get(con_id).unwrap();
    let middle = instrument.half_price(quote.bid + quote.ask);
    assert!(order(&table, 1).average_price.unwrap() <= middle.max(instrument.price(quote.bid)));
}

#[test]
fn a_volatility_order_trades_at_the_model_s_price() {
    let mut table = table();
    let id = table.ready(7);
    let call = at_the_money(&table, Right::Call);
    let vol = |percent: i64, follows: bool| Order {
        volatility: Some(Decimal::from(percent)),
        volatility_type: Some(2),
        continuous_update: follows,
        ..of_type("VOL", Way::Buy, 1)
    };
    // Far above and far below what the market thinks.
    place_option(&mut table, id, 1, &call, vol(90, false));
    place_option(&mut table, id, 2, &call, vol(5, true));
    place_option(&mut table, id, 3, &call, Order { delta_neutral_order_type: "MKT".into(), ..vol(90, false) });
    place_option(&mut table, id, 4, &call, of_type("VOL", Way::Buy, 1));
    assert_eq!(errors(&table.heard(id)), [(3, 321), (4, 321)]);
    let dear = order(&table, 1).order.lmt_price.unwrap();
    seconds(&mut table, 60);
    let done = order(&table, 1);
    assert_eq!(done.status, "Filled");
    assert!(done.average_price.unwrap() < dear);
    assert_eq!(order(&table, 2).status, "Submitted");
}

#[test]
fn a_price_pegged_to_a_stock_or_a_benchmark_moves_with_it_until_it_leaves_its_range() {
    let mut table = table();
    let id = table.ready(7);
    let call = at_the_money(&table, Right::Call);
    let stock = table.world.catalogue.get(call.terms.as_ref().unwrap().under).unwrap().clone();
    let now = |table: &super::table::Table| stock.price(table.world.paths[&stock.con_id].last(table.now.second()));
    let to_stock = |start: i64| Order {
        starting_price: Some(Decimal::from(start)),
        delta: Some(Decimal::from(50)),
        ..of_type("PEG STK", Way::Buy, 1)
    };
    place_option(&mut table, id, 1, &call, to_stock(500));
    let below = now(&table) - Decimal::ONE_THOUSAND.min(now(&table) / Decimal::TEN);
    place_option(&mut table, id, 2, &call, Order { stock_range_upper: Some(below), ..to_stock(500) });
    let to_benchmark = Order {
        starting_price: Some(Decimal::ONE),
        reference_contract_id: stock.con_id,
        reference_change_amount: Decimal::ONE,
        pegged_change_amount: Decimal::ONE,
        // A hundred dollars above where it was counted from.
        stock_ref_price: Some(now(&table) - Decimal::ONE_HUNDRED),
        ..of_type("PEG BENCH", Way::Buy, 1)
    };
    place(&mut table, id, 3, to_benchmark.clone());
    place(&mut table, id, 4, Order { pegged_change_amount: Decimal::ONE_THOUSAND, ..to_benchmark });
    seconds(&mut table, 60);
    let statuses: Vec<_> = (1..=4).map(|number| order(&table, number).status).collect();
    assert_eq!(statuses, ["Filled", "Cancelled", "Submitted", "Filled"]);
}
