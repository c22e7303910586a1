//! The commands, one file or folder each. Each has its arguments and `run(args, &Environment) -> Result<Exit, Diagnosis>`.

pub(crate) mod config;
pub(crate) mod connect;
pub(crate) mod doctor;
pub(crate) mod sim;
pub(crate) mod trade;
pub(crate) mod validate;
pub(crate) mod worker;
