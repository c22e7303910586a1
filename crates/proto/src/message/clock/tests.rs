//! Golden frames. Requests were written by ib_async 2.1.0 at 157, 176 and 178, by ibapi 9.81.1 at 157 and
//! by nautilus_ibapi 10.46.1 at 157, 176, 178, 187 and 200, run offline; frames from servers were
//! read, with the values stated here, by the decoders of all three where their versions reach.

use super::*;
use crate::message::tests::check::{client, server};
use crate::message::{ClientMessage, ServerMessage};

#[test]
fn milliseconds_are_asked_for_and_sent() {
    // Only nautilus_ibapi knows these.
    client(197..=200, "105|", &ClientMessage::ReqCurrentTimeInMillis);
    let time = CurrentTimeInMillis { epoch_millis: 1_775_425_766_350 };
    server(197..=200, "109|1775425766350|", &ServerMessage::CurrentTimeInMillis(time));
}
