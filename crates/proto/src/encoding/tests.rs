use super::*;

const ALL: std::ops::RangeInclusive<i32> = 201..=226;

fn at(direction: Direction, id: i32, version: i32) -> Encoding {
    encoding(direction, id, ServerVersion::new(version))
}

/// `id` is text below `from` and protobuf from it on.
fn switches(direction: Direction, from: i32, ids: &[i32]) {
    for id in ids {
        for version in ALL {
            let wanted = if version < from { Encoding::TextRawId } else { Encoding::Protobuf };
            assert_eq!(at(direction, *id, version), wanted, "{direction:?} {id} at {version}");
        }
    }
}

#[test]
fn requests_switch_with_their_family() {
    let to = |from, ids: &[i32]| switches(Direction::ToServer, from, ids);
    to(201, &[7]);
    to(203, &[3, 4, 58]);
    to(204, &[5, 15, 16, 99]);
    to(205, &[9]);
    to(206, &[1, 2, 10, 11, 59]);
    to(207, &[6, 17, 61, 64, 74, 77]);
    to(208, &[20, 25, 50, 51, 87, 90, 96, 98]);
    to(209, &[12, 13, 84, 86, 100, 103]);
    to(210, &[22, 24, 92, 95]);
    to(211, &[18, 19, 21, 54, 57]);
    to(212, &[78, 81, 83, 91, 104]);
    to(213, &[8, 14, 49, 65, 71, 82, 105]);
}

#[test]
fn answers_switch_where_a_gateway_was_seen_to_switch() {
    let to = |from, ids: &[i32]| switches(Direction::ToClient, from, ids);
    to(201, &[4, 11, 55]);
    to(203, &[3, 5, 53]);
    to(204, &[101, 102]);
    to(205, &[10, 18, 52]);
    to(206, &[1, 2, 12, 13, 21, 45, 46, 57, 58, 81]);
    to(207, &[6, 7, 8, 15, 54, 61, 64, 71, 74]);
    to(208, &[17, 108, 90, 50, 88, 89, 96, 99]);
    to(209, &[14, 83, 87, 104, 105]);
    to(210, &[19, 20, 94, 95]);
    to(211, &[16, 59, 91, 103, 106]);
    to(212, &[75, 79, 82, 93, 107]);
    to(213, &[9, 49, 65, 68, 80, 109]);
}

#[test]
fn some_messages_stay_text_for_ever() {
    for version in ALL {
        for id in [72, 73] {
            assert_eq!(at(Direction::ToServer, id, version), Encoding::TextRawId);
        }
        for id in [47, 56, 69, 70] {
            assert_eq!(at(Direction::ToClient, id, version), Encoding::TextRawId);
        }
    }
}

#[test]
fn everything_is_text_up_to_200() {
    for version in 100..=200 {
        for id in 0..=111 {
            assert_eq!(at(Direction::ToServer, id, version), Encoding::Text);
            assert_eq!(at(Direction::ToClient, id, version), Encoding::Text);
        }
    }
}

#[test]
fn no_message_has_two_lines() {
    for direction in [Direction::ToServer, Direction::ToClient] {
        let mut ids: Vec<i32> =
            TABLE.iter().filter(|row| row.direction == direction).flat_map(|row| row.ids).copied().collect();
        let count = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), count, "{direction:?}");
    }
}

#[test]
fn from_213_on_only_the_four_that_never_switch_are_text() {
    for id in 1..=109 {
        let exists = !matches!(id, 22..=44 | 48 | 60);
        if exists && at(Direction::ToClient, id, 213) == Encoding::TextRawId {
            assert!([47, 56, 69, 70].contains(&id), "{id}");
        }
    }
}

#[test]
fn a_payload_says_itself_what_it_is() {
    let new = ServerVersion::new(226);
    let old = ServerVersion::new(200);
    assert_eq!(identify(b"9\x001\x005\0", old), Ok((9, Encoding::Text)));
    assert_eq!(identify(b"\0\0\0\x091\x005\0", new), Ok((9, Encoding::TextRawId)));
    assert_eq!(identify(b"\0\0\0\xd1\x08\x05", new), Ok((9, Encoding::Protobuf)));
    assert_eq!(identify(b"\0\0\0\xc8", new), Ok((200, Encoding::TextRawId)));
    assert_eq!(identify(b"\0\0\0\xc9", new), Ok((1, Encoding::Protobuf)));
    assert_eq!(identify(b"", new), Err(ProtoError::EmptyFrame));
    assert_eq!(identify(b"\0\0\x01", new), Err(ProtoError::BadMessageId));
    assert_eq!(identify(b"\xff\xff\xff\xff", new), Err(ProtoError::BadMessageId));
}
