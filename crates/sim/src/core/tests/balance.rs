//! Whatever is ordered, the books balance to the cent.

use std::time::Duration;

use gatewright_proto::message::contract::Contract;
use gatewright_proto::message::order::{
    Action as Way, CancelOrder, Conjunction, GlobalCancel, Order, OrderCondition, PlaceOrder, Trigger,
};
use gatewright_proto::{ClientMessage, ConId, OrderId, ServerMessage};
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::table::Table;
use crate::config::SimConfig;
use crate::core::ConnId;

#[derive(Debug, Clone)]
enum Step {
    Place { plan: Plan },
    Bracket { plan: Plan, cents: i64 },
    Conditional { plan: Plan, condition: usize, cancels: bool },
    Money { buy: bool, cash: i64 },
    Group { plan: Plan, others: usize, oca_type: i32 },
    Modify { order: i32, plan: Plan },
    Cancel { order: i32 },
    CancelAll,
    Wait { seconds: u64 },
}

/// One order to be.
#[derive(Debug, Clone)]
struct Plan {
    symbol: usize,
    buy: bool,
    quantity: i64,
    cents: i64,
    order_type: usize,
    tif: usize,
}

const SYMBOLS: [&str; 3] = ["AAPL", "NFLX", "TSLA"];

const TYPES: [&str; 11] = ["MKT", "LMT", "LMT", "STP", "STP LMT", "TRAIL", "MIT", "LIT", "REL", "PEG MKT", "MIDPRICE"];

const TIFS: [&str; 5] = ["DAY", "DAY", "GTC", "IOC", "FOK"];

fn plan() -> impl Strategy<Value = Plan> {
    let quantity = prop_oneof![3 => 1i64..900, 1 => 900i64..6_000];
    (0..SYMBOLS.len(), any::<bool>(), quantity, 9_000i64..50_000, 0..TYPES.len(), 0..TIFS.len()).prop_map(
        |(symbol, buy, quantity, cents, order_type, tif)| Plan { symbol, buy, quantity, cents, order_type, tif },
    )
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => plan().prop_map(|plan| Step::Place { plan }),
        2 => (plan(), 1i64..200).prop_map(|(plan, cents)| Step::Bracket { plan, cents }),
        2 => (plan(), 1..3usize, 1..4i32).prop_map(|(plan, others, oca_type)| Step::Group { plan, others, oca_type }),
        2 => (plan(), 0..6usize, any::<bool>())
            .prop_map(|(plan, condition, cancels)| Step::Conditional { plan, condition, cancels }),
        1 => (any::<bool>(), 1_000i64..90_000).prop_map(|(buy, cash)| Step::Money { buy, cash }),
        2 => (1..60i32, plan()).prop_map(|(order, plan)| Step::Modify { order, plan }),
        1 => (1..60i32).prop_map(|order| Step::Cancel { order }),
        1 => Just(Step::CancelAll),
        4 => (1..4_000u64).prop_map(|seconds| Step::Wait { seconds }),
    ]
}

impl Plan {
    fn order(&self) -> Order {
        let way = if self.buy { Way::Buy } else { Way::Sell };
        let price = Decimal::new(self.cents, 2);
        let order_type = TYPES[self.order_type];
        // The distance of a trailing order, the offset of a pegged one, or the price that wakes an order up.
        let aux = match order_type {
            "TRAIL" => Decimal::new(self.cents % 50 + 1, 2),
            "REL" | "PEG MKT" | "MIDPRICE" => Decimal::new(self.cents % 5, 2),
            _ => price,
        };
        Order {
            order_type: order_type.into(),
            tif: TIFS[self.tif].into(),
            lmt_price: Some(price),
            aux_price: Some(aux),
            ..Order::market(way, self.quantity.into())
        }
    }
}

/// A table and what its client has been told so far.
struct Books {
    table: Table,
    id: ConnId,
    next: i32,
    realized: Decimal,
    commissions: Decimal,
}

impl Books {
    fn place(&mut self, plan: &Plan, order: Order) -> i32 {
        let number = self.next;
        self.next += 1;
        self.send(number, plan, order);
        number
    }

    fn send(&mut self, number: i32, plan: &Plan, order: Order) {
        let place = PlaceOrder::new(OrderId::new(number), Contract::stock(SYMBOLS[plan.symbol]), order);
        self.table.say(self.id, &ClientMessage::PlaceOrder(Box::new(place)));
    }

    /// One condition of each kind, some of which come soon.
    fn trigger(&self, plan: &Plan, kind: usize) -> Trigger {
        let (con_id, exchange) = (ConId::new(265_598), "SMART".to_owned());
        let is_more = plan.buy;
        match kind {
            0 => Trigger::Price { is_more, price: Decimal::new(plan.cents, 2), con_id, exchange, trigger_method: 0 },
            1 => Trigger::Time { is_more, time: "20260302 10:30:00 US/Eastern".into() },
            2 => Trigger::Margin { is_more, percent: Decimal::from(plan.quantity % 100) },
            3 => Trigger::Execution { sec_type: "STK".into(), exchange, symbol: SYMBOLS[plan.symbol].into() },
            4 => Trigger::Volume { is_more, volume: plan.quantity * 1_000, con_id, exchange },
            _ => Trigger::PercentChange { is_more, change_percent: Decimal::ZERO, con_id, exchange },
        }
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Place { plan } => {
                self.place(&plan, plan.order());
            }
            Step::Bracket { plan, cents } => {
                let parent = self.place(&plan, Order { transmit: false, ..plan.order() });
                let exit = Plan { buy: !plan.buy, ..plan };
                let child = |order_type: &str, transmit| Order {
                    parent_id: OrderId::new(parent),
                    transmit,
                    order_type: order_type.into(),
                    tif: "GTC".into(),
                    aux_price: Some(Decimal::new(cents, 2)),
                    ..exit.order()
                };
                self.place(&exit, child("TRAIL", false));
                self.place(&exit, child("LMT", true));
            }
            Step::Group { plan, others, oca_type } => {
                for number in 0..=others {
                    let plan = Plan { quantity: plan.quantity + 100 * i64::try_from(number).unwrap_or(0), ..plan };
                    self.place(&plan, Order { oca_group: "group".into(), oca_type, ..plan.order() });
                }
            }
            Step::Conditional { plan, condition, cancels } => {
                let trigger = self.trigger(&plan, condition);
                let condition = OrderCondition { conjunction: Conjunction::And, trigger };
                self.place(
                    &plan,
                    Order { conditions: vec![condition], conditions_cancel_order: cancels, ..plan.order() },
                );
            }
            Step::Money { buy, cash } => {
                let way = if buy { Way::Buy } else { Way::Sell };
                let order = Order { cash_qty: Some(cash.into()), ..Order::market(way, Decimal::ZERO) };
                let euro = Contract { sec_type: "CASH".into(), exchange: "IDEALPRO".into(), ..Contract::stock("EUR") };
                let place = PlaceOrder::new(OrderId::new(self.next), euro, order);
                self.next += 1;
                self.table.say(self.id, &ClientMessage::PlaceOrder(Box::new(place)));
            }
            Step::Modify { order, plan } => {
                if order < self.next {
                    self.send(order, &plan, plan.order());
                }
            }
            Step::Cancel { order } => {
                self.table.say(self.id, &ClientMessage::CancelOrder(CancelOrder::new(OrderId::new(order))));
            }
            Step::CancelAll => {
                let all = GlobalCancel { ext_operator: String::new(), manual_order_indicator: None };
                self.table.say(self.id, &ClientMessage::ReqGlobalCancel(all));
            }
            Step::Wait { seconds } => self.table.pass(Duration::from_secs(seconds)),
        }
        self.table.pass(Duration::from_millis(200));
        for message in self.table.heard(self.id) {
            if let ServerMessage::CommissionReport(report) = message {
                self.realized += report.realized_pnl.unwrap_or_default();
                self.commissions += report.commission.unwrap();
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn cash_positions_executions_and_profit_agree(seed in any::<u64>(), steps in prop::collection::vec(step(), 1..30)) {
        let mut table = Table::new(SimConfig { seed, ..SimConfig::default() });
        let id = table.ready(7);
        let mut books = Books { table, id, next: 1, realized: Decimal::ZERO, commissions: Decimal::ZERO };
        for step in steps {
            books.take(step);
            check_account(&books)?;
            check_orders(&books)?;
        }
    }
}

fn check_account(books: &Books) -> Result<(), TestCaseError> {
    let snapshot = books.table.world.snapshot();
    let account = &snapshot.accounts[0];
    let cost: Decimal = snapshot.positions.iter().map(|position| position.cost).sum();
    prop_assert_eq!(account.cash + cost, account.initial_cash + account.realized_pnl);
    prop_assert_eq!(account.realized_pnl, books.realized);

    // The same from the executions alone, as a client would add them up.
    let mut cash = account.initial_cash - books.commissions;
    for executed in &snapshot.executions {
        let execution = &executed.execution;
        let paid = execution.shares * execution.price;
        cash += if execution.side == "BOT" { -paid } else { paid };
    }
    prop_assert_eq!(account.cash, cash);
    for position in &snapshot.positions {
        let bought: Decimal = snapshot
            .executions
            .iter()
            .filter(|it| it.contract.con_id == position.con_id)
            .map(|it| if it.execution.side == "BOT" { it.execution.shares } else { -it.execution.shares })
            .sum();
        prop_assert_eq!(position.quantity, bought);
    }
    // What was earned, closed or not, is what the account is worth more than at its start.
    let profit = books.table.world.profit(&account.account).unwrap();
    prop_assert_eq!(profit.unrealized + account.realized_pnl, account.net_liquidation - account.initial_cash);
    Ok(())
}

/// Every order has filled what its executions say, has cost what its reports say, and never more than was ordered.
fn check_orders(books: &Books) -> Result<(), TestCaseError> {
    let snapshot = books.table.world.snapshot();
    let mut fees = Decimal::ZERO;
    for order in snapshot.open_orders.iter().chain(&snapshot.completed_orders) {
        let of_order = snapshot.executions.iter().filter(|it| it.execution.perm_id == order.perm_id);
        let shares: Decimal = of_order.map(|it| it.execution.shares).sum();
        prop_assert_eq!(order.filled, shares);
        prop_assert_eq!(order.filled + order.remaining, order.order.total_quantity);
        prop_assert!(order.remaining >= Decimal::ZERO);
        prop_assert_eq!(order.remaining.is_zero(), order.status == "Filled");
        fees += order.commission.unwrap_or_default();
    }
    prop_assert_eq!(fees, books.commissions);
    for order in &snapshot.open_orders {
        prop_assert!(!order.remaining.is_zero());
    }
    Ok(())
}
