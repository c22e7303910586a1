//! One client on the worker's socket: lines, or the records of a raw session after a first line that asks for one.

use std::rc::Rc;

use tokio::io::BufReader;
use tokio::net::UnixStream;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tracing::debug;

use super::dispatch::Dispatch;
use super::hub::Hub;
use super::raw_client::{self, Upgrade};
use super::run::{Lines, READ_CHUNK, listen};
use super::stdio::InputLine;

/// Serves a client until it goes. Its end of the stream is its going: who wants answers keeps it open.
pub(super) async fn serve(stream: UnixStream, hub: Rc<Hub>, mut closing: watch::Receiver<bool>) {
    let (input, output) = stream.into_split();
    let mut lines = Lines::new(BufReader::with_capacity(READ_CHUNK, input));
    let first = tokio::select! {
        biased;
        _ = closing.wait_for(|closing| *closing) => return,
        first = lines.next() => first,
    };
    let Ok(first) = first else { return };
    if first == InputLine::Line
        && let Some(upgrade) = Upgrade::parse(lines.line())
    {
        let (input, early) = lines.into_parts();
        if let Ok(stream) = input.reunite(output) {
            raw_client::serve(stream, early, upgrade, hub).await;
        }
        return;
    }
    let (client, out) = hub.client();
    debug!(?client, "client attached");
    let mut writer = JoinSet::new();
    let to = out.clone();
    writer.spawn_local(async move { to.write_to(output).await });
    let mut dispatch = Dispatch::new(Rc::clone(&hub), client, out.clone());
    dispatch.input(&first, lines.line());
    lines.taken();
    let left = tokio::select! {
        biased;
        _ = closing.wait_for(|closing| *closing) => false,
        _ = listen(&mut lines, &mut dispatch, &out), if first != InputLine::End => true,
        () = out.overrun() => true,
    };
    debug!(?client, left, "client gone");
    if left {
        hub.leave(client);
    } else {
        out.close();
        writer.join_next().await;
    }
}
