//! Verdicts on reports that are made up, and what they look like as JSON.

use proptest::prelude::*;

use super::*;
use crate::UnknownOwner;

const PORT: u16 = 4001;

fn known(kind: OwnerKind) -> Owner {
    Owner::Known { pid: 7, program: "x".to_owned(), kind }
}

fn listener(owner: Owner, accept_queue: u32) -> Listener {
    Listener {
        address: SocketAddr::from(([127, 0, 0, 1], PORT)),
        family: Family::Inet6,
        v6_only: false,
        accept_queue,
        backlog: 50,
        inode: 9,
        uid: 1000,
        owner,
    }
}

fn connection(local: u16, remote: u16, state: TcpState, inode: u64) -> Connection {
    Connection {
        local: SocketAddr::from(([127, 0, 0, 1], local)),
        remote: SocketAddr::from(([127, 0, 0, 1], remote)),
        state,
        recv_queue: 18,
        send_queue: 0,
        inode,
        uid: 1000,
        owner: if inode == 0 { Owner::Orphaned } else { known(OwnerKind::GatewayLike) },
        family: Family::Inet,
        interface: 0,
        cookie: [u32::from(local), u32::from(remote)],
    }
}

fn report(listeners: Vec<Listener>, connections: Vec<Connection>) -> PortReport {
    PortReport { port: PORT, listeners, connections }
}

fn judge(report: &PortReport) -> Verdict {
    verdict(report, &Thresholds::default())
}

#[test]
fn only_close_wait_on_the_gateway_s_side_is_a_zombie() {
    let connections = vec![
        connection(PORT, 50_001, TcpState::CloseWait, 0),
        connection(PORT, 50_002, TcpState::CloseWait, 12),
        connection(PORT, 50_003, TcpState::Established, 13),
        connection(50_004, PORT, TcpState::CloseWait, 14),
        connection(50_002, PORT, TcpState::FinWait2, 0),
    ];
    let verdict = judge(&report(vec![listener(known(OwnerKind::GatewayLike), 1)], connections));
    let clients: Vec<u16> = verdict.zombies.iter().map(|zombie| zombie.remote.port()).collect();
    assert_eq!(clients, [50_001, 50_002]);
    assert_eq!((verdict.zombies_in_accept_queue, verdict.zombies_owned), (1, 1));
    assert!(verdict.suspicions.is_empty());
}

#[test]
fn without_a_listener_close_wait_is_shown_and_is_nobody_s_zombie() {
    let verdict = judge(&report(vec![], vec![connection(PORT, 443, TcpState::CloseWait, 12)]));
    assert_eq!((verdict.listening, verdict.zombies.len(), verdict.unclaimed.len()), (Presence::No, 0, 1));
    assert_eq!(verdict.accept_queue, None);
}

#[test]
fn thresholds_are_parameters_and_nothing_is_never_suspicious() {
    let zombies = (0..4).map(|n| connection(PORT, 50_000 + n, TcpState::CloseWait, 0)).collect();
    let report = report(vec![listener(known(OwnerKind::GatewayLike), 4)], zombies);
    let suspicions = |zombies, accept_queue| verdict(&report, &Thresholds { zombies, accept_queue }).suspicions;
    assert_eq!(suspicions(4, 5), [Suspicion::Zombies { count: 4, threshold: 4 }]);
    assert_eq!(suspicions(5, 4), [Suspicion::AcceptQueue { depth: 4, threshold: 4 }]);
    assert_eq!(suspicions(5, 5), []);
    let empty = PortReport { port: PORT, listeners: vec![], connections: vec![] };
    assert_eq!(verdict(&empty, &Thresholds { zombies: 0, accept_queue: 0 }).suspicions, []);
}

#[test]
fn a_listener_of_unknown_owner_is_not_called_foreign() {
    let unknown = Owner::Unknown { reason: UnknownOwner::NotPermitted };
    let owners = [
        unknown,
        known(OwnerKind::Foreign),
        known(OwnerKind::Relay),
        known(OwnerKind::Ours),
        known(OwnerKind::GatewayLike),
    ];
    let verdict = judge(&report(owners.into_iter().map(|owner| listener(owner, 0)).collect(), vec![]));
    let counts = [&verdict.foreign_listeners, &verdict.relay_listeners, &verdict.our_listeners].map(Vec::len);
    assert_eq!(counts, [1, 1, 1]);
    assert_eq!(verdict.foreign_listeners[0].owner, known(OwnerKind::Foreign));
}

#[test]
fn our_own_client_sides_are_listed_and_others_are_not() {
    let mut ours = connection(50_001, PORT, TcpState::Established, 20);
    ours.owner = known(OwnerKind::Ours);
    let theirs = connection(50_002, PORT, TcpState::Established, 21);
    let verdict = judge(&report(vec![listener(known(OwnerKind::GatewayLike), 0)], vec![ours.clone(), theirs]));
    assert_eq!(verdict.ours, [ours]);
}

#[test]
fn what_could_not_be_looked_at_is_unknown() {
    let verdict = Verdict::unknown(PORT);
    assert_eq!((verdict.port, verdict.listening), (PORT, Presence::Unknown));
    assert!(verdict.zombies.is_empty() && verdict.suspicions.is_empty());
}

#[test]
fn verdicts_have_this_form_as_json_and_are_read_back() {
    let zombies = vec![connection(PORT, 50_001, TcpState::CloseWait, 0)];
    let report = report(vec![listener(Owner::Unknown { reason: UnknownOwner::OutOfTime }, 1)], zombies);
    let verdict = verdict(&report, &Thresholds { zombies: 1, accept_queue: 2 });
    let json = serde_json::to_value(&verdict).unwrap();
    let zombie = serde_json::json!({
        "local": "127.0.0.1:4001", "remote": "127.0.0.1:50001", "owner": {"status": "orphaned"}, "recv_queue": 18,
        "in_accept_queue": true, "family": "inet", "interface": 0, "cookie": [4001, 50001],
    });
    assert_eq!(json["zombies"], serde_json::json!([zombie]));
    assert_eq!(json["listening"], "yes");
    assert_eq!(json["suspicions"], serde_json::json!([{"kind": "zombies", "count": 1, "threshold": 1}]));
    assert_eq!(serde_json::from_value::<Verdict>(json).unwrap(), verdict);

    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["listeners"][0]["owner"], serde_json::json!({"status": "unknown", "reason": "out_of_time"}));
    assert_eq!(json["connections"][0]["state"], "close_wait");
    let known = serde_json::to_value(known(OwnerKind::GatewayLike)).unwrap();
    assert_eq!(known, serde_json::json!({"status": "known", "pid": 7, "program": "x", "kind": "gateway_like"}));
    assert_eq!(serde_json::to_value(TcpState::Unknown(13)).unwrap(), serde_json::json!({"unknown": 13}));
}

proptest! {
    #[test]
    fn every_close_wait_with_the_port_on_this_side_is_counted_once(
        sides in proptest::collection::vec((any::<bool>(), 0u8..14, 0u64..3), 0..40),
        listens: bool,
    ) {
        let connections: Vec<Connection> = (50_000u16..)
            .zip(&sides)
            .map(|(other, (server, state, inode))| {
                let (local, remote) = if *server { (PORT, other) } else { (other, PORT) };
                connection(local, remote, TcpState::from_kernel(*state), *inode)
            })
            .collect();
        let expected = sides.iter().filter(|(server, state, _)| *server && *state == 8).count();
        let listeners = if listens { vec![listener(known(OwnerKind::GatewayLike), 0)] } else { vec![] };
        let verdict = judge(&report(listeners, connections));
        let found = if listens { verdict.zombies.len() } else { verdict.unclaimed.len() };
        prop_assert_eq!(found, expected);
        prop_assert_eq!((verdict.zombies_in_accept_queue + verdict.zombies_owned) as usize, verdict.zombies.len());
    }
}
