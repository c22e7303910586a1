//! The report for a person, at most 80 columns wide.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use gatewright_sys::{Connection, Presence};

use crate::command::doctor::report::{Cleaning, DoctorReport, Finding};
use crate::output::{self, Paint, wrapped};

/// How many rows of a table are shown; `--json` has them all.
const ROWS: usize = 12;

/// The whole report.
pub(crate) fn report(report: &DoctorReport, paint: Paint) -> String {
    let mut text = format!("Gateway {}\n", paint.strong(&report.gateway));
    if let Some(inside) = &report.inside {
        let program = inside.program.as_ref().map_or_else(String::new, |program| format!(" ({program})"));
        wrapped(&mut text, "  ", &format!("as it is in the network of process {}{program}", inside.pid));
    }
    text.push('\n');
    let unknown = || (Presence::Unknown.to_string(), String::new());
    field(&mut text, "listening", &report.listening.state.to_string(), &report.listening.evidence);
    let (queue, words) = report.accept_queue.map_or_else(unknown, |queue| {
        let words = if queue.depth == 0 { "none waits to be accepted" } else { "wait to be accepted" };
        (format!("{} of {}", queue.depth, queue.backlog), words.into())
    });
    if report.listening.state != Presence::No {
        field(&mut text, "accept queue", &queue, &words);
    }
    let (connections, states) = match report.listening.state {
        Presence::Unknown => unknown(),
        Presence::Yes | Presence::No => {
            let at_gateway = at_gateway(report);
            (at_gateway.len().to_string(), count_states(&at_gateway))
        }
    };
    field(&mut text, "connections", &connections, &states);
    let zombies = report.zombies.count.map_or_else(|| Presence::Unknown.to_string(), |count| count.to_string());
    field(&mut text, "zombies", &zombies, "");
    let ports: Vec<String> = report.known_ports.iter().map(|(port, presence)| format!("{port} {presence}")).collect();
    field(&mut text, "usual ports", "", &ports.join(", "));
    tables(&mut text, report);
    let headline = headline(report.verdict);
    let headline = match report.verdict {
        Finding::NoFaultFound => paint.good(format_args!("✓ {headline}")),
        Finding::Unknown => paint.doubtful(format_args!("? {headline}")),
        Finding::NotListening | Finding::ForeignListener | Finding::Zombies | Finding::NotAccepting => {
            paint.bad(format_args!("✗ {headline}"))
        }
    };
    let _ = writeln!(text, "\n{headline}");
    wrapped(&mut text, "  ", &report.explanation);
    for note in &report.notes {
        text.push('\n');
        wrapped(&mut text, "  ", &format!("Note: {note}"));
    }
    if report.verdict != Finding::NoFaultFound {
        text.push('\n');
        wrapped(&mut text, "  ", &format!("What to do: {}", report.remedy));
    }
    text.truncate(text.trim_end().len());
    text
}

/// What `--clean` did.
pub(crate) fn cleaning(cleaning: &Cleaning, paint: Paint) -> String {
    let mut text = format!("{}\n", paint.strong("Cleaning"));
    wrapped(&mut text, "  ", cleaning.meaning);
    match cleaning.found {
        None => wrapped(&mut text, "  ", "Nothing was cleaned: whether there are dead connections cannot be seen."),
        Some(0) => wrapped(&mut text, "  ", "Nothing was cleaned: there are no dead connections."),
        Some(_) => {}
    }
    for gone in &cleaning.outcome.removed {
        let queued = if gone.in_accept_queue { ", its place in the accept queue stays taken" } else { "" };
        let line = format!("{} at {}{queued}", gone.remote, gone.local);
        wrapped(&mut text, &format!("  {} removed ", paint.good("✓")), &line);
    }
    for failure in &cleaning.outcome.failed {
        let line = format!("{}: {}", failure.zombie.remote, failure.detail);
        wrapped(&mut text, &format!("  {} kept    ", paint.bad("✗")), &line);
    }
    text
}

fn headline(finding: Finding) -> &'static str {
    match finding {
        Finding::NoFaultFound => "No fault found",
        Finding::NotListening => "Nothing listens",
        Finding::ForeignListener => "Another program has the port",
        Finding::Zombies => "Dead connections at the Gateway",
        Finding::NotAccepting => "The Gateway does not take connections",
        Finding::Unknown => "Unknown",
    }
}

/// One line: name, value, and what there is to say about it.
fn field(text: &mut String, name: &str, value: &str, words: &str) {
    let head = if value.is_empty() { format!("  {name:<14}") } else { format!("  {name:<14}{value:<10}") };
    if words.is_empty() {
        let _ = writeln!(text, "{}", head.trim_end());
    } else {
        wrapped(text, &head, words);
    }
}

/// The Gateway's sides; the others are the same connections seen from their clients.
fn at_gateway(report: &DoctorReport) -> Vec<&Connection> {
    report.connections.iter().filter(|connection| Some(connection.local.port()) == port_of(report)).collect()
}

fn count_states(connections: &[&Connection]) -> String {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for connection in connections {
        *counts.entry(connection.state.to_string()).or_default() += 1;
    }
    counts.iter().map(|(state, count)| format!("{count} {state}")).collect::<Vec<_>>().join(", ")
}

fn tables(text: &mut String, report: &DoctorReport) {
    let zombies = report.zombies.sockets.iter().map(|zombie| {
        let place = if zombie.in_accept_queue { "accept queue, no process".into() } else { zombie.owner.to_string() };
        vec![zombie.remote.to_string(), zombie.recv_queue.to_string(), place]
    });
    table(text, &["DEAD CLIENT", "UNREAD", "HELD BY"], zombies.collect());
    let is_dead = |client: &Connection| report.zombies.sockets.iter().any(|zombie| zombie.remote == client.local);
    let clients = report.connections.iter().filter(|connection| Some(connection.remote.port()) == port_of(report));
    let clients = clients.filter(|client| !is_dead(client));
    let clients =
        clients.map(|client| vec![client.local.to_string(), client.state.to_string(), client.owner.to_string()]);
    table(text, &["CLIENT", "STATE", "HELD BY"], clients.collect());
}

fn port_of(report: &DoctorReport) -> Option<u16> {
    report.gateway.rsplit(':').next().and_then(|port| port.parse().ok())
}

fn table(text: &mut String, header: &[&str], rows: Vec<Vec<String>>) {
    if rows.is_empty() {
        return;
    }
    let more = rows.len().saturating_sub(ROWS);
    text.push('\n');
    text.push_str(&output::table(header, rows.into_iter().take(ROWS), &[]));
    if more > 0 {
        let _ = writeln!(text, "  and {more} more; --json lists all");
    }
}
