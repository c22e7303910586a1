//! The worker's loop: clients served, sessions kept, and an orderly end.

use std::rc::Rc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, BufReader};
use tokio::sync::watch;
use tokio::task::{JoinSet, LocalSet};
use tracing::{info, warn};

use super::dispatch::Dispatch;
use super::hub::Hub;
use super::lag::Lag;
use super::out::Out;
use super::policy::WorkerPolicy;
use super::socket::WorkerSocket;
use super::stdio::{InputLine, read_line};
use crate::clock;

/// How long a worker takes to close its sessions in order once its client has gone. It must be gone within a second.
const CLOSE_WITHIN: Duration = Duration::from_millis(700);

/// How long it then takes to write the last answers.
const WRITE_WITHIN: Duration = Duration::from_millis(100);

/// Bytes of input read at a time.
pub(super) const READ_CHUNK: usize = 64 * 1024;

/// How a worker is run.
#[derive(Debug)]
pub struct WorkerSettings<I, O, S, G> {
    /// Where requests come from.
    pub input: I,
    /// Where answers and events go; nothing else may write there.
    pub output: O,
    /// Completes when the worker should end in order before its input does.
    pub stop: S,
    /// Completes when nobody can read the output any more: then calls in flight have nobody left to answer.
    pub reader_gone: G,
    /// What it keeps to.
    pub policy: WorkerPolicy,
}

/// Why a worker ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Why {
    InputEnded,
    Stopped,
    ReaderGone,
}

/// Runs a worker on one pair of streams until its input has ended and every call is answered, it is told to stop, or its reader is gone. Its
/// sessions are then closed in order, within a second. To be run on a current-thread runtime.
///
/// # Errors
///
/// Input that cannot be read.
pub async fn run<I, O, S, G>(settings: WorkerSettings<I, O, S, G>) -> std::io::Result<()>
where
    I: AsyncRead + Unpin,
    O: AsyncWrite + Unpin + 'static,
    S: Future<Output = ()>,
    G: Future<Output = ()>,
{
    LocalSet::new().run_until(serve(settings, None)).await
}

/// The same with a socket for any number of clients besides; it ends as [`run`] does.
///
/// # Errors
///
/// Input that cannot be read.
pub async fn run_with_socket<I, O, S, G>(
    settings: WorkerSettings<I, O, S, G>,
    socket: WorkerSocket,
) -> std::io::Result<()>
where
    I: AsyncRead + Unpin,
    O: AsyncWrite + Unpin + 'static,
    S: Future<Output = ()>,
    G: Future<Output = ()>,
{
    LocalSet::new().run_until(serve(settings, Some(socket))).await
}

/// Runs a worker on a socket until it is told to stop. Its sessions are then closed in order, within a second. To be run
/// on a current-thread runtime.
pub async fn run_on_socket(socket: WorkerSocket, policy: WorkerPolicy, stop: impl Future<Output = ()>) {
    let serve = async {
        let mut worker = Worker::start(Some(socket), policy);
        tokio::select! {
            () = stop => info!("worker ending: it was told to stop"),
            _ = worker.listening.join_next() => {}
        }
        worker.close_sessions().await;
        worker.end().await;
    };
    LocalSet::new().run_until(serve).await;
}

async fn serve<I, O, S, G>(settings: WorkerSettings<I, O, S, G>, socket: Option<WorkerSocket>) -> std::io::Result<()>
where
    I: AsyncRead + Unpin,
    O: AsyncWrite + Unpin + 'static,
    S: Future<Output = ()>,
    G: Future<Output = ()>,
{
    let worker = Worker::start(socket, settings.policy);
    let (client, out) = worker.hub.client();
    let mut writer = JoinSet::new();
    let to = out.clone();
    writer.spawn_local(async move { to.write_to(settings.output).await });
    let mut dispatch = Dispatch::new(Rc::clone(&worker.hub), client, out.clone());
    let mut ends = Ends { stop: std::pin::pin!(settings.stop), reader_gone: std::pin::pin!(settings.reader_gone) };
    let mut lines = Lines::new(BufReader::with_capacity(READ_CHUNK, settings.input));
    let served = tokio::select! {
        biased;
        served = listen(&mut lines, &mut dispatch, &out) => match served {
            Ok(()) => {
                out.input_ended();
                // The input has ended, but somebody still reads: calls in flight end by their own deadlines.
                tokio::select! {
                    biased;
                    () = answer_the_rest(&mut dispatch, &out) => Ok(Why::InputEnded),
                    why = ends.come(&out) => Ok(why),
                }
            }
            Err(error) => Err(error),
        },
        why = ends.come(&out) => Ok(why),
    };
    match &served {
        Ok(why) => info!(?why, unanswered = out.unanswered(), "worker ending"),
        Err(error) => warn!(%error, "worker ending: its input cannot be read"),
    }
    worker.close_sessions().await;
    out.close();
    let written = tokio::time::timeout(WRITE_WITHIN, writer.join_next()).await;
    if written.is_err() {
        warn!("the last answers were not read");
    }
    worker.end().await;
    served.map(drop)
}

/// What a worker has besides its clients.
struct Worker {
    hub: Rc<Hub>,
    _tasks: JoinSet<()>,
    listening: JoinSet<()>,
    closing: watch::Sender<bool>,
}

impl Worker {
    fn start(socket: Option<WorkerSocket>, policy: WorkerPolicy) -> Self {
        let lag = Lag::default();
        let hub = Hub::new(lag.clone(), policy);
        let (closing, closed) = watch::channel(false);
        let mut tasks = JoinSet::new();
        tasks.spawn_local(lag.measure());
        tasks.spawn_local(Rc::clone(&hub).stay_awake());
        tasks.spawn_local(Rc::clone(&hub).reap());
        tasks.spawn_local(hub.pace().clone().run());
        let everybody = Rc::clone(&hub);
        tasks.spawn_local(hub.recover().clone().run(move |event| everybody.tell_all(event)));
        let mut listening = JoinSet::new();
        if let Some(socket) = socket {
            listening.spawn_local(socket.serve(Rc::clone(&hub), closed));
        }
        info!(pid = std::process::id(), "worker started");
        Self { hub, _tasks: tasks, listening, closing }
    }

    async fn close_sessions(&self) {
        self.hub.close_all(clock::now() + CLOSE_WITHIN).await;
    }

    /// Lets the clients on the socket read the last answers, and ends.
    async fn end(mut self) {
        self.closing.send_replace(true);
        let told = tokio::time::timeout(WRITE_WITHIN, async { while self.listening.join_next().await.is_some() {} });
        if told.await.is_err() {
            warn!("the last answers were not read by every client");
        }
        info!("worker ended");
    }
}

/// What ends a worker besides its input.
struct Ends<S, G> {
    stop: S,
    reader_gone: G,
}

impl<S: Future<Output = ()> + Unpin, G: Future<Output = ()> + Unpin> Ends<S, G> {
    async fn come(&mut self, out: &Out) -> Why {
        tokio::select! {
            biased;
            () = &mut self.stop => Why::Stopped,
            () = &mut self.reader_gone => Why::ReaderGone,
            () = out.overrun() => Why::ReaderGone,
        }
    }
}

async fn answer_the_rest(dispatch: &mut Dispatch, out: &Out) {
    dispatch.pump_seed();
    while out.unanswered() > 0 {
        out.answered().await;
        dispatch.pump_seed();
    }
}

/// The lines of one client.
pub(super) struct Lines<I> {
    input: BufReader<I>,
    line: Vec<u8>,
    too_long: bool,
}

impl<I: AsyncRead + Unpin> Lines<I> {
    pub(super) fn new(input: BufReader<I>) -> Self {
        Self { input, line: Vec::new(), too_long: false }
    }

    /// Reads the next line, which [`Lines::line`] then shows.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost when the future is dropped.
    pub(super) async fn next(&mut self) -> std::io::Result<InputLine> {
        read_line(&mut self.input, &mut self.line, &mut self.too_long).await
    }

    /// The line that was read.
    pub(super) fn line(&self) -> &[u8] {
        &self.line
    }

    /// The line has been taken.
    pub(super) fn taken(&mut self) {
        self.line.clear();
        self.too_long = false;
    }

    /// The stream, with what was read of it behind the last line.
    pub(super) fn into_parts(self) -> (I, Vec<u8>) {
        let rest = self.input.buffer().to_vec();
        (self.input.into_inner(), rest)
    }
}

/// Takes a client's lines until they end.
pub(super) async fn listen<I: AsyncRead + Unpin>(
    lines: &mut Lines<I>,
    dispatch: &mut Dispatch,
    out: &Out,
) -> std::io::Result<()> {
    loop {
        let read = tokio::select! {
            biased;
            read = lines.next() => read?,
            () = out.answered() => {
                dispatch.pump_seed();
                continue;
            }
        };
        if read == InputLine::End {
            return Ok(());
        }
        dispatch.input(&read, lines.line());
        lines.taken();
    }
}
