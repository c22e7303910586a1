//! From lines to calls: finds the method, its parameters, its deadline and its session.

use std::rc::Rc;
use std::time::Duration;

use gatewright_proto::ClientId;
use gatewright_proto::session::Deadlines;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use tokio::task::JoinSet;

use super::hub::{ClientNumber, Hub};
use super::out::Out;
use super::seed_form;
use super::stdio::InputLine;
use crate::clock;
use crate::protocol::{
    CallError, CancelOrderParams, ConnectParams, ContractDetailsParams, ErrorCode, ExecutionsParams,
    HistoricalBarsParams, Incoming, Method, OrderParams, RequestLine, RpcId, SeedAnswer, SessionParams,
    SubscribeParams, UnsubscribeParams,
};
use crate::session::exchange::{Call, CallId, CallResult};
use crate::session::{Command, Driver, DriverSettings, Keep, Outlet};

/// How long a call may take that names no deadline.
const DEFAULT_DEADLINE: Duration = Duration::from_secs(10);

/// The same for historical bars, which a Gateway may take long to collect.
const HISTORICAL_DEADLINE: Duration = Duration::from_secs(60);

/// The longest deadline that is taken; more is a mistake of units.
const MAX_DEADLINE: Duration = Duration::from_secs(3600);

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

/// One client of a worker: its lines become calls to the sessions.
#[derive(Debug)]
pub(crate) struct Dispatch {
    hub: Rc<Hub>,
    client: ClientNumber,
    out: Out,
    asides: JoinSet<()>,
}

impl Dispatch {
    pub(crate) fn new(hub: Rc<Hub>, client: ClientNumber, out: Out) -> Self {
        Self { hub, client, out, asides: JoinSet::new() }
    }

    /// Takes what was read.
    pub(super) fn input(&mut self, read: &InputLine, line: &[u8]) {
        match read {
            InputLine::Line if line.trim_ascii().is_empty() => {}
            InputLine::Line => {
                self.line(line);
                self.hub.wake();
            }
            InputLine::TooLong => {
                self.out.refuse(None, &CallError::new(ErrorCode::InvalidRequest, "the line is too long"));
            }
            InputLine::End => {}
        }
        while self.asides.try_join_next().is_some() {}
    }

    fn line(&mut self, line: &[u8]) {
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
        check_deadline(given)?;
        match method {
            Method::Connect => self.connect(call, read(params)?, given, announce),
            Method::Ping => {
                let _: SessionParams = read(params)?;
                self.out.answer(call, Ok(CallResult::Ping(self.hub.ping())));
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
                self.hub.send(self.client, params.client_id, Command::Disconnect { id: Some(call), by })
            }
            Method::RawSession | Method::Attach => {
                let text = format!("{} must be the first line of a connection to the worker's socket", method.name());
                Err(CallError::new(ErrorCode::InvalidRequest, text))
            }
            Method::Accounts
            | Method::Positions
            | Method::AccountSummary
            | Method::HistoricalBars
            | Method::ContractDetails
            | Method::OpenOrders
            | Method::AllOpenOrders
            | Method::CompletedOrders
            | Method::GlobalCancel
            | Method::Executions
            | Method::Subscribe
            | Method::Unsubscribe
            | Method::PlaceOrder
            | Method::CancelOrder => {
                let default = if method == Method::HistoricalBars { HISTORICAL_DEADLINE } else { DEFAULT_DEADLINE };
                let deadline = clock::now() + given.unwrap_or(default);
                let (client_id, what) = session_call(method, params)?;
                self.hub.send(self.client, client_id, Command::Call { id: call, call: what, deadline })
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
        let client_id = params.client_id;
        let by = overall.unwrap_or_else(|| clock::now() + Deadlines::default().connect_total());
        if params.keep && self.hub.keeps(self.client, &params)? {
            return self.hub.send(self.client, Some(client_id), Command::Connect { id: call, by });
        }
        let (number, commands) = self.hub.claim(client_id, self.client, &self.out)?;
        let keep = if params.keep {
            let wish = self.hub.recover().wish(&params.host, params.port, client_id).inspect_err(|_| {
                self.hub.release(client_id, number);
            })?;
            self.hub.keep(&params);
            Some(Keep { wish, pace: self.hub.pace().clone(), by })
        } else {
            None
        };
        // A kept session's attempts have the stages' own deadlines; the caller's is for the caller alone.
        let overall = overall.filter(|_| keep.is_none());
        let settings = DriverSettings { params, connect: call, announce: announce == Announce::Stages, overall, keep };
        self.out.assign(call, number);
        let paced = self.hub.pace().session(client_id);
        self.hub.spawn(client_id, number, Driver::new(settings, self.out.clone(), commands, paced).run());
        Ok(())
    }

    fn health(&mut self, call: CallId) {
        let asking = Rc::clone(&self.hub).health();
        let out = self.out.clone();
        self.asides.spawn_local(async move {
            out.answer(call, Ok(CallResult::Health(Box::new(asking.await))));
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
        Method::AllOpenOrders => (read::<SessionParams>(params)?.client_id, Call::AllOpenOrders),
        Method::CompletedOrders => (read::<SessionParams>(params)?.client_id, Call::CompletedOrders),
        Method::GlobalCancel => (read::<SessionParams>(params)?.client_id, Call::GlobalCancel),
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
        Method::Connect | Method::Disconnect | Method::Ping | Method::Health | Method::RawSession | Method::Attach => {
            let text = format!("{} is no call to a session", method.name());
            return Err(CallError::new(ErrorCode::Internal, text));
        }
    })
}

/// A deadline that somebody can have meant.
pub(super) fn check_deadline(given: Option<Duration>) -> Result<(), CallError> {
    if given.is_some_and(|given| given > MAX_DEADLINE) {
        return Err(CallError::new(ErrorCode::InvalidParams, "deadline_ms is more than an hour"));
    }
    Ok(())
}

/// Whether a line that cannot be read was meant to be of the older form.
fn names_a_command(line: &[u8]) -> bool {
    serde_json::from_slice::<Map<String, Value>>(line).is_ok_and(|object| object.contains_key("command"))
}

fn read<T: DeserializeOwned>(params: Map<String, Value>) -> Result<T, CallError> {
    serde_json::from_value(Value::Object(params)).map_err(invalid)
}

#[expect(clippy::needless_pass_by_value, reason = "used as the argument of map_err")]
pub(super) fn invalid(error: serde_json::Error) -> CallError {
    CallError::new(ErrorCode::InvalidParams, format!("the parameters do not fit: {error}"))
}
