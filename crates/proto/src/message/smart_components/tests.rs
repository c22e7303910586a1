//! Golden frames. Requests were written by ib_async 2.1.0 at 157, 176 and 178, by ibapi 9.81.1 at 157 and
//! by nautilus_ibapi 10.46.1 at 157, 176, 178, 187 and 200, run offline; frames from servers were
//! read, with the values stated here, by the decoders of all three where their versions reach.

use super::*;
use crate::message::tests::check::{ALL, client, req, server};
use crate::message::{ClientMessage, ServerMessage};

#[test]
fn letters_of_exchanges_are_asked_for_and_sent() {
    let request = SmartComponentsRequest { req_id: req(46), bbo_exchange: "a60001".into() };
    client(ALL, "83|46|a60001|", &ClientMessage::ReqSmartComponents(request));
    let component = |bit_number, exchange: &str, letter: &str| SmartComponent {
        bit_number,
        exchange: exchange.into(),
        exchange_letter: letter.into(),
    };
    let components = vec![component(0, "AMEX", "A"), component(15, "ARCA", "P")];
    let message = ServerMessage::SmartComponents(SmartComponents { req_id: req(46), components });
    server(ALL, "82|46|2|0|AMEX|A|15|ARCA|P|", &message);
}
