//! Kept sessions: a program's subscriptions and orders over restarts and outages of the Gateway.

use gatewright_link::client::raw::{RawItem, RawSession};
use gatewright_link::protocol::RawSessionParams;
use gatewright_link::worker::WorkerPolicy;
use gatewright_proto::ClientId;
use gatewright_sim::{Fault, SimConfig};
use serde_json::{Value, json};

use crate::sharing::start_at;
use crate::socket_worker::{PATIENCE, Program, Stage, with_sim, with_worker};

fn aapl() -> Value {
    json!({ "symbol": "AAPL", "secType": "STK", "exchange": "SMART", "currency": "USD" })
}

fn at(stage: &Stage) -> Value {
    json!({ "port": stage.port(), "client_id": 5, "keep": true })
}

async fn ticks(program: &mut Program) -> u64 {
    let stream = json!({ "kind": "ticks", "contract": aapl() });
    let subscription = program.call("subscribe", stream).await["result"]["subscription"].as_u64().unwrap();
    ticks_come(program, subscription).await;
    subscription
}

async fn ticks_come(program: &mut Program, subscription: u64) {
    assert_eq!(program.event("ticks").await["subscription"], subscription);
}

#[tokio::test]
async fn after_a_restart_ticks_go_on_under_their_number_and_the_orders_are_accounted_for() {
    let scenario = "[parameters]\nrestart-takes = \"300ms\"\norders-lost-within = \"0s\"";
    let config = SimConfig { scenario: scenario.parse().unwrap(), ..SimConfig::default() };
    with_sim(WorkerPolicy::default(), config, |stage| async move {
        let mut program = stage.program().await;
        assert_eq!(program.call("connect", at(&stage)).await["result"]["connected"], true);
        let subscription = ticks(&mut program).await;
        let orders = program.call("subscribe", json!({ "kind": "orders" })).await["result"]["subscription"].clone();
        let order = json!({ "action": "BUY", "totalQuantity": 1, "orderType": "LMT", "lmtPrice": 1.0, "tif": "GTC" });
        let placed = program.call("place_order", json!({ "contract": aapl(), "order": order })).await;
        let order_id = placed["result"]["order_id"].clone();
        assert!(order_id.is_number(), "{placed}");

        stage.simulator.control().restart().await.unwrap();
        let interrupted = program.event("session_interrupted").await;
        assert_eq!((&interrupted["client_id"], &interrupted["failure"]["cause"]), (&json!(5), &json!("lost")));
        let refused = program.call("positions", json!({})).await;
        assert_eq!(refused["error"]["data"]["cause"], "not_connected", "{refused}");
        let resumed = program.event("session_resumed").await;
        assert_eq!((&resumed["client_id"], &resumed["subscriptions"]), (&json!(5), &json!(1)), "{resumed}");
        let reconciled = program.event("reconciled").await;
        assert_eq!(reconciled["complete"], true, "{reconciled}");
        assert_eq!(
            (&reconciled["open_orders"], &reconciled["missing"]),
            (&json!([order_id]), &json!([])),
            "{reconciled}"
        );
        ticks_come(&mut program, subscription).await;
        let again = program.call("connect", at(&stage)).await;
        assert_eq!(again["result"]["connected"], true, "a kept session is asked for as often as one likes: {again}");
        let other = json!({ "port": stage.port(), "client_id": 5, "keep": true, "readonly": true });
        assert_eq!(program.call("connect", other).await["error"]["data"]["cause"], "already_connected");

        // It was placed once, and is cancelled under its own number.
        let open = stage.simulator.snapshot().await.unwrap().open_orders.len();
        assert_eq!(open, 1);
        let cancelled = program.call("cancel_order", json!({ "order_id": order_id })).await;
        assert!(cancelled["result"]["status"].is_string(), "{cancelled}");
        assert_eq!(program.event("order").await["subscription"], orders);
        assert_eq!(program.call("disconnect", json!({})).await["result"]["disconnected"], true);
        stage.simulator.stop().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_gateway_that_is_not_there_yet_is_waited_for_and_the_caller_is_told_in_time() {
    with_worker(&[], |stage| async move {
        let mut program = stage.program().await;
        let (address, mut params) = (stage.simulator.addr(), at(&stage));
        stage.simulator.stop().await.unwrap();
        params["timeout"] = json!(0.3);
        let refused = program.call("connect", params.clone()).await;
        assert_eq!(refused["error"]["data"]["cause"], "not_listening", "{refused}");
        let health = program.call("health", json!({})).await["result"].clone();
        assert_eq!(health["sessions"][0]["connected"], false, "{health}");
        assert_eq!(health["sessions"][0]["layers"]["listener"]["state"], "no", "{health}");
        assert_eq!(health["recovery"]["sessions_wanted"], 1, "{health}");
        let simulator = start_at(address).await;
        params["timeout"] = json!(20);
        assert_eq!(program.call("connect", params).await["result"]["connected"], true);
        let health = program.call("health", json!({})).await["result"].clone();
        assert_eq!(health["sessions"][0]["layers"]["session"]["state"], "yes", "{health}");
        assert_eq!(health["sessions"][0]["diagnosis"]["state"], "yes", "{health}");
        simulator.stop().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn an_outage_of_ibkr_interrupts_no_session_and_lost_subscriptions_are_made_again() {
    with_worker(&[], |stage| async move {
        let mut program = stage.program().await;
        assert_eq!(program.call("connect", at(&stage)).await["result"]["connected"], true);
        let subscription = ticks(&mut program).await;
        for fault in [Fault::OutageKept, Fault::OutageLost] {
            stage.simulator.set_fault(fault).await.unwrap();
            while program.event("recovery").await["state"] != "degraded" {}
            let health = program.call("health", json!({})).await["result"].clone();
            assert_eq!(health["sessions"][0]["layers"]["gateway_link"]["state"], "no", "{health}");
            assert_eq!(health["sessions"][0]["connected"], true);
            stage.simulator.clear_fault(fault).await.unwrap();
            while program.event("recovery").await["state"] != "ready" {}
            ticks_come(&mut program, subscription).await;
        }
        let connections = stage.simulator.snapshot().await.unwrap().connections;
        assert_eq!(connections.len(), 1, "{connections:?}");
        stage.simulator.stop().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_frozen_gateway_is_noticed_by_its_silence_and_the_session_is_made_anew() {
    with_worker(&[Fault::FrozenAfterReady], |stage| async move {
        let mut program = stage.program().await;
        assert_eq!(program.call("connect", at(&stage)).await["result"]["connected"], true);
        let raw = RawSessionParams { port: stage.port(), client_id: ClientId::new(6), ..RawSessionParams::default() };
        let (_, _sender, mut receiver) = RawSession::open(&stage.path, raw, PATIENCE).await.unwrap();
        let interrupted = tokio::time::timeout(2 * PATIENCE, async {
            loop {
                let line = program.next_within(2 * PATIENCE).await.expect("the worker still writes");
                if line["method"] == "session_interrupted" {
                    return line["params"].clone();
                }
            }
        });
        let interrupted = interrupted.await.expect("two clock requests are not answered");
        assert!(
            interrupted["failure"]["message"].as_str().unwrap().contains("answers nothing any more"),
            "{interrupted}"
        );
        // A raw session has no clock of its own to ask, and hangs on the same Gateway.
        let lost = tokio::time::timeout(PATIENCE, async {
            loop {
                match receiver.next().await.expect("a reason") {
                    RawItem::Frames(_) => {}
                    RawItem::Lost(lost) => return lost,
                }
            }
        });
        assert!(lost.await.expect("it is told").message.contains("answers nothing any more"));
        stage.simulator.clear_fault(Fault::FrozenAfterReady).await.unwrap();
        let resumed = program.event("session_resumed").await;
        assert_eq!(resumed["client_id"], 5);
        assert_eq!(program.call("positions", json!({})).await["result"]["positions"], json!([]));
        stage.simulator.stop().await.unwrap();
    })
    .await;
}
