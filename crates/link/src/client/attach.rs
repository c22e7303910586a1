//! A link to a worker that runs already, under a name: who comes back within the parking time has what it left there.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use gatewright_proto::ClientId;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::net::unix::OwnedReadHalf;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep_until, timeout};
use tracing::info;

use super::caller::{Caller, request};
use super::events::{LinkEvents, event_queue};
use super::input::Input;
use super::link::Link;
use super::raw::{MAX_ANSWER, died, read_answer};
use super::reader::{Dispatch, Former, flush_all, read_all};
use super::subscription::Subscription;
use super::supervisor::{Ending, WorkerExit, asked_to_stop};
use super::switchboard::{Origin, Switchboard, Waiter};
use crate::clock;
use crate::error::{LinkError, StartFailure};
use crate::protocol::{Answer, AttachParams, AttachResult, CallError, ErrorCode, Method, RpcId, SessionParams};

/// The first wait before a name is asked for again that its own predecessor still has; each is twice the one before. A
/// worker notices the end of a program in microseconds.
const ASK_AGAIN: Duration = Duration::from_millis(10);

/// Answers to requests of a former life that wait to be read: as many as may be in flight.
const FORMER_ANSWERS: usize = 4096;

/// The worker of a link that is attached is the only one that it has.
const GENERATION: u64 = 1;

/// How to attach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttachSettings {
    /// The worker's socket.
    pub socket: PathBuf,
    /// The program's name, 1 to 128 bytes: the same in each of its lives, and no other program's.
    pub client: String,
    /// How long attaching may take.
    pub within: Duration,
    /// How long a call may take, unless [`Link::with_deadline`] says otherwise.
    pub call_deadline: Duration,
}

impl AttachSettings {
    /// Under this name at the worker with this socket; 5 s for attaching, 10 s for a call.
    pub fn new(socket: impl Into<PathBuf>, client: impl Into<String>) -> Self {
        Self {
            socket: socket.into(),
            client: client.into(),
            within: Duration::from_secs(5),
            call_deadline: Duration::from_secs(10),
        }
    }
}

/// A link to a worker that runs already, and what was still there.
#[derive(Debug)]
pub struct Attached {
    /// The link. Stopped or dropped it only leaves: the worker keeps what it has for whoever attaches under the name
    /// within the parking time.
    pub link: Link,
    /// What happens to it as a whole. It ends when the worker is gone, and the link with it: attach anew then.
    pub events: LinkEvents,
    /// Whether something of this name was still there.
    pub resumed: bool,
    /// For how long nobody was attached under it.
    pub away: Option<Duration>,
    /// Its sessions.
    pub sessions: Vec<ClientId>,
    /// Its streams, with everything that has come for them since the program went.
    pub subscriptions: Vec<Subscription>,
    /// Its requests that are not answered yet.
    pub in_flight: Vec<i64>,
    /// The answers to them, as they come.
    pub answers: FormerAnswers,
    /// Ticks, bars and account changes that were dropped meanwhile.
    pub dropped: u64,
}

/// The answer to a request of the program's former life.
#[derive(Debug)]
pub struct FormerAnswer {
    /// The request's number.
    pub id: i64,
    /// Its result, as the method has it.
    pub outcome: Result<Value, LinkError>,
}

/// The answers to what the program had asked before it went. Requests that were answered while it was away come as well.
#[derive(Debug)]
pub struct FormerAnswers(mpsc::Receiver<FormerAnswer>);

impl FormerAnswers {
    /// The next answer; `None` once the link is over.
    ///
    /// # Cancel safety
    ///
    /// No answer is lost when the future is dropped.
    pub async fn next(&mut self) -> Option<FormerAnswer> {
        self.0.recv().await
    }
}

impl Link {
    /// Attaches to a worker that runs already (`gatewright up`, or `gatewright worker --socket PATH`) under a name.
    ///
    /// A program that died and attaches again within the worker's parking time has its sessions, its streams and the
    /// answers to what it had asked:
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), gatewright_link::LinkError> {
    /// use gatewright_link::client::{AttachSettings, Link};
    /// use gatewright_link::protocol::ConnectParams;
    /// use gatewright_proto::ClientId;
    ///
    /// let mut here = Link::attach(AttachSettings::new("run/worker.sock", "my-strategy")).await?;
    /// if here.sessions.is_empty() {
    ///     // A first life, or one that was away for too long.
    ///     here.link.connect(ConnectParams { port: 4002, client_id: ClientId::new(7), keep: true, ..Default::default() }).await?;
    /// }
    /// for mut stream in here.subscriptions {
    ///     println!("stream {} goes on with {:?}", stream.id(), stream.next().await);
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// Requests of this life have numbers above all that an earlier one can have used.
    ///
    /// # Errors
    ///
    /// [`LinkError::WorkerStart`] when the socket cannot be reached; [`LinkError::Call`] with the cause
    /// `already_connected` when another program that lives has the name; [`LinkError::Silent`] when the worker did not
    /// answer in time.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves again.
    pub async fn attach(settings: AttachSettings) -> Result<Attached, LinkError> {
        let within = settings.within;
        let silent = LinkError::Silent { method: Method::Attach, after: within };
        timeout(within, attach(settings)).await.unwrap_or(Err(silent))
    }
}

async fn attach(settings: AttachSettings) -> Result<Attached, LinkError> {
    let by = clock::now() + settings.within;
    let Seat { stream, received, report } = take_seat(&settings, by).await?;
    // A worker that tells nothing of itself is asked for by no number.
    let pid = stream.peer_cred().ok().and_then(|peer| peer.pid()).and_then(|pid| u32::try_from(pid).ok()).unwrap_or(0);
    let (from, to) = stream.into_split();
    let (events, receiver) = event_queue();
    let first_id = clock::moment().wall.as_microsecond();
    let switchboard = Arc::new(Switchboard::from_id(first_id));
    let caller = Caller { switchboard: Arc::clone(&switchboard), deadline: settings.call_deadline };
    let input = Arc::new(Input::Socket(to));
    let wake = switchboard.begin(GENERATION, pid, Arc::clone(&input));
    // Streams are looked up before anything that the worker has kept for them is read.
    let (reply, streams) = oneshot::channel();
    let id = switchboard.next_id();
    let line = request(Some((id, settings.call_deadline)), Method::Health, &SessionParams::default())?;
    let waiter = Waiter::Resume { sessions: report.sessions.clone(), reply };
    switchboard.send(Origin::Supervisor, id, &line, waiter)?;
    let (answers, former) = mpsc::channel(FORMER_ANSWERS);
    let mut dispatch = Dispatch::new(caller.clone(), events);
    dispatch.former = Some(Former(answers));
    let (stop, stopped) = watch::channel(false);
    let (exited, exit) = watch::channel(None);
    let mut serving = JoinSet::new();
    serving.spawn(flush_all(Arc::clone(&switchboard), GENERATION, input, wake));
    super::link::detach(serve(switchboard, serving, received, from, dispatch, stopped, exited));
    let link = Link::new(caller, stop, exit);
    let subscriptions = streams.await.map_err(|_| LinkError::Stopped)??;
    link.open();
    let number = |id: &RpcId| match id {
        RpcId::Number(id) => Some(*id),
        RpcId::Text(_) => None,
    };
    info!(client = report.client, resumed = report.resumed, "attached");
    Ok(Attached {
        link,
        events: receiver,
        resumed: report.resumed,
        away: report.away_ms.map(Duration::from_millis),
        sessions: report.sessions,
        subscriptions,
        in_flight: report.in_flight.iter().filter_map(number).collect(),
        answers: FormerAnswers(former),
        dropped: report.dropped,
    })
}

/// A place at the worker, and what came behind the answer that gave it.
struct Seat {
    stream: UnixStream,
    received: BytesMut,
    report: AttachResult,
}

/// Asks for the name, and again while its own former life may still have it.
async fn take_seat(settings: &AttachSettings, by: Instant) -> Result<Seat, LinkError> {
    let mut wait = ASK_AGAIN;
    loop {
        match ask_for_seat(&settings.socket, &settings.client, settings.within).await {
            Err(LinkError::Call(error))
                if error.code == ErrorCode::AlreadyConnected && clock::now() + wait * 2 < by =>
            {
                sleep_until((clock::now() + wait).into()).await;
                wait *= 2;
            }
            seat => return seat,
        }
    }
}

async fn ask_for_seat(socket: &Path, client: &str, within: Duration) -> Result<Seat, LinkError> {
    let unreachable =
        |source| LinkError::WorkerStart { program: socket.to_owned(), why: StartFailure::Unreachable(source) };
    let mut stream = UnixStream::connect(socket).await.map_err(unreachable)?;
    let line = request(Some((1, within)), Method::Attach, &AttachParams { client: client.to_owned() })?;
    stream.write_all(&line).await.map_err(|error| died(&error))?;
    let mut received = BytesMut::with_capacity(MAX_ANSWER.min(4096));
    let answer = read_answer(&mut stream, &mut received).await?;
    let protocol = |source| LinkError::Protocol { method: Method::Attach, source };
    let answer: Answer = serde_json::from_slice(&answer).map_err(protocol)?;
    if let Some(error) = answer.error {
        return Err(LinkError::Call(CallError::from(error)));
    }
    let report = serde_json::from_value(answer.result.unwrap_or_default()).map_err(protocol)?;
    Ok(Seat { stream, received, report })
}

/// Serves the connection until it ends or the link leaves.
async fn serve(
    switchboard: Arc<Switchboard>,
    mut flusher: JoinSet<std::io::Error>,
    received: BytesMut,
    from: OwnedReadHalf,
    mut dispatch: Dispatch,
    mut stop: watch::Receiver<bool>,
    exit: watch::Sender<Option<WorkerExit>>,
) {
    let begun = clock::now();
    let from = std::io::Cursor::new(received).chain(from);
    let (ending, status) = tokio::select! {
        biased;
        () = asked_to_stop(&mut stop) => (Ending::Left, "left; it goes on".to_owned()),
        end = read_all(from, &mut dispatch) => (Ending::ByItself, format!("its connection ended ({end:?})")),
        Some(Ok(error)) = flusher.join_next() => (Ending::ByItself, format!("it does not read any more: {error}")),
    };
    switchboard.close_stdin();
    flusher.shutdown().await;
    switchboard.stop(&status);
    dispatch.streams.end_all(&LinkError::Stopped.data());
    let took = clock::now().saturating_duration_since(begun);
    info!(status, "the link to a worker is over");
    exit.send_replace(Some(WorkerExit { ending, status, took }));
}
