//! Option chains: which expirations and strikes an underlying has.

use rust_decimal::Decimal;

use crate::ids::{ConId, RequestId};
use crate::message::layout::layout;

#[cfg(test)]
mod tests;

layout! {
    /// 78 to the server: asks for the option chains of an underlying.
    pub struct SecDefOptParamsRequest {
        /// The request.
        pub req_id: RequestId,
        /// The underlying's symbol.
        pub underlying_symbol: String,
        /// The exchange of a future's options; empty for all exchanges and for other underlyings.
        pub fut_fop_exchange: String,
        /// The underlying's type.
        pub underlying_sec_type: String,
        /// The underlying's number.
        pub underlying_con_id: ConId,
    }
}

layout! {
    /// 75: the chain of one exchange and trading class.
    pub struct SecDefOptParams {
        /// The request.
        pub req_id: RequestId,
        /// The exchange.
        pub exchange: String,
        /// The underlying's number.
        pub underlying_con_id: ConId,
        /// The trading class.
        pub trading_class: String,
        /// Units per contract.
        pub multiplier: String,
        /// Expirations as `YYYYMMDD`.
        pub expirations: Vec<String>,
        /// Strikes; not each of them exists for each expiration.
        pub strikes: Vec<Decimal>,
    }
}
