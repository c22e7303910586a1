//! The worker's loop: lines in, sessions served, and an orderly end.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, BufReader};
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

/// Bytes of input read at a time.
const READ_CHUNK: usize = 64 * 1024;

/// How a worker is run.
#[derive(Debug)]
pub struct WorkerSettings<I, O, S> {
    /// Where requests come from.
    pub input: I,
    /// Where answers and events go; nothing else may write there.
    pub output: O,
    /// Completes when the worker should end in order before its input does.
    pub stop: S,
}

/// Why a worker ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Why {
    InputEnded,
    Stopped,
    ReaderGone,
}

/// Runs a worker until its input ends, it is told to stop, or its reader is gone. Its sessions are then closed in
/// order, within a second. To be run on a current-thread runtime.
///
/// # Errors
///
/// Input that cannot be read.
pub async fn run<I, O, S>(settings: WorkerSettings<I, O, S>) -> std::io::Result<()>
where
    I: AsyncRead + Unpin,
    O: AsyncWrite + Unpin + 'static,
    S: Future<Output = ()>,
{
    LocalSet::new().run_until(serve(settings)).await
}

async fn serve<I, O, S>(settings: WorkerSettings<I, O, S>) -> std::io::Result<()>
where
    I: AsyncRead + Unpin,
    O: AsyncWrite + Unpin + 'static,
    S: Future<Output = ()>,
{
    let out = Out::default();
    let lag = Lag::default();
    let mut measuring = JoinSet::new();
    measuring.spawn_local(lag.clone().measure());
    let mut writer = JoinSet::new();
    let to = out.clone();
    writer.spawn_local(async move { to.write_to(settings.output).await });
    let mut dispatch = Dispatch::new(out.clone(), lag);
    let mut stop = std::pin::pin!(settings.stop);
    info!(pid = std::process::id(), "worker started");

    let served = listen(BufReader::with_capacity(READ_CHUNK, settings.input), &mut dispatch, &out, &mut stop).await;
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

async fn listen(
    mut input: BufReader<impl AsyncRead + Unpin>,
    dispatch: &mut Dispatch,
    out: &Out,
    stop: &mut (impl Future<Output = ()> + Unpin),
) -> std::io::Result<Why> {
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
            () = out.seed_answered() => {
                dispatch.pump_seed();
                continue;
            }
            () = &mut *stop => return Ok(Why::Stopped),
            () = out.overrun() => return Ok(Why::ReaderGone),
        };
        match read {
            InputLine::End => return Ok(Why::InputEnded),
            InputLine::Line if line.trim_ascii().is_empty() => {}
            InputLine::Line => dispatch.line(&line),
            InputLine::TooLong => {
                let error = CallError::new(ErrorCode::InvalidRequest, "the line is too long");
                out.refuse(None, &error);
            }
        }
        line.clear();
        too_long = false;
    }
}
