//! A session whose frames go through as they are: the worker makes the connection and looks at no more than it must.
//!
//! - `identify` – when accounts and next valid id have come, or why they will not (pure)
//! - `opening` – from a host's name to a session that is identified
//! - `paces` – its client's frames within the Gateway's pace
//! - `pump` – frames both ways, until one side ends

mod identify;
mod opening;
mod paces;
mod pump;

pub(crate) use opening::{NotOpened, Opened, open};
pub(crate) use paces::Paces;
pub(crate) use pump::{Ends, Pump};
