//! Where a Gateway is: a host and its API port.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// The ports that Gateway and TWS use unless told otherwise, live ones first in each pair.
pub(crate) const KNOWN_PORTS: [u16; 4] = [4001, 4002, 7496, 7497];

/// A host and a port, as in `127.0.0.1:4002`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Endpoint {
    /// A name or an address, without brackets.
    pub(crate) host: String,
    /// The API port.
    pub(crate) port: u16,
}

/// Why a text is no endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum EndpointError {
    #[error("`{0}` has no port; write HOST:PORT, for example 127.0.0.1:4002")]
    NoPort(String),
    #[error("`{0}` is no port; it must be a number from 1 to 65535")]
    BadPort(String),
    #[error("the host is missing; write HOST:PORT, for example 127.0.0.1:4002")]
    NoHost,
    #[error("`{0}` is a web address; write HOST:PORT without `://`, for example 127.0.0.1:4002")]
    Url(String),
    #[error("an IPv6 address needs brackets, as in [::1]:4002")]
    NeedsBrackets,
}

impl Default for Endpoint {
    /// A paper Gateway on this machine.
    fn default() -> Self {
        Self { host: "127.0.0.1".into(), port: 4002 }
    }
}

impl FromStr for Endpoint {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, EndpointError> {
        if text.contains("://") {
            return Err(EndpointError::Url(text.into()));
        }
        let (host, port) = text.rsplit_once(':').ok_or_else(|| EndpointError::NoPort(text.into()))?;
        let bracketed = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let host = match bracketed {
            Some(inner) => inner,
            None if host.contains(':') => return Err(EndpointError::NeedsBrackets),
            None => host,
        };
        if host.is_empty() {
            return Err(EndpointError::NoHost);
        }
        let number = port.parse().ok().filter(|&number: &u16| number != 0);
        let port = number.ok_or_else(|| EndpointError::BadPort(port.into()))?;
        Ok(Self { host: host.into(), port })
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_addresses_of_both_families_are_read_and_written_back() {
        for text in ["127.0.0.1:4002", "gateway.lan:7497", "[::1]:4001"] {
            assert_eq!(text.parse::<Endpoint>().unwrap().to_string(), text);
        }
        assert_eq!("[::1]:4001".parse::<Endpoint>().unwrap().host, "::1");
    }

    #[test]
    fn what_is_missing_is_named() {
        let error = |text: &str| text.parse::<Endpoint>().unwrap_err();
        assert_eq!(error("localhost"), EndpointError::NoPort("localhost".into()));
        assert_eq!(error(":4002"), EndpointError::NoHost);
        assert_eq!(error("localhost:0"), EndpointError::BadPort("0".into()));
        assert_eq!(error("localhost:gateway"), EndpointError::BadPort("gateway".into()));
        assert_eq!(error("http://localhost:4002"), EndpointError::Url("http://localhost:4002".into()));
        assert_eq!(error("::1:4002"), EndpointError::NeedsBrackets);
    }
}
