//! Golden frames. Requests were written by ib_async 2.1.0 at 157, 176 and 178, by ibapi 9.81.1 at 157 and
//! by nautilus_ibapi 10.46.1 at 157, 176, 178, 187 and 200, run offline; frames from servers were
//! read, with the values stated here, by the decoders of all three where their versions reach.

use super::*;
use crate::message::tests::check::{ALL, client, req, server};
use crate::message::{ClientMessage, ServerMessage};

#[test]
fn display_groups_are_asked_for_as_real_clients_do() {
    client(ALL, "67|1|40|", &ClientMessage::QueryDisplayGroups(req(40)));
    let subscribe = SubscribeToGroupEvents { req_id: req(41), group_id: 3 };
    client(ALL, "68|1|41|3|", &ClientMessage::SubscribeToGroupEvents(subscribe));
    let update = UpdateDisplayGroup { req_id: req(41), contract_info: "265598@SMART".into() };
    client(ALL, "69|1|41|265598@SMART|", &ClientMessage::UpdateDisplayGroup(Box::new(update)));
    client(ALL, "70|1|41|", &ClientMessage::UnsubscribeFromGroupEvents(req(41)));
}

#[test]
fn display_groups_are_as_real_clients_read_them() {
    // On the wire the numbers are joined by a bar, which stands for a NUL here.
    let list = DisplayGroupList { req_id: req(40), groups: "3".into() };
    server(ALL, "67|1|40|3|", &ServerMessage::DisplayGroupList(list));
    let updated = DisplayGroupUpdated { req_id: req(41), contract_info: "265598@SMART".into() };
    server(ALL, "68|1|41|265598@SMART|", &ServerMessage::DisplayGroupUpdated(updated));
}
