//! Listening, the deadlines, and who is let in.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::rc::Rc;
use std::time::{Duration, Instant};

use gatewright_link::canonical_gateway;
use gatewright_proto::ClientId;
use gatewright_proxy::{OutagePolicy, Proxy, ProxySettings, ReadOnlyClients};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::sleep_until;
use tracing::{debug, warn};

use super::journal::{Answer, ProxyJournal};
use super::shell::Shell;
use super::{client, upstream};
use crate::clock;
use crate::config::{GatewaySettings, Outage, ReadOnly};
use crate::daemon::report::{ProgramLimits, ProxyReport};
use crate::diagnosis::Diagnosis;

/// The file of the journal, which all of this user's programs share.
pub(in crate::daemon) const JOURNAL: &str = "journal.db";

/// How long nobody is let in after a connection could not be accepted: descriptors come back as others end.
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);

/// The port for programs of one Gateway, before it is served.
#[derive(Debug)]
pub(in crate::daemon) struct ProxyServer {
    listener: TcpListener,
    shell: Rc<Shell>,
    answered: mpsc::Receiver<Answer>,
    allow: Vec<IpAddr>,
}

/// What is known of a port that is served.
#[derive(Debug, Clone)]
pub(in crate::daemon) struct Served {
    address: SocketAddr,
    limits: ProgramLimits,
    shell: Rc<Shell>,
}

impl Served {
    /// Where programs connect.
    pub(in crate::daemon) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The way to the Gateway may be open again.
    pub(in crate::daemon) fn way_open(&self) {
        self.shell.handle(|core, now| core.handle_way_open(now));
    }

    /// How it stands.
    pub(in crate::daemon) fn report(&self) -> ProxyReport {
        let (clients, left_out) = self.shell.handle(|core, now| (core.report(now), core.left_out(now)));
        ProxyReport { listening: self.address.to_string(), clients, left_out, limits: self.limits }
    }
}

impl ProxyServer {
    /// A port that listens already.
    ///
    /// # Errors
    ///
    /// When the journal's thread cannot be started.
    pub(in crate::daemon) fn new(
        (listener, address): (TcpListener, SocketAddr),
        settings: &GatewaySettings,
        state: &Path,
        worker: &Path,
    ) -> Result<(Self, Served), Diagnosis> {
        let gateway = canonical_gateway(&settings.address.value.host, settings.address.value.port);
        let during_halt = settings.proxy.orders_during_halt.value;
        let (journal, answered) = ProxyJournal::start(state.join(JOURNAL), gateway, during_halt)
            .map_err(|error| Diagnosis::internal("the proxy's journal cannot be served", error))?;
        let core = Proxy::new(core_settings(settings));
        let shell = Shell::new(core, settings, worker.to_owned(), journal);
        let limits = ProgramLimits::of(settings.proxy.messages_per_program.value.0);
        let served = Served { address, limits, shell: Rc::clone(&shell) };
        Ok((Self { listener, shell, answered, allow: settings.proxy.allow.value.clone() }, served))
    }

    /// Serves until it is dropped, or a part of it panics, which is returned.
    pub(in crate::daemon) async fn serve(mut self) -> String {
        let mut tasks: JoinSet<()> = JoinSet::new();
        let mut accept_at: Option<Instant> = None;
        loop {
            for (open, signals) in self.shell.to_open() {
                tasks.spawn_local(upstream::run(Rc::clone(&self.shell), open, signals));
            }
            tokio::select! {
                accepted = accept(&self.listener, accept_at) => match accepted {
                    Ok((stream, peer)) => {
                        accept_at = None;
                        if !admits(&self.allow, peer.ip()) {
                            warn!(gateway = self.shell.name, %peer, "a program was turned away: its machine is not allowed");
                        } else if let Some(id) = self.shell.handle(|core, now| core.handle_accepted(now)) {
                            debug!(gateway = self.shell.name, %peer, connection = %id, "a program has connected");
                            tasks.spawn_local(client::run(Rc::clone(&self.shell), stream, id));
                        } else {
                            warn!(gateway = self.shell.name, %peer, "a program was turned away: there are too many");
                        }
                    }
                    Err(error) => {
                        warn!(gateway = self.shell.name, %error, "a program could not be let in");
                        accept_at = Some(clock::now() + ACCEPT_AGAIN);
                    }
                },
                Some(answer) = self.answered.recv() => self.shell.handle(|core, now| match answer {
                    Answer::Past(orders) => core.handle_past_orders(now, orders),
                    Answer::Marked { client_id, mark } => core.handle_marked(now, client_id, mark),
                    Answer::Recorded { client_id, ticket, entry } => {
                        core.handle_recorded(now, client_id, ticket, entry);
                    }
                    Answer::Halted { client_id, ticket, halt } => core.handle_halted(now, client_id, ticket, halt),
                }),
                Some(ended) = tasks.join_next() => {
                    if let Err(panic) = ended {
                        return panic.to_string();
                    }
                }
                () = reached(self.shell.deadline()) => self.shell.handle(|core, now| core.handle_timeout(now)),
                () = self.shell.wake.notified() => {}
            }
        }
    }
}

fn core_settings(settings: &GatewaySettings) -> ProxySettings {
    let proxy = &settings.proxy;
    let monitor = settings.monitor_client_id.value.get();
    ProxySettings {
        park: proxy.park.value.0,
        outage: match proxy.outage.value {
            Outage::Hold => OutagePolicy::Hold,
            Outage::Close => OutagePolicy::Close,
        },
        read_only: match &proxy.read_only.value {
            ReadOnly::All(true) => ReadOnlyClients::All,
            ReadOnly::All(false) => ReadOnlyClients::Only(BTreeSet::new()),
            ReadOnly::Clients(ids) => ReadOnlyClients::Only(ids.iter().copied().collect()),
        },
        messages_per_client: proxy.messages_per_program.value.0,
        // Next to the daemon's own session, where no program is expected either.
        pilot_client_id: ClientId::new(monitor.checked_add(1).unwrap_or(monitor - 1)),
        ..ProxySettings::default()
    }
}

/// This machine is always let in, others only by name.
fn admits(allow: &[IpAddr], peer: IpAddr) -> bool {
    let peer = peer.to_canonical();
    peer.is_loopback() || allow.iter().any(|allowed| allowed.to_canonical() == peer)
}

async fn accept(
    listener: &TcpListener,
    not_before: Option<Instant>,
) -> std::io::Result<(tokio::net::TcpStream, SocketAddr)> {
    if let Some(at) = not_before {
        sleep_until(at.into()).await;
    }
    listener.accept().await
}

async fn reached(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment.into()).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_is_let_in_and_others_only_by_name() {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        for (peer, admitted) in
            [("127.0.0.1", true), ("::1", true), ("::ffff:127.0.0.1", true), ("10.0.0.7", true), ("10.0.0.8", false)]
        {
            assert_eq!(admits(&[ip("10.0.0.7")], ip(peer)), admitted, "{peer}");
        }
    }
}
