//! Paper by default: which accounts a session may place orders for.

use gatewright_proto::is_paper_account;

use crate::protocol::{CallError, ConnectParams, ErrorCode};

/// What the caller allowed when it connected.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Guard {
    live: bool,
    account: Option<String>,
}

impl Guard {
    pub(super) fn new(params: &ConnectParams) -> Self {
        Self { live: params.live, account: params.account.clone() }
    }

    /// The account that an order is for: the one it names, else the one that was allowed, else the login's only one.
    ///
    /// # Errors
    ///
    /// The order may not be placed, and why.
    pub(super) fn account(&self, named: &str, accounts: &[String]) -> Result<String, CallError> {
        let refuse = |text: String| Err(CallError::new(ErrorCode::Guarded, text));
        let account = match (named, &self.account, accounts) {
            ("", Some(allowed), _) => allowed.as_str(),
            ("", None, [only]) => only.as_str(),
            ("", None, _) => return refuse("the login has several accounts: name one in the order".into()),
            (named, _, _) => named,
        };
        if !accounts.iter().any(|known| known == account) {
            return refuse("the order names an account that this login does not have".into());
        }
        if self.account.as_ref().is_some_and(|allowed| allowed != account) {
            return refuse("the order is for another account than the one that this session was opened for".into());
        }
        let allowed = self.live && self.account.is_some();
        if !allowed && !is_paper_account(account) {
            return refuse("the account trades real money, and live trading was not asked for with its name".into());
        }
        Ok(account.to_owned())
    }

    /// Whether something may be done that reaches every account of the login.
    ///
    /// # Errors
    ///
    /// An account trades real money and that was not asked for.
    pub(super) fn whole_login(&self, accounts: &[String]) -> Result<(), CallError> {
        let allowed = self.live && self.account.is_some();
        if !allowed && accounts.iter().any(|account| !is_paper_account(account)) {
            let text = "an account of this login trades real money, and live trading was not asked for with its name";
            return Err(CallError::new(ErrorCode::Guarded, text));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accounts(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    fn guard(live: bool, account: Option<&str>) -> Guard {
        Guard { live, account: account.map(str::to_owned) }
    }

    #[test]
    fn paper_needs_no_permission() {
        assert_eq!(guard(false, None).account("", &accounts(&["DU1"])).as_deref(), Ok("DU1"));
        assert_eq!(guard(false, None).account("DU2", &accounts(&["DU1", "DU2"])).as_deref(), Ok("DU2"));
    }

    #[test]
    fn real_money_needs_both_statements() {
        let login = accounts(&["U1", "U2"]);
        for half in [guard(false, None), guard(true, None), guard(false, Some("U1"))] {
            assert!(half.account("U1", &login).is_err());
        }
        assert_eq!(guard(true, Some("U1")).account("", &login).as_deref(), Ok("U1"));
        assert!(guard(true, Some("U1")).account("U2", &login).is_err());
    }

    #[test]
    fn which_account_is_never_guessed() {
        assert!(guard(false, None).account("", &accounts(&["DU1", "DU2"])).is_err());
        assert!(guard(false, None).account("DU3", &accounts(&["DU1"])).is_err());
    }

    #[test]
    fn what_reaches_every_account_needs_permission_where_one_is_real() {
        let mixed = accounts(&["DU1", "U2"]);
        assert!(guard(false, None).whole_login(&accounts(&["DU1", "DU2"])).is_ok());
        assert!(guard(false, None).whole_login(&mixed).is_err() && guard(true, None).whole_login(&mixed).is_err());
        assert!(guard(true, Some("U2")).whole_login(&mixed).is_ok());
    }
}
