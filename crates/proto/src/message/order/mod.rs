//! Orders: what is placed, and what the Gateway says of them.
//!
//! - `fields` – an order with everything that any message says of one
//! - `action` – which way it goes
//! - `part` – the small structures inside an order
//! - `condition` – what an order waits for
//! - `state` – what the Gateway makes of an order: margin, commission, how it ended
//! - `place`, `cancel`, `request` – to the server
//! - `open`, `completed`, `status`, `bound` – from the server
//! - `wire` – one description of a layout, for reading and writing
//! - `protobuf` – orders and what is said of them as protobuf
//! - `instrument`, `group` – runs of fields that several of these layouts share

mod action;
mod bound;
mod cancel;
mod completed;
mod condition;
mod fields;
mod group;
pub(crate) mod instrument;
mod open;
mod part;
mod place;
mod protobuf;
mod request;
#[cfg(test)]
pub(crate) mod scramble;
mod state;
mod status;
#[cfg(test)]
mod tests;
pub(crate) mod wire;

pub use action::Action;
pub use bound::OrderBound;
pub use cancel::{CancelOrder, GlobalCancel};
pub use completed::CompletedOrder;
pub use condition::{Conjunction, OrderCondition, Trigger};
pub use fields::Order;
pub use open::OpenOrder;
pub use part::{OrderComboLeg, OrderLeg, SoftDollarTier, TagValue};
pub use place::PlaceOrder;
pub use request::{ReqAutoOpenOrders, ReqCompletedOrders};
pub use state::{OrderAllocation, OrderState};
pub use status::OrderStatus;
