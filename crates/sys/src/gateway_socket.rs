//! Options of a socket that leads to a Gateway.
//!
//! A Gateway that ignores the end of a connection keeps it in CLOSE_WAIT whenever its client closes in the usual way,
//! and a client that is killed closes in the usual way too. Only a reset leaves nothing. So a socket resets on close
//! from its first moment, and whoever has a session worth closing in order says so later ([`set_orderly_close`]).
//! Nothing here connects or waits.

use std::net::SocketAddr;
use std::os::fd::AsFd;
use std::time::Duration;

use socket2::{Domain, Protocol, SockRef, Socket, TcpKeepalive, Type};

use crate::SysError;

/// How long a connection is silent before the kernel asks whether its peer is there. The session's own heartbeat is
/// meant to be first; this is for a peer whose host has gone.
pub const KEEPALIVE_IDLE: Duration = Duration::from_secs(15);

/// How long the kernel waits between such questions.
pub const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(5);

/// How many of them go unanswered before the connection has failed.
pub const KEEPALIVE_PROBES: u32 = 3;

/// How long sent bytes may stay unacknowledged before the connection has failed, where the default would be about a
/// quarter of an hour.
///
/// It is exactly the time that keepalive takes to give up: Linux lets this limit overrule the number of probes, so
/// another value would make one of the two a lie (tcp(7), `TCP_USER_TIMEOUT`).
pub const USER_TIMEOUT: Duration =
    Duration::from_secs(KEEPALIVE_IDLE.as_secs() + KEEPALIVE_INTERVAL.as_secs() * KEEPALIVE_PROBES as u64);

/// What the kernel does when the last descriptor of a connection is closed, by us or by our death.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum OnClose {
    /// It sends a reset (RST) and forgets the connection; bytes not yet sent are lost. No zombie can be left.
    #[default]
    Reset,
    /// It sends what there is to send and then the end (FIN), and the peer is left to close its side.
    Orderly,
}

/// Options of a socket that leads to a Gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SocketOptions {
    /// What closing does.
    pub on_close: OnClose,
    /// See [`KEEPALIVE_IDLE`]; whole seconds, as the kernel has it.
    pub keepalive_idle: Duration,
    /// See [`KEEPALIVE_INTERVAL`]; whole seconds, as the kernel has it.
    pub keepalive_interval: Duration,
    /// See [`KEEPALIVE_PROBES`].
    pub keepalive_probes: u32,
    /// See [`USER_TIMEOUT`]; milliseconds, as the kernel has it. Linux only.
    pub user_timeout: Duration,
}

impl Default for SocketOptions {
    fn default() -> Self {
        Self {
            on_close: OnClose::Reset,
            keepalive_idle: KEEPALIVE_IDLE,
            keepalive_interval: KEEPALIVE_INTERVAL,
            keepalive_probes: KEEPALIVE_PROBES,
            user_timeout: USER_TIMEOUT,
        }
    }
}

/// A non-blocking socket of the address's family, closed on exec and prepared with the default options, ready to
/// connect.
///
/// # Errors
/// [`SysError::Io`] if there are no descriptors left, or the family is not available.
pub fn new_gateway_socket(address: SocketAddr) -> Result<Socket, SysError> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))
        .map_err(|source| SysError::Io { doing: "creating a socket", source })?;
    socket.set_nonblocking(true).map_err(|source| SysError::Io { doing: "making a socket non-blocking", source })?;
    prepare(&socket, &SocketOptions::default())?;
    Ok(socket)
}

/// Sets these options, and TCP_NODELAY: the Gateway's messages are small, and an order must not wait for the
/// acknowledgement of the one before.
///
/// # Errors
/// [`SysError::Io`] with the first option that the kernel refused, which happens only to something that is no TCP
/// socket.
pub fn prepare(socket: &impl AsFd, options: &SocketOptions) -> Result<(), SysError> {
    let fd = socket.as_fd();
    let socket = SockRef::from(&fd);
    let failed = |doing| move |source| SysError::Io { doing, source };
    // First, so that nothing that fails after it leaves a socket that closes with an end.
    set_on_close(&socket, options.on_close)?;
    socket.set_tcp_nodelay(true).map_err(failed("setting TCP_NODELAY"))?;
    let keepalive = TcpKeepalive::new()
        .with_time(options.keepalive_idle)
        .with_interval(options.keepalive_interval)
        .with_retries(options.keepalive_probes);
    socket.set_tcp_keepalive(&keepalive).map_err(failed("setting keepalive"))?;
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(Some(options.user_timeout)).map_err(failed("setting TCP_USER_TIMEOUT"))?;
    Ok(())
}

/// From now on, closing sends what there is to send and then the end: for a session that shuts down its side, reads to
/// the end and closes.
///
/// # Errors
/// [`SysError::Io`] if it is not a socket.
pub fn set_orderly_close(socket: &impl AsFd) -> Result<(), SysError> {
    set_on_close(&SockRef::from(socket), OnClose::Orderly)
}

/// From now on, closing resets the connection.
///
/// # Errors
/// [`SysError::Io`] if it is not a socket.
pub fn set_reset_on_close(socket: &impl AsFd) -> Result<(), SysError> {
    set_on_close(&SockRef::from(socket), OnClose::Reset)
}

fn set_on_close(socket: &Socket, on_close: OnClose) -> Result<(), SysError> {
    let linger = match on_close {
        OnClose::Reset => Some(Duration::ZERO),
        OnClose::Orderly => None,
    };
    socket.set_linger(linger).map_err(|source| SysError::Io { doing: "setting SO_LINGER", source })
}

#[cfg(test)]
mod tests;
