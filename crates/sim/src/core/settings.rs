//! The Gateway's own settings over the API, which exist in protobuf only (server version 219).
//!
//! The messages are few and are written here, field by field; their numbers are those of the protobuf messages that
//! clients publish.

use bytes::{BufMut, BytesMut};
use gatewright_proto::encoding::PROTOBUF_OFFSET;
use gatewright_proto::{RequestId, ServerMessage};

use super::action::ConnId;
use super::world::World;
use crate::fault::Fault;

/// The request for all settings.
pub(super) const CONFIG_REQUEST: i32 = 108;

/// The request that changes them.
pub(super) const CONFIG_UPDATE: i32 = 109;

/// The answer to the request for all settings.
const CONFIG_RESPONSE: i32 = 110;

/// When the Gateway restarts by itself, as it does by default.
const RESTART_TIME: &str = "11:45";

impl World {
    /// Sends the settings as they are: read-only or not, the port, the master client, when the next restart is.
    pub(super) fn send_settings(&mut self, id: ConnId, req_id: RequestId) {
        let mut lock_and_exit = Body::default();
        lock_and_exit.text(1, RESTART_TIME).text(2, "PM").text(3, "restart");
        let mut settings = Body::default();
        settings.number(1, i64::from(self.faults.has(Fault::ReadOnly)));
        settings.number(3, i64::from(self.config.download_open_orders));
        if self.port != 0 {
            settings.number(8, i64::from(self.port));
        }
        settings.text(17, "Error");
        if let Some(master) = self.config.master_client_id {
            settings.number(18, i64::from(master.get()));
        }
        settings.number(19, i64::try_from(self.config.bulk_data_timeout.as_secs()).unwrap_or(i64::MAX));
        let mut precautions = Body::default();
        precautions.number(1, 1);
        let mut api = Body::default();
        api.part(1, &precautions).part(2, &settings);
        let mut response = Body::default();
        response.number(1, i64::from(req_id.get())).part(2, &lock_and_exit).part(4, &api);
        let mut payload = BytesMut::new();
        payload.put_i32(CONFIG_RESPONSE + PROTOBUF_OFFSET);
        payload.put_slice(&response.0);
        self.send(id, &ServerMessage::Unknown { id: CONFIG_RESPONSE, payload: payload.freeze() });
    }
}

/// The fields of a protobuf message.
#[derive(Debug, Default)]
struct Body(Vec<u8>);

impl Body {
    /// A number or a boolean.
    fn number(&mut self, tag: u32, value: i64) -> &mut Self {
        self.varint(u64::from(tag) << 3);
        self.varint(u64::from_ne_bytes(value.to_ne_bytes()));
        self
    }

    fn text(&mut self, tag: u32, value: &str) -> &mut Self {
        self.bytes(tag, value.as_bytes())
    }

    fn part(&mut self, tag: u32, part: &Self) -> &mut Self {
        self.bytes(tag, &part.0)
    }

    fn bytes(&mut self, tag: u32, bytes: &[u8]) -> &mut Self {
        self.varint(u64::from(tag) << 3 | 2);
        self.varint(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        self.0.extend_from_slice(bytes);
        self
    }

    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(u8::try_from(value & 0x7f).unwrap_or(0) | 0x80);
            value >>= 7;
        }
        self.0.push(u8::try_from(value).unwrap_or(0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_written_as_protobuf_writes_them() {
        let mut part = Body::default();
        part.text(2, "PM");
        let mut body = Body::default();
        body.number(1, 300).number(8, 4002).part(4, &part);
        assert_eq!(body.0, &b"\x08\xac\x02\x40\xa2\x1f\x22\x04\x12\x02PM"[..]);
    }
}
