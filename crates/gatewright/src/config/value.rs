//! The kinds of values that settings hold, each read from one text and written back as it.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::str::FromStr;
use std::time::Duration;

use gatewright_link::recovery::{DailyRestart, Region};
use gatewright_proto::ClientId;
use jiff::tz::TimeZone;
use serde::Deserialize;
use ureq::http::Uri;

/// Where something listens, if at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Listen {
    /// Nowhere.
    Off,
    /// There; port 0 takes a free one.
    At(SocketAddr),
}

impl FromStr for Listen {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "off" {
            return Ok(Self::Off);
        }
        let local = text.strip_prefix("localhost:").map(|port| format!("{}:{port}", Ipv4Addr::LOCALHOST));
        let address = local.as_deref().unwrap_or(text).parse();
        address.map(Self::At).map_err(|_| {
            format!("`{text}` is no address to listen on; write IP:PORT, for example 127.0.0.1:4102, or off")
        })
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => f.write_str("off"),
            Self::At(address) => address.fmt(f),
        }
    }
}

/// A URL that alerts are posted to. It may hold a secret: only its host is ever told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Webhook {
    url: String,
    host: String,
}

impl Webhook {
    /// All of it.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// What of it may be told.
    pub(crate) fn told(&self) -> String {
        let scheme = self.url.split_once("://").map_or("http", |(scheme, _)| scheme);
        format!("{scheme}://{}/…", self.host)
    }

    /// Its host, and its port where one is named.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }
}

impl FromStr for Webhook {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // What stands there may be a secret with a slip in it; the file's line is shown to whoever wrote it.
        let problem = || "this is no URL to post to; write http://HOST… or https://HOST…".to_owned();
        let uri: Uri = text.parse().map_err(|_| problem())?;
        if !matches!(uri.scheme_str(), Some("http" | "https")) {
            return Err(problem());
        }
        // What stands before an `@` is a name and a password.
        let host =
            uri.authority().map(|authority| authority.as_str().rsplit('@').next().unwrap_or_default().to_owned());
        host.filter(|host| !host.is_empty()).map(|host| Self { url: text.to_owned(), host }).ok_or_else(problem)
    }
}

impl fmt::Display for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.told())
    }
}

/// A length of time with its unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span(pub(crate) Duration);

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let digits = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
        let (number, unit) = text.split_at(digits);
        let ms_each = match unit {
            "ms" => Some(1),
            "s" => Some(1000),
            "m" | "min" => Some(60_000),
            "h" => Some(3_600_000),
            _ => None,
        };
        let ms = number.parse::<u64>().ok().zip(ms_each).and_then(|(number, each)| number.checked_mul(each));
        ms.map(|ms| Self(Duration::from_millis(ms)))
            .ok_or_else(|| format!("`{text}` is no length of time; write a number with ms, s, m or h, for example 60s"))
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = self.0.as_millis();
        if ms.is_multiple_of(1000) { write!(f, "{}s", ms / 1000) } else { write!(f, "{ms}ms") }
    }
}

/// What becomes of programs' new orders while trading is halted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum OrdersDuringHalt {
    /// They are refused.
    #[default]
    Refuse,
    /// The halt is the traders' alone.
    Pass,
}

impl FromStr for OrdersDuringHalt {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "refuse" => Ok(Self::Refuse),
            "pass" => Ok(Self::Pass),
            _ => Err(format!("`{text}` is neither `refuse` nor `pass`")),
        }
    }
}

impl fmt::Display for OrdersDuringHalt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Refuse => "refuse",
            Self::Pass => "pass",
        })
    }
}

/// How many messages a second one program may send, if there is a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct ClientRate(pub(crate) Option<u32>);

impl<'de> Deserialize<'de> for ClientRate {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        /// More than any Gateway takes from all together.
        const MOST: u32 = 10_000;
        let number = u32::deserialize(deserializer)?;
        if (1..=MOST).contains(&number) {
            return Ok(Self(Some(number)));
        }
        Err(serde::de::Error::custom(format!("{number} messages a second are not from 1 to {MOST}")))
    }
}

impl fmt::Display for ClientRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(number) => number.fmt(f),
            None => f.write_str("none"),
        }
    }
}

/// Where the account's servers stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct ServerRegion(pub(crate) Region);

impl FromStr for ServerRegion {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "north_america" => Ok(Self(Region::NorthAmerica)),
            "europe" => Ok(Self(Region::Europe)),
            "asia" => Ok(Self(Region::Asia)),
            _ => Err(format!("`{text}` is none of `north_america`, `europe` and `asia`")),
        }
    }
}

impl fmt::Display for ServerRegion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Region::NorthAmerica => "north_america",
            Region::Europe => "europe",
            Region::Asia => "asia",
        })
    }
}

/// When a Gateway restarts itself each day: a time of day and a time zone, by its name or by its rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RestartTime {
    text: String,
    daily: DailyRestart,
}

impl RestartTime {
    /// The time and the zone.
    pub(crate) fn daily(&self) -> &DailyRestart {
        &self.daily
    }
}

impl FromStr for RestartTime {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let form = || format!("`{text}` is no time of day with a zone; write for example 23:45 America/New_York");
        let (time, zone) = text.split_once(' ').ok_or_else(form)?;
        let time = jiff::civil::Time::strptime("%H:%M", time).map_err(|_| form())?;
        let known = TimeZone::get(zone).or_else(|_| TimeZone::posix(zone));
        let zone = known.map_err(|_| {
            format!("the time zone `{zone}` is not known on this machine; UTC always is, and so is a rule such as EST5EDT,M3.2.0,M11.1.0")
        })?;
        Ok(Self { text: text.to_owned(), daily: DailyRestart { time, zone } })
    }
}

impl fmt::Display for RestartTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// What programs notice of a Gateway that has gone away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Outage {
    /// They stay connected, are told, and go on when it is back.
    #[default]
    Hold,
    /// They are disconnected.
    Close,
}

impl FromStr for Outage {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "hold" => Ok(Self::Hold),
            "close" => Ok(Self::Close),
            _ => Err(format!("`{text}` is neither `hold` nor `close`")),
        }
    }
}

impl fmt::Display for Outage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Hold => "hold",
            Self::Close => "close",
        })
    }
}

/// Whose orders are refused.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged, expecting = "read_only is true, false, or a list of client ids such as [7, 8]")]
pub(crate) enum ReadOnly {
    /// Everybody's, or nobody's.
    All(bool),
    /// Those of these client ids.
    Clients(Vec<ClientId>),
}

impl fmt::Display for ReadOnly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All(all) => all.fmt(f),
            Self::Clients(ids) => write!(f, "[{}]", join(ids.iter().map(|id| id.get()))),
        }
    }
}

/// Addresses as a list.
pub(crate) fn addresses(list: &[IpAddr]) -> String {
    format!("[{}]", join(list))
}

fn join<T: fmt::Display>(items: impl IntoIterator<Item = T>) -> String {
    items.into_iter().map(|item| item.to_string()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listeners_are_addresses_or_off() {
        for text in ["off", "127.0.0.1:0", "[::1]:4102", "0.0.0.0:80"] {
            assert_eq!(text.parse::<Listen>().unwrap().to_string(), text);
        }
        assert_eq!("localhost:4102".parse::<Listen>().unwrap().to_string(), "127.0.0.1:4102");
        for text in ["", "4102", "gateway.lan:4102", "OFF", "127.0.0.1:70000"] {
            assert!(text.parse::<Listen>().unwrap_err().contains("IP:PORT"), "{text}");
        }
    }

    #[test]
    fn webhooks_are_web_addresses_and_tell_their_host_alone() {
        let hook: Webhook = "https://me:secret@hooks.example:8443/services/T0/token".parse().unwrap();
        assert_eq!(hook.host(), "hooks.example:8443");
        assert_eq!("http://127.0.0.1:9000/hook".parse::<Webhook>().unwrap().host(), "127.0.0.1:9000");
        for text in ["", "hooks.example/x", "ftp://hooks.example", "https://", "https:///x", "/x"] {
            assert!(text.parse::<Webhook>().unwrap_err().contains("https://HOST"), "{text}");
        }
    }

    #[test]
    fn a_restart_has_a_time_and_a_zone() {
        for text in ["23:45 UTC", "00:05 EST5EDT,M3.2.0,M11.1.0"] {
            assert_eq!(text.parse::<RestartTime>().unwrap().to_string(), text);
        }
        for text in ["", "23:45", "25:00 UTC", "23:45 Nowhere/At_All", "UTC 23:45"] {
            assert!(text.parse::<RestartTime>().is_err(), "{text}");
        }
        for text in ["north_america", "europe", "asia"] {
            assert_eq!(text.parse::<ServerRegion>().unwrap().to_string(), text);
        }
        assert!("mars".parse::<ServerRegion>().is_err());
    }

    #[test]
    fn lengths_of_time_have_a_unit() {
        for (text, ms) in [("0s", 0), ("250ms", 250), ("60s", 60_000), ("5m", 300_000), ("2h", 7_200_000)] {
            assert_eq!(text.parse::<Span>().unwrap().0, Duration::from_millis(ms));
        }
        for text in ["60", "", "s", "-1s", "1.5s", "1d", "99999999999999999999s", "18446744073709551615h"] {
            assert!(text.parse::<Span>().is_err(), "{text}");
        }
        assert_eq!(Span(Duration::from_millis(1500)).to_string(), "1500ms");
        assert_eq!(Span(Duration::from_secs(60)).to_string(), "60s");
    }
}
