//! From lines to calls: finds the method, its parameters, its deadline and its session.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use gatewright_proto::ClientId;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use super::lag::Lag;
use super::out::Out;
use super::seed_form;
use crate::clock;
use crate::protocol::{
    CallError, CancelOrderParams, ConnectParams, ContractDetailsParams, ErrorCode, ExecutionsParams, HealthResult,
    HistoricalBarsParams, Incoming, Method, OrderParams, PingResult, RequestLine, RpcId, SeedAnswer, SessionParams,
    SubscribeParams, UnsubscribeParams,
};
use crate::session::exchange::{Call, CallId, CallResult};
use crate::session::{Command, Driver, DriverSettings, Outlet};

/// How long a call may take that names no deadline.
const DEFAULT_DEADLINE: Duration = Duration::from_secs(10);

/// The same for historical bars, which a Gateway may take long to collect.
const HISTORICAL_DEADLINE: Duration = Duration::from_secs(60);

/// The longest deadline that is taken; more is a mistake of units.
const MAX_DEADLINE: Duration = Duration::from_secs(3600);

/// Commands that wait for a session's task.
const MAX_COMMANDS: usize = 1024;

/// Sessions of one worker: as many as a Gateway takes.
const MAX_SESSIONS: usize = 32;

/// How long a session may take to say how it is.
const HEALTH_PATIENCE: Duration = Duration::from_millis(500);

/// The notification that ends a worker in order at once, calls in flight or not.
pub(crate) const SHUTDOWN: &str = "shutdown";

/// Who asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Asker {
    /// A request, or a notification, which wants no answer.
    Rpc(Option<RpcId>),
    /// A command of the older form.
    Seed,
}

/// The way to one session's task.
#[derive(Debug)]
struct Handle {
    commands: mpsc::Sender<Command>,
    number: u64,
}

/// The sessions of a worker and the way to them.
#[derive(Debug)]
pub(crate) struct Dispatch {
    out: Out,
    lag: Lag,
    began: Instant,
    sessions: BTreeMap<ClientId, Handle>,
    tasks: JoinSet<ClientId>,
    /// Which session each task serves, also where it ends by a panic.
    numbers: BTreeMap<tokio::task::Id, u64>,
    next_number: u64,
    asides: JoinSet<()>,
}

impl Dispatch {
    pub(crate) fn new(out: Out, lag: Lag) -> Self {
        Self {
            out,
            lag,
            began: clock::now(),
            sessions: BTreeMap::new(),
            tasks: JoinSet::new(),
            numbers: BTreeMap::new(),
            next_number: 0,
            asides: JoinSet::new(),
        }
    }

    /// Takes one line of input.
    pub(crate) fn line(&mut self, line: &[u8]) {
        match Incoming::parse(line) {
            Ok(Incoming::Rpc(request)) => self.request(request),
            Ok(Incoming::Seed(command)) => {
                let queued = self.out.seed().borrow_mut().push(command);
                if let Err(error) = queued {
                    self.out.line(&SeedAnswer::Error((&error).into()));
                }
                self.pump_seed();
            }
            // Who speaks the older form reads nothing but its answers.
            Err((None, error)) if self.out.seed().borrow().is_spoken() || names_a_command(line) => {
                self.out.line(&SeedAnswer::Error((&error).into()));
            }
            Err((id, error)) => self.out.refuse(id, &error),
        }
    }

    /// Begins the next command of the older form, if its turn has come. To be called after every step.
    pub(crate) fn pump_seed(&mut self) {
        loop {
            let Some(command) = self.out.seed().borrow_mut().begin() else { return };
            let call = self.out.register(Asker::Seed);
            let begun = seed_form::method(&command)
                .and_then(|(method, params)| self.begin(call, method, params, None, Announce::No));
            if let Err(error) = begun {
                self.out.answer(call, Err(error));
            }
        }
    }

    /// A session's task has ended, or a side task; the former are forgotten.
    pub(crate) async fn next_ended(&mut self) {
        tokio::select! {
            Some(ended) = self.tasks.join_next_with_id() => {
                let task = match ended {
                    Ok((task, client_id)) => {
                        self.forget(client_id);
                        task
                    }
                    Err(error) => {
                        tracing::error!(%error, "a session's task ended unexpectedly");
                        self.sessions.retain(|_, session| !session.commands.is_closed());
                        error.id()
                    }
                };
                if let Some(number) = self.numbers.remove(&task) {
                    let error = CallError::new(ErrorCode::Internal, "the session ended without an answer");
                    self.out.fail_assigned(number, &error);
                }
            }
            Some(_) = self.asides.join_next() => {}
            else => std::future::pending().await,
        }
    }

    /// Closes every session in order, and returns when all have closed or `by` has come.
    pub(crate) async fn close_all(&mut self, by: Instant) {
        for session in std::mem::take(&mut self.sessions).into_values() {
            // A full queue means a session that is stuck; dropping its commands ends it as well.
            let _ = session.commands.try_send(Command::Disconnect { id: None, by: Some(by) });
        }
        let closed = tokio::time::timeout_at(by.into(), async { while self.tasks.join_next().await.is_some() {} });
        if closed.await.is_err() {
            self.tasks.abort_all();
        }
    }

    fn forget(&mut self, client_id: ClientId) {
        // The same id may have been taken anew while the old task was ending.
        if self.sessions.get(&client_id).is_some_and(|session| session.commands.is_closed()) {
            self.sessions.remove(&client_id);
        }
    }

    fn request(&mut self, request: RequestLine) {
        if request.method == SHUTDOWN {
            return self.out.stop();
        }
        let call = self.out.register(Asker::Rpc(request.id));
        let begun = Method::from_name(&request.method)
            .ok_or_else(|| CallError::new(ErrorCode::MethodNotFound, format!("no method {}", request.method)))
            .and_then(|method| {
                let params = match &request.params {
                    Some(params) => serde_json::from_str(params.get()).map_err(invalid)?,
                    None => Map::new(),
                };
                self.begin(call, method, params, request.deadline_ms, Announce::Stages)
            });
        if let Err(error) = begun {
            self.out.answer(call, Err(error));
        }
    }

    fn begin(
        &mut self,
        call: CallId,
        method: Method,
        mut params: Map<String, Value>,
        deadline_ms: Option<u64>,
        announce: Announce,
    ) -> Result<(), CallError> {
        let inside = params.remove("deadline_ms").map(serde_json::from_value).transpose().map_err(invalid)?;
        let given = deadline_ms.or(inside).map(Duration::from_millis);
        if given.is_some_and(|given| given > MAX_DEADLINE) {
            return Err(CallError::new(ErrorCode::InvalidParams, "deadline_ms is more than an hour"));
        }
        match method {
            Method::Connect => self.connect(call, read(params)?, given, announce),
            Method::Ping => {
                let _: SessionParams = read(params)?;
                self.out.answer(call, Ok(CallResult::Ping(self.ping())));
                Ok(())
            }
            Method::Health => {
                let _: SessionParams = read(params)?;
                self.health(call);
                Ok(())
            }
            Method::Disconnect => {
                let params: SessionParams = read(params)?;
                let by = given.map(|given| clock::now() + given);
                self.send(params.client_id, Command::Disconnect { id: Some(call), by })
            }
            Method::Accounts
            | Method::Positions
            | Method::AccountSummary
            | Method::HistoricalBars
            | Method::ContractDetails
            | Method::OpenOrders
            | Method::Executions
            | Method::Subscribe
            | Method::Unsubscribe
            | Method::PlaceOrder
            | Method::CancelOrder => {
                let default = if method == Method::HistoricalBars { HISTORICAL_DEADLINE } else { DEFAULT_DEADLINE };
                let deadline = clock::now() + given.unwrap_or(default);
                let (client_id, what) = session_call(method, params)?;
                self.send(client_id, Command::Call { id: call, call: what, deadline })
            }
        }
    }

    fn connect(
        &mut self,
        call: CallId,
        params: ConnectParams,
        given: Option<Duration>,
        announce: Announce,
    ) -> Result<(), CallError> {
        let client_id = params.client_id;
        if self.sessions.get(&client_id).is_some_and(|session| !session.commands.is_closed()) {
            let text = format!("client id {client_id} has a session in this worker already");
            return Err(CallError::new(ErrorCode::AlreadyConnected, text));
        }
        if self.sessions.len() >= MAX_SESSIONS {
            return Err(CallError::new(ErrorCode::Overloaded, format!("{MAX_SESSIONS} sessions are open already")));
        }
        let timeout = match params.timeout {
            Some(seconds) => Some(
                Duration::try_from_secs_f64(seconds)
                    .ok()
                    .filter(|timeout| !timeout.is_zero() && *timeout <= MAX_DEADLINE)
                    .ok_or_else(|| CallError::new(ErrorCode::InvalidParams, "timeout is not a span of seconds"))?,
            ),
            None => None,
        };
        let overall = given.into_iter().chain(timeout).min().map(|limit| clock::now() + limit);
        let (sender, commands) = mpsc::channel(MAX_COMMANDS);
        let settings = DriverSettings { params, connect: call, announce: announce == Announce::Stages, overall };
        let driver = Driver::new(settings, self.out.clone(), commands);
        self.next_number += 1;
        let number = self.next_number;
        self.out.assign(call, number);
        self.sessions.insert(client_id, Handle { commands: sender, number });
        let task = self.tasks.spawn_local(driver.run());
        self.numbers.insert(task.id(), number);
        Ok(())
    }

    fn send(&self, client_id: Option<ClientId>, command: Command) -> Result<(), CallError> {
        let open = || self.sessions.iter().filter(|(_, session)| !session.commands.is_closed());
        let session = match client_id {
            Some(client_id) => open().find(|(id, _)| **id == client_id),
            None if open().count() > 1 => {
                let text = "there are several sessions: name one by client_id";
                return Err(CallError::new(ErrorCode::InvalidParams, text));
            }
            None => open().next(),
        };
        let Some((_, session)) = session else {
            return Err(CallError::new(ErrorCode::NotConnected, "there is no such session"));
        };
        let call = match &command {
            Command::Call { id, .. } | Command::Disconnect { id: Some(id), .. } => Some(*id),
            Command::Health(_) | Command::Disconnect { id: None, .. } => None,
        };
        if let Some(call) = call {
            self.out.assign(call, session.number);
        }
        session.commands.try_send(command).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => {
                CallError::new(ErrorCode::Overloaded, "the session does not keep up with its calls")
            }
            mpsc::error::TrySendError::Closed(_) => CallError::new(ErrorCode::NotConnected, "the session has ended"),
        })
    }

    fn ping(&self) -> PingResult {
        PingResult {
            pong: true,
            version: env!("CARGO_PKG_VERSION").into(),
            pid: std::process::id(),
            uptime_ms: u64::try_from((clock::now() - self.began).as_millis()).unwrap_or(u64::MAX),
            loop_lag_ms: (self.lag.worst().as_secs_f64() * 1e6).round() / 1e3,
        }
    }

    fn health(&mut self, call: CallId) {
        let worker = self.ping();
        let asked: Vec<oneshot::Receiver<_>> = self
            .sessions
            .values()
            .filter_map(|session| {
                let (reply, answer) = oneshot::channel();
                session.commands.try_send(Command::Health(reply)).ok().map(|()| answer)
            })
            .collect();
        let out = self.out.clone();
        let by = clock::now() + HEALTH_PATIENCE;
        self.asides.spawn_local(async move {
            let mut sessions = Vec::with_capacity(asked.len());
            for answer in asked {
                if let Ok(Ok(health)) = tokio::time::timeout_at(by.into(), answer).await {
                    sessions.push(health);
                }
            }
            out.answer(call, Ok(CallResult::Health(HealthResult { worker, sessions })));
        });
    }
}

/// Whether stages are announced as they pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Announce {
    Stages,
    No,
}

/// Reads the parameters of a call to one session, and which session that is.
fn session_call(method: Method, params: Map<String, Value>) -> Result<(Option<ClientId>, Call), CallError> {
    Ok(match method {
        Method::Accounts => (read::<SessionParams>(params)?.client_id, Call::Accounts),
        Method::Positions => (read::<SessionParams>(params)?.client_id, Call::Positions),
        Method::AccountSummary => (read::<SessionParams>(params)?.client_id, Call::AccountSummary),
        Method::OpenOrders => (read::<SessionParams>(params)?.client_id, Call::OpenOrders),
        Method::HistoricalBars => {
            let params: HistoricalBarsParams = read(params)?;
            (params.client_id, Call::HistoricalBars(Box::new(params)))
        }
        Method::ContractDetails => {
            let params: ContractDetailsParams = read(params)?;
            (params.client_id, Call::ContractDetails(Box::new(params)))
        }
        Method::Executions => {
            let params: ExecutionsParams = read(params)?;
            (params.client_id, Call::Executions(params))
        }
        Method::Subscribe => {
            let params: SubscribeParams = read(params)?;
            (params.client_id, Call::Subscribe(Box::new(params)))
        }
        Method::Unsubscribe => {
            let params: UnsubscribeParams = read(params)?;
            (params.client_id, Call::Unsubscribe(params.subscription))
        }
        Method::PlaceOrder => {
            let params: OrderParams = read(params)?;
            (params.client_id, Call::PlaceOrder(Box::new(params)))
        }
        Method::CancelOrder => {
            let params: CancelOrderParams = read(params)?;
            (params.client_id, Call::CancelOrder(params))
        }
        Method::Connect | Method::Disconnect | Method::Ping | Method::Health => {
            let text = format!("{} is no call to a session", method.name());
            return Err(CallError::new(ErrorCode::Internal, text));
        }
    })
}

/// Whether a line that cannot be read was meant to be of the older form.
fn names_a_command(line: &[u8]) -> bool {
    serde_json::from_slice::<Map<String, Value>>(line).is_ok_and(|object| object.contains_key("command"))
}

fn read<T: DeserializeOwned>(params: Map<String, Value>) -> Result<T, CallError> {
    serde_json::from_value(Value::Object(params)).map_err(invalid)
}

#[expect(clippy::needless_pass_by_value, reason = "used as the argument of map_err")]
fn invalid(error: serde_json::Error) -> CallError {
    CallError::new(ErrorCode::InvalidParams, format!("the parameters do not fit: {error}"))
}
