use gatewright_sys::{Family, PortReport, TcpState, Thresholds};

use super::*;

fn owner(program: &str, kind: OwnerKind) -> Owner {
    Owner::Known { pid: 812, program: program.into(), kind }
}

fn java() -> Owner {
    owner("java", OwnerKind::GatewayLike)
}

fn listener(owner: Owner, accept_queue: u32) -> Listener {
    Listener {
        address: "127.0.0.1:4002".parse().unwrap(),
        family: Family::Inet,
        v6_only: false,
        accept_queue,
        backlog: 50,
        inode: 1,
        uid: 0,
        owner,
    }
}

fn zombie(number: u16, owner: Owner) -> Connection {
    Connection {
        local: "127.0.0.1:4002".parse().unwrap(),
        remote: ([127, 0, 0, 1], 50_000 + number).into(),
        state: TcpState::CloseWait,
        recv_queue: 1,
        send_queue: 0,
        inode: if owner == Owner::Orphaned { 0 } else { 7 },
        uid: 0,
        owner,
        family: Family::Inet,
        interface: 0,
        cookie: [u32::from(number), 0],
    }
}

fn report(listeners: Vec<Listener>, connections: Vec<Connection>) -> DoctorReport {
    let report = PortReport { port: 4002, listeners, connections };
    let verdict = Box::new(gatewright_sys::verdict(&report, &Thresholds::default()));
    let known_ports = BTreeMap::from([(4001, Presence::No), (7497, Presence::Yes)]);
    DoctorReport::of("127.0.0.1:4002".into(), Look { sight: Sight::Seen { report, verdict }, known_ports }, None)
}

#[test]
fn each_finding_has_its_evidence() {
    let foreign = owner("nc", OwnerKind::Foreign);
    let cases = [
        (report(vec![], vec![]), Finding::NotListening),
        (report(vec![listener(foreign, 0)], vec![]), Finding::ForeignListener),
        (report(vec![listener(java(), 0)], vec![zombie(1, java())]), Finding::Zombies),
        (report(vec![listener(java(), 9)], vec![]), Finding::NotAccepting),
        (report(vec![listener(java(), 9)], vec![zombie(1, Owner::Orphaned)]), Finding::Zombies),
        (report(vec![listener(java(), 1)], vec![]), Finding::NoFaultFound),
        (report(vec![listener(owner("socat", OwnerKind::Relay), 0)], vec![]), Finding::NoFaultFound),
    ];
    for (report, finding) in cases {
        assert_eq!(report.verdict, finding, "{}", report.explanation);
        assert!(!report.explanation.is_empty() && !report.remedy.is_empty());
        assert_eq!(finding.exit() == Exit::Success, finding == Finding::NoFaultFound);
    }
}

#[test]
fn dead_connections_and_a_full_queue_count_for_more_than_a_foreign_owner_who_is_named_too() {
    let foreign = || owner("python3", OwnerKind::Foreign);
    let dead = report(vec![listener(foreign(), 10)], vec![zombie(1, foreign())]);
    let full = report(vec![listener(foreign(), 9)], vec![]);
    assert_eq!((dead.verdict, full.verdict), (Finding::Zombies, Finding::NotAccepting));
    for report in [dead, full] {
        assert!(report.notes.iter().any(|note| note.contains("python3")), "{:?}", report.notes);
    }
}

#[test]
fn a_listener_of_unknown_owner_is_no_foreign_one() {
    let unknown: Owner = serde_json::from_str(r#"{"status":"unknown","reason":"not_permitted"}"#).unwrap();
    assert_eq!(report(vec![listener(unknown, 0)], vec![]).verdict, Finding::NoFaultFound);
}

#[test]
fn one_and_many_zombies_are_counted_in_grammar() {
    let one = report(vec![listener(java(), 0)], vec![zombie(1, java())]).explanation;
    assert!(one.starts_with("1 dead connection hangs in CLOSE_WAIT at the Gateway. Its client has gone"), "{one}");
    let two = report(vec![listener(java(), 2)], vec![zombie(1, java()), zombie(2, Owner::Orphaned)]).explanation;
    assert!(two.starts_with("2 dead connections hang in CLOSE_WAIT at the Gateway. Their clients have gone"), "{two}");
    assert!(two.contains("1 of them it has not even accepted"), "{two}");
}

#[test]
fn another_usual_port_that_listens_is_offered() {
    assert!(report(vec![], vec![]).remedy.contains("Something does listen on 7497"));
}

#[test]
fn what_could_not_be_seen_is_unknown_throughout() {
    let look = Look {
        sight: Sight::Unseen { why: "192.0.2.1 is another machine".into() },
        known_ports: BTreeMap::from([(4001, Presence::Unknown)]),
    };
    let json = serde_json::to_string(&DoctorReport::of("192.0.2.1:4002".into(), look, None)).unwrap();
    insta::assert_snapshot!(json, @r#"{"gateway":"192.0.2.1:4002","inside":null,"listening":{"state":"unknown","evidence":"192.0.2.1 is another machine"},"listeners":[],"accept_queue":null,"connections":[],"zombies":{"count":null,"sockets":[]},"known_ports":{"4001":"unknown"},"verdict":"unknown","explanation":"Nothing can be said about this Gateway from here: 192.0.2.1 is another machine.","remedy":"Run doctor on the Gateway's own machine, or add --handshake to learn by connecting.","notes":[]}"#);
}

#[test]
fn a_relay_hides_what_is_behind_it_and_the_report_says_so() {
    let report = report(vec![listener(owner("socat", OwnerKind::Relay), 0)], vec![]);
    assert!(report.notes[0].contains("cannot be seen from here"));
}

#[test]
fn close_wait_without_a_listener_is_nobody_s() {
    let report = report(vec![], vec![zombie(1, java())]);
    assert_eq!((report.verdict, report.zombies.count), (Finding::NotListening, Some(0)));
    assert!(report.notes[0].contains("nothing listens"));
}
