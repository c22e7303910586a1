//! The handle: typed calls to a worker that is kept alive.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use gatewright_proto::session::Deadlines;
use tokio::sync::watch;

use super::caller::Caller;
use super::events::{LinkEvents, event_queue};
use super::settings::LinkSettings;
use super::subscription::Subscription;
use super::supervisor::{Supervisor, WorkerExit};
use super::switchboard::{Origin, Switchboard};
use crate::error::LinkError;
use crate::protocol::{
    AccountSummaryResult, AccountsResult, BarsResult, CancelOrderParams, CompletedOrdersResult, ConnectParams,
    ConnectedResult, ContractDetailsParams, ContractDetailsResult, DisconnectedResult, ExecutionsParams,
    ExecutionsResult, GlobalCancelResult, HealthResult, HistoricalBarsParams, Method, OpenOrdersResult, OrderParams,
    OrderResult, PingResult, PositionsResult, SessionParams, SubscribeParams,
};

/// What connecting may take beyond its stages: looking for what was left behind after a failure, and a busy machine.
const CONNECT_MARGIN: Duration = Duration::from_millis(500);

/// A worker kept alive, and calls to it. Cheap to clone; when the last handle is dropped the worker is told to exit.
///
/// A call ends with an answer, with the worker's death, or with its deadline, whichever comes first. Made while no
/// worker is there, it fails at once. A worker that was started again has no sessions: connect anew.
///
/// After dropping the last handle the runtime must go on for a moment for the worker to exit in order; a runtime that
/// ends at once kills it. [`Link::stop`] waits for it.
#[derive(Clone)]
pub struct Link {
    caller: Caller,
    hold: Arc<Hold>,
}

/// Keeps the supervisor going.
struct Hold {
    stop: watch::Sender<bool>,
    exit: watch::Receiver<Option<WorkerExit>>,
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.stop.send_replace(true);
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link").field("worker_pid", &self.worker_pid()).finish_non_exhaustive()
    }
}

impl Link {
    /// Starts a worker and keeps one alive from then on. Returns when the first has answered a ping.
    ///
    /// # Errors
    ///
    /// [`LinkError::WorkerStart`] when the first worker cannot be put to use within 5 s. Nothing is left running then.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future kills the worker that was starting.
    pub async fn spawn(settings: LinkSettings) -> Result<(Self, LinkEvents), LinkError> {
        let (events, receiver) = event_queue();
        let caller = Caller { switchboard: Arc::new(Switchboard::new()), deadline: settings.call_deadline };
        let (stop, stopped) = watch::channel(false);
        let (exited, exit) = watch::channel(None);
        let program = settings.command.program.clone();
        let mut supervisor = Supervisor::new(settings, caller.clone(), events, stopped, exited);
        let worker = supervisor.start().await.map_err(|why| LinkError::WorkerStart { program, why })?;
        detach(supervisor.run(worker));
        Ok((Self::new(caller, stop, exit), receiver))
    }

    pub(super) fn new(caller: Caller, stop: watch::Sender<bool>, exit: watch::Receiver<Option<WorkerExit>>) -> Self {
        Self { caller, hold: Arc::new(Hold { stop, exit }) }
    }

    /// Calls are let through from now on.
    pub(super) fn open(&self) {
        self.caller.switchboard.open();
    }

    /// Opens a session; answers when it is ready. The deadline comes from `timeout`, and without it from the stages'
    /// own deadlines, not from the link's.
    ///
    /// # Errors
    ///
    /// As any call's: see [`LinkError`].
    ///
    /// # Cancel safety
    ///
    /// Dropping the future forgets the call: the session may still come about.
    pub async fn connect(&self, params: ConnectParams) -> Result<ConnectedResult, LinkError> {
        let asked = params.timeout.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        let deadline = asked.unwrap_or_else(|| Deadlines::default().connect_total()).saturating_add(CONNECT_MARGIN);
        self.caller.call(Origin::Caller, Method::Connect, &params, deadline).await
    }

    /// Starts a stream of events. Nothing of it is missed: it is there before its first event is read.
    ///
    /// # Errors
    ///
    /// As any call's: see [`LinkError`].
    ///
    /// # Cancel safety
    ///
    /// A stream whose future was dropped is ended as soon as the worker answers.
    pub async fn subscribe(&self, params: SubscribeParams) -> Result<Subscription, LinkError> {
        self.caller.subscribe(&params).await
    }

    /// The same link with another deadline for each call.
    #[must_use]
    pub fn with_deadline(&self, deadline: Duration) -> Self {
        Self { caller: Caller { deadline, ..self.caller.clone() }, hold: Arc::clone(&self.hold) }
    }

    /// The worker's process id, while there is one.
    pub fn worker_pid(&self) -> Option<u32> {
        self.caller.switchboard.pid()
    }

    /// How many answers came that nobody waited for any more.
    pub fn late_answers(&self) -> u64 {
        self.caller.switchboard.strays.late.load(Ordering::Relaxed)
    }

    /// How many lines of the worker's output were not the protocol's.
    pub fn foreign_lines(&self) -> u64 {
        self.caller.switchboard.strays.foreign.load(Ordering::Relaxed)
    }

    /// How many events came for streams that nobody reads any more.
    pub fn stray_events(&self) -> u64 {
        self.caller.switchboard.strays.events.load(Ordering::Relaxed)
    }

    /// Lets the worker close its sessions and exit, and kills it if it does not in time. From then on every call fails,
    /// on every handle. Asked again, it gives the same answer.
    ///
    /// # Errors
    ///
    /// [`LinkError::Stopped`] when the link's task was taken away by the end of its runtime.
    ///
    /// # Cancel safety
    ///
    /// Once polled, the worker exits even when the future is dropped.
    pub async fn stop(&self) -> Result<WorkerExit, LinkError> {
        self.hold.stop.send_replace(true);
        let mut exit = self.hold.exit.clone();
        let exit = exit.wait_for(Option::is_some).await.map_err(|_| LinkError::Stopped)?;
        exit.clone().ok_or(LinkError::Stopped)
    }
}

macro_rules! calls {
    ($($(#[$doc:meta])* $name:ident($params:ty) -> $result:ty, $method:expr;)*) => {
        impl Link {
            $(
                $(#[$doc])*
                ///
                /// # Errors
                ///
                /// As any call's: see [`LinkError`].
                ///
                /// # Cancel safety
                ///
                /// Dropping the future forgets the call: the worker may still carry it out.
                pub async fn $name(&self, params: $params) -> Result<$result, LinkError> {
                    self.caller.call(Origin::Caller, $method, &params, self.caller.deadline).await
                }
            )*
        }
    };
}

calls! {
    /// Closes a session in order.
    disconnect(SessionParams) -> DisconnectedResult, Method::Disconnect;
    /// Asks the worker for a sign of life; the Gateway is not asked.
    ping(SessionParams) -> PingResult, Method::Ping;
    /// What is known of each layer.
    health(SessionParams) -> HealthResult, Method::Health;
    /// The accounts of the login.
    accounts(SessionParams) -> AccountsResult, Method::Accounts;
    /// All positions, asked afresh.
    positions(SessionParams) -> PositionsResult, Method::Positions;
    /// Tagged account values, asked afresh.
    account_summary(SessionParams) -> AccountSummaryResult, Method::AccountSummary;
    /// Historical bars.
    historical_bars(HistoricalBarsParams) -> BarsResult, Method::HistoricalBars;
    /// All contracts that match.
    contract_details(ContractDetailsParams) -> ContractDetailsResult, Method::ContractDetails;
    /// Open orders.
    open_orders(SessionParams) -> OpenOrdersResult, Method::OpenOrders;
    /// Open orders of every client of the login, and those that people placed; nothing is bound by asking.
    all_open_orders(SessionParams) -> OpenOrdersResult, Method::AllOpenOrders;
    /// Cancels every open order of the login, whoever placed it. What became of each is told by its own status, so ask
    /// [`Self::all_open_orders`] until none is left.
    global_cancel(SessionParams) -> GlobalCancelResult, Method::GlobalCancel;
    /// Orders that are done and were placed through the API, of every client of the login, as far back as the Gateway
    /// tells; some tell of none.
    completed_orders(SessionParams) -> CompletedOrdersResult, Method::CompletedOrders;
    /// Executions since midnight of the Gateway's day.
    executions(ExecutionsParams) -> ExecutionsResult, Method::Executions;
    /// Places an order; answers at the Gateway's first word about it. An error may leave it in doubt: see
    /// [`LinkError::in_doubt`].
    place_order(OrderParams) -> OrderResult, Method::PlaceOrder;
    /// Cancels an order; answers at the Gateway's first word about it. An error may leave it in doubt: see
    /// [`LinkError::in_doubt`].
    cancel_order(CancelOrderParams) -> OrderResult, Method::CancelOrder;
}

/// Starts the supervisor. It ends by itself: soon after the last handle is dropped.
#[expect(
    clippy::disallowed_methods,
    reason = "the supervisor outlives the last handle by the time in which the worker exits in order; an owner that \
              aborted it would kill the worker instead"
)]
pub(super) fn detach(supervisor: impl Future<Output = ()> + Send + 'static) {
    drop(tokio::spawn(supervisor));
}
