//! One connection in this process, to ready and back: for measuring, and where no worker is wanted.

use std::cell::RefCell;
use std::rc::Rc;

use tokio::sync::{Notify, mpsc};

use super::driver::{Command, Driver, DriverSettings, Outlet};
use super::exchange::{CallId, CallResult};
use crate::gateway::Pace;
use crate::pacing::PacingSettings;
use crate::protocol::{CallError, ConnectParams, ConnectedResult, DisconnectedResult, ErrorCode, Event, TicksEvent};

const CONNECT: CallId = CallId(1);
const DISCONNECT: CallId = CallId(2);

/// Opens a session in this process, and closes it in order as soon as it is ready.
///
/// # Errors
///
/// As a worker's `connect` has them.
///
/// # Cancel safety
///
/// Dropping the future resets the connection.
pub async fn connect_once(params: ConnectParams) -> Result<(ConnectedResult, DisconnectedResult), CallError> {
    let (commands, receiver) = mpsc::channel(1);
    let outlet = Answers::default();
    let client_id = params.client_id;
    let settings = DriverSettings { params, connect: CONNECT, announce: false, overall: None, keep: None };
    // One session's connecting is a handful of messages, which nothing has to wait for.
    let paced = Pace::new(PacingSettings::default()).session(client_id);
    let driver = Driver::new(settings, outlet.clone(), receiver, paced).run();
    let asking = async {
        let connected = outlet.next(CONNECT).await?;
        let disconnect = Command::Disconnect { id: Some(DISCONNECT), by: None };
        // A driver that has ended meanwhile has answered, or dropped its end of the channel.
        let _ = commands.send(disconnect).await;
        let disconnected = outlet.next(DISCONNECT).await?;
        match (connected, disconnected) {
            (CallResult::Connected(connected), CallResult::Disconnected(disconnected)) => {
                Ok((*connected, disconnected))
            }
            _ => Err(CallError::new(ErrorCode::Internal, "a session answered another question")),
        }
    };
    let ((), result) = tokio::join!(driver, asking);
    result
}

#[derive(Debug, Clone, Default)]
struct Answers(Rc<AnswersInner>);

#[derive(Debug, Default)]
struct AnswersInner {
    answers: RefCell<Vec<(CallId, Result<CallResult, CallError>)>>,
    arrived: Notify,
}

impl Answers {
    async fn next(&self, call: CallId) -> Result<CallResult, CallError> {
        loop {
            let found = {
                let mut answers = self.0.answers.borrow_mut();
                let at = answers.iter().position(|(id, _)| *id == call);
                at.map(|at| answers.swap_remove(at).1)
            };
            if let Some(result) = found {
                return result;
            }
            self.0.arrived.notified().await;
        }
    }
}

impl Outlet for Answers {
    fn answer(&self, call: CallId, result: Result<CallResult, CallError>) {
        self.0.answers.borrow_mut().push((call, result));
        self.0.arrived.notify_one();
    }

    fn event(&self, _: &Event) -> bool {
        true
    }

    fn ticks(&self, _: &TicksEvent) -> bool {
        true
    }

    fn has_room(&self) -> bool {
        true
    }

    fn is_read(&self) -> bool {
        true
    }

    async fn room(&self) {}
}
