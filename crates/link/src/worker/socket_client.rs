//! One client on the worker's socket: lines, or the records of a raw session after a first line that asks for one.

use std::rc::Rc;

use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tracing::debug;

use super::attach::{Attach, Seat, give_up, park};
use super::hub::Hub;
use super::raw_client::{self, Upgrade};
use super::run::{Lines, READ_CHUNK, listen};
use super::stdio::InputLine;

/// Serves a client until it goes. Its end of the stream is its going: who wants answers keeps it open, or has named itself
/// and comes back.
pub(super) async fn serve(stream: UnixStream, hub: Rc<Hub>, mut closing: watch::Receiver<bool>) {
    let (input, mut output) = stream.into_split();
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
    let attach = if first == InputLine::Line { Attach::parse(lines.line()) } else { None };
    let seat = match attach {
        Some(attach) => match attach.seat(&hub) {
            Ok(seat) => seat,
            Err(answer) => {
                let mut line = serde_json::to_vec(&answer).expect("texts and numbers are JSON");
                line.push(b'\n');
                // A client that has gone misses nothing.
                let _ = output.write_all(&line).await;
                return;
            }
        },
        None => {
            let mut seat = Seat::new(&hub, None);
            seat.dispatch.input(&first, lines.line());
            seat
        }
    };
    lines.taken();
    if first == InputLine::End {
        return hub.leave(seat.client);
    }
    converse(seat, lines, output, &hub, closing).await;
}

/// Takes lines and writes lines until one side ends.
async fn converse(
    mut seat: Seat,
    mut lines: Lines<OwnedReadHalf>,
    output: OwnedWriteHalf,
    hub: &Rc<Hub>,
    mut closing: watch::Receiver<bool>,
) {
    let client = seat.client;
    debug!(?client, name = seat.name, "client attached");
    let mut writer = JoinSet::new();
    let to = seat.out.clone();
    writer.spawn_local(async move { to.write_to(output).await });
    let out = seat.out.clone();
    let left = tokio::select! {
        biased;
        _ = closing.wait_for(|closing| *closing) => Left::Closing,
        _ = listen(&mut lines, &mut seat.dispatch, &out) => Left::Gone,
        () = out.overrun() => Left::Overrun,
    };
    debug!(?client, ?left, "client gone");
    match left {
        Left::Closing => {
            out.close();
            writer.join_next().await;
        }
        // Its stream broke, or it does not read: the latter is no reason to keep more for it.
        Left::Overrun if out.is_full() => give_up(hub, &seat),
        Left::Gone | Left::Overrun => {
            writer.shutdown().await;
            tokio::select! {
                biased;
                _ = closing.wait_for(|closing| *closing) => {}
                () = park(hub, seat, hub.parking()) => {}
            }
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Left {
    Closing,
    Gone,
    Overrun,
}
