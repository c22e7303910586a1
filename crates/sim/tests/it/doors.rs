//! Faults that only sockets can show: how connecting fails, how connections end, and what the kernel keeps.

use std::io;
use std::time::Duration;

use gatewright_proto::ClientMessage;
use gatewright_sim::{Fault, SimConfig, Simulator};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::raw::{PATIENCE, Raw, greeting};

async fn with(fault: Fault) -> Simulator {
    Simulator::start(SimConfig { faults: vec![fault], ..SimConfig::default() }).await.unwrap()
}

/// How a client's connection ends when it does all it can.
async fn end_of(fault: Fault) -> io::ErrorKind {
    let simulator = with(fault).await;
    let mut client = Raw::connect(&simulator).await;
    let mut hello = greeting().to_vec();
    hello.extend_from_slice(b"\0\0\0\x0871\x002\x007\0\0");
    // Where the other side is gone already, the read says how.
    let _ = client.stream.write_all(&hello).await;
    let mut bytes = Vec::new();
    let end = tokio::time::timeout(PATIENCE, client.stream.read_to_end(&mut bytes)).await.expect("an end");
    simulator.stop().await.unwrap();
    end.map_or_else(|error| error.kind(), |_| io::ErrorKind::UnexpectedEof)
}

#[tokio::test]
async fn closes_are_closes_and_resets_are_resets() {
    for fault in [
        Fault::CloseBeforeVersion,
        Fault::CloseAfterStartApi,
        Fault::CloseLateAfterStartApi,
        Fault::ClientIdInUse,
        Fault::Http,
    ] {
        assert_eq!(end_of(fault).await, io::ErrorKind::UnexpectedEof, "{fault}");
    }
    for fault in [Fault::ResetOnAccept, Fault::ResetAfterStartApi] {
        assert_eq!(end_of(fault).await, io::ErrorKind::ConnectionReset, "{fault}");
    }
}

#[tokio::test]
async fn close_on_accept_is_an_end_without_a_byte() {
    let simulator = with(Fault::CloseOnAccept).await;
    let mut client = Raw::connect(&simulator).await;
    assert_eq!(client.end().await, io::ErrorKind::UnexpectedEof);
    simulator.stop().await.unwrap();
}

#[tokio::test]
async fn a_shut_door_refuses_and_can_be_opened_again() {
    let simulator = with(Fault::Refuse).await;
    let refused = TcpStream::connect(simulator.addr()).await.unwrap_err();
    assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
    simulator.clear_fault(Fault::Refuse).await.unwrap();
    let mut client = Raw::ready(&simulator, 7).await;
    simulator.set_fault(Fault::Refuse).await.unwrap();
    let refused = TcpStream::connect(simulator.addr()).await.unwrap_err();
    assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
    // Who is in stays in.
    client.say(&ClientMessage::ReqPositions).await;
    client.until(62).await;
    simulator.stop().await.unwrap();
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_full_queue_lets_connecting_time_out_and_can_be_emptied() {
    let simulator = with(Fault::BacklogFull).await;
    let hung = tokio::time::timeout(Duration::from_millis(300), TcpStream::connect(simulator.addr())).await;
    assert!(hung.is_err(), "connecting must neither succeed nor fail: {hung:?}");
    simulator.clear_fault(Fault::BacklogFull).await.unwrap();
    Raw::ready(&simulator, 7).await;
    simulator.stop().await.unwrap();
}

#[tokio::test]
async fn a_move_to_another_port_is_told_and_is_real() {
    let simulator = Simulator::start(SimConfig::default()).await.unwrap();
    let old = simulator.addr();
    let mut client = Raw::ready(&simulator, 7).await;
    simulator.set_fault(Fault::PortReset).await.unwrap();
    let new = simulator.addr();
    assert_ne!(new, old);
    client.until(4).await;
    assert_eq!(client.end().await, io::ErrorKind::UnexpectedEof);
    let refused = TcpStream::connect(old).await.unwrap_err();
    assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
    assert_eq!(simulator.snapshot().await.unwrap().listening, Some(new));
    // The new port shuts and opens like the old one did.
    Raw::ready(&simulator, 7).await;
    simulator.set_fault(Fault::Refuse).await.unwrap();
    assert_eq!(simulator.snapshot().await.unwrap().listening, None);
    simulator.clear_fault(Fault::Refuse).await.unwrap();
    Raw::ready(&simulator, 8).await;
    simulator.stop().await.unwrap();
}

#[tokio::test]
async fn a_move_to_a_port_that_is_taken_is_an_error_and_nobody_is_dropped() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let scenario = format!("[parameters]\nnew-port = {port}").parse().unwrap();
    let simulator = Simulator::start(SimConfig { scenario, ..SimConfig::default() }).await.unwrap();
    let mut client = Raw::ready(&simulator, 7).await;
    let problem = simulator.set_fault(Fault::PortReset).await.unwrap_err();
    assert!(problem.to_string().contains(&port.to_string()), "{problem}");
    client.say(&ClientMessage::ReqPositions).await;
    client.until(62).await;
    simulator.stop().await.unwrap();
}

#[tokio::test]
async fn trickled_bytes_make_a_whole_session() {
    let simulator = with(Fault::Trickle).await;
    let mut client = Raw::ready(&simulator, 7).await;
    client.say(&ClientMessage::ReqPositions).await;
    client.until(62).await;
    simulator.stop().await.unwrap();
}

#[tokio::test]
async fn a_silent_gateway_says_nothing_and_lets_clients_go() {
    let simulator = with(Fault::AcceptSilent).await;
    let mut client = Raw::connect(&simulator).await;
    client.write(&greeting()).await;
    client.stream.shutdown().await.unwrap();
    assert_eq!(client.end().await, io::ErrorKind::UnexpectedEof);
    assert!(simulator.snapshot().await.unwrap().connections.is_empty());
    simulator.stop().await.unwrap();
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn ignored_ends_are_close_wait_in_the_kernel_and_resets_are_not() {
    let simulator = with(Fault::IgnoreEof).await;
    for client in 0..5 {
        drop(Raw::ready(&simulator, client).await);
    }
    let mut half = Raw::connect(&simulator).await;
    half.greet().await;
    drop(half);
    let leaked = simulator.until(PATIENCE, |state| state.close_wait == 6).await.unwrap();
    assert!(leaked.is_some());
    assert_eq!(close_wait(simulator.addr().port()), 6);

    let rude = Raw::ready(&simulator, 50).await;
    socket2::SockRef::from(&rude.stream).set_linger(Some(Duration::ZERO)).unwrap();
    drop(rude);
    let gone = simulator.until(PATIENCE, |state| state.connections.len() == 6).await.unwrap();
    assert!(gone.is_some(), "a reset is noticed even here");
    assert_eq!(close_wait(simulator.addr().port()), 6);

    let mut late = Raw::ready(&simulator, 51).await;
    late.stream.shutdown().await.unwrap();
    assert!(simulator.until(PATIENCE, |state| state.close_wait == 7).await.unwrap().is_some());
    socket2::SockRef::from(&late.stream).set_linger(Some(Duration::ZERO)).unwrap();
    drop(late);
    let gone = simulator.until(PATIENCE, |state| state.close_wait == 6).await.unwrap();
    assert!(gone.is_some(), "a reset ends CLOSE_WAIT, in the kernel and in the count");
    assert_eq!(close_wait(simulator.addr().port()), 6);
    simulator.stop().await.unwrap();
}

/// Sockets of this machine that are in CLOSE_WAIT at a local port.
#[cfg(target_os = "linux")]
fn close_wait(port: u16) -> usize {
    const CLOSE_WAIT: &str = "08";
    let port = format!(":{port:04X}");
    std::fs::read_to_string("/proc/net/tcp")
        .unwrap()
        .lines()
        .filter(|line| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            fields[1].ends_with(&port) && fields[3] == CLOSE_WAIT
        })
        .count()
}
