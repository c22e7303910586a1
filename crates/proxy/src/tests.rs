//! The core against a scripted Gateway, in virtual time.

mod arriving;
mod durable;
mod hostile;
mod limited;
mod orders;
mod outage;
mod stage;
