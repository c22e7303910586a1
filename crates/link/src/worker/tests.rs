//! A worker between a program that speaks lines and a simulated Gateway, over real sockets.

use std::time::Duration;

use gatewright_sim::{Fault, SimConfig, Simulator};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream, Lines, ReadHalf, WriteHalf};
use tokio::task::LocalSet;

use super::policy::WorkerPolicy;
use super::run::{WorkerSettings, run};

/// No single answer of a test may take longer.
const PATIENCE: Duration = Duration::from_secs(20);

/// Bytes that the pipes of a test hold.
const PIPE: usize = 64 * 1024;

struct Program {
    to_worker: WriteHalf<DuplexStream>,
    from_worker: Lines<BufReader<ReadHalf<DuplexStream>>>,
    next_id: i64,
}

impl Program {
    async fn write(&mut self, line: &str) {
        self.to_worker.write_all(line.as_bytes()).await.unwrap();
        self.to_worker.write_all(b"\n").await.unwrap();
    }

    async fn line(&mut self) -> Value {
        let line = tokio::time::timeout(PATIENCE, self.from_worker.next_line()).await.expect("a line in time").unwrap();
        serde_json::from_str(&line.expect("the worker still writes")).expect("every line is JSON")
    }

    async fn ask(&mut self, method: &str, params: Value) -> i64 {
        self.next_id += 1;
        let line = json!({ "jsonrpc": "2.0", "id": self.next_id, "method": method, "params": params });
        self.write(&line.to_string()).await;
        self.next_id
    }

    /// The answer with that id; events on the way are passed over.
    async fn answer(&mut self, id: i64) -> Value {
        loop {
            let line = self.line().await;
            if line["id"] == id {
                return line;
            }
            assert!(line.get("method").is_some(), "an answer to nobody: {line}");
        }
    }

    async fn call(&mut self, method: &str, params: Value) -> Value {
        let id = self.ask(method, params).await;
        self.answer(id).await
    }

    async fn event(&mut self, method: &str) -> Value {
        loop {
            let line = self.line().await;
            if line["method"] == method {
                return line["params"].clone();
            }
        }
    }

    async fn seed(&mut self, command: Value) -> Value {
        self.write(&command.to_string()).await;
        self.line().await
    }
}

/// Runs `play` with a worker and a simulated Gateway. The worker must end in time once `play` has dropped its end.
async fn with_worker<F: Future<Output = ()>>(faults: &[Fault], play: impl FnOnce(Program, Simulator) -> F) {
    let config = SimConfig { faults: faults.to_vec(), ..SimConfig::default() };
    let simulator = Simulator::start(config).await.unwrap();
    let control = simulator.control();
    let (ours, input) = tokio::io::duplex(PIPE);
    let (output, theirs) = tokio::io::duplex(PIPE);
    let (_, to_worker) = tokio::io::split(ours);
    let (from_worker, _) = tokio::io::split(theirs);
    let program = Program { to_worker, from_worker: BufReader::new(from_worker).lines(), next_id: 0 };
    LocalSet::new()
        .run_until(async {
            let worker = run(WorkerSettings {
                input,
                output,
                stop: std::future::pending(),
                reader_gone: std::future::pending(),
                policy: WorkerPolicy::default(),
            });
            let playing = async {
                play(program, simulator).await;
            };
            let both = tokio::time::timeout(2 * PATIENCE, async { tokio::join!(worker, playing) });
            both.await.expect("the worker ends when its program has gone").0.unwrap();
        })
        .await;
    drop(control);
}

fn at(simulator: &Simulator) -> Value {
    json!({ "host": "127.0.0.1", "port": simulator.addr().port(), "client_id": 5 })
}

#[tokio::test]
async fn every_method_answers_over_a_ready_session() {
    with_worker(&[], |mut program, simulator| async move {
        let id = program.ask("connect", at(&simulator)).await;
        let mut stages = Vec::new();
        let connected = loop {
            let line = program.line().await;
            if line["id"] == id {
                break line["result"].clone();
            }
            if line["method"] == "stage" {
                stages.push(line["params"]["stage"].as_str().unwrap().to_owned());
            }
        };
        assert_eq!(stages, ["inspect", "dial", "negotiate", "identify", "sync"]);
        assert_eq!(connected["accounts"], json!(["DU1234567"]));
        assert_eq!(connected["server_version"], 178);
        assert_eq!(connected["stages"].as_array().unwrap().len(), 5);

        let aapl =
            json!({ "contract": { "symbol": "AAPL", "secType": "STK", "exchange": "SMART", "currency": "USD" } });
        let result = |answer: Value| answer["result"].clone();
        assert_eq!(result(program.call("ping", json!({})).await)["pong"], true);
        assert_eq!(result(program.call("accounts", json!({})).await)["accounts"], json!(["DU1234567"]));
        assert_eq!(result(program.call("positions", json!({})).await)["positions"], json!([]));
        let values = result(program.call("account_summary", json!({})).await)["values"].clone();
        assert!(values.as_array().unwrap().iter().any(|value| value["tag"] == "NetLiquidation"), "{values}");
        let bars = result(program.call("historical_bars", json!({ "symbol": "AAPL", "duration": "1 D" })).await);
        assert!(bars["bars"].as_array().unwrap().len() > 50);
        let details = result(program.call("contract_details", aapl.clone()).await);
        assert_eq!(details["details"][0]["contract"]["conId"], 265_598);
        assert_eq!(result(program.call("open_orders", json!({})).await)["orders"], json!([]));
        let health = result(program.call("health", json!({})).await);
        assert_eq!(health["sessions"][0]["layers"]["session"]["state"], "yes");

        let mut stream = aapl.clone();
        stream["kind"] = "ticks".into();
        let subscription = result(program.call("subscribe", stream).await)["subscription"].clone();
        assert_eq!(program.event("ticks").await["subscription"], subscription);
        let ended = program.call("unsubscribe", json!({ "subscription": subscription })).await;
        assert_eq!(result(ended)["ended"], true);

        let orders = result(program.call("subscribe", json!({ "kind": "orders" })).await)["subscription"].clone();
        let mut order = aapl;
        order["order"] = json!({ "action": "BUY", "totalQuantity": 10, "orderType": "MKT", "tif": "DAY" });
        let placed = program.call("place_order", order).await;
        assert_eq!(placed["result"]["order_id"], connected["next_valid_id"], "{placed}");
        loop {
            let event = program.event("order").await;
            assert_eq!(event["subscription"], orders);
            if event["event"]["type"] == "commission" {
                break;
            }
        }
        let positions = result(program.call("positions", json!({})).await);
        assert_eq!(positions["positions"][0]["position"], 10.0);
        let executions = result(program.call("executions", json!({})).await);
        assert_eq!(executions["executions"].as_array().unwrap().len(), 1);
        assert!(executions["executions"][0]["commission"]["commission"].as_f64().is_some());

        let closed = program.call("disconnect", json!({})).await;
        assert_eq!(result(closed)["left_in_close_wait"], 0);
        assert_eq!(program.call("positions", json!({})).await["error"]["data"]["cause"], "not_connected");
        simulator.stop().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn many_calls_in_flight_each_get_their_own_answer() {
    with_worker(&[], |mut program, simulator| async move {
        program.call("connect", at(&simulator)).await;
        let mut asked = Vec::new();
        for symbol in ["AAPL", "MSFT", "NVDA", "SPY"].iter().cycle().take(40) {
            let contract = json!({ "symbol": symbol, "secType": "STK", "exchange": "SMART", "currency": "USD" });
            let id = program.ask("contract_details", json!({ "contract": contract })).await;
            asked.push((id, *symbol));
        }
        for (id, symbol) in asked {
            let answer = program.answer(id).await;
            assert_eq!(answer["result"]["details"][0]["contract"]["symbol"], symbol);
        }
        simulator.stop().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn the_seeds_commands_are_answered_in_its_form_and_in_order() {
    with_worker(&[], |mut program, simulator| async move {
        let port = simulator.addr().port();
        for command in ["get_accounts", "get_positions"] {
            let early = program.seed(json!({ "command": command })).await;
            assert_eq!((&early["status"], &early["error_type"]), (&json!("error"), &json!("ConnectionError")));
        }
        program
            .write(
                &json!({ "command": "connect", "params": {
                    "host": "127.0.0.1", "port": port, "client_id": 1, "readonly": true, "timeout": 5.0,
                }})
                .to_string(),
            )
            .await;
        for command in ["get_accounts", "get_positions", "get_account_summary", "ping", "health", "disconnect"] {
            program.write(&json!({ "command": command }).to_string()).await;
        }
        let connected = program.line().await;
        assert_eq!(connected["status"], "success", "{connected}");
        assert_eq!(connected["data"]["connected"], true);
        assert_eq!(connected["data"]["client_id"], 1);
        assert_eq!(program.line().await["data"]["accounts"], json!(["DU1234567"]));
        assert_eq!(program.line().await["data"]["positions"], json!([]));
        let summary = program.line().await["data"]["summary"].clone();
        assert!(summary["NetLiquidation_USD"].is_string(), "{summary}");
        assert_eq!(program.line().await["data"]["pong"], true);
        assert_eq!(program.line().await["data"]["connected"], true);
        assert_eq!(program.line().await["data"]["connected"], false);
        let unknown = program.seed(json!({ "command": "sing" })).await;
        assert_eq!(unknown["error_type"], "ValueError");
        simulator.stop().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn mistakes_are_answered_and_cost_nothing() {
    with_worker(&[], |mut program, simulator| async move {
        program.write("nonsense").await;
        assert_eq!(program.line().await["error"]["code"], -32700);
        program.write(r#"{"jsonrpc":"2.0","id":"x","method":"sing"}"#).await;
        let line = program.line().await;
        assert_eq!((&line["id"], &line["error"]["code"]), (&json!("x"), &json!(-32601)));
        let unknown = program.call("connect", json!({ "hostt": "127.0.0.1" })).await;
        assert_eq!(unknown["error"]["code"], -32602);
        let missing = program.call("subscribe", json!({ "kind": "ticks" })).await;
        assert_eq!(missing["error"]["data"]["cause"], "not_connected");
        program.write(&format!("{{\"jsonrpc\":\"2.0\",\"id\":1,\"x\":\"{}\"}}", "a".repeat(2 << 20))).await;
        assert_eq!(program.line().await["error"]["code"], -32600);
        assert_eq!(program.call("ping", json!({})).await["result"]["pong"], true);
        simulator.stop().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_failed_connection_names_stage_cause_and_remedy_and_frees_the_client_id() {
    with_worker(&[Fault::ClientIdInUse], |mut program, simulator| async move {
        for _ in 0..2 {
            let failed = program.call("connect", at(&simulator)).await;
            let data = &failed["error"]["data"];
            assert_eq!((&data["stage"], &data["cause"]), (&json!("identify"), &json!("client_id_in_use")), "{failed}");
            assert_eq!((&data["acts"], &data["requires_restart"]), (&json!("wait"), &json!(false)));
            assert!(data["remedy"].as_str().is_some_and(|remedy| !remedy.is_empty()));
        }
        simulator.clear_fault(Fault::ClientIdInUse).await.unwrap();
        assert_eq!(program.call("connect", at(&simulator)).await["result"]["connected"], true);
        let again = program.call("connect", at(&simulator)).await;
        assert_eq!(again["error"]["data"]["cause"], "already_connected");
        simulator.stop().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_deadline_cuts_a_silent_gateway_short() {
    with_worker(&[Fault::AcceptSilent], |mut program, simulator| async move {
        let mut params = at(&simulator);
        params["deadline_ms"] = 200.into();
        let failed = program.call("connect", params).await;
        let data = &failed["error"]["data"];
        assert_eq!((&data["stage"], &data["cause"]), (&json!("negotiate"), &json!("version_stalled")));
        assert!(data["message"].as_str().is_some_and(|message| message.contains("cut short")), "{data}");
        simulator.stop().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_lost_session_fails_its_calls_at_once_and_says_so() {
    with_worker(&[Fault::NoExecutionsEnd], |mut program, simulator| async move {
        let mut params = at(&simulator);
        params["sync"] = json!(["positions"]);
        program.call("connect", params).await;
        let id = program.ask("executions", json!({})).await;
        program.call("ping", json!({})).await;
        simulator.stop().await.unwrap();
        let answer = program.answer(id).await;
        assert_eq!(answer["error"]["data"]["cause"], "lost", "{answer}");
        assert_eq!(program.event("session_lost").await["client_id"], 5);
    })
    .await;
}

#[tokio::test]
async fn when_its_program_goes_the_session_is_closed_in_order() {
    let config = SimConfig::default();
    let simulator = Simulator::start(config).await.unwrap();
    let params = at(&simulator);
    with_worker(&[], |mut program, _unused| async move {
        assert_eq!(program.call("connect", params).await["result"]["connected"], true);
    })
    .await;
    let gone = simulator.until(PATIENCE, |state| state.connections.is_empty()).await.unwrap();
    assert_eq!(gone.expect("the session is gone").close_wait, 0);
    simulator.stop().await.unwrap();
}

#[tokio::test]
async fn what_was_asked_before_the_input_ended_is_answered() {
    with_worker(&[], |mut program, simulator| async move {
        let id = program.ask("connect", at(&simulator)).await;
        program.to_worker.shutdown().await.unwrap();
        assert_eq!(program.answer(id).await["result"]["connected"], true);
        assert!(program.from_worker.next_line().await.unwrap().is_none(), "then the worker ends");
        simulator.stop().await.unwrap();
    })
    .await;
}
