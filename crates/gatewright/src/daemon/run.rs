//! Starting, the loop, stopping.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinSet, LocalSet, spawn_blocking};
use tokio::time::{MissedTickBehavior, interval};
use tracing::{error, info, warn};

use super::control::{Ask, ControlServer, ReloadReport};
use super::gateway::Gateway;
use super::instance::{Instance, control_socket};
use super::notify::{Notice, ServiceManager};
use super::overseer::Overseer;
use super::report::{AlertsReport, DaemonReport, Verdict};
use super::{halt, http, reload};
use crate::clock;
use crate::config::{Listen, Settings};
use crate::diagnosis::Diagnosis;
use crate::environment::ServiceVariables;
use crate::exit_code::Exit;
use crate::log::LogTail;
use crate::output;
use crate::signal::{DaemonSignal, DaemonSignals};

/// How many questions wait for the loop, which answers each at once.
const ASKS: usize = 64;

/// How soon the manager is told that we are otherwise than before. A watchdog hears from us as often, at least.
const STATUS_EVERY: Duration = Duration::from_secs(2);

/// What a daemon is started with.
pub(crate) struct Launch<'a> {
    /// What holds.
    pub(crate) settings: Settings,
    /// Reads the settings again.
    pub(crate) read_again: &'a dyn Fn() -> Result<Settings, Diagnosis>,
    /// The service manager, by the environment.
    pub(crate) service: &'a ServiceVariables,
    /// The log's last lines.
    pub(crate) tail: LogTail,
}

/// Runs until it is asked to stop.
///
/// # Errors
///
/// When something that was asked for cannot be served; whatever had been started is stopped.
pub(crate) async fn run(launch: Launch<'_>) -> Result<Exit, Diagnosis> {
    LocalSet::new().run_until(serve(launch)).await
}

/// A part of the daemon that never ends by itself.
#[derive(Debug)]
struct Ended {
    part: &'static str,
    why: String,
}

async fn serve(launch: Launch<'_>) -> Result<Exit, Diagnosis> {
    let began = clock::now();
    let mut signals = DaemonSignals::listen()?;
    let manager = ServiceManager::of(launch.service)
        .map_err(|error| Diagnosis::internal("the service manager named by NOTIFY_SOCKET cannot be told", error))?;
    let settings = launch.settings;
    let state = settings.state_dir.value.clone();
    let names: Vec<&str> = settings.gateways.iter().map(|gateway| gateway.name.value.as_str()).collect();
    let _instance = Instance::take(&state, &names)?;
    let (asks, mut asked) = mpsc::channel(ASKS);
    let mut parts: JoinSet<Ended> = JoinSet::new();

    let control = ControlServer::listen(&control_socket(&state), asks.clone(), launch.tail)
        .map_err(|error| Diagnosis::internal("the control socket cannot be opened", error))?;
    parts.spawn_local(async move {
        control.serve().await;
        Ended { part: "the control socket", why: "it ended".into() }
    });
    let http = match settings.http.value {
        Listen::Off => None,
        Listen::At(address) => {
            let (listener, address) = bind(address, "health and metrics", "--http").await?;
            let asks = asks.clone();
            parts.spawn_local(async move {
                let Err(error) = http::serve(listener, asks).await;
                Ended { part: "the HTTP server", why: error.to_string() }
            });
            Some(address)
        }
    };
    let mut gateways = Vec::new();
    for settings in &settings.gateways {
        let listener = match settings.proxy.listen.value {
            Listen::Off => None,
            Listen::At(address) => Some(bind(address, "the port for programs", "--proxy").await?),
        };
        let (gateway, events, proxy) = Gateway::start(settings.clone(), &state, listener).await?;
        gateways.push(gateway.clone());
        if let Some(proxy) = proxy {
            parts.spawn_local(async move { Ended { part: "the proxy", why: proxy.serve().await } });
        }
        parts.spawn_local(async move {
            gateway.watch_over(events).await;
            Ended { part: "a worker's supervisor", why: "it ended".into() }
        });
    }
    let overseer = Overseer::new(&gateways, settings.alert.clone(), &state);
    let watch = overseer.clone();
    parts.spawn_local(async move {
        watch.watch().await;
        Ended { part: "the overseer", why: "it ended".into() }
    });
    let mut daemon = Daemon { began, state, settings: Rc::new(settings), http, gateways, overseer };
    daemon.announce();
    manager.tell(Notice::Ready("serving"));

    let mut beat = interval(manager.alive_every().map_or(STATUS_EVERY, |every| every.min(STATUS_EVERY)));
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut answers = JoinSet::new();
    let mut told = String::new();
    let (exit, stopping) = loop {
        tokio::select! {
            signal = signals.next() => match signal {
                DaemonSignal::Stop => break (Exit::Success, None),
                DaemonSignal::Reload => {
                    manager.tell(Notice::Reloading(clock::monotonic()));
                    daemon.reload(launch.read_again);
                    manager.tell(Notice::Ready(if told.is_empty() { "serving" } else { &told }));
                }
            },
            Some(ask) = asked.recv() => match ask {
                Ask::Status(reply) => {
                    answers.spawn_local(daemon.report(reply));
                }
                Ask::Reload(reply) => {
                    let _ = reply.send(daemon.reload(launch.read_again));
                }
                Ask::Down(stopped) => break (Exit::Success, Some(stopped)),
            },
            Some(_) = answers.join_next() => {}
            Some(ended) = parts.join_next() => {
                match ended {
                    Ok(Ended { part, why }) => error!(part, why, "a part of the daemon ended by itself"),
                    Err(panic) => error!(%panic, "a part of the daemon panicked"),
                }
                break (Exit::Internal, None);
            }
            _ = beat.tick() => {
                manager.tell(Notice::Alive);
                let sentence = daemon.overseer.sentence();
                if told != sentence {
                    manager.tell(Notice::Status(&sentence));
                    told = sentence;
                }
            }
        }
    };
    manager.tell(Notice::Stopping);
    info!("stopping");
    answers.abort_all();
    for gateway in &daemon.gateways {
        gateway.stop().await;
    }
    parts.shutdown().await;
    daemon.overseer.close();
    // The end of this connection says that all has stopped.
    drop(stopping);
    Ok(exit)
}

/// The running daemon.
struct Daemon {
    began: Instant,
    state: PathBuf,
    settings: Rc<Settings>,
    http: Option<SocketAddr>,
    gateways: Vec<Gateway>,
    overseer: Overseer,
}

impl Daemon {
    /// Says where everything is: one line each, and one when it serves.
    fn announce(&self) {
        for gateway in &self.gateways {
            for line in gateway.announcement() {
                output::line(line);
            }
        }
        if let Some(http) = self.http {
            output::line(format_args!("http listening on {http}"));
        }
        output::line(format_args!("state {}", self.state.display()));
        output::line("ready");
        info!(gateways = self.gateways.len(), "ready");
    }

    /// Everything's state, as soon as the workers have said theirs.
    fn report(&self, reply: oneshot::Sender<DaemonReport>) -> impl Future<Output = ()> + use<> {
        let (gateways, settings) = (self.gateways.clone(), Rc::clone(&self.settings));
        let (began, http, state_dir) = (self.began, self.http, self.state.display().to_string());
        let (overseer, state) = (self.overseer.clone(), self.state.clone());
        async move {
            let halt = spawn_blocking(move || halt::read(&state)).await.unwrap_or_default();
            let mut reports = Vec::with_capacity(gateways.len());
            for gateway in &gateways {
                reports.push(gateway.report().await);
            }
            let uptime = clock::now().saturating_duration_since(began);
            let mut report = DaemonReport {
                verdict: Verdict::worst(&reports),
                pid: std::process::id(),
                version: env!("CARGO_PKG_VERSION").into(),
                uptime_ms: u64::try_from(uptime.as_millis()).unwrap_or(u64::MAX),
                state_dir,
                config: settings.file.as_ref().map(|file| file.display().to_string()),
                http: http.map(|address| address.to_string()),
                alerts: AlertsReport::default(),
                halt,
                gateways: reports,
            };
            overseer.complete(&mut report);
            // Whoever asked may have left.
            let _ = reply.send(report);
        }
    }

    /// Reads the settings again, and puts in force what can be.
    fn reload(&mut self, read_again: &dyn Fn() -> Result<Settings, Diagnosis>) -> ReloadReport {
        match read_again() {
            Err(problem) => {
                warn!(%problem, "the settings cannot be used; nothing was changed");
                ReloadReport { error: Some(problem.to_string()), ..ReloadReport::default() }
            }
            Ok(new) => {
                let report = reload::compare(&self.settings, &new);
                info!(applied = ?report.applied, needs_restart = ?report.needs_restart, "settings read again");
                let mut settings = Settings::clone(&self.settings);
                settings.alert = new.alert;
                self.overseer.set_alert(settings.alert.clone());
                self.settings = Rc::new(settings);
                report
            }
        }
    }
}

/// Listens, or says what to do about a port that cannot be had.
async fn bind(address: SocketAddr, what: &str, flag: &str) -> Result<(TcpListener, SocketAddr), Diagnosis> {
    let bound = async {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        Ok::<_, std::io::Error>((listener, address))
    };
    bound.await.map_err(|error| {
        Diagnosis::internal(&format!("{what} cannot be served at {address}"), error)
            .with_help(format!("Give another address by {flag}; port 0 takes a free one."))
    })
}
