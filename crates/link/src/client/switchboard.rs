//! What callers and tasks share: who waits for which answer, and the way to the worker.
//!
//! A caller writes its request to the pipe itself, in one system call and without waking another task; only what does
//! not fit into the pipe is left to the task that flushes.

use std::collections::HashMap;
use std::io;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use gatewright_proto::ClientId;
use serde_json::value::RawValue;
use tokio::sync::{Notify, oneshot};

use super::input::Input;
use super::subscription::Subscription;
use crate::clock;
use crate::error::{CallFate, LinkError};
use crate::protocol::{Method, StreamKind};

/// Tells a worker to end in order at once.
const SHUTDOWN_LINE: &[u8] = b"{\"jsonrpc\":\"2.0\",\"method\":\"shutdown\"}\n";

/// How many calls may wait for an answer at once. A program that has more is not waiting for any of them.
const MAX_WAITING: usize = 4096;

/// How many bytes of requests may wait for room in the pipe. A worker that is that far behind is stuck.
const MAX_BACKLOG: usize = 4 << 20;

/// Who waits for an answer.
pub(super) enum Waiter {
    /// A call, which reads the result itself.
    Call {
        /// What was called.
        method: Method,
        /// To whom to give the result.
        reply: oneshot::Sender<Result<Box<RawValue>, LinkError>>,
    },
    /// A subscription, whose stream must exist before the next line is read.
    Subscribe {
        /// Which stream.
        kind: StreamKind,
        /// Of which session.
        client_id: Option<ClientId>,
        /// To whom to give the subscription.
        reply: oneshot::Sender<Result<Subscription, LinkError>>,
    },
    /// Who has come back, and wants the streams of these sessions, which must exist before the next line is read.
    Resume {
        /// Its sessions.
        sessions: Vec<ClientId>,
        /// To whom to give the streams.
        reply: oneshot::Sender<Result<Vec<Subscription>, LinkError>>,
    },
}

impl Waiter {
    fn method(&self) -> Method {
        match self {
            Self::Call { method, .. } => *method,
            Self::Subscribe { .. } => Method::Subscribe,
            Self::Resume { .. } => Method::Health,
        }
    }

    /// Whether its answer brings a stream.
    fn brings_streams(&self) -> bool {
        match self {
            Self::Call { .. } => false,
            Self::Subscribe { .. } | Self::Resume { .. } => true,
        }
    }

    /// Answers with an error. Whether somebody still waited.
    pub(super) fn fail(self, error: LinkError) -> bool {
        match self {
            Self::Call { reply, .. } => reply.send(Err(error)).is_ok(),
            Self::Subscribe { reply, .. } => reply.send(Err(error)).is_ok(),
            Self::Resume { reply, .. } => reply.send(Err(error)).is_ok(),
        }
    }
}

/// On whose behalf something is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// A user of the link: only to a worker that has answered its first ping.
    Caller,
    /// The supervisor, for that first ping.
    Supervisor,
}

/// To whom an answer belongs.
pub(super) enum Addressee {
    /// This one waits for it.
    Waiting(Waiter),
    /// It was asked for, and nobody waits any more.
    Gone,
    /// It was never asked for.
    Nobody,
}

/// What flushing has left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flushed {
    /// Nothing.
    All,
    /// Something: the pipe is full.
    Part,
}

/// How far the use of a worker has come.
#[derive(Debug)]
enum Use {
    /// It has not answered its first ping. How its predecessor ended.
    Starting { predecessor: String },
    /// It takes calls.
    Open,
    /// Its input is closed.
    Closing,
}

/// The way to one worker.
struct Way {
    generation: u64,
    pid: u32,
    using: Use,
    stdin: Option<Arc<Input>>,
    /// What did not fit into the pipe.
    backlog: Vec<u8>,
    /// Wakes the task that flushes.
    wake: Arc<Notify>,
    waiting: HashMap<i64, Waiter>,
}

enum State {
    Up(Way),
    Down { status: String, until: Instant },
    Stopped,
}

/// Counts of what went astray.
#[derive(Debug, Default)]
pub(super) struct Strays {
    /// Answers that nobody waited for any more.
    pub(super) late: AtomicU64,
    /// Lines that are not the protocol's.
    pub(super) foreign: AtomicU64,
    /// Events of streams that nobody reads.
    pub(super) events: AtomicU64,
}

/// What callers and tasks share.
pub(super) struct Switchboard {
    state: Mutex<State>,
    /// No request of this link has a number below.
    first_id: i64,
    next_id: AtomicI64,
    pub(super) strays: Strays,
}

impl Switchboard {
    pub(super) fn new() -> Self {
        Self::from_id(1)
    }

    /// The same with requests that are numbered from there on.
    pub(super) fn from_id(first_id: i64) -> Self {
        let state = State::Down { status: "not started yet".into(), until: clock::now() };
        Self { state: Mutex::new(state), first_id, next_id: AtomicI64::new(first_id), strays: Strays::default() }
    }

    /// A number for the next request, never used before on this link.
    pub(super) fn next_id(&self) -> i64 {
        self.next_id.fetch_add(1, Ordering::Relaxed)
    }

    /// Sends a request's line and notes who waits for its answer.
    ///
    /// # Errors
    ///
    /// When there is no worker to take it or a bound is reached; then nothing was sent.
    pub(super) fn send(&self, origin: Origin, id: i64, line: &[u8], waiter: Waiter) -> Result<(), LinkError> {
        let mut state = self.lock();
        let way = way_for(origin, &mut state)?;
        if way.waiting.len() >= MAX_WAITING {
            return Err(LinkError::Overloaded { what: "calls wait for an answer", limit: MAX_WAITING });
        }
        way.write(line)?;
        way.waiting.insert(id, waiter);
        Ok(())
    }

    /// Sends a line that has no answer, if there is a worker to take it.
    pub(super) fn tell(&self, line: &[u8]) {
        let mut state = self.lock();
        if let Ok(way) = way_for(Origin::Caller, &mut state) {
            // Without room the worker is beyond hearing: what it does not hear is undone by its end.
            let _ = way.write(line);
        }
    }

    /// Nobody waits any more for the answer to this call.
    pub(super) fn forget(&self, id: i64) {
        if let State::Up(way) = &mut *self.lock() {
            way.waiting.remove(&id);
        }
    }

    /// Who waits for this answer.
    pub(super) fn take(&self, id: i64) -> Addressee {
        let waiter = match &mut *self.lock() {
            State::Up(way) => way.waiting.remove(&id),
            State::Down { .. } | State::Stopped => None,
        };
        match waiter {
            Some(waiter) => Addressee::Waiting(waiter),
            None if (self.first_id..self.next_id.load(Ordering::Relaxed)).contains(&id) => Addressee::Gone,
            None => Addressee::Nobody,
        }
    }

    /// Whether the answer to a subscription is still to come.
    pub(super) fn is_subscribing(&self) -> bool {
        match &*self.lock() {
            State::Up(way) => way.waiting.values().any(Waiter::brings_streams),
            State::Down { .. } | State::Stopped => false,
        }
    }

    /// The worker's process id, while there is one.
    pub(super) fn pid(&self) -> Option<u32> {
        match &*self.lock() {
            State::Up(way) => Some(way.pid),
            State::Down { .. } | State::Stopped => None,
        }
    }

    /// A worker has started; calls are refused until [`Self::open`]. Returns what wakes its flusher.
    pub(super) fn begin(&self, generation: u64, pid: u32, stdin: Arc<Input>) -> Arc<Notify> {
        let mut state = self.lock();
        let predecessor = match &*state {
            State::Down { status, .. } => status.clone(),
            State::Up(_) | State::Stopped => String::new(),
        };
        let wake = Arc::new(Notify::new());
        *state = State::Up(Way {
            generation,
            pid,
            using: Use::Starting { predecessor },
            stdin: Some(stdin),
            backlog: Vec::new(),
            wake: Arc::clone(&wake),
            waiting: HashMap::new(),
        });
        wake
    }

    /// The worker takes calls.
    pub(super) fn open(&self) {
        if let State::Up(way) = &mut *self.lock() {
            way.using = Use::Open;
        }
    }

    /// Closes the worker's input; answers may still come.
    pub(super) fn close_stdin(&self) {
        if let State::Up(way) = &mut *self.lock() {
            // Without this it would answer what is in flight first. Where the pipe is full it hears nothing, and its
            // end of input has to do.
            if way.stdin.as_ref().is_some_and(|stdin| stdin.is_ours_alone()) {
                let _ = way.write(SHUTDOWN_LINE);
            }
            way.using = Use::Closing;
            way.stdin = None;
            way.backlog = Vec::new();
        }
    }

    /// The worker is gone and another starts later: everybody who waits is told so.
    pub(super) fn down(&self, status: &str, restart_in: Duration) {
        let until = clock::now() + restart_in;
        self.replace(State::Down { status: status.to_owned(), until }, status, Some(restart_in));
    }

    /// The worker is gone and no other will start: everybody who waits is told so.
    pub(super) fn stop(&self, status: &str) {
        self.replace(State::Stopped, status, None);
    }

    /// Writes what did not fit into the pipe before.
    ///
    /// # Errors
    ///
    /// When the worker does not read any more.
    pub(super) fn flush(&self, generation: u64) -> io::Result<Flushed> {
        match &mut *self.lock() {
            State::Up(way) if way.generation == generation => way.flush(),
            State::Up(_) | State::Down { .. } | State::Stopped => Ok(Flushed::All),
        }
    }

    fn replace(&self, with: State, status: &str, restart_in: Option<Duration>) {
        let before = std::mem::replace(&mut *self.lock(), with);
        if let State::Up(way) = before {
            for waiter in way.waiting.into_values() {
                let fate = CallFate::Unanswered(waiter.method());
                waiter.fail(LinkError::WorkerDied { status: status.to_owned(), restart_in, fate });
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing under this lock leaves the state half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The way to a worker that takes calls of this origin.
fn way_for(origin: Origin, state: &mut State) -> Result<&mut Way, LinkError> {
    let died = |status: &str, restart_in| LinkError::WorkerDied {
        status: status.to_owned(),
        restart_in,
        fate: CallFate::NotSent,
    };
    match state {
        State::Up(way) => match &way.using {
            Use::Open => Ok(way),
            Use::Starting { .. } if origin == Origin::Supervisor => Ok(way),
            Use::Starting { predecessor } => Err(died(predecessor, None)),
            Use::Closing => Err(LinkError::Stopped),
        },
        State::Down { status, until } => Err(died(status, Some(until.saturating_duration_since(clock::now())))),
        State::Stopped => Err(LinkError::Stopped),
    }
}

impl Way {
    /// Writes a line, whole or not at all as far as the worker can see.
    fn write(&mut self, line: &[u8]) -> Result<(), LinkError> {
        if !self.backlog.is_empty() && self.backlog.len() + line.len() > MAX_BACKLOG {
            return Err(LinkError::Overloaded { what: "bytes of requests wait for the worker", limit: MAX_BACKLOG });
        }
        let written = match &self.stdin {
            Some(stdin) if self.backlog.is_empty() => stdin.try_write(line).unwrap_or(0),
            Some(_) | None => 0,
        };
        if written < line.len() {
            // Broken pipes too: the flusher meets the same error and reports it.
            self.backlog.extend_from_slice(&line[written..]);
            self.wake.notify_one();
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<Flushed> {
        let Some(stdin) = &self.stdin else { return Ok(Flushed::All) };
        if !self.backlog.is_empty() {
            match stdin.try_write(&self.backlog) {
                Ok(written) => drop(self.backlog.drain(..written)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
        Ok(if self.backlog.is_empty() { Flushed::All } else { Flushed::Part })
    }
}
