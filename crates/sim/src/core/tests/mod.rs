//! The world, driven without sockets and clocks.

mod balance;
mod binding;
mod clients;
mod conditions;
mod connecting;
mod determinism;
mod families;
mod faults;
mod generic_ticks;
mod history;
mod hostile;
mod hours;
mod market_data;
mod order_trouble;
mod orders;
mod pegging;
mod relays;
mod requests;
mod restarts;
mod services;
mod sessions;
mod small_services;
mod table;
mod trading;
mod traps;
mod trouble;
