//! Golden bytes (taken from the header file's layout, little endian) and hostile entries.

use proptest::prelude::*;

use super::*;

const MAPPED: Identity = Identity {
    family: Family::Inet6,
    local: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 4001),
    remote: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 50000),
    interface: 3,
    cookie: [0x1122_3344, 0x5566_7788],
};

/// An entry as a kernel sends it for a zombie of a dual-stack listener.
fn golden_entry() -> Vec<u8> {
    let mut bytes = vec![10, 8, 0, 0]; // AF_INET6, CLOSE_WAIT, no timer
    bytes.extend([0x0f, 0xa1, 0xc3, 0x50]); // 4001, 50000
    bytes.extend([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1]);
    bytes.extend([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1]);
    bytes.extend([3, 0, 0, 0]);
    bytes.extend([0x44, 0x33, 0x22, 0x11, 0x88, 0x77, 0x66, 0x55]);
    bytes.extend([0; 4]); // expires
    bytes.extend([19, 0, 0, 0]); // 18 unread bytes and the FIN
    bytes.extend([0; 4]);
    bytes.extend([0xe8, 3, 0, 0]); // uid 1000
    bytes.extend([0x39, 0x30, 0, 0]); // inode 12345
    bytes
}

#[test]
#[cfg(target_endian = "little")]
fn the_dump_request_is_these_bytes() {
    let states = TcpState::CloseWait.mask() | TcpState::Listen.mask();
    let mut expected = vec![112, 0, 0, 0, 20, 0, 0x01, 0x03, 9, 0, 0, 0, 0, 0, 0, 0];
    expected.extend([2, 6, 0, 0, 0x00, 0x05, 0, 0]);
    expected.extend([0; 48]);
    expected.extend([40, 0, 1, 0]);
    expected.extend([2, 8, 20, 0, 0, 0, 0xa1, 0x0f]);
    expected.extend([3, 8, 12, 0, 0, 0, 0xa1, 0x0f]);
    expected.extend([1, 4, 20, 0]);
    expected.extend([4, 8, 20, 0, 0, 0, 0xa1, 0x0f]);
    expected.extend([5, 8, 12, 0, 0, 0, 0xa1, 0x0f]);
    assert_eq!(dump_request(9, Query { family: Family::Inet, states, port: 4001 }), expected);
}

#[test]
#[cfg(target_endian = "little")]
fn the_destroy_request_names_the_mapped_addresses_and_the_cookie() {
    let mut expected = vec![72, 0, 0, 0, 21, 0, 0x05, 0, 9, 0, 0, 0, 0, 0, 0, 0];
    expected.extend([10, 6, 0, 0, 0xff, 0xff, 0xff, 0xff]);
    expected.extend(&golden_entry()[4..52]);
    assert_eq!(destroy_request(9, &MAPPED), expected);

    expected[4..8].copy_from_slice(&[20, 0, 0x01, 0]);
    assert_eq!(find_request(9, &MAPPED), expected);
}

#[test]
#[should_panic(expected = "only ever destroyed by its cookie")]
fn without_a_cookie_nothing_can_be_destroyed() {
    destroy_request(1, &Identity { cookie: NO_COOKIE, ..MAPPED });
}

#[test]
#[cfg(target_endian = "little")]
fn a_mapped_entry_is_read_as_ipv4_and_keeps_its_family() {
    let expected = Entry {
        identity: MAPPED,
        state: TcpState::CloseWait,
        recv_queue: 19,
        send_queue: 0,
        uid: 1000,
        inode: 12345,
        v6_only: false,
    };
    assert_eq!(decode_entry(&golden_entry()), Ok(expected));
}

#[test]
#[cfg(target_endian = "little")]
fn attributes_after_an_entry_are_searched_for_the_one_that_matters() {
    let mut bytes = golden_entry();
    bytes.extend([5, 0, 8, 0, 0xff, 0, 0, 0]); // INET_DIAG_SHUTDOWN, padded
    bytes.extend([5, 0, 11, 0, 1]);
    assert!(decode_entry(&bytes).unwrap().v6_only);
    let length = bytes.len();
    bytes[length - 1] = 0;
    assert!(!decode_entry(&bytes).unwrap().v6_only);
    bytes[72] = 3; // shorter than its own header
    assert!(!decode_entry(&bytes).unwrap().v6_only);
}

#[test]
fn short_entries_and_foreign_families_are_errors() {
    let whole = golden_entry();
    for cut in 0..whole.len() {
        assert!(decode_entry(&whole[..cut]).is_err(), "cut at {cut}");
    }
    let mut unix = whole;
    unix[0] = 1;
    assert!(decode_entry(&unix).is_err());
}

proptest! {
    #[test]
    fn hostile_entries_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = decode_entry(&bytes);
    }

    #[test]
    fn hostile_attributes_never_panic(tail in proptest::collection::vec(any::<u8>(), 0..100)) {
        let mut bytes = golden_entry();
        bytes.extend(tail);
        prop_assert!(decode_entry(&bytes).is_ok());
    }

    /// Runs the filter the way the kernel does, for ports on either side.
    #[test]
    fn the_filter_accepts_exactly_the_port_on_either_side(port: u16, local: u16, remote: u16, near in 0u8..4) {
        let (local, remote) = match near {
            0 => (port, remote),
            1 => (local, port),
            2 => (port.wrapping_add(1), port.wrapping_sub(1)),
            _ => (local, remote),
        };
        prop_assert_eq!(run(&either_port(port), local, remote), local == port || remote == port);
    }
}

/// The kernel's interpreter (`inet_diag_bc_run`) for the operations used here.
fn run(program: &[u8], local: u16, remote: u16) -> bool {
    let mut left = program.len() as i32;
    while left > 0 {
        let at = program.len() - left as usize;
        let port = program.get(at + 6..at + 8).map_or(0, |p| u16::from_ne_bytes([p[0], p[1]]));
        let holds = match program[at] {
            op::JUMP => false,
            op::LOCAL_GE => local >= port,
            op::LOCAL_LE => local <= port,
            op::REMOTE_GE => remote >= port,
            op::REMOTE_LE => remote <= port,
            other => panic!("unknown operation {other}"),
        };
        let no = i32::from(u16::from_ne_bytes([program[at + 2], program[at + 3]]));
        left -= if holds { i32::from(program[at + 1]) } else { no };
    }
    left == 0
}
