//! Golden frames. Requests were written by ib_async 2.1.0 at 157, 176 and 178, by ibapi 9.81.1 at 157 and
//! by nautilus_ibapi 10.46.1 at 157, 176, 178, 187 and 200, run offline; frames from servers were
//! read, with the values stated here, by the decoders of all three where their versions reach.

use super::*;
use crate::message::tests::check::{ALL, client, server};
use crate::message::{ClientMessage, ServerMessage};

#[test]
fn proofs_are_asked_for_as_real_clients_do() {
    // The official clients start a proof only where they were told to before; 65 and 72 are ib_async's alone.
    let request = VerifyRequest { api_name: "name".into(), api_version: "1.0".into() };
    client(ALL, "65|1|name|1.0|", &ClientMessage::VerifyRequest(Box::new(request)));
    let message = VerifyMessage { api_data: "data".into() };
    client(ALL, "66|1|data|", &ClientMessage::VerifyMessage(Box::new(message)));
    let request =
        VerifyAndAuthRequest { api_name: "name".into(), api_version: "1.0".into(), opaque_isv_key: "key".into() };
    client(ALL, "72|1|name|1.0|key|", &ClientMessage::VerifyAndAuthRequest(Box::new(request)));
    let message = VerifyAndAuthMessage { api_data: "data".into(), xyz_response: "answer".into() };
    client(ALL, "73|1|data|answer|", &ClientMessage::VerifyAndAuthMessage(Box::new(message)));
}

#[test]
fn proofs_are_as_real_clients_read_them() {
    let question = VerifyMessageApi { api_data: "data".into() };
    server(ALL, "65|1|data|", &ServerMessage::VerifyMessageApi(question));
    let completed = VerifyCompleted { is_successful: true, error_text: String::new() };
    server(ALL, "66|1|1||", &ServerMessage::VerifyCompleted(completed));
    let question = VerifyAndAuthMessageApi { api_data: "data".into(), xyz_challenge: "challenge".into() };
    server(ALL, "69|1|data|challenge|", &ServerMessage::VerifyAndAuthMessageApi(Box::new(question)));
    let completed = VerifyAndAuthCompleted { is_successful: false, error_text: "no".into() };
    server(ALL, "70|1|0|no|", &ServerMessage::VerifyAndAuthCompleted(completed));
}
