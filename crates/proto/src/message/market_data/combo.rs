//! The parts of a combination.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::ProtoError;
use crate::ids::ConId;
use crate::text::{FieldWriter, Fields};

/// The security type whose requests list their legs.
pub(crate) const BAG: &str = "BAG";

/// How many fields one leg takes.
const LEG_FIELDS: usize = 4;

/// One leg of a combination, as market data and historical requests name it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ComboLeg {
    /// The leg's instrument.
    pub con_id: ConId,
    /// How many per combination.
    pub ratio: i32,
    /// `BUY` or `SELL`.
    pub action: String,
    /// Where.
    pub exchange: String,
}

impl ComboLeg {
    /// Writes the count and the legs of a combination; nothing for any other security type.
    pub(crate) fn encode_all(legs: &[Self], sec_type: &str, fields: &mut FieldWriter<'_>) {
        if sec_type != BAG {
            return;
        }
        fields.int(u32::try_from(legs.len()).unwrap_or(u32::MAX));
        for leg in legs {
            fields.int(leg.con_id.get()).int(leg.ratio).text(&leg.action).text(&leg.exchange);
        }
    }

    /// Reads what [`ComboLeg::encode_all`] writes.
    pub(crate) fn decode_all(sec_type: &str, fields: &mut Fields<'_>) -> Result<Vec<Self>, ProtoError> {
        if sec_type != BAG {
            return Ok(Vec::new());
        }
        let count = fields.count(LEG_FIELDS)?;
        (0..count)
            .map(|_| {
                Ok(Self {
                    con_id: ConId::new(fields.i32()?),
                    ratio: fields.i32()?,
                    action: fields.string()?,
                    exchange: fields.string()?,
                })
            })
            .collect()
    }
}

/// The delta-neutral part of a combination.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeltaNeutralContract {
    /// The hedging instrument.
    pub con_id: ConId,
    /// The delta.
    pub delta: f64,
    /// The price.
    pub price: f64,
}

impl DeltaNeutralContract {
    /// Writes whether there is such a part, and the part.
    pub(crate) fn encode_option(part: Option<Self>, fields: &mut FieldWriter<'_>) {
        fields.bool(part.is_some());
        if let Some(part) = part {
            fields.int(part.con_id.get()).opt_f64(Some(part.delta)).opt_f64(Some(part.price));
        }
    }

    /// Reads what [`DeltaNeutralContract::encode_option`] writes.
    pub(crate) fn decode_option(fields: &mut Fields<'_>) -> Result<Option<Self>, ProtoError> {
        if !fields.bool()? {
            return Ok(None);
        }
        Ok(Some(Self {
            con_id: ConId::new(fields.i32()?),
            delta: fields.opt_f64()?.unwrap_or_default(),
            price: fields.opt_f64()?.unwrap_or_default(),
        }))
    }
}
