//! Accounts, contracts, and what is not supported.

use std::time::Duration;

use gatewright_proto::message::account::{AccountSummaryRequest, AccountUpdatesMultiRequest, AccountUpdatesRequest};
use gatewright_proto::message::contract::{Contract, ContractDetailsRequest};
use gatewright_proto::message::order::{Action as Way, Order, PlaceOrder, ReqAutoOpenOrders};
use gatewright_proto::{ClientMessage, ConId, OrderId, RequestId, ServerMessage};
use rust_decimal::Decimal;

use super::table::{Table, errors, ids};
use crate::config::SimConfig;
use crate::core::ConnId;

fn seated() -> (Table, ConnId) {
    let mut table = Table::new(SimConfig::default());
    let id = table.ready(7);
    (table, id)
}

fn buy(table: &mut Table, id: ConnId) {
    let order = Order::market(Way::Buy, Decimal::TEN);
    let place = PlaceOrder::new(OrderId::new(1), Contract::stock("AAPL"), order);
    table.say(id, &ClientMessage::PlaceOrder(Box::new(place)));
    table.pass(Duration::from_secs(1));
}

fn summary(tags: &str) -> ClientMessage {
    let (req_id, group) = (RequestId::new(5), "All".into());
    ClientMessage::ReqAccountSummary(AccountSummaryRequest { req_id, group, tags: tags.into() })
}

fn updates(subscribe: bool) -> ClientMessage {
    ClientMessage::ReqAccountUpdates(AccountUpdatesRequest { subscribe, account: String::new() })
}

fn details(contract: Contract) -> ClientMessage {
    ClientMessage::ReqContractDetails(Box::new(ContractDetailsRequest {
        req_id: RequestId::new(3),
        contract,
        include_expired: false,
        sec_id_type: String::new(),
        sec_id: String::new(),
        issuer_id: String::new(),
    }))
}

#[test]
fn account_updates_end_once_and_follow_every_fill() {
    let (mut table, id) = seated();
    table.say(id, &updates(true));
    let heard = ids(&table.heard(id));
    assert_eq!(heard[heard.len() - 2..], [8, 54]);
    assert!(heard.iter().filter(|id| **id == 6).count() > 40);
    buy(&mut table, id);
    let after = ids(&table.heard(id));
    assert!(after.contains(&7) && after.ends_with(&[8]) && !after.contains(&54));
    table.say(id, &updates(false));
    table.pass(Duration::from_secs(600));
    assert_eq!(table.heard(id), []);
}

#[test]
fn a_summary_ends_once_and_then_tells_only_what_has_changed() {
    let (mut table, id) = seated();
    table.say(id, &summary("NetLiquidation,TotalCashValue,AccountType"));
    assert_eq!(ids(&table.heard(id)), [63, 63, 63, 64]);
    buy(&mut table, id);
    let changed: Vec<String> = table
        .heard(id)
        .into_iter()
        .filter_map(|message| match message {
            ServerMessage::AccountSummary(row) => Some(row.tag),
            _ => None,
        })
        .collect();
    assert!(changed.contains(&"TotalCashValue".to_owned()) && !changed.contains(&"AccountType".to_owned()));
    table.say(id, &ClientMessage::CancelAccountSummary(RequestId::new(5)));
    table.pass(Duration::from_secs(600));
    assert_eq!(table.heard(id), []);
}

#[test]
fn values_under_an_id_end_and_unknown_accounts_are_refused() {
    let (mut table, id) = seated();
    let (req_id, model_code) = (RequestId::new(6), String::new());
    let multi = AccountUpdatesMultiRequest { req_id, account: "DU1234567".into(), model_code, ledger_and_nlv: false };
    table.say(id, &ClientMessage::ReqAccountUpdatesMulti(multi.clone()));
    assert_eq!(ids(&table.heard(id)).last(), Some(&74));
    let unknown = AccountUpdatesMultiRequest { account: "U1".into(), ..multi };
    table.say(id, &ClientMessage::ReqAccountUpdatesMulti(unknown));
    assert_eq!(errors(&table.heard(id)), [(6, 321)]);
}

#[test]
fn many_accounts_are_all_listed_and_an_order_must_name_one() {
    let accounts = vec!["DU1".to_owned(), "DU2".to_owned()];
    let mut table = Table::new(SimConfig { accounts, ..SimConfig::default() });
    let id = table.ready(7);
    table.say(id, &ClientMessage::ReqManagedAccounts);
    let [ServerMessage::ManagedAccounts(managed)] = &table.heard(id)[..] else { panic!() };
    assert_eq!(managed.accounts, ["DU1", "DU2"]);
    buy(&mut table, id);
    assert_eq!(errors(&table.heard(id)), [(1, 435)]);
    table.say(id, &summary("NetLiquidation"));
    assert_eq!(ids(&table.heard(id)), [63, 63, 64]);
}

#[test]
fn contracts_are_one_several_or_none() {
    let (mut table, id) = seated();
    table.say(id, &details(Contract::stock("AAPL")));
    let heard = table.heard(id);
    assert_eq!(ids(&heard), [10, 52]);
    let ServerMessage::ContractDetails(apple) = &heard[0] else { panic!() };
    assert_eq!((apple.contract.con_id, apple.long_name.as_str()), (ConId::new(265_598), "APPLE INC"));

    table.say(id, &details(Contract { currency: String::new(), ..Contract::stock("AAPL") }));
    assert_eq!(ids(&table.heard(id)), [10, 10, 52]);
    table.say(id, &details(Contract { con_id: ConId::new(756_733), ..Contract::default() }));
    assert_eq!(ids(&table.heard(id)), [10, 52]);
    table.say(id, &details(Contract::stock("NOSUCH")));
    assert_eq!(errors(&table.heard(id)), [(3, 200)]);
}

#[test]
fn what_is_not_supported_is_answered_under_its_own_id() {
    let (mut table, id) = seated();
    let cases = [
        (&b"69\x001\x0041\0none\0"[..], (41, 321)),
        (b"65\x001\0api\x001\0", (-1, 321)),
        (b"10\x005\x0042\0", (42, 320)),
        (b"18\x001\x001\0", (-1, 321)),
        (b"9999\x001\0", (-1, 321)),
        (b"101\x0043\0", (43, 300)),
        (b"9\x008\x0044\0not a number\0", (44, 320)),
        (b"20\x0045\0AAPL\0", (45, 320)),
    ];
    for (payload, expected) in cases {
        let mut frame = u32::try_from(payload.len()).unwrap().to_be_bytes().to_vec();
        frame.extend_from_slice(payload);
        table.bytes(id, &frame);
        assert_eq!(errors(&table.heard(id)), [expected], "{payload:?}");
    }
}

#[test]
fn only_client_0_may_bind_manual_orders() {
    let (mut table, id) = seated();
    let bind = ClientMessage::ReqAutoOpenOrders(ReqAutoOpenOrders { auto_bind: true });
    table.say(id, &bind);
    assert_eq!(errors(&table.heard(id)), [(-1, 327)]);
    let zero = table.ready(0);
    table.say(zero, &bind);
    assert_eq!(table.heard(zero), []);
}
