//! Golden frames. Requests were written by ib_async 2.1.0 at 157, 176 and 178, by ibapi 9.81.1 at 157 and
//! by nautilus_ibapi 10.46.1 at 157, 176, 178, 187 and 200, run offline; frames from servers were
//! read, with the values stated here, by the decoders of all three where their versions reach.

use super::*;
use crate::message::order::SoftDollarTier;
use crate::message::tests::check::{ALL, client, req, server};
use crate::message::{ClientMessage, ServerMessage};

#[test]
fn the_configuration_is_asked_for_and_replaced() {
    client(ALL, "18|1|1|", &ClientMessage::RequestFa(FaRequest { fa_data_type: 1 }));
    let replace = FaReplace { fa_data_type: 1, xml: "<xml/>".into(), req_id: req(33) };
    client(ALL, "19|1|1|<xml/>|33|", &ClientMessage::ReplaceFa(Box::new(replace)));
    let replace = FaReplace { fa_data_type: 1, xml: "<xml/>".into(), ..FaReplace::default() };
    client([156], "19|1|1|<xml/>|", &ClientMessage::ReplaceFa(Box::new(replace)));
    let received = ReceiveFa { fa_data_type: 3, xml: "<xml/>".into() };
    server(ALL, "16|1|3|<xml/>|", &ServerMessage::ReceiveFa(Box::new(received)));
    let end = ReplaceFaEnd { req_id: req(33), text: "OK".into() };
    server(ALL, "103|33|OK|", &ServerMessage::ReplaceFaEnd(end));
}

#[test]
fn families_and_tiers_are_asked_for_and_sent() {
    client(ALL, "80|", &ClientMessage::ReqFamilyCodes);
    let code = |account: &str, family: &str| FamilyCode { account_id: account.into(), family_code: family.into() };
    let family_codes = vec![code("*", ""), code("DU9000001", "F9000A")];
    server(ALL, "78|2|*||DU9000001|F9000A|", &ServerMessage::FamilyCodes(FamilyCodes { family_codes }));
    client(ALL, "79|44|", &ClientMessage::ReqSoftDollarTiers(req(44)));
    let tier = SoftDollarTier { name: "Tier".into(), val: "1".into(), display_name: "Tier one".into() };
    let tiers = SoftDollarTiers { req_id: req(44), tiers: vec![tier] };
    server(ALL, "77|44|1|Tier|1|Tier one|", &ServerMessage::SoftDollarTiers(tiers));
    let tiers = SoftDollarTiers { req_id: req(44), tiers: Vec::new() };
    server(ALL, "77|44|0|", &ServerMessage::SoftDollarTiers(tiers));
}
