//! Golden frames. Requests were written by ib_async 2.1.0 at 157, 176 and 178, by ibapi 9.81.1 at 157 and
//! by nautilus_ibapi 10.46.1 at 157, 176, 178, 187 and 200, run offline; frames from servers were
//! read, with the values stated here, by the decoders of all three where their versions reach.

use super::*;
use crate::message::ServerMessage;
use crate::message::tests::check::{ALL, server};

#[test]
fn an_order_becomes_known() {
    let (client_id, order_id) = (ClientId::new(0), OrderId::new(-7));
    let bound = OrderBound { perm_id: PermId::new(1_905_000_123), client_id, order_id };
    server(ALL, "100|1905000123|0|-7|", &ServerMessage::OrderBound(bound));
    let bound = OrderBound { perm_id: PermId::new(5_000_000_000), client_id, order_id };
    server(191..=200, "100|5000000000|0|-7|", &ServerMessage::OrderBound(bound));
}
