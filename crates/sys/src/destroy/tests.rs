//! Real zombies. Where this process lacks the capability, the tests that need it say so and pass.

use std::io::{ErrorKind, Read, Write};
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::Duration;

use super::*;
use crate::leaky_gateway::{HELLO, LeakyGateway, poll_until, soon};
use crate::{Owner, clock};

/// The uid of nobody, whom no system gives a capability.
const NOBODY: u32 = 65_534;

/// Whether removal can be tested here.
fn can_remove() -> bool {
    let gateway = LeakyGateway::new();
    gateway.leave_zombies(1);
    let zombie = &gateway.verdict_with_zombies(1).zombies[0];
    match destroy(zombie, soon()) {
        Ok(_) => true,
        Err(error @ (SysError::NotPermitted { .. } | SysError::NotSupported { .. })) => {
            println!("skipped: {error}");
            false
        }
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn exactly_one_zombie_is_removed_and_the_others_stay() {
    if !can_remove() {
        return;
    }
    let mut gateway = LeakyGateway::new();
    let mut living = gateway.client();
    gateway.leave_zombies(5);
    gateway.accept(4);
    let before = gateway.verdict_with_zombies(5);
    assert_eq!((before.zombies_owned, before.zombies_in_accept_queue), (3, 2));
    for in_accept_queue in [false, true] {
        let before = gateway.verdict();
        let target = before.zombies.iter().find(|zombie| zombie.in_accept_queue == in_accept_queue).unwrap();
        let destroyed = destroy(target, soon()).unwrap();
        assert_eq!((destroyed.local, destroyed.remote), (target.local, target.remote));
        assert_eq!(destroyed.in_accept_queue, in_accept_queue);
        assert_eq!(destroyed.recv_queue as usize, HELLO.len() + 1);
        let mut expected = before.zombies.clone();
        expected.retain(|zombie| zombie.cookie != target.cookie);
        assert_eq!(gateway.verdict().zombies, expected);
        assert!(matches!(destroy(target, soon()), Err(SysError::Gone)));
    }
    // As measured: the place in the accept queue stays taken, and the listener and the living connection are untouched.
    let after = gateway.verdict();
    assert_eq!(after.accept_queue, before.accept_queue);
    living.write_all(b"still here").unwrap();
    gateway.accept(2);
    assert_eq!(gateway.verdict().accept_queue.unwrap().depth, 0);
}

#[test]
fn cleaning_removes_every_zombie_and_reports_each() {
    if !can_remove() {
        return;
    }
    let gateway = LeakyGateway::new();
    gateway.leave_zombies(10);
    let zombies = gateway.verdict_with_zombies(10).zombies;
    let report = clean(&zombies, soon());
    assert_eq!((report.removed.len(), report.failed.len()), (10, 0), "{report:?}");
    poll_until("the clients' ends are reset", || gateway.report().connections.is_empty());
    let again = clean(&zombies, soon());
    assert!(again.removed.is_empty() && again.failed.iter().all(|failure| failure.cause == FailureCause::Gone));
}

#[test]
fn a_living_connection_and_a_client_s_side_are_left_alone_whoever_asks() {
    let mut gateway = LeakyGateway::new();
    let mut client = gateway.client();
    gateway.accept(1);
    let report = gateway.report();
    let address = client.local_addr().unwrap();
    let forged = |local| {
        let connection = report.connections.iter().find(|c| c.local == local).unwrap();
        Zombie {
            local: connection.local,
            remote: connection.remote,
            owner: Owner::Orphaned,
            recv_queue: 0,
            in_accept_queue: false,
            family: connection.family,
            interface: connection.interface,
            cookie: connection.cookie,
        }
    };
    let served = forged(gateway.address());
    assert!(matches!(destroy(&served, soon()), Err(SysError::NotAZombie { state: TcpState::Established })));
    let clients = forged(address);
    assert!(matches!(destroy(&clients, soon()), Err(SysError::NotTheGatewaysSide { port }) if port == address.port()));
    let another = Zombie { cookie: [served.cookie[0] ^ 1, served.cookie[1]], ..served.clone() };
    assert!(matches!(destroy(&another, soon()), Err(SysError::Gone)));
    // To the kernel this cookie means "whichever socket has these addresses".
    let any = Zombie { cookie: [u32::MAX; 2], ..served.clone() };
    assert!(matches!(destroy(&any, soon()), Err(SysError::Gone)));
    // Addresses without a connection: what the kernel would find there is the listener.
    let nobody = Zombie { remote: "127.0.0.1:1".parse().unwrap(), ..served };
    assert!(matches!(destroy(&nobody, soon()), Err(SysError::Gone)));

    gateway.close_accepted();
    assert_eq!(client.read(&mut [0]).unwrap(), 0, "it was closed in order, not reset");
    assert_eq!(gateway.report().listeners.len(), 1);
}

#[test]
fn a_removed_connection_leaves_its_owner_the_bytes_and_the_descriptor() {
    if !can_remove() {
        return;
    }
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let gateway = LeakyGateway::on(listener.try_clone().unwrap());
    gateway.leave_zombies(1);
    let (mut held, _) = listener.accept().unwrap();
    let zombie = gateway.verdict_with_zombies(1).zombies.remove(0);
    assert_eq!(zombie.local.port(), port);
    destroy(&zombie, soon()).unwrap();
    let mut bytes = [0; HELLO.len()];
    held.read_exact(&mut bytes).unwrap();
    assert_eq!(&bytes, HELLO);
    // After them the end or an error, and never a wait.
    match held.read(&mut bytes) {
        Ok(length) => assert_eq!(length, 0),
        Err(error) => {
            assert!(matches!(error.kind(), ErrorKind::ConnectionAborted | ErrorKind::NotConnected), "{error}")
        }
    }
}

/// Runs itself again as nobody if need be: the refusal is the kernel's own.
#[test]
fn removal_is_denied_cleanly_without_permission() {
    if removal_permitted() == Presence::No {
        let gateway = LeakyGateway::new();
        gateway.leave_zombies(2);
        let zombies = gateway.verdict_with_zombies(2).zombies;
        let report = clean(&zombies, soon());
        assert!(report.removed.is_empty());
        for failure in &report.failed {
            assert!(matches!(failure.cause, FailureCause::NotPermitted | FailureCause::NotSupported), "{failure:?}");
        }
        assert_eq!(gateway.verdict().zombies, zombies);
        return;
    }
    let this = std::env::current_exe().unwrap();
    let name = "destroy::tests::removal_is_denied_cleanly_without_permission";
    let run = Command::new(this).args([name, "--exact"]).current_dir("/").uid(NOBODY).gid(NOBODY).output();
    match run {
        Ok(output) => {
            let text = String::from_utf8_lossy(&output.stdout);
            assert!(output.status.success() && text.contains("1 passed"), "{text}");
        }
        Err(error) => println!("skipped: this test cannot be run as another user here: {error}"),
    }
}

#[test]
fn every_refusal_has_its_cause() {
    let causes = [
        (SysError::NotPermitted { what: "", needs: "" }, FailureCause::NotPermitted),
        (SysError::NotSupported { what: "" }, FailureCause::NotSupported),
        (SysError::Gone, FailureCause::Gone),
        (SysError::NotAZombie { state: TcpState::LastAck }, FailureCause::LeftAlone),
        (SysError::OutOfTime { doing: "" }, FailureCause::OutOfTime),
        (SysError::StillThere, FailureCause::Failed),
    ];
    for (error, cause) in causes {
        assert_eq!(FailureCause::of(&error), cause);
    }
}

#[test]
fn with_no_time_left_nothing_is_removed() {
    let gateway = LeakyGateway::new();
    gateway.leave_zombies(1);
    let zombies = gateway.verdict_with_zombies(1).zombies;
    let report = clean(&zombies, clock::now());
    assert_eq!(report.failed[0].cause, FailureCause::OutOfTime);
    assert_eq!(report.failed[0].zombie, zombies[0]);
    assert_eq!(gateway.verdict().zombies, zombies);
    assert!(destroy(&zombies[0], clock::now() - Duration::from_secs(1)).is_err());
}

#[test]
fn capabilities_are_read_from_the_effective_set() {
    assert_eq!(effective_capabilities("CapPrm:\t0\nCapEff:\t0000000000001000\n"), Some(0x1000));
    assert_eq!(effective_capabilities("CapEff:\tmany\n"), None);
    assert_eq!(effective_capabilities(""), None);
    assert_ne!(removal_permitted(), Presence::Unknown);
}
