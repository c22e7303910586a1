//! What the simulator can do, as tables: its faults, and the messages that it knows.

use gatewright_proto::Direction;
use gatewright_sim::{Fault, services};
use serde::Serialize;

use crate::output::{self, Form};

/// Prints every fault with what a client sees.
pub(super) fn faults(form: Form) {
    #[derive(Serialize)]
    struct Row {
        name: &'static str,
        sees: &'static str,
        source: &'static str,
    }
    let faults = Fault::all().iter();
    match form {
        Form::Json => {
            let rows = faults.map(|fault| Row { name: fault.name(), sees: fault.sees(), source: fault.source() });
            output::json(&rows.collect::<Vec<_>>());
        }
        Form::Text => {
            let rows = faults.map(|fault| vec![fault.name().to_owned(), fault.sees().to_owned()]);
            output::line(output::table(&["FAULT", "WHAT A CLIENT SEES"], rows, &[]).trim_end());
        }
    }
}

/// One kind of message as JSON.
#[derive(Serialize)]
struct MessageRow {
    /// `request` or `answer`.
    direction: &'static str,
    id: i32,
    name: String,
    /// The first server version with it, 100 where it is as old as frames are.
    since: i32,
    /// The first server version at which it is protobuf; null where it stays text.
    protobuf_from: Option<i32>,
    /// What the simulator does with it, in words.
    simulator: String,
}

/// Prints every message with its versions and what the simulator does with it.
pub(super) fn messages(form: Form) {
    let rows = services().into_iter().map(|(kind, service)| MessageRow {
        direction: match kind.direction {
            Direction::ToServer => "request",
            Direction::ToClient => "answer",
        },
        id: kind.id,
        name: kind.name,
        since: kind.since.get(),
        protobuf_from: kind.protobuf_from.map(|version| version.get()),
        simulator: service.words(),
    });
    match form {
        Form::Json => output::json(&rows.collect::<Vec<_>>()),
        Form::Text => {
            let cells = rows.map(|row| {
                let protobuf = row.protobuf_from.map_or_else(|| "never".to_owned(), |version| version.to_string());
                let (id, since) = (row.id.to_string(), row.since.to_string());
                vec![row.direction.to_owned(), id, row.name, since, protobuf, row.simulator]
            });
            let heads = ["WAY", "ID", "MESSAGE", "SINCE", "PROTOBUF FROM", "SIMULATOR"];
            output::line(output::table(&heads, cells, &[]).trim_end());
        }
    }
}
