//! TWS API sessions for unmodified programs, on links.
//!
//! So far this crate holds the policies only, as pure functions: no socket, runtime, clock or file is touched here, and
//! nothing is decoded – what a policy has to know of a message is an argument.
//!
//! - `replay` – what may be done with a client's message after the Gateway has restarted

mod replay;

pub use replay::{ReplayClass, Request, RequestDetail, replay_class};
