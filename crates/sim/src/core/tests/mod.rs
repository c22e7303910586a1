//! The world, driven without sockets and clocks.

mod balance;
mod binding;
mod clients;
mod connecting;
mod determinism;
mod families;
mod faults;
mod history;
mod hostile;
mod hours;
mod market_data;
mod orders;
mod requests;
mod sessions;
mod table;
mod trading;
mod trouble;
