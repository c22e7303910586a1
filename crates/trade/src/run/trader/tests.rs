use std::sync::{Arc, Mutex};

use gatewright_journal::{IntentId, Journal, OrderIdKey};
use gatewright_link::protocol::{CallError, ErrorCode, ErrorData, OrderResult};
use gatewright_proto::message::account::Position;
use gatewright_proto::message::contract::Contract;
use gatewright_proto::message::execution::{ExecDetails, Execution};
use gatewright_proto::{ClientId, ConId, PermId};
use jiff::Timestamp;

use gatewright_link::protocol::{LayerState, OrderParams};

use super::*;
use crate::calendar::Calendar;
use crate::outbox::CompleteAnswers;
use crate::risk::HoursRule;
use crate::run::event::SymbolStart;
use crate::strategy::{BarIn, Signal, Start, Strategy};

mod chance;
mod comparing;
mod doubting;
mod model;
mod simulated;
mod waiting;

const CLIENT: ClientId = ClientId::new(7);
const AAPL: &str = "AAPL";

/// Wants what it is told to want, at the limit that it is told.
struct Wishes(Arc<Mutex<i64>>, Arc<Mutex<Option<Decimal>>>);

impl Strategy for Wishes {
    fn name(&self) -> &str {
        "wishes"
    }

    fn warm_up_bars(&self) -> usize {
        0
    }

    fn on_start(&mut self, _: &Start<'_>) -> Option<Signal> {
        None
    }

    fn on_bar(&mut self, _: &BarIn) -> Option<Signal> {
        let target = Decimal::from(*self.0.lock().unwrap());
        Some(Signal { target, limit: *self.1.lock().unwrap(), reason: "wished".into() })
    }
}

/// A trader of one symbol, a wish, and a clock that only moves when it is told to.
struct Fixture {
    trader: Trader,
    wish: Arc<Mutex<i64>>,
    limit: Arc<Mutex<Option<Decimal>>>,
    now: Moment,
    bars: i64,
    executions: u32,
}

fn held(position: i64) -> Vec<Position> {
    let (account, contract) = ("DU1".to_owned(), contract());
    vec![Position { account, contract, position: position.into(), avg_cost: Some(Decimal::ONE_HUNDRED) }]
}

fn contract() -> Contract {
    Contract { con_id: ConId::new(265_598), ..Contract::stock(AAPL) }
}

/// Limits that stand in nobody's way unless a test is about them.
fn policy() -> Policy {
    let limits = RiskLimits { hours: HoursRule::Any, max_orders_per_minute: 10_000, ..RiskLimits::default() };
    Policy { limits, client_id: CLIENT, bar: BarLength::LIVE, sending: Sending::Real }
}

impl Fixture {
    fn new() -> Self {
        Self::on(Journal::in_memory().unwrap(), Timestamp::from_second(2_000_000).unwrap())
    }

    fn dry() -> Self {
        let wall = Timestamp::from_second(2_000_000).unwrap();
        let policy = Policy { sending: Sending::DryRun, ..policy() };
        Self::with(Journal::in_memory().unwrap(), wall, policy)
    }

    fn on(journal: Journal, wall: Timestamp) -> Self {
        Self::with(journal, wall, policy())
    }

    fn with(journal: Journal, wall: Timestamp, policy: Policy) -> Self {
        let now = Moment { wall, ..Moment::now() };
        let key = OrderIdKey { gateway: "g:1".into(), client_id: CLIENT };
        let (outbox, changes) = Outbox::open(journal, key, now.wall).unwrap();
        let wish = Arc::new(Mutex::new(0));
        let limit = Arc::new(Mutex::new(None));
        let wishes = Wishes(Arc::clone(&wish), Arc::clone(&limit));
        let instrument = (AAPL.to_owned(), Decider::Own(Box::new(wishes)));
        let trader = Trader::new(outbox, &changes, vec![instrument], policy, now);
        Self { trader, wish, limit, now, bars: 0, executions: 0 }
    }

    fn wait(&mut self, length: Duration) {
        self.now.instant += length;
        self.now.wall += length;
    }

    fn handle(&mut self, event: Event) -> Vec<Action> {
        self.trader.handle(self.now, event).unwrap()
    }

    fn start(&self, position: i64, answers: CompleteAnswers) -> Event {
        Event::Ready(Box::new(SessionStart {
            account: AccountId::new("DU1"),
            next_valid_id: OrderId::new(1),
            clock: self.now.wall,
            answers: CompleteAnswers { positions: held(position), ..answers },
            symbols: vec![SymbolStart {
                symbol: AAPL.into(),
                contract: contract(),
                calendar: Calendar::default(),
                history: vec![],
            }],
            layers: BTreeMap::new(),
        }))
    }

    fn ready(&mut self, position: i64) -> Vec<Action> {
        let event = self.start(position, self.nothing());
        self.handle(event)
    }

    fn nothing(&self) -> CompleteAnswers {
        CompleteAnswers::default()
    }

    /// The next bar, at which the strategy wishes for `target`.
    fn bar(&mut self, target: i64) -> Vec<Action> {
        let event = self.next_bar(target);
        self.handle(event)
    }

    fn next_bar(&mut self, target: i64) -> Event {
        *self.wish.lock().unwrap() = target;
        self.bars += 1;
        let time = Timestamp::from_second(2_000_000 + self.bars * 5).unwrap();
        let price = Decimal::ONE_HUNDRED;
        let bar = BarIn { time, open: price, high: price, low: price, close: price, volume: None };
        Event::Bar { symbol: AAPL.into(), bar }
    }

    fn fill(&mut self, order: &OrderParams, shares: i64, price: i64) -> Vec<Action> {
        self.executions += 1;
        let execution = execution(order, &format!("e{}.01", self.executions), shares, price);
        let details = ExecDetails { req_id: Default::default(), contract: contract(), execution };
        self.handle(Event::Order(OrderEvent::Execution(Box::new(details))))
    }

    fn lose(&mut self) -> Vec<Action> {
        self.handle(Event::Lost(Box::new(lost())))
    }

    fn position(&self) -> Decimal {
        self.trader.summary(self.now).symbols[AAPL].book.position
    }
}

fn lost() -> ErrorData {
    *CallError::new(ErrorCode::Lost, "the session was lost").data
}

fn execution(order: &OrderParams, exec_id: &str, shares: i64, price: i64) -> Execution {
    Execution {
        order_id: order.order_id.unwrap(),
        exec_id: exec_id.into(),
        acct_number: "DU1".into(),
        side: if order.order.action.is_sell() { "SLD".into() } else { "BOT".into() },
        shares: shares.into(),
        price: price.into(),
        perm_id: PermId::new(i64::from(order.order_id.unwrap().get()) + 900),
        client_id: CLIENT,
        order_ref: order.order.order_ref.clone(),
        ..Execution::default()
    }
}

fn placed(actions: &[Action]) -> Option<(IntentId, OrderParams)> {
    let mut orders = actions.iter().filter_map(|action| match action {
        Action::Place { intent, params } => Some((*intent, (**params).clone())),
        Action::Ask | Action::Tell(_) | Action::Cancel { .. } | Action::Consult(_) => None,
    });
    let first = orders.next();
    assert!(orders.next().is_none(), "one order at a time");
    first
}

fn told<T>(actions: &[Action], pick: impl Fn(&TradeEvent) -> Option<T>) -> Vec<T> {
    let events = actions.iter().filter_map(|action| match action {
        Action::Tell(event) => Some(event),
        Action::Place { .. } | Action::Ask | Action::Cancel { .. } | Action::Consult(_) => None,
    });
    events.filter_map(|event| pick(event)).collect()
}

#[expect(clippy::wildcard_enum_match_arm, reason = "a test looks at one kind of event")]
fn refusals(actions: &[Action]) -> Vec<&'static str> {
    told(actions, |event| match event {
        TradeEvent::Refused { refusal, .. } => Some(refusal.limit()),
        _ => None,
    })
}

#[test]
fn a_wish_becomes_one_order_and_nothing_more_once_it_is_filled() {
    let mut fixture = Fixture::new();
    fixture.ready(0);
    let (_, order) = placed(&fixture.bar(10)).expect("an order");
    assert_eq!((order.order.total_quantity, order.order.order_type.as_str()), (Decimal::TEN, "MKT"));
    assert_eq!((order.order.account.as_str(), order.client_id), ("DU1", Some(CLIENT)));
    let while_it_works = fixture.bar(10);
    assert!(placed(&while_it_works).is_none() && refusals(&while_it_works).is_empty(), "it is on its way");
    fixture.fill(&order, 10, 100);
    assert!(placed(&fixture.bar(10)).is_none());
    let (_, order) = placed(&fixture.bar(0)).expect("an order");
    assert!(order.order.action.is_sell());
    fixture.fill(&order, 10, 103);
    let summary = fixture.trader.summary(fixture.now);
    assert_eq!((summary.fills, summary.realised, summary.cash_flow), (2, 30.into(), 30.into()));
    assert_eq!(summary.orders, BTreeMap::from([("filled", 2)]));
}

#[test]
fn what_a_partial_fill_left_open_is_not_ordered_again_while_it_works() {
    let mut fixture = Fixture::new();
    fixture.ready(0);
    let (_, order) = placed(&fixture.bar(10)).expect("an order");
    fixture.fill(&order, 4, 100);
    assert!(placed(&fixture.bar(10)).is_none());
    fixture.fill(&order, 6, 100);
    assert_eq!(fixture.position(), Decimal::TEN);
}

#[test]
fn a_rejected_wish_rests_until_the_strategy_changes_its_mind() {
    let mut fixture = Fixture::new();
    fixture.ready(0);
    let (intent, _) = placed(&fixture.bar(10)).expect("an order");
    let answer = Err(CallError::gateway(201, "Order rejected - reason: no").into());
    fixture.handle(Event::Placed { intent, answer });
    assert!(placed(&fixture.bar(10)).is_none());
    assert!(placed(&fixture.bar(10)).is_none());
    assert!(placed(&fixture.bar(5)).is_some());
}

#[test]
fn nothing_is_sent_without_a_session_without_fresh_data_or_after_a_stop() {
    let mut fixture = Fixture::new();
    assert_eq!(refusals(&fixture.bar(10)), ["session_not_ready"]);
    fixture.ready(0);
    assert!(placed(&fixture.bar(0)).is_none());
    fixture.lose();
    assert_eq!(refusals(&fixture.bar(10)), ["session_not_ready"]);
    assert!(refusals(&fixture.bar(10)).is_empty(), "said once");
    fixture.ready(0);
    fixture.handle(Event::Stop);
    assert_eq!(refusals(&fixture.bar(10)), ["stopping"]);
    let counted = fixture.trader.summary(fixture.now).refusals;
    assert_eq!(counted, BTreeMap::from([("session_not_ready", 2), ("stopping", 1)]));
}

#[test]
fn a_fill_during_an_outage_is_booked_once() {
    let mut fixture = Fixture::new();
    fixture.ready(0);
    let (_, order) = placed(&fixture.bar(10)).expect("an order");
    fixture.lose();
    let report = gatewright_link::protocol::ExecutionReport {
        contract: contract(),
        execution: execution(&order, "x.01", 10, 101),
        commission: None,
    };
    let answers = CompleteAnswers { executions: vec![report], ..fixture.nothing() };
    let event = fixture.start(10, answers);
    let actions = fixture.handle(event);
    assert!(told(&actions, |event| matches!(event, TradeEvent::Fill { .. }).then_some(())).len() == 1);
    assert!(placed(&fixture.bar(10)).is_none());
    let summary = fixture.trader.summary(fixture.now);
    assert_eq!((summary.fills, summary.cash_flow, summary.reconnects), (1, (-1010).into(), 1));
    assert_eq!(summary.orders, BTreeMap::from([("filled", 1)]));
}

#[test]
fn shares_that_were_there_before_are_left_alone() {
    let mut fixture = Fixture::new();
    fixture.ready(500);
    assert!(placed(&fixture.bar(0)).is_none(), "they are not the strategy's to sell");
    let (_, order) = placed(&fixture.bar(10)).expect("an order");
    assert_eq!(order.order.total_quantity, Decimal::TEN);
}

#[test]
fn what_someone_else_closed_is_not_sold_again() {
    let mut fixture = Fixture::new();
    fixture.ready(0);
    let (_, order) = placed(&fixture.bar(10)).expect("an order");
    fixture.fill(&order, 10, 100);
    fixture.lose();
    let actions = fixture.ready(0);
    let differs = told(&actions, |event| matches!(event, TradeEvent::Position { differs: true, .. }).then_some(()));
    assert_eq!((differs.len(), fixture.position()), (1, Decimal::ZERO));
    assert!(placed(&fixture.bar(0)).is_none());
}

#[test]
fn a_price_from_before_the_outage_does_not_pass_for_a_fresh_one() {
    let mut fixture = Fixture::new();
    fixture.ready(0);
    fixture.bar(0);
    let price = |fixture: &Fixture| {
        let status = fixture.trader.status(fixture.now);
        (status.symbols[0].price, status.symbols[0].price_age)
    };
    assert_eq!(price(&fixture), (Some(Decimal::ONE_HUNDRED), Some(Duration::ZERO)));
    fixture.lose();
    assert_eq!(price(&fixture), (None, None));
    fixture.ready(0);
    assert_eq!(price(&fixture), (None, None));
}

#[test]
fn an_answer_that_arrives_after_the_fill_changes_nothing() {
    let mut fixture = Fixture::new();
    fixture.ready(0);
    let (intent, order) = placed(&fixture.bar(10)).expect("an order");
    fixture.fill(&order, 10, 100);
    let order_id = order.order_id.unwrap();
    let result = OrderResult { order_id, perm_id: None, status: "PreSubmitted".into() };
    assert!(fixture.handle(Event::Placed { intent, answer: Ok(result) }).is_empty());
    assert_eq!(fixture.trader.outbox.working().count(), 0);
    assert!(!fixture.trader.is_quiet(), "its commission is not known yet");
}

#[expect(clippy::wildcard_enum_match_arm, reason = "a test looks at one kind of event")]
fn problems(actions: &[Action]) -> Vec<String> {
    told(actions, |event| match event {
        TradeEvent::Problem { failure } => Some(failure.cause.clone()),
        _ => None,
    })
}

impl Fixture {
    /// Time passes, the Gateway is asked, and it answers that it holds `position` and knows of nothing else.
    fn asked(&mut self, position: i64) -> Vec<Action> {
        self.wait(Duration::from_secs(61));
        let _ = self.handle(Event::Tick);
        let answers = CompleteAnswers { positions: held(position), ..self.nothing() };
        self.handle(Event::Answers(Ok(Box::new(answers))))
    }

    fn halted(&self) -> Option<&'static str> {
        self.trader.summary(self.now).symbols[AAPL].halted
    }
}

#[test]
fn an_execution_that_cannot_be_counted_halts_its_instrument_for_the_run() {
    let mut fixture = Fixture::new();
    fixture.ready(0);
    let (_, order) = placed(&fixture.bar(10)).expect("an order");
    assert_eq!(fixture.halted(), None);
    let actions = fixture.fill(&order, 100_000_000_000_000, 100);
    assert_eq!(problems(&actions), ["implausible_execution"]);
    let next = fixture.bar(10);
    assert!(placed(&next).is_none(), "nobody knows what is held");
    assert_eq!((refusals(&next), fixture.halted()), (vec!["position_unknown"], Some("implausible_execution")));
    fixture.lose();
    fixture.ready(10);
    assert!(placed(&fixture.bar(0)).is_none(), "not in this run");
    assert_eq!(fixture.halted(), Some("implausible_execution"));
}

#[test]
fn an_order_that_may_be_in_the_position_stays_in_doubt() {
    let mut fixture = Fixture::new();
    fixture.ready(500);
    let (intent, _) = placed(&fixture.bar(10)).expect("an order");
    fixture.handle(Event::Placed { intent, answer: Err(CallError::new(ErrorCode::InDoubt, "no word").into()) });
    for _ in 0..4 {
        // It was filled, and the Gateway's lists do not say so.
        fixture.asked(510);
    }
    let next = fixture.bar(10);
    assert!(placed(&next).is_none());
    assert_eq!(fixture.trader.summary(fixture.now).in_doubt_settled, 0);
    // Without it in the position it was never there.
    fixture.asked(500);
    assert_eq!(fixture.trader.summary(fixture.now).in_doubt_settled, 1);
    assert!(placed(&fixture.bar(10)).is_some());
}

#[test]
fn what_an_earlier_run_left_in_doubt_stays_so_while_the_position_differs_from_its_executions() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal.db");
    let wall = Timestamp::from_second(2_000_000).unwrap();
    let mut fixture = Fixture::on(Journal::open(&path).unwrap(), wall);
    fixture.ready(0);
    placed(&fixture.bar(10)).expect("an order");
    drop(fixture);
    let mut fixture = Fixture::on(Journal::open(&path).unwrap(), wall + Duration::from_secs(60));
    fixture.ready(10);
    for _ in 0..4 {
        fixture.asked(10);
    }
    assert!(placed(&fixture.bar(10)).is_none());
    assert_eq!(fixture.trader.outbox.working().count(), 1);
}

#[test]
fn shares_that_appear_during_the_run_halt_their_instrument_until_they_are_explained() {
    let mut fixture = Fixture::new();
    fixture.ready(500);
    fixture.bar(0);
    fixture.lose();
    let actions = fixture.ready(510);
    assert_eq!(problems(&actions), ["unexplained_position"]);
    let next = fixture.bar(10);
    assert!(placed(&next).is_none());
    assert_eq!((refusals(&next), fixture.halted()), (vec!["position_unknown"], Some("unexplained_position")));
    assert!(fixture.asked(510).iter().all(|action| matches!(action, Action::Ask)), "said once");
    assert!(placed(&fixture.bar(10)).is_none());
    fixture.asked(500);
    assert_eq!(fixture.halted(), None);
    assert!(placed(&fixture.bar(10)).is_some());
}

#[test]
fn a_halt_refuses_even_if_nobody_has_looked_since() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal.db");
    let mut fixture = Fixture::on(Journal::open(&path).unwrap(), Timestamp::from_second(2_000_000).unwrap());
    fixture.ready(0);
    fixture.bar(0);
    let (at, reason, by) = (fixture.now.wall, "enough".to_owned(), "me".to_owned());
    let halt = gatewright_journal::HaltRecord { at, reason, by, scope: gatewright_journal::HaltScope::NewOrders };
    Journal::open(&path).unwrap().halt(&halt).unwrap();
    let actions = fixture.bar(10);
    assert!(placed(&actions).is_none());
    assert_eq!(refusals(&actions), ["halted"]);
    assert!(fixture.trader.summary(fixture.now).orders.is_empty(), "nothing of it is durable");
}

#[test]
fn a_broken_layer_stops_orders_until_it_is_well() {
    let mut fixture = Fixture::new();
    fixture.ready(0);
    let layers = |state| {
        let layer = Layer { state, since_ms: Some(0), evidence: "2103".into() };
        Event::Health(Ok(BTreeMap::from([("farm:usfarm".to_owned(), layer)])))
    };
    fixture.handle(layers(LayerState::No));
    assert_eq!(refusals(&fixture.bar(10)), ["session_not_well"]);
    fixture.handle(layers(LayerState::Yes));
    assert!(placed(&fixture.bar(10)).is_some());
}

#[test]
fn a_dry_run_places_nothing_and_goes_on_as_if_it_had() {
    let mut fixture = Fixture::dry();
    fixture.ready(0);
    let actions = fixture.bar(10);
    assert!(placed(&actions).is_none());
    assert_eq!(told(&actions, |event| matches!(event, TradeEvent::Assumed { .. }).then_some(())).len(), 1);
    assert!(placed(&fixture.bar(0)).is_none());
    fixture.lose();
    fixture.ready(0);
    let summary = fixture.trader.summary(fixture.now);
    assert_eq!((summary.assumed, summary.orders.len(), fixture.position()), (2, 0, Decimal::ZERO));
    assert_eq!(fixture.halted(), None);
}
