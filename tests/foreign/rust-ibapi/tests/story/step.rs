//! Named steps, and what stories demand of answers.

use std::time::{Duration, Instant};

use ibapi::Error;
use ibapi::prelude::*;

/// How long one thing may take to happen. Five-second bars are the slowest of them.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Runs one step; a test that fails shows the steps that went well before it.
#[expect(clippy::disallowed_methods, reason = "a story reads the clock to say how long a step took")]
#[expect(clippy::print_stdout, reason = "a test that fails says how far it came")]
pub(crate) async fn step<T>(name: &str, told: impl Future<Output = T>) -> T {
    let started = Instant::now();
    let outcome = tokio::time::timeout(PATIENCE * 2, Box::pin(told)).await;
    let Ok(outcome) = outcome else { panic!("step `{name}` does not end") };
    println!("{name}: {} ms", started.elapsed().as_millis());
    outcome
}

/// Demands that a Gateway refused something with this code; returns its text.
pub(crate) fn refused<T>(outcome: Result<T, Error>, code: i32) -> String {
    match outcome {
        Err(Error::Notice(notice)) => {
            assert_eq!(notice.code, code, "the code of `{}`", notice.message);
            notice.message
        }
        Err(other) => panic!("expected error {code}, got {other:?}"),
        Ok(_) => panic!("expected error {code}, got an answer"),
    }
}

/// The next item of a stream, whatever else is told about it.
pub(crate) async fn next<T, S>(stream: &mut S, what: &str) -> T
where
    S: StreamExt<Item = Result<SubscriptionItem<T>, Error>> + Unpin,
{
    attempt(stream, what).await.unwrap_or_else(|error| panic!("{what}: {error}"))
}

/// The next item of a stream, or the error that ends it.
pub(crate) async fn attempt<T, S>(stream: &mut S, what: &str) -> Result<T, Error>
where
    S: StreamExt<Item = Result<SubscriptionItem<T>, Error>> + Unpin,
{
    loop {
        let item = tokio::time::timeout(PATIENCE, stream.next()).await;
        match item
            .unwrap_or_else(|_| panic!("never: {what}"))
            .unwrap_or_else(|| panic!("no {what}: the stream ended"))?
        {
            SubscriptionItem::Data(item) => return Ok(item),
            SubscriptionItem::Notice(_) => {}
        }
    }
}

/// Everything up to the end of a stream that ends.
pub(crate) async fn all<T, S>(stream: &mut S, what: &str) -> Vec<T>
where
    S: StreamExt<Item = Result<SubscriptionItem<T>, Error>> + Unpin,
{
    let mut items = Vec::new();
    loop {
        match tokio::time::timeout(PATIENCE, stream.next()).await.unwrap_or_else(|_| panic!("no end: {what}")) {
            Some(Ok(SubscriptionItem::Data(item))) => items.push(item),
            Some(Ok(SubscriptionItem::Notice(_))) => {}
            Some(Err(error)) => panic!("{what}: {error}"),
            None => return items,
        }
    }
}

/// Whether prices of a bar lie between its low and its high.
pub(crate) fn sane_bar(low: f64, high: f64, inside: [f64; 2]) -> bool {
    0.0 < low && inside.iter().all(|price| (low..=high).contains(price))
}

/// Whether two amounts of money are the same, to the cent or the given part of it.
pub(crate) fn close(one: f64, other: f64, off: f64) -> bool {
    (one - other).abs() <= off
}
