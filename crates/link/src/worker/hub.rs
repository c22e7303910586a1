//! What all clients of one worker share: the sessions, one for each client id, and how the worker itself is.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;
use std::time::{Duration, Instant};

use gatewright_proto::ClientId;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::task::JoinSet;

use super::attach::Names;
use super::lag::Lag;
use super::out::Out;
use super::policy::WorkerPolicy;
use crate::clock;
use crate::gateway::{Pace, Recover};
use crate::protocol::{CallError, ConnectParams, ErrorCode, Event, HealthResult, PingResult, SessionHealth};
use crate::session::{Command, Outlet};

/// Sessions of one worker: as many as a Gateway takes.
const MAX_SESSIONS: usize = 32;

/// Commands that wait for a session's task.
const MAX_COMMANDS: usize = 1024;

/// How long a session may take to say how it is.
const HEALTH_PATIENCE: Duration = Duration::from_millis(500);

/// How long the loop stays awake after a request.
const STAY_AWAKE: Duration = Duration::from_micros(50);

/// Names one client of a worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ClientNumber(u64);

/// The way to one session.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) commands: mpsc::Sender<Command>,
    /// Which session, over all that this worker ever had.
    pub(super) number: u64,
    /// Whose it is.
    pub(super) client: ClientNumber,
    /// Where its answers go.
    out: Out,
    /// What a kept session was asked for by.
    kept: Option<ConnectParams>,
}

impl Slot {
    pub(super) fn is_open(&self) -> bool {
        !self.commands.is_closed()
    }
}

/// What all clients of one worker share. Single-threaded.
#[derive(Debug)]
pub(crate) struct Hub {
    lag: Lag,
    began: Instant,
    pace: Pace,
    recover: Recover,
    names: Names,
    parking: Duration,
    /// Where to tell what concerns every client that speaks lines.
    outs: RefCell<BTreeMap<ClientNumber, Out>>,
    /// The last number given to a call, over all clients, so that no two streams of a worker have the same number.
    calls: Rc<Cell<u64>>,
    clients: Cell<u64>,
    numbers: Cell<u64>,
    sessions: RefCell<BTreeMap<ClientId, Slot>>,
    tasks: RefCell<JoinSet<()>>,
    /// Which session each task serves, also where it ends by a panic.
    serving: RefCell<BTreeMap<tokio::task::Id, (ClientId, u64)>>,
    spawned: Notify,
    /// Sessions that have not ended, whether or not they still take commands.
    alive: Cell<usize>,
    ended: Notify,
    requests: Notify,
}

impl Hub {
    pub(crate) fn new(lag: Lag, policy: WorkerPolicy) -> Rc<Self> {
        let pace = match &policy.pace_file {
            Some(path) => Pace::noted(policy.pacing, path),
            None => Pace::new(policy.pacing),
        };
        Rc::new(Self {
            lag,
            began: clock::now(),
            recover: Recover::new(policy.recovery, pace.clone()),
            pace,
            names: Names::default(),
            parking: policy.parking,
            outs: RefCell::default(),
            calls: Rc::default(),
            clients: Cell::default(),
            numbers: Cell::default(),
            sessions: RefCell::default(),
            tasks: RefCell::default(),
            serving: RefCell::default(),
            spawned: Notify::new(),
            alive: Cell::default(),
            ended: Notify::new(),
            requests: Notify::new(),
        })
    }

    /// The pace of the Gateway.
    pub(super) fn pace(&self) -> &Pace {
        &self.pace
    }

    /// The recovery of the Gateway.
    pub(super) fn recover(&self) -> &Recover {
        &self.recover
    }

    /// The programs that have named themselves.
    pub(super) fn names(&self) -> &Names {
        &self.names
    }

    /// How long a program that has named itself may be away.
    pub(super) fn parking(&self) -> Duration {
        self.parking
    }

    /// A client's sessions.
    pub(super) fn sessions_of(&self, client: ClientNumber) -> Vec<ClientId> {
        let sessions = self.sessions.borrow();
        sessions.iter().filter(|(_, slot)| slot.is_open() && slot.client == client).map(|(id, _)| *id).collect()
    }

    /// The output of a new client that speaks lines, and the client's name.
    pub(crate) fn client(&self) -> (ClientNumber, Out) {
        let (client, out) = self.raw_client();
        self.outs.borrow_mut().insert(client, out.clone());
        (client, out)
    }

    /// The same for a client that does not speak lines, and is told nothing that concerns everybody.
    pub(super) fn raw_client(&self) -> (ClientNumber, Out) {
        self.clients.set(self.clients.get() + 1);
        (ClientNumber(self.clients.get()), Out::new(Rc::clone(&self.calls)))
    }

    /// Tells every client that speaks lines.
    pub(super) fn tell_all(&self, event: &Event) {
        for out in self.outs.borrow().values() {
            // Nothing that concerns everybody may be dropped, so that it is always taken.
            let _ = out.event(event);
        }
    }

    /// Takes a client id for a new session; returns its number and where its commands come from.
    ///
    /// # Errors
    ///
    /// The client id has a session, or there are too many.
    pub(super) fn claim(
        &self,
        client_id: ClientId,
        client: ClientNumber,
        out: &Out,
    ) -> Result<(u64, mpsc::Receiver<Command>), CallError> {
        let mut sessions = self.sessions.borrow_mut();
        if let Some(slot) = sessions.get(&client_id).filter(|slot| slot.is_open()) {
            return Err(if slot.client == client {
                let text = format!("client id {client_id} has a session in this worker already");
                CallError::new(ErrorCode::AlreadyConnected, text)
            } else {
                CallError::client_id_in_use(client_id)
            });
        }
        if sessions.values().filter(|slot| slot.is_open()).count() >= MAX_SESSIONS {
            return Err(CallError::new(ErrorCode::Overloaded, format!("{MAX_SESSIONS} sessions are open already")));
        }
        let (commands, receiver) = mpsc::channel(MAX_COMMANDS);
        let number = self.numbers.get() + 1;
        self.numbers.set(number);
        sessions.insert(client_id, Slot { commands, number, client, out: out.clone(), kept: None });
        Ok((number, receiver))
    }

    /// Notes that the session of a client id is kept.
    pub(super) fn keep(&self, params: &ConnectParams) {
        if let Some(slot) = self.sessions.borrow_mut().get_mut(&params.client_id) {
            slot.kept = Some(ConnectParams { timeout: None, ..params.clone() });
        }
    }

    /// Whether a client has a kept session that was asked for in the same way.
    ///
    /// # Errors
    ///
    /// It has one that was asked for in another way.
    pub(super) fn keeps(&self, client: ClientNumber, params: &ConnectParams) -> Result<bool, CallError> {
        let sessions = self.sessions.borrow();
        let slot = sessions.get(&params.client_id).filter(|slot| slot.is_open() && slot.client == client);
        match slot.and_then(|slot| slot.kept.as_ref()) {
            None => Ok(false),
            Some(kept) if *kept == (ConnectParams { timeout: None, ..params.clone() }) => Ok(true),
            Some(_) => {
                let text = format!("client id {} has a kept session with other parameters", params.client_id);
                Err(CallError::new(ErrorCode::AlreadyConnected, text))
            }
        }
    }

    /// Runs a session that was claimed as a task of the worker's.
    pub(super) fn spawn(
        self: &Rc<Self>,
        client_id: ClientId,
        number: u64,
        session: impl Future<Output = ()> + 'static,
    ) {
        let alive = self.alive();
        let task = self.tasks.borrow_mut().spawn_local(async move {
            session.await;
            drop(alive);
        });
        self.serving.borrow_mut().insert(task.id(), (client_id, number));
        self.spawned.notify_one();
    }

    /// Counts a session as alive until this is dropped.
    pub(super) fn alive(self: &Rc<Self>) -> Alive {
        self.alive.set(self.alive.get() + 1);
        Alive(Rc::clone(self))
    }

    /// Forgets a session that has ended, unless its client id was taken anew meanwhile.
    pub(super) fn release(&self, client_id: ClientId, number: u64) {
        let mut sessions = self.sessions.borrow_mut();
        if sessions.get(&client_id).is_some_and(|slot| slot.number == number) {
            sessions.remove(&client_id);
        }
    }

    /// Sees to sessions' tasks that end, for ever.
    pub(super) async fn reap(self: Rc<Self>) {
        loop {
            let ended = poll_fn(|cx| match self.tasks.borrow_mut().poll_join_next_with_id(cx) {
                Poll::Ready(Some(ended)) => Poll::Ready(ended),
                Poll::Ready(None) | Poll::Pending => Poll::Pending,
            });
            let task = tokio::select! {
                ended = ended => match ended {
                    Ok((task, ())) => task,
                    Err(error) => {
                        tracing::error!(%error, "a session's task ended unexpectedly");
                        error.id()
                    }
                },
                () = self.spawned.notified() => continue,
            };
            let serving = self.serving.borrow_mut().remove(&task);
            let Some((client_id, number)) = serving else { continue };
            let out =
                self.sessions.borrow().get(&client_id).filter(|slot| slot.number == number).map(|s| s.out.clone());
            self.release(client_id, number);
            if let Some(out) = out {
                out.fail_assigned(number, &CallError::new(ErrorCode::Internal, "the session ended without an answer"));
            }
        }
    }

    /// Hands a command to one of a client's sessions: the named one, or the only one.
    pub(super) fn send(
        &self,
        client: ClientNumber,
        client_id: Option<ClientId>,
        command: Command,
    ) -> Result<(), CallError> {
        let sessions = self.sessions.borrow();
        let open = || sessions.iter().filter(|(_, slot)| slot.is_open() && slot.client == client);
        let session = match client_id {
            Some(client_id) => open().find(|(id, _)| **id == client_id),
            None if open().count() > 1 => {
                let text = "there are several sessions: name one by client_id";
                return Err(CallError::new(ErrorCode::InvalidParams, text));
            }
            None => open().next(),
        };
        let Some((_, slot)) = session else {
            return Err(CallError::new(ErrorCode::NotConnected, "there is no such session"));
        };
        let call = match &command {
            Command::Call { id, .. } | Command::Connect { id, .. } | Command::Disconnect { id: Some(id), .. } => {
                Some(*id)
            }
            Command::Health(_) | Command::Disconnect { id: None, .. } => None,
        };
        if let Some(call) = call {
            slot.out.assign(call, slot.number);
        }
        slot.commands.try_send(command).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => {
                CallError::new(ErrorCode::Overloaded, "the session does not keep up with its calls")
            }
            mpsc::error::TrySendError::Closed(_) => CallError::new(ErrorCode::NotConnected, "the session has ended"),
        })
    }

    /// A client has gone for good: its sessions are closed in order.
    pub(super) fn leave(&self, client: ClientNumber) {
        self.outs.borrow_mut().remove(&client);
        for slot in self.sessions.borrow().values().filter(|slot| slot.client == client) {
            // A full queue means a session that is stuck; it ends by its own deadlines.
            let _ = slot.commands.try_send(Command::Disconnect { id: None, by: None });
        }
    }

    /// How everything is, as far as the sessions say so in time.
    pub(super) async fn health(self: Rc<Self>) -> HealthResult {
        let worker = self.ping();
        let sessions = self.sessions_health().await;
        HealthResult { worker, sessions, recovery: self.recover.report(), pacing: self.pace.report() }
    }

    async fn sessions_health(&self) -> Vec<SessionHealth> {
        let by = clock::now() + HEALTH_PATIENCE;
        let asked: Vec<oneshot::Receiver<_>> = self
            .sessions
            .borrow()
            .values()
            .filter_map(|slot| {
                let (reply, answer) = oneshot::channel();
                slot.commands.try_send(Command::Health(reply)).ok().map(|()| answer)
            })
            .collect();
        let mut sessions = Vec::with_capacity(asked.len());
        for answer in asked {
            if let Ok(Ok(health)) = tokio::time::timeout_at(by.into(), answer).await {
                sessions.push(health);
            }
        }
        sessions
    }

    /// The worker's sign of life.
    pub(super) fn ping(&self) -> PingResult {
        PingResult {
            pong: true,
            version: env!("CARGO_PKG_VERSION").into(),
            pid: std::process::id(),
            uptime_ms: u64::try_from((clock::now() - self.began).as_millis()).unwrap_or(u64::MAX),
            loop_lag_ms: (self.lag.worst().as_secs_f64() * 1e6).round() / 1e3,
        }
    }

    /// Closes every session in order, and returns when all have closed or `by` has come.
    pub(super) async fn close_all(&self, by: Instant) {
        for slot in std::mem::take(&mut *self.sessions.borrow_mut()).into_values() {
            // A full queue means a session that is stuck; dropping its commands ends it as well.
            let _ = slot.commands.try_send(Command::Disconnect { id: None, by: Some(by) });
        }
        let closed = tokio::time::timeout_at(by.into(), async {
            while self.alive.get() > 0 {
                self.ended.notified().await;
            }
        });
        if closed.await.is_err() {
            self.tasks.borrow_mut().abort_all();
        }
    }

    /// Something was asked: the loop stays awake for a moment.
    pub(super) fn wake(&self) {
        self.requests.notify_one();
    }

    /// Keeps the loop from sleeping for a moment after each request: who has asked once mostly asks again, and waking a
    /// sleeping core costs more than all the work of an answer. Raw sessions do not: the Gateway answers there, and staying
    /// awake for it was measured to bring nothing.
    pub(super) async fn stay_awake(self: Rc<Self>) {
        loop {
            self.requests.notified().await;
            let until = clock::now() + STAY_AWAKE;
            while clock::now() < until {
                tokio::task::yield_now().await;
            }
        }
    }
}

/// Counts a session as alive.
#[derive(Debug)]
pub(super) struct Alive(Rc<Hub>);

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.alive.set(self.0.alive.get() - 1);
        self.0.ended.notify_one();
    }
}
