//! Synthetic prices: a pure function of (seed, instrument, time), so that history and live data tell one story.
//!
//! - `noise` – seeded numbers for any place
//! - `path` – one instrument's path, by second and by minute
//! - `aggregate` – bars cut from a path

mod aggregate;
mod noise;
mod path;

pub(crate) use aggregate::{Aggregate, Show};
pub(crate) use path::{Path, Quote};
