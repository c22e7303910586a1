//! Which exchanges have a book.

use crate::error::ProtoError;
use crate::ids::ServerVersion;
use crate::message::layout::{Codec, Plain, layout};
use crate::text::{FieldWriter, Fields, UNSET_INTEGER};
use crate::version;

/// The kinds of data with and without level 2, as newer versions name them.
const LEVEL_2: &str = "Deep2";
const LEVEL_1: &str = "Deep";

layout! {
    /// 80: the exchanges that have a book.
    pub struct MktDepthExchanges {
        /// One entry per exchange and type of security.
        pub descriptions: Vec<DepthMktDataDescription>,
    }
}

/// The book of one exchange for one type of security. Below [`version::SERVICE_DATA_TYPE`] it only says whether there is
/// level 2 (official client); that reads as `Deep2`, and its absence as `Deep`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DepthMktDataDescription {
    /// The exchange.
    pub exchange: String,
    /// The type of security.
    pub sec_type: String,
    /// The listing exchange, or empty.
    pub listing_exchange: String,
    /// `Deep`, `Deep2` or empty.
    pub service_data_type: String,
    /// The aggregated group; nothing for none.
    pub agg_group: Option<i32>,
}

impl Codec<DepthMktDataDescription> for Plain {
    const FIELDS: usize = 3;

    fn write(value: &DepthMktDataDescription, fields: &mut FieldWriter<'_>, speaks: ServerVersion) {
        fields.text(&value.exchange).text(&value.sec_type);
        if speaks < version::SERVICE_DATA_TYPE {
            fields.bool(value.service_data_type == LEVEL_2);
            return;
        }
        fields
            .text(&value.listing_exchange)
            .text(&value.service_data_type)
            .int(value.agg_group.unwrap_or(UNSET_INTEGER));
    }

    fn read(fields: &mut Fields<'_>, speaks: ServerVersion) -> Result<DepthMktDataDescription, ProtoError> {
        let (exchange, sec_type) = (fields.string()?, fields.string()?);
        if speaks < version::SERVICE_DATA_TYPE {
            let service_data_type = if fields.bool()? { LEVEL_2 } else { LEVEL_1 }.into();
            return Ok(DepthMktDataDescription { exchange, sec_type, service_data_type, ..Default::default() });
        }
        let (listing_exchange, service_data_type) = (fields.string()?, fields.string()?);
        let agg_group = fields.opt_i32()?;
        Ok(DepthMktDataDescription { exchange, sec_type, listing_exchange, service_data_type, agg_group })
    }
}
