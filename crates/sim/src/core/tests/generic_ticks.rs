//! Generic ticks: served where there is something to say, passed over where there is not, refused where nobody knows them.

use std::collections::BTreeSet;

use gatewright_proto::message::contract::Contract;
use gatewright_proto::message::market_data::{MktDataRequest, tick_type};
use gatewright_proto::{ClientMessage, RequestId, ServerMessage};

use super::table::errors;
use super::trouble::{plain, seconds};

fn ask(number: i32, contract: Contract, list: &str) -> ClientMessage {
    ClientMessage::ReqMktData(Box::new(MktDataRequest {
        req_id: RequestId::new(number),
        contract,
        generic_ticks: list.into(),
        ..MktDataRequest::default()
    }))
}

fn tick_types(messages: &[ServerMessage]) -> BTreeSet<i32> {
    let tick_type = |message: &ServerMessage| match message {
        ServerMessage::TickPrice(tick) => Some(tick.tick_type),
        ServerMessage::TickSize(tick) => Some(tick.tick_type),
        ServerMessage::TickGeneric(tick) => Some(tick.tick_type),
        ServerMessage::TickString(tick) => Some(tick.tick_type),
        _ => None,
    };
    messages.iter().filter_map(tick_type).collect()
}

#[test]
fn what_clients_commonly_ask_for_is_told() {
    let mut table = plain();
    let id = table.ready(7);
    let common = "100,101,104,105,106,165,221,225,232,233,236,256,258,293,294,295,318,375,411,456,460,577";
    table.say(id, &ask(1, Contract::stock("AAPL"), common));
    table.pass(seconds(3));
    let heard = table.heard(id);
    assert_eq!(errors(&heard), []);
    let told = tick_types(&heard);
    let expected = [
        tick_type::OPTION_CALL_VOLUME,
        tick_type::OPTION_PUT_OPEN_INTEREST,
        tick_type::OPTION_HISTORICAL_VOL,
        tick_type::AVG_OPT_VOLUME,
        tick_type::OPTION_IMPLIED_VOL,
        tick_type::LOW_52_WEEK,
        tick_type::AVG_VOLUME,
        tick_type::MARK_PRICE,
        tick_type::RT_VOLUME,
        tick_type::SHORTABLE,
        tick_type::SHORTABLE_SHARES,
        tick_type::TRADE_COUNT,
        tick_type::TRADE_RATE,
        tick_type::VOLUME_RATE,
        tick_type::LAST_RTH_TRADE,
        tick_type::RT_TRD_VOLUME,
        tick_type::RT_HISTORICAL_VOL,
        tick_type::IB_DIVIDENDS,
    ];
    let missing: Vec<_> = expected.into_iter().filter(|tick| !told.contains(tick)).collect();
    assert!(missing.is_empty(), "{missing:?} of {told:?}");
}

#[test]
fn nothing_is_told_that_was_not_asked_for() {
    let mut table = plain();
    let id = table.ready(7);
    table.say(id, &ask(1, Contract::stock("AAPL"), ""));
    table.pass(seconds(3));
    let told = tick_types(&table.heard(id));
    assert!(told.iter().all(|tick| *tick <= 14 || [45, 49].contains(tick)), "{told:?}");
}

#[test]
fn what_an_instrument_has_not_is_passed_over() {
    let mut table = plain();
    let id = table.ready(7);
    let euro = Contract { sec_type: "CASH".into(), exchange: "IDEALPRO".into(), ..Contract::stock("EUR") };
    table.say(id, &ask(1, euro, "100,233,236,mdoff,292:BRFG+DJNL,221"));
    table.pass(seconds(3));
    let heard = table.heard(id);
    assert_eq!(errors(&heard), []);
    let told = tick_types(&heard);
    assert!(told.contains(&tick_type::MARK_PRICE) && !told.contains(&tick_type::SHORTABLE));
}

#[test]
fn a_number_that_nobody_knows_is_refused_with_the_legal_ones() {
    let mut table = plain();
    let id = table.ready(7);
    for (number, list) in (1..).zip(["999", "233,x", "-1"]) {
        table.say(id, &ask(number, Contract::stock("AAPL"), list));
        let heard = table.heard(id);
        assert_eq!(errors(&heard), [(number, 321)], "{list}");
        let ServerMessage::Error(error) = &heard[0] else { panic!() };
        assert!(error.text.contains("Legal ones for (STK)") && error.text.contains("233(RTVolume)"), "{}", error.text);
    }
}
