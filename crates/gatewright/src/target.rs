//! The Gateway that a command is for: a real one, or a simulated one that runs while the command does.

use crate::cli::GatewayArgs;
use crate::diagnosis::Diagnosis;
use crate::endpoint::Endpoint;
use crate::environment::Environment;
use crate::sim_child::SimChild;

/// The Gateway that a command is for.
#[derive(Debug)]
pub(crate) enum Target {
    /// One that is there without us.
    Real(Endpoint),
    /// One of our own.
    Simulated(SimChild),
}

impl Target {
    /// The Gateway that the arguments name; a simulated one is started.
    ///
    /// # Errors
    ///
    /// When the simulator cannot be started.
    pub(crate) async fn prepare(args: &GatewayArgs, environment: &Environment) -> Result<Self, Diagnosis> {
        if args.sim {
            Ok(Self::Simulated(SimChild::start(&[]).await?))
        } else {
            Ok(Self::Real(args.endpoint(environment)))
        }
    }

    /// Where it is.
    pub(crate) fn endpoint(&self) -> &Endpoint {
        match self {
            Self::Real(endpoint) => endpoint,
            Self::Simulated(sim) => sim.endpoint(),
        }
    }

    /// Ends a simulated one; leaves a real one alone.
    pub(crate) async fn release(self) {
        match self {
            Self::Real(_) => {}
            Self::Simulated(sim) => sim.stop().await,
        }
    }
}
