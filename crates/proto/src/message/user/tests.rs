//! Golden frames. Requests were written by ib_async 2.1.0 at 157, 176 and 178, by ibapi 9.81.1 at 157 and
//! by nautilus_ibapi 10.46.1 at 157, 176, 178, 187 and 200, run offline; frames from servers were
//! read, with the values stated here, by the decoders of all three where their versions reach.

use super::*;
use crate::message::tests::check::{ALL, client, req, server};
use crate::message::{ClientMessage, ServerMessage};

#[test]
fn the_brand_of_a_user_is_asked_for_and_sent() {
    // ib_async asks at any version, nautilus_ibapi from 167 on.
    client(ALL, "104|58|", &ClientMessage::ReqUserInfo(req(58)));
    let user = |brand: &str| ServerMessage::UserInfo(UserInfo { req_id: req(58), white_branding_id: brand.into() });
    server(167..=200, "107|58||", &user(""));
    server(167..=200, "107|58|IBKR|", &user("IBKR"));
}
