//! What a simulated Gateway is like.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use gatewright_proto::ClientId;
use jiff::Timestamp;
use jiff::civil::DateTime;
use rust_decimal::Decimal;

use crate::catalogue::Listing;
use crate::core::SimInstant;
use crate::error::SimError;
use crate::fault::Fault;
use crate::market::PriceRecording;
use crate::new_york::NewYork;
use crate::scenario::Scenario;

/// The lowest server version that can be asked for: the first one with length-prefixed frames.
const LOWEST_SERVER_VERSION: i32 = 100;

/// The highest server version that can be agreed on: the newest that any client was seen to offer.
const HIGHEST_SERVER_VERSION: i32 = 226;

/// The fastest simulated time, in simulated seconds per second: a year takes half a minute.
const FASTEST: u32 = 1_000_000;

/// A Gateway's own default of [`SimConfig::bulk_data_timeout`].
const BULK_DATA_TIMEOUT: Duration = Duration::from_secs(30);

/// The default of [`SimConfig::most_waiting`]: sixteen clients that do not read at all, at the 8 MiB of one. A real Gateway
/// has no published bound but its heap.
const MOST_WAITING: usize = 128 << 20;

/// What a simulated Gateway is like. Everything has a default: one paper account with a million dollars.
#[derive(Debug, Clone)]
pub struct SimConfig {
    /// Where to listen; port 0 lets the operating system choose. Default 127.0.0.1:0.
    pub listen: SocketAddr,
    /// Decides every price, id and delay. Default 1.
    pub seed: u64,
    /// The accounts of the login, each with `cash`. Default `DU1234567`.
    pub accounts: Vec<String>,
    /// Dollars in each account at the start. Default 1 000 000.
    pub cash: Decimal,
    /// Simulated seconds per second. Default 1.
    pub speed: u32,
    /// When simulated time starts. Default now.
    pub start: Start,
    /// The faults that are on from the start. Default none.
    pub faults: Vec<Fault>,
    /// Where to record every byte of every connection; see [`crate::recording`]. Default nowhere.
    pub record: Option<PathBuf>,
    /// What is to happen and when, and the parameters of faults. Default nothing.
    pub scenario: Scenario,
    /// The highest server version to agree on, at most 226; text up to 200, protobuf above. Default 226.
    pub max_server_version: i32,
    /// With [`Fault::StallNew`]: how many ready sessions there may be before new connections stall. Default 1.
    pub stall_after: usize,
    /// Whether markets close. Default always open.
    pub market_hours: MarketHours,
    /// Instruments beyond the built-in ones. Default none.
    pub listings: Vec<Listing>,
    /// Recorded prices, each for the instruments of a symbol (or of an exchange's own symbol). Default none.
    pub replays: Vec<(String, Arc<PriceRecording>)>,
    /// Whether clock requests closer than 4.25 s are dropped, as real Gateways do (seen live). Default true.
    pub suppress_close_clock_requests: bool,
    /// The client that is told of all clients' orders unasked. Default none.
    pub master_client_id: Option<ClientId>,
    /// Whether orders that name no time in force are answered by warning 10349, as with an order preset. Default false.
    pub tif_preset: bool,
    /// Whether a client is told of its open orders before anything else, as with the Gateway's setting "download open
    /// orders on connection" (seen live). Default false.
    pub download_open_orders: bool,
    /// How long a client may not read what is written to it before its connection is given up: the Gateway's setting
    /// "timeout to send bulk data to API" (ib-controller#131). Default 30 s, as there.
    pub bulk_data_timeout: Duration,
    /// How many bytes may wait for all clients together, beyond what their sockets take. Above it the client for which
    /// most waits is reset, of several the oldest. Default 128 MiB.
    pub most_waiting: usize,
}

impl Default for SimConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            seed: 1,
            accounts: vec!["DU1234567".into()],
            cash: Decimal::from(1_000_000),
            speed: 1,
            start: Start::Now,
            faults: Vec::new(),
            record: None,
            scenario: Scenario::default(),
            max_server_version: HIGHEST_SERVER_VERSION,
            stall_after: 1,
            market_hours: MarketHours::default(),
            listings: Vec::new(),
            replays: Vec::new(),
            suppress_close_clock_requests: true,
            master_client_id: None,
            tif_preset: false,
            download_open_orders: false,
            bulk_data_timeout: BULK_DATA_TIMEOUT,
            most_waiting: MOST_WAITING,
        }
    }
}

impl SimConfig {
    /// Checks what the types cannot.
    ///
    /// # Errors
    ///
    /// [`SimError::BadSetting`] names the first setting that cannot be run.
    pub fn check(&self) -> Result<(), SimError> {
        let bad = |setting, problem| Err(SimError::BadSetting { setting, problem });
        let well_named = |name: &String| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
        self.scenario.check()?;
        if self.accounts.is_empty() {
            return bad("accounts", "is empty");
        }
        if !self.accounts.iter().all(well_named) {
            return bad("accounts", "may only hold letters and digits");
        }
        if self.cash.is_sign_negative() {
            return bad("cash", "is negative");
        }
        if self.speed == 0 || self.speed > FASTEST {
            return bad("speed", "is not between 1 and 1000000");
        }
        if !(LOWEST_SERVER_VERSION..=HIGHEST_SERVER_VERSION).contains(&self.max_server_version) {
            return bad("max_server_version", "is not between 100 and 226");
        }
        Ok(())
    }
}

/// Whether markets close.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MarketHours {
    /// Everything trades at any time, weekends too, so that a program can be tried at any time. `useRTH` means nothing.
    #[default]
    Always,
    /// Sessions, weekends and holidays are kept: no ticks outside of them, and `useRTH` means what it says.
    Real,
}

impl FromStr for MarketHours {
    type Err = SimError;

    /// Reads `always` or `real`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "always" => Ok(Self::Always),
            "real" => Ok(Self::Real),
            _ => Err(SimError::BadSetting { setting: "market_hours", problem: "is neither `always` nor `real`" }),
        }
    }
}

/// When simulated time starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Start {
    /// At the moment at which the simulator is started.
    #[default]
    Now,
    /// At a moment.
    Utc(Timestamp),
    /// When the clocks of New York show this.
    NewYork(DateTime),
}

impl Start {
    /// The first moment, where the real one is `now`.
    pub fn resolve(self, now: Timestamp) -> SimInstant {
        match self {
            Self::Now => SimInstant::from_timestamp(now),
            Self::Utc(moment) => SimInstant::from_timestamp(moment),
            Self::NewYork(civil) => {
                let second = NewYork::default().second(civil);
                second.map_or(SimInstant::from_timestamp(now), SimInstant::from_second)
            }
        }
    }
}

impl FromStr for Start {
    type Err = SimError;

    /// Reads `now`, a UTC time such as `2026-03-02T14:30:00Z`, or New York's such as `2026-03-02T09:30`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "now" {
            return Ok(Self::Now);
        }
        if let Ok(moment) = text.parse::<Timestamp>() {
            return Ok(Self::Utc(moment));
        }
        text.parse::<DateTime>().map(Self::NewYork).map_err(|_| SimError::BadStart { text: text.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_is_new_york_time_unless_it_names_its_offset() {
        let now = Timestamp::UNIX_EPOCH;
        let civil: Start = "2026-03-02T09:30".parse().unwrap();
        let utc: Start = "2026-03-02T14:30:00Z".parse().unwrap();
        assert_eq!(civil.resolve(now), utc.resolve(now));
        assert_eq!("now".parse::<Start>().unwrap().resolve(now), SimInstant::from_second(0));
        assert!("soon".parse::<Start>().is_err());
    }

    #[test]
    fn settings_that_cannot_be_run_are_named() {
        let problem = |config: SimConfig| config.check().unwrap_err().to_string();
        assert!(SimConfig::default().check().is_ok());
        assert!(problem(SimConfig { speed: 0, ..SimConfig::default() }).contains("`speed`"));
        assert!(problem(SimConfig { accounts: vec![], ..SimConfig::default() }).contains("`accounts`"));
        assert!(problem(SimConfig { max_server_version: 227, ..SimConfig::default() }).contains("max_server_version"));
    }
}
