//! The ways in which the simulated Gateway misbehaves on request.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::error::SimError;

macro_rules! faults {
    ($($variant:ident, $name:literal, $sees:literal, $source:literal;)*) => {
        /// One named way to misbehave. Several may be on at once, and each may be switched while running.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(into = "String", try_from = "String")]
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
    UnknownTimeZone, "unknown-time-zone", "The handshake reply names a time zone in the Gateway's own language, which no list has.", "client sources";
    ForeignTimeZone, "foreign-time-zone", "The handshake reply names its time zone in GBK bytes, which are no UTF-8.", "client sources";
    VersionThenSilent, "version-then-silent", "The server version comes, then never another byte.", "field reports";
    CloseAfterStartApi, "close-after-start-api", "The connection is closed 4 ms after START_API, without error 326.", "stoqey#162";
    CloseLateAfterStartApi, "close-late-after-start-api", "The connection is closed 500 ms after START_API, without a word.", "ib_async#143";
    ResetAfterStartApi, "reset-after-start-api", "The connection is reset when START_API arrives.", "field reports";
    ClientIdInUse, "client-id-in-use", "Every client is told error 326 and closed.", "field reports";
    NoAccounts, "no-accounts", "nextValidId comes, managedAccounts never does.", "field reports";
    NoNextValidId, "no-next-valid-id", "managedAccounts comes, nextValidId never does.", "field reports";
    EmptyAccounts, "empty-accounts", "managedAccounts comes, but lists no account.", "the protocol as clients show it";
    HighOrderIds, "high-order-ids", "nextValidId is 1500000000 or more, where some clients keep their request ids: they refuse the session.", "client sources";
    NoVersionFields, "no-version-fields", "managedAccounts and nextValidId come without their version field (text sessions): clients pass over them and wait.", "client sources";
    IdsBeforeAccounts, "ids-before-accounts", "nextValidId comes before managedAccounts; harmless.", "the protocol as clients show it";
    UnknownMessage, "unknown-message", "After the start-up messages a message comes that no client knows; harmless.", "rust-ibapi#892";
    EmptyFrame, "empty-frame", "After the start-up messages a frame of length 0 arrives.", "rust-ibapi#891";
    OversizedFrame, "oversized-frame", "After the start-up messages a length prefix of 0x7fffffff arrives.", "field reports";
    FrozenAfterReady, "frozen-after-ready", "The session gets ready, and a second later nothing more is ever written; it stays ESTABLISHED.", "field reports";
    NoPositionsEnd, "no-positions-end", "Positions come without their end marker.", "ml4t/live#87";
    NoOpenOrdersEnd, "no-open-orders-end", "Open orders come without their end marker.", "field reports";
    NoExecutionsEnd, "no-executions-end", "Executions come without their end marker.", "ib_insync#638";
    NoAccountValues, "no-account-values", "Requests for account values and summaries are never answered.", "ib_insync#303";
    ReadOnly, "read-only", "Orders and requests for open orders are answered by error 321.", "field reports";
    Trickle, "trickle", "Every byte is written by itself; everything works.", "field reports";
    IgnoreEof, "ignore-eof", "A client's FIN is never answered: its socket stays in CLOSE_WAIT here and its client id stays taken.", "field reports";
    AcceptDialog, "accept-dialog", "A dialog asks a human whether to accept: not a byte comes until the fault is switched off; after `dialog-after` it is refused and closed.", "ib_insync#386";
    PaperWarning, "paper-warning", "The paper warning was not accepted: the version comes, START_API is not answered; after `dialog-after` the connection is closed.", "IBC documentation";
    ClientLimit, "client-limit", "While `max-clients` connections are held, further ones are turned away as `turned-away` says.", "IBKR documentation";
    SlowRelease, "slow-release", "A client id stays taken for `release-after` after its client's end: error 326 until then.", "rust-ibapi#1091";
    SplitGreeting, "split-greeting", "The handshake reply comes in two pieces; the official Python client hangs.", "client sources";
    FramesBeforeGreeting, "frames-before-greeting", "A farm notice comes before the handshake reply: most clients take it for the reply.", "client sources";
    EarlyFrames, "early-frames", "A farm notice comes right behind the handshake reply, before START_API.", "client sources";
    SplitBytes, "split-bytes", "Writes are cut at any place; everything works.", "rust-ibapi#881";
    AlignedBurst, "aligned-burst", "Every burst is filled up to k·4096 bytes; the official Python client loses it.", "client sources";
    SlowReader, "slow-reader", "After START_API nothing is read any more: what the client sends backs up, and it stays ESTABLISHED.", "ml4t/live#87";
    HalfOpen, "half-open", "A vanished client is never noticed: its client id stays taken until a restart.", "field reports";
    LeakStall, "leak-stall", "A client that leaves during its handshake leaks a socket in CLOSE_WAIT; at `leaks-to-stall` of them new connections get never a byte.", "gnzsnz#336";
    Relay, "relay", "A container's relay stands in front: connecting always works, and ends in EOF where the Gateway refuses; no accept dialog comes; a client's FIN is passed on and its own side closed within 0.5 s; a client that vanishes keeps its id.", "gnzsnz#336";
    RelayKilled, "relay-killed", "The relay is killed: every client is dropped at once, and the port is refused until the relay is restarted, `relay-back-after` later.", "gnzsnz#173";
    RelayAddressInUse, "relay-address-in-use", "The relay is killed and cannot bind again while old connections are in TIME_WAIT: the port is refused for `address-in-use-for`.", "gnzsnz#173";
    NoEndMarkers, "no-end-markers", "No answer has an end marker.", "ib_insync#303";
    Unanswered, "unanswered", "The kinds of requests in `unanswered` (positions by default) are never answered.", "field reports";
    EarlyRequestsLost, "early-requests-lost", "Farm notices come `farms-after` a session's start, and requests for market and historical data before them are never answered.", "IBKR documentation";
    WriteAccessDialog, "write-access-dialog", "A dialog asks for write access: orders and requests for open orders are never answered.", "extrange#82";
    FarmFlap, "farm-flap", "Farms break and come back every `flap-every`: 2103, 2105, 2157, then 2119, 2104, 2106, 2158.", "nautilus_trader#4412";
    OutageLost, "outage-lost", "1100 and silent streams; when switched off 1101, and every subscription is gone.", "IBKR documentation";
    OutageKept, "outage-kept", "1100 and silent streams; when switched off 1102 with the farms (without `missing-farm`), and streams go on.", "IBKR documentation";
    OutageStale, "outage-stale", "1100; when switched off 1102, but streams stay silent.", "nautilus_trader#3733";
    ServerBroken, "server-broken", "2110: the Gateway has lost its server.", "IBKR documentation";
    OutageHidesOrders, "outage-hides-orders", "While an outage is on, what becomes of orders is not told, and not told afterwards either: only requests for open orders and executions show it.", "LEAN#249";
    PortReset, "port-reset", "The Gateway moves to another port: 1300 names it, every connection is closed, the old port refuses, and the new one is served.", "IBKR documentation";
    NightlyRestart, "nightly-restart", "Every connection is reset and the port refused for `restart-takes`; then ids are lower by `lower-ids-by`, orders of the last `orders-lost-within` are gone, and older ones cannot be cancelled by their ids (10147).", "field reports";
    LoginWall, "login-wall", "The Gateway waits for a login: connections are reset, the port stays closed until the fault is switched off.", "field reports";
    AutoLogoff, "auto-logoff", "Connections are reset and the port stays closed, until somebody starts the Gateway again by switching this off.", "IBKR documentation";
    CompetingSession, "competing-session", "10197 for every stream, and streams are silent until it is switched off, and for `data-back-after` more.", "LEAN#212";
    MessageRate, "message-rate", "Above `max-rate` messages a second: a warning with code 0, then error 100, and after `rate-strikes` of them the end.", "ib_insync#443";
    MarketDataLines, "market-data-lines", "Above `max-lines` streams: error 101.", "IBKR documentation";
    HistoricalPacing, "historical-pacing", "Historical requests that break the pacing rules: error 162; above `max-historical` at the same time: error 322.", "IBKR documentation";
    DuplicateStatus, "duplicate-status", "Every orderStatus comes twice.", "IBKR documentation";
    MissingStatus, "missing-status", "No orderStatus ever comes.", "IBKR documentation";
    ExecutionFirst, "execution-first", "An execution comes before the openOrder and orderStatus that tell of it.", "IBKR documentation";
    LateCommission, "late-commission", "A commissionReport comes two seconds after its execution.", "IBKR documentation";
    CancelRace, "cancel-race", "An order that is cancelled has just filled: error 10148.", "field reports";
    SwallowedOrder, "swallowed-order", "Every `swallow-every`th order vanishes: no status, no execution, no error.", "LEAN#93";
    RejectedOrder, "rejected-order", "Every order is refused by error 201.", "IBKR documentation";
    BrokerCancels, "broker-cancels", "IBKR cancels every order before it can fill: error 202 with its reason.", "field reports";
    OrderDialog, "order-dialog", "A session's first order opens a dialog: it goes on after `dialog-after`, and the orders that came behind it meanwhile are gone without a word.", "LEAN#252";
    OrderWarnings, "order-warnings", "Every order draws the warnings 399, 404, 2109, 2137 and 10349; it lives.", "field reports";
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

impl TryFrom<String> for Fault {
    type Error = SimError;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        name.parse()
    }
}

impl From<Fault> for String {
    fn from(fault: Fault) -> Self {
        fault.name().into()
    }
}

impl JsonSchema for Fault {
    fn schema_name() -> Cow<'static, str> {
        "Fault".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let names: Vec<&str> = Self::all().iter().map(|fault| fault.name()).collect();
        json_schema!({ "type": "string", "enum": names })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

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
