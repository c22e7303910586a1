//! A session whose frames go through as they are: the worker makes the connection and looks at no more than it must.
//!
//! - `identify` – when accounts and next valid id have come, or why they will not (pure)
//! - `opening` – from a host's name to a session that is identified
//! - `pump` – frames both ways, until one side ends

mod identify;
mod opening;
mod pump;

pub(crate) use opening::open;
pub(crate) use pump::{Ends, Pump};
