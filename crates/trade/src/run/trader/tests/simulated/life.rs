//! The trader, its shell in a few lines, and virtual time.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use gatewright_journal::JournalError;
use gatewright_link::protocol::Method;
use gatewright_link::{CallFate, LinkError};
use gatewright_proto::message::order::{CancelOrder, PlaceOrder};
use gatewright_proto::session::{DialFailure, SessionEvent};
use gatewright_proto::{ClientMessage, ServerMessage};
use gatewright_sim::Fault;
use gatewright_sim::core::ConnId;

use super::super::chance::Chance;
use super::super::model::invariant::Sending;
use super::super::*;
use super::SYMBOLS;
use super::line::{Asked, Call, Line, ended};
use super::wire::{Corrections, Down, Up, Wire};
use crate::run::opening::GatewayDay;
use crate::step::{Step, Watch};

/// What the panic of a process that dies at a step carries.
struct Died;

/// How often the trader is told the time and how the connection is.
const TICK_EVERY: Duration = Duration::from_secs(1);

/// A way in which the Gateway or the way to it deceives, to see who notices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deceit {
    /// Prices are told a cent above those that are booked.
    ACentMore,
    /// An order is taken twice.
    Twice,
    /// Some executions are told to nobody and stand in no list.
    HidesFills,
}

/// What a strategy is to wish for: a target, and a limit.
#[derive(Clone)]
pub(super) struct Wanted {
    pub(super) target: Arc<Mutex<i64>>,
    pub(super) limit: Arc<Mutex<Option<Decimal>>>,
}

/// A trader's life.
pub(super) struct Life {
    trader: Option<Trader>,
    pub(super) wishes: BTreeMap<&'static str, Wanted>,
    pub(super) wire: Wire,
    pub(super) chance: Chance,
    begin: Moment,
    pub(super) at: Duration,
    pub(super) line: Option<Line>,
    conns: u64,
    reopens: Option<Duration>,
    next_tick: Duration,
    /// When the Gateway restarts, and when faults end.
    pub(super) restarts: Option<Duration>,
    /// The Gateway restarts right after the next order has been sent.
    pub(super) restart_while_sending: bool,
    /// What comes next makes the process die or its disk be full.
    pub(super) armed: Arc<Mutex<Option<Step>>>,
    pub(super) full_disk: bool,
    /// Counts the trader's processes: what one was about to do dies with it.
    process: u32,
    /// What the trader was told last of the Gateway's link to IBKR.
    cut_off: bool,
    pub(super) halted: bool,
    pub(super) corrections: Corrections,
    pub(super) handed_over: Vec<String>,
    pub(super) deceit: Option<Deceit>,
    hidden: BTreeSet<String>,
    pub(super) seen: BTreeSet<&'static str>,
}

impl Life {
    pub(super) fn new(seed: u64) -> Self {
        let mut chance = Chance::new(seed);
        let wall: Timestamp = "2026-03-02T15:00:00Z".parse().unwrap();
        let wish = || Wanted { target: Arc::new(Mutex::new(0)), limit: Arc::new(Mutex::new(None)) };
        let mut life = Self {
            trader: None,
            wishes: SYMBOLS.into_iter().map(|symbol| (symbol, wish())).collect(),
            wire: Wire::new(&mut chance, seed, wall),
            chance,
            begin: Moment { wall, ..Moment::now() },
            at: Duration::ZERO,
            line: None,
            conns: 0,
            reopens: Some(Duration::ZERO),
            next_tick: Duration::ZERO,
            restarts: None,
            restart_while_sending: false,
            armed: Arc::new(Mutex::new(None)),
            full_disk: false,
            process: 0,
            cut_off: false,
            halted: false,
            corrections: Corrections::default(),
            handed_over: Vec::new(),
            deceit: None,
            hidden: BTreeSet::new(),
            seen: BTreeSet::new(),
        };
        life.begin_process(Journal::in_memory().unwrap());
        life
    }

    pub(super) fn see(&mut self, what: &'static str) {
        self.seen.insert(what);
    }

    pub(super) fn now(&self) -> Moment {
        Moment { instant: self.begin.instant + self.at, wall: self.begin.wall + self.at }
    }

    pub(super) fn trader(&mut self) -> &mut Trader {
        self.trader.as_mut().expect("a trader is taken away only to be replaced")
    }

    pub(super) fn journal(&mut self) -> &mut Journal {
        self.trader().outbox.journal_mut()
    }

    fn begin_process(&mut self, journal: Journal) {
        let key = OrderIdKey { gateway: "g:1".into(), client_id: CLIENT };
        let now = self.now();
        let (mut outbox, changes) = Outbox::open(journal, key, now.wall).unwrap();
        let armed = Arc::clone(&self.armed);
        outbox.watched_by(Watch::new(move |step| {
            if *armed.lock().unwrap() == Some(step) {
                resume_unwind(Box::new(Died));
            }
        }));
        let instrument = |(symbol, wish): (&&str, &Wanted)| {
            let wishes = Wishes(Arc::clone(&wish.target), Arc::clone(&wish.limit));
            ((*symbol).to_owned(), Decider::Own(Box::new(wishes)))
        };
        let instruments = self.wishes.iter().map(instrument).collect();
        let limits = RiskLimits { max_daily_loss: Decimal::from(900_000), ..policy().limits };
        self.trader = Some(Trader::new(outbox, &changes, instruments, Policy { limits, ..policy() }, now));
    }

    /// Time passes, and everything happens that is due meanwhile.
    pub(super) fn pass(&mut self, length: Duration) {
        let until = self.at + length;
        while let Some(due) = self.next_due().filter(|due| *due <= until) {
            self.at = self.at.max(due);
            self.turn();
        }
        self.at = until;
    }

    fn next_due(&self) -> Option<Duration> {
        let since = |due: Instant| due.saturating_duration_since(self.begin.instant);
        let line = self.line.as_ref().and_then(Line::next_due).map(since);
        let own = [Some(self.next_tick), self.reopens, self.restarts, self.wire.next_due(), line];
        own.into_iter().flatten().min()
    }

    /// Everything that is due now.
    fn turn(&mut self) {
        if self.restarts.take_if(|due| *due <= self.at).is_some() {
            self.wire.turn(self.at);
            self.wire.core.set_fault(Fault::NightlyRestart);
        }
        self.wire.turn(self.at);
        while let Some((conn, what)) = self.wire.poll(self.at) {
            self.arrived(conn, what);
        }
        if self.reopens.take_if(|due| *due <= self.at).is_some() {
            self.open();
        }
        let instant = self.now().instant;
        let given_up = self.line.as_mut().is_some_and(|line| line.timeout(instant));
        self.follow_line();
        if given_up {
            self.see("opening given up");
            self.hang_up();
        }
        if self.next_tick <= self.at {
            self.next_tick = self.at + TICK_EVERY;
            let layers = self.line.as_ref().filter(|line| line.trades).map(|line| line.board.layers(instant));
            if let Some(layers) = layers {
                let state = layers.get("gateway_link").map(|layer| layer.state);
                self.cut_off = state == Some(LayerState::No);
                self.tell(Event::Health(Ok(layers)));
            }
            self.tell(Event::Tick);
        }
        self.flush();
    }

    fn open(&mut self) {
        self.conns += 1;
        let protobuf = self.chance.draw(2) == 0;
        let conn = ConnId(self.conns);
        self.line = Some(Line::new(conn, protobuf, self.now().instant));
        self.wire.send(self.at, conn, Up::Connect);
    }

    fn arrived(&mut self, conn: ConnId, what: Down) {
        let instant = self.now().instant;
        let Some(line) = self.line.as_mut().filter(|line| line.conn == conn) else { return };
        match what {
            Down::Accepted => line.session.handle_connected(instant),
            Down::Refused => {
                line.session.handle_dial_failed(instant, DialFailure::Refused);
            }
            Down::Bytes(bytes) => line.session.handle_bytes(instant, &bytes),
            Down::Ended(how) => {
                self.follow_line();
                if let Some(line) = self.line.as_mut().filter(|line| line.conn == conn) {
                    line.session.handle_closed(instant, how);
                }
            }
        }
        self.follow_line();
    }

    /// Follows up on what the session says, message by message.
    fn follow_line(&mut self) {
        let instant = self.now().instant;
        while let Some(event) = self.line.as_mut().and_then(|line| line.poll(instant)) {
            match event {
                SessionEvent::Message(message) => self.message(message),
                SessionEvent::Failed(_) => {
                    self.see("session lost");
                    return self.hang_up();
                }
                SessionEvent::StagePassed(_) | SessionEvent::Ready(_) => {}
                SessionEvent::Undecodable(error) => panic!("{error}"),
            }
            self.tell_line();
        }
        self.tell_line();
    }

    /// Tells the trader what its session has for it.
    fn tell_line(&mut self) {
        let process = self.process;
        for event in self.line.as_mut().map(|line| std::mem::take(&mut line.told)).unwrap_or_default() {
            if process == self.process {
                self.tell(event);
            }
        }
        self.flush();
    }

    /// A message, which may be lost or told twice where that can happen, and is corrected where it was.
    fn message(&mut self, message: ServerMessage) {
        let Some(message) = self.as_told(message) else { return };
        let awaited = self.line.as_ref().and_then(|line| line.errand.as_ref()).is_some_and(|it| it.wants(&message));
        let may_vanish = matches!(
            message,
            ServerMessage::OpenOrder(_) | ServerMessage::OrderStatus(_) | ServerMessage::CommissionReport(_)
        );
        let again = matches!(message, ServerMessage::ExecDetails(_)) || may_vanish;
        let instant = self.now().instant;
        let times = match self.chance.draw(8) {
            0 if may_vanish && !awaited => {
                self.see("word lost");
                0
            }
            1 if again && !awaited => {
                self.see("word twice");
                2
            }
            _ => 1,
        };
        for _ in 0..times {
            if let Some(line) = &mut self.line {
                line.hear(instant, message.clone());
            }
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "only executions and what they cost are corrected")]
    fn as_told(&mut self, message: ServerMessage) -> Option<ServerMessage> {
        Some(match message {
            ServerMessage::ExecDetails(details) => {
                let exec_id = details.execution.exec_id.clone();
                if self.deceit == Some(Deceit::HidesFills)
                    && (self.hidden.contains(&exec_id) || (self.chance.draw(3) == 0 && self.hidden.len() < 3))
                {
                    self.hidden.insert(exec_id);
                    return None;
                }
                let mut details = self.corrections.applied(*details);
                if self.deceit == Some(Deceit::ACentMore) {
                    details.execution.price += Decimal::new(1, 2);
                }
                ServerMessage::ExecDetails(Box::new(details))
            }
            ServerMessage::CommissionReport(report) => {
                let mut report = *report;
                report.exec_id = self.corrections.exec_id(&report.exec_id);
                ServerMessage::CommissionReport(Box::new(report))
            }
            other => other,
        })
    }

    /// What the session wants sent goes on its way.
    fn flush(&mut self) {
        let Some(line) = &mut self.line else { return };
        for (bytes, placed) in std::mem::take(&mut line.out) {
            self.wire.send(self.at, line.conn, Up::Bytes(bytes, placed));
        }
    }

    /// The session is over for us: calls end in doubt, the trader is told, and it is opened again.
    pub(super) fn hang_up(&mut self) {
        self.end_line(|_| CallError::new(ErrorCode::InDoubt, "the session was lost").into());
    }

    /// The worker dies with everything that it had under way.
    pub(super) fn kill_worker(&mut self) {
        self.see("worker died");
        self.end_line(|asked| {
            let method = if asked == Asked::Place { Method::PlaceOrder } else { Method::CancelOrder };
            let (status, fate) = ("signal 9".to_owned(), CallFate::Unanswered(method));
            LinkError::WorkerDied { status, restart_in: None, fate }
        });
    }

    fn end_line(&mut self, why: impl Fn(Asked) -> LinkError) {
        self.flush();
        let Some(mut line) = self.line.take() else { return };
        self.wire.cut(self.at, line.conn, &mut self.chance);
        let wait = Duration::from_millis(300 + self.chance.draw(4_000));
        self.reopens = Some(self.at + wait);
        line.end_calls(why);
        let process = self.process;
        let lost = line.trades.then(|| Event::Lost(Box::new(lost())));
        for event in line.told.into_iter().chain(lost) {
            if process == self.process {
                self.tell(event);
            }
        }
    }

    /// Tells the trader, and does what it wants done.
    pub(super) fn tell(&mut self, event: Event) {
        let now = self.now();
        let trader = self.trader.as_mut().expect("a trader is taken away only to be replaced");
        match catch_unwind(AssertUnwindSafe(|| trader.handle(now, event))) {
            Ok(Ok(actions)) => self.act(actions),
            Ok(Err(TradeError::Journal(JournalError::DiskFull { .. }))) => {
                assert!(self.full_disk, "the disk has room");
                self.see("disk full");
                self.restart();
            }
            Ok(Err(error)) => panic!("{error:?}"),
            Err(payload) if payload.is::<Died>() => self.restart(),
            Err(payload) => resume_unwind(payload),
        }
    }

    fn act(&mut self, actions: Vec<Action>) {
        let process = self.process;
        for action in actions {
            if process != self.process {
                return;
            }
            match action {
                Action::Tell(_) | Action::Consult(_) => {}
                Action::Cancel { intent, params } => {
                    self.see("cancel");
                    self.call(intent, Call::Cancel(CancelOrder::new(params.order_id)));
                }
                Action::Ask => {
                    let now = self.now();
                    let Some(line) = &mut self.line else { continue };
                    let text = line.report.as_ref().map(|report| report.connection_time.clone()).unwrap_or_default();
                    let since = GatewayDay::from(&text, now.wall).last_midnight(now.wall);
                    line.ask(now.instant, since);
                }
                Action::Place { intent, params } => self.place(intent, *params),
            }
        }
    }

    fn place(&mut self, intent: IntentId, params: OrderParams) {
        let symbol = params.contract.symbol.clone();
        let in_doubt = |order: &&WorkingOrder| order.symbol == symbol && order.is_in_doubt();
        let sending = Sending {
            halted: self.halted,
            disconnected: !self.line.as_ref().is_some_and(|line| line.trades),
            cut_off: self.cut_off,
            in_doubt: self.trader().outbox.working().filter(in_doubt).count(),
            alive: self.wire.alive(&symbol),
        };
        assert_eq!(sending.broken(), None, "{sending:?}");
        self.handed_over.push(params.order.order_ref.clone());
        if self.chance.draw(40) == 0 {
            self.see("refused unsent");
            let error = CallError::new(ErrorCode::Overloaded, "too many calls").into();
            return self.tell(ended(Asked::Place, intent, Err(error)));
        }
        if self.restart_while_sending {
            self.restart_while_sending = false;
            self.see("restarted while sending");
            self.restarts = Some(self.at + Duration::from_millis(self.chance.draw(1_000)));
        }
        let order_id = params.order_id.expect("a trader numbers its orders");
        self.call(intent, Call::Place(Box::new(PlaceOrder::new(order_id, params.contract, params.order))));
        if *self.armed.lock().unwrap() == Some(Step::AfterBytes) {
            self.restart();
        }
    }

    fn call(&mut self, intent: IntentId, call: Call) {
        let instant = self.now().instant;
        let Some(line) = &mut self.line else { return };
        line.call(instant, intent, call.clone());
        if let (Some(Deceit::Twice), Call::Place(mut again)) = (self.deceit, call) {
            again.order_id = OrderId::new(again.order_id.get() + 500_000);
            let _ = line.session.send(instant, &ClientMessage::PlaceOrder(again));
        }
        self.flush();
    }

    /// The process is gone, and the next one has what is on the disk, where there is room again.
    pub(super) fn restart(&mut self) {
        if let Some(step) = self.armed.lock().unwrap().take() {
            self.seen.insert(step.name());
        }
        self.flush();
        self.process += 1;
        if let Some(line) = self.line.take() {
            self.wire.cut(self.at, line.conn, &mut self.chance);
        }
        let journal = self.trader.take().expect("a trader is taken away only to be replaced").outbox.into_journal();
        journal.limit_growth(None).unwrap();
        self.full_disk = false;
        self.cut_off = false;
        self.begin_process(journal);
        let wait = Duration::from_millis(200 + self.chance.draw(20_000));
        self.reopens = Some(self.at + wait);
    }
}
