//! One screen for a person, at most 80 columns wide.

use std::fmt::Write as _;

use gatewright_link::protocol::LayerState;
use gatewright_link::recovery::{RecoveryReport, RecoveryState};
use gatewright_proto::session::Acts;
use gatewright_proxy::ClientReport;

use super::value::{DaemonReport, GatewayReport, HaltReport, RemedyReport, Verdict, WorkerState};
use crate::output::{Paint, table, wrapped};

/// The whole report.
pub(crate) fn text(report: &DaemonReport, paint: Paint) -> String {
    let mut text = String::new();
    if let Some((mark, words)) = halted(&report.halt, paint) {
        wrapped(&mut text, &format!("{mark} "), &words);
        text.push('\n');
    }
    for gateway in &report.gateways {
        verdict(&mut text, &gateway.verdict, paint);
        one(&mut text, gateway, paint);
        text.push('\n');
    }
    let http = report.http.as_ref().map_or(String::new(), |http| format!(" · http://{http}/"));
    let _ = write!(text, "daemon pid {} · up {}{http}\nstate {}", report.pid, age(report.uptime_ms), report.state_dir);
    text
}

/// A halt, where one stands or that is not known.
fn halted(halt: &HaltReport, paint: Paint) -> Option<(String, String)> {
    let words = halt.words.as_deref()?;
    match halt.stands {
        LayerState::Yes => Some((paint.bad("!"), format!("HALTED: {words}"))),
        LayerState::Unknown => Some((paint.doubtful("?"), format!("whether trading is halted is not known: {words}"))),
        LayerState::No => None,
    }
}

fn verdict(text: &mut String, verdict: &Verdict, paint: Paint) {
    let mark = match verdict.well {
        LayerState::Yes => paint.good("✓"),
        LayerState::No => paint.bad("✗"),
        LayerState::Unknown => paint.doubtful("?"),
    };
    wrapped(text, &format!("{mark} "), &verdict.sentence);
    let acts = match verdict.acts {
        None => return,
        Some(Acts::Retry) => "nobody: it is being tried again",
        Some(Acts::Wait) => "nobody: it has to end by itself",
        Some(Acts::Human) => "you",
    };
    wrapped(text, "  who has to act: ", acts);
    if let Some(remedy) = &verdict.remedy {
        wrapped(text, "  what to do: ", remedy);
    }
}

fn one(text: &mut String, gateway: &GatewayReport, paint: Paint) {
    let mut field = |name: &str, words: &str| wrapped(text, &format!("  {name:<10}"), words);
    field("gateway", &gateway.gateway);
    let worker = &gateway.worker;
    let state = match worker.state {
        WorkerState::Running => "runs",
        WorkerState::Restarting => "is being restarted",
        WorkerState::Unstartable => "cannot be started; tried again and again",
    };
    let pid = gateway.worker_pid.map_or_else(String::new, |pid| format!("pid {pid} "));
    let end = worker.last_end.as_ref().map_or_else(String::new, |end| format!(" · before: {end}"));
    field("worker", &format!("{pid}{state} · {} · number {}{end}", age(worker.since_ms), worker.generation));
    let monitor = &gateway.monitor;
    let session = if monitor.connected { "ready" } else { "not ready" };
    let version = monitor.server_version.map_or_else(String::new, |version| format!(" · server version {version}"));
    let accounts = monitor.accounts.join(", ");
    let accounts = if accounts.is_empty() { accounts } else { format!(" · {accounts}") };
    field("session", &format!("{session} · client {}{version}{accounts}", monitor.client_id));
    match &gateway.proxy {
        Some(proxy) => field("programs", &format!("connect at {}", proxy.listening)),
        None => field("programs", "no port is served"),
    }
    for client in gateway.proxy.iter().flat_map(|proxy| &proxy.clients) {
        field("", &program(client));
    }
    for left in gateway.proxy.iter().flat_map(|proxy| &proxy.left_out) {
        let who = left.client_id.map_or_else(|| "programs that come anew".to_owned(), |id| format!("client {id}"));
        field("", &format!("{who} · no session, {} failed · {}", left.failures, left.message));
    }
    if let Some(recovery) = &gateway.recovery {
        field("recovery", &recovery_words(recovery));
    }
    if let Some(pacing) = gateway.pacing.as_ref().filter(|pacing| pacing.waiting > 0) {
        let wait = pacing.longest_wait_ms;
        let sessions: Vec<String> = pacing.sessions.iter().map(|session| session.client_id.to_string()).collect();
        let words =
            format!("{} message(s) wait, {wait} ms the longest · clients {}", pacing.waiting, sessions.join(", "));
        field("pacing", &words);
    }
    if let Some(expected) = &gateway.expected {
        field("expected", &format!("{}, until {:.0}", expected.what, expected.until));
    }
    if let Some(words) = table_words(gateway) {
        field("port", &words);
    }
    if let Some(remedy) = &gateway.remedy {
        field("restart", &remedy_words(remedy, gateway.verdict.well));
    }
    if let Some(alert) = &gateway.alert {
        let arrived = if alert.arrived { "" } else { ", and nobody has received it yet" };
        let times = if alert.times == 1 { "once".to_owned() } else { format!("{} times", alert.times) };
        field("alert", &format!("told {times}, last at {:.0}{arrived} ({})", alert.told, alert.cause));
    }
    text.push('\n');
    let rows = gateway.layers.iter().map(|(name, layer)| {
        let state = match layer.state {
            LayerState::Yes => paint.good("yes"),
            LayerState::No => paint.bad("no"),
            LayerState::Unknown => paint.doubtful("unknown"),
        };
        let since = layer.since_ms.map_or_else(String::new, age);
        vec![name.clone(), state, since, layer.evidence.clone()]
    });
    text.push_str(&table(&["LAYER", "WELL", "FOR", "EVIDENCE"], rows, &[]));
}

fn recovery_words(recovery: &RecoveryReport) -> String {
    let sessions = format!("{} of {} sessions are ready", recovery.sessions_ready, recovery.sessions_wanted);
    let next = recovery.next_attempt.map(|at| format!("next attempt at {at:.0}"));
    let attempts = (recovery.attempts > 0).then(|| format!("{} failed attempts", recovery.attempts));
    let state = format!("{} since {:.0}", recovery.state.name().replace('_', " "), recovery.since);
    let why = (recovery.state != RecoveryState::Ready).then(|| recovery.why.clone());
    [Some(state), Some(sessions), why, attempts, next].into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// What the socket table shows, where that is worth a line.
fn table_words(gateway: &GatewayReport) -> Option<String> {
    let table = gateway.socket_table.as_ref()?;
    let (zombies, waiting) = (table.zombies?, table.waiting?);
    let ago = age(table.seen_ms_ago);
    (zombies + waiting > 0)
        .then(|| format!("{zombies} dead connection(s) at the Gateway, {waiting} not accepted · seen {ago} ago"))
}

fn remedy_words(remedy: &RemedyReport, well: LayerState) -> String {
    let last = remedy.last.as_ref().map(|last| {
        let outcome = last.outcome.as_deref().unwrap_or("not known what came of it");
        format!("last at {:.0}: {outcome}", last.at)
    });
    let hold = remedy.hold.as_ref().filter(|_| well != LayerState::Yes).map(|hold| format!("not now: {hold}"));
    let budget = remedy.restarts_in_a_day.map_or_else(
        || "none, since what was ordered before cannot be read".to_owned(),
        |count| format!("{count} of {} in a day, by IBC at {}", remedy.restarts_a_day, remedy.ibc),
    );
    [Some(budget), last, hold].into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// One program, in a line.
fn program(client: &ClientReport) -> String {
    let stands = match (client.connected_ms, client.parked_for_ms) {
        (Some(ms), _) => format!("{} {}", client.client, age(ms)),
        (None, Some(ms)) => format!("{}, kept for {}", client.client, age(ms)),
        (None, None) => client.client.clone(),
    };
    let mut line = format!("client {} · {stands} · Gateway {}", client.client_id, client.gateway);
    let mut count = |number: usize, what: &str| {
        if number > 0 {
            line.push_str(&format!(" · {number} {what}"));
        }
    };
    count(client.subscriptions, "subscriptions");
    count(client.questions, "unanswered");
    count(client.orders_in_doubt, "orders in doubt");
    count(client.waiting_for_gateway, "bytes wait for the Gateway");
    count(client.waiting_for_client, "bytes wait for it");
    count(client.held_back, "messages held back by its limit");
    if let Some(failure) = &client.failure {
        line.push_str(&format!(" · {failure}"));
    }
    line
}

/// A length of time as people say it.
pub(crate) fn age(ms: u64) -> String {
    let seconds = ms / 1000;
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min", seconds / 60),
        3600..86_400 => format!("{} h {:02} min", seconds / 3600, seconds % 3600 / 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds % 86_400 / 3600),
    }
}
