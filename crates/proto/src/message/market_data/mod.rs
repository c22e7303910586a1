//! Streaming market data.
//!
//! - `combo` – the parts of a combination, as market data and historical requests name them
//! - `request` – starting a stream, choosing live or delayed data
//! - `tick` – prices, sizes, numbers and texts of a stream
//! - `settings` – what kind of data a stream carries, and its parameters
//! - `reroute` – where to ask instead
//! - `spread` – exchanges for physicals, the hedge of delta-neutral orders
//! - `tick_type` – the numbers of tick types by their names
//! - `protobuf` – ticks, settings and requests as protobuf

mod combo;
mod protobuf;
mod request;
mod reroute;
mod settings;
mod spread;
#[cfg(test)]
mod tests;
mod tick;
pub mod tick_type;

pub use combo::{ComboLeg, DeltaNeutralContract};
pub use request::{MarketDataTypeRequest, MktDataRequest};
pub use reroute::{RerouteMktDataReq, RerouteMktDepthReq};
pub use settings::{MarketDataType, TickReqParams};
pub use spread::{DeltaNeutralValidation, TickEfp};
pub use tick::{TickGeneric, TickPrice, TickSize, TickString};
pub use tick_type::tick_name;
