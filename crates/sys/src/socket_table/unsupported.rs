//! Systems without netlink: there is no table to open, which callers report as unknown.

use std::time::Instant;

use super::Operation;
use crate::SysError;
use crate::netlink::inet_diag::{Entry, Identity, Query};

/// Cannot exist here.
pub(crate) enum SocketTable {}

impl SocketTable {
    pub(crate) fn open() -> Result<Self, SysError> {
        Err(SysError::NotSupported { what: Operation::List.what() })
    }

    pub(crate) fn list(&mut self, _: Query, _: Instant) -> Result<Vec<Entry>, SysError> {
        match *self {}
    }

    pub(crate) fn find(&mut self, _: &Identity, _: Instant) -> Result<Entry, SysError> {
        match *self {}
    }

    pub(crate) fn destroy(&mut self, _: &Identity, _: Instant) -> Result<(), SysError> {
        match *self {}
    }
}
