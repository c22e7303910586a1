//! The core, and what its events set in motion. Every task of the proxy brings what has happened here, on one thread.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::{Duration, Instant};

use gatewright_link::protocol::{RawSessionParams, ZombiePolicy};
use gatewright_proto::OrderId;
use gatewright_proxy::{ConnectionId, Midnights, OpenUpstream, OrderNews, Peer, Proxy, ProxyEvent, UpstreamId};
use jiff::tz::TimeZone;
use tokio::sync::Notify;
use tokio::time::sleep_until;
use tracing::{debug, info, warn};

use super::journal::ProxyJournal;
use crate::clock;
use crate::config::GatewaySettings;

/// How long a client that is being closed has for reading what waits for it.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// What wakes the task of one client's connection.
#[derive(Debug, Default)]
pub(super) struct ClientSignals {
    pub(super) write: Notify,
    pub(super) read: Notify,
    closing: Notify,
    close_by: Cell<Option<Instant>>,
}

impl ClientSignals {
    /// Whether the connection is to be closed once everything is written.
    pub(super) fn is_closing(&self) -> bool {
        self.close_by.get().is_some()
    }

    /// Waits until the connection has to be closed whatever is still unwritten.
    pub(super) async fn overdue(&self) {
        loop {
            if let Some(by) = self.close_by.get() {
                return sleep_until(by.into()).await;
            }
            self.closing.notified().await;
        }
    }
}

/// What wakes the task of one session with the Gateway.
#[derive(Debug, Default)]
pub(super) struct UpstreamSignals {
    pub(super) send: Notify,
    pub(super) close: Notify,
}

/// The core with everything that its events reach.
#[derive(Debug)]
pub(super) struct Shell {
    pub(super) name: String,
    pub(super) socket: PathBuf,
    /// The Gateway and the guard; ids and versions are each session's own.
    template: RawSessionParams,
    core: RefCell<Proxy>,
    clients: RefCell<BTreeMap<ConnectionId, Rc<ClientSignals>>>,
    upstreams: RefCell<BTreeMap<UpstreamId, Rc<UpstreamSignals>>>,
    /// Sessions that nobody opens yet.
    to_open: RefCell<Vec<(OpenUpstream, Rc<UpstreamSignals>)>>,
    /// There is something to open, or an earlier deadline.
    pub(super) wake: Notify,
    deadline: Cell<Option<Instant>>,
    midnights: RefCell<Midnights>,
    journal: ProxyJournal,
}

impl Shell {
    pub(super) fn new(core: Proxy, settings: &GatewaySettings, socket: PathBuf, journal: ProxyJournal) -> Rc<Self> {
        let template = RawSessionParams {
            host: settings.address.value.host.clone(),
            port: settings.address.value.port,
            zombies: ZombiePolicy::Warn,
            live: settings.live.value,
            account: settings.account.value.clone(),
            ..RawSessionParams::default()
        };
        Rc::new(Self {
            name: settings.name.value.clone(),
            socket,
            template,
            core: RefCell::new(core),
            clients: RefCell::default(),
            upstreams: RefCell::default(),
            to_open: RefCell::default(),
            wake: Notify::new(),
            deadline: Cell::new(None),
            midnights: RefCell::new(Midnights::new(TimeZone::system(), clock::wall())),
            journal,
        })
    }

    /// Brings something to the core, and sees to what it wants done.
    pub(super) fn handle<T>(&self, bring: impl FnOnce(&mut Proxy, Instant) -> T) -> T {
        let mut core = self.core.borrow_mut();
        // Whatever comes first behind a midnight finds it passed.
        if self.midnights.borrow_mut().has_passed(clock::wall()) {
            core.handle_midnight();
        }
        let brought = bring(&mut core, clock::now());
        while let Some(event) = core.poll_event() {
            self.see_to(event);
        }
        let deadline = core.poll_timeout().map(|(at, _)| at);
        if let Some(at) = deadline
            && self.deadline.get().is_none_or(|known| at < known)
        {
            self.wake.notify_one();
        }
        self.deadline.set(deadline);
        brought
    }

    /// When the core has to be told that time has passed.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.deadline.get()
    }

    /// How to open this session.
    pub(super) fn params(&self, open: &OpenUpstream) -> RawSessionParams {
        RawSessionParams {
            client_id: open.id.client_id,
            min_version: open.versions.min.get(),
            max_version: open.versions.max.get(),
            connect_options: open.connect_options.clone(),
            optional_capabilities: open.optional_capabilities.clone(),
            ..self.template.clone()
        }
    }

    /// Which sessions are to be opened, each once.
    pub(super) fn to_open(&self) -> Vec<(OpenUpstream, Rc<UpstreamSignals>)> {
        self.to_open.take()
    }

    /// The signals of a new client's connection.
    pub(super) fn client(&self, id: ConnectionId) -> Rc<ClientSignals> {
        let signals = Rc::new(ClientSignals::default());
        self.clients.borrow_mut().insert(id, Rc::clone(&signals));
        signals
    }

    /// A client's connection is gone.
    pub(super) fn forget_client(&self, id: ConnectionId) {
        self.clients.borrow_mut().remove(&id);
        self.handle(|core, now| core.handle_closed(now, id));
    }

    /// A session's task has ended.
    pub(super) fn forget_upstream(&self, id: UpstreamId) {
        self.upstreams.borrow_mut().remove(&id);
    }

    fn see_to(&self, event: ProxyEvent) {
        let gateway = &self.name;
        match event {
            ProxyEvent::Open(open) => {
                let signals = Rc::new(UpstreamSignals::default());
                self.upstreams.borrow_mut().insert(open.id, Rc::clone(&signals));
                self.to_open.borrow_mut().push((open, signals));
                self.wake.notify_one();
            }
            ProxyEvent::CloseUpstream(id) => {
                info!(gateway, client_id = id.client_id.get(), "a program's session with the Gateway is closed");
                if let Some(signals) = self.upstreams.borrow().get(&id) {
                    signals.close.notify_one();
                }
            }
            ProxyEvent::Transmit(Peer::Client(id)) => {
                if let Some(signals) = self.clients.borrow().get(&id) {
                    signals.write.notify_one();
                }
            }
            ProxyEvent::Transmit(Peer::Gateway(id)) => {
                if let Some(signals) = self.upstreams.borrow().get(&id) {
                    signals.send.notify_one();
                }
            }
            ProxyEvent::Readable(id) => {
                if let Some(signals) = self.clients.borrow().get(&id) {
                    signals.read.notify_one();
                }
            }
            ProxyEvent::Close(id, why) => {
                warn!(gateway, connection = %id, "a program is disconnected: {}", why.words());
                if let Some(signals) = self.clients.borrow().get(&id) {
                    signals.close_by.set(Some(clock::now() + LAST_WORDS));
                    signals.closing.notify_one();
                    signals.write.notify_one();
                    signals.read.notify_one();
                }
            }
            ProxyEvent::Mark { client_id, at_least } => self.journal.mark(client_id, at_least),
            ProxyEvent::Intend { ticket, intent } => self.journal.intend(ticket, intent),
            ProxyEvent::Record { client_id, order_id, entries, news } => {
                let (client_id_told, order_id_told) = (client_id.get(), order_id.map(OrderId::get));
                match news {
                    OrderNews::Acknowledged | OrderNews::NotSent => {
                        debug!(gateway, client_id = client_id_told, order_id = order_id_told, "order {}", news.words());
                    }
                    OrderNews::InDoubt
                    | OrderNews::Open
                    | OrderNews::Over(_)
                    | OrderNews::NeverReceived
                    | OrderNews::Untraceable => {
                        warn!(gateway, client_id = client_id_told, order_id = order_id_told, "order {}", news.words());
                    }
                }
                self.journal.record(client_id, order_id, entries, news);
            }
        }
    }
}
