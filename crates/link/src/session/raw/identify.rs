//! When a session is identified: accounts and next valid id have come. Pure.
//!
//! Only the three messages that decide are read; a raw session may speak versions whose other messages we cannot.

use bytes::Bytes;
use gatewright_proto::session::{Cause, ClosedHow, IdInUseEvidence};
use gatewright_proto::{ClientId, OrderId, ServerMessage, ServerVersion};

use crate::pacing::message_id;

/// IBKR's code for a client id that is taken.
const CODE_CLIENT_ID_IN_USE: i32 = 326;

/// The ids of errors, next valid ids and managed accounts.
const DECISIVE: [i32; 3] = [4, 9, 15];

/// What has come of what a session is identified by.
#[derive(Debug)]
pub(super) struct Identify {
    client_id: ClientId,
    version: ServerVersion,
    accounts: Option<Vec<String>>,
    order_id: Option<OrderId>,
    heard: bool,
}

impl Identify {
    pub(super) fn new(client_id: ClientId, version: ServerVersion) -> Self {
        Self { client_id, version, accounts: None, order_id: None, heard: false }
    }

    /// Takes a frame's payload; returns accounts and order id once both have come.
    pub(super) fn handle_frame(&mut self, payload: &Bytes) -> Result<Option<(Vec<String>, OrderId)>, Cause> {
        self.heard = true;
        if message_id(payload, self.version).is_some_and(|id| DECISIVE.contains(&id)) {
            let message = ServerMessage::decode(payload, self.version);
            self.handle_message(message.map_err(|error| Cause::Malformed { what: error.to_string() })?)?;
        }
        let both = self.accounts.is_some() && self.order_id.is_some();
        Ok(if both { self.accounts.take().zip(self.order_id) } else { None })
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "only decisive messages come here")]
    fn handle_message(&mut self, message: ServerMessage) -> Result<(), Cause> {
        match message {
            ServerMessage::ManagedAccounts(message) if message.accounts.is_empty() => return Err(Cause::NoAccounts),
            ServerMessage::ManagedAccounts(message) => self.accounts = Some(message.accounts.clone()),
            ServerMessage::NextValidId(message) => self.order_id = Some(message.order_id),
            ServerMessage::Error(error) if error.code == CODE_CLIENT_ID_IN_USE => {
                return Err(self.taken(IdInUseEvidence::Code326));
            }
            _ => {}
        }
        Ok(())
    }

    /// The connection ended, with so many bytes of an unfinished frame.
    pub(super) fn closed(&self, how: ClosedHow, pending: usize) -> Cause {
        if !self.heard && how == ClosedHow::Eof && pending == 0 {
            return self.taken(IdInUseEvidence::ClosedAfterStartApi);
        }
        Cause::Lost { how }
    }

    /// The deadline has passed.
    pub(super) fn stalled(&self) -> Cause {
        let missing = match (&self.accounts, self.order_id) {
            (None, None) => "managedAccounts and nextValidId",
            (None, Some(_)) => "managedAccounts",
            (Some(_), _) => "nextValidId",
        };
        Cause::IdentifyStalled { missing }
    }

    fn taken(&self, evidence: IdInUseEvidence) -> Cause {
        Cause::ClientIdInUse { client_id: self.client_id, evidence }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: ServerVersion = ServerVersion::new(178);

    fn identify() -> Identify {
        Identify::new(ClientId::new(7), TEXT)
    }

    #[test]
    fn both_in_either_order_with_anything_between() {
        let accounts = Bytes::from_static(b"15\x001\0DU1,DU2\0");
        let order_id = Bytes::from_static(b"9\x001\x0042\0");
        let other = Bytes::from_static(b"5\0not an open order\0");
        for frames in [[&accounts, &other, &order_id], [&order_id, &other, &accounts]] {
            let mut identify = identify();
            assert_eq!(identify.handle_frame(frames[0]), Ok(None));
            assert_eq!(identify.handle_frame(frames[1]), Ok(None));
            let done = identify.handle_frame(frames[2]).expect("well-formed").expect("both");
            assert_eq!(done, (vec!["DU1".into(), "DU2".into()], OrderId::new(42)));
        }
    }

    #[test]
    fn a_close_without_a_word_means_that_the_id_is_taken_and_one_after_a_word_does_not() {
        let mut identify = identify();
        assert!(matches!(identify.closed(ClosedHow::Eof, 0), Cause::ClientIdInUse { .. }));
        assert!(matches!(identify.closed(ClosedHow::Reset, 0), Cause::Lost { .. }));
        assert_eq!(identify.handle_frame(&Bytes::from_static(b"9\x001\x001\0")), Ok(None));
        assert!(matches!(identify.closed(ClosedHow::Eof, 0), Cause::Lost { .. }));
        assert_eq!(identify.stalled(), Cause::IdentifyStalled { missing: "managedAccounts" });
        let taken = identify.handle_frame(&Bytes::from_static(b"4\x002\0-1\x00326\0in use\0\0"));
        assert!(matches!(taken, Err(Cause::ClientIdInUse { evidence: IdInUseEvidence::Code326, .. })), "{taken:?}");
    }
}
