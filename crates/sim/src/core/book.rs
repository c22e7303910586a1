//! Every order, and every execution.

use std::collections::{BTreeMap, VecDeque};

use gatewright_proto::message::contract::Contract;
use gatewright_proto::message::execution::{CommissionReport, ExecDetails};
use gatewright_proto::message::order::Order;
use gatewright_proto::{ClientId, ConId, OrderId, PermId};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;
use rust_decimal::Decimal;

use super::instant::SimInstant;
use super::order_type::OrderType;

/// How many orders may work at once, of all clients: far above any account's limit, and no order is ever forgotten
/// before it is done.
pub(super) const MAX_WORKING: usize = 10_000;

/// How many orders that are done are remembered: a Gateway tells of a day's.
const MAX_DONE: usize = 10_000;

/// How many executions are remembered: a Gateway tells of a day's.
const MAX_EXECUTIONS: usize = 50_000;

/// An order is known by its client and the number that the client gave it.
pub(super) type OrderKey = (ClientId, OrderId);

/// One order.
#[derive(Debug, Clone)]
pub(super) struct LiveOrder {
    pub(super) key: OrderKey,
    pub(super) con_id: ConId,
    /// As it was placed, completed by what the catalogue knows.
    pub(super) contract: Contract,
    /// As it was placed or modified, with what a Gateway adds.
    pub(super) order: Order,
    pub(super) kind: OrderType,
    pub(super) phase: Phase,
    pub(super) since: SimInstant,
    /// Its place among orders of one price: lower comes first.
    pub(super) queue: u64,
    /// When it goes to the market, while it sleeps.
    pub(super) wakes: Option<SimInstant>,
    /// When it ends by itself.
    pub(super) expires: Option<SimInstant>,
    /// Its stop, or the price that it waited for, was reached.
    pub(super) triggered: bool,
    /// The price at which it stands from when it came to the market, of a type that looks at the quote only then.
    pub(super) fixed: Option<Decimal>,
    /// Where what it follows was when it came to the market, and the middle of its own quote then.
    pub(super) followed_from: Option<(Decimal, Decimal)>,
    /// The market has looked at it once: from now on it is looked at every second.
    pub(super) rested: bool,
    /// The market was once worse than its limit: from now on others come to it, and it is filled at its own price.
    pub(super) passive: bool,
    /// What it waited for has happened.
    pub(super) conditions_met: bool,
    /// The number of the first execution since it was placed.
    pub(super) born: u32,
    pub(super) by: By,
    pub(super) filled: Decimal,
    /// The sum of price times quantity of its fills.
    pub(super) turnover: Decimal,
    pub(super) last_fill_price: Option<Decimal>,
    pub(super) commission: Option<Decimal>,
}

/// Who has placed an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    /// An API client.
    Client,
    /// A person at the Gateway; no client may touch it.
    Hand,
    /// A person, but it was bound to client 0 since.
    BoundHand,
}

/// Where an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// It was placed with `transmit` off.
    Held,
    /// It waits for its parent to fill.
    Waiting,
    /// It waits for the market to open, for an auction, or for its own time.
    Asleep,
    /// It waits for its conditions.
    Conditional,
    /// It works.
    Working,
    /// It is filled.
    Filled,
    /// It was cancelled.
    Cancelled,
    /// It was rejected.
    Rejected,
}

/// One execution and what it cost.
#[derive(Debug, Clone)]
pub(super) struct Executed {
    /// Its place among all executions.
    pub(super) number: u32,
    pub(super) second: i64,
    pub(super) details: ExecDetails,
    pub(super) report: CommissionReport,
}

/// Every order, and every execution.
#[derive(Debug)]
pub(super) struct Book {
    open: BTreeMap<OrderKey, LiveOrder>,
    done: VecDeque<(SimInstant, LiveOrder)>,
    executions: VecDeque<Executed>,
    /// The highest order id that was accepted from each client.
    accepted: BTreeMap<ClientId, OrderId>,
    next_perm_id: i64,
    next_execution: u32,
    next_queue: u64,
    next_by_hand: i32,
    /// Whether orders that people place are bound to client 0 at once.
    pub(super) binds: bool,
    server: u32,
}

impl LiveOrder {
    /// What is still to be filled.
    pub(super) fn remaining(&self) -> Decimal {
        self.order.total_quantity - self.filled
    }

    /// The average price of what was filled.
    pub(super) fn average_price(&self) -> Option<Decimal> {
        self.turnover.checked_div(self.filled).map(|price| price.round_dp(8).normalize())
    }

    /// Its status in the API's words.
    pub(super) fn status(&self) -> &'static str {
        match self.phase {
            Phase::Held => "PendingSubmit",
            Phase::Waiting | Phase::Asleep | Phase::Conditional => "PreSubmitted",
            Phase::Working if !self.rested || self.awaits_trigger() => "PreSubmitted",
            Phase::Working => "Submitted",
            Phase::Filled => "Filled",
            Phase::Cancelled => "Cancelled",
            Phase::Rejected => "Inactive",
        }
    }

    /// Whether the price that it waits for was not reached.
    pub(super) fn awaits_trigger(&self) -> bool {
        self.kind.has_trigger() && !self.triggered
    }

    /// Whether it trades at the opening only.
    pub(super) fn is_on_open(&self) -> bool {
        self.order.tif == "OPG"
    }

    /// Whether only a fill of all that is left will do.
    pub(super) fn all_or_nothing(&self) -> bool {
        self.order.all_or_none || self.order.tif == "FOK"
    }

    /// Whether it counts against the limit of orders on one side of one contract.
    pub(super) fn is_active(&self) -> bool {
        matches!(self.phase, Phase::Working | Phase::Asleep | Phase::Conditional)
    }

    /// The number that clients know it by.
    pub(super) fn shown_id(&self) -> OrderId {
        match self.by {
            By::Client | By::BoundHand => self.key.1,
            By::Hand => OrderId::new(0),
        }
    }

    /// Its rank in the queue of its side, lower first: by price, then by time. Market orders come before all others.
    pub(super) fn rank(&self) -> (Decimal, u64) {
        let limit = self.fixed.or(self.order.lmt_price.filter(|_| self.kind.has_limit()));
        let price = match limit {
            None => Decimal::MIN,
            Some(limit) if self.order.action.is_sell() => limit,
            Some(limit) => -limit,
        };
        (price, self.queue)
    }
}

/// How far apart the first order numbers of Gateways are that start a second apart.
const ORDERS_A_SECOND: i64 = 16;

impl Book {
    /// An empty book. Its account-wide numbers start where the seed and the moment say: a Gateway that is started again
    /// later must not give out numbers that its clients have seen.
    pub(super) fn new(rng: &mut ChaCha8Rng, start: SimInstant) -> Self {
        // Below server version 191 the number has 32 bits.
        let perm_ids = i64::from(rng.next_u32()) + start.second().saturating_mul(ORDERS_A_SECOND);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the low bits change by the second"
        )]
        let moment = start.second() as u32;
        Self {
            open: BTreeMap::new(),
            done: VecDeque::new(),
            executions: VecDeque::new(),
            accepted: BTreeMap::new(),
            next_perm_id: 1_000_000_000 + perm_ids.rem_euclid(1_000_000_000),
            next_execution: 1,
            next_queue: 1,
            next_by_hand: -1,
            binds: false,
            server: (rng.next_u32() >> 12).wrapping_add(moment),
        }
    }

    /// The account-wide number of the next order.
    pub(super) fn take_perm_id(&mut self) -> PermId {
        self.next_perm_id += 1;
        PermId::new(self.next_perm_id - 1)
    }

    /// The next place in every queue.
    pub(super) fn take_queue(&mut self) -> u64 {
        self.next_queue += 1;
        self.next_queue - 1
    }

    /// The number that the next order of a person gets when it is bound: those go down from -1.
    pub(super) fn take_hand_id(&mut self) -> OrderId {
        let id = OrderId::new(self.next_by_hand);
        self.next_by_hand = self.next_by_hand.saturating_sub(1);
        id
    }

    /// The number of the next execution.
    pub(super) fn next_execution(&self) -> u32 {
        self.next_execution
    }

    /// The number of the next execution, and its id in the form of real ones.
    pub(super) fn take_execution_id(&mut self) -> (u32, String) {
        let number = self.next_execution;
        self.next_execution += 1;
        (number, format!("{:08x}.{number:08x}.01.01", self.server))
    }

    /// Whether a client has used this number, or a higher one, for an order that was accepted.
    pub(super) fn is_used(&self, (client, order): OrderKey) -> bool {
        self.accepted.get(&client).is_some_and(|highest| order <= *highest)
    }

    /// Adds a new order.
    pub(super) fn add(&mut self, order: LiveOrder) {
        let (client, id) = order.key;
        let highest = self.accepted.entry(client).or_insert(id);
        *highest = (*highest).max(id);
        self.open.insert(order.key, order);
    }

    /// An order that is not done.
    pub(super) fn get(&self, key: OrderKey) -> Option<&LiveOrder> {
        self.open.get(&key)
    }

    /// An order that is not done.
    pub(super) fn get_mut(&mut self, key: OrderKey) -> Option<&mut LiveOrder> {
        self.open.get_mut(&key)
    }

    /// Every order that is not done.
    pub(super) fn open(&self) -> impl Iterator<Item = &LiveOrder> {
        self.open.values()
    }

    /// How many orders are not done.
    pub(super) fn open_count(&self) -> usize {
        self.open.len()
    }

    /// Every order that is done and remembered, oldest first, with when it was done.
    pub(super) fn done(&self) -> impl Iterator<Item = &(SimInstant, LiveOrder)> {
        self.done.iter()
    }

    /// The state in which a client's order ended, if it did and is remembered.
    pub(super) fn ended(&self, key: OrderKey) -> Option<&LiveOrder> {
        self.done.iter().rev().map(|(_, order)| order).find(|order| order.key == key)
    }

    /// The same of orders that ended after a moment, if one is given.
    pub(super) fn ended_since(&self, key: OrderKey, since: Option<SimInstant>) -> Option<&LiveOrder> {
        let known = |at: &SimInstant| since.is_none_or(|since| *at > since);
        self.done.iter().rev().find(|(at, order)| order.key == key && known(at)).map(|(_, order)| order)
    }

    /// Ends an order: from now on it is one of the completed ones.
    pub(super) fn end(&mut self, key: OrderKey, phase: Phase, now: SimInstant) -> Option<LiveOrder> {
        let mut order = self.open.remove(&key)?;
        order.phase = phase;
        if self.done.len() == MAX_DONE {
            self.done.pop_front();
        }
        self.done.push_back((now, order.clone()));
        Some(order)
    }

    /// Forgets the orders that were placed from a moment on and have not filled at all, and lowers the ids that count as
    /// used: a Gateway that restarts has forgotten them. Says how many.
    pub(super) fn forget_since(&mut self, from: SimInstant, lower: impl Fn(OrderId) -> OrderId) -> usize {
        let before = self.open.len();
        self.open.retain(|_, order| order.since < from || order.filled > Decimal::ZERO);
        for highest in self.accepted.values_mut() {
            *highest = lower(*highest);
        }
        before - self.open.len()
    }

    /// Whether the market has anything to look at, or an order waits for something that may happen in any second.
    pub(super) fn has_working(&self) -> bool {
        let looks = |order: &LiveOrder| {
            matches!(order.phase, Phase::Working | Phase::Conditional) || !order.order.conditions.is_empty()
        };
        self.open.values().any(looks)
    }

    /// Remembers an execution.
    pub(super) fn record(&mut self, executed: Executed) {
        if self.executions.len() == MAX_EXECUTIONS {
            self.executions.pop_front();
        }
        self.executions.push_back(executed);
    }

    /// Every execution that is remembered, oldest first.
    pub(super) fn executions(&self) -> impl DoubleEndedIterator<Item = &Executed> {
        self.executions.iter()
    }
}
