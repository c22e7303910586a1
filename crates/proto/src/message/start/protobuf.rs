//! Start-up messages, ids, the clock and errors as protobuf.

use super::{CurrentTime, ErrorMessage, ManagedAccounts, NextValidId, ReqIds, SetServerLogLevel, StartApi};
use crate::protobuf::Body;

impl StartApi {
    pub(crate) fn pass_body<B: Body>(&mut self, body: &mut B) -> Result<(), B::Error> {
        body.id(1, &mut self.client_id)?;
        body.text(2, &mut self.optional_capabilities)
    }
}

impl ManagedAccounts {
    pub(crate) fn pass_body<B: Body>(&mut self, body: &mut B) -> Result<(), B::Error> {
        let mut list = self.list();
        body.text(1, &mut list)?;
        *self = Self::of_list(&list);
        Ok(())
    }
}

impl NextValidId {
    /// Rust `ibapi` 5 counts its requests from 1 500 000 000 and refuses a session whose orders start there.
    pub(crate) fn pass_body<B: Body>(&mut self, body: &mut B) -> Result<(), B::Error> {
        body.id(1, &mut self.order_id)
    }
}

impl ErrorMessage {
    /// A Gateway leaves out the code of the warning about the message rate, which is 0.
    pub(crate) fn pass_body<B: Body>(&mut self, body: &mut B) -> Result<(), B::Error> {
        body.id(1, &mut self.id)?;
        body.maybe_long(2, &mut self.time_ms)?;
        self.time_ms = self.time_ms.filter(|time| *time != 0);
        body.whole_unless_zero(3, &mut self.code)?;
        body.text(4, &mut self.text)?;
        body.text(5, &mut self.advanced_order_reject_json)
    }
}

impl ReqIds {
    pub(crate) fn pass_body<B: Body>(&mut self, body: &mut B) -> Result<(), B::Error> {
        body.whole(1, &mut self.count)
    }
}

impl SetServerLogLevel {
    pub(crate) fn pass_body<B: Body>(&mut self, body: &mut B) -> Result<(), B::Error> {
        body.whole(1, &mut self.level)
    }
}

impl CurrentTime {
    pub(crate) fn pass_body<B: Body>(&mut self, body: &mut B) -> Result<(), B::Error> {
        body.long(1, &mut self.epoch_seconds)
    }
}
