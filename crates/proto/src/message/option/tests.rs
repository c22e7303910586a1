//! Golden frames. Requests were written by ib_async 2.1.0 at 157, 176 and 178, by ibapi 9.81.1 at 157 and
//! by nautilus_ibapi 10.46.1 at 157, 176, 178, 187 and 200, run offline; frames from servers were
//! read, with the values stated here, by the decoders of all three where their versions reach.

use super::*;
use crate::message::contract::Contract;
use crate::message::tests::check::{ALL, client, client_reads, con, dec, req, server, server_reads, some};
use crate::message::{ClientMessage, ServerMessage};

fn option() -> Contract {
    Contract {
        con_id: con(853_200_900),
        symbol: "OBDC".into(),
        sec_type: "OPT".into(),
        last_trade_date_or_contract_month: "20261120".into(),
        strike: some("12.5"),
        right: "P".into(),
        multiplier: "100".into(),
        exchange: "SMART".into(),
        currency: "USD".into(),
        local_symbol: "OBDC  261120P00012500".into(),
        trading_class: "OBDC".into(),
        ..Contract::default()
    }
}

#[test]
fn calculations_are_asked_for_as_real_clients_do() {
    let request = CalculateImpliedVolatility {
        req_id: req(38),
        contract: option(),
        option_price: dec("1.25"),
        underlying_price: dec("12.75"),
        options: String::new(),
    };
    let request = ClientMessage::CalculateImpliedVolatility(Box::new(request));
    let golden = "54|3|38|853200900|OBDC|OPT|20261120|12.5|P|100|SMART||USD|OBDC  261120P00012500|OBDC|1.25|12.75||";
    client(ALL, golden, &request);
    let request = CalculateOptionPrice {
        req_id: req(39),
        contract: option(),
        volatility: dec("0.35"),
        underlying_price: dec("12.75"),
        options: String::new(),
    };
    let golden = "55|3|39|853200900|OBDC|OPT|20261120|12.5|P|100|SMART||USD|OBDC  261120P00012500|OBDC|0.35|12.75||";
    client(ALL, golden, &ClientMessage::CalculateOptionPrice(Box::new(request)));
    client(ALL, "56|1|38|", &ClientMessage::CancelCalculateImpliedVolatility(req(38)));
    client(ALL, "57|1|39|", &ClientMessage::CancelCalculateOptionPrice(req(39)));
}

#[test]
fn older_clients_count_the_options_of_a_calculation() {
    // ib_async 2.1.0 and ibapi 9.81.1; nautilus_ibapi 10.46.1 does not.
    let with = |options: &str| {
        ClientMessage::CalculateOptionPrice(Box::new(CalculateOptionPrice {
            req_id: req(39),
            contract: option(),
            volatility: dec("0.35"),
            underlying_price: dec("12.75"),
            options: options.into(),
        }))
    };
    let golden = "55|3|39|853200900|OBDC|OPT|20261120|12.5|P|100|SMART||USD|OBDC  261120P00012500|OBDC|0.35|12.75|";
    client_reads(ALL, &format!("{golden}0||"), &with(""));
    client_reads(ALL, &format!("{golden}2|a=b;c=d;|"), &with("a=b;c=d;"));
}

#[test]
fn options_are_exercised_as_real_clients_do() {
    let exercise = ExerciseOptions {
        req_id: req(34),
        contract: option(),
        exercise_action: 1,
        exercise_quantity: 2,
        account: "DU9000001".into(),
        r#override: 1,
        ..ExerciseOptions::default()
    };
    let message = |exercise: &ExerciseOptions| ClientMessage::ExerciseOptions(Box::new(exercise.clone()));
    let golden = "21|2|34|853200900|OBDC|OPT|20261120|12.5|P|100|SMART|USD|OBDC  261120P00012500|OBDC|1|2|DU9000001|1|";
    client(157..=179, golden, &message(&exercise));
    // From here on nautilus_ibapi 10.46.1 alone.
    let manual_order_time = "20260302-09:30:00".into();
    let exercise = ExerciseOptions { manual_order_time, ..exercise };
    let golden = format!("{golden}20260302-09:30:00|");
    client(180..=182, &golden, &message(&exercise));
    let exercise = ExerciseOptions { customer_account: "cust".into(), professional_customer: true, ..exercise };
    client(184..=200, &format!("{golden}cust|1|"), &message(&exercise));
    let exercise = ExerciseOptions { professional_customer: false, ..exercise };
    client([183], &format!("{golden}cust|"), &message(&exercise));
}

#[test]
fn greeks_are_as_real_clients_read_them() {
    let computed = TickOptionComputation {
        req_id: req(11),
        tick_type: 13,
        tick_attrib: 1,
        implied_volatility: some("0.3512"),
        delta: some("-0.4831"),
        option_price: some("1.2466"),
        pv_dividend: some("0.37"),
        gamma: some("0.1123"),
        vega: some("0.0299"),
        theta: some("-0.0042"),
        underlying_price: some("12.75"),
    };
    let golden = "21|11|13|1|0.3512|-0.4831|1.2466|0.37|0.1123|0.0299|-0.0042|12.75|";
    server(ALL, golden, &ServerMessage::TickOptionComputation(Box::new(computed.clone())));
    // The version field of old servers.
    let golden = "21|6|11|13|0.3512|-0.4831|1.2466|0.37|0.1123|0.0299|-0.0042|12.75|";
    let computed = TickOptionComputation { tick_attrib: 0, ..computed };
    server([100, 155], golden, &ServerMessage::TickOptionComputation(Box::new(computed)));
}

#[test]
fn what_was_not_computed_is_minus_one_or_minus_two() {
    let nothing = TickOptionComputation { req_id: req(11), tick_type: 10, ..TickOptionComputation::default() };
    let nothing = ServerMessage::TickOptionComputation(Box::new(nothing));
    server(ALL, "21|11|10|0|-1|-2|-1|-1|-2|-2|-2|-1|", &nothing);
    server_reads(ALL, "21|11|10|0|-1.0|-2.0|-1.0|-1.0|-2.0|-2.0|-2.0|-1.0|", &nothing);
    let one = TickOptionComputation {
        req_id: req(11),
        tick_type: 10,
        delta: some("-1"),
        theta: some("-1"),
        ..TickOptionComputation::default()
    };
    let golden = "21|11|10|0|-1|-1|-1|-1|-2|-2|-1|-1|";
    server(ALL, golden, &ServerMessage::TickOptionComputation(Box::new(one)));
}
