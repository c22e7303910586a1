//! A client that wants a session's frames as they are: one request, one answer, then records.

use std::rc::Rc;
use std::time::{Duration, Instant};

use gatewright_proto::session::Deadlines;
use tokio::io::{AsyncWriteExt, Interest};
use tokio::net::UnixStream;
use tokio::sync::mpsc;

use super::dispatch::{check_deadline, invalid};
use super::hub::Hub;
use crate::clock;
use crate::gateway::{PacedSession, Wish};
use crate::protocol::{Answer, CallError, ErrorCode, Incoming, Method, RawOpened, RawSessionParams, RpcId};
use crate::session::Command;
use crate::session::raw::{self, Ends, NotOpened, Opened, Paces, Pump};

/// How long a client may take to read an answer that does not fit into its socket; every answer does.
const ANSWER_WITHIN: Duration = Duration::from_secs(1);

/// A first line that asks for a raw session.
#[derive(Debug)]
pub(super) struct Upgrade {
    id: Option<RpcId>,
    asked: Result<(RawSessionParams, Option<Duration>), CallError>,
}

impl Upgrade {
    /// Reads a client's first line; `None` where it is any other.
    pub(super) fn parse(line: &[u8]) -> Option<Self> {
        let Ok(Incoming::Rpc(request)) = Incoming::parse(line) else { return None };
        if request.method != Method::RawSession.name() {
            return None;
        }
        let params = request.params.as_ref().map_or("{}", |params| params.get());
        let deadline = request.deadline_ms.map(Duration::from_millis);
        let asked = serde_json::from_str(params)
            .map_err(invalid)
            .and_then(|params| check_deadline(deadline).map(|()| (params, deadline)));
        Some(Self { id: request.id, asked })
    }
}

/// Opens the session, answers, and forwards until one side ends.
pub(super) async fn serve(mut stream: UnixStream, early: Vec<u8>, upgrade: Upgrade, hub: Rc<Hub>) {
    let Upgrade { id, asked } = upgrade;
    let (params, deadline) = match asked {
        Ok(asked) => asked,
        Err(error) => return refuse(&mut stream, id, &error).await,
    };
    let (client, out) = hub.raw_client();
    let (number, mut commands) = match hub.claim(params.client_id, client, &out) {
        Ok(claimed) => claimed,
        Err(error) => return refuse(&mut stream, id, &error).await,
    };
    let wish = match hub.recover().wish(&params.host, params.port, params.client_id) {
        Ok(wish) => wish,
        Err(error) => {
            hub.release(params.client_id, number);
            return refuse(&mut stream, id, &error).await;
        }
    };
    let alive = hub.alive();
    let paced = hub.pace().session(params.client_id);
    let opened = tokio::select! {
        biased;
        opened = open(&params, deadline.map(|deadline| clock::now() + deadline), &wish, &paced) => opened,
        () = closed(&stream) => {
            return hub.release(params.client_id, number);
        }
        () = asked_to_end(&mut commands) => {
            Err(CallError::new(ErrorCode::ShuttingDown, "the worker is being closed"))
        }
    };
    match opened {
        Ok(opened) => {
            answer(&mut stream, id, &opened.report).await;
            let paces = Paces::new(&paced, &wish, opened.report.server_version);
            let ends = Ends { params: &params, client: stream, early, commands, paces };
            if let Some(failure) = Pump::new(ends, opened).run().await {
                wish.lost(&failure);
            }
        }
        Err(error) => refuse(&mut stream, id, &error).await,
    }
    hub.release(params.client_id, number);
    drop(alive);
}

/// Opens the session once recovery allows it, by `by` where a deadline was given.
async fn open(
    params: &RawSessionParams,
    by: Option<Instant>,
    wish: &Wish,
    paced: &PacedSession,
) -> Result<Opened, CallError> {
    let patience = by.unwrap_or_else(|| clock::now() + Deadlines::default().connect_total());
    let mut last = None;
    loop {
        if tokio::time::timeout_at(patience.into(), wish.permitted()).await.is_err() {
            return Err(last.unwrap_or_else(|| wish.waiting()));
        }
        let here = RawSessionParams { port: wish.port(params.port), ..params.clone() };
        match raw::open(&here, by, paced).await {
            Ok(opened) => {
                wish.ready();
                return Ok(opened);
            }
            Err((why, warnings)) => {
                let error = why.error(&warnings);
                match why {
                    NotOpened::Failed(failure) => wish.failed(&failure),
                    NotOpened::Guarded(_) => return Err(error),
                }
                if !params.keep_trying || clock::now() >= patience {
                    return Err(error);
                }
                last = Some(error);
            }
        }
    }
}

async fn answer(stream: &mut UnixStream, id: Option<RpcId>, report: &RawOpened) {
    let result = serde_json::to_value(report).expect("texts and numbers are JSON");
    write(stream, &Answer { jsonrpc: "2.0".into(), id, result: Some(result), error: None }).await;
}

async fn refuse(stream: &mut UnixStream, id: Option<RpcId>, error: &CallError) {
    write(stream, &Answer::error(id, error)).await;
}

async fn write(stream: &mut UnixStream, answer: &Answer) {
    let mut line = serde_json::to_vec(answer).expect("texts and numbers are JSON");
    line.push(b'\n');
    // A client that has gone is noticed by whatever comes next.
    let _ = tokio::time::timeout(ANSWER_WITHIN, stream.write_all(&line)).await;
}

/// Waits until the client has closed its end. What it sends meanwhile stays where it is.
async fn closed(stream: &UnixStream) {
    if stream.ready(Interest::READABLE).await.is_ok_and(|ready| !ready.is_read_closed()) {
        // Something was sent ahead of the answer: the end is noticed behind it, later.
        std::future::pending::<()>().await;
    }
}

async fn asked_to_end(commands: &mut mpsc::Receiver<Command>) {
    loop {
        match commands.recv().await {
            // Whoever asked is told nothing by the reply's being dropped.
            Some(Command::Health(_) | Command::Call { .. } | Command::Connect { .. }) => {}
            Some(Command::Disconnect { .. }) | None => return,
        }
    }
}
