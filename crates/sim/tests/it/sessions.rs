//! Sessions over real sockets.

use std::io;
use std::time::Duration;

use bytes::BytesMut;
use gatewright_proto::message::account::{AccountUpdatesMultiRequest, AccountUpdatesRequest};
use gatewright_proto::message::contract::Contract;
use gatewright_proto::message::execution::ExecutionsRequest;
use gatewright_proto::message::historical::{HistoricalDataRequest, RealTimeBarsRequest};
use gatewright_proto::message::order::{Action, Order, PlaceOrder, ReqCompletedOrders};
use gatewright_proto::{ClientId, ClientMessage, OrderId, RequestId, ServerMessage};
use gatewright_sim::{SimConfig, SimError, Simulator, Start};
use rust_decimal::Decimal;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::raw::{PATIENCE, Raw, SPEAKS};

async fn simulator() -> Simulator {
    Simulator::start(SimConfig::default()).await.unwrap()
}

fn history(req_id: i32) -> ClientMessage {
    ClientMessage::ReqHistoricalData(Box::new(HistoricalDataRequest {
        req_id: RequestId::new(req_id),
        contract: Contract::stock("AAPL"),
        include_expired: false,
        end_date_time: String::new(),
        bar_size: "1 min".into(),
        duration: "1 D".into(),
        use_rth: true,
        what_to_show: "TRADES".into(),
        format_date: 1,
        combo_legs: Vec::new(),
        keep_up_to_date: false,
        options: String::new(),
    }))
}

#[tokio::test]
async fn above_the_bound_of_all_the_client_for_which_most_waits_is_given_up() {
    let config = SimConfig { most_waiting: 2 << 20, ..SimConfig::default() };
    let simulator = Simulator::start(config).await.unwrap();
    let mut slow = Raw::ready(&simulator, 7).await;
    let mut lazy = Raw::ready(&simulator, 8).await;
    for client in [&slow, &lazy] {
        socket2::SockRef::from(&client.stream).set_recv_buffer_size(4096).unwrap();
    }
    // Neither reads. One asks for less than half of what may wait for all, the other one for several times as much, which is
    // still less than may wait for one.
    for number in 1..=10 {
        slow.say(&history(number)).await;
    }
    for number in 1..=80 {
        lazy.say(&history(number)).await;
    }
    let left = simulator.until(PATIENCE, |state| state.connections.len() == 1).await.unwrap();
    let left: Vec<_> = left.expect("one is given up").connections.iter().filter_map(|it| it.client).collect();
    assert_eq!(left, [ClientId::new(7)]);
    slow.until(17).await;
    simulator.stop().await.unwrap();
}

#[tokio::test]
async fn a_client_that_does_not_read_is_given_up_after_the_timeout_for_bulk_data() {
    let bulk_data_timeout = Duration::from_millis(300);
    let simulator = Simulator::start(SimConfig { bulk_data_timeout, ..SimConfig::default() }).await.unwrap();
    let mut lazy = Raw::ready(&simulator, 7).await;
    let mut busy = Raw::ready(&simulator, 8).await;
    // More than the sockets take and less than the queue's bound, of which nothing is read.
    socket2::SockRef::from(&lazy.stream).set_recv_buffer_size(4096).unwrap();
    for number in 1..=80 {
        lazy.say(&history(number)).await;
    }
    let gone = simulator.until(PATIENCE, |state| state.connections.len() == 1).await.unwrap();
    assert!(gone.is_some(), "the client that does not read is still there");
    busy.say(&ClientMessage::ReqPositions).await;
    busy.until(62).await;
    simulator.stop().await.unwrap();
}

#[tokio::test]
async fn the_connect_set_of_ib_async_gets_every_end_marker() {
    let simulator = simulator().await;
    let mut client = Raw::ready(&simulator, 7).await;
    let account = "DU1234567".to_owned();
    let (req_id, model_code) = (RequestId::new(1), String::new());
    let multi = AccountUpdatesMultiRequest { req_id, account: account.clone(), model_code, ledger_and_nlv: false };
    let requests = [
        ClientMessage::ReqPositions,
        ClientMessage::ReqOpenOrders,
        ClientMessage::ReqCompletedOrders(ReqCompletedOrders { api_only: false }),
        ClientMessage::ReqAccountUpdates(AccountUpdatesRequest { subscribe: true, account }),
        ClientMessage::ReqAccountUpdatesMulti(multi),
        ClientMessage::ReqExecutions(Box::new(ExecutionsRequest { req_id: RequestId::new(2), ..Default::default() })),
    ];
    for request in &requests {
        client.say(request).await;
    }
    let mut ends: Vec<i32> = client.until(55).await.iter().map(ServerMessage::id).collect();
    ends.retain(|id| [62, 53, 102, 54, 74, 55].contains(id));
    assert_eq!(ends, [62, 53, 102, 54, 74, 55]);
    simulator.stop().await.unwrap();
}

#[tokio::test]
async fn an_order_is_filled_and_the_state_can_be_asked_for() {
    let simulator = simulator().await;
    let mut client = Raw::ready(&simulator, 7).await;
    let order = Order::market(Action::Buy, Decimal::TEN);
    let place = PlaceOrder::new(OrderId::new(1), Contract::stock("AAPL"), order);
    client.say(&ClientMessage::PlaceOrder(Box::new(place))).await;
    client.until(59).await;
    let state = simulator.snapshot().await.unwrap();
    assert_eq!((state.executions.len(), state.positions[0].quantity), (1, Decimal::TEN));
    assert_eq!(state.connections.len(), 1);
    drop(client);
    let gone = simulator.until(PATIENCE, |state| state.connections.is_empty()).await.unwrap();
    assert!(gone.is_some(), "a client that has gone is noticed at once");
    simulator.stop().await.unwrap();
}

#[tokio::test]
async fn a_second_client_of_the_same_id_is_told_and_closed() {
    let simulator = simulator().await;
    let mut first = Raw::ready(&simulator, 7).await;
    let mut second = Raw::connect(&simulator).await;
    second.greet().await;
    second.start(7).await;
    let ServerMessage::Error(error) = second.message().await else { panic!("an error comes first") };
    assert_eq!(error.code, 326);
    assert_eq!(second.end().await, io::ErrorKind::UnexpectedEof);
    // Our FIN is answered at once, and the id is free again.
    first.stream.shutdown().await.unwrap();
    assert_eq!(first.end().await, io::ErrorKind::UnexpectedEof);
    Raw::ready(&simulator, 7).await;
    simulator.stop().await.unwrap();
}

#[tokio::test]
async fn two_hundred_clients_at_once_are_all_served() {
    let simulator = simulator().await;
    let mut clients = Vec::new();
    for client in 0..200 {
        clients.push(Raw::ready(&simulator, client).await);
    }
    for client in &mut clients {
        client.say(&ClientMessage::ReqPositions).await;
        client.until(62).await;
    }
    assert_eq!(simulator.snapshot().await.unwrap().connections.len(), 200);
    simulator.stop().await.unwrap();
}

#[tokio::test]
async fn a_client_that_never_reads_is_reset_and_others_live_on() {
    let simulator = simulator().await;
    let mut deaf = Raw::ready(&simulator, 1).await;
    let mut other = Raw::ready(&simulator, 2).await;
    // A day of minutes is about 120 kB; what neither the kernel nor the queue can hold is not kept.
    let mut asked = 0;
    while !simulator.snapshot().await.unwrap().connections.iter().all(|it| it.client != Some(ClientId::new(1))) {
        asked += 1;
        assert!(asked < 400, "the queue has no bound");
        let mut request = BytesMut::new();
        history(asked).encode(&mut request, SPEAKS).unwrap();
        if deaf.stream.write_all(&request).await.is_err() {
            break;
        }
    }
    other.say(&ClientMessage::ReqPositions).await;
    other.until(62).await;
    simulator.stop().await.unwrap();
}

#[tokio::test]
async fn simulated_time_starts_and_runs_as_it_is_told() {
    let start: Start = "2026-03-02T09:30".parse().unwrap();
    let config = SimConfig { start, speed: 3_600, ..SimConfig::default() };
    let simulator = Simulator::start(config).await.unwrap();
    let mut client = Raw::connect(&simulator).await;
    let time = client.greet().await.connection_time;
    assert!(time.starts_with("20260302 ") && time.ends_with(" EST"), "{time}");
    // Ten simulated minutes take a sixth of a second.
    let before = simulator.snapshot().await.unwrap().now;
    client.start(7).await;
    client.until(9).await;
    client.say(&ClientMessage::ReqRealTimeBars(Box::new(bars()))).await;
    for _ in 0..120 {
        client.until(50).await;
    }
    let passed = simulator.snapshot().await.unwrap().now.since(before);
    assert!(passed >= Duration::from_secs(595), "{passed:?}");
    simulator.stop().await.unwrap();
}

fn bars() -> RealTimeBarsRequest {
    RealTimeBarsRequest {
        req_id: RequestId::new(1),
        contract: Contract::stock("AAPL"),
        bar_size: 5,
        what_to_show: "TRADES".into(),
        use_rth: false,
        options: String::new(),
    }
}

#[tokio::test]
async fn stopping_closes_clients_frees_the_port_and_silences_the_controls() {
    let simulator = simulator().await;
    let (address, control) = (simulator.addr(), simulator.control());
    let mut client = Raw::ready(&simulator, 7).await;
    let (stopped, end) = tokio::join!(simulator.stop(), client.end());
    stopped.unwrap();
    assert_eq!(end, io::ErrorKind::UnexpectedEof);
    assert!(matches!(control.snapshot().await, Err(SimError::Stopped)));
    let again = Simulator::start(SimConfig { listen: address, ..SimConfig::default() }).await.unwrap();
    Raw::ready(&again, 7).await;
    again.stop().await.unwrap();
}

#[tokio::test]
async fn a_caller_may_bring_the_listener_and_the_end() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let serve = Simulator::serve(listener, SimConfig::default(), async { stopped.await.unwrap() });
    let client = async {
        let mut client = Raw::connect_to(address).await;
        client.greet().await;
        client.start(7).await;
        client.until(9).await;
        stop.send(()).unwrap();
        client.end().await
    };
    let (served, end) = tokio::join!(serve, client);
    served.unwrap();
    assert_eq!(end, io::ErrorKind::UnexpectedEof);
}

#[tokio::test]
async fn a_port_in_use_is_an_error_that_names_it() {
    let simulator = simulator().await;
    let config = SimConfig { listen: simulator.addr(), ..SimConfig::default() };
    let error = Simulator::start(config).await.unwrap_err();
    assert_eq!(error.to_string(), format!("cannot listen on {}", simulator.addr()));
    simulator.stop().await.unwrap();
}
