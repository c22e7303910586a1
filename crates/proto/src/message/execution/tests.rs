//! Golden frames, arbitrary messages and hostile input for executions and commission reports.

use bytes::{Bytes, BytesMut};
use proptest::prelude::*;

use super::*;
use crate::ids::ConId;
use crate::message::order::scramble::{Scramble, survives};
use crate::message::{ClientMessage, ServerMessage};

fn payload(fields: &str) -> Bytes {
    Bytes::from(fields.replace('|', "\0").into_bytes())
}

fn dec(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// The message is written as these fields and read from them.
fn from_server(message: &ServerMessage, speaks: i32, fields: &str) {
    let speaks = ServerVersion::new(speaks);
    let mut frame = BytesMut::new();
    message.encode(&mut frame, speaks).unwrap();
    assert_eq!(String::from_utf8_lossy(&frame[4..]).replace('\0', "|"), fields, "{speaks}");
    assert_eq!(ServerMessage::decode(&payload(fields), speaks).as_ref(), Ok(message), "{speaks}");
}

fn from_client(message: &ExecutionsRequest, speaks: i32, fields: &str) {
    let speaks = ServerVersion::new(speaks);
    let message = ClientMessage::ReqExecutions(Box::new(message.clone()));
    let mut frame = BytesMut::new();
    message.encode(&mut frame, speaks).unwrap();
    assert_eq!(String::from_utf8_lossy(&frame[4..]).replace('\0', "|"), fields, "{speaks}");
    assert_eq!(ClientMessage::decode(&payload(fields), speaks), Ok(message), "{speaks}");
}

fn details() -> ExecDetails {
    ExecDetails {
        req_id: RequestId::new(2),
        contract: Contract {
            con_id: ConId::new(265_598),
            strike: Some(dec("0.0")),
            exchange: "IEX".into(),
            local_symbol: "AAPL".into(),
            trading_class: "NMS".into(),
            ..Contract::stock("AAPL")
        },
        execution: Execution {
            order_id: OrderId::new(5),
            exec_id: "0000a1b2.67760a11.01.01".into(),
            time: "20260102 10:00:01 US/Eastern".into(),
            acct_number: "DU1234567".into(),
            exchange: "IEX".into(),
            side: "BOT".into(),
            shares: dec("2.5"),
            price: dec("187.25"),
            perm_id: PermId::new(9_876_543_210),
            client_id: ClientId::new(7),
            liquidation: 1,
            cum_qty: dec("12.5"),
            avg_price: Some(dec("187.2")),
            order_ref: "gw-1".into(),
            ev_rule: "aussieBond:".into(),
            ev_multiplier: Some(dec("1.5")),
            model_code: "model".into(),
            last_liquidity: 2,
            pending_price_revision: true,
            submitter: "someone".into(),
        },
    }
}

/// What is left of the details at that version.
fn details_at(speaks: i32) -> ServerMessage {
    let mut details = details();
    if speaks < 178 {
        details.execution.pending_price_revision = false;
    }
    if speaks < 198 {
        details.execution.submitter.clear();
    }
    ServerMessage::ExecDetails(Box::new(details))
}

// Decoded with nothing left over and these values by ib_async 2.1.0 (157, 178), ibapi 9.81.1 (157) and nautilus_ibapi
// 10.46.1 (all).
#[test]
fn executions_grow_two_fields() {
    let fields = "11|2|5|265598|AAPL|STK||0.0|||IEX|USD|AAPL|NMS|0000a1b2.67760a11.01.01|\
        20260102 10:00:01 US/Eastern|DU1234567|IEX|BOT|2.5|187.25|9876543210|7|1|12.5|187.2|gw-1|aussieBond:|1.5|model|2|";
    from_server(&details_at(157), 157, fields);
    from_server(&details_at(177), 177, fields);
    from_server(&details_at(178), 178, &format!("{fields}1|"));
    from_server(&details_at(197), 197, &format!("{fields}1|"));
    from_server(&details_at(200), 200, &format!("{fields}1|someone|"));
}

// Empty where a live Gateway leaves it empty, as the captures published by ibkr-go (server version 200) and rust-ibapi
// (164, 173) show.
#[test]
fn an_unasked_execution_belongs_to_no_request() {
    let fields = "11|-1|5|265598|AAPL|STK||0.0|||IEX|USD|AAPL|NMS|0000a1b2.67760a11.01.01|\
        20260102 10:00:01 US/Eastern|DU1234567|IEX|BOT|1|187.25|1234567890|7|0|1|187.25|||||2|0||";
    let mut details = details();
    details.req_id = RequestId::NONE;
    details.execution = Execution {
        shares: dec("1"),
        cum_qty: dec("1"),
        avg_price: Some(dec("187.25")),
        perm_id: PermId::new(1_234_567_890),
        liquidation: 0,
        order_ref: String::new(),
        ev_rule: String::new(),
        ev_multiplier: None,
        model_code: String::new(),
        pending_price_revision: false,
        submitter: String::new(),
        ..details.execution
    };
    from_server(&ServerMessage::ExecDetails(Box::new(details)), 200, fields);
}

// Decoded with these values by ib_async 2.1.0, ibapi 9.81.1 and nautilus_ibapi 10.46.1.
#[test]
fn a_commission_report_is_the_same_in_all_versions() {
    let report = CommissionReport {
        exec_id: "0000a1b2.67760a11.01.01".into(),
        commission: Some(dec("1.05")),
        currency: "USD".into(),
        realized_pnl: Some(dec("-12.5")),
        bond_yield: Some(0.5),
        yield_redemption_date: 20_300_101,
    };
    let report = ServerMessage::CommissionReport(Box::new(report));
    for speaks in [157, 178, 200] {
        from_server(&report, speaks, "59|1|0000a1b2.67760a11.01.01|1.05|USD|-12.5|0.5|20300101|");
    }
}

// Unset as a live Gateway says it, as the capture published by rust-ibapi (server version 164) shows.
#[test]
fn a_report_of_an_opening_trade_has_no_profit() {
    let report = CommissionReport {
        exec_id: "0000a1b2.67760a11.01.01".into(),
        commission: Some(dec("1.0")),
        currency: "USD".into(),
        ..CommissionReport::default()
    };
    let fields = "59|1|0000a1b2.67760a11.01.01|1.0|USD|1.7976931348623157E308|1.7976931348623157E308||";
    from_server(&ServerMessage::CommissionReport(Box::new(report)), 200, fields);
}

// From ib_async 2.1.0 (157, 178) and nautilus_ibapi 10.46.1 (200), by calling reqExecutions.
#[test]
fn a_request_may_name_days_at_200() {
    let all = ExecutionsRequest::all(RequestId::new(2));
    let filtered = ExecutionsRequest {
        client_id: ClientId::new(7),
        account: "DU1234567".into(),
        time: "20260102 09:30:00".into(),
        symbol: "AAPL".into(),
        sec_type: "STK".into(),
        exchange: "SMART".into(),
        side: "BUY".into(),
        ..all.clone()
    };
    let days = vec!["20260102".to_owned(), "20260105".to_owned()];
    let of_days = ExecutionsRequest { last_n_days: Some(3), specific_dates: days, ..filtered.clone() };
    from_client(&all, 157, "7|3|2|0|||||||");
    from_client(&filtered, 178, "7|3|2|7|DU1234567|20260102 09:30:00|AAPL|STK|SMART|BUY|");
    from_client(&all, 200, "7|3|2|0|||||||2147483647|0|");
    from_client(&of_days, 200, "7|3|2|7|DU1234567|20260102 09:30:00|AAPL|STK|SMART|BUY|3|2|20260102|20260105|");
}

#[test]
fn more_days_than_were_received_are_refused() {
    let fields = payload("7|3|2|0|||||||2147483647|2000000000|20260102|");
    let error = ClientMessage::decode(&fields, ServerVersion::new(200));
    assert_eq!(error, Err(ProtoError::BadCount { message: 7, field: 11, count: 2_000_000_000 }));
}

#[test]
fn executions_cut_anywhere_are_errors_and_garbage_does_no_harm() {
    let whole = payload(
        "11|2|5|265598|AAPL|STK||0.0|||IEX|USD|AAPL|NMS|0000a1b2.67760a11.01.01|20260102 10:00:01 US/Eastern|DU1234567|\
        IEX|BOT|2.5|187.25|9876543210|7|1|12.5|187.2|gw-1|aussieBond:|1.5|model|2|1|someone|",
    );
    let speaks = ServerVersion::new(200);
    for length in 0..whole.len() {
        assert!(ServerMessage::decode(&whole.slice(..length), speaks).is_err(), "cut at {length}");
    }
    let fields: Vec<&[u8]> = whole.split(|byte| *byte == 0).collect();
    for index in 1..fields.len() {
        for garbage in [&b""[..], b"x", b"-1", b"2147483648", b"9e999", b"NaN", b"\xff"] {
            let mut fields = fields.clone();
            fields[index] = garbage;
            let _ = ServerMessage::decode(&Bytes::from(fields.join(&0)), speaks);
        }
    }
}

proptest! {
    #[test]
    fn arbitrary_messages_survive(noise in prop::collection::vec(any::<u8>(), 0..300), speaks in 157..=200) {
        let speaks = ServerVersion::new(speaks);
        let (mut details, mut report) = <(ExecDetails, CommissionReport)>::default();
        let mut request = ExecutionsRequest::default();
        let Ok(()) = details.pass(&mut Scramble(&noise), speaks);
        let Ok(()) = report.pass(&mut Scramble(&noise));
        let Ok(()) = request.pass(&mut Scramble(&noise), speaks);
        survives(&details, speaks, ExecDetails::encode, ExecDetails::decode)?;
        survives(&report, speaks, CommissionReport::encode, CommissionReport::decode)?;
        survives(&request, speaks, ExecutionsRequest::encode, ExecutionsRequest::decode)?;
    }
}
