//! What is done with a message that passes: rules in code.

use std::fmt;
use std::time::Duration;

use gatewright_proto::{ClientId, ClientMessage, ServerMessage};

use super::file::Deed;
use crate::core::{ConnId, SimInstant};

/// Decides about messages, in both directions. Closures of the same shape are rules.
///
/// ```
/// use gatewright_proto::{ClientMessage, ServerMessage};
/// use gatewright_sim::scenario::{Passing, Rule, Traffic, Verdict};
///
/// /// Every second order vanishes, and executions come late.
/// #[derive(Default)]
/// struct Careless {
///     orders: u32,
/// }
///
/// impl Rule for Careless {
///     fn on_message(&mut self, passing: &Passing<'_>) -> Verdict {
///         match passing.traffic {
///             Traffic::Request(ClientMessage::PlaceOrder(_)) => {
///                 self.orders += 1;
///                 if self.orders % 2 == 0 { Verdict::Drop } else { Verdict::Pass }
///             }
///             Traffic::Answer(ServerMessage::ExecDetails(_)) => Verdict::Delay(std::time::Duration::from_secs(2)),
///             _ => Verdict::Pass,
///         }
///     }
/// }
///
/// # async fn example(simulator: gatewright_sim::Simulator) -> Result<(), gatewright_sim::SimError> {
/// simulator.control().add_rule(Careless::default()).await
/// # }
/// ```
pub trait Rule: Send {
    /// What to do with a message that passes now. Rules are asked in the order in which they were added, and the first
    /// that does not say [`Verdict::Pass`] decides.
    fn on_message(&mut self, passing: &Passing<'_>) -> Verdict;
}

impl<F: FnMut(&Passing<'_>) -> Verdict + Send> Rule for F {
    fn on_message(&mut self, passing: &Passing<'_>) -> Verdict {
        self(passing)
    }
}

impl fmt::Debug for dyn Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Rule")
    }
}

/// A message on its way.
#[derive(Debug, Clone, Copy)]
pub struct Passing<'a> {
    /// The simulated moment.
    pub now: SimInstant,
    /// The connection.
    pub connection: ConnId,
    /// Whose it is.
    pub client: Option<ClientId>,
    /// The message and its direction.
    pub traffic: Traffic<'a>,
}

/// A message and its direction.
#[derive(Debug, Clone, Copy)]
pub enum Traffic<'a> {
    /// From the client.
    Request(&'a ClientMessage),
    /// From the Gateway.
    Answer(&'a ServerMessage),
}

/// What is done with a message.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Verdict {
    /// It passes.
    #[default]
    Pass,
    /// It vanishes.
    Drop,
    /// It passes that much later, in simulated time; what comes after it may overtake it.
    Delay(Duration),
    /// It passes twice.
    Duplicate,
    /// It vanishes, and its connection is closed.
    Close,
    /// It vanishes, and its connection is reset.
    Reset,
    /// All of this, in order; it passes unless a deed says otherwise.
    Do(Vec<Deed>),
}
