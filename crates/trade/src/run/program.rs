//! A strategy that is a program of its own, kept running: the shell round [`crate::strategy::program::Talk`].
//!
//! The program is our child and nobody else's. It has a process group of its own, so that Ctrl-C in a terminal ends the
//! trader in order and not the strategy under it. What it writes to standard error goes to the log.

use std::collections::VecDeque;
use std::process::Stdio;
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{sleep, sleep_until, timeout};

use super::backoff::Backoff;
use super::clock::Moment;
use super::event::ProgramNews;
use super::settings::ProgramSettings;
use crate::error::TradeError;
use crate::strategy::program::{Fault, Hello, MAX_LINE, Said, Talk, TalkSettings};
use crate::strategy::{BarLength, StrategyEvent};

/// How long a program may take to load what it needs: an interpreter with large libraries takes seconds on a slow disk.
const GREETING: Duration = Duration::from_secs(15);

/// How long a program may take to end by itself once its input has ended.
const END_WITHIN: Duration = Duration::from_secs(1);

/// How often a program may be started again within [`BUDGET_SPAN`]. One that fails more often needs a person.
const RESTARTS: usize = 5;

/// The span that restarts are counted in.
const BUDGET_SPAN: Duration = Duration::from_secs(600);

/// How many events wait for the task; behind it the conversation has a bound of its own.
const WAITING: usize = 256;

/// How much of what a program says waits for the run loop. A program says nothing unasked.
const NEWS: usize = 64;

/// The longest line of standard error that is logged.
const LOGGED: usize = 1_000;

/// A program that is kept running. Dropped, it is killed.
#[derive(Debug)]
pub(super) struct ProgramHandle {
    events: Option<mpsc::Sender<StrategyEvent>>,
    news: mpsc::Receiver<ProgramNews>,
    tasks: JoinSet<()>,
}

impl ProgramHandle {
    /// Starts the program and waits for its greeting.
    ///
    /// # Errors
    ///
    /// [`TradeError::Program`] where it cannot be started or does not greet.
    pub(super) async fn start(
        settings: ProgramSettings,
        symbols: Vec<String>,
        bar: BarLength,
    ) -> Result<(Self, Hello), TradeError> {
        let talk = TalkSettings { symbols, bar, deadline: settings.deadline, greeting: GREETING };
        let name = settings.command.join(" ");
        let (running, hello) = match Running::start(&settings, &talk).await {
            Ok(started) => started,
            Err(why) => return Err(TradeError::Program { program: name, why }),
        };
        let (events, receiver) = mpsc::channel(WAITING);
        let (sender, news) = mpsc::channel(NEWS);
        let mut tasks = JoinSet::new();
        tasks.spawn(keep(running, settings, talk, receiver, sender));
        Ok((Self { events: Some(events), news, tasks }, hello))
    }

    /// Hands an event over. It is not waited for: a program that is so far behind that there is no room is at fault, and its
    /// conversation says so.
    pub(super) fn tell(&self, event: StrategyEvent) {
        let Some(events) = &self.events else { return };
        if events.try_send(event).is_err() {
            tracing::warn!("an event did not reach the strategy program");
        }
    }

    /// What the program says or does next.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost when the future is dropped.
    pub(super) async fn next(&mut self) -> ProgramNews {
        match self.news.recv().await {
            Some(news) => news,
            // Its end has been told, and there is no more to say.
            None => std::future::pending().await,
        }
    }

    /// Ends the program: its input ends, and where it does not end by itself it is killed.
    pub(super) async fn stop(mut self) {
        self.events = None;
        // What it still says is of no interest, and must not keep it.
        self.news.close();
        while self.tasks.join_next().await.is_some() {}
    }
}

/// A program that runs, and the conversation with it.
struct Running {
    child: Child,
    input: Option<ChildStdin>,
    lines: Lines<ChildStdout>,
    talk: Talk,
    /// What is written and not taken yet.
    unwritten: VecDeque<u8>,
    log: JoinSet<()>,
}

/// Why a conversation is over.
enum Over {
    /// Nobody wants it any more.
    Stopped,
    /// The program is at fault.
    Fault(String),
}

/// Keeps a program running, within its budget, until nobody wants it any more.
async fn keep(
    running: Running,
    settings: ProgramSettings,
    talk: TalkSettings,
    mut events: mpsc::Receiver<StrategyEvent>,
    news: mpsc::Sender<ProgramNews>,
) {
    let mut running = Some(running);
    let mut failures: VecDeque<Instant> = VecDeque::new();
    let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(60));
    loop {
        let why = match running.take() {
            Some(mut program) => {
                let over = program.converse(&mut events, &news).await;
                program.end().await;
                match over {
                    Over::Stopped => return,
                    Over::Fault(why) => why,
                }
            }
            None => match Running::start(&settings, &talk).await {
                Ok((program, hello)) => {
                    running = Some(program);
                    if news.send(ProgramNews::Up(hello)).await.is_err() {
                        return;
                    }
                    continue;
                }
                Err(why) => why,
            },
        };
        let now = Moment::now().instant;
        failures.retain(|at| now.saturating_duration_since(*at) < BUDGET_SPAN);
        failures.push_back(now);
        let again_in = (failures.len() <= RESTARTS).then(|| backoff.failed());
        if news.send(ProgramNews::Down { why, again_in }).await.is_err() {
            return;
        }
        // What happens meanwhile is told anew by the start that follows.
        let mut wait = std::pin::pin!(async {
            match again_in {
                Some(wait) => sleep(wait).await,
                None => std::future::pending().await,
            }
        });
        loop {
            tokio::select! {
                biased;
                event = events.recv() => if event.is_none() { return },
                () = &mut wait => break,
            }
        }
    }
}

impl Running {
    /// Starts the program, and greets it.
    async fn start(settings: &ProgramSettings, talk: &TalkSettings) -> Result<(Self, Hello), String> {
        let (program, arguments) = settings.command.split_first().ok_or("it has no name")?;
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| error.to_string())?;
        let (input, output, errors) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let output = output.ok_or("it has no output")?;
        let mut log = JoinSet::new();
        if let Some(errors) = errors {
            log.spawn(log_lines(errors));
        }
        let talk = Talk::begin(talk.clone(), Moment::now().instant);
        let mut running = Self { child, input, lines: Lines::new(output), talk, unwritten: VecDeque::new(), log };
        match running.said().await {
            Ok(said) => match said.into_iter().next() {
                Some(Said::Hello(hello)) => Ok((running, hello)),
                Some(Said::Wish { .. }) | None => Err("it did not greet".into()),
            },
            Err(fault) => {
                let why = running.words(fault).await;
                running.end().await;
                Err(why)
            }
        }
    }

    /// Talks until somebody ends it.
    async fn converse(&mut self, events: &mut mpsc::Receiver<StrategyEvent>, news: &mpsc::Sender<ProgramNews>) -> Over {
        loop {
            let said = tokio::select! {
                biased;
                event = events.recv() => match event {
                    None => return Over::Stopped,
                    Some(event) => self.talk.handle_event(Moment::now().instant, event).map(|()| Vec::new()),
                },
                said = self.said() => said,
            };
            match said {
                Err(fault) => return Over::Fault(self.words(fault).await),
                Ok(said) => {
                    for said in said {
                        let Said::Wish { symbol, signal } = said else { continue };
                        if news.send(ProgramNews::Wish { symbol, signal }).await.is_err() {
                            return Over::Stopped;
                        }
                    }
                }
            }
        }
    }

    /// Writes what is to be written, and waits for the next line or the end of its deadline.
    ///
    /// Cancel safe: bytes that were taken are not written again, and those of half a line are kept.
    async fn said(&mut self) -> Result<Vec<Said>, Fault> {
        loop {
            if let Some(line) = self.talk.poll_transmit() {
                self.unwritten.extend(line.into_bytes());
            }
            let deadline = self.talk.poll_timeout().map(|(at, _)| at.into());
            tokio::select! {
                // A line that came in time counts, however late we look.
                biased;
                line = self.lines.next() => {
                    return match line? {
                        Some(line) => self.talk.handle_line(Moment::now().instant, &line),
                        None => Err(Fault::Ended { how: String::new() }),
                    };
                }
                written = write(&mut self.input, &self.unwritten), if !self.unwritten.is_empty() => match written {
                    Ok(count) => drop(self.unwritten.drain(..count)),
                    // It has closed its input: it has ended, or will be late.
                    Err(_) => self.unwritten.clear(),
                },
                () = at(deadline) => self.talk.handle_timeout(Moment::now().instant)?,
            }
        }
    }

    /// A fault in words; where it is the program's end, with how it ended.
    async fn words(&mut self, fault: Fault) -> String {
        match fault {
            Fault::Ended { .. } => match timeout(END_WITHIN, self.child.wait()).await {
                Ok(Ok(status)) => Fault::Ended { how: status.to_string() }.to_string(),
                Ok(Err(_)) | Err(_) => Fault::Ended { how: "it closed its output".into() }.to_string(),
            },
            Fault::Late { .. }
            | Fault::Behind
            | Fault::Malformed { .. }
            | Fault::TooLong
            | Fault::Unasked { .. }
            | Fault::UnknownSymbol { .. } => fault.to_string(),
        }
    }

    /// Ends the program: its input ends, and where it does not end by itself it is killed. It is our own child.
    async fn end(mut self) {
        drop(self.input.take());
        if timeout(END_WITHIN, self.child.wait()).await.is_err() {
            // Where it cannot be killed it has ended.
            let _ = self.child.kill().await;
        }
        self.log.abort_all();
    }
}

async fn write(input: &mut Option<ChildStdin>, bytes: &VecDeque<u8>) -> std::io::Result<usize> {
    match input {
        Some(input) => input.write(bytes.as_slices().0).await,
        None => std::future::pending().await,
    }
}

async fn at(moment: Option<tokio::time::Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => std::future::pending().await,
    }
}

async fn log_lines(errors: ChildStderr) {
    let mut lines = Lines::new(errors);
    loop {
        match lines.next().await {
            Ok(Some(line)) => {
                let line: String = line.chars().take(LOGGED).collect();
                tracing::info!(%line, "the strategy program says");
            }
            Err(_) => tracing::warn!("the strategy program wrote a line that is too long"),
            Ok(None) => return,
        }
    }
}

/// Lines of at most [`MAX_LINE`] bytes.
struct Lines<R> {
    from: BufReader<R>,
    line: Vec<u8>,
}

impl<R: AsyncRead + Unpin> Lines<R> {
    fn new(from: R) -> Self {
        Self { from: BufReader::new(from), line: Vec::new() }
    }

    /// The next line; `None` at the end. A part of one before the end is none.
    ///
    /// Cancel safe: what was read of a line is kept.
    async fn next(&mut self) -> Result<Option<String>, Fault> {
        loop {
            let Ok(read) = self.from.fill_buf().await else { return Ok(None) };
            if read.is_empty() {
                return Ok(None);
            }
            let end = read.iter().position(|byte| *byte == b'\n');
            let taken = end.unwrap_or(read.len());
            self.line.extend_from_slice(&read[..taken]);
            self.from.consume(end.map_or(taken, |end| end + 1));
            if self.line.len() > MAX_LINE {
                self.line.clear();
                return Err(Fault::TooLong);
            }
            if end.is_some() {
                let line = std::mem::take(&mut self.line);
                return Ok(Some(String::from_utf8_lossy(&line).trim_end().to_owned()));
            }
        }
    }
}
