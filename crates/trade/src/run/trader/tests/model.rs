//! A Gateway in a few lines, that loses words, sessions and orders, and always knows what it really did.

use std::collections::BTreeMap;

use gatewright_journal::{HaltRecord, HaltScope, IntentFilter, ResumeRecord, StateKind};
use gatewright_link::protocol::{CancelOrderParams, ExecutionReport, OpenOrderReport};
use gatewright_proto::message::order::{Order, OrderState, OrderStatus};
use proptest::prelude::*;
use proptest::strategy::Strategy;

use super::*;

/// What happens next, by whim.
#[derive(Debug, Clone)]
enum Whim {
    /// A bar at which the strategy wishes for this, by a market order.
    Bar(i64),
    /// The same by a limit order, which waits until the whim fills it.
    Limit(i64, i64),
    /// Trading is halted, or allowed again.
    Halt(bool),
    /// The oldest open order is filled, by this much at most.
    Fill(i64),
    /// The newest execution is told again.
    Repeat,
    /// The Gateway cancels the oldest open order.
    Cancel,
    /// The session is lost and comes back.
    Reconnect,
    /// The trader is killed and started again.
    Restart,
    /// Time passes; questions that are due are asked and answered.
    Wait,
}

/// What becomes of an order that is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It arrives, and so does the answer.
    Answered,
    /// It arrives, and the answer is lost.
    Unanswered,
    /// It is lost on the way.
    Swallowed,
    /// It is refused.
    Rejected,
    /// The trader dies when the order is durable and no byte has left.
    DiedBefore,
    /// The trader dies when the last byte has left.
    DiedAfter,
}

#[derive(Default)]
struct Gateway {
    /// By orderRef: the order, and how much of it is left.
    open: BTreeMap<String, (OrderParams, i64)>,
    /// Every orderRef that ever arrived.
    arrived: Vec<String>,
    executions: Vec<Execution>,
    position: i64,
    cash: i64,
}

impl Gateway {
    fn answers(&self) -> CompleteAnswers {
        let open = self.open.values().map(|(params, _)| OpenOrderReport {
            order_id: params.order_id.unwrap(),
            contract: contract(),
            order: Order { client_id: CLIENT, ..params.order.clone() },
            order_state: OrderState { status: "Submitted".into(), ..OrderState::default() },
            status: None,
        });
        let executions = self.executions.iter().map(|execution| ExecutionReport {
            contract: contract(),
            execution: execution.clone(),
            commission: None,
        });
        let (open_orders, executions) = (open.collect(), executions.collect());
        CompleteAnswers { open_orders, executions, positions: held(self.position), ..CompleteAnswers::default() }
    }

    fn fill(&mut self, most: i64) -> Option<Execution> {
        let (order_ref, (params, left)) = self.open.iter_mut().next()?;
        let shares = most.min(*left);
        let price = 100 + self.executions.len() as i64 % 7;
        let execution = execution(params, &format!("m{}.01", self.executions.len()), shares, price);
        let signed = if params.order.action.is_sell() { -shares } else { shares };
        self.position += signed;
        self.cash -= signed * price;
        *left -= shares;
        if *left == 0 {
            let done = order_ref.clone();
            self.open.remove(&done);
        }
        self.executions.push(execution.clone());
        Some(execution)
    }
}

struct World {
    fixture: Fixture,
    gateway: Gateway,
    fates: Vec<Fate>,
    /// Every orderRef that was handed over to be sent, whatever became of it.
    handed_over: Vec<String>,
    halted: bool,
    connected: bool,
    path: std::path::PathBuf,
    /// The journal, as somebody else has it open.
    journal: Journal,
    _dir: tempfile::TempDir,
}

impl World {
    fn new(fates: Vec<Fate>) -> Self {
        // In memory where that is possible: the suite is about order of events, and the journal's own is about the disk.
        let memory = std::path::Path::new("/dev/shm");
        let dir = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap();
        let path = dir.path().join("journal.db");
        let fixture = Fixture::on(Journal::open(&path).unwrap(), Timestamp::from_second(2_000_000).unwrap());
        let journal = Journal::open(&path).unwrap();
        let mut world = Self {
            fixture,
            gateway: Gateway::default(),
            fates,
            handed_over: Vec::new(),
            halted: false,
            connected: false,
            path,
            journal,
            _dir: dir,
        };
        world.connect();
        world
    }

    fn connect(&mut self) {
        let event = self.fixture.start(self.gateway.position, self.gateway.answers());
        self.connected = true;
        self.tell(event);
    }

    fn halt(&mut self, halt: bool) {
        let (at, reason, by) = (self.fixture.now.wall, "a whim".to_owned(), "the model".to_owned());
        let journal = &mut self.journal;
        match (halt, self.halted) {
            (true, false) => journal.halt(&HaltRecord { at, reason, by, scope: HaltScope::NewOrders }).unwrap(),
            (false, true) => drop(journal.resume(&ResumeRecord { at, reason, by }).unwrap()),
            (true, true) | (false, false) => {}
        }
        self.halted = halt;
    }

    /// What must hold at every moment.
    fn check(&self) {
        let intents = self.journal.intents(&IntentFilter::default()).unwrap();
        let durable: Vec<&str> = intents.iter().map(|record| record.intent.order_ref.as_str()).collect();
        assert!(self.gateway.arrived.iter().all(|arrived| durable.contains(&arrived.as_str())), "sent before durable");
        assert_eq!(durable.len(), self.handed_over.len(), "each intent is handed over exactly once");
        let mut ids: Vec<_> = intents.iter().filter_map(|record| Some(record.order.as_ref()?.order_id)).collect();
        ids.sort_unstable();
        assert!(ids.windows(2).all(|pair| pair[0] != pair[1]), "an order id was used twice");
    }

    fn restart(&mut self) {
        let (wall, bars) = (self.fixture.now.wall + Duration::from_secs(60), self.fixture.bars);
        self.connected = false;
        // The old one is gone before the new one opens the file, as after SIGKILL.
        self.fixture = Fixture::new();
        self.fixture = Fixture::on(Journal::open(&self.path).unwrap(), wall);
        self.fixture.bars = bars;
        self.connect();
    }

    fn tell(&mut self, event: Event) {
        let actions = self.fixture.handle(event);
        self.act(actions);
    }

    fn act(&mut self, actions: Vec<Action>) {
        for action in actions {
            match action {
                Action::Tell(_) | Action::Consult(_) => {}
                Action::Cancel { intent, params } => self.cancel(intent, &params),
                Action::Ask => {
                    let answers = self.gateway.answers();
                    self.tell(Event::Answers(Ok(Box::new(answers))));
                }
                Action::Place { intent, params } => self.place(intent, *params),
            }
        }
    }

    fn cancel(&mut self, intent: IntentId, params: &CancelOrderParams) {
        let found = self.gateway.open.iter().find(|(_, (order, _))| order.order_id == Some(params.order_id));
        let answer = match found.map(|(order_ref, _)| order_ref.clone()) {
            Some(order_ref) => {
                self.gateway.open.remove(&order_ref);
                Ok(OrderResult { order_id: params.order_id, perm_id: None, status: "Cancelled".into() })
            }
            None => Err(CallError::gateway(10147, "OrderId that needs to be cancelled is not found").into()),
        };
        self.tell(Event::Cancelled { intent, answer });
    }

    fn place(&mut self, intent: IntentId, params: OrderParams) {
        let fate = self.fates.pop().unwrap_or(Fate::Answered);
        let order_ref = params.order.order_ref.clone();
        assert!(!self.handed_over.contains(&order_ref), "sent twice");
        assert!(!self.halted && self.connected, "sent while a gate refuses");
        let in_doubt = self.journal.open_intents().unwrap();
        let in_doubt = in_doubt.iter().filter(|record| record.state.kind() == StateKind::InDoubt).count();
        assert_eq!(in_doubt, 0, "sent while an order is in doubt");
        self.handed_over.push(order_ref.clone());
        let order_id = params.order_id.unwrap();
        if matches!(fate, Fate::Answered | Fate::Unanswered | Fate::DiedAfter) {
            let quantity = i64::try_from(params.order.total_quantity).unwrap();
            self.gateway.arrived.push(order_ref.clone());
            self.gateway.open.insert(order_ref, (params, quantity));
        }
        let answer = match fate {
            Fate::DiedBefore | Fate::DiedAfter => return self.restart(),
            Fate::Answered => Ok(OrderResult { order_id, perm_id: None, status: "PreSubmitted".into() }),
            Fate::Rejected => Err(CallError::gateway(201, "no").into()),
            Fate::Unanswered | Fate::Swallowed => Err(CallError::new(ErrorCode::InDoubt, "no word").into()),
        };
        self.tell(Event::Placed { intent, answer });
    }

    fn execute(&mut self, execution: Execution) {
        let details = ExecDetails { req_id: Default::default(), contract: contract(), execution };
        self.tell(Event::Order(OrderEvent::Execution(Box::new(details))));
    }

    fn follow(&mut self, whim: Whim) {
        match whim {
            Whim::Bar(target) => {
                let actions = self.fixture.bar(target);
                self.act(actions);
            }
            Whim::Limit(target, limit) => {
                *self.fixture.limit.lock().unwrap() = Some(limit.into());
                let actions = self.fixture.bar(target);
                *self.fixture.limit.lock().unwrap() = None;
                self.act(actions);
            }
            Whim::Halt(halt) => self.halt(halt),
            Whim::Fill(most) => {
                if let Some(execution) = self.gateway.fill(most) {
                    self.execute(execution);
                }
            }
            Whim::Repeat => {
                if let Some(execution) = self.gateway.executions.last().cloned() {
                    self.execute(execution);
                }
            }
            Whim::Cancel => {
                if let Some((_, (params, _))) = self.gateway.open.pop_first() {
                    let order_id = params.order_id.unwrap();
                    let status = "Cancelled".into();
                    let status = OrderStatus { order_id, client_id: CLIENT, status, ..OrderStatus::default() };
                    self.tell(Event::Order(OrderEvent::Status(status)));
                }
            }
            Whim::Reconnect => {
                self.connected = false;
                let actions = self.fixture.lose();
                self.act(actions);
                // Nobody is told of what happens meanwhile.
                self.gateway.fill(3);
                self.connect();
            }
            Whim::Restart => {
                self.gateway.fill(3);
                self.restart();
            }
            Whim::Wait => {
                self.fixture.wait(Duration::from_secs(61));
                self.tell(Event::Tick);
            }
        }
    }

    /// Lets the Gateway fill everything, and the trader ask until nothing is in doubt.
    fn settle(&mut self) {
        self.halt(false);
        while let Some(execution) = self.gateway.fill(1000) {
            self.execute(execution);
        }
        for _ in 0..6 {
            self.follow(Whim::Wait);
        }
    }
}

fn whim() -> impl Strategy<Value = Whim> {
    prop_oneof![
        4 => (0_i64..3).prop_map(|tens| Whim::Bar(tens * 10)),
        3 => (0_i64..3, 96_i64..105).prop_map(|(tens, limit)| Whim::Limit(tens * 10, limit)),
        1 => any::<bool>().prop_map(Whim::Halt),
        4 => (1_i64..12).prop_map(Whim::Fill),
        1 => Just(Whim::Repeat),
        1 => Just(Whim::Cancel),
        1 => Just(Whim::Reconnect),
        1 => Just(Whim::Restart),
        2 => Just(Whim::Wait),
    ]
}

fn fate() -> impl Strategy<Value = Fate> {
    let rare = [Fate::Unanswered, Fate::Swallowed, Fate::Rejected, Fate::DiedBefore, Fate::DiedAfter];
    prop::sample::select([[Fate::Answered; 5], rare].concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_lost_the_books_end_as_the_gateways(
        whims in prop::collection::vec(whim(), 1..40), fates in prop::collection::vec(fate(), 0..20),
    ) {
        let mut world = World::new(fates);
        for whim in whims {
            world.follow(whim);
            world.check();
        }
        world.settle();
        world.check();
        prop_assert_eq!(world.fixture.trader.outbox.working().count(), 0, "everything is settled");
        prop_assert_eq!(world.fixture.position(), Decimal::from(world.gateway.position));
        let recorded = world.fixture.trader.outbox.recorded_position("DU1", AAPL).unwrap();
        prop_assert_eq!(recorded, Decimal::from(world.gateway.position));
        let cash: Decimal = world.journal.holdings().unwrap().values().map(|holding| holding.cash).sum();
        prop_assert_eq!(cash, Decimal::from(world.gateway.cash), "to the cent");
    }
}
