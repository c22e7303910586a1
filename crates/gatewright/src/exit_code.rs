//! How the process ends: one number per kind of ending, the same in every command, never renumbered.
//!
//! Scripts decide by these numbers, so a number's meaning does not change; new endings get new numbers. The table in
//! `docs/exit-codes.md` and the one in `--help` are checked against this file.

use std::fmt::Write as _;
use std::process::ExitCode;

macro_rules! exits {
    ($($variant:ident = $number:literal, $meaning:literal;)*) => {
        /// How the process ends.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub(crate) enum Exit {
            $(#[doc = $meaning] $variant,)*
        }

        impl Exit {
            /// Every ending, by rising number.
            pub(crate) const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The process's exit code.
            pub(crate) const fn number(self) -> u8 {
                match self { $(Self::$variant => $number,)* }
            }

            /// What it means, in one phrase.
            pub(crate) const fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $meaning,)* }
            }
        }
    };
}

exits! {
    Success = 0, "what was asked for was done, and nothing wrong was found";
    Internal = 1, "a defect of Gatewright, or of the machine it runs on";
    Usage = 2, "wrong arguments, environment or settings";
    NotListening = 10, "nothing listens on the port, or it refused";
    ForeignListener = 11, "another program has the port";
    Zombies = 12, "dead connections hang in CLOSE_WAIT at the Gateway";
    Stalled = 13, "the Gateway accepts and does not answer";
    ClientIdInUse = 14, "the client id is taken";
    Closed = 15, "the Gateway closed or lost the connection";
    Protocol = 16, "what answers does not speak a TWS API that we speak";
    NoAccounts = 17, "the Gateway has no accounts: its login is not complete";
    Unreachable = 18, "the host cannot be reached";
    SelfStalled = 19, "this machine stalled us; the Gateway is not to blame";
    ValidateFailed = 20, "validate: a step failed";
    NotAccepting = 21, "doctor: connections wait and the Gateway does not take them";
    Unknown = 22, "it could not be told, so it is neither well nor ill";
    GatewayError = 23, "the session is ready, and the Gateway refused or left a request unanswered";
    Ill = 24, "status: a layer is known to be broken";
    NoDaemon = 25, "no daemon runs with this state folder";
    JournalDamaged = 26, "the journal is damaged, or holds what it should not";
    Undelivered = 27, "alert: somebody who was to be told was not reached";
    HaltIncomplete = 28, "halt: trading is halted, and not everything else that was asked for was done";
    LiveRefused = 30, "live trading was not asked for by --live and --account";
    Locked = 31, "another Gatewright holds this client id of this Gateway, or this state folder";
    Halted = 32, "trading is halted, and nothing is sent until `gatewright resume`";
    StrategyFailed = 33, "the strategy program cannot be used";
    Interrupted = 130, "stopped by Ctrl-C (SIGINT), in order";
    Terminated = 143, "stopped by SIGTERM or SIGHUP, in order";
}

impl Exit {
    /// The ending for a cause by its name in JSON; `None` for a name that this version does not know.
    pub(crate) fn from_cause(cause: &str) -> Option<Self> {
        Some(match cause {
            "not_listening" | "refused" => Self::NotListening,
            "foreign_listener" => Self::ForeignListener,
            "zombies" => Self::Zombies,
            "dial_timeout" | "version_stalled" | "identify_stalled" | "sync_stalled" => Self::Stalled,
            "client_id_in_use" => Self::ClientIdInUse,
            "closed_before_version" | "lost" => Self::Closed,
            "version_unsupported" | "malformed" => Self::Protocol,
            "no_accounts" => Self::NoAccounts,
            "unreachable" => Self::Unreachable,
            "self_stalled" => Self::SelfStalled,
            "inspection_unavailable" => Self::Unknown,
            "gateway_error" | "deadline" => Self::GatewayError,
            "live_port" | "live_account" | "account_not_named" | "account_not_found" => Self::LiveRefused,
            "locked" => Self::Locked,
            "halted" => Self::Halted,
            "no_daemon" => Self::NoDaemon,
            "strategy" => Self::StrategyFailed,
            _ => return None,
        })
    }

    /// The table of all codes, for `--help`.
    pub(crate) fn help() -> String {
        let mut text = String::from("Exit codes:\n");
        for exit in Self::ALL {
            let _ = writeln!(text, "  {:>3}  {}", exit.number(), exit.meaning());
        }
        text.push_str("\ndocs/exit-codes.md has them with the causes that lead to each.");
        text
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.number())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gatewright_proto::session::Cause;

    #[test]
    fn numbers_are_what_they_have_always_been() {
        let numbers: Vec<String> = Exit::ALL.iter().map(|exit| format!("{exit:?}={}", exit.number())).collect();
        insta::assert_snapshot!(numbers.join(" "), @"Success=0 Internal=1 Usage=2 NotListening=10 ForeignListener=11 Zombies=12 Stalled=13 ClientIdInUse=14 Closed=15 Protocol=16 NoAccounts=17 Unreachable=18 SelfStalled=19 ValidateFailed=20 NotAccepting=21 Unknown=22 GatewayError=23 Ill=24 NoDaemon=25 JournalDamaged=26 Undelivered=27 HaltIncomplete=28 LiveRefused=30 Locked=31 Halted=32 StrategyFailed=33 Interrupted=130 Terminated=143");
        assert!(Exit::ALL.windows(2).all(|pair| pair[0].number() < pair[1].number()), "each has its own");
    }

    #[test]
    fn every_cause_of_a_failed_connection_has_an_exit_code_of_its_own_kind() {
        for cause in Cause::NAMES {
            let exit = Exit::from_cause(cause).unwrap_or_else(|| panic!("{cause} has no exit code"));
            assert!(!matches!(exit, Exit::Success | Exit::Internal | Exit::Usage), "{cause}");
        }
    }

    #[test]
    fn the_document_has_every_code_with_this_meaning() {
        let document = include_str!("../../../docs/exit-codes.md");
        for exit in Exit::ALL {
            let row = format!("| {} | {} |", exit.number(), exit.meaning());
            assert!(document.contains(&row), "docs/exit-codes.md lacks the row:\n{row}");
        }
        for cause in Cause::NAMES {
            assert!(document.contains(&format!("`{cause}`")), "docs/exit-codes.md does not name {cause}");
        }
    }
}
