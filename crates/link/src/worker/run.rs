//! The worker's loop: lines in, sessions served, and an orderly end.

use std::time::Duration;

use std::rc::Rc;

use tokio::io::{AsyncRead, AsyncWrite, BufReader};
use tokio::sync::Notify;
use tokio::task::{JoinSet, LocalSet};
use tracing::{info, warn};

use super::dispatch::Dispatch;
use super::lag::Lag;
use super::out::Out;
use super::stdio::{InputLine, read_line};
use crate::clock;
use crate::protocol::{CallError, ErrorCode};

/// How long a worker takes to close its sessions in order once its client has gone. It must be gone within a second.
const CLOSE_WITHIN: Duration = Duration::from_millis(700);

/// How long it then takes to write the last answers.
const WRITE_WITHIN: Duration = Duration::from_millis(100);

/// How long the loop stays awake after a request.
const STAY_AWAKE: Duration = Duration::from_micros(50);

/// Bytes of input read at a time.
const READ_CHUNK: usize = 64 * 1024;

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
}

/// Why a worker ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Why {
    InputEnded,
    Stopped,
    ReaderGone,
}

/// Runs a worker until its input has ended and every call is answered, it is told to stop, or its reader is gone. Its
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
    LocalSet::new().run_until(serve(settings)).await
}

async fn serve<I, O, S, G>(settings: WorkerSettings<I, O, S, G>) -> std::io::Result<()>
where
    I: AsyncRead + Unpin,
    O: AsyncWrite + Unpin + 'static,
    S: Future<Output = ()>,
    G: Future<Output = ()>,
{
    let out = Out::default();
    let lag = Lag::default();
    let mut measuring = JoinSet::new();
    measuring.spawn_local(lag.clone().measure());
    let mut writer = JoinSet::new();
    let to = out.clone();
    writer.spawn_local(async move { to.write_to(settings.output).await });
    let mut dispatch = Dispatch::new(out.clone(), lag);
    let awake = Rc::new(Notify::new());
    measuring.spawn_local(stay_awake(awake.clone()));
    let stop = std::pin::pin!(settings.stop);
    info!(pid = std::process::id(), "worker started");

    let mut ends = Ends { stop, reader_gone: std::pin::pin!(settings.reader_gone) };
    let input = BufReader::with_capacity(READ_CHUNK, settings.input);
    let served = match listen(input, &mut dispatch, &out, &mut ends, &awake).await {
        Ok(Why::InputEnded) => Ok(answer_the_rest(&mut dispatch, &out, &mut ends).await),
        served => served,
    };
    match &served {
        Ok(why) => info!(?why, unanswered = out.unanswered(), "worker ending"),
        Err(error) => warn!(%error, "worker ending: its input cannot be read"),
    }
    dispatch.close_all(clock::now() + CLOSE_WITHIN).await;
    out.close();
    let written = tokio::time::timeout(WRITE_WITHIN, writer.join_next()).await;
    if written.is_err() {
        warn!("the last answers were not read");
    }
    info!("worker ended");
    served.map(drop)
}

/// Keeps the loop from sleeping for a moment after each request: who has asked once mostly asks again, and waking a
/// sleeping core costs more than all the work of an answer.
async fn stay_awake(requests: Rc<Notify>) {
    loop {
        requests.notified().await;
        let until = clock::now() + STAY_AWAKE;
        while clock::now() < until {
            tokio::task::yield_now().await;
        }
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

/// The input has ended, but somebody still reads: calls in flight end by their own deadlines.
async fn answer_the_rest<S, G>(dispatch: &mut Dispatch, out: &Out, ends: &mut Ends<S, G>) -> Why
where
    S: Future<Output = ()> + Unpin,
    G: Future<Output = ()> + Unpin,
{
    out.input_ended();
    dispatch.pump_seed();
    while out.unanswered() > 0 {
        tokio::select! {
            biased;
            why = ends.come(out) => return why,
            () = dispatch.next_ended() => {}
            () = out.answered() => {}
        }
        dispatch.pump_seed();
    }
    Why::InputEnded
}

async fn listen<S, G>(
    mut input: BufReader<impl AsyncRead + Unpin>,
    dispatch: &mut Dispatch,
    out: &Out,
    ends: &mut Ends<S, G>,
    awake: &Notify,
) -> std::io::Result<Why>
where
    S: Future<Output = ()> + Unpin,
    G: Future<Output = ()> + Unpin,
{
    let mut line = Vec::new();
    let mut too_long = false;
    loop {
        let read = tokio::select! {
            biased;
            read = read_line(&mut input, &mut line, &mut too_long) => read?,
            () = dispatch.next_ended() => {
                dispatch.pump_seed();
                continue;
            }
            () = out.answered() => {
                dispatch.pump_seed();
                continue;
            }
            why = ends.come(out) => return Ok(why),
        };
        match read {
            InputLine::End => return Ok(Why::InputEnded),
            InputLine::Line if line.trim_ascii().is_empty() => {}
            InputLine::Line => {
                dispatch.line(&line);
                awake.notify_one();
            }
            InputLine::TooLong => {
                let error = CallError::new(ErrorCode::InvalidRequest, "the line is too long");
                out.refuse(None, &error);
            }
        }
        line.clear();
        too_long = false;
    }
}
