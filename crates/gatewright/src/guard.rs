//! Paper by default: the one place that decides whether a Gateway or an account may be used.
//!
//! Which accounts are paper, `proto` says; every other account is real money, known or not. A real account needs two
//! statements that agree: `--live`, and `--account` with its number. One forgotten flag,
//! one wrong port or one mistyped number then ends in a refusal and not in a trade.

use gatewright_proto::is_paper_account;

use crate::endpoint::Endpoint;

/// The ports that Gateway and TWS use for live trading unless told otherwise.
const LIVE_PORTS: [u16; 2] = [4001, 7496];

/// What the user allowed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Allowed {
    /// `--live`.
    pub(crate) live: bool,
    /// `--account`.
    pub(crate) account: Option<String>,
}

/// Why a Gateway or an account may not be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("port {port} is a live trading port, and live trading was not asked for")]
    LivePort { port: u16 },
    #[error("account {account} trades real money, and live trading was not asked for")]
    LiveAccount { account: String },
    #[error("--live was given, but not the account that it is meant for")]
    AccountNotNamed,
    #[error("the Gateway has no account {account}; it has {}", present.join(", "))]
    AccountNotFound { account: String, present: Vec<String> },
}

impl Refusal {
    /// The refusal's name as it stands in JSON and in documents.
    pub(crate) fn cause(&self) -> &'static str {
        match self {
            Self::LivePort { .. } => "live_port",
            Self::LiveAccount { .. } => "live_account",
            Self::AccountNotNamed => "account_not_named",
            Self::AccountNotFound { .. } => "account_not_found",
        }
    }

    /// What to do.
    pub(crate) fn remedy(&self) -> String {
        match self {
            Self::LivePort { port } => {
                let paper = if *port == 7496 { 7497 } else { 4002 };
                format!(
                    "Use the paper port ({paper}). If you do mean real money, say --live and name the account with \
                     --account ID."
                )
            }
            Self::LiveAccount { account } => format!(
                "Log the Gateway in to a paper account. If you do mean real money, say --live --account {account}."
            ),
            Self::AccountNotNamed => {
                "Name the account with --account ID; `--live` alone could mean any of a login's accounts.".into()
            }
            Self::AccountNotFound { .. } => {
                "Correct --account, or log the Gateway in to the login that has this account.".into()
            }
        }
    }
}

/// Whether a connection may be opened at all.
///
/// # Errors
///
/// The refusal, before a byte was sent.
pub(crate) fn check_gateway(gateway: &Endpoint, allowed: &Allowed) -> Result<(), Refusal> {
    match (allowed.live, &allowed.account) {
        (true, None) => Err(Refusal::AccountNotNamed),
        (false, _) if LIVE_PORTS.contains(&gateway.port) => Err(Refusal::LivePort { port: gateway.port }),
        (true, Some(_)) | (false, _) => Ok(()),
    }
}

/// Whether a session with these accounts may be used.
///
/// # Errors
///
/// The refusal; the session is to be closed.
pub(crate) fn check_accounts(accounts: &[String], allowed: &Allowed) -> Result<(), Refusal> {
    if let Some(account) = &allowed.account
        && !accounts.contains(account)
    {
        return Err(Refusal::AccountNotFound { account: account.clone(), present: accounts.to_vec() });
    }
    let live = accounts.iter().find(|account| !is_paper_account(account));
    match (allowed.live, live) {
        (true, _) | (false, None) => Ok(()),
        (false, Some(account)) => Err(Refusal::LiveAccount { account: account.clone() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(live: bool, account: Option<&str>) -> Allowed {
        Allowed { live, account: account.map(str::to_owned) }
    }

    fn gateway(port: u16) -> Endpoint {
        Endpoint { host: "127.0.0.1".into(), port }
    }

    fn accounts(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn live_ports_are_refused_unless_live_and_an_account_are_named() {
        for port in [4001, 7496] {
            assert_eq!(check_gateway(&gateway(port), &allowed(false, None)), Err(Refusal::LivePort { port }));
            assert_eq!(check_gateway(&gateway(port), &allowed(false, Some("U1"))), Err(Refusal::LivePort { port }));
            assert_eq!(check_gateway(&gateway(port), &allowed(true, None)), Err(Refusal::AccountNotNamed));
            assert_eq!(check_gateway(&gateway(port), &allowed(true, Some("U1"))), Ok(()));
        }
    }

    #[test]
    fn other_ports_are_free_but_live_without_an_account_means_nothing_anywhere() {
        for port in [4002, 7497, 5000] {
            assert_eq!(check_gateway(&gateway(port), &allowed(false, None)), Ok(()));
            assert_eq!(check_gateway(&gateway(port), &allowed(true, None)), Err(Refusal::AccountNotNamed));
        }
    }

    #[test]
    fn a_real_account_behind_any_port_is_refused_unless_live_names_it() {
        let mixed = accounts(&["DU1", "U2"]);
        let refusal = Err(Refusal::LiveAccount { account: "U2".into() });
        assert_eq!(check_accounts(&mixed, &allowed(false, None)), refusal);
        assert_eq!(check_accounts(&mixed, &allowed(false, Some("DU1"))), refusal);
        assert_eq!(check_accounts(&mixed, &allowed(true, Some("U2"))), Ok(()));
        assert_eq!(check_accounts(&accounts(&["DU1", "DF2"]), &allowed(false, None)), Ok(()));
        for unknown in ["I1", "F1", "X", ""] {
            assert!(
                check_accounts(&accounts(&[unknown]), &allowed(false, None)).is_err(),
                "{unknown} may be real money"
            );
        }
    }

    #[test]
    fn a_named_account_must_be_there_on_paper_too() {
        let refusal = check_accounts(&accounts(&["DU1"]), &allowed(false, Some("DU2"))).unwrap_err();
        assert_eq!(refusal.cause(), "account_not_found");
        assert_eq!(refusal.to_string(), "the Gateway has no account DU2; it has DU1");
        assert!(check_accounts(&accounts(&["U1"]), &allowed(true, Some("U9"))).is_err());
    }

    #[test]
    fn every_refusal_says_what_to_do_and_ends_with_its_exit_code() {
        let refusals = [
            Refusal::LivePort { port: 7496 },
            Refusal::LiveAccount { account: "U1".into() },
            Refusal::AccountNotNamed,
            Refusal::AccountNotFound { account: "U1".into(), present: vec![] },
        ];
        for refusal in refusals {
            assert!(!refusal.remedy().is_empty());
            assert_eq!(crate::exit_code::Exit::from_cause(refusal.cause()), Some(crate::exit_code::Exit::LiveRefused));
        }
    }
}
