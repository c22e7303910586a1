//! One session with the Gateway, through the worker's socket: one attempt to open it, then frames both ways.

use std::rc::Rc;
use std::time::Duration;

use gatewright_link::LinkError;
use gatewright_link::client::raw::{RawItem, RawReceiver, RawSender, RawSession};
use gatewright_proto::ServerVersion;
use gatewright_proxy::{OpenUpstream, Peer, UpstreamFailure, UpstreamId, UpstreamOpened};
use tracing::{info, warn};

use super::shell::{Shell, UpstreamSignals};

/// How long one attempt may take: the stages' own deadlines (10.25 s), and as much again for the worker's say on when
/// to connect.
const OPEN_WITHIN: Duration = Duration::from_secs(20);

/// How long what was said before a session's end may take to reach the worker, which may not be reading.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Bytes that are given to the worker ahead of its reading them. Beyond, orders still overtake what waits.
const AHEAD: usize = 64 * 1024;

/// Opens the session that is asked for, and serves it until either side ends it.
pub(super) async fn run(shell: Rc<Shell>, open: OpenUpstream, signals: Rc<UpstreamSignals>) {
    let (gateway, client_id) = (&shell.name, open.id.client_id.get());
    let opening = RawSession::open(&shell.socket, shell.params(&open), OPEN_WITHIN);
    let opened = tokio::select! {
        biased;
        () = signals.close.notified() => None,
        opened = opening => Some(opened),
    };
    match opened {
        None => {}
        Some(Err(error)) => {
            let failure = failure(&error);
            info!(gateway, client_id, cause = failure.cause, "no session for a program: {}", failure.message);
            shell.handle(|core, now| core.handle_refused(now, open.id, failure));
        }
        Some(Ok((report, sender, receiver))) => {
            info!(gateway, client_id, server_version = report.server_version, "a program's session is open");
            let opened = UpstreamOpened {
                server_version: ServerVersion::new(report.server_version),
                connection_time: report.connection_time,
            };
            shell.handle(|core, now| core.handle_opened(now, open.id, &opened));
            if let Some(why) = forward(&shell, &signals, open.id, sender, receiver).await {
                warn!(gateway, client_id, "a program's session with the Gateway is lost: {why}");
                shell.handle(|core, now| core.handle_lost(now, open.id, &why));
            }
        }
    }
    shell.forget_upstream(open.id);
}

/// Frames both ways. Returns why the session was lost, or `None` when we were to close it.
async fn forward(
    shell: &Shell,
    signals: &UpstreamSignals,
    id: UpstreamId,
    mut sender: RawSender,
    mut receiver: RawReceiver,
) -> Option<String> {
    loop {
        while sender.waiting() < AHEAD
            && let Some(frames) = shell.handle(|core, now| core.poll_transmit(now, Peer::Gateway(id)))
        {
            if let Err(error) = sender.send(&frames) {
                return Some(error.data().message);
            }
        }
        tokio::select! {
            biased;
            () = signals.close.notified() => {
                // What was said before the end, such as cancels, is still to arrive.
                let _ = tokio::time::timeout(LAST_WORDS, sender.flush()).await;
                return None;
            }
            item = receiver.next() => match item {
                Some(RawItem::Frames(frames)) => shell.handle(|core, now| core.handle_frames(now, id, &frames)),
                Some(RawItem::Lost(lost)) => return Some(lost.message),
                None => return Some("the worker ended it".into()),
            },
            flushed = sender.flush(), if sender.waiting() > 0 => {
                if let Err(error) = flushed {
                    return Some(error.data().message);
                }
            }
            () = signals.send.notified() => {}
        }
    }
}

fn failure(error: &LinkError) -> UpstreamFailure {
    let data = error.data();
    UpstreamFailure { cause: data.cause, message: data.message, remedy: data.remedy }
}
