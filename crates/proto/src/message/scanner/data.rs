//! What a scan found, and what can be scanned for.

use crate::error::ProtoError;
use crate::ids::{ConId, RequestId, ServerVersion};
use crate::message::contract::Contract;
use crate::message::layout::{Codec, Plain, layout};
use crate::text::{FieldWriter, Fields};

layout! {
    /// 19: all that can be scanned for, as XML of some megabytes.
    pub struct ScannerParameters, version 1 {
        /// The XML.
        pub xml: String,
    }
}

layout! {
    /// 20: the whole result of a scan, as it is now.
    pub struct ScannerData, version 3 {
        /// The request.
        pub req_id: RequestId,
        /// What was found, in the order of the ranks.
        pub rows: Vec<ScannerRow>,
    }
}

/// One instrument that a scan found.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ScannerRow {
    /// The rank, 0 the first.
    pub rank: i32,
    /// The instrument, without multiplier and listing exchange.
    pub contract: Contract,
    /// The market's name.
    pub market_name: String,
    /// A value of the scan.
    pub distance: String,
    /// A value of the scan.
    pub benchmark: String,
    /// A value of the scan.
    pub projection: String,
    /// The legs of a combination, or empty.
    pub legs: String,
}

impl Codec<ScannerRow> for Plain {
    const FIELDS: usize = 16;

    fn write(value: &ScannerRow, fields: &mut FieldWriter<'_>, _: ServerVersion) {
        let contract = &value.contract;
        fields
            .int(value.rank)
            .int(contract.con_id.get())
            .text(&contract.symbol)
            .text(&contract.sec_type)
            .text(&contract.last_trade_date_or_contract_month)
            .decimal(contract.strike.unwrap_or_default())
            .text(&contract.right)
            .text(&contract.exchange)
            .text(&contract.currency)
            .text(&contract.local_symbol)
            .text(&value.market_name)
            .text(&contract.trading_class)
            .text(&value.distance)
            .text(&value.benchmark)
            .text(&value.projection)
            .text(&value.legs);
    }

    fn read(fields: &mut Fields<'_>, _: ServerVersion) -> Result<ScannerRow, ProtoError> {
        let mut row = ScannerRow { rank: fields.i32()?, ..ScannerRow::default() };
        row.contract = Contract {
            con_id: ConId::new(fields.i32()?),
            symbol: fields.string()?,
            sec_type: fields.string()?,
            last_trade_date_or_contract_month: fields.string()?,
            strike: fields.opt_decimal()?,
            right: fields.string()?,
            exchange: fields.string()?,
            currency: fields.string()?,
            local_symbol: fields.string()?,
            ..Contract::default()
        };
        row.market_name = fields.string()?;
        row.contract.trading_class = fields.string()?;
        row.distance = fields.string()?;
        row.benchmark = fields.string()?;
        row.projection = fields.string()?;
        row.legs = fields.string()?;
        Ok(row)
    }
}
