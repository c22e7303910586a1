//! One Gateway: its worker, and the daemon's own session, which watches it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::Path;
use std::rc::Rc;
use std::time::{Duration, Instant};

use gatewright_link::LinkError;
use gatewright_link::client::{GatewayEvent, Link, LinkEvent, LinkEvents, LinkSettings, WorkerCommand, WorkerStderr};
use gatewright_link::protocol::{
    ConnectParams, ConnectedResult, HealthResult, Layer, LayerState, SessionParams, ZombiePolicy,
};
use gatewright_link::recovery::{Expected, RecoveryState, ResetWindows};
use gatewright_proto::ClientId;
use rustix::process::{Pid, Signal, kill_process};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::sleep_until;
use tracing::{debug, info, warn};

use super::instance::{gateway_folder, worker_socket};
use super::proxy::{ProxyServer, Served};
use super::report::{GatewayReport, MonitorReport, Outlook, StuckSession, Verdict, WorkerReport, WorkerState};
use super::watch::{Next, Watch};
use crate::clock;
use crate::config::{GatewaySettings, IbcSettings};
use crate::diagnosis::Diagnosis;
use crate::endpoint::Endpoint;
use crate::environment;
use crate::log::masked;

/// What the workers of a Gateway have sent to it, in its folder.
const PACE_FILE: &str = "pace";

/// How long the worker may wait for the daemon's own session before it says why there is none. It goes on trying.
const ANSWER_WITHIN: Duration = Duration::from_secs(1);

/// How long a worker may take to say how it is. It answers from memory.
const HEALTH_WITHIN: Duration = Duration::from_millis(500);

/// One Gateway as the daemon serves it. Cheap to clone; all clones are the same.
#[derive(Debug, Clone)]
pub(super) struct Gateway {
    settings: Rc<GatewaySettings>,
    link: Link,
    watch: Rc<RefCell<Watch>>,
    proxy: Option<Served>,
    windows: Rc<ResetWindows>,
}

impl Gateway {
    /// Starts its worker, and prepares its port for programs, if it has one, on a listener that exists already.
    ///
    /// # Errors
    ///
    /// When the first worker cannot be put to use; it says why once. When the proxy cannot be prepared.
    pub(super) async fn start(
        settings: GatewaySettings,
        state: &Path,
        listener: Option<(TcpListener, SocketAddr)>,
    ) -> Result<(Self, LinkEvents, Option<ProxyServer>), Diagnosis> {
        let program = std::env::current_exe()
            .map_err(|error| Diagnosis::internal("cannot find this program's own file", error))?;
        let logs = state.join("logs").join(&settings.name.value);
        let socket = worker_socket(state, &settings.name.value);
        // On a socket for the proxy and other programs, on standard streams for us: it ends when we do, however that is.
        let mut arguments: Vec<OsString> = vec![
            "worker".into(),
            "--socket".into(),
            socket.clone().into(),
            "--stdio".into(),
            "--log-dir".into(),
            logs.into(),
        ];
        let pace = settings.messages_per_second.value.to_string();
        arguments.extend(["--messages-per-second".into(), pace.into()]);
        let spent = gateway_folder(state, &settings.name.value).join(PACE_FILE);
        arguments.extend(["--pace-file".into(), spent.into()]);
        arguments.extend(["--region".into(), settings.region.value.to_string().into()]);
        if let Some(restart) = &settings.restart.value {
            arguments.extend(["--gateway-restart".into(), restart.to_string().into()]);
        }
        let mut command = WorkerCommand::new(program, arguments);
        command.env.push((environment::STATE.into(), state.as_os_str().to_owned()));
        let settings_of_link = LinkSettings { stderr: WorkerStderr::Lines, ..LinkSettings::new(command) };
        let (link, events) = Link::spawn(settings_of_link).await.map_err(|error| {
            Diagnosis::internal(&format!("the worker of {} cannot be started", settings.name.value), error)
        })?;
        let watch = Rc::new(RefCell::new(Watch::new(clock::now())));
        let served = listener.map(|listener| ProxyServer::new(listener, &settings, state, &socket)).transpose()?;
        let (server, proxy) = served.unzip();
        let restart = settings.restart.value.as_ref().map(|restart| restart.daily().clone());
        let windows = Rc::new(ResetWindows::new(settings.region.value.0, restart));
        Ok((Self { settings: Rc::new(settings), link, watch, proxy, windows }, events, server))
    }

    /// Its name.
    pub(super) fn name(&self) -> &str {
        &self.settings.name.value
    }

    /// Its API port.
    pub(super) fn address(&self) -> &Endpoint {
        &self.settings.address.value
    }

    /// Its manager, where there is one.
    pub(super) fn ibc(&self) -> Option<&IbcSettings> {
        self.settings.ibc.as_ref()
    }

    /// Where it is and where it is served, a line each.
    pub(super) fn announcement(&self) -> Vec<String> {
        let mut lines = vec![format!("gateway {} at {}", self.name(), self.settings.address.value)];
        if let Some(proxy) = &self.proxy {
            lines.push(format!("proxy {} listening on {}", self.name(), proxy.address()));
        }
        lines
    }

    /// Keeps the daemon's own session open, until it is dropped or the link is stopped.
    pub(super) async fn watch_over(&self, mut events: LinkEvents) {
        let mut opening = JoinSet::new();
        loop {
            let next = self.watch.borrow().next(clock::now());
            let wake = match next {
                Next::Ask => {
                    self.watch.borrow_mut().handle_asking();
                    let (link, params) = (self.link.clone(), self.monitor_params());
                    opening.spawn(async move { link.connect(params).await });
                    None
                }
                Next::AskAt(at) => Some(at),
                Next::Wait => None,
            };
            tokio::select! {
                biased;
                event = events.next() => match event {
                    Some(event) => self.handle(&event),
                    None => return,
                },
                // A call that panicked has no answer, and is made again as one that was refused.
                Some(opened) = opening.join_next() => self.opened(opened.unwrap_or(Err(LinkError::Stopped))),
                () = reached(wake) => {}
            }
        }
    }

    fn monitor_params(&self) -> ConnectParams {
        let settings = &self.settings;
        ConnectParams {
            host: settings.address.value.host.clone(),
            port: settings.address.value.port,
            client_id: settings.monitor_client_id.value,
            // It watches; nobody can trade through it, whatever comes over the worker's socket.
            readonly: true,
            // The dead connections of others are reported, and are no reason to stop watching.
            zombies: ZombiePolicy::Warn,
            live: settings.live.value,
            account: settings.account.value.clone(),
            sync: Some(Vec::new()),
            // The worker's one recovery owns it as it owns the sessions of programs: what it finds out holds for them too.
            keep: true,
            timeout: Some(ANSWER_WITHIN.as_secs_f64()),
            ..ConnectParams::default()
        }
    }

    fn handle(&self, event: &LinkEvent) {
        let gateway = self.name();
        match event {
            LinkEvent::WorkerStarted { pid, generation } => info!(gateway, pid, generation, "worker started"),
            LinkEvent::WorkerDied { status, restart_in, .. } => warn!(gateway, status, ?restart_in, "worker died"),
            LinkEvent::WorkerUnstartable { error } => warn!(gateway, error, "the worker cannot be started"),
            LinkEvent::WorkerLine(line) => match line.split_whitespace().nth(1) {
                // The worker's own log has these already.
                Some("INFO" | "DEBUG" | "TRACE") => debug!(gateway, line, "the worker says"),
                Some(_) | None => warn!(gateway, line, "the worker says"),
            },
            LinkEvent::SessionLost(lost) => {
                warn!(gateway, cause = lost.failure.cause, "session lost: {}", lost.failure.message)
            }
            LinkEvent::Notice(notice) => info!(gateway, code = notice.code, "the Gateway says: {}", notice.text),
            LinkEvent::Gateway(GatewayEvent::SessionInterrupted(lost)) => {
                warn!(gateway, cause = lost.failure.cause, "session interrupted: {}", lost.failure.message);
            }
            // The worker's own log has them.
            LinkEvent::Stage(_)
            | LinkEvent::Gateway(
                GatewayEvent::Recovery(_)
                | GatewayEvent::News(_)
                | GatewayEvent::SessionResumed(_)
                | GatewayEvent::Reconciled(_)
                | GatewayEvent::Freshness(_),
            ) => {}
        }
        let now = clock::now();
        let mut watch = self.watch.borrow_mut();
        watch.handle_event(now, event);
        if shows_way_open(event)
            && let Some(proxy) = &self.proxy
        {
            proxy.way_open();
        }
        let lost = matches!(event, LinkEvent::SessionLost(_) | LinkEvent::Gateway(GatewayEvent::SessionInterrupted(_)));
        if lost && let Some(expected) = self.expected() {
            let lasts = expected.until.duration_since(clock::wall());
            watch.handle_reset_expected(now, Duration::try_from(lasts).unwrap_or_default());
        }
    }

    /// What is expected at this time of day.
    fn expected(&self) -> Option<Expected> {
        self.windows.expected(clock::wall())
    }

    fn opened(&self, opened: Result<ConnectedResult, LinkError>) {
        let gateway = self.name();
        let mut watch = self.watch.borrow_mut();
        match opened {
            Ok(connected) => {
                info!(gateway, server_version = connected.server_version, ms = connected.total_ms, "session ready");
                watch.handle_connected(clock::now(), connected);
            }
            Err(error) => {
                let failure = error.data();
                // Said once for each reason, not at each answer.
                if watch.handle_refused(clock::now(), failure.clone()) {
                    warn!(gateway, cause = failure.cause, "no session: {}", failure.message);
                }
            }
        }
    }

    /// Closes its sessions in order and stops its worker.
    pub(super) async fn stop(&self) {
        self.watch.borrow_mut().handle_stopping();
        match self.link.stop().await {
            Ok(exit) => info!(gateway = self.name(), status = exit.status, took = ?exit.took, "worker stopped"),
            Err(error) => warn!(gateway = self.name(), %error, "the worker was not stopped in order"),
        }
    }

    /// Ends a worker that runs and answers nothing; its supervisor starts the next one. It is our own child, by its id.
    fn replace_worker(&self) {
        let pid = self.link.worker_pid();
        warn!(gateway = self.name(), pid, "the worker answers nothing; it is replaced");
        let process = pid.and_then(|pid| Pid::from_raw(i32::try_from(pid).ok()?));
        // One that has ended meanwhile needs nothing.
        let _ = process.map(|process| kill_process(process, Signal::KILL));
    }

    /// How it is.
    pub(super) async fn report(&self) -> GatewayReport {
        let health = self.link.with_deadline(HEALTH_WITHIN).health(SessionParams::default()).await;
        let now = clock::now();
        if let Ok(HealthResult { recovery: Some(recovery), .. }) = &health {
            self.watch.borrow_mut().handle_recovery(recovery);
        }
        self.watch.borrow_mut().handle_health(now, health.is_ok());
        if self.watch.borrow_mut().take_hung(now) {
            self.replace_worker();
        }
        let watch = self.watch.borrow();
        let settings = &self.settings;
        let layers = layers(&watch, health.as_ref(), settings.monitor_client_id.value, now);
        let name = settings.name.value.clone();
        let recovery = health.as_ref().ok().and_then(|health| health.recovery.clone());
        let proxy = self.proxy.as_ref().map(Served::report);
        let left_out = proxy.as_ref().and_then(|proxy| StuckSession::among(&proxy.left_out, watch.serves(now)));
        let outlook = Outlook::of(watch.is_expected_back(now), recovery.as_ref());
        GatewayReport {
            verdict: Verdict::of(&name, &layers, watch.worker, watch.failure.as_ref(), outlook)
                .with_stuck(&name, watch.stuck().or(left_out.as_ref())),
            gateway: settings.address.value.to_string(),
            worker_pid: self.link.worker_pid(),
            worker: WorkerReport {
                state: watch.worker,
                generation: watch.generation,
                since_ms: ms(now, watch.since),
                last_end: watch.last_end.clone(),
                loop_lag_ms: health.as_ref().ok().map(|health| health.worker.loop_lag_ms),
            },
            monitor: MonitorReport {
                client_id: settings.monitor_client_id.value.get(),
                connected: watch.connected.is_some(),
                server_version: watch.connected.as_ref().map(|connected| connected.server_version),
                accounts: watch.connected.iter().flat_map(|c| &c.accounts).map(|account| masked(account)).collect(),
                sessions: watch.sessions,
                attempts: watch.attempts,
                last_loss: watch.last_loss.clone(),
                failure: watch.failure.clone(),
            },
            expected: self.expected(),
            recovery,
            pacing: health.as_ref().ok().map(|health| health.pacing.clone()),
            sessions_ready: health.as_ref().map_or(0, sessions_ready),
            alert: None,
            remedy: None,
            socket_table: None,
            proxy,
            name,
            layers,
        }
    }
}

/// Whether whoever waits for another attempt to reach the Gateway has no reason to wait any more.
fn shows_way_open(event: &LinkEvent) -> bool {
    match event {
        LinkEvent::WorkerStarted { .. } => true,
        LinkEvent::Gateway(GatewayEvent::Recovery(report)) => report.state == RecoveryState::Ready,
        LinkEvent::WorkerDied { .. }
        | LinkEvent::WorkerUnstartable { .. }
        | LinkEvent::WorkerLine(_)
        | LinkEvent::SessionLost(_)
        | LinkEvent::Notice(_)
        | LinkEvent::Stage(_)
        | LinkEvent::Gateway(
            GatewayEvent::News(_)
            | GatewayEvent::SessionInterrupted(_)
            | GatewayEvent::SessionResumed(_)
            | GatewayEvent::Reconciled(_)
            | GatewayEvent::Freshness(_),
        ) => false,
    }
}

/// Sessions of anybody that are ready: ours and those of programs, of which recovery knows the raw ones.
fn sessions_ready(health: &HealthResult) -> usize {
    let ours = health.sessions.iter().filter(|session| session.connected).count();
    ours.max(health.recovery.as_ref().map_or(0, |recovery| recovery.sessions_ready))
}

/// The worker's own layer and, where it has a session, those below and above it.
fn layers(
    watch: &Watch,
    health: Result<&HealthResult, &LinkError>,
    client_id: ClientId,
    now: Instant,
) -> BTreeMap<String, Layer> {
    let mut layers = BTreeMap::new();
    let since_ms = Some(ms(now, watch.since));
    let worker = match (watch.worker, health) {
        (WorkerState::Running, Ok(health)) => {
            let evidence = format!("pid {} answered", health.worker.pid);
            Layer { state: LayerState::Yes, since_ms, evidence }
        }
        (WorkerState::Running, Err(error)) => {
            Layer { state: LayerState::Unknown, since_ms: None, evidence: error.data().message }
        }
        (WorkerState::Restarting | WorkerState::Unstartable, _) => {
            let why = watch.last_end.as_deref().unwrap_or("it is gone");
            Layer { state: LayerState::No, since_ms, evidence: format!("the worker does not run: {why}") }
        }
    };
    layers.insert("worker".to_owned(), worker);
    let session = health.ok().and_then(|health| health.sessions.iter().find(|known| known.client_id == client_id));
    if let Some(session) = session {
        layers.extend(session.layers.clone());
        // That session is read-only by our own choice, which says nothing about what others may do.
        let evidence = "the daemon's own session places no orders".into();
        layers.insert("trading".to_owned(), Layer { state: LayerState::Unknown, since_ms: None, evidence });
    }
    layers
}

fn ms(now: Instant, since: Instant) -> u64 {
    u64::try_from(now.saturating_duration_since(since).as_millis()).unwrap_or(u64::MAX)
}

/// Waits for a moment, or for ever.
async fn reached(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment.into()).await,
        None => std::future::pending().await,
    }
}
