//! Which changed settings can be put in force while everything runs. Pure.

use std::collections::BTreeMap;

use super::control::ReloadReport;
use crate::config::Settings;

/// The settings that nothing but the next alert depends on.
const RELOADABLE: [&str; 3] = ["alert.command", "alert.webhook", "alert.repeat"];

/// What changed between two settings, told apart by whether it can be put in force.
pub(super) fn compare(old: &Settings, new: &Settings) -> ReloadReport {
    let rows = |settings: &Settings| -> BTreeMap<String, String> {
        settings.rows().into_iter().map(|(key, value, _)| (key, value)).collect()
    };
    let (old, new) = (rows(old), rows(new));
    let keys = old.keys().chain(new.keys().filter(|key| !old.contains_key(*key)));
    let changed = keys.filter(|key| old.get(*key) != new.get(*key)).cloned();
    let (applied, needs_restart) = changed.partition(|key| RELOADABLE.contains(&key.as_str()));
    ReloadReport { applied, needs_restart, error: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Overrides, resolve};

    fn settings(text: &str) -> Settings {
        let overrides = Overrides::with_default_state("/state".into());
        resolve(Some(("gatewright.toml".into(), text)), &overrides).unwrap()
    }

    #[test]
    fn what_changed_is_told_apart_by_whether_it_can_be_put_in_force() {
        let old = settings("[[gateway]]\naddress = \"127.0.0.1:4002\"\n");
        let new = settings(
            "[[gateway]]\naddress = \"127.0.0.1:4002\"\n[gateway.proxy]\npark = \"5s\"\n[gateway.ibc]\naddress = \
             \"127.0.0.1:7462\"\n[alert]\ncommand = [\"page\"]\n",
        );
        let report = compare(&old, &new);
        assert_eq!(report.applied, ["alert.command"]);
        let waits = [
            "gateway.gateway.proxy.park",
            "gateway.gateway.ibc.address",
            "gateway.gateway.ibc.down_within",
            "gateway.gateway.ibc.restarts_a_day",
            "gateway.gateway.ibc.stuck_for",
        ];
        assert_eq!(report.needs_restart, waits);
        assert_eq!(compare(&new, &new), ReloadReport::default());
    }
}
