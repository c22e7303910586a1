//! Prices as a pure function of (seed, instrument, time), so that history and live data tell one story.
//!
//! - `noise` – seeded numbers for any place
//! - `profile` – how lively a market is by the time of day
//! - `synthetic` – a path made of noise, by second and by minute
//! - `model` – options from their underlyings
//! - `recording` – bars and ticks that a user gives
//! - `cut` – such bars cut into ticks
//! - `path` – one instrument's path, wherever its prices come from
//! - `paths` – the path of every instrument
//! - `aggregate` – bars cut from a path

mod aggregate;
mod cut;
mod model;
mod noise;
mod path;
mod paths;
mod profile;
mod recording;
mod synthetic;

pub(crate) use aggregate::{Aggregate, Detail, Show};
pub(crate) use model::{Computed, Terms};
pub(crate) use noise::pick;
pub(crate) use path::{Path, Print, Quote};
pub(crate) use paths::{PathPlace, Paths};
pub use recording::PriceRecording;
