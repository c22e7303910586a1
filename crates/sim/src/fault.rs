//! The ways in which the simulated Gateway misbehaves on request.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use crate::error::SimError;

macro_rules! faults {
    ($($variant:ident, $name:literal, $sees:literal, $source:literal;)*) => {
        /// One named way to misbehave. Several may be on at once, and each may be switched while running.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Fault {
            $(#[doc = $sees] #[doc = ""] #[doc = concat!("Source: ", $source, ".")] $variant,)*
        }

        impl Fault {
            /// Every fault, in the order of a session's stages.
            pub const fn all() -> &'static [Self] {
                &[$(Self::$variant,)*]
            }

            /// The stable kebab-case name.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What a client sees, in one sentence.
            pub const fn sees(self) -> &'static str {
                match self { $(Self::$variant => $sees,)* }
            }

            /// Where the behaviour was reported.
            pub const fn source(self) -> &'static str {
                match self { $(Self::$variant => $source,)* }
            }
        }
    };
}

faults! {
    Refuse, "refuse", "The port is closed: connecting is refused at once.", "field reports";
    BacklogFull, "backlog-full", "The accept queue is full: connecting times out.", "gnzsnz#77";
    CloseOnAccept, "close-on-accept", "The connection is accepted and closed at once.", "field reports";
    ResetOnAccept, "reset-on-accept", "The connection is accepted and reset at once.", "field reports";
    AcceptSilent, "accept-silent", "The connection is accepted, then never a byte comes.", "field reports";
    StallNew, "stall-new", "New connections get never a byte while established sessions go on working.", "ml4t/live#87";
    CloseBeforeVersion, "close-before-version", "The greeting is read and the connection closed without an answer.", "field reports";
    GarbageVersion, "garbage-version", "The greeting is answered by a frame that is no version.", "client sources";
    Http, "http", "The greeting is answered by an HTTP error: something else listens on the port.", "field reports";
    OldVersion, "old-version", "The greeting is answered by server version 76, older than any client takes.", "the protocol as clients show it";
    VersionThenSilent, "version-then-silent", "The server version comes, then never another byte.", "field reports";
    CloseAfterStartApi, "close-after-start-api", "The connection is closed 4 ms after START_API, without error 326.", "stoqey#162";
    CloseLateAfterStartApi, "close-late-after-start-api", "The connection is closed 500 ms after START_API, without a word.", "ib_async#143";
    ResetAfterStartApi, "reset-after-start-api", "The connection is reset when START_API arrives.", "field reports";
    ClientIdInUse, "client-id-in-use", "Every client is told error 326 and closed.", "field reports";
    NoAccounts, "no-accounts", "nextValidId comes, managedAccounts never does.", "field reports";
    NoNextValidId, "no-next-valid-id", "managedAccounts comes, nextValidId never does.", "field reports";
    EmptyAccounts, "empty-accounts", "managedAccounts comes, but lists no account.", "the protocol as clients show it";
    IdsBeforeAccounts, "ids-before-accounts", "nextValidId comes before managedAccounts; harmless.", "the protocol as clients show it";
    OversizedFrame, "oversized-frame", "After the start-up messages a length prefix of 0x7fffffff arrives.", "field reports";
    FrozenAfterReady, "frozen-after-ready", "The session gets ready, and a second later nothing more is ever written; it stays ESTABLISHED.", "field reports";
    NoPositionsEnd, "no-positions-end", "Positions come without their end marker.", "ml4t/live#87";
    NoOpenOrdersEnd, "no-open-orders-end", "Open orders come without their end marker.", "field reports";
    NoExecutionsEnd, "no-executions-end", "Executions come without their end marker.", "ib_insync#638";
    NoAccountValues, "no-account-values", "Requests for account values and summaries are never answered.", "ib_insync#303";
    ReadOnly, "read-only", "Orders and requests for open orders are answered by error 321.", "field reports";
    Trickle, "trickle", "Every byte is written by itself; everything works.", "field reports";
    IgnoreEof, "ignore-eof", "A client's FIN is never answered: its socket stays in CLOSE_WAIT here and its client id stays taken.", "field reports";
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Fault {
    type Err = SimError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let known = Self::all().iter().find(|fault| fault.name() == name);
        known.copied().ok_or_else(|| SimError::UnknownFault { name: name.to_owned() })
    }
}

/// Which faults are on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FaultSet(BTreeSet<Fault>);

impl FaultSet {
    /// Whether a fault is on.
    pub fn has(&self, fault: Fault) -> bool {
        self.0.contains(&fault)
    }

    /// Switches a fault on.
    pub fn set(&mut self, fault: Fault) {
        self.0.insert(fault);
    }

    /// Switches a fault off.
    pub fn clear(&mut self, fault: Fault) {
        self.0.remove(&fault);
    }

    /// The faults that are on.
    pub fn iter(&self) -> impl Iterator<Item = Fault> {
        self.0.iter().copied()
    }
}

impl FromIterator<Fault> for FaultSet {
    fn from_iter<I: IntoIterator<Item = Fault>>(faults: I) -> Self {
        Self(faults.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_kebab_case_unique_and_read_back() {
        let names: BTreeSet<&str> = Fault::all().iter().map(|fault| fault.name()).collect();
        assert_eq!(names.len(), Fault::all().len());
        for fault in Fault::all() {
            assert!(fault.name().bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'));
            assert_eq!(fault.name().parse::<Fault>().unwrap(), *fault);
        }
    }

    #[test]
    fn an_unknown_name_is_an_error_that_repeats_it() {
        assert_eq!("gremlins".parse::<Fault>().unwrap_err().to_string(), "unknown fault `gremlins`");
    }
}
