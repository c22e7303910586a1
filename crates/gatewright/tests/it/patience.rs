//! Waiting for what announces nothing, such as an entry of the kernel's socket table.

use std::sync::mpsc;
use std::time::{Duration, Instant};

/// How often a condition is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// How long a test waits before it gives up. Nothing that works takes a tenth of this, on any machine.
pub(crate) const GIVE_UP_AFTER: Duration = Duration::from_secs(30);

/// The present.
#[expect(clippy::disallowed_methods, reason = "tests of real processes have real deadlines")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// Lets time pass.
pub(crate) fn pause(length: Duration) {
    let (_sender, receiver) = mpsc::channel::<()>();
    let _ = receiver.recv_timeout(length);
}

/// Looks until the condition holds, and fails if it does not hold in time.
pub(crate) fn until(what: &str, condition: impl FnMut() -> bool) {
    until_within(GIVE_UP_AFTER, what, condition);
}

/// The same for what takes longer by its own deadlines.
pub(crate) fn until_within(length: Duration, what: &str, mut condition: impl FnMut() -> bool) {
    let give_up = now() + length;
    while !condition() {
        assert!(now() < give_up, "gave up waiting until {what}");
        pause(LOOK_EVERY);
    }
}
