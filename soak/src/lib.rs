//! The simulated month: everything that goes wrong between a program and IBKR, by seeded schedules, in virtual time.
//!
//! The Gateway is the simulator's core and what stands before it are the production machines: sessions, recovery,
//! pacing, health and freshness. Between them is a network with delays, and round them the thinnest model of the shells
//! that they live in: it moves bytes and time, and decides nothing. After every step the invariants are checked, each by
//! an observer that shares no code with what it observes.
//!
//! What it does not do: it opens no socket, starts no process and reads no clock but once. What shells do wrong is for
//! the tests with real processes.
//!
//! - `life` – a world and the schedules that it lives through: [`live`]
//! - `shrink` – a life that breaks something, made short; `sabotage` – what is done wrong to see that it is noticed
//! - `schedule` – what goes wrong, and when
//! - `chance` – where seeds become choices
//! - `clock` – virtual time in the units of everybody
//! - `stage` – the loop: the next thing that is due, then what follows from it, then the invariants
//! - `gateway` – the simulator's core behind its port
//! - `wires` – the network between
//! - `worker` – the model of a worker's shell; `kept` – one session that it keeps; `raw`, `raw_sessions` – those of programs
//! - `daemon` – the model of the daemon's shell round the session proxy; `client` – a program behind it, and what it was told;
//!   `twin` – a second one with the same client id; `journal` – what is durable
//! - `watch` – what an observer at the Gateway counts
//! - `witness` – what an observer of health knows
//! - `violation` – what an observer says

mod chance;
mod client;
mod clock;
mod daemon;
mod gateway;
mod journal;
mod kept;
mod life;
mod raw;
mod raw_sessions;
mod sabotage;
mod schedule;
mod shrink;
mod stage;
mod twin;
mod violation;
mod watch;
mod wires;
mod witness;
mod worker;

pub use life::{Kept, Length, Life, Lived, live, live_again, live_wrongly, live_wrongly_again};
pub use sabotage::Sabotage;
pub use violation::Violation;
