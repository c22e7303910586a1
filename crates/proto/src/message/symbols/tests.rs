//! Golden frames. Requests were written by ib_async 2.1.0 at 157, 176 and 178, by ibapi 9.81.1 at 157 and
//! by nautilus_ibapi 10.46.1 at 157, 176, 178, 187 and 200, run offline; frames from servers were
//! read, with the values stated here, by the decoders of all three where their versions reach.

use super::*;
use crate::message::tests::check::{ALL, client, con, req, server};
use crate::message::{ClientMessage, ServerMessage};

#[test]
fn instruments_are_searched_as_real_clients_do() {
    let request = MatchingSymbolsRequest { req_id: req(45), pattern: "AAP".into() };
    client(ALL, "81|45|AAP|", &ClientMessage::ReqMatchingSymbols(request));
}

fn found() -> ContractDescription {
    ContractDescription {
        contract: Contract {
            con_id: con(265_598),
            symbol: "AAPL".into(),
            sec_type: "STK".into(),
            primary_exchange: "NASDAQ.NMS".into(),
            currency: "USD".into(),
            ..Contract::default()
        },
        derivative_sec_types: vec!["CFD".into(), "OPT".into()],
        ..ContractDescription::default()
    }
}

#[test]
fn what_was_found_is_as_real_clients_read_it() {
    let message = |contracts| ServerMessage::SymbolSamples(SymbolSamples { req_id: req(45), contracts });
    let golden = "79|45|1|265598|AAPL|STK|NASDAQ.NMS|USD|2|CFD|OPT|";
    server(157..=175, golden, &message(vec![found()]));
    let bond = ContractDescription {
        contract: Contract { sec_type: "BOND".into(), symbol: "APPLE".into(), ..Contract::default() },
        issuer_id: "e1400715".into(),
        ..ContractDescription::default()
    };
    let stock = ContractDescription { description: "APPLE INC".into(), ..found() };
    let golden = "79|45|2|265598|AAPL|STK|NASDAQ.NMS|USD|2|CFD|OPT|APPLE INC||0|APPLE|BOND|||0||e1400715|";
    server(176..=200, golden, &message(vec![stock, bond]));
    server(ALL, "79|45|0|", &message(Vec::new()));
}
