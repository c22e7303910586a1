//! Who may connect to the Gateway, and what follows from failures and notices: the one recovery of a worker.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::rc::Rc;
use std::time::Instant;

use gatewright_proto::ClientId;
use gatewright_proto::message::start::ErrorMessage;
use gatewright_proto::session::{Acts, Failure};
use tokio::sync::Notify;
use tracing::{debug, info, warn};

use super::pace::Pace;
use crate::clock;
use crate::protocol::{CallError, ErrorCode, Event};
use crate::recovery::{Permission, Recovery, RecoveryEvent, RecoveryReport, RecoverySettings, RecoveryState, Suspect};

/// The recovery of one Gateway. Single-threaded; all clones are the same.
#[derive(Debug, Clone)]
pub(crate) struct Recover(Rc<Inner>);

#[derive(Debug)]
struct Inner {
    machine: RefCell<Recovery>,
    wishes: RefCell<BTreeMap<ClientId, Rc<Granted>>>,
    numbers: Cell<u64>,
    changed: Notify,
    /// Which Gateway it is.
    place: RefCell<Option<String>>,
    /// Where it is noted for the next worker that the Gateway has moved.
    pace: Pace,
}

/// What a session's wish was granted and not yet taken.
#[derive(Debug)]
struct Granted {
    number: u64,
    dial: Cell<bool>,
    resubscribe: RefCell<Option<String>>,
    /// The Gateway is frozen, as another session has found: who has heard nothing since then hangs on it as well.
    frozen_since: Cell<Option<Instant>>,
    arrived: Notify,
}

impl Recover {
    /// Begins with no session wanted.
    pub(crate) fn new(settings: RecoverySettings, pace: Pace) -> Self {
        Self(Rc::new(Inner {
            machine: RefCell::new(Recovery::new(settings, clock::moment())),
            wishes: RefCell::default(),
            numbers: Cell::default(),
            changed: Notify::new(),
            place: RefCell::default(),
            pace,
        }))
    }

    /// A session wants to be connected, until the wish is dropped.
    ///
    /// # Errors
    ///
    /// Where other sessions are with another Gateway: one machine cannot speak of two.
    pub(crate) fn wish(&self, host: &str, port: u16, client_id: ClientId) -> Result<Wish, CallError> {
        let gateway = place_name(host, port);
        let mut place = self.0.place.borrow_mut();
        match &*place {
            Some(known) if *known != gateway && !self.0.wishes.borrow().is_empty() => {
                let text = format!("this worker keeps sessions with {known}: start another one for {gateway}");
                return Err(CallError::new(ErrorCode::InvalidParams, text));
            }
            Some(known) if *known == gateway => {}
            Some(_) | None => {
                self.0.machine.borrow_mut().handle_gateway(self.0.pace.noted_port(&gateway));
                *place = Some(gateway);
            }
        }
        drop(place);
        let number = self.0.numbers.get() + 1;
        self.0.numbers.set(number);
        let granted = Rc::new(Granted {
            number,
            dial: Cell::new(false),
            resubscribe: RefCell::default(),
            frozen_since: Cell::default(),
            arrived: Notify::new(),
        });
        self.0.wishes.borrow_mut().insert(client_id, Rc::clone(&granted));
        self.machine(|machine| {
            let now = clock::moment();
            // A successor of the same client id is another session, whatever became of the one before.
            machine.handle_gone(now, client_id);
            machine.handle_wanted(now, client_id);
        });
        Ok(Wish { recover: self.clone(), client_id, granted })
    }

    /// Lets sessions dial in their turn and tells what changes, for ever.
    pub(crate) async fn run(self, tell: impl Fn(&Event)) {
        loop {
            self.pump(&tell);
            let due = self.0.machine.borrow().poll_timeout();
            tokio::select! {
                biased;
                () = self.0.changed.notified() => {}
                () = reached(due.map(|(due, _)| due)) => {}
            }
        }
    }

    /// Where recovery stands; `None` while no session is wanted that it could be about.
    pub(crate) fn report(&self) -> Option<RecoveryReport> {
        let report = self.0.machine.borrow().report(clock::moment());
        (report.sessions_wanted > 0 || report.state == RecoveryState::Stopped).then_some(report)
    }

    fn pump(&self, tell: &impl Fn(&Event)) {
        let now = clock::moment();
        let mut machine = self.0.machine.borrow_mut();
        machine.handle_timeout(now);
        while let Some(client_id) = machine.poll_dial(now) {
            match self.granted(client_id) {
                Some(granted) => {
                    debug!(client_id = client_id.get(), "may connect");
                    granted.dial.set(true);
                    granted.arrived.notify_one();
                }
                None => machine.handle_gone(now, client_id),
            }
        }
        while let Some(Suspect { client_id, since }) = machine.poll_suspect() {
            if let Some(granted) = self.granted(client_id) {
                granted.frozen_since.set(Some(since));
                granted.arrived.notify_one();
            }
        }
        let mut events = Vec::new();
        while let Some(event) = machine.poll_event() {
            events.push(event);
        }
        drop(machine);
        for event in events {
            self.tell(event, tell);
        }
    }

    fn tell(&self, event: RecoveryEvent, tell: &impl Fn(&Event)) {
        match event {
            RecoveryEvent::Changed(report) => {
                let (state, cause) = (report.state.name(), report.cause.as_str());
                if report.state == RecoveryState::WaitingForHuman {
                    warn!(state, cause, why = report.why, "recovery: a human has to act");
                } else {
                    info!(state, cause, why = report.why, "recovery");
                }
                return tell(&Event::Recovery(Box::new(report)));
            }
            RecoveryEvent::Resubscribe { client_id, ref why } => {
                info!(client_id = client_id.get(), why, "subscriptions are to be made again");
                if let Some(granted) = self.granted(client_id) {
                    granted.resubscribe.replace(Some(why.clone()));
                    granted.arrived.notify_one();
                }
            }
            RecoveryEvent::FollowPort { port } => {
                if let Some(gateway) = &*self.0.place.borrow() {
                    info!(gateway, port, "the Gateway moves to another port (1300)");
                    self.0.pace.note_port(gateway, port);
                }
            }
            RecoveryEvent::FarmDown { ref farm, ref evidence } => warn!(farm, evidence, "a farm is down"),
            RecoveryEvent::FarmBack { ref farm, down_ms } => info!(farm, down_ms, "a farm is back"),
            RecoveryEvent::SessionStuck { client_id, ref cause, ref why, .. } => {
                warn!(client_id = client_id.get(), cause, why, "one session cannot connect, others can");
            }
        }
        tell(&Event::RecoveryEvent(event));
    }

    fn granted(&self, client_id: ClientId) -> Option<Rc<Granted>> {
        self.0.wishes.borrow().get(&client_id).cloned()
    }

    /// Tells the machine something, and has the task see what follows.
    fn machine<T>(&self, tell: impl FnOnce(&mut Recovery) -> T) -> T {
        let told = tell(&mut self.0.machine.borrow_mut());
        self.0.changed.notify_one();
        told
    }
}

/// One session's wish to be connected. Dropped, nobody wants the session any more.
#[derive(Debug)]
pub(crate) struct Wish {
    recover: Recover,
    client_id: ClientId,
    granted: Rc<Granted>,
}

impl Wish {
    /// Waits until the session may connect, once. Report how it went by one of the methods below.
    ///
    /// # Cancel safety
    ///
    /// A permission that was not returned is not lost.
    pub(crate) async fn permitted(&self) {
        while !self.granted.dial.take() {
            self.granted.arrived.notified().await;
        }
    }

    /// Waits until the session's subscriptions have to be made again; why.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost when the future is dropped.
    pub(crate) async fn resubscribe(&self) -> String {
        loop {
            if let Some(why) = self.granted.resubscribe.take() {
                return why;
            }
            self.granted.arrived.notified().await;
        }
    }

    /// Waits until another session has found the Gateway frozen; since when it has been.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost when the future is dropped.
    pub(crate) async fn frozen_since(&self) -> Instant {
        loop {
            if let Some(since) = self.granted.frozen_since.take() {
                return since;
            }
            self.granted.arrived.notified().await;
        }
    }

    /// The port to dial: the one that was given, or where the Gateway has moved to since.
    pub(crate) fn port(&self, given: u16) -> u16 {
        self.recover.0.machine.borrow().port(given)
    }

    /// The session is ready.
    pub(crate) fn ready(&self) {
        self.recover.machine(|machine| machine.handle_ready(clock::moment(), self.client_id));
    }

    /// The attempt failed.
    pub(crate) fn failed(&self, failure: &Failure) {
        self.recover.machine(|machine| machine.handle_failed(clock::moment(), self.client_id, failure));
    }

    /// The session was ready and is over, without having been asked to.
    pub(crate) fn lost(&self, failure: &Failure) {
        self.granted.resubscribe.take();
        self.recover.machine(|machine| machine.handle_lost(clock::moment(), self.client_id, failure));
    }

    /// The session was told something that belongs to no request.
    pub(crate) fn notice(&self, error: &ErrorMessage) {
        let (code, text) = (error.code, error.text.as_str());
        self.recover.machine(|machine| machine.handle_notice(clock::moment(), self.client_id, code, text));
    }

    /// What is waited for, as the answer to a caller whose deadline has come.
    pub(crate) fn waiting(&self) -> CallError {
        let now = clock::moment();
        let machine = self.recover.0.machine.borrow();
        let report = machine.report(now);
        let state = report.state.name();
        let (what, acts) = match machine.permission(now, self.client_id) {
            Permission::Now => ("the attempt is under way".to_owned(), Acts::Retry),
            Permission::At { at: Some(at), why } => (format!("the next attempt is at {at:.3}: {why}"), Acts::Retry),
            Permission::At { at: None, why } => (format!("another session tries first: {why}"), Acts::Retry),
            Permission::Human { why } => (format!("a human has to act: {why}"), Acts::Human),
            Permission::Stopped => ("attempts were stopped on request".to_owned(), Acts::Human),
        };
        let text = format!("not connected within the deadline, recovery is {state}: {what}");
        let mut error = CallError::new(ErrorCode::ConnectFailed, text);
        error.data.cause = "waiting".into();
        error.data.acts = acts;
        error.data.remedy = match acts {
            Acts::Retry | Acts::Wait => "Ask again: attempts go on, and this worker's recovery says when.".into(),
            Acts::Human => "Look at the Gateway: health and the worker's recovery events say what it needs.".into(),
        };
        error
    }
}

impl Drop for Wish {
    fn drop(&mut self) {
        let ours = self.recover.granted(self.client_id).is_some_and(|granted| granted.number == self.granted.number);
        if ours {
            self.recover.0.wishes.borrow_mut().remove(&self.client_id);
            self.recover.machine(|machine| machine.handle_gone(clock::moment(), self.client_id));
        }
    }
}

/// One name for the spellings of a Gateway's place that can be told without asking a resolver.
fn place_name(host: &str, port: u16) -> String {
    let bare = host.trim_matches(['[', ']']).to_ascii_lowercase();
    let loopback = bare == "localhost" || bare.parse::<IpAddr>().is_ok_and(|ip| ip.to_canonical().is_loopback());
    if loopback { format!("127.0.0.1:{port}") } else { format!("{bare}:{port}") }
}

async fn reached(moment: Option<Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment.into()).await,
        None => std::future::pending().await,
    }
}
