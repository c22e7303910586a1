//! The greeting: what a client writes first, and what the server answers.
//!
//! ```text
//! C→S  "API\0"  u32 length  "v100..178[ connectOptions]"
//! S→C  u32 length  "<serverVersion>\0<connectionTime>\0"
//! ```

use bytes::{BufMut, Bytes, BytesMut};

use crate::error::ProtoError;
use crate::frame::{self, PREFIX};
use crate::ids::ServerVersion;

/// The four bytes that open every connection since protocol version 100.
pub const API_PREFIX: &[u8; 4] = b"API\0";

/// The longest version string that is accepted, in bytes: room for any connect options seen, and no more.
pub const MAX_GREETING: u32 = 1024;

/// The longest server version reply that is accepted, in bytes; real ones have about 40.
pub const MAX_SERVER_REPLY: u32 = 4096;

/// The server versions that a client can speak, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VersionRange {
    /// The lowest version.
    pub min: ServerVersion,
    /// The highest version.
    pub max: ServerVersion,
}

impl VersionRange {
    /// A range from `min` to `max`, both included.
    pub const fn new(min: i32, max: i32) -> Self {
        Self { min: ServerVersion::new(min), max: ServerVersion::new(max) }
    }

    /// Whether the range holds this version.
    pub fn contains(self, version: ServerVersion) -> bool {
        self.min <= version && version <= self.max
    }
}

/// What a client says first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientGreeting {
    /// The versions on offer.
    pub versions: VersionRange,
    /// Connect options such as `+PACEAPI`, without the separating space; empty when none.
    pub options: String,
}

impl ClientGreeting {
    /// Appends the greeting as it goes on the wire, prefix included.
    pub fn encode(&self, out: &mut BytesMut) {
        let VersionRange { min, max } = self.versions;
        let mut text = if min == max { format!("v{min}") } else { format!("v{min}..{max}") };
        if !self.options.is_empty() {
            text.push(' ');
            text.push_str(&self.options);
        }
        out.put_slice(API_PREFIX);
        out.put_u32(u32::try_from(text.len()).unwrap_or(u32::MAX));
        out.put_slice(text.as_bytes());
    }

    /// Reads a greeting from the start of `buffer` and removes it, or returns `None` until it is whole.
    ///
    /// # Errors
    ///
    /// [`ProtoError::BadGreeting`] as soon as the bytes cannot become a greeting.
    pub fn decode(buffer: &mut BytesMut) -> Result<Option<Self>, ProtoError> {
        let bad = |what| ProtoError::BadGreeting { what };
        let have = buffer.len().min(API_PREFIX.len());
        if buffer[..have] != API_PREFIX[..have] {
            return Err(bad("the first bytes are not API\\0"));
        }
        let Some(length) = buffer.get(API_PREFIX.len()..API_PREFIX.len() + PREFIX) else {
            return Ok(None);
        };
        let length = length.iter().fold(0u32, |length, byte| (length << 8) | u32::from(*byte));
        if length > MAX_GREETING {
            return Err(bad("the version string is too long"));
        }
        let end = API_PREFIX.len() + PREFIX + length as usize;
        if buffer.len() < end {
            return Ok(None);
        }
        let greeting = buffer.split_to(end);
        let text = std::str::from_utf8(&greeting[API_PREFIX.len() + PREFIX..])
            .map_err(|_| bad("the version string is not text"))?
            .trim_end_matches('\0');
        let (range, options) = text.split_once(' ').unwrap_or((text, ""));
        let range = range.strip_prefix('v').ok_or(bad("the version string does not start with v"))?;
        let (min, max) = range.split_once("..").unwrap_or((range, range));
        let number = |text: &str| text.parse::<i32>().map_err(|_| bad("a version is not a number"));
        let versions = VersionRange::new(number(min)?, number(max)?);
        if versions.min > versions.max {
            return Err(bad("the version range is upside down"));
        }
        Ok(Some(Self { versions, options: options.to_owned() }))
    }
}

/// What the server answers to a greeting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerGreeting {
    /// The version that the session will speak.
    pub version: ServerVersion,
    /// The Gateway's clock and zone as it wrote them, undecodable bytes replaced: the zone may be any of hundreds
    /// of localised names, in any charset.
    pub connection_time: String,
}

impl ServerGreeting {
    /// Appends the reply as one frame.
    ///
    /// # Errors
    ///
    /// [`ProtoError::NulInText`] when the time holds a NUL.
    pub fn encode(&self, out: &mut BytesMut) -> Result<(), ProtoError> {
        if self.connection_time.contains('\0') {
            return Err(ProtoError::NulInText { message: 0 });
        }
        frame::write_frame(out, |out| {
            out.put_slice(format!("{}\0{}\0", self.version, self.connection_time).as_bytes());
            Ok(())
        })
    }

    /// Reads the payload of the first frame that a server sends.
    ///
    /// # Errors
    ///
    /// [`ProtoError::BadServerReply`] when it is not two fields, the first one a number.
    pub fn decode(payload: &Bytes) -> Result<Self, ProtoError> {
        let bad = |what| ProtoError::BadServerReply { what };
        let mut fields = payload.split(|byte| *byte == 0);
        let version = fields
            .next()
            .and_then(|field| std::str::from_utf8(field).ok())
            .and_then(|field| field.parse::<i32>().ok())
            .ok_or(bad("the version is not a number"))?;
        let time = fields.next().ok_or(bad("the connection time is missing"))?;
        Ok(Self { version: ServerVersion::new(version), connection_time: String::from_utf8_lossy(time).into_owned() })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_greeting_of_ib_async_2_1_has_these_bytes() {
        // Captured from ib_async 2.1.0.
        let mut out = BytesMut::new();
        ClientGreeting { versions: VersionRange::new(157, 178), options: String::new() }.encode(&mut out);
        assert_eq!(&out[..], b"API\0\x00\x00\x00\x09v157..178");
    }

    #[test]
    fn a_single_version_and_connect_options_are_read() {
        let mut bytes = BytesMut::from(&b"API\0\x00\x00\x00\x04v193rest"[..]);
        let greeting = ClientGreeting::decode(&mut bytes).unwrap().unwrap();
        assert_eq!(greeting.versions, VersionRange::new(193, 193));
        assert_eq!(&bytes[..], b"rest");
        let mut bytes = BytesMut::from(&b"API\0\x00\x00\x00\x12v157..178 +PACEAPI"[..]);
        assert_eq!(ClientGreeting::decode(&mut bytes).unwrap().unwrap().options, "+PACEAPI");
    }

    #[test]
    fn what_cannot_become_a_greeting_is_refused_at_its_first_wrong_byte() {
        for wrong in
            [&b"G"[..], b"66\0", b"API\0\xff\xff\xff\xff", b"API\0\x00\x00\x00\x03abc", b"API\0\0\0\0\x05v9..1"]
        {
            assert!(ClientGreeting::decode(&mut BytesMut::from(wrong)).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn the_server_reply_keeps_a_zone_of_several_words_and_survives_other_charsets() {
        // Zone text from a published capture of a real Gateway (ibkr-go, MIT).
        let reply = Bytes::from_static(b"200\x0020260405 23:49:26 Central European Standard Time\0");
        let greeting = ServerGreeting::decode(&reply).unwrap();
        assert_eq!(greeting.version, ServerVersion::new(200));
        assert_eq!(greeting.connection_time, "20260405 23:49:26 Central European Standard Time");
        let gbk = Bytes::from_static(b"178\x0020260405 23:49:26 \xd6\xd0\xb9\xfa\0");
        assert!(ServerGreeting::decode(&gbk).is_ok());
    }

    proptest! {
        #[test]
        fn a_greeting_survives_any_split(min in 100i32..230, span in 0i32..100, options in "[+A-Z]{0,12}") {
            let greeting = ClientGreeting { versions: VersionRange::new(min, min + span), options };
            let mut wire = BytesMut::new();
            greeting.encode(&mut wire);
            let mut buffer = BytesMut::new();
            let mut got = None;
            for byte in &wire {
                prop_assert!(got.is_none());
                buffer.extend_from_slice(&[*byte]);
                got = ClientGreeting::decode(&mut buffer).unwrap();
            }
            prop_assert_eq!(got, Some(greeting));
        }

        #[test]
        fn hostile_greetings_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = ClientGreeting::decode(&mut BytesMut::from(&bytes[..]));
            let _ = ServerGreeting::decode(&Bytes::from(bytes));
        }
    }
}
