//! Golden frames, arbitrary messages and hostile input for the order messages.
//!
//! - `frame` – golden frames and both directions of a message
//! - `sample`, `trim` – the orders behind them, and what is left of these at a version
//! - `place`, `gateway`, `small` – golden frames: of placing, of what a Gateway says, and of few fields
//! - `property`, `hostile` – arbitrary messages, and what no one would write

mod frame;
mod gateway;
mod hostile;
mod place;
mod property;
mod sample;
mod small;
mod trim;
