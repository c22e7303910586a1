//! Clients that were written by others and are run unmodified.

use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use gatewright_sim::{SimConfig, Simulator};
use rust_decimal::Decimal;
use serde_json::{Value, json};

/// The Python with the foreign clients; `cargo xtask test` sets it.
const PYTHON: &str = "GATEWRIGHT_FOREIGN_PYTHON";

/// How long one story may take; it is over in a second.
const STORY: Duration = Duration::from_secs(60);

#[expect(clippy::disallowed_methods, reason = "the test is told by xtask where the foreign clients are")]
#[expect(clippy::print_stdout, reason = "a test that was skipped says so")]
fn python() -> Option<std::ffi::OsString> {
    let python = std::env::var_os(PYTHON);
    if python.is_none() {
        println!("skipped: {PYTHON} is not set; run `cargo xtask test`");
    }
    python
}

async fn run(python: std::ffi::OsString, script: &str, simulator: &Simulator) -> Output {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/foreign").join(script);
    let address = simulator.addr();
    let story = tokio::task::spawn_blocking(move || {
        Command::new(python).arg(script).arg(address.ip().to_string()).arg(address.port().to_string()).output().unwrap()
    });
    tokio::time::timeout(STORY, story).await.expect("the story ends").unwrap()
}

#[tokio::test]
async fn ib_async_connects_looks_trades_leaves_and_comes_back() {
    let Some(python) = python() else { return };
    let simulator = Simulator::start(SimConfig::default()).await.unwrap();
    let output = run(python, "ib_async_story.py", &simulator).await;
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
    let story: Value = serde_json::from_slice(&output.stdout).unwrap();

    assert_eq!(story["accounts"], json!(["DU1234567"]));
    assert_eq!(story["server_version"], 178);
    assert_eq!(story["positions_before"], 0);
    assert_eq!(story["summary"]["NetLiquidation"], "1000000.00");
    assert_eq!(story["details"]["conId"], 265_598);
    assert_eq!(story["details"]["longName"], "APPLE INC");
    assert_eq!(story["unknown_details"], 0);
    assert_eq!((&story["bars"]["count"], &story["bars"]["sane"]), (&json!(1_440), &json!(true)));
    assert_eq!(story["pair"]["conId"], 12_087_792);
    let (bid, ask) = (story["ticker"]["bid"].as_f64().unwrap(), story["ticker"]["ask"].as_f64().unwrap());
    assert!(0.0 < bid && bid < ask, "{story}");
    assert_eq!(story["snapshot_quote"], true);
    assert_eq!(story["bought"]["status"], "Filled");
    assert_eq!(story["bought"]["orderRef"], "story-1");
    assert_eq!(story["bought"]["commission"], 1.0);
    assert_eq!(story["positions"][0][1], 10.0);
    assert_eq!(story["what_if"]["commission"], 1.0);
    assert_eq!(story["cancelled"]["status"], "Cancelled");
    assert_eq!(story["completed"], json!(["Cancelled", "Filled"]));
    assert_eq!(story["executions"], 1);
    assert_eq!(story["back"], json!({"positions": [["AAPL", 10.0]], "executions": 1, "next_id_rises": true}));
    // 200 was asked for, 202 is the cancel; the rest are notices.
    let codes: Vec<i64> = story["errors"].as_array().unwrap().iter().map(|error| error[1].as_i64().unwrap()).collect();
    assert!(codes.iter().all(|code| [200, 202, 2104, 2106, 2158].contains(code)), "{codes:?}");

    let state = simulator.snapshot().await.unwrap();
    assert_eq!(state.positions[0].quantity, Decimal::TEN);
    assert_eq!(state.accounts[0].cash + state.positions[0].cost, state.accounts[0].initial_cash);
    simulator.stop().await.unwrap();
}

#[tokio::test]
async fn the_official_client_of_its_time_does_the_same() {
    let Some(python) = python() else { return };
    let simulator = Simulator::start(SimConfig::default()).await.unwrap();
    let output = run(python, "ibapi_story.py", &simulator).await;
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
    let mut story: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(story["values"].as_u64().unwrap() > 20, "{story}");
    assert!(story["time"].as_u64().is_some(), "{story}");
    for told in ["values", "time"] {
        story[told].take();
    }
    assert_eq!(
        story,
        json!({
            "accounts": ["DU1234567"], "server_version": 157, "time": null, "values": null,
            "summary": ["NetLiquidation", "TotalCashValue"], "details": [[265_598, "APPLE INC", 0.01]], "unknown": 200,
            "bars": 1440, "snapshot": [1, 2, 4, 6, 7, 9, 14], "bar": 0, "statuses": ["PreSubmitted", "Filled"],
            "executed": [10.0], "open": [1], "executions": 1, "completed": ["Cancelled", "Filled"],
            "positions": [["AAPL", 10.0]], "next_id_rises": true,
        })
    );
    simulator.stop().await.unwrap();
}
