//! What happens to the link, for whoever listens and for the loop.

use gatewright_link::client::LinkEvent;
use gatewright_link::protocol::ErrorData;
use gatewright_proto::ClientId;
use gatewright_proto::session::Acts;

use crate::event::{Failing, Listener, TradeEvent};

/// Tells what happens to the link.
pub(super) fn tell(event: LinkEvent, listener: &mut dyn Listener) {
    let event = match event {
        LinkEvent::Stage(stage) => TradeEvent::Stage { stage: stage.stage, ms: stage.ms },
        LinkEvent::Notice(notice) => TradeEvent::Notice { code: notice.code, text: notice.text },
        LinkEvent::WorkerStarted { pid, .. } => TradeEvent::WorkerStarted { pid },
        LinkEvent::WorkerDied { status, .. } => TradeEvent::WorkerDied { how: status },
        LinkEvent::WorkerUnstartable { error } => TradeEvent::Problem {
            failure: Failing {
                cause: "worker_unstartable".into(),
                message: error,
                remedy: "Check that the program can be run by hand: `gatewright worker` waits for input.".into(),
                acts: Acts::Human,
            },
        },
        LinkEvent::WorkerLine(line) => {
            tracing::info!(%line, "the worker says");
            return;
        }
        // The call that it ended, or the stream, says the same.
        LinkEvent::SessionLost(_) => return,
        // Its sessions are not kept by the worker, so that this is others' affair.
        LinkEvent::Gateway(_) => return,
    };
    listener.hear(event);
}

/// Why an event of the link ends the session of this client id, if it does.
pub(super) fn ends(event: &LinkEvent, client_id: ClientId) -> Option<Box<ErrorData>> {
    match event {
        LinkEvent::SessionLost(lost) if lost.client_id == client_id => Some(Box::new(lost.failure.clone())),
        // When the worker dies the streams end by themselves, in order, behind what they still hold.
        LinkEvent::SessionLost(_)
        | LinkEvent::Stage(_)
        | LinkEvent::Notice(_)
        | LinkEvent::WorkerStarted { .. }
        | LinkEvent::WorkerDied { .. }
        | LinkEvent::WorkerUnstartable { .. }
        | LinkEvent::WorkerLine(_)
        | LinkEvent::Gateway(_) => None,
    }
}
