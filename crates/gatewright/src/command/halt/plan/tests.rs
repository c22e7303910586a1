use gatewright_journal::OrderIdKey;
use gatewright_proto::message::order::{Action, Order, OrderState};
use gatewright_proto::{ConId, OrderId};
use proptest::prelude::*;

use super::*;

fn report(client: i32, order_ref: &str, con_id: i32) -> OpenOrderReport {
    let order = Order {
        client_id: ClientId::new(client),
        perm_id: PermId::new(100),
        order_ref: order_ref.into(),
        ..Order::market(Action::Sell, Decimal::TEN)
    };
    let contract = Contract { con_id: ConId::new(con_id), ..Contract::stock("AAPL") };
    let order_state = OrderState { status: "Submitted".into(), ..OrderState::default() };
    OpenOrderReport { order_id: OrderId::new(7), contract, order, order_state, status: None }
}

fn is_ours(report: &OpenOrderReport) -> bool {
    report.order.order_ref.starts_with("gw-")
}

fn key(client: i32, account: &str, symbol: &str) -> HoldingKey {
    let key = OrderIdKey { gateway: "127.0.0.1:4002".into(), client_id: ClientId::new(client) };
    HoldingKey { key, account: account.into(), symbol: symbol.into() }
}

fn position(account: &str, contract: Contract, size: i64) -> Position {
    Position { account: account.into(), contract, position: Decimal::from(size), avg_cost: None }
}

fn held(size: i64) -> Holding {
    Holding { position: Decimal::from(size), cash: Decimal::ZERO }
}

#[test]
fn everything_goes_at_once_only_where_nothing_of_others_is_open_or_they_are_meant_too() {
    let (ours, others) = (report(1, "gw-1-0-1", 1), report(0, "", 1));
    let both = [ours.clone(), others.clone()];
    assert_eq!(way(&[], is_ours, Reach::Ours, false), Way::Nothing);
    assert_eq!(way(&[], is_ours, Reach::Ours, true), Way::AtOnce, "what is on its way is caught as well");
    assert_eq!(way(std::slice::from_ref(&ours), is_ours, Reach::Ours, false), Way::AtOnce);
    assert_eq!(way(&both, is_ours, Reach::Everything, false), Way::AtOnce);
    assert_eq!(way(&[others], is_ours, Reach::Ours, true), Way::Nothing, "a person's order is left alone");
    let by_client = BTreeMap::from([(ClientId::new(1), vec![ours])]);
    assert_eq!(way(&both, is_ours, Reach::Ours, false), Way::OneByOne { ours: by_client, others: 1 });
}

#[test]
fn what_is_closed_is_what_the_journal_explains_and_no_more_than_the_gateway_shows() {
    let holdings = BTreeMap::from([
        (key(1, "DU1", "AAPL"), held(10)),
        (key(2, "DU1", "AAPL"), held(5)),
        (key(1, "DU1", "MSFT"), held(3)),
        (key(1, "DU2", "AAPL"), held(100)),
    ]);
    let stock = |symbol: &str| Contract::stock(symbol);
    let option = Contract { sec_type: "OPT".into(), ..stock("AAPL") };
    let positions = [
        position("DU1", stock("AAPL"), 40),
        position("DU1", stock("MSFT"), -3),
        position("DU1", stock("TSLA"), 7),
        position("DU1", option, 2),
        position("DU2", stock("AAPL"), 60),
    ];
    let sizes = |account, reach| -> Vec<(String, Decimal)> {
        let closings = closings(&positions, &holdings, "127.0.0.1:4002", account, reach);
        closings.into_iter().map(|closing| (closing.contract.symbol, closing.held)).collect()
    };
    let aapl = |size: i64| ("AAPL".to_owned(), Decimal::from(size));
    assert_eq!(sizes("DU1", Reach::Ours), [aapl(15)], "not the 25 of others, not the turned MSFT, no TSLA, no option");
    assert_eq!(sizes("DU2", Reach::Ours), [aapl(60)], "not the 100 that the journal believes in");
    assert_eq!(sizes("DU1", Reach::Everything).len(), 4);
    assert!(closings(&positions, &holdings, "other:4002", "DU1", Reach::Ours).is_empty());
}

#[test]
fn nothing_is_closed_while_an_order_is_open_in_it_or_an_earlier_closing_one_is_in_doubt() {
    let contract = Contract { con_id: ConId::new(1), ..Contract::stock("AAPL") };
    let closing = Closing { contract, held: Decimal::TEN, books: Vec::new() };
    assert_eq!(obstacle(&closing, &[report(1, "", 2)], &BTreeSet::new()), None);
    let why = obstacle(&closing, &[report(1, "", 1)], &BTreeSet::new()).unwrap();
    assert!(why.starts_with("order 7 of client 1, SELL 10 AAPL, Submitted"), "{why}");
    assert!(obstacle(&closing, &[], &BTreeSet::from(["AAPL".to_owned()])).is_some());
}

proptest! {
    #[test]
    fn books_are_emptied_by_what_was_executed_and_never_turned(
        books in prop::collection::vec(1_i64..100, 0..4),
        sign in prop::sample::select(vec![1_i64, -1]),
        executed in 0_i64..400,
    ) {
        let keyed = books.iter().zip(1..);
        let books: Vec<_> =
            keyed.map(|(size, client)| (key(client, "DU1", "AAPL"), Decimal::from(size * sign))).collect();
        let total: Decimal = books.iter().map(|(_, size)| *size).sum();
        let executed = Decimal::from(-executed * sign);
        let closing = Closing { contract: Contract::stock("AAPL"), held: total, books: books.clone() };
        let changes = booked_out(&closing, executed);
        let sum: Decimal = changes.iter().map(|(_, part)| *part).sum();
        prop_assert_eq!(sum.abs(), executed.abs().min(total.abs()));
        for (key, part) in &changes {
            let (_, size) = books.iter().find(|(book, _)| book == key).unwrap();
            let after = *size + *part;
            prop_assert!(after.is_zero() || after.is_sign_negative() == size.is_sign_negative());
        }
    }
}
