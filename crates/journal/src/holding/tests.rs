use gatewright_proto::{OrderId, PermId};
use proptest::prelude::*;

use super::*;
use crate::intent::tests::sample;
use crate::{Evidence, ExecutionRecord, Intent, IntentId};

fn order_key(client_id: i32) -> OrderIdKey {
    OrderIdKey { gateway: "127.0.0.1:4002".to_owned(), client_id: ClientId::new(client_id) }
}

fn holding_key() -> HoldingKey {
    HoldingKey { key: order_key(7), account: "DU1".into(), symbol: "AAPL".into() }
}

fn ordered(journal: &mut Journal, order_ref: &str, client_id: i32, side: Side) -> IntentId {
    let intent = Intent { side, ..sample(order_ref) };
    journal.record_outgoing(&intent, &order_key(client_id), OrderId::new(1), Evidence::default()).unwrap().0
}

fn execution(exec_id: &str, intent: IntentId, side: Side, quantity: i64, cents: i64) -> ExecutionRecord {
    ExecutionRecord {
        exec_id: exec_id.into(),
        intent: Some(intent),
        perm_id: PermId::new(9),
        account: "DU1".into(),
        symbol: "AAPL".into(),
        side,
        quantity: quantity.into(),
        price: Decimal::new(cents, 2),
        at: Timestamp::UNIX_EPOCH,
    }
}

#[test]
fn executions_corrections_and_explanations_add_up() {
    let mut journal = Journal::in_memory().unwrap();
    let bought = ordered(&mut journal, "a", 7, Side::Buy);
    let others = ordered(&mut journal, "b", 8, Side::Buy);
    for execution in [
        execution("a.01", bought, Side::Buy, 40, 1_000),
        execution("a.01", bought, Side::Buy, 40, 1_000),
        execution("a.02", bought, Side::Buy, 41, 1_001),
        execution("b.01", others, Side::Buy, 60, 1_000),
    ] {
        journal.record_execution(&execution).unwrap();
    }
    let held = journal.holding(&holding_key()).unwrap();
    assert_eq!(held, Holding { position: 41.into(), cash: Decimal::new(-41_041, 2) });

    let why = Explanation {
        at: Timestamp::UNIX_EPOCH,
        holding: holding_key(),
        quantity: (-41).into(),
        reason: "sold by hand in TWS".into(),
    };
    assert_eq!(journal.explain(&why).unwrap().position, Decimal::ZERO);
    assert!(journal.explain(&Explanation { reason: String::new(), ..why.clone() }).is_err());
    assert_eq!(journal.explanations().unwrap(), [why]);
    assert_eq!(journal.holdings().unwrap().len(), 2);
    assert_eq!(journal.holdings().unwrap(), added_up(journal.connection()).unwrap());
}

#[test]
fn an_execution_counts_for_no_more_than_its_order_and_overflows_nothing() {
    let mut journal = Journal::in_memory().unwrap();
    let bought = ordered(&mut journal, "a", 7, Side::Buy);
    let huge =
        ExecutionRecord { quantity: Decimal::MAX, price: Decimal::MAX, ..execution("a.01", bought, Side::Buy, 1, 1) };
    journal.record_execution(&huge).unwrap();
    assert_eq!(journal.holding(&holding_key()).unwrap(), Holding { position: 100.into(), cash: Decimal::ZERO });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_running_sum_is_the_sum(
        told in prop::collection::vec((0_u8..6, 0_u8..4, 0_i64..120, 1_i64..5_000), 0..30),
    ) {
        let mut journal = Journal::in_memory().unwrap();
        let bought = ordered(&mut journal, "a", 7, Side::Buy);
        let sold = ordered(&mut journal, "b", 7, Side::Sell);
        for (family, revision, quantity, cents) in told {
            let (intent, side) = if family % 2 == 0 { (bought, Side::Buy) } else { (sold, Side::Sell) };
            let told = execution(&format!("{family}.0{revision}"), intent, side, quantity, cents);
            journal.record_execution(&told).unwrap();
        }
        prop_assert_eq!(journal.holdings().unwrap(), added_up(journal.connection()).unwrap());
    }
}
