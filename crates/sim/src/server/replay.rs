//! A recording played back on real sockets.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::BytesMut;
use socket2::SockRef;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::door;
use crate::core::ConnId;
use crate::error::SimError;
use crate::recording::{Difference, Player, Step, Transcript};

/// Bytes read at once.
const READ_SIZE: usize = 16 << 10;

/// A recording, ready to be played back.
#[derive(Debug)]
pub struct Replay {
    listener: TcpListener,
    address: SocketAddr,
    players: Vec<(ConnId, Player)>,
}

/// How a connection of a replay went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replayed {
    /// Which connection of the recording.
    pub connection: ConnId,
    /// Where the client did otherwise than recorded.
    pub differences: Vec<Difference>,
}

impl Replay {
    /// Listens where the recording's clients can connect; port 0 lets the operating system choose.
    ///
    /// # Errors
    ///
    /// A port that cannot be opened.
    pub fn open(address: SocketAddr, recording: &Transcript) -> Result<Self, SimError> {
        let listener = door::listen(address)?;
        let address = listener.local_addr().map_err(|source| SimError::Listener { source })?;
        let player = |id: &ConnId| Some((*id, Player::new(recording, *id)?));
        let players = Player::connections(recording).iter().filter_map(player).collect();
        Ok(Self { listener, address, players })
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.address
    }

    /// Plays the recorded connections in their order, the first to the first client that connects; connections that
    /// overlapped play at the same time. Tells of each as it ends.
    ///
    /// # Errors
    ///
    /// [`SimError::Listener`] when no client can be accepted any more.
    pub async fn run(self, mut ended: impl FnMut(Replayed)) -> Result<(), SimError> {
        let mut playing = tokio::task::JoinSet::new();
        let mut waiting = self.players.into_iter();
        let mut next = waiting.next();
        while next.is_some() || !playing.is_empty() {
            tokio::select! {
                accepted = self.listener.accept(), if next.is_some() => {
                    let (stream, _) = accepted.map_err(|source| SimError::Listener { source })?;
                    if let Some((id, player)) = next.take() {
                        playing.spawn(play(id, player, stream));
                    }
                    next = waiting.next();
                }
                Some(Ok(replayed)) = playing.join_next(), if !playing.is_empty() => ended(replayed),
            }
        }
        Ok(())
    }
}

async fn play(connection: ConnId, mut player: Player, mut stream: TcpStream) -> Replayed {
    let _ = stream.set_nodelay(true);
    let mut differences = Vec::new();
    loop {
        match player.poll_step() {
            Step::Write(bytes) => {
                if stream.write_all(&bytes).await.is_err() {
                    differences.extend(player.handle_end());
                    break;
                }
            }
            Step::Wait(_) | Step::WaitForEnd => {
                let mut buffer = BytesMut::with_capacity(READ_SIZE);
                match stream.read_buf(&mut buffer).await {
                    Ok(0) | Err(_) => differences.extend(player.handle_end()),
                    Ok(_) => differences.extend(player.handle_bytes(&buffer)),
                }
            }
            Step::Kill => {
                // With a linger of zero, closing is a reset.
                let _ = SockRef::from(&stream).set_linger(Some(Duration::ZERO));
                break;
            }
            Step::Close => break,
        }
    }
    differences.extend(player.surplus());
    Replayed { connection, differences }
}
