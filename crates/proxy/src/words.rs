//! What the proxy says in the Gateway's stead: frames in the client's own version, with codes that clients know.

use bytes::{Bytes, BytesMut};
use gatewright_proto::message::start::{ErrorMessage, NextValidId};
use gatewright_proto::{ClientMessage, OrderId, RequestId, ServerMessage, ServerVersion};

/// "The API interface is currently in Read-Only mode", as a Gateway says it.
pub(crate) const READ_ONLY: i32 = 321;

/// "Not connected": what every client library knows as "this was not sent".
pub(crate) const NOT_CONNECTED: i32 = 504;

/// A message about an order that lives on, or may: no library takes it for the order's death.
pub(crate) const ORDER_MESSAGE: i32 = 399;

/// "Order rejected": every library takes it for the order's death.
pub(crate) const ORDER_REJECTED: i32 = 201;

/// "Order Canceled", by whomever.
pub(crate) const ORDER_CANCELLED: i32 = 202;

/// "The client id is already in use".
pub(crate) const CLIENT_ID_IN_USE: i32 = 326;

/// "Max rate of messages per second has been exceeded".
pub(crate) const MAX_RATE: i32 = 100;

/// "Empty the book": what a replayed market depth begins with.
pub(crate) const DEPTH_RESET: i32 = 317;

/// Connectivity lost; restored with data lost; restored with data kept.
pub(crate) const LOST: i32 = 1100;
/// See [`LOST`].
pub(crate) const RESTORED_DATA_LOST: i32 = 1101;
/// See [`LOST`].
pub(crate) const RESTORED: i32 = 1102;

/// A message to a client, as one frame.
///
/// # Panics
///
/// None of the messages made here holds a NUL, and all are short.
pub(crate) fn to_client(message: &ServerMessage, speaks: ServerVersion) -> Bytes {
    let mut out = BytesMut::new();
    message.encode(&mut out, speaks).expect("texts without NUL and of bounded length can be written");
    out.freeze()
}

/// An error, warning or notice to a client; `id` −1 belongs to nothing.
pub(crate) fn error(id: i32, code: i32, text: &str, speaks: ServerVersion) -> Bytes {
    // What a Gateway or the system said may be part of the text.
    let text = text.replace('\0', " ");
    to_client(&ServerMessage::Error(Box::new(ErrorMessage::about(RequestId::new(id), code, text))), speaks)
}

/// The next order id that a client may use.
pub(crate) fn next_valid_id(order_id: OrderId, speaks: ServerVersion) -> Bytes {
    to_client(&ServerMessage::NextValidId(NextValidId { order_id }), speaks)
}

/// A message of our own to the Gateway, or of a client's that is repeated in other words. `None` where it cannot be
/// written at that version.
pub(crate) fn to_gateway(message: &ClientMessage, speaks: ServerVersion) -> Option<Bytes> {
    let mut out = BytesMut::new();
    message.encode(&mut out, speaks).ok()?;
    Some(out.freeze())
}
