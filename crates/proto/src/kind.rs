//! Every message as data: its name, its id, from which server version on it exists, and from which on it is protobuf.
//!
//! For documents and tools. Reading and writing need none of it.

use crate::encoding::{self, Direction};
use crate::ids::ServerVersion;
use crate::message::{ClientMessage, ServerMessage};

/// The first version with length-prefixed frames: what has no line in [`SINCE`] is as old as that, or older.
const OLDEST: ServerVersion = ServerVersion::new(100);

/// One kind of message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kind {
    /// Which way it goes.
    pub direction: Direction,
    /// Its id.
    pub id: i32,
    /// Its name in the TWS API's manner, such as `reqMktData`.
    pub name: String,
    /// The first server version, from 100 on, at which it exists.
    pub since: ServerVersion,
    /// The first server version at which it is protobuf; below that it is text. Absent where it never is.
    pub protobuf_from: Option<ServerVersion>,
}

/// From which server version on messages exist, with their ids: the official clients' `MIN_SERVER_VER_*` by which they
/// refuse to send a request to an older server. An answer is as old as the request that it answers.
const SINCE: &[(Direction, i32, &[i32])] = &[
    (Direction::ToServer, 103, &[74, 75, 76, 77]),
    (Direction::ToServer, 104, &[78]),
    (Direction::ToServer, 106, &[79]),
    (Direction::ToServer, 107, &[80]),
    (Direction::ToServer, 108, &[81]),
    (Direction::ToServer, 112, &[82]),
    (Direction::ToServer, 114, &[83]),
    (Direction::ToServer, 115, &[85]),
    (Direction::ToServer, 116, &[84]),
    (Direction::ToServer, 117, &[86]),
    (Direction::ToServer, 118, &[87]),
    (Direction::ToServer, 119, &[88, 89]),
    (Direction::ToServer, 123, &[90]),
    (Direction::ToServer, 126, &[91]),
    (Direction::ToServer, 127, &[92, 93, 94, 95]),
    (Direction::ToServer, 130, &[96]),
    (Direction::ToServer, 137, &[97, 98]),
    (Direction::ToServer, 150, &[99]),
    (Direction::ToServer, 161, &[100, 101, 102, 103]),
    (Direction::ToServer, 167, &[104]),
    (Direction::ToServer, 197, &[105]),
    (Direction::ToServer, 215, &[106, 107]),
    (Direction::ToClient, 103, &[71, 72, 73, 74]),
    (Direction::ToClient, 104, &[75, 76]),
    (Direction::ToClient, 106, &[77]),
    (Direction::ToClient, 107, &[78]),
    (Direction::ToClient, 108, &[79]),
    (Direction::ToClient, 112, &[80]),
    (Direction::ToClient, 114, &[81, 82]),
    (Direction::ToClient, 115, &[85]),
    (Direction::ToClient, 116, &[83]),
    (Direction::ToClient, 117, &[86, 87]),
    (Direction::ToClient, 118, &[88]),
    (Direction::ToClient, 119, &[89]),
    (Direction::ToClient, 126, &[93]),
    (Direction::ToClient, 127, &[94, 95]),
    (Direction::ToClient, 130, &[96, 97, 98]),
    (Direction::ToClient, 137, &[99]),
    (Direction::ToClient, 150, &[101, 102]),
    (Direction::ToClient, 157, &[103]),
    (Direction::ToClient, 161, &[104, 105]),
    (Direction::ToClient, 165, &[106]),
    (Direction::ToClient, 167, &[107]),
    (Direction::ToClient, 196, &[108]),
    (Direction::ToClient, 197, &[109]),
];

/// Every kind of message that goes this way and that this crate can read and write, in the order of ids.
pub fn kinds(direction: Direction) -> impl Iterator<Item = Kind> {
    let names = match direction {
        Direction::ToServer => ClientMessage::NAMES,
        Direction::ToClient => ServerMessage::NAMES,
    };
    names.iter().map(move |(id, variant)| Kind {
        direction,
        id: *id,
        name: api_name(variant),
        since: since(direction, *id),
        protobuf_from: encoding::row(direction, *id).map(|row| ServerVersion::new(row.from)),
    })
}

fn since(direction: Direction, id: i32) -> ServerVersion {
    let line = SINCE.iter().find(|(way, _, ids)| *way == direction && ids.contains(&id));
    line.map_or(OLDEST, |(_, version, _)| ServerVersion::new(*version))
}

/// The API writes a small letter where Rust wants a capital.
fn api_name(variant: &str) -> String {
    let mut letters = variant.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_named_once_and_its_versions_are_in_order() {
        for direction in [Direction::ToServer, Direction::ToClient] {
            let kinds: Vec<Kind> = kinds(direction).collect();
            assert!(kinds.is_sorted_by(|one, next| one.id < next.id));
            for kind in &kinds {
                assert!(kind.protobuf_from.is_none_or(|from| kind.since <= from), "{kind:?}");
            }
        }
        let first = kinds(Direction::ToServer).next().unwrap();
        assert_eq!((first.id, first.name.as_str(), first.protobuf_from.unwrap().get()), (1, "reqMktData", 206));
    }

    #[test]
    fn every_line_is_about_messages_that_exist_and_none_is_named_twice() {
        for (index, (direction, _, ids)) in SINCE.iter().enumerate() {
            for id in *ids {
                assert!(kinds(*direction).any(|kind| kind.id == *id), "{direction:?} {id}");
                let again = SINCE[index + 1..].iter().any(|(way, _, ids)| way == direction && ids.contains(id));
                assert!(!again, "{direction:?} {id} has two lines");
            }
        }
    }
}
