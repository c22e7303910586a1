//! Whatever is ordered, the books balance to the cent.

use std::time::Duration;

use gatewright_proto::message::contract::Contract;
use gatewright_proto::message::order::{Action as Way, CancelOrder, Order, PlaceOrder};
use gatewright_proto::{ClientMessage, OrderId, ServerMessage};
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::table::Table;
use crate::config::SimConfig;

#[derive(Debug, Clone)]
enum Step {
    Market { symbol: usize, buy: bool, quantity: i64 },
    Limit { symbol: usize, buy: bool, quantity: i64, cents: i64 },
    Cancel { order: i32 },
    Wait { seconds: u64 },
}

const SYMBOLS: [&str; 3] = ["AAPL", "SPY", "TSLA"];

fn step() -> impl Strategy<Value = Step> {
    let size = 1i64..900;
    prop_oneof![
        4 => (0..3usize, any::<bool>(), size.clone())
            .prop_map(|(symbol, buy, quantity)| Step::Market { symbol, buy, quantity }),
        3 => (0..3usize, any::<bool>(), size, 15_000i64..80_000)
            .prop_map(|(symbol, buy, quantity, cents)| Step::Limit { symbol, buy, quantity, cents }),
        1 => (1..40i32).prop_map(|order| Step::Cancel { order }),
        2 => (1..4_000u64).prop_map(|seconds| Step::Wait { seconds }),
    ]
}

fn way(buy: bool) -> Way {
    if buy { Way::Buy } else { Way::Sell }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn cash_positions_executions_and_profit_agree(seed in any::<u64>(), steps in prop::collection::vec(step(), 1..40)) {
        let mut table = Table::new(SimConfig { seed, ..SimConfig::default() });
        let id = table.ready(7);
        let mut reported = Decimal::ZERO;
        let mut commissions = Decimal::ZERO;
        for (number, step) in (1..).zip(steps) {
            let order = match step {
                Step::Market { symbol, buy, quantity } => Some((symbol, Order::market(way(buy), quantity.into()))),
                Step::Limit { symbol, buy, quantity, cents } => {
                    Some((symbol, Order::limit(way(buy), quantity.into(), Decimal::new(cents, 2))))
                }
                Step::Cancel { order } => {
                    table.say(id, &ClientMessage::CancelOrder(CancelOrder::new(OrderId::new(order))));
                    None
                }
                Step::Wait { seconds } => {
                    table.pass(Duration::from_secs(seconds));
                    None
                }
            };
            if let Some((symbol, order)) = order {
                let contract = Contract::stock(SYMBOLS[symbol]);
                let place = PlaceOrder::new(OrderId::new(number), contract, order);
                table.say(id, &ClientMessage::PlaceOrder(Box::new(place)));
            }
            table.pass(Duration::from_millis(200));
            for message in table.heard(id) {
                if let ServerMessage::CommissionReport(report) = message {
                    reported += report.realized_pnl.unwrap_or_default();
                    commissions += report.commission.unwrap();
                }
            }
            check(&table, reported, commissions)?;
        }
    }
}

fn check(table: &Table, reported: Decimal, commissions: Decimal) -> Result<(), TestCaseError> {
    let snapshot = table.world.snapshot();
    let account = &snapshot.accounts[0];
    let cost: Decimal = snapshot.positions.iter().map(|position| position.cost).sum();
    prop_assert_eq!(account.cash + cost, account.initial_cash + account.realized_pnl);
    prop_assert_eq!(account.realized_pnl, reported);

    // The same from the executions alone, as a client would add them up.
    let mut cash = account.initial_cash - commissions;
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
    Ok(())
}
