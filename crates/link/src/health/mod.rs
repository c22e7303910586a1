//! Health by layer: listener · TCP · handshake · session · Gateway↔IBKR · farms · subscriptions · trading.
//!
//! Each is *yes*, *no* or *unknown*, since when, with what tells us. Pure: built from what happened and when.
//!
//! - `board` – what is known of each layer
//! - `layer_name` – the layers and their order
//! - `freshness` – whether a subscription gets what it should
//! - `report` – what is shown, with the sentence that sums it up

mod board;
mod freshness;
mod layer_name;
mod report;
#[cfg(test)]
mod tests;

pub use board::HealthBoard;
pub use freshness::{Freshness, FreshnessEvent, FreshnessWatch, Market};
pub use layer_name::LayerName;
pub use report::{Diagnosis, HealthReport};
