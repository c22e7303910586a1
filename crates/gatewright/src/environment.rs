//! The environment variables that Gatewright reads, all of them, in one place. Flags stand above them.

use std::env;
use std::ffi::OsString;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::time::Duration;

use crate::config::Listen;
use crate::diagnosis::Diagnosis;
use crate::endpoint::Endpoint;
use crate::exit_code::Exit;
use crate::fail_point::FailPoint;

/// Where the Gateway is, where no flag says so.
pub(crate) const GATEWAY: &str = "GATEWRIGHT_GATEWAY";
/// How much is logged: a level, or `tracing`'s directives.
pub(crate) const LOG: &str = "GATEWRIGHT_LOG";
/// The folder for logs, locks and the journal.
pub(crate) const STATE: &str = "GATEWRIGHT_STATE";

/// The daemon's settings' file.
pub(crate) const CONFIG: &str = "GATEWRIGHT_CONFIG";
/// Where programs connect instead of to the Gateway.
pub(crate) const PROXY: &str = "GATEWRIGHT_PROXY";
/// Where the daemon serves health and metrics.
pub(crate) const HTTP: &str = "GATEWRIGHT_HTTP";

/// At which step of an order's way this process is to die, for tests. Only a binary with debug assertions looks at it.
pub(crate) const FAIL_POINT: &str = "GATEWRIGHT_FAIL_POINT";

/// What the environment says about the daemon.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct DaemonVariables {
    /// `GATEWRIGHT_CONFIG`.
    pub(crate) config: Option<PathBuf>,
    /// Where that file is if nobody says so; `None` where there is not even a home.
    pub(crate) usual_config: Option<PathBuf>,
    /// `GATEWRIGHT_PROXY`.
    pub(crate) proxy: Option<Listen>,
    /// `GATEWRIGHT_HTTP`.
    pub(crate) http: Option<Listen>,
    /// `GATEWRIGHT_STATE` itself; the state folder that follows from it is the environment's.
    pub(crate) state: Option<PathBuf>,
}

/// What a service manager says to the process that it started, in the names of systemd's protocol.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ServiceVariables {
    /// `NOTIFY_SOCKET`: where it wants to be told.
    pub(crate) notify_socket: Option<OsString>,
    /// `WATCHDOG_USEC`: the silence after which it takes the process for dead.
    pub(crate) watchdog: Option<Duration>,
    /// `WATCHDOG_PID`: the process that it means.
    pub(crate) watchdog_pid: Option<u32>,
}

/// What the environment says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Environment {
    /// `GATEWRIGHT_GATEWAY`.
    pub(crate) gateway: Option<Endpoint>,
    /// `GATEWRIGHT_LOG`.
    pub(crate) log: Option<String>,
    /// Where state is kept; `None` where there is not even a home.
    pub(crate) state_dir: Option<PathBuf>,
    /// Whether standard output is a terminal that understands escape sequences.
    pub(crate) terminal: bool,
    /// Whether standard output may be coloured.
    pub(crate) colour: bool,
    /// `USER` or `LOGNAME`.
    pub(crate) user: Option<String>,
    /// What concerns the daemon alone.
    pub(crate) daemon: DaemonVariables,
    /// What a service manager says.
    pub(crate) service: ServiceVariables,
    /// `GATEWRIGHT_FAIL_POINT`; never in a release.
    pub(crate) fail_point: Option<FailPoint>,
}

impl Environment {
    /// Reads this process's environment.
    ///
    /// # Errors
    ///
    /// A usage error that names the first variable that cannot be read.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the binary, and the one place where it reads the environment"
    )]
    pub(crate) fn read() -> Result<Self, Diagnosis> {
        let stdout_is_terminal = std::io::stdout().is_terminal();
        Self::from(|name| env::var_os(name), stdout_is_terminal)
    }

    fn from(get: impl Fn(&str) -> Option<OsString>, stdout_is_terminal: bool) -> Result<Self, Diagnosis> {
        // An empty variable counts as one that is not set, as the XDG specification and no-color.org have it.
        let get = |name: &str| get(name).filter(|value| !value.is_empty());
        let text = |name: &str| {
            let bad = |_| usage(name, "it is not UTF-8".into());
            get(name).map(|value| value.into_string().map_err(bad)).transpose()
        };
        let gateway = text(GATEWAY)?
            .map(|value| value.parse::<Endpoint>().map_err(|error| usage(GATEWAY, error.to_string())))
            .transpose()?;
        // The XDG specification has relative paths ignored.
        let absolute = |name: &str| get(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let state_dir = get(STATE)
            .map(PathBuf::from)
            .or_else(|| absolute("XDG_STATE_HOME").map(|base| base.join("gatewright")))
            .or_else(|| absolute("HOME").map(|home| home.join(".local/state/gatewright")));
        let dumb = get("TERM").is_some_and(|term| term == "dumb");
        let terminal = stdout_is_terminal && !dumb;
        let listen = |name: &str| {
            text(name)?.map(|value| value.parse::<Listen>().map_err(|error| usage(name, error))).transpose()
        };
        let usual_config = absolute("XDG_CONFIG_HOME")
            .or_else(|| absolute("HOME").map(|home| home.join(".config")))
            .map(|base| base.join("gatewright/gatewright.toml"));
        let daemon = DaemonVariables {
            config: get(CONFIG).map(PathBuf::from),
            usual_config,
            proxy: listen(PROXY)?,
            http: listen(HTTP)?,
            state: get(STATE).map(PathBuf::from),
        };
        let number = |name: &str| get(name).and_then(|value| value.to_str()?.parse::<u64>().ok());
        let service = ServiceVariables {
            notify_socket: get("NOTIFY_SOCKET"),
            watchdog: number("WATCHDOG_USEC").map(Duration::from_micros),
            watchdog_pid: number("WATCHDOG_PID").and_then(|pid| u32::try_from(pid).ok()),
        };
        let fail_point = text(FAIL_POINT)?.filter(|_| cfg!(debug_assertions));
        let fail_point =
            fail_point.map(|value| value.parse::<FailPoint>().map_err(|error| usage(FAIL_POINT, error))).transpose()?;
        let colour = terminal && get("NO_COLOR").is_none();
        let user = ["USER", "LOGNAME"].into_iter().find_map(|name| get(name)?.into_string().ok());
        Ok(Self { gateway, log: text(LOG)?, state_dir, terminal, colour, user, daemon, service, fail_point })
    }

    /// Who runs this program, for records: the user's name, where the environment has one.
    pub(crate) fn who(&self) -> String {
        self.user.clone().unwrap_or_else(|| "somebody at this machine".into())
    }

    /// Where the locks are: one program for each client id of a Gateway.
    pub(crate) fn lock_dir(&self) -> Option<PathBuf> {
        self.state_dir.as_ref().map(|state| state.join("locks"))
    }

    /// Where the logs are.
    pub(crate) fn log_dir(&self) -> Option<PathBuf> {
        self.state_dir.as_ref().map(|state| state.join("logs"))
    }
}

fn usage(name: &str, problem: String) -> Diagnosis {
    Diagnosis::new(Exit::Usage, format!("the environment variable {name} cannot be used: {problem}"))
        .with_help(format!("Correct {name}, or unset it."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)], terminal: bool) -> Result<Environment, Diagnosis> {
        let get = |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value));
        Environment::from(get, terminal)
    }

    #[test]
    fn state_goes_where_it_is_told_then_where_xdg_says_then_below_home() {
        let dir =
            |variables: &[(&str, &str)]| read(variables, false).unwrap().state_dir.map(|p| p.display().to_string());
        let (own, xdg, home) = ((STATE, "/s"), ("XDG_STATE_HOME", "/x"), ("HOME", "/h"));
        assert_eq!(dir(&[own, xdg, home]).as_deref(), Some("/s"));
        assert_eq!(dir(&[xdg, home]).as_deref(), Some("/x/gatewright"));
        assert_eq!(dir(&[("XDG_STATE_HOME", "relative"), home]).as_deref(), Some("/h/.local/state/gatewright"));
        assert_eq!(dir(&[]), None);
    }

    #[test]
    fn a_gateway_that_cannot_be_read_is_refused_by_name() {
        let error = read(&[(GATEWAY, "nowhere")], false).unwrap_err();
        assert_eq!(error.exit(), Exit::Usage);
        assert!(error.to_string().contains(GATEWAY), "{error}");
        assert_eq!(read(&[(GATEWAY, "")], false).unwrap().gateway, None);
    }

    #[test]
    fn colour_is_for_terminals_that_did_not_decline_it() {
        assert!(read(&[], true).unwrap().colour);
        assert!(!read(&[], false).unwrap().colour);
        assert!(!read(&[("NO_COLOR", "1")], true).unwrap().colour);
        assert!(!read(&[("TERM", "dumb")], true).unwrap().colour);
    }
}
