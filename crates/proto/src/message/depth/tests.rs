//! Golden frames. Requests were written by ib_async 2.1.0 at 157, 176 and 178, by ibapi 9.81.1 at 157 and
//! by nautilus_ibapi 10.46.1 at 157, 176, 178, 187 and 200, run offline; frames from servers were
//! read, with the values stated here, by the decoders of all three where their versions reach.

use super::*;
use crate::message::contract::Contract;
use crate::message::tests::check::{ALL, client, dec, req, server, some};
use crate::message::{ClientMessage, ServerMessage};

#[test]
fn a_book_is_asked_for_as_real_clients_do() {
    let contract = Contract { primary_exchange: "NASDAQ".into(), strike: some("0.0"), ..Contract::stock("AAPL") };
    let options = "a=b;c=d;".into();
    let request = MktDepthRequest { req_id: req(31), contract, num_rows: 5, is_smart_depth: true, options };
    let golden = "10|5|31|0|AAPL|STK||0.0|||SMART|NASDAQ|USD|||5|1|a=b;c=d;|";
    client(ALL, golden, &ClientMessage::ReqMktDepth(Box::new(request)));
    let cancel = CancelMktDepth { req_id: req(31), is_smart_depth: true };
    client(ALL, "11|1|31|1|", &ClientMessage::CancelMktDepth(cancel));
    client(ALL, "82|", &ClientMessage::ReqMktDepthExchanges);
}

#[test]
fn older_versions_ask_for_less_of_a_book() {
    // nautilus_ibapi 10.46.1 at 127, 139, 142, 148 and 156.
    let contract = Contract { strike: some("12.5"), ..Contract::stock("OBDC") };
    let request = MktDepthRequest { req_id: req(32), contract, num_rows: 10, ..MktDepthRequest::default() };
    let request = ClientMessage::ReqMktDepth(Box::new(request));
    client([127, 139, 142, 145], "10|5|32|0|OBDC|STK||12.5|||SMART|USD|||10||", &request);
    client([146, 148], "10|5|32|0|OBDC|STK||12.5|||SMART|USD|||10|0||", &request);
    client([149, 156], "10|5|32|0|OBDC|STK||12.5|||SMART||USD|||10|0||", &request);
    client([145], "11|1|31|", &ClientMessage::CancelMktDepth(CancelMktDepth { req_id: req(31), ..Default::default() }));
}

#[test]
fn rows_of_a_book_are_as_real_clients_read_them() {
    let row =
        MarketDepth { req_id: req(31), position: 2, operation: 1, side: 0, price: dec("231.07"), size: dec("300") };
    server(ALL, "12|1|31|2|1|0|231.07|300|", &ServerMessage::MarketDepth(Box::new(row)));
    let row = MarketDepthL2 {
        req_id: req(31),
        position: 0,
        market_maker: "ARCA".into(),
        operation: 0,
        side: 1,
        price: dec("231.05"),
        size: dec("100"),
        is_smart_depth: true,
    };
    server(ALL, "13|1|31|0|ARCA|0|1|231.05|100|1|", &ServerMessage::MarketDepthL2(Box::new(row)));
}

#[test]
fn exchanges_with_a_book_are_listed() {
    let exchange = |exchange: &str, sec_type: &str, data: &str, agg_group| DepthMktDataDescription {
        exchange: exchange.into(),
        sec_type: sec_type.into(),
        listing_exchange: String::new(),
        service_data_type: data.into(),
        agg_group,
    };
    let descriptions = vec![exchange("DTB", "OPT", "Deep", None), exchange("IEX", "STK", "Deep2", Some(4))];
    let golden = "80|2|DTB|OPT||Deep|2147483647|IEX|STK||Deep2|4|";
    server(ALL, golden, &ServerMessage::MktDepthExchanges(MktDepthExchanges { descriptions }));
    server(ALL, "80|0|", &ServerMessage::MktDepthExchanges(MktDepthExchanges::default()));
}

#[test]
fn older_versions_only_say_whether_an_exchange_has_level_2() {
    // As nautilus_ibapi 10.46.1 reads it at 112 and 119: a boolean where newer versions have three fields.
    let exchange = |exchange: &str, data: &str| DepthMktDataDescription {
        exchange: exchange.into(),
        sec_type: "STK".into(),
        service_data_type: data.into(),
        ..DepthMktDataDescription::default()
    };
    let descriptions = vec![exchange("ISLAND", "Deep2"), exchange("IEX", "Deep")];
    let golden = "80|2|ISLAND|STK|1|IEX|STK|0|";
    server([112, 119], golden, &ServerMessage::MktDepthExchanges(MktDepthExchanges { descriptions }));
}
