//! The listening socket: open, shut, or so full that nobody gets in.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use socket2::SockRef;
use tokio::net::{TcpListener, TcpStream};
use tracing::{info, warn};

use crate::core::Entrance;
use crate::error::SimError;

/// How many connections may wait to be accepted: what Java asks for by default is 50, and tests connect in bursts.
const BACKLOG: i32 = 1024;

/// How many connections of our own may be needed to fill a queue of length 0. Linux takes one.
const MAX_FILLERS: usize = 16;

/// A connect on this machine that takes longer than this is not going to be accepted: the queue is full.
const FULL_AFTER: Duration = Duration::from_millis(50);

/// How long to wait after the operating system refused to accept, for example for want of descriptors.
const AFTER_REFUSAL: Duration = Duration::from_millis(50);

/// The listening socket.
#[derive(Debug)]
pub(super) struct Door {
    address: SocketAddr,
    state: State,
}

#[derive(Debug)]
enum State {
    /// Clients are accepted.
    Open(TcpListener),
    /// Nobody listens: connecting is refused.
    Shut,
    /// Somebody listens, but the queue is full of these connections of our own: connecting times out.
    Full(TcpListener, Vec<TcpStream>),
}

impl Door {
    /// A door at `listener`.
    pub(super) fn new(listener: TcpListener) -> Result<Self, SimError> {
        let address = listener.local_addr().map_err(|source| SimError::Listener { source })?;
        Ok(Self { address, state: State::Open(listener) })
    }

    /// The next client. Never ends while the door is shut or full.
    ///
    /// # Cancel safety
    ///
    /// No client is lost when this is dropped.
    pub(super) async fn accept(&self) -> (TcpStream, SocketAddr) {
        let State::Open(listener) = &self.state else { return std::future::pending().await };
        loop {
            match listener.accept().await {
                Ok(accepted) => return accepted,
                Err(problem) => {
                    warn!(%problem, "cannot accept");
                    tokio::time::sleep(AFTER_REFUSAL).await;
                }
            }
        }
    }

    /// Opens, shuts or fills the door.
    pub(super) async fn obey(&mut self, entrance: Entrance) -> Result<(), SimError> {
        let (shut, full) = (entrance == Entrance::Shut, entrance == Entrance::Full);
        let right = match &self.state {
            State::Open(_) => !shut && !full,
            State::Shut => shut,
            State::Full(..) => full,
        };
        if right {
            return Ok(());
        }
        self.state = match std::mem::replace(&mut self.state, State::Shut) {
            State::Open(listener) | State::Full(listener, _) if !shut => self.arrange(listener, full).await?,
            State::Open(_) | State::Full(..) => State::Shut,
            State::Shut => {
                let listener = listen(self.address)?;
                self.arrange(listener, full).await?
            }
        };
        info!(address = %self.address, state = self.state.name(), "the door has changed");
        Ok(())
    }

    /// Listens at another port, 0 for any free one, and no longer at the old. Gives the new address.
    pub(super) fn move_to(&mut self, port: u16) -> Result<SocketAddr, SimError> {
        let listener = listen(SocketAddr::new(self.address.ip(), port))?;
        self.address = listener.local_addr().map_err(|source| SimError::Listener { source })?;
        self.state = State::Open(listener);
        info!(address = %self.address, "listening at another port");
        Ok(self.address)
    }

    async fn arrange(&self, listener: TcpListener, full: bool) -> Result<State, SimError> {
        let relisten = |backlog| {
            // On a socket that listens already this only changes the length of its queue.
            SockRef::from(&listener).listen(backlog).map_err(|source| SimError::Listener { source })
        };
        if !full {
            relisten(BACKLOG)?;
            return Ok(State::Open(listener));
        }
        relisten(0)?;
        let fillers = fill(self.address).await;
        Ok(State::Full(listener, fillers))
    }
}

impl State {
    fn name(&self) -> &'static str {
        match self {
            Self::Open(_) => "open",
            Self::Shut => "shut",
            Self::Full(_, fillers) if fillers.is_empty() => "full of others",
            Self::Full(..) => "full",
        }
    }
}

/// Binds a listener; port 0 lets the operating system choose.
pub(super) fn listen(address: SocketAddr) -> Result<TcpListener, SimError> {
    bind(address).map_err(|source| SimError::Listen { address, source })
}

fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let kind = socket2::Type::STREAM;
    let socket = socket2::Socket::new(socket2::Domain::for_address(address), kind, Some(socket2::Protocol::TCP))?;
    // A simulator that is started again must get its port back although old connections linger in TIME_WAIT.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

/// Connects until a connect hangs: then the queue is full.
async fn fill(address: SocketAddr) -> Vec<TcpStream> {
    let reachable = match address {
        SocketAddr::V4(at) if at.ip().is_unspecified() => SocketAddr::from((Ipv4Addr::LOCALHOST, at.port())),
        SocketAddr::V6(at) if at.ip().is_unspecified() => SocketAddr::from((Ipv6Addr::LOCALHOST, at.port())),
        SocketAddr::V4(_) | SocketAddr::V6(_) => address,
    };
    let mut fillers = Vec::new();
    while fillers.len() < MAX_FILLERS {
        match tokio::time::timeout(FULL_AFTER, TcpStream::connect(reachable)).await {
            Ok(Ok(filler)) => fillers.push(filler),
            Ok(Err(problem)) => {
                warn!(%problem, "cannot fill the queue");
                break;
            }
            Err(_) => break,
        }
    }
    fillers
}
