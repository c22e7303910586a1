//! Why a trader could not start or go on.

use gatewright_journal::JournalError;
use gatewright_link::{LinkError, LockError};
use gatewright_proto::session::Acts;

use crate::account::AccountId;

/// Why a trader could not start or go on.
#[derive(Debug, thiserror::Error)]
pub enum TradeError {
    /// A setting that cannot be traded with.
    #[error("setting `{setting}` {problem}")]
    Setting {
        /// The setting's name.
        setting: &'static str,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The login has an account with real money, and only paper trading was asked for.
    #[error("account {account} trades real money, and live trading was not asked for")]
    LiveAccount {
        /// The account.
        account: AccountId,
    },
    /// The login does not have the account that was named.
    #[error("the login has no account {account}; it has {accounts:?}")]
    UnknownAccount {
        /// The account that was named.
        account: AccountId,
        /// Those that there are.
        accounts: Vec<AccountId>,
    },
    /// The login has several accounts and none was named.
    #[error("the login has several accounts, {accounts:?}, and none was named")]
    AmbiguousAccount {
        /// The accounts.
        accounts: Vec<AccountId>,
    },
    /// The Gateway takes no orders.
    #[error("the Gateway is read-only")]
    ReadOnlyGateway,
    /// No instrument has that symbol.
    #[error("no stock in dollars has the symbol {symbol}")]
    UnknownSymbol {
        /// The symbol.
        symbol: String,
    },
    /// Several instruments have that symbol.
    #[error("{count} stocks in dollars have the symbol {symbol}")]
    AmbiguousSymbol {
        /// The symbol.
        symbol: String,
        /// How many.
        count: usize,
    },
    /// The connection, or a request that trading cannot do without, failed.
    #[error("{doing} failed")]
    Call {
        /// What was asked.
        doing: &'static str,
        /// Why it failed.
        source: LinkError,
    },
    /// The journal failed, so no order can be made safe any more.
    #[error("the journal failed")]
    Journal(#[from] JournalError),
    /// Trading is halted.
    #[error("trading is halted: {why}")]
    Halted {
        /// Why, by whom and since when.
        why: String,
    },
    /// The strategy program cannot be used.
    #[error("the strategy program `{program}` cannot be used: {why}")]
    Program {
        /// The program.
        program: String,
        /// Why not.
        why: String,
    },
    /// Another trader has this client id of this Gateway, or the lock cannot be taken at all.
    #[error("cannot take the lock")]
    Lock(#[from] LockError),
    /// The operating system has no thread for us.
    #[error("cannot start a thread")]
    Thread(#[source] std::io::Error),
    /// The thread that decides and journals ended; a defect.
    #[error("the deciding thread ended before the trader")]
    DeskGone,
}

impl TradeError {
    /// The error's name as it stands in JSON and decides the exit code.
    pub fn cause(&self) -> &str {
        match self {
            Self::Setting { .. } => "setting",
            Self::LiveAccount { .. } => "live_account",
            Self::UnknownAccount { .. } => "account_not_found",
            Self::AmbiguousAccount { .. } => "account_not_named",
            Self::ReadOnlyGateway => "read_only",
            Self::UnknownSymbol { .. } => "unknown_symbol",
            Self::AmbiguousSymbol { .. } => "ambiguous_symbol",
            Self::Call { source, .. } => source.cause(),
            Self::Journal(_) => "journal",
            Self::Halted { .. } => "halted",
            Self::Program { .. } => "strategy",
            Self::Lock(LockError::Held { .. }) => "locked",
            Self::Lock(LockError::File { .. }) => "state_dir",
            Self::Thread(_) => "internal",
            Self::DeskGone => "internal",
        }
    }

    /// What to do about it.
    pub fn remedy(&self) -> String {
        match self {
            Self::Setting { setting, .. } => format!("Correct `{setting}`."),
            Self::LiveAccount { .. } => {
                "Log the Gateway in to a paper account. If you do mean real money, say --live and name the account with \
                 --account."
                    .into()
            }
            Self::UnknownAccount { .. } | Self::AmbiguousAccount { .. } => {
                "Name one of the login's accounts with --account.".into()
            }
            Self::ReadOnlyGateway => {
                "Switch \"Read-Only API\" off in the Gateway's API settings, then start again.".into()
            }
            Self::UnknownSymbol { .. } | Self::AmbiguousSymbol { .. } => {
                "Use the symbol of a US stock or fund as IBKR writes it, for example AAPL or `BRK B`.".into()
            }
            Self::Call { source, .. } => source.remedy().into(),
            Self::Journal(_) => {
                "See that the disk is not full and the state folder writable. What was committed is safe; orders that \
                 were on their way are settled by the next start."
                    .into()
            }
            Self::Halted { .. } => {
                "Find out why it was halted. `gatewright resume --reason TEXT` is the only way back; with --dry-run \
                 everything but sending can be looked at meanwhile."
                    .into()
            }
            Self::Program { .. } => {
                "Run it by hand: it must answer the line {\"id\":0,\"event\":\"hello\"} by {\"id\":0,\"name\":\"NAME\"}. Its \
                 standard error is in the log. docs/strategies.md has the whole conversation and an example."
                    .into()
            }
            Self::Lock(error) => error.remedy().into(),
            Self::Thread(_) => "Free memory or raise the limit on threads, then start again.".into(),
            Self::DeskGone => "This is a defect of Gatewright; please report it with the log.".into(),
        }
    }

    /// Who has to act.
    pub fn acts(&self) -> Acts {
        match self {
            Self::Call { source, .. } => source.acts(),
            Self::Setting { .. }
            | Self::LiveAccount { .. }
            | Self::UnknownAccount { .. }
            | Self::AmbiguousAccount { .. }
            | Self::ReadOnlyGateway
            | Self::UnknownSymbol { .. }
            | Self::AmbiguousSymbol { .. }
            | Self::Journal(_)
            | Self::Halted { .. }
            | Self::Program { .. }
            | Self::Lock(_)
            | Self::Thread(_)
            | Self::DeskGone => Acts::Human,
        }
    }

    /// Whether trying again by itself can help: the connection or the Gateway failed, and not a setting or the disk.
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Call { .. })
    }
}

impl From<&TradeError> for crate::event::Failing {
    fn from(error: &TradeError) -> Self {
        let mut message = error.to_string();
        let mut source = std::error::Error::source(error);
        while let Some(cause) = source {
            message.push_str(": ");
            message.push_str(&cause.to_string());
            source = cause.source();
        }
        Self { cause: error.cause().into(), message, remedy: error.remedy(), acts: error.acts() }
    }
}
