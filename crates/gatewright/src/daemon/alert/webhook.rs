//! Posting an alert's JSON to a URL.

use std::time::Instant;

use ureq::Agent;

use super::value::Alert;
use crate::clock;
use crate::config::Webhook;

/// Posts. Only an answer of the 2xx kind counts as delivered; redirects are not followed, since they drop the body.
///
/// # Errors
///
/// What went wrong, without the URL.
pub(super) async fn post(webhook: Webhook, alert: &Alert, deadline: Instant) -> Result<(), String> {
    let json = serde_json::to_vec(alert).map_err(|error| error.to_string())?;
    // The client blocks, name lookup and TLS included, within the time that it is given.
    let posted = tokio::task::spawn_blocking(move || {
        let within = deadline.saturating_duration_since(clock::now());
        let agent: Agent = Agent::config_builder()
            .timeout_global(Some(within))
            .max_redirects(0)
            .http_status_as_error(false)
            .user_agent(concat!("gatewright/", env!("CARGO_PKG_VERSION")))
            .build()
            .into();
        let answer = agent.post(webhook.url()).content_type("application/json").send(&json);
        match answer {
            Ok(answer) if answer.status().is_success() => Ok(()),
            Ok(answer) => Err(format!("{} answered {}", webhook.host(), answer.status())),
            Err(error) => Err(format!("{} was not reached: {error}", webhook.host())),
        }
    });
    posted.await.unwrap_or_else(|_| Err("the post was given up".into()))
}
