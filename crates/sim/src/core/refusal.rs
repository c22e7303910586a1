//! Errors and notices, and what is answered to requests that are not supported.

use std::sync::Arc;

use bytes::BytesMut;
use gatewright_proto::encoding::{self, Encoding};
use gatewright_proto::message::contract::Contract;
use gatewright_proto::message::start::ErrorMessage;
use gatewright_proto::{ClientMessage, Fields, ProtoError, RequestId, ServerMessage, version};
use tracing::debug;

use super::action::ConnId;
use super::world::World;
use crate::catalogue::{Instrument, Kind};

/// The code of requests that make no sense.
pub(super) const INVALID: i32 = 321;

/// How many bytes of a frame stand before its payload.
const LENGTH_PREFIX: usize = 4;

/// What a Gateway says when a contract matches nothing; here also when an order's or a stream's matches several.
const NO_CONTRACT: &str = "No security definition has been found for the request";

/// What a client is told that does not know of fractional sizes.
const OLD_CLIENT: &str =
    "Your API version does not support fractional size rules. Please upgrade to a minimum version 163.";

/// Where the id of a request or an order stands in its text layout, by message id, at the last text version (seen live).
const REQUEST_ID_AT_1: [i32; 26] =
    [3, 4, 20, 22, 78, 79, 81, 83, 84, 86, 87, 88, 89, 90, 92, 93, 94, 95, 96, 97, 98, 100, 101, 102, 103, 104];
const REQUEST_ID_AT_2: [i32; 30] = [
    1, 2, 7, 9, 10, 11, 21, 23, 25, 50, 51, 52, 53, 54, 55, 56, 57, 62, 63, 67, 68, 69, 70, 74, 75, 76, 77, 106, 107,
    108,
];

/// The same for replaceFA.
const REPLACE_FA: i32 = 19;

impl World {
    /// Sends a notice that belongs to no request.
    pub(super) fn notice(&mut self, id: ConnId, code: i32, text: &str) {
        self.refuse(id, RequestId::NONE, code, text);
    }

    /// Sends an error about one request or order.
    pub(super) fn refuse(&mut self, id: ConnId, request: RequestId, code: i32, text: &str) {
        let error = self.stamped(ErrorMessage::about(request, code, text));
        self.send(id, &ServerMessage::Error(Box::new(error)));
    }

    /// Sends the error of a request that makes no sense, with its cause.
    pub(super) fn refuse_invalid(&mut self, id: ConnId, request: RequestId, cause: &str) {
        self.refuse(id, request, INVALID, &format!("Error validating request.-'bS' : cause - {cause}"));
    }

    /// The error of a contract that means nothing, or too much.
    pub(super) fn refuse_contract(&mut self, id: ConnId, request: RequestId) {
        self.refuse(id, request, 200, NO_CONTRACT);
    }

    /// Refuses data whose sizes an old client would cut to whole numbers: those of currencies (stoqey/ib#144,
    /// IBrokers#45). Returns whether it did.
    pub(super) fn refuses_fractions(&mut self, id: ConnId, request: RequestId, instrument: &Instrument) -> bool {
        let old = self.connections.get(&id).is_some_and(|it| it.speaks < version::FRACTIONAL_SIZE);
        let refuses = old && instrument.kind == Kind::Cash;
        if refuses {
            self.refuse(id, request, 10285, OLD_CLIENT);
        }
        refuses
    }

    /// The one instrument that a contract means; or else the client is told why there is none.
    pub(super) fn instrument(
        &mut self,
        id: ConnId,
        request: RequestId,
        contract: &Contract,
    ) -> Option<Arc<Instrument>> {
        if contract.exchange.is_empty() {
            self.refuse_invalid(id, request, "Please enter exchange");
            return None;
        }
        let today = self.new_york.day(self.now.second());
        let mut found: Vec<Arc<Instrument>> = self.catalogue.matching(contract).into_iter().cloned().collect();
        if contract.con_id.get() == 0 {
            found.retain(|instrument| !instrument.is_expired(today));
        }
        match found.len() {
            0 => self.refuse_contract(id, request),
            1 => return found.pop(),
            _ => {
                let text = format!("The contract description specified for {} is ambiguous.", contract.symbol);
                self.refuse(id, request, 200, &text);
            }
        }
        None
    }

    /// The same error with the time at which it happened, which newer clients are told.
    pub(super) fn stamped(&self, error: ErrorMessage) -> ErrorMessage {
        ErrorMessage { time_ms: Some(self.now.as_millis()), ..error }
    }

    /// Answers a frame whose layout is wrong; the session goes on.
    pub(super) fn refuse_unreadable(&mut self, id: ConnId, payload: &[u8], problem: &ProtoError) {
        debug!(conn = id.0, %problem, "a request cannot be read");
        let Some(speaks) = self.connections.get(&id).map(|connection| connection.speaks) else { return };
        let message = encoding::identify(payload, speaks).map_or(0, |(message, _)| message);
        let request = self.request_in(id, message, payload).unwrap_or(RequestId::NONE);
        self.refuse(id, request, 320, &format!("Error reading request. Unable to parse data. {problem}"));
    }

    /// The id that a payload carries, whatever encoding its session has for it.
    pub(super) fn request_in(&self, id: ConnId, message: i32, payload: &[u8]) -> Option<RequestId> {
        let speaks = self.connections.get(&id)?.speaks;
        match encoding::identify(payload, speaks).ok()?.1 {
            Encoding::Text => named(message, payload),
            // The id is the first field of every message that has one, a varint.
            Encoding::Protobuf => first_varint(&payload[RAW_ID_BYTES..]),
            Encoding::TextRawId => None,
        }
    }

    /// The error of an end of something that never began.
    pub(super) fn refuse_unopened(&mut self, id: ConnId, request: RequestId) {
        self.refuse(id, request, 300, &format!("Can't find EId with tickerId:{request}"));
    }

    /// Answers a message that the protocol's tables do not have: an error under its own id where one can be found.
    pub(super) fn answer_unsupported(&mut self, id: ConnId, message: i32, request: RequestId) {
        debug!(conn = id.0, message, request = request.get(), "not supported");
        self.refuse_invalid(id, request, &format!("Unknown message id ({message})"));
    }
}

/// The request or order that an error about a message names.
pub(super) fn request_of(message: &ClientMessage) -> Option<RequestId> {
    let mut frame = BytesMut::new();
    // In text, whatever the session speaks: only the place of the id matters here.
    message.encode(&mut frame, version::LAST_TEXT).ok()?;
    named(message.id(), &frame[LENGTH_PREFIX..])
}

/// The id that a payload in text carries.
fn named(message: i32, payload: &[u8]) -> Option<RequestId> {
    if REQUEST_ID_AT_1.contains(&message) {
        id_at(payload, 1)
    } else if REQUEST_ID_AT_2.contains(&message) {
        id_at(payload, 2)
    } else if message == REPLACE_FA {
        id_at(payload, 4)
    } else {
        None
    }
}

/// Bytes of a message id from server version 201 on.
const RAW_ID_BYTES: usize = 4;

/// The value of a protobuf message's first field, where that is a number in field 1.
fn first_varint(body: &[u8]) -> Option<RequestId> {
    let (8, digits) = body.split_first()? else { return None };
    let mut value = 0u64;
    for (index, byte) in digits.iter().take(10).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * index).min(63);
        if byte & 0x80 == 0 {
            #[expect(clippy::cast_possible_truncation, reason = "negative numbers are written as 64 bits")]
            return Some(RequestId::new(value as i32));
        }
    }
    None
}

/// The request id at a field index, where index 0 is the message id.
fn id_at(payload: &[u8], index: usize) -> Option<RequestId> {
    let mut fields = Fields::new(payload).ok()?;
    fields.skip(index - 1).ok()?;
    fields.opt_i32().ok().flatten().map(RequestId::new)
}
