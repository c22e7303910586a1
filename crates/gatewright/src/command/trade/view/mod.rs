//! The trader on a whole terminal: how the connection is, what each symbol does, orders, limits, and what happened last.
//!
//! - `model` – what is on the screen, made of what the trader tells and of keys (pure)
//! - `draw` – the model as cells (pure)
//! - `screen` – the terminal: taken, drawn on, listened to, and given back however this process ends

mod draw;
mod model;
mod screen;

pub(super) use screen::{Screen, Wishes};
