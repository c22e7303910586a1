//! In which of the three payload encodings a message travels at which server version: one table of data.
//!
//! The table is for writing. Reading never consults it: from [`FIRST_RAW_ID`] on every frame says by its own id
//! what it is, sessions are mixed, and there are clients with wrong tables of their own.

use Source::{Inferred, Live, Official};

use crate::error::ProtoError;
use crate::ids::ServerVersion;
use crate::version;

/// The first version whose payloads start with four raw bytes of id instead of a text field.
pub const FIRST_RAW_ID: ServerVersion = ServerVersion::new(version::LAST_TEXT.get() + 1);

/// What is added to the id of a message whose body is protobuf.
pub const PROTOBUF_OFFSET: i32 = 200;

/// Bytes of a raw id.
const RAW_ID: usize = 4;

/// Which way a message goes. The two ways number their messages independently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From a client to the server.
    ToServer,
    /// From the server to a client.
    ToClient,
}

/// How a payload is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// Text fields, the first one the message id: every payload below [`FIRST_RAW_ID`].
    Text,
    /// The id as four big-endian bytes, then the text fields behind it.
    TextRawId,
    /// The id plus [`PROTOBUF_OFFSET`] as four big-endian bytes, then a protobuf body, which may be empty.
    Protobuf,
}

/// How well it is known from which version on a message is protobuf.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source {
    /// Captured from a real Gateway at exactly that version (ibkr-go's audits of server versions 200 to 225).
    Live,
    /// The official Python client 10.46 writes it so from that version on, or groups its decoder under it.
    Official,
    /// Not attested at that boundary.
    Inferred,
}

/// One line of [`TABLE`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// Which way these messages go.
    pub direction: Direction,
    /// From which server version on they are protobuf.
    pub from: i32,
    /// How that is known.
    pub source: Source,
    /// Their ids.
    pub ids: &'static [i32],
}

const fn out(from: i32, source: Source, ids: &'static [i32]) -> Row {
    Row { direction: Direction::ToServer, from, source, ids }
}

const fn from_server(from: i32, source: Source, ids: &'static [i32]) -> Row {
    Row { direction: Direction::ToClient, from, source, ids }
}

/// From which server version on messages are protobuf. What is not here never is: to the server 72 and 73, to the
/// client 47, 56, 69 and 70.
pub const TABLE: &[Row] = &[
    out(201, Official, &[7]),
    out(203, Official, &[3, 4, 58]),
    out(204, Official, &[5, 15, 16, 99]),
    out(205, Official, &[9]),
    out(206, Official, &[1, 2, 10, 11, 59]),
    out(207, Official, &[6, 17, 61, 62, 63, 64, 74, 75, 76, 77]),
    out(208, Official, &[20, 25, 50, 51, 87, 88, 89, 90, 96, 97, 98]),
    out(209, Official, &[12, 13, 84, 85, 86, 100, 101, 102, 103]),
    out(210, Official, &[22, 23, 24, 52, 53, 92, 93, 94, 95]),
    out(211, Official, &[18, 19, 21, 54, 55, 56, 57]),
    out(212, Official, &[78, 79, 80, 81, 83, 91, 104]),
    out(213, Official, &[8, 14, 49, 65, 66, 67, 68, 69, 70, 71, 82, 105]),
    // From here on the messages are new, and there never was a text layout.
    out(215, Official, &[106, 107]),
    out(219, Official, &[108]),
    out(221, Official, &[109]),
    from_server(201, Live, &[4, 11, 55]),
    from_server(203, Live, &[3, 5, 53]),
    from_server(204, Live, &[101, 102]),
    from_server(204, Inferred, &[100]),
    from_server(205, Live, &[10, 18, 52]),
    from_server(206, Live, &[1, 2, 12, 21, 45, 46, 57, 58, 81]),
    from_server(206, Official, &[13]),
    from_server(207, Live, &[6, 7, 8, 15, 54, 61, 62, 63, 64, 71, 72, 73, 74]),
    from_server(208, Live, &[17, 108]),
    from_server(208, Official, &[50, 88, 89, 90, 96, 97, 98, 99]),
    from_server(209, Official, &[14, 83, 84, 85, 86, 87, 104, 105]),
    from_server(210, Official, &[19, 20, 51, 94, 95]),
    from_server(211, Official, &[16, 103]),
    // 59 and 91 are certainly protobuf at 213 and 225, and certainly text at 201 and 206.
    from_server(211, Inferred, &[59, 91, 92, 106]),
    from_server(212, Official, &[75, 76, 77, 78, 79, 82, 93, 107]),
    from_server(213, Live, &[9, 49]),
    from_server(213, Official, &[65, 66, 67, 68, 80, 109]),
    from_server(219, Live, &[110]),
    from_server(221, Official, &[111]),
];

/// The line of [`TABLE`] about a message, or `None` where it is never protobuf.
pub fn row(direction: Direction, id: i32) -> Option<&'static Row> {
    TABLE.iter().find(|row| row.direction == direction && row.ids.contains(&id))
}

/// How to write the message `id` on a session that speaks `speaks`.
pub fn encoding(direction: Direction, id: i32, speaks: ServerVersion) -> Encoding {
    if speaks < FIRST_RAW_ID {
        return Encoding::Text;
    }
    match row(direction, id) {
        Some(row) if speaks.get() >= row.from => Encoding::Protobuf,
        Some(_) | None => Encoding::TextRawId,
    }
}

/// The id and the encoding that a payload itself states; the id is the message's own, without the offset.
///
/// # Errors
///
/// [`ProtoError::EmptyFrame`] or [`ProtoError::BadMessageId`].
pub fn identify(payload: &[u8], speaks: ServerVersion) -> Result<(i32, Encoding), ProtoError> {
    if speaks < FIRST_RAW_ID {
        return crate::text::Fields::new(payload).map(|fields| (fields.message(), Encoding::Text));
    }
    let (id, _) = raw_id(payload)?;
    match id.checked_sub(PROTOBUF_OFFSET) {
        Some(id) if id > 0 => Ok((id, Encoding::Protobuf)),
        Some(_) | None => Ok((id, Encoding::TextRawId)),
    }
}

/// A raw id, and what stands behind it.
pub(crate) fn raw_id(payload: &[u8]) -> Result<(i32, &[u8]), ProtoError> {
    if payload.is_empty() {
        return Err(ProtoError::EmptyFrame);
    }
    let (id, body) = payload.split_first_chunk::<RAW_ID>().ok_or(ProtoError::BadMessageId)?;
    let id = i32::try_from(u32::from_be_bytes(*id)).map_err(|_| ProtoError::BadMessageId)?;
    Ok((id, body))
}

#[cfg(test)]
mod tests;
