//! Coming back: a program that names itself keeps its sessions, streams and requests over its own end, for a while.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::dispatch::{Dispatch, invalid};
use super::hub::{ClientNumber, Hub};
use super::out::Out;
use crate::clock;
use crate::protocol::{
    Answer, AttachParams, AttachResult, CallError, ErrorCode, Incoming, MAX_CLIENT_NAME, Method, RpcId,
};

/// One program's place at a worker: what it has asked, and where its answers go.
#[derive(Debug)]
pub(super) struct Seat {
    pub(super) client: ClientNumber,
    pub(super) out: Out,
    pub(super) dispatch: Dispatch,
    /// The name under which it may come back.
    pub(super) name: Option<String>,
}

impl Seat {
    /// A new program's.
    pub(super) fn new(hub: &Rc<Hub>, name: Option<String>) -> Self {
        let (client, out) = hub.client();
        let dispatch = Dispatch::new(Rc::clone(hub), client, out.clone());
        Self { client, out, dispatch, name }
    }
}

/// A seat whose program has gone.
#[derive(Debug)]
struct Parked {
    seat: Seat,
    since: Instant,
    taken: Rc<Notify>,
}

/// The programs of a worker that have named themselves. Single-threaded.
#[derive(Debug, Default)]
pub(super) struct Names {
    seated: RefCell<BTreeSet<String>>,
    parked: RefCell<BTreeMap<String, Parked>>,
}

/// A first line that names the program.
#[derive(Debug)]
pub(super) struct Attach {
    id: Option<RpcId>,
    asked: Result<AttachParams, CallError>,
}

impl Attach {
    /// Reads a client's first line; `None` where it is any other.
    pub(super) fn parse(line: &[u8]) -> Option<Self> {
        let Ok(Incoming::Rpc(request)) = Incoming::parse(line) else { return None };
        if request.method != Method::Attach.name() {
            return None;
        }
        let params = request.params.as_ref().map_or("{}", |params| params.get());
        let asked = serde_json::from_str(params).map_err(invalid).and_then(|params: AttachParams| {
            let length = params.client.len();
            if (1..=MAX_CLIENT_NAME).contains(&length) {
                return Ok(params);
            }
            let text = format!("a client's name has 1 to {MAX_CLIENT_NAME} bytes, not {length}");
            Err(CallError::new(ErrorCode::InvalidParams, text))
        });
        Some(Self { id: request.id, asked })
    }

    /// Seats the program: where it was, or anew. The answer is the first line that it reads.
    ///
    /// # Errors
    ///
    /// The line to answer with, where the name is none, or another program has it.
    pub(super) fn seat(self, hub: &Rc<Hub>) -> Result<Seat, Box<Answer>> {
        let Self { id, asked } = self;
        let refuse = |error: &CallError| Box::new(Answer::error(id.clone(), error));
        let name = asked.map_err(|error| refuse(&error))?.client;
        if !hub.names().seated.borrow_mut().insert(name.clone()) {
            let text = format!("another program is attached as {name}");
            return Err(refuse(&CallError::new(ErrorCode::AlreadyConnected, text)));
        }
        let parked = hub.names().parked.borrow_mut().remove(&name);
        let (seat, away) = match parked {
            Some(Parked { seat, since, taken }) => {
                taken.notify_one();
                (seat, Some(clock::now().saturating_duration_since(since)))
            }
            None => (Seat::new(hub, Some(name.clone())), None),
        };
        let dropped = seat.out.unpark();
        if let Some(id) = id {
            let result = AttachResult {
                client: name,
                resumed: away.is_some(),
                away_ms: away.map(|away| u64::try_from(away.as_millis()).unwrap_or(u64::MAX)),
                sessions: hub.sessions_of(seat.client),
                in_flight: seat.out.in_flight(),
                dropped,
            };
            let result = serde_json::to_value(result).expect("texts and numbers are JSON");
            seat.out.line_first(&Answer::ok(id, result));
        }
        Ok(seat)
    }
}

/// Gives a seat up at once.
pub(super) fn give_up(hub: &Hub, seat: &Seat) {
    if let Some(name) = &seat.name {
        hub.names().seated.borrow_mut().remove(name);
    }
    hub.leave(seat.client);
}

/// What becomes of a seat whose program has gone: it is kept for the parking time, and then given up.
pub(super) async fn park(hub: &Rc<Hub>, seat: Seat, parking: Duration) {
    let Some(name) = seat.name.clone().filter(|_| !parking.is_zero()) else { return give_up(hub, &seat) };
    hub.names().seated.borrow_mut().remove(&name);
    tracing::info!(name, ?parking, "a program has gone, and may come back");
    let (client, out, taken) = (seat.client, seat.out.clone(), Rc::new(Notify::new()));
    out.park();
    let since = clock::now();
    let parked = Parked { seat, since, taken: Rc::clone(&taken) };
    hub.names().parked.borrow_mut().insert(name.clone(), parked);
    let given_up = tokio::select! {
        biased;
        () = taken.notified() => false,
        () = out.overrun() => true,
        () = tokio::time::sleep_until((since + parking).into()) => true,
    };
    if given_up {
        hub.names().parked.borrow_mut().remove(&name);
        tracing::info!(name, "it did not come back: its sessions are closed");
        hub.leave(client);
    }
}
