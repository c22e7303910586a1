//! Tiers of soft dollars.

use crate::error::ProtoError;
use crate::ids::{RequestId, ServerVersion};
use crate::message::layout::{Codec, Plain, layout};
use crate::message::order::SoftDollarTier;
use crate::text::{FieldWriter, Fields};

layout! {
    /// 77 from the server: the tiers that orders may name.
    pub struct SoftDollarTiers {
        /// The request.
        pub req_id: RequestId,
        /// The tiers.
        pub tiers: Vec<SoftDollarTier>,
    }
}

impl Codec<SoftDollarTier> for Plain {
    const FIELDS: usize = 3;

    fn write(value: &SoftDollarTier, fields: &mut FieldWriter<'_>, _: ServerVersion) {
        fields.text(&value.name).text(&value.val).text(&value.display_name);
    }

    fn read(fields: &mut Fields<'_>, _: ServerVersion) -> Result<SoftDollarTier, ProtoError> {
        Ok(SoftDollarTier { name: fields.string()?, val: fields.string()?, display_name: fields.string()? })
    }
}
