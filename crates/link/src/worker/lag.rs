//! How late the worker's own loop is: a stall of ours must not pass for one of the Gateway's.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tracing::warn;

use crate::clock;

/// How often the loop is measured.
const EVERY: Duration = Duration::from_millis(250);

/// How long a measurement counts.
const WINDOW: Duration = Duration::from_secs(60);

/// Lateness worth a line in the log.
const NOTABLE: Duration = Duration::from_millis(200);

/// The lateness of the last minute, shared by who measures and who reports. Single-threaded.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lag(Rc<RefCell<VecDeque<(Instant, Duration)>>>);

impl Lag {
    /// Measures for ever.
    pub(crate) async fn measure(self) {
        let mut due = clock::now() + EVERY;
        loop {
            // A timer is what is measured here, not a way to wait for something.
            tokio::time::sleep_until(due.into()).await;
            let now = clock::now();
            self.add(now, now.saturating_duration_since(due));
            due = now + EVERY;
        }
    }

    /// The worst lateness of the last minute.
    pub(crate) fn worst(&self) -> Duration {
        self.0.borrow().iter().map(|(_, late)| *late).max().unwrap_or_default()
    }

    fn add(&self, now: Instant, late: Duration) {
        if late >= NOTABLE {
            warn!(?late, "this worker's own loop was stalled");
        }
        let mut seen = self.0.borrow_mut();
        seen.retain(|(at, _)| now.saturating_duration_since(*at) < WINDOW);
        seen.push_back((now, late));
    }
}
