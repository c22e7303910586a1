//! Telling IBC's command server to restart the Gateway.

use std::time::Instant;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpSocket;
use tokio::time::timeout_at;

use super::reply::{Conversation, Reply};
use crate::endpoint::Endpoint;

/// All that is read of it: its replies have less than a hundred bytes.
const MAX_REPLY: u64 = 4096;

/// The command, not followed by anything: IBC does not trim.
const RESTART: &[u8] = b"RESTART\n";

/// Sends `RESTART` once, and says what came of it by the deadline.
///
/// It is never sent a second time, whatever the answer: what was not answered may have been taken.
pub(crate) async fn order_restart(server: &Endpoint, deadline: Instant) -> Reply {
    let stream = match timeout_at(deadline.into(), connect(server)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return Reply::Unreachable(error.to_string()),
        Err(_) => return Reply::Unreachable("no answer".into()),
    };
    let mut conversation = Conversation::default();
    let talk = async {
        let (read, mut write) = stream.into_split();
        // One that refuses us may have closed already; what it says, or does not, is in what can be read.
        let _ = write.write_all(RESTART).await;
        let mut read = BufReader::new(read.take(MAX_REPLY));
        let mut line = Vec::new();
        // An error is the end: a reset comes where our command was not read.
        while read.read_until(b'\n', &mut line).await.is_ok_and(|length| length > 0) {
            if conversation.handle_line(&String::from_utf8_lossy(&line)) {
                return;
            }
            line.clear();
        }
    };
    match timeout_at(deadline.into(), talk).await {
        Ok(()) => conversation.handle_end(),
        Err(_) => conversation.handle_deadline(),
    }
}

/// The command server is no API port: a connection to it leaves nothing behind at the Gateway.
async fn connect(server: &Endpoint) -> std::io::Result<tokio::net::TcpStream> {
    let mut refused = None;
    for address in tokio::net::lookup_host((server.host.as_str(), server.port)).await? {
        let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        match socket.connect(address).await {
            Ok(stream) => return Ok(stream),
            Err(error) => refused = Some(error),
        }
    }
    Err(refused.unwrap_or_else(|| std::io::Error::other("the name has no address")))
}
