//! Scenarios in virtual time, one for each transition, and long random walks.

mod scenarios;
mod stage;
