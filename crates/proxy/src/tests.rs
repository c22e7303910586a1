//! The core against a scripted Gateway, in virtual time.

mod arriving;
mod hostile;
mod orders;
mod outage;
mod stage;
