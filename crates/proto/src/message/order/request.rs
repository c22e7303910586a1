//! Asking for orders.

use crate::error::ProtoError;
use crate::ids::ServerVersion;
use crate::text::{FieldWriter, Fields};

/// 99 to the server: asks for orders that are done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReqCompletedOrders {
    /// Only those that were placed over the API.
    pub api_only: bool,
}

impl ReqCompletedOrders {
    pub(crate) fn encode(self, fields: &mut FieldWriter<'_>, _: ServerVersion) {
        fields.bool(self.api_only);
    }

    pub(crate) fn decode(fields: &mut Fields<'_>, _: ServerVersion) -> Result<Self, ProtoError> {
        Ok(Self { api_only: fields.bool()? })
    }
}

/// 15 to the server: binds manual orders to client id 0 from now on. It has no end marker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReqAutoOpenOrders {
    /// Whether to bind, or to stop binding.
    pub auto_bind: bool,
}

impl ReqAutoOpenOrders {
    pub(crate) fn encode(self, fields: &mut FieldWriter<'_>, _: ServerVersion) {
        fields.int(1).bool(self.auto_bind);
    }

    pub(crate) fn decode(fields: &mut Fields<'_>, _: ServerVersion) -> Result<Self, ProtoError> {
        fields.skip(1)?;
        Ok(Self { auto_bind: fields.bool()? })
    }
}
