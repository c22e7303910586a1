//! One program's connection.

use std::io;
use std::rc::Rc;

use gatewright_proxy::{ConnectionId, Peer};
use gatewright_sys::{OnClose, SocketOptions, prepare};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tracing::debug;

use super::shell::{ClientSignals, Shell};

/// Bytes read at a time: a program that sends without end gets its turn, and no more.
const READ_CHUNK: usize = 64 * 1024;

/// Serves a connection until either side ends it.
pub(super) async fn run(shell: Rc<Shell>, mut stream: TcpStream, id: ConnectionId) {
    let signals = shell.client(id);
    // A peer that is gone without a word keeps its client id no longer than the kernel takes to notice.
    let options = SocketOptions { on_close: OnClose::Orderly, ..SocketOptions::default() };
    if let Err(error) = prepare(&stream, &options) {
        debug!(%error, "a program's socket takes no options");
    }
    let (mut from, mut to) = stream.split();
    tokio::select! {
        () = read(&shell, &signals, &mut from, id) => {}
        () = write(&shell, &signals, &mut to, id) => {}
        () = signals.overdue() => {}
    }
    shell.forget_client(id);
    // The kernel would reset a connection that was not read to its end, and take the last words with it.
    if signals.is_closing() && stream.shutdown().await.is_ok() {
        let mut rest = [0; 1024];
        tokio::select! {
            () = async { while matches!(stream.read(&mut rest).await, Ok(1..)) {} } => {}
            () = signals.overdue() => {}
        }
    }
}

/// Reads for as long as the core takes it; ends with the program's end.
async fn read(shell: &Shell, signals: &ClientSignals, from: &mut ReadHalf<'_>, id: ConnectionId) {
    let mut chunk = vec![0; READ_CHUNK];
    loop {
        if !shell.handle(|core, _| core.may_read(id)) {
            signals.read.notified().await;
            continue;
        }
        match from.read(&mut chunk).await {
            Ok(0) => return,
            Ok(length) => shell.handle(|core, now| core.handle_received(now, id, &chunk[..length])),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return,
        }
        // Others have their turn, however fast this one sends.
        tokio::task::yield_now().await;
    }
}

/// Writes what the core has; ends when the connection is to be closed and nothing is left.
async fn write(shell: &Shell, signals: &ClientSignals, to: &mut WriteHalf<'_>, id: ConnectionId) {
    loop {
        while let Some(bytes) = shell.handle(|core, now| core.poll_transmit(now, Peer::Client(id))) {
            if to.write_all(&bytes).await.is_err() {
                return;
            }
        }
        if signals.is_closing() && shell.handle(|core, _| core.waiting(id)) == 0 {
            return;
        }
        signals.write.notified().await;
    }
}
