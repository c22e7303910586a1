//! orderRefs, unique for ever.

use gatewright_proto::ClientId;
use jiff::Timestamp;

/// What all our references begin with, so that they are known among those of other programs.
const PREFIX: &str = "gw-";

/// Makes orderRefs: `gw-<client id>-<start in microseconds, hexadecimal>-<counter>`.
///
/// Two traders cannot make the same one: the lock lets only one run per client id and Gateway, and it does not start twice
/// in the same microsecond. The journal refuses a repeated reference all the same.
#[derive(Debug, Clone)]
pub struct References {
    prefix: String,
    counter: u64,
}

impl References {
    /// References of a trader with this client id that started at `start`.
    pub fn new(client_id: ClientId, start: Timestamp) -> Self {
        Self { prefix: format!("{PREFIX}{client_id}-{:x}-", start.as_microsecond()), counter: 0 }
    }

    /// Makes the next one.
    pub fn make(&mut self) -> String {
        self.counter += 1;
        format!("{}{}", self.prefix, self.counter)
    }

    /// Whether a reference is one that some trader of ours made.
    pub fn is_ours(order_ref: &str) -> bool {
        order_ref.starts_with(PREFIX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_differ_by_client_start_and_count() {
        let at = |micros| Timestamp::from_microsecond(micros).unwrap();
        let mut first = References::new(ClientId::new(7), at(0x5_0000));
        assert_eq!(first.make(), "gw-7-50000-1");
        assert_eq!(first.make(), "gw-7-50000-2");
        assert_eq!(References::new(ClientId::new(7), at(0x5_0001)).make(), "gw-7-50001-1");
        assert_eq!(References::new(ClientId::new(8), at(0x5_0000)).make(), "gw-8-50000-1");
        assert!(References::is_ours("gw-7-50000-1") && !References::is_ours("mine"));
    }
}
