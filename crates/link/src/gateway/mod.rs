//! What all sessions with one Gateway share: its pace, and the right to connect to it. Thin shells round the pure
//! machines of [`crate::pacing`] and [`crate::recovery`].
//!
//! - `pace` – what a session may send, and when
//! - `pace_file` – what was spent, for the next worker
//! - `recover` – who may connect, and what follows from failures and notices

mod pace;
mod pace_file;
mod recover;

pub(crate) use pace::{Pace, PacedSession};
pub(crate) use recover::{Recover, Wish};
