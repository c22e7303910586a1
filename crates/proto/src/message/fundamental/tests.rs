//! Golden frames. Requests were written by ib_async 2.1.0 at 157, 176 and 178, by ibapi 9.81.1 at 157 and
//! by nautilus_ibapi 10.46.1 at 157, 176, 178, 187 and 200, run offline; frames from servers were
//! read, with the values stated here, by the decoders of all three where their versions reach.

use super::*;
use crate::message::tests::check::{ALL, client, req, server};
use crate::message::{ClientMessage, ServerMessage};

#[test]
fn fundamental_data_is_asked_for_and_sent() {
    let contract =
        Contract { primary_exchange: "NASDAQ".into(), local_symbol: "AAPL".into(), ..Contract::stock("AAPL") };
    let request = FundamentalDataRequest {
        req_id: req(37),
        contract,
        report_type: "ReportSnapshot".into(),
        options: String::new(),
    };
    let golden = "52|2|37|0|AAPL|STK|SMART|NASDAQ|USD|AAPL|ReportSnapshot|0||";
    client(ALL, golden, &ClientMessage::ReqFundamentalData(Box::new(request.clone())));
    let request = FundamentalDataRequest { options: "a=b;c=d;".into(), ..request };
    let golden = "52|2|37|0|AAPL|STK|SMART|NASDAQ|USD|AAPL|ReportSnapshot|2|a=b;c=d;|";
    client(ALL, golden, &ClientMessage::ReqFundamentalData(Box::new(request)));
    client(ALL, "53|1|37|", &ClientMessage::CancelFundamentalData(req(37)));
    let data = FundamentalData { req_id: req(37), data: "<ReportSnapshot/>".into() };
    server(ALL, "51|1|37|<ReportSnapshot/>|", &ServerMessage::FundamentalData(data));
}
