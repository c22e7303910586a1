//! Orders as protobuf.
//!
//! What a Gateway and a client write where nothing is set differs as it does in text: a client writes the zeros that
//! its own fields start with, a Gateway writes `None` for "no such order type".
//!
//! - `fields` – an order
//! - `condition` – what an order waits for
//! - `state` – what the Gateway makes of it
//! - `request` – to the server
//! - `report` – from the server

mod condition;
mod fields;
mod report;
mod request;
mod state;
