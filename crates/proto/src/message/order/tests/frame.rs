//! Golden frames, shown with a bar where the wire has a NUL, and both directions of a message.

use bytes::{Bytes, BytesMut};

use crate::ids::ServerVersion;
use crate::message::{ClientMessage, ServerMessage};

/// One line of a file of golden frames: who wrote the frame, what it is, the server version, and the fields.
pub(super) struct Golden {
    pub(super) writer: &'static str,
    pub(super) name: &'static str,
    pub(super) speaks: ServerVersion,
    pub(super) fields: &'static str,
}

pub(super) fn goldens(file: &'static str) -> impl Iterator<Item = Golden> {
    file.lines().filter(|line| !line.starts_with('#')).map(|line| {
        let mut parts = line.splitn(4, ' ');
        let mut part = || parts.next().expect("a golden line has four parts");
        let (writer, name, speaks, fields) = (part(), part(), part(), part());
        Golden { writer, name, speaks: ServerVersion::new(speaks.parse().unwrap()), fields }
    })
}

/// The payload of fields that are shown with a bar behind each.
pub(super) fn payload(fields: &str) -> Bytes {
    Bytes::from(fields.replace('|', "\0").into_bytes())
}

/// The fields of a payload with a bar behind each.
pub(super) fn shown(payload: &[u8]) -> String {
    String::from_utf8_lossy(payload).replace('\0', "|")
}

pub(super) fn by_client(message: &ClientMessage, speaks: ServerVersion) -> String {
    let mut frame = BytesMut::new();
    message.encode(&mut frame, speaks).unwrap();
    shown(&frame[4..])
}

pub(super) fn by_server(message: &ServerMessage, speaks: ServerVersion) -> String {
    let mut frame = BytesMut::new();
    message.encode(&mut frame, speaks).unwrap();
    shown(&frame[4..])
}

pub(super) fn from_client(fields: &str, speaks: ServerVersion) -> ClientMessage {
    ClientMessage::decode(&payload(fields), speaks).unwrap_or_else(|error| panic!("{error}: {fields}"))
}

pub(super) fn from_server(fields: &str, speaks: ServerVersion) -> ServerMessage {
    ServerMessage::decode(&payload(fields), speaks).unwrap_or_else(|error| panic!("{error}: {fields}"))
}
