//! The commands, one file or folder each. Each has its arguments and `run(args, &Environment) -> Result<Exit, Diagnosis>`; `asking` has
//! what those that speak to a daemon share.

pub(crate) mod alert;
pub(crate) mod asking;
pub(crate) mod config;
pub(crate) mod connect;
pub(crate) mod doctor;
pub(crate) mod down;
pub(crate) mod halt;
pub(crate) mod journal;
pub(crate) mod logs;
pub(crate) mod orders;
pub(crate) mod reload;
pub(crate) mod report;
pub(crate) mod resume;
pub(crate) mod sim;
pub(crate) mod status;
pub(crate) mod trade;
pub(crate) mod up;
pub(crate) mod validate;
pub(crate) mod worker;
