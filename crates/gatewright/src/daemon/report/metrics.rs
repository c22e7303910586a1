//! Prometheus' text format, version 0.0.4.

use std::fmt::Write as _;

use gatewright_link::protocol::LayerState;
use gatewright_proxy::ClientReport;

use super::value::{DaemonReport, GatewayReport, WorkerState};

/// The whole report as metrics. A layer that is not known has no sample for its state: absent is not zero.
pub(crate) fn metrics(report: &DaemonReport) -> String {
    let mut text = String::new();
    let mut family = |name: &str, kind: &str, help: &str, samples: Vec<(Labels, f64)>| {
        let _ = write!(text, "# HELP gatewright_{name} {help}\n# TYPE gatewright_{name} {kind}\n");
        for (labels, value) in samples {
            let _ = writeln!(text, "gatewright_{name}{} {value}", labels.0);
        }
    };
    let info = Labels::of(&[("version", &report.version)]);
    family("info", "gauge", "The daemon's version.", vec![(info, 1.0)]);
    family("uptime_seconds", "gauge", "Since the daemon started.", vec![(Labels::of(&[]), seconds(report.uptime_ms))]);
    let each = |value: &dyn Fn(&GatewayReport) -> Option<f64>| -> Vec<(Labels, f64)> {
        let sample = |gateway: &GatewayReport| Some((Labels::of(&[("gateway", &gateway.name)]), value(gateway)?));
        report.gateways.iter().filter_map(sample).collect()
    };
    let well = each(&|gateway| known(gateway.verdict.well));
    family("gateway_well", "gauge", "1 where all is well, 0 where something is broken; absent: not known.", well);
    let up = each(&|gateway| Some(f64::from(u8::from(gateway.worker.state == WorkerState::Running))));
    family("worker_up", "gauge", "Whether the worker runs.", up);
    let started = each(&|gateway| Some(count(gateway.worker.generation)));
    family("worker_starts_total", "counter", "Workers that were started.", started);
    let lag = each(&|gateway| gateway.worker.loop_lag_ms.map(|ms| ms / 1000.0));
    family("worker_loop_lag_seconds", "gauge", "The longest that the worker's loop was late in the last minute.", lag);
    let ready = each(&|gateway| Some(f64::from(u8::from(gateway.monitor.connected))));
    family("session_ready", "gauge", "Whether the daemon's own session is ready.", ready);
    let sessions = each(&|gateway| Some(count(gateway.monitor.sessions)));
    family("sessions_total", "counter", "Sessions of the daemon's own that were ready.", sessions);
    let failed = each(&|gateway| Some(count(gateway.monitor.attempts)));
    family("session_failures_total", "counter", "Attempts to open the daemon's own session that failed.", failed);
    let ready = each(&|gateway| Some(count(gateway.sessions_ready as u64)));
    family("sessions_ready", "gauge", "Sessions of anybody that are ready.", ready);
    let zombies = each(&|gateway| Some(f64::from(gateway.socket_table.as_ref()?.zombies?)));
    family("gateway_zombies", "gauge", "Dead connections that the Gateway keeps; absent: not seen.", zombies);
    let waiting = each(&|gateway| Some(f64::from(gateway.socket_table.as_ref()?.waiting?)));
    family(
        "gateway_accept_queue",
        "gauge",
        "Connections that the Gateway has not accepted; absent: not seen.",
        waiting,
    );
    let recovery = report.gateways.iter().filter_map(|gateway| {
        let state = gateway.recovery.as_ref()?.state.name();
        Some((Labels::of(&[("gateway", &gateway.name), ("state", state)]), 1.0))
    });
    family("recovery_state", "gauge", "1 for the state that recovery is in.", recovery.collect());
    let waiting = each(&|gateway| Some(count(gateway.pacing.as_ref()?.waiting as u64)));
    family("pacing_waiting", "gauge", "Messages that wait for the Gateway's budget.", waiting);
    let longest = each(&|gateway| Some(seconds(gateway.pacing.as_ref()?.longest_wait_ms)));
    family("pacing_longest_wait_seconds", "gauge", "How long the oldest of them has waited.", longest);
    let left_out = each(&|gateway| Some(count(gateway.proxy.as_ref()?.left_out.len() as u64)));
    family("programs_left_out", "gauge", "Programs that could not get a session though they tried.", left_out);
    let alert = each(&|gateway| Some(f64::from(u8::from(gateway.alert.is_some()))));
    family("alert_open", "gauge", "Whether a human was told of a trouble that is not over.", alert);
    let restarts = each(&|gateway| Some(count(gateway.remedy.as_ref()?.restarts_in_a_day? as u64)));
    family("gateway_restarts_24h", "gauge", "Restarts that were ordered in the last 24 hours.", restarts);
    let none = || Labels::of(&[]);
    let halted = known(report.halt.stands).map(|halted| (none(), halted)).into_iter().collect();
    family("halted", "gauge", "1 where a halt of all trading stands, 0 where none does; absent: not known.", halted);
    let alerts = &report.alerts;
    family("alerts_total", "counter", "Alerts since the daemon started.", vec![(none(), count(alerts.told))]);
    let outcome = |outcome: &str| Labels::of(&[("outcome", outcome)]);
    let deliveries =
        vec![(outcome("delivered"), count(alerts.delivered)), (outcome("given_up"), count(alerts.undelivered))];
    family("alert_deliveries_total", "counter", "Deliveries of alerts that have ended, by outcome.", deliveries);
    #[expect(clippy::cast_precision_loss, reason = "counts of what one program does")]
    let programs = |value: &dyn Fn(&ClientReport) -> u64| -> Vec<(Labels, f64)> {
        let clients = report.gateways.iter().flat_map(|gateway| {
            gateway.proxy.iter().flat_map(|proxy| &proxy.clients).map(|client| (&gateway.name, client))
        });
        let labels = |name: &str, client: &ClientReport| {
            Labels::of(&[("gateway", name), ("client_id", &client.client_id.to_string())])
        };
        clients.map(|(name, client)| (labels(name, client), value(client) as f64)).collect()
    };
    let connected = programs(&|client| u64::from(client.connected_ms.is_some()));
    family("program_connected", "gauge", "Whether a program is connected; 0: its session is parked.", connected);
    let up = programs(&|client| u64::from(client.gateway == "up"));
    family("program_session_up", "gauge", "Whether a program's session with the Gateway serves.", up);
    let subscriptions = programs(&|client| client.subscriptions as u64);
    family("program_subscriptions", "gauge", "A program's subscriptions that are kept alive.", subscriptions);
    let doubts = programs(&|client| client.orders_in_doubt as u64);
    family("program_orders_in_doubt", "gauge", "A program's orders whose fate is not known.", doubts);
    let waiting = programs(&|client| client.waiting_for_gateway as u64);
    family("program_waiting_bytes", "gauge", "Bytes of a program that wait for the Gateway.", waiting);
    let held = programs(&|client| client.held_back as u64);
    family("program_held_back", "gauge", "A program's messages that its own limit holds back.", held);
    let outages = programs(&|client| client.outages);
    family("program_outages_total", "counter", "How often a program's session was lost and restored.", outages);
    let layers = report.gateways.iter().flat_map(|gateway| {
        gateway.layers.iter().filter_map(|(name, layer)| {
            Some((Labels::of(&[("gateway", &gateway.name), ("layer", name)]), known(layer.state)?))
        })
    });
    family(
        "layer_well",
        "gauge",
        "1 where a layer is well, 0 where it is broken; absent: not known.",
        layers.collect(),
    );
    text
}

fn known(state: LayerState) -> Option<f64> {
    match state {
        LayerState::Yes => Some(1.0),
        LayerState::No => Some(0.0),
        LayerState::Unknown => None,
    }
}

#[expect(clippy::cast_precision_loss, reason = "nothing here is counted to 2^53")]
fn count(count: u64) -> f64 {
    count as f64
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds of a process's life")]
fn seconds(ms: u64) -> f64 {
    ms as f64 / 1000.0
}

/// `{name="value",…}`, with the values escaped.
struct Labels(String);

impl Labels {
    fn of(labels: &[(&str, &str)]) -> Self {
        let escaped = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        let each: Vec<String> = labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
        Self(if each.is_empty() { String::new() } else { format!("{{{}}}", each.join(",")) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::daemon::report::tests::report;

    #[test]
    fn every_metric_is_in_the_document_and_has_a_help_and_a_type() {
        let document = include_str!("../../../../../docs/daemon.md");
        let text = metrics(&report());
        let names: Vec<&str> =
            text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
        assert!(names.len() > 15, "{text}");
        for name in names {
            assert!(document.contains(&format!("| `{name}` | ")), "docs/daemon.md lacks {name}");
            assert!(text.contains(&format!("# HELP {name} ")), "{name}");
        }
    }

    #[test]
    fn what_is_not_known_has_no_sample() {
        let text = metrics(&report());
        assert!(text.contains("gatewright_layer_well{gateway=\"paper\",layer=\"worker\"} 1"), "{text}");
        assert!(!text.contains("layer=\"session\""), "{text}");
        assert!(!text.contains("gatewright_gateway_zombies{"), "{text}");
    }
}
