//! The options as the kernel has them, and what is left of a connection after each way to go.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::fd::OwnedFd;
use std::process::{Command, Stdio};

use rustix::io::{FdFlags, fcntl_getfd};

use super::*;
use crate::leaky_gateway::{HELLO, LeakyGateway, poll_until};

#[test]
fn a_new_socket_has_every_option_and_belongs_to_this_process_alone() {
    for address in ["127.0.0.1:4001", "[::1]:4001"] {
        let Ok(socket) = new_gateway_socket(address.parse().unwrap()) else {
            println!("skipped {address}: this host has no such address family");
            continue;
        };
        assert_eq!(socket.linger().unwrap(), Some(Duration::ZERO));
        assert!(socket.tcp_nodelay().unwrap());
        assert!(socket.keepalive().unwrap());
        assert_eq!(socket.tcp_keepalive_time().unwrap(), KEEPALIVE_IDLE);
        assert_eq!(socket.tcp_keepalive_interval().unwrap(), KEEPALIVE_INTERVAL);
        assert_eq!(socket.tcp_keepalive_retries().unwrap(), KEEPALIVE_PROBES);
        #[cfg(target_os = "linux")]
        assert_eq!(socket.tcp_user_timeout().unwrap(), Some(Duration::from_secs(30)));
        assert!(socket.nonblocking().unwrap());
        assert!(fcntl_getfd(&socket).unwrap().contains(FdFlags::CLOEXEC));
    }
}

#[test]
fn the_way_of_closing_can_be_changed_and_changed_back() {
    let socket = new_gateway_socket("127.0.0.1:1".parse().unwrap()).unwrap();
    set_orderly_close(&socket).unwrap();
    assert_eq!(socket.linger().unwrap(), None);
    set_reset_on_close(&socket).unwrap();
    assert_eq!(socket.linger().unwrap(), Some(Duration::ZERO));
}

#[test]
fn what_is_no_socket_is_refused() {
    let file = tempfile::tempfile().unwrap();
    assert!(matches!(prepare(&file, &SocketOptions::default()), Err(SysError::Io { doing: "setting SO_LINGER", .. })));
}

#[test]
fn closing_a_prepared_socket_in_the_handshake_leaves_nothing() {
    let gateway = LeakyGateway::new();
    let clients: Vec<TcpStream> = (0..5).map(|_| gateway.client()).collect();
    for client in &clients {
        prepare(client, &SocketOptions::default()).unwrap();
    }
    drop(clients);
    poll_until("nothing is left", || gateway.report().connections.is_empty());
    // One that was not prepared shows that this Gateway does leak.
    gateway.leave_zombies(1);
    gateway.verdict_with_zombies(1);
}

/// Gives a connection to a process that does nothing with it, and kills that process.
fn killed_with(client: TcpStream) {
    let mut holder =
        Command::new("cat").stdin(Stdio::from(OwnedFd::from(client))).stdout(Stdio::null()).spawn().unwrap();
    holder.kill().unwrap();
    holder.wait().unwrap();
}

#[test]
fn clients_that_are_killed_leave_zombies_without_linger_and_nothing_with_it() {
    let gateway = LeakyGateway::new();
    (0..5).for_each(|_| killed_with(gateway.client()));
    gateway.verdict_with_zombies(5);

    let gateway = LeakyGateway::new();
    for _ in 0..5 {
        let client = gateway.client();
        prepare(&client, &SocketOptions::default()).unwrap();
        killed_with(client);
    }
    poll_until("nothing is left", || gateway.report().connections.is_empty());
}

#[test]
fn an_orderly_close_delivers_everything_and_ends_without_a_reset() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    prepare(&client, &SocketOptions::default()).unwrap();
    let (mut served, _) = listener.accept().unwrap();
    client.write_all(HELLO).unwrap();

    set_orderly_close(&client).unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    let mut received = Vec::new();
    served.read_to_end(&mut received).unwrap();
    assert_eq!(received, HELLO);
    served.write_all(b"last words").unwrap();
    drop(served);
    let mut answer = Vec::new();
    client.read_to_end(&mut answer).unwrap();
    assert_eq!(answer, b"last words");
    drop(client);
    let port = listener.local_addr().unwrap().port();
    poll_until("only TIME_WAIT is left", || {
        crate::inspect(port, crate::leaky_gateway::soon()).unwrap().connections.is_empty()
    });
}
