//! Golden frames. Requests were written by ib_async 2.1.0 at 157, 176 and 178, by ibapi 9.81.1 at 157 and
//! by nautilus_ibapi 10.46.1 at 157, 176, 178, 187 and 200, run offline; frames from servers were
//! read, with the values stated here, by the decoders of all three where their versions reach.

use super::*;
use crate::message::tests::check::{ALL, client, con, dec, req, server, some};
use crate::message::{ClientMessage, ServerMessage};

#[test]
fn positions_of_one_account_are_asked_for_and_sent() {
    let (account, model_code) = ("DU9000001".to_owned(), "Model".to_owned());
    let request = PositionsMultiRequest { req_id: req(42), account: account.clone(), model_code: model_code.clone() };
    client(ALL, "74|1|42|DU9000001|Model|", &ClientMessage::ReqPositionsMulti(Box::new(request)));
    client(ALL, "75|1|42|", &ClientMessage::CancelPositionsMulti(req(42)));
    let contract = Contract {
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
    };
    let position = dec("-3");
    let position = PositionMulti { req_id: req(42), account, contract, position, avg_cost: some("124.95"), model_code };
    let golden = "71|1|42|DU9000001|853200900|OBDC|OPT|20261120|12.5|P|100|SMART|USD|\
        OBDC  261120P00012500|OBDC|-3|124.95|Model|";
    server(ALL, golden, &ServerMessage::PositionMulti(Box::new(position)));
    server(ALL, "72|1|42|", &ServerMessage::PositionMultiEnd(req(42)));
}
