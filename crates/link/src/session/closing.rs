//! Ending a connection so that nothing of ours stays behind at the Gateway.

use std::time::Instant;

use gatewright_proto::session::{CloseMode, Deadlines};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::inspect;
use crate::clock;

/// Bytes that are read away at a time while waiting for the end.
const DRAIN: usize = 16 * 1024;

/// Closes, in order or by reset, and looks whether the Gateway kept anything of ours; `None` where it cannot be seen.
///
/// In order means: say that we are done, read until the Gateway is done too, at most until `deadline`, then close. A
/// Gateway that ignores our end would keep the connection in CLOSE_WAIT, so it is reset in the end.
pub(super) async fn close(mut stream: TcpStream, mode: CloseMode, deadline: Instant) -> Option<usize> {
    let ends = stream.local_addr().ok().zip(stream.peer_addr().ok());
    if mode == CloseMode::Orderly {
        let orderly = tokio::time::timeout_at(deadline.into(), async {
            stream.shutdown().await?;
            let mut rest = vec![0; DRAIN];
            while stream.read(&mut rest).await? > 0 {}
            Ok::<(), std::io::Error>(())
        });
        if matches!(orderly.await, Ok(Ok(()))) {
            // Both sides have said that they are done; there is nothing left for a reset to abort.
            let _ = gatewright_sys::set_orderly_close(&stream);
        }
    }
    // With SO_LINGER 0 still set, as it has been from the start, this resets.
    drop(stream);
    let (ours, gateway) = ends?;
    inspect::left_in_close_wait(ours, gateway, clock::now() + Deadlines::default().inspect)
}
