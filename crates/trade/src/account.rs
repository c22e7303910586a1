//! Which account may be traded.

use std::fmt;

use gatewright_link::protocol::ConnectParams;
use gatewright_proto::is_paper_account;
use serde::{Serialize, Serializer};

use crate::error::TradeError;

/// The letters that tell the kind of an account, at most: `DU`.
const MOST_KIND: usize = 2;

/// How many of an id's last characters are shown, enough to tell one's own accounts apart.
const SHOWN: usize = 2;

/// An account id. It prints and serialises masked; [`AccountId::as_str`] is for the Gateway only.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AccountId(String);

impl AccountId {
    /// Wraps an id as the Gateway wrote it.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// The whole id, for the Gateway only.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it belongs to a paper login.
    pub fn is_paper(&self) -> bool {
        is_paper_account(&self.0)
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = self.0.as_str();
        let kind = id.bytes().take(MOST_KIND).take_while(u8::is_ascii_alphabetic).count();
        let tail = id.len().checked_sub(SHOWN).filter(|tail| *tail >= kind).and_then(|tail| id.get(tail..));
        write!(f, "{}***{}", &id[..kind], tail.unwrap_or_default())
    }
}

impl fmt::Debug for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for AccountId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Whether real money may be traded.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Permission {
    /// Paper accounts only; the default. `account` is needed where the login has several.
    #[default]
    Paper,
    /// This paper account.
    PaperAccount(AccountId),
    /// This account, even if it is a live one.
    Live(AccountId),
}

impl Permission {
    /// The same for the worker, which guards every order by itself.
    pub fn applied_to(&self, connect: ConnectParams) -> ConnectParams {
        let (live, account) = match self {
            Self::Paper => (false, None),
            Self::PaperAccount(account) => (false, Some(account.as_str().to_owned())),
            Self::Live(account) => (true, Some(account.as_str().to_owned())),
        };
        ConnectParams { live, account, ..connect }
    }

    /// The account to trade, out of those that the login has.
    ///
    /// # Errors
    ///
    /// The login has a live account without permission for it, lacks the named one, or has several and none is named.
    pub fn choose(&self, accounts: &[String]) -> Result<AccountId, TradeError> {
        let accounts: Vec<AccountId> = accounts.iter().map(AccountId::new).collect();
        let named = match self {
            Self::Paper | Self::PaperAccount(_) => {
                if let Some(live) = accounts.iter().find(|account| !account.is_paper()) {
                    return Err(TradeError::LiveAccount { account: live.clone() });
                }
                match self {
                    Self::PaperAccount(account) => account,
                    Self::Paper | Self::Live(_) => return only(&accounts),
                }
            }
            Self::Live(account) => account,
        };
        if accounts.contains(named) {
            Ok(named.clone())
        } else {
            Err(TradeError::UnknownAccount { account: named.clone(), accounts })
        }
    }
}

fn only(accounts: &[AccountId]) -> Result<AccountId, TradeError> {
    match accounts {
        [only] => Ok(only.clone()),
        several => Err(TradeError::AmbiguousAccount { accounts: several.to_vec() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn a_paper_trader_never_touches_a_live_login() {
        assert!(matches!(Permission::Paper.choose(&ids(&["U1234567"])), Err(TradeError::LiveAccount { .. })));
        let named = Permission::PaperAccount(AccountId::new("DU1"));
        assert!(matches!(named.choose(&ids(&["DU1", "U2"])), Err(TradeError::LiveAccount { .. })));
    }

    #[test]
    fn the_only_paper_account_needs_no_name_and_several_do() {
        assert_eq!(Permission::Paper.choose(&ids(&["DU1234567"])).unwrap().as_str(), "DU1234567");
        let two = ids(&["DU1", "DU2"]);
        assert!(matches!(Permission::Paper.choose(&two), Err(TradeError::AmbiguousAccount { .. })));
        assert_eq!(Permission::PaperAccount(AccountId::new("DU2")).choose(&two).unwrap().as_str(), "DU2");
    }

    #[test]
    fn live_needs_the_accounts_own_name() {
        let live = Permission::Live(AccountId::new("U1234567"));
        assert_eq!(live.choose(&ids(&["U1234567"])).unwrap().as_str(), "U1234567");
        assert!(matches!(live.choose(&ids(&["U7654321"])), Err(TradeError::UnknownAccount { .. })));
    }

    #[test]
    fn ids_print_masked() {
        assert_eq!(AccountId::new("DU1234567").to_string(), "DU***67");
        assert_eq!(format!("{:?}", AccountId::new("U7654321")), "U***21");
        assert_eq!(AccountId::new("größe").to_string(), "gr***");
        assert_eq!(AccountId::new("").to_string(), "***");
    }
}
