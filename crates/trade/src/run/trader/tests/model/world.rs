//! The trader, its shell in a few lines, and what happens to them.

use std::collections::{BTreeSet, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use gatewright_journal::{HaltRecord, HaltScope, IntentFilter, JournalError, ResumeRecord, StateKind};
use gatewright_link::protocol::ExecutionReport;

use super::super::chance::Chance;
use super::super::*;
use super::gateway::{Gateway, Open};
use super::invariant::Facts;
use crate::step::{Step, Watch};

/// What the panic of a process that dies at a step carries.
struct Died;

/// Everything there is.
pub(super) struct World {
    pub(super) fixture: Option<Fixture>,
    pub(super) gateway: Gateway,
    chance: Chance,
    pub(super) handed_over: Vec<String>,
    pub(super) halted: bool,
    pub(super) connected: bool,
    pub(super) cut_off: bool,
    /// The step at which the trader dies next.
    armed: Arc<Mutex<Option<Step>>>,
    /// Counts the trader's processes: what one was about to do dies with it.
    process: u32,
    /// Answers on their way to the trader.
    pub(super) under_way: VecDeque<Event>,
    /// Orders that the Gateway has not read yet, and when it does.
    pub(super) late: Vec<(Timestamp, OrderParams)>,
    full_disk: bool,
    /// What the facts depend on, as it was when they were looked at last.
    checked: (u32, usize, usize, usize),
    pub(super) seen: BTreeSet<&'static str>,
}

impl World {
    pub(super) fn new(seed: u64) -> Self {
        let wall = Timestamp::from_second(2_000_000).unwrap();
        let mut world = Self {
            fixture: Some(Fixture::on(Journal::in_memory().unwrap(), wall)),
            gateway: Gateway { next_id: 1, ..Gateway::default() },
            chance: Chance::new(seed),
            handed_over: Vec::new(),
            halted: false,
            connected: false,
            cut_off: false,
            armed: Arc::new(Mutex::new(None)),
            process: 0,
            under_way: VecDeque::new(),
            late: Vec::new(),
            full_disk: false,
            checked: (0, 0, 0, 0),
            seen: BTreeSet::new(),
        };
        world.gateway.tells_completed = world.draw(3) > 0;
        world.watch();
        world.connect();
        world
    }

    /// A number below.
    pub(super) fn draw(&mut self, below: u64) -> u64 {
        self.chance.draw(below)
    }

    fn draw_i(&mut self, below: i64) -> i64 {
        self.chance.draw_i(below)
    }

    pub(super) fn see(&mut self, what: &'static str) {
        self.seen.insert(what);
    }

    fn fixture(&mut self) -> &mut Fixture {
        self.fixture.as_mut().expect("a trader is taken away only to be replaced")
    }

    pub(super) fn journal(&mut self) -> &mut Journal {
        self.fixture().trader.outbox.journal_mut()
    }

    pub(super) fn now(&mut self) -> Timestamp {
        self.fixture().now.wall
    }

    /// One whim.
    pub(super) fn step(&mut self) {
        if self.draw(2) == 0 {
            self.deliver();
        }
        match self.draw(20) {
            0..=4 => self.bar(None),
            5..=7 => {
                self.see("limit");
                let limit = Decimal::new(9_600 + self.draw_i(800), 2);
                self.bar(Some(limit));
            }
            8..=10 => {
                let most = 1 + self.draw_i(12);
                self.fill(most);
            }
            11 => self.say_again(),
            12 => self.cancel_by_gateway(),
            13 => self.reconnect(),
            14 => self.restart_gateway(),
            15 => {
                self.see("killed");
                self.restart();
            }
            16 => self.pass(Duration::from_secs(61)),
            17 => self.turn_halt(),
            18 => self.outage(),
            _ => self.arm(),
        }
    }

    fn bar(&mut self, limit: Option<Decimal>) {
        self.pass(Duration::from_secs(5));
        let target = self.draw_i(6) * 10 - 20;
        *self.fixture().limit.lock().unwrap() = limit;
        let event = self.fixture().next_bar(target);
        self.tell(event);
    }

    pub(super) fn fill(&mut self, most: i64) {
        let cents = self.draw_i(500);
        if let Some((report, open)) = self.gateway.fill(most, cents) {
            self.tell_fill(report, &open);
        }
    }

    /// An execution is told, with its cost and a status before or after it, or without.
    fn tell_fill(&mut self, report: ExecutionReport, open: &Open) {
        let status = open.status(if open.left == 0 { "Filled" } else { "Submitted" });
        let details = ExecDetails { req_id: Default::default(), contract: contract(), execution: report.execution };
        if self.draw(2) == 0 {
            self.emit(status.clone());
        }
        self.say(OrderEvent::Execution(Box::new(details)));
        self.emit(status);
        if let Some(commission) = report.commission {
            self.emit(OrderEvent::Commission(commission));
        }
    }

    fn say_again(&mut self) {
        let again = if self.draw(2) == 0 {
            self.gateway.executions.last().map(|report| report.execution.clone())
        } else {
            let cents = self.draw_i(500);
            let corrected = self.gateway.correct(cents);
            if corrected.is_some() {
                self.see("correction");
            }
            corrected
        };
        if let Some(execution) = again {
            let details = ExecDetails { req_id: Default::default(), contract: contract(), execution };
            self.say(OrderEvent::Execution(Box::new(details)));
        }
    }

    fn cancel_by_gateway(&mut self) {
        let Some(order_ref) = self.gateway.open.keys().next().cloned() else { return };
        self.see("cancelled by the Gateway");
        if let Some(open) = self.gateway.cancel(&order_ref) {
            self.emit(open.status("Cancelled"));
        }
    }

    /// The session is lost and comes back; nobody is told of what happens meanwhile.
    fn reconnect(&mut self) {
        self.lose();
        self.fill_unheard();
        self.connect();
    }

    fn restart_gateway(&mut self) {
        self.lose();
        let (now, forgets, lower_by) = (self.now(), self.draw(2) == 0, self.draw(4) as i32);
        self.gateway.restart(now, forgets, lower_by);
        if lower_by > 0 {
            self.see("rollback");
        }
        self.fill_unheard();
        self.connect();
    }

    fn fill_unheard(&mut self) {
        let (most, cents) = (1 + self.draw_i(12), self.draw_i(500));
        if self.draw(2) == 0 && self.gateway.fill(most, cents).is_some() {
            self.see("fill in an outage");
        }
    }

    /// The Gateway loses IBKR; what happens to orders meanwhile is told to nobody.
    fn outage(&mut self) {
        self.see("outage");
        self.link(LayerState::No);
        self.fill_unheard();
        self.bar(None);
        self.link(LayerState::Yes);
    }

    fn link(&mut self, state: LayerState) {
        self.cut_off = state == LayerState::No;
        let layer = Layer { state, since_ms: Some(0), evidence: "1100".into() };
        self.tell(Event::Health(Ok(BTreeMap::from([("gateway_link".to_owned(), layer)]))));
    }

    fn turn_halt(&mut self) {
        if self.full_disk {
            return;
        }
        let (at, reason, by) = (self.now(), "a whim".to_owned(), "the model".to_owned());
        if self.halted {
            self.see("resume");
            let _ = self.journal().resume(&ResumeRecord { at, reason, by }).unwrap();
        } else {
            self.see("halt");
            self.journal().halt(&HaltRecord { at, reason, by, scope: HaltScope::NewOrders }).unwrap();
        }
        self.halted = !self.halted;
    }

    /// The trader will die at a step, or the disk will be full.
    fn arm(&mut self) {
        match self.draw(Step::ALL.len() as u64 + 5) as usize {
            step if step < Step::ALL.len() => *self.armed.lock().unwrap() = Some(Step::ALL[step]),
            _ => {
                self.full_disk = true;
                self.journal().limit_growth(Some(0)).unwrap();
            }
        }
    }

    /// Time passes; orders that were on their way arrive on the way.
    fn pass(&mut self, length: Duration) {
        let until = self.now() + length;
        let due = self.late.iter().position(|(at, _)| *at <= until);
        if let Some((at, params)) = due.map(|due| self.late.remove(due)) {
            let open = self.gateway.take(params, at);
            self.emit(open.event());
        }
        self.fixture().wait(length);
        self.tell(Event::Tick);
    }

    /// Tells the trader, and does what it wants done.
    pub(super) fn tell(&mut self, event: Event) {
        let fixture = self.fixture();
        let (trader, now) = (&mut fixture.trader, fixture.now);
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

    /// Says something about an order, if anybody hears it.
    fn say(&mut self, event: OrderEvent) {
        if self.connected && !self.cut_off {
            self.tell(Event::Order(event));
        }
    }

    /// The same, never, once or twice.
    pub(super) fn emit(&mut self, event: OrderEvent) {
        match self.draw(5) {
            0 => self.see("status lost"),
            1 => {
                self.see("status twice");
                self.say(event.clone());
                self.say(event);
            }
            _ => self.say(event),
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
                Action::Cancel { intent, params } => self.cancel(intent, &params),
                Action::Ask => {
                    let answers = self.gateway.answers();
                    self.answer(Event::Answers(Ok(Box::new(answers))));
                }
                Action::Place { intent, params } => self.place(intent, *params),
            }
        }
    }

    /// An answer that arrives now or later.
    pub(super) fn answer(&mut self, event: Event) {
        if self.draw(4) == 0 {
            self.see("answer delayed");
            self.under_way.push_back(event);
        } else {
            self.tell(event);
        }
    }

    pub(super) fn deliver(&mut self) {
        while let Some(event) = self.under_way.pop_front() {
            let is_lost = matches!(event, Event::Lost(_));
            if is_lost && self.connected {
                self.end_session();
            }
            self.tell(event);
            if is_lost {
                self.connect();
            }
        }
    }

    /// The session ends, and what was under way in it comes first.
    fn lose(&mut self) {
        self.deliver();
        if self.connected {
            self.end_session();
            self.tell(Event::Lost(Box::new(lost())));
        }
    }

    /// What the Gateway had not read yet it reads before the session's end, or never.
    fn end_session(&mut self) {
        self.connected = false;
        self.cut_off = false;
        for (at, params) in std::mem::take(&mut self.late) {
            if self.draw(2) == 0 {
                self.gateway.take(params, at);
            } else {
                self.see("late and lost");
            }
        }
    }

    fn connect(&mut self) {
        if self.connected {
            return;
        }
        let answers = self.gateway.answers();
        let next_valid_id = OrderId::new(self.gateway.next_id);
        let position = self.gateway.position;
        let Event::Ready(start) = self.fixture().start(position, answers) else { unreachable!("a start") };
        self.connected = true;
        self.tell(Event::Ready(Box::new(SessionStart { next_valid_id, ..*start })));
    }

    /// The process is gone, and the next one has what is on the disk, where there is room again.
    pub(super) fn restart(&mut self) {
        if let Some(step) = self.armed.lock().unwrap().take() {
            self.seen.insert(step.name());
        }
        self.process += 1;
        self.under_way.clear();
        self.end_session();
        let old = self.fixture.take().expect("a trader is taken away only to be replaced");
        let wall = old.now.wall + Duration::from_secs(11 + self.draw(60));
        let Fixture { trader, bars, .. } = old;
        let journal = trader.outbox.into_journal();
        journal.limit_growth(None).unwrap();
        self.full_disk = false;
        self.fixture = Some(Fixture { bars, ..Fixture::on(journal, wall) });
        self.watch();
        self.fill_unheard();
        self.connect();
    }

    fn watch(&mut self) {
        let armed = Arc::clone(&self.armed);
        let watch = Watch::new(move |step| {
            if *armed.lock().unwrap() == Some(step) {
                resume_unwind(Box::new(Died));
            }
        });
        self.fixture().trader.outbox.watched_by(watch);
    }

    pub(super) fn reached(&self, step: Step) -> bool {
        *self.armed.lock().unwrap() == Some(step)
    }

    pub(super) fn alive(&self) -> usize {
        self.gateway.open.len() + self.late.len()
    }

    /// What must hold at every moment.
    pub(super) fn check(&mut self) {
        let now = (self.process, self.handed_over.len(), self.gateway.arrived.len(), self.alive());
        if std::mem::replace(&mut self.checked, now) == now {
            return;
        }
        let intents = self.journal().intents(&IntentFilter::default()).unwrap();
        let durable = intents
            .iter()
            .filter_map(|record| Some((record.intent.order_ref.clone(), record.order.as_ref()?.order_id)));
        let facts = Facts {
            durable: durable.collect(),
            handed_over: self.handed_over.clone(),
            arrived: self.gateway.arrived.clone(),
            alive: self.alive(),
        };
        assert_eq!(facts.broken(), None, "{facts:?}");
    }

    /// Lets the Gateway do what is left, and the trader ask until nothing is open.
    pub(super) fn settle(&mut self) {
        *self.armed.lock().unwrap() = None;
        self.journal().limit_growth(None).unwrap();
        self.full_disk = false;
        if self.halted {
            self.turn_halt();
        }
        for round in 0..24 {
            self.deliver();
            self.connect();
            while !self.gateway.open.is_empty() {
                self.fill(1_000);
            }
            self.pass(Duration::from_secs(61));
            // Positions are compared every five minutes, whatever is believed.
            if round > 5 && self.alive() == 0 && self.fixture().trader.outbox.working().next().is_none() {
                break;
            }
        }
    }

    /// What must hold in the end.
    pub(super) fn check_end(&mut self) {
        self.check();
        let working: Vec<_> = self.fixture().trader.outbox.working().cloned().collect();
        assert!(working.is_empty(), "not settled: {working:?}");
        let (position, cash) = (Decimal::from(self.gateway.position), self.gateway.cash);
        assert_eq!(self.fixture().position(), position, "the trader's position");
        let recorded = self.fixture().trader.outbox.recorded_position("DU1", AAPL).unwrap();
        assert_eq!(recorded, position, "the journal's position");
        let flow: Decimal = self.journal().holdings().unwrap().values().map(|holding| holding.cash).sum();
        assert_eq!(flow, cash, "to the cent");
        let costs = self.journal().commissions(Timestamp::MIN, Timestamp::MAX).unwrap();
        let costs: Decimal = costs.iter().map(|commission| commission.amount).sum();
        assert_eq!(costs, self.gateway.commissions, "commissions to the cent");
        for record in self.journal().intents(&IntentFilter::default()).unwrap() {
            let executed: Decimal =
                self.journal().executions(record.id).unwrap().iter().map(|fill| fill.quantity).sum();
            let filled = self.gateway.filled.get(&record.intent.order_ref).copied().unwrap_or_default();
            assert_eq!(executed, Decimal::from(filled), "what was filled of {record:?}");
            let all = executed == record.intent.quantity;
            assert_eq!(record.state.kind() == StateKind::Filled, all, "{record:?}");
        }
        assert_eq!(self.journal().verify().unwrap().findings, []);
    }
}
