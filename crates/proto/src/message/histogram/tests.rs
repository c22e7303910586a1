//! Golden frames. Requests were written by ib_async 2.1.0 at 157, 176 and 178, by ibapi 9.81.1 at 157 and
//! by nautilus_ibapi 10.46.1 at 157, 176, 178, 187 and 200, run offline; frames from servers were
//! read, with the values stated here, by the decoders of all three where their versions reach.

use super::*;
use crate::message::tests::check::{ALL, client, dec, req, server, some};
use crate::message::{ClientMessage, ServerMessage};

#[test]
fn a_histogram_is_asked_for_and_sent() {
    let contract = Contract { primary_exchange: "NASDAQ".into(), strike: some("0.0"), ..Contract::stock("AAPL") };
    let time_period = "3 days".into();
    let request =
        HistogramDataRequest { req_id: req(50), contract, include_expired: false, use_rth: true, time_period };
    let golden = "88|50|0|AAPL|STK||0.0|||SMART|NASDAQ|USD|||0|1|3 days|";
    client(ALL, golden, &ClientMessage::ReqHistogramData(Box::new(request)));
    client(ALL, "89|50|", &ClientMessage::CancelHistogramData(req(50)));
    let entry = |price, size| HistogramEntry { price: dec(price), size: dec(size) };
    let histogram = HistogramData { req_id: req(50), entries: vec![entry("231.05", "1200"), entry("231.06", "7")] };
    server(ALL, "89|50|2|231.05|1200|231.06|7|", &ServerMessage::HistogramData(histogram));
}
