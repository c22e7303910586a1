//! Tests against a simulated Gateway: no account, no network, a port that is free.

use std::time::Duration;

use gatewright_sim::{Fault, SimConfig, Simulator};

#[tokio::test]
async fn a_hundred_shares_are_bought() {
    let simulator = Simulator::start(SimConfig { seed: 7, ..SimConfig::default() }).await.unwrap();

    let held = my_program::buy_a_hundred(&simulator.addr().to_string()).await.unwrap();

    assert_eq!(held, 100.0);
    let state = simulator.snapshot().await.unwrap();
    assert_eq!(state.executions.len(), 1);
    simulator.stop().await.unwrap();
}

#[tokio::test]
async fn a_gateway_that_stalls_does_not_hang_the_program_for_ever() {
    let simulator = Simulator::start(SimConfig::default()).await.unwrap();
    simulator.set_fault(Fault::AcceptSilent).await.unwrap();

    let gateway = simulator.addr().to_string();
    let attempt = tokio::time::timeout(Duration::from_secs(2), my_program::buy_a_hundred(&gateway)).await;

    // The simulator has accepted and is silent: this program needs a deadline of its own, and here it has one.
    assert!(attempt.is_err() || attempt.unwrap().is_err());
    simulator.stop().await.unwrap();
}
