//! Who is told: a program, a URL.

use std::fmt;
use std::time::Instant;

use super::value::Alert;
use super::{command, webhook};
use crate::config::Webhook;

/// Somebody who is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// A program with its arguments, never none.
    Command(Vec<String>),
    /// A URL that is posted to.
    Webhook(Webhook),
}

impl Target {
    /// Its kind, as in metrics and logs. A URL may hold a secret and is never told.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Command(_) => "command",
            Self::Webhook(_) => "webhook",
        }
    }

    /// Tells it once, by the deadline.
    ///
    /// # Errors
    ///
    /// Why it cannot be taken for delivered, as a fragment.
    pub(super) async fn tell(&self, alert: &Alert, deadline: Instant) -> Result<(), String> {
        match self {
            Self::Command(command) => command::run(command, alert, deadline).await,
            Self::Webhook(webhook) => webhook::post(webhook.clone(), alert, deadline).await,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Command(command) => write!(f, "command {}", command.first().map_or("", String::as_str)),
            Self::Webhook(webhook) => write!(f, "webhook at {}", webhook.host()),
        }
    }
}

/// Everybody who is told by these settings.
pub(crate) fn targets(command: &[String], webhook: Option<&Webhook>) -> Vec<Target> {
    let command = (!command.is_empty()).then(|| Target::Command(command.to_vec()));
    command.into_iter().chain(webhook.cloned().map(Target::Webhook)).collect()
}
