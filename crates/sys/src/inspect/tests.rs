//! Real sockets, each test on a port of its own.

use std::collections::BTreeSet;
use std::net::{Ipv6Addr, SocketAddr, TcpListener};
use std::time::Duration;

use socket2::{Domain, Socket, Type};

use super::*;
use crate::leaky_gateway::{HELLO, LeakyGateway, poll_until, soon};
use crate::netlink::inet_diag::Identity;
use crate::{Owner, OwnerKind, Suspicion, UnknownOwner, clock, verdict};

fn is_this_process(owner: &Owner) -> bool {
    matches!(owner, Owner::Known { pid, kind: OwnerKind::Ours, .. } if *pid == std::process::id())
}

#[test]
fn ten_of_ten_zombies_are_found_in_the_queue_of_a_listener_that_never_accepts() {
    let gateway = LeakyGateway::new();
    gateway.leave_zombies(10);
    let verdict = gateway.verdict_with_zombies(10);
    assert_eq!((verdict.zombies_in_accept_queue, verdict.zombies_owned), (10, 0));
    for zombie in &verdict.zombies {
        assert_eq!((zombie.local, &zombie.owner), (gateway.address(), &Owner::Orphaned));
        // The end counts as one byte.
        assert_eq!(zombie.recv_queue as usize, HELLO.len() + 1);
    }
    assert_eq!(verdict.accept_queue.unwrap().depth, 10);
    assert_eq!(
        verdict.suspicions,
        [Suspicion::Zombies { count: 10, threshold: 3 }, Suspicion::AcceptQueue { depth: 10, threshold: 2 }]
    );
    assert!(verdict.unclaimed.is_empty());
}

#[test]
fn a_client_s_own_close_wait_is_no_zombie() {
    let mut gateway = LeakyGateway::new();
    let clients: Vec<_> = (0..3).map(|_| gateway.client()).collect();
    gateway.accept(3);
    gateway.close_accepted();
    let leaking = |c: &Connection| c.state == TcpState::CloseWait && c.remote == gateway.address();
    poll_until("three clients leak", || gateway.report().connections.iter().filter(|c| leaking(c)).count() == 3);
    let verdict = gateway.verdict();
    assert_eq!(verdict.listening, Presence::Yes);
    assert!(verdict.zombies.is_empty() && verdict.unclaimed.is_empty() && verdict.suspicions.is_empty(), "{verdict:?}");
    assert_eq!(verdict.ours.len(), 3);
    drop(clients);
}

#[test]
fn four_zombies_of_a_dual_stack_listener_are_found_whichever_way_they_came() {
    let socket = Socket::new(Domain::IPV6, Type::STREAM, None).and_then(|socket| {
        socket.set_only_v6(false)?;
        socket.bind(&SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)).into())?;
        socket.listen(128)?;
        Ok(socket)
    });
    let Ok(socket) = socket else {
        println!("skipped: this host has no IPv6");
        return;
    };
    let mut gateway = LeakyGateway::on(TcpListener::from(socket));
    let port = gateway.port();
    let v4 = SocketAddr::from(([127, 0, 0, 1], port));
    (0..4).for_each(|_| drop(gateway.client_at(v4)));
    gateway.accept(4);
    let verdict = gateway.verdict_with_zombies(4);
    assert_eq!((verdict.zombies_in_accept_queue, verdict.zombies_owned), (0, 4));
    for zombie in &verdict.zombies {
        assert_eq!((zombie.local, zombie.family), (v4, Family::Inet6));
        assert!(is_this_process(&zombie.owner), "{}", zombie.owner);
    }
    let report = gateway.report();
    for target in ["127.0.0.1", "::1", "0.0.0.0"] {
        assert_eq!(report.listeners_for(target.parse().unwrap()).count(), 1, "{target}");
    }
    assert_eq!(report.narrowed_to("127.0.0.1".parse().unwrap()), report);
}

#[test]
fn an_ipv6_only_listener_does_not_serve_ipv4() {
    let socket = Socket::new(Domain::IPV6, Type::STREAM, None).and_then(|socket| {
        socket.set_only_v6(true)?;
        socket.bind(&SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)).into())?;
        socket.listen(1)?;
        Ok(socket)
    });
    let Ok(socket) = socket else {
        println!("skipped: this host has no IPv6");
        return;
    };
    let report = LeakyGateway::on(TcpListener::from(socket)).report();
    assert!(report.listeners[0].v6_only);
    assert_eq!(report.listeners_for("127.0.0.1".parse().unwrap()).count(), 0);
    assert_eq!(report.listeners_for("::1".parse().unwrap()).count(), 1);
}

#[test]
fn the_listener_is_found_with_its_owner_and_its_queue() {
    let mut gateway = LeakyGateway::new();
    let report = gateway.report();
    assert_eq!(report.listeners.len(), 1);
    let listener = &report.listeners[0];
    assert_eq!((listener.address, listener.accept_queue, listener.family), (gateway.address(), 0, Family::Inet));
    assert!(listener.backlog > 0 && listener.inode != 0);
    assert_eq!(listener.uid, rustix::process::getuid().as_raw());
    assert!(is_this_process(&listener.owner), "{}", listener.owner);

    let clients: Vec<_> = (0..3).map(|_| gateway.client()).collect();
    poll_until("three wait", || gateway.report().listeners[0].accept_queue == 3);
    gateway.accept(2);
    let report = gateway.report();
    assert_eq!(report.listeners[0].accept_queue, 1);
    // Both sides of each, and one server's side that nobody has accepted.
    assert_eq!(report.connections.len(), 6);
    assert_eq!(report.connections.iter().filter(|c| c.owner == Owner::Orphaned).count(), 1);
    assert_eq!(report.connections.iter().filter(|c| is_this_process(&c.owner)).count(), 5);
    assert_eq!(report.involving(clients[0].local_addr().unwrap()).count(), 2);
    assert_eq!(verdict(&report, &crate::Thresholds::default()).our_listeners.len(), 1);
}

#[test]
fn a_port_that_nobody_has_is_seen_to_be_empty() {
    let port = LeakyGateway::new().port();
    let report = PortReport { port, listeners: vec![], connections: vec![] };
    // Other tests start processes, which have our listener too until they have become another program.
    poll_until("the listener is gone", || inspect(port, soon()).unwrap() == report);
    assert_eq!(verdict(&report, &crate::Thresholds::default()).listening, Presence::No);
}

#[test]
fn time_wait_is_included_when_asked_for_and_connections_are_left_out_when_not() {
    let mut gateway = LeakyGateway::new();
    let client = gateway.client();
    let address = client.local_addr().unwrap();
    gateway.accept(1);
    let port = gateway.port();
    let look = |states| inspect_with(port, Inspection { states, owners: OwnerLookup::Skip }, soon()).unwrap();
    assert!(look(States::None).connections.is_empty());
    let report = look(States::Live);
    assert_eq!((report.listeners.len(), report.connections.len()), (1, 2));
    assert_eq!(report.connections[0].owner, Owner::Unknown { reason: UnknownOwner::NotAsked });
    // The side that closes first, having read everything, is the one that keeps TIME_WAIT.
    drop(client);
    poll_until("the end has arrived", || gateway.report().connections.iter().any(|c| c.state == TcpState::CloseWait));
    gateway.read_and_close_accepted();
    poll_until("it is over", || gateway.report().connections.is_empty());
    let everything = Inspection { states: States::All, owners: OwnerLookup::Find };
    let report = inspect_with(port, everything, soon()).unwrap();
    // TIME_WAIT outlives test runs, so this port may still have some that are not of this connection.
    let left: Vec<_> = report.involving(address).map(|c| (c.local, c.state, &c.owner)).collect();
    assert_eq!(left, [(address, TcpState::TimeWait, &Owner::Orphaned)]);
}

#[test]
fn a_deadline_that_has_passed_is_an_error_and_not_an_empty_report() {
    let gateway = LeakyGateway::new();
    let error = inspect(gateway.port(), clock::now()).unwrap_err();
    assert!(matches!(error, SysError::OutOfTime { .. }), "{error}");
}

#[test]
fn local_addresses_are_told_from_those_of_others() {
    for local in ["127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1", "0.0.0.0"] {
        assert_eq!(is_local_address(local.parse().unwrap()), Presence::Yes, "{local}");
    }
    // An address for documentation, which no host has; a host may be set to bind it all the same.
    let nonlocal = std::fs::read_to_string("/proc/sys/net/ipv4/ip_nonlocal_bind").is_ok_and(|set| set.trim() == "1");
    if !nonlocal {
        assert_eq!(is_local_address("192.0.2.1".parse().unwrap()), Presence::No);
    }
}

/// `/proc/net/tcp` is another way into the same table: each socket of the port must be in both, with the same state and
/// inode.
#[test]
fn the_report_agrees_with_proc_net_tcp() {
    let mut gateway = LeakyGateway::new();
    gateway.leave_zombies(3);
    let _client = gateway.client();
    gateway.accept(2);
    gateway.verdict_with_zombies(3);
    let (mut ours, mut theirs) = (BTreeSet::new(), BTreeSet::new());
    // The clients' ends may move on between the two looks.
    poll_until("both tables have the same sockets", || {
        (ours, theirs) = (rows(&gateway.report()), proc_net_tcp(gateway.port()));
        ours == theirs
    });
    // A listener, three zombies with their clients' ends, and both sides of the living one.
    assert_eq!(ours.len(), 9, "{ours:?}");
}

/// A socket as both tables have it: local, remote, state, inode.
type Row = (SocketAddr, SocketAddr, String, u64);

fn rows(report: &PortReport) -> BTreeSet<Row> {
    let connections = report.connections.iter().map(|c| (c.local, c.remote, c.state.to_string(), c.inode));
    let nowhere = SocketAddr::from(([0, 0, 0, 0], 0));
    let listeners = report.listeners.iter().map(|l| (l.address, nowhere, TcpState::Listen.to_string(), l.inode));
    connections.chain(listeners).collect()
}

/// The sockets of `/proc/net/tcp` with this port on either side, but for TIME_WAIT, which may be left of an earlier run.
fn proc_net_tcp(port: u16) -> BTreeSet<Row> {
    let address = |text: &str| {
        let (ip, port) = text.split_once(':').unwrap();
        let ip = u32::from_str_radix(ip, 16).unwrap().to_ne_bytes();
        SocketAddr::from((ip, u16::from_str_radix(port, 16).unwrap()))
    };
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
    table
        .lines()
        .skip(1)
        .map(|line| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let state = TcpState::from_kernel(u8::from_str_radix(fields[3], 16).unwrap());
            (address(fields[1]), address(fields[2]), state.to_string(), fields[9].parse().unwrap())
        })
        .filter(|(local, remote, state, _)| (local.port() == port || remote.port() == port) && state != "TIME_WAIT")
        .collect()
}

#[test]
fn a_socket_that_came_twice_is_reported_once_as_it_was_last() {
    let identity = Identity {
        family: Family::Inet,
        local: "127.0.0.1:4001".parse().unwrap(),
        remote: "127.0.0.1:5".parse().unwrap(),
        interface: 0,
        cookie: [1, 0],
    };
    let entry = |state| Entry { identity, state, recv_queue: 0, send_queue: 0, uid: 0, inode: 0, v6_only: false };
    let report = assemble(4001, &[entry(TcpState::Established), entry(TcpState::CloseWait)], &Owners::not_asked());
    assert_eq!(report.connections.len(), 1);
    assert_eq!(report.connections[0].state, TcpState::CloseWait);
}

#[test]
fn a_look_takes_little_of_its_deadline() {
    let gateway = LeakyGateway::new();
    let start = clock::now();
    inspect(gateway.port(), soon()).unwrap();
    // A thousand times what it takes on a quiet host; the design gives it 250 ms.
    assert!(clock::now() - start < Duration::from_secs(1));
}

#[test]
fn the_look_before_connecting_sees_the_zombies_and_the_listener_and_nothing_else() {
    let gateway = LeakyGateway::new();
    let _alive = gateway.client();
    gateway.leave_zombies(3);
    gateway.verdict_with_zombies(3);
    let inspection = Inspection { states: States::CloseWait, owners: OwnerLookup::Skip };
    let report = inspect_with(gateway.port(), inspection, soon()).unwrap();
    assert_eq!(report.listeners.len(), 1);
    assert_eq!(report.connections.len(), 3);
    assert!(report.connections.iter().all(|connection| connection.state == TcpState::CloseWait));
}
