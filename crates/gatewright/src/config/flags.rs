//! What environment and arguments say about the file's settings.

use std::path::PathBuf;

use clap::Args;

use super::value::Listen;
use crate::cli::MoneyArgs;
use crate::endpoint::Endpoint;
use crate::environment::{self, Environment};

/// Which settings hold.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Settings")]
pub(crate) struct ConfigArgs {
    /// The settings' file [env: GATEWRIGHT_CONFIG] [default: gatewright.toml in ~/.config/gatewright, if there is one]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    /// The Gateway's API port, where there is only one Gateway [env: GATEWRIGHT_GATEWAY]
    #[arg(long, value_name = "HOST:PORT")]
    pub(crate) gateway: Option<Endpoint>,

    /// Where programs connect instead of to the Gateway; port 0 takes a free one, `off` serves none [env: GATEWRIGHT_PROXY]
    #[arg(long, value_name = "IP:PORT")]
    pub(crate) proxy: Option<Listen>,

    /// Where health and metrics are served; port 0 takes a free one, `off` serves none [env: GATEWRIGHT_HTTP]
    #[arg(long, value_name = "IP:PORT")]
    pub(crate) http: Option<Listen>,

    /// The folder for logs, locks, sockets and the journal [env: GATEWRIGHT_STATE]
    #[arg(long, value_name = "FOLDER")]
    pub(crate) state: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) money: MoneyArgs,
}

/// A value that stands above the file's, and who said it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Override<T> {
    pub(super) value: T,
    pub(super) origin: super::Origin,
}

/// All that stands above the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Overrides {
    pub(super) gateway: Option<Override<Endpoint>>,
    pub(super) proxy: Option<Override<Listen>>,
    pub(super) http: Option<Override<Listen>>,
    pub(super) state: Option<Override<PathBuf>>,
    pub(super) live: Option<Override<bool>>,
    pub(super) account: Option<Override<String>>,
    /// Where state goes when nobody says so; `None` where there is not even a home.
    pub(super) default_state: Option<PathBuf>,
}

impl Overrides {
    /// Nothing stands above the file but where state goes if nobody says so.
    #[cfg(test)]
    pub(crate) fn with_default_state(state: PathBuf) -> Self {
        Self { default_state: Some(state), ..Self::default() }
    }

    /// Flags, else the environment.
    pub(crate) fn of(args: &ConfigArgs, environment: &Environment) -> Self {
        let variables = &environment.daemon;
        Self {
            gateway: above("--gateway", args.gateway.as_ref(), environment::GATEWAY, environment.gateway.as_ref()),
            proxy: above("--proxy", args.proxy.as_ref(), environment::PROXY, variables.proxy.as_ref()),
            http: above("--http", args.http.as_ref(), environment::HTTP, variables.http.as_ref()),
            state: above("--state", args.state.as_ref(), environment::STATE, variables.state.as_ref()),
            live: args.money.live.then_some(Override { value: true, origin: super::Origin::Flag("--live") }),
            account: above("--account", args.money.account.as_ref(), "", None),
            default_state: environment.state_dir.clone(),
        }
    }
}

fn above<T: Clone>(
    flag: &'static str,
    said: Option<&T>,
    name: &'static str,
    variable: Option<&T>,
) -> Option<Override<T>> {
    let override_of = |value: &T, origin| Override { value: value.clone(), origin };
    said.map(|value| override_of(value, super::Origin::Flag(flag)))
        .or_else(|| variable.map(|value| override_of(value, super::Origin::Environment(name))))
}
