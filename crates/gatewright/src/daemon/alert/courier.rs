//! Trying until an alert is delivered, within bounds.

use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::sleep_until;
use tracing::{info, warn};

use super::target::Target;
use super::value::{Alert, Event};
use crate::clock;

/// How long one attempt may take: a slow name server, a slow TLS handshake, a program that sends mail.
pub(super) const ATTEMPT: Duration = Duration::from_secs(15);

/// The waits between attempts. All of them and five attempts end within four and a half minutes, before the same
/// trouble may be told again.
const WAITS: [Duration; 4] =
    [Duration::from_secs(2), Duration::from_secs(10), Duration::from_secs(40), Duration::from_secs(120)];

/// Deliveries under way at most. The book lets twelve through in an hour for each Gateway, to two targets each.
const MOST: usize = 64;

/// What became of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Delivered {
    /// The Gateway's name.
    pub(crate) gateway: String,
    /// The trouble.
    pub(crate) id: String,
    /// Why it was told.
    pub(crate) event: Event,
    /// The target's kind.
    pub(crate) target: &'static str,
    /// Why it has not arrived.
    pub(crate) failed: Option<String>,
}

/// The deliveries that are under way. They end with it.
#[derive(Debug, Default)]
pub(crate) struct Courier {
    deliveries: JoinSet<Delivered>,
}

impl Courier {
    /// Sets out to deliver an alert to each target. Returns how many could not even be begun.
    pub(crate) fn send(&mut self, alert: &Alert, targets: &[Target]) -> usize {
        let room = MOST.saturating_sub(self.deliveries.len());
        for target in targets.iter().take(room) {
            self.deliveries.spawn(deliver(alert.clone(), target.clone()));
        }
        targets.len().saturating_sub(room)
    }

    /// The next delivery to end; never, while none is under way.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost where another branch comes first.
    pub(crate) async fn next(&mut self) -> Delivered {
        loop {
            match self.deliveries.join_next().await {
                Some(Ok(delivered)) => return delivered,
                Some(Err(panic)) => warn!(%panic, "a delivery ended by itself"),
                None => std::future::pending::<()>().await,
            }
        }
    }
}

async fn deliver(alert: Alert, target: Target) -> Delivered {
    let mut waits = WAITS.iter();
    let failed = loop {
        let Err(why) = target.tell(&alert, clock::now() + ATTEMPT).await else {
            info!(gateway = alert.gateway, event = alert.event.name(), target = %target, "alert delivered");
            break None;
        };
        match waits.next() {
            Some(wait) => {
                warn!(gateway = alert.gateway, target = %target, why, again_in = ?wait, "an alert did not arrive");
                sleep_until((clock::now() + *wait).into()).await;
            }
            None => {
                warn!(gateway = alert.gateway, target = %target, why, "an alert was given up");
                break Some(why);
            }
        }
    };
    Delivered { gateway: alert.gateway, id: alert.id, event: alert.event, target: target.kind(), failed }
}
