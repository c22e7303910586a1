//! Telling somebody: when a human has to act, when that is over, and when a Gateway was restarted for it.
//!
//! - `value` – what is told; its JSON goes to commands and webhooks
//! - `book` – what has been told and what is due (pure, durable)
//! - `target` – who is told: a program, a URL
//! - `command` – running the program; `webhook` – posting to the URL
//! - `courier` – trying until it is delivered, within bounds
//! - `trial` – trying whether it would be

mod book;
mod command;
mod courier;
mod target;
mod trial;
mod value;
mod webhook;

pub(crate) use book::{AlertReport, Book, Sight};
pub(crate) use courier::{Courier, Delivered};
pub(crate) use target::{Target, targets};
pub(crate) use trial::{Tried, try_alerts};
pub(crate) use value::{Alert, Concern, Origin};
