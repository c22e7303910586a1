//! Programs that name themselves, die and come back.

use std::time::Duration;

use gatewright_link::worker::WorkerPolicy;
use gatewright_sim::{Fault, SimConfig};
use serde_json::{Value, json};

use crate::socket_worker::{PATIENCE, Stage, with_policy, with_sim, with_worker};

fn at(stage: &Stage) -> Value {
    json!({ "port": stage.port(), "client_id": 5, "sync": ["positions"] })
}

#[tokio::test]
async fn a_program_that_comes_back_has_its_session_its_stream_and_the_answer_it_had_asked_for() {
    let config = SimConfig { faults: vec![Fault::NoExecutionsEnd], ..SimConfig::default() };
    with_sim(WorkerPolicy::default(), config, |stage| async move {
        let mut program = stage.program().await;
        let attached = program.call("attach", json!({ "client": "strategy" })).await["result"].clone();
        assert_eq!((&attached["resumed"], &attached["sessions"]), (&json!(false), &json!([])), "{attached}");
        assert_eq!(program.call("connect", at(&stage)).await["result"]["connected"], true);
        let contract = json!({ "symbol": "AAPL", "secType": "STK", "exchange": "SMART", "currency": "USD" });
        let stream = json!({ "kind": "ticks", "contract": contract });
        let subscription = program.call("subscribe", stream).await["result"]["subscription"].clone();
        // Never answered by this Gateway, so that it is in flight until its deadline comes.
        let asked = program.ask("executions", json!({ "deadline_ms": 2_000 })).await;
        let second = stage.program().await.call("attach", json!({ "client": "strategy" })).await;
        assert_eq!(second["error"]["data"]["cause"], "already_connected", "{second}");
        // The worker has read the request once it has answered a later one.
        assert_eq!(program.call("ping", json!({})).await["result"]["pong"], true);
        drop(program);

        let (mut program, attached) = loop {
            // The worker notices the end when it does; until then the name is taken.
            let mut program = stage.program().await;
            let attached = program.call("attach", json!({ "client": "strategy" })).await;
            if attached["result"].is_object() {
                break (program, attached["result"].clone());
            }
        };
        assert_eq!((&attached["resumed"], &attached["sessions"]), (&json!(true), &json!([5])), "{attached}");
        assert_eq!(attached["in_flight"], json!([asked]), "{attached}");
        assert_eq!(program.event("ticks").await["subscription"], subscription);
        let answer = program.answer(asked).await;
        assert_eq!(answer["error"]["data"]["cause"], "deadline", "{answer}");
        let health = program.call("health", json!({})).await["result"].clone();
        assert_eq!(health["sessions"][0]["subscriptions"], json!([subscription]), "{health}");
        assert_eq!(stage.simulator.snapshot().await.unwrap().connections.len(), 1);
        stage.simulator.stop().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_program_that_stays_away_too_long_and_one_without_a_name_leave_nothing() {
    let policy = WorkerPolicy { parking: Duration::from_millis(200), ..WorkerPolicy::default() };
    with_policy(policy, &[], |stage| async move {
        let mut program = stage.program().await;
        program.call("attach", json!({ "client": "strategy" })).await;
        assert_eq!(program.call("connect", at(&stage)).await["result"]["connected"], true);
        drop(program);
        let gone = stage.simulator.until(PATIENCE, |state| state.connections.is_empty()).await.unwrap();
        assert_eq!(gone.expect("its session is closed").close_wait, 0);
        let mut program = stage.program().await;
        let attached = program.call("attach", json!({ "client": "strategy" })).await["result"].clone();
        assert_eq!((&attached["resumed"], &attached["away_ms"]), (&json!(false), &Value::Null), "{attached}");
        let late = program.call("attach", json!({ "client": "other" })).await;
        assert_eq!(late["error"]["data"]["cause"], "invalid_request", "{late}");
        stage.simulator.stop().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_name_must_be_one() {
    with_worker(&[], |stage| async move {
        for name in [String::new(), "x".repeat(129)] {
            let refused = stage.program().await.call("attach", json!({ "client": name })).await;
            assert_eq!(refused["error"]["data"]["cause"], "invalid_params", "{refused}");
        }
        stage.simulator.stop().await.unwrap();
    })
    .await;
}
