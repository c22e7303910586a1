//! Trying whether alerts arrive.

use serde::Serialize;

use super::courier::ATTEMPT;
use super::target::targets;
use super::value::{Alert, Event, Origin, VERSION};
use crate::clock;
use crate::config::Settings;

/// What came of telling one target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Tried {
    /// The target, without secrets.
    pub(crate) target: String,
    /// Why it was not reached.
    pub(crate) failed: Option<String>,
}

/// Tells each target of these settings once.
pub(crate) async fn try_alerts(settings: &Settings) -> Vec<Tried> {
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let gateway = &settings.gateways[0];
    let origin = Origin { gateway: gateway.name.value.clone(), address: gateway.address.value.to_string(), host };
    let alert = test(&origin);
    let mut tried = Vec::new();
    for target in targets(&settings.alert.command.value, settings.alert.webhook.value.as_ref()) {
        let failed = target.tell(&alert, clock::now() + ATTEMPT).await.err();
        tried.push(Tried { target: target.to_string(), failed });
    }
    tried
}

fn test(origin: &Origin) -> Alert {
    let sentence = "alerts arrive; nothing is wrong".to_owned();
    let now = clock::wall();
    Alert {
        version: VERSION,
        id: format!("{}/test/{now}", origin.gateway),
        event: Event::Test,
        gateway: origin.gateway.clone(),
        address: origin.address.clone(),
        host: origin.host.clone(),
        cause: "none".into(),
        layer: None,
        text: Alert::line(Event::Test, origin, &sentence),
        message: sentence,
        acts: None,
        remedy: None,
        since: now,
        at: now,
        times: 1,
    }
}
