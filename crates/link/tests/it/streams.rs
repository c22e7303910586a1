//! Subscriptions, their order, their losses.

use gatewright_link::LinkError;
use gatewright_link::client::{StreamItem, Subscription};
use gatewright_link::protocol::{OrderEvent, SessionParams, StreamKind, TicksEvent};

use crate::fake_worker::{begun, link, stream, tell};

/// The sizes in a batch; the fake worker numbers its ticks with them.
fn sizes(ticks: &TicksEvent) -> Vec<u64> {
    ticks.ticks.iter().map(|tick| u64::try_from(tick.2.unwrap()).unwrap()).collect()
}

/// Reads ticks until so many were delivered or reported as lost, and checks that none is missing in between.
async fn read_ticks(subscription: &mut Subscription, total: u64) -> u64 {
    let (mut next, mut lost) = (0, 0);
    while next < total {
        match subscription.next().await.unwrap() {
            StreamItem::Ticks(ticks) => {
                for size in sizes(&ticks) {
                    assert_eq!(size, next);
                    next += 1;
                }
            }
            StreamItem::Lost { count } => {
                next += count;
                lost += count;
            }
            other @ (StreamItem::Bar(_) | StreamItem::Account(_) | StreamItem::Order(_) | StreamItem::Ended(_)) => {
                panic!("{other:?}")
            }
        }
    }
    lost
}

#[tokio::test]
async fn events_that_come_before_the_answer_are_kept_in_order() {
    let (link, _events) = link().await;
    let mut subscription = link.subscribe(stream(StreamKind::Ticks, "early:200")).await.unwrap();
    assert_eq!(read_ticks(&mut subscription, 200).await, 0);
    assert_eq!((subscription.dropped(), link.stray_events()), (0, 0));
}

#[tokio::test]
async fn a_reader_that_keeps_up_loses_nothing() {
    let (link, _events) = link().await;
    let mut subscription = link.subscribe(stream(StreamKind::Ticks, "ticks:20000")).await.unwrap();
    assert_eq!(read_ticks(&mut subscription, 40_000).await, 0);
    assert_eq!(subscription.dropped(), 0);
}

#[tokio::test]
async fn a_reader_that_does_not_read_loses_visibly_and_holds_up_nobody_for_long() {
    let (link, _events) = link().await;
    let mut subscription = link.subscribe(stream(StreamKind::Ticks, "ticks:2000")).await.unwrap();
    // This answer comes behind all the ticks.
    link.ping(SessionParams::default()).await.unwrap();
    let dropped = subscription.dropped();
    assert_eq!(dropped, 2 * (2000 - 256), "the queue is kept, the rest is lost");
    // A loss is told with the next item, and then nothing is lost any more.
    let delivered = 2 * 256;
    assert_eq!(read_ticks(&mut subscription, delivered).await, 0);
    let mut other = link.subscribe(stream(StreamKind::Ticks, "ticks:10")).await.unwrap();
    assert_eq!(read_ticks(&mut other, 20).await, 0);
    link.historical_bars(tell("crash")).await.unwrap_err();
    assert_eq!(subscription.next().await, Some(StreamItem::Lost { count: dropped }));
    assert!(matches!(subscription.next().await, Some(StreamItem::Ended(_))));
    assert_eq!(subscription.next().await, None);
}

#[tokio::test]
async fn what_the_worker_dropped_is_told_where_it_is_missing() {
    let (link, _events) = link().await;
    let mut subscription = link.subscribe(stream(StreamKind::Ticks, "thinned")).await.unwrap();
    assert_eq!(read_ticks(&mut subscription, 8).await, 5);
    assert_eq!(subscription.dropped(), 5);
}

#[tokio::test]
async fn order_events_are_kept_for_a_reader_that_is_late() {
    let (link, _events) = link().await;
    let mut subscription = link.subscribe(stream(StreamKind::Orders, "orders:5000")).await.unwrap();
    link.ping(SessionParams::default()).await.unwrap();
    for n in 0..5000 {
        let Some(StreamItem::Order(OrderEvent::Message { order_id, .. })) = subscription.next().await else {
            panic!("order event {n} is missing")
        };
        assert_eq!(order_id.get(), n);
    }
    assert_eq!(subscription.dropped(), 0);
}

#[tokio::test]
async fn order_events_that_nobody_reads_end_their_stream_with_an_error_and_not_silently() {
    let (link, _events) = link().await;
    let mut subscription = link.subscribe(stream(StreamKind::Orders, "orders:70000")).await.unwrap();
    link.ping(SessionParams::default()).await.unwrap();
    for n in 0..65_536 {
        assert!(matches!(subscription.next().await, Some(StreamItem::Order(_))), "order event {n} is missing");
    }
    let Some(StreamItem::Ended(failure)) = subscription.next().await else { panic!("it has ended") };
    assert_eq!(failure.cause, "overloaded");
    assert_eq!(link.accounts(SessionParams::default()).await.unwrap().accounts, ["1"]);
}

#[tokio::test]
async fn the_workers_end_of_a_stream_is_told_with_its_reason() {
    let (link, _events) = link().await;
    for verb in ["ended", "ended-early"] {
        let mut subscription = link.subscribe(stream(StreamKind::Ticks, verb)).await.unwrap();
        if verb == "ended" {
            assert!(matches!(subscription.next().await, Some(StreamItem::Ticks(_))));
        }
        let Some(StreamItem::Ended(failure)) = subscription.next().await else { panic!("it has ended") };
        assert_eq!(failure.message, "no such contract");
        assert_eq!(subscription.next().await, None);
        drop(subscription);
    }
    // There was nothing left to unsubscribe from.
    assert_eq!(link.accounts(SessionParams::default()).await.unwrap().accounts, [""; 0]);
}

#[tokio::test]
async fn dropped_and_unsubscribed_streams_are_ended_at_the_worker() {
    let (link, _events) = link().await;
    let first = link.subscribe(stream(StreamKind::Ticks, "nothing")).await.unwrap();
    let second = link.subscribe(stream(StreamKind::Ticks, "nothing")).await.unwrap();
    assert_ne!(first.id(), second.id());
    drop(first);
    assert!(second.unsubscribe().await.unwrap().ended);
    assert_eq!(link.accounts(SessionParams::default()).await.unwrap().accounts, ["1", "2"]);
}

#[tokio::test]
async fn a_subscription_nobody_waits_for_any_more_is_ended_when_its_answer_comes() {
    let (link, _events) = link().await;
    drop(begun(link.subscribe(stream(StreamKind::Ticks, "hold"))));
    link.historical_bars(tell("release")).await.unwrap();
    assert_eq!(link.late_answers(), 1);
    assert_eq!(link.accounts(SessionParams::default()).await.unwrap().accounts, ["1"]);
}

#[tokio::test]
async fn a_subscription_does_not_keep_the_link_alive() {
    let (link, mut events) = link().await;
    let subscription = link.subscribe(stream(StreamKind::Ticks, "nothing")).await.unwrap();
    drop(link);
    while events.next().await.is_some() {}
    let error = subscription.unsubscribe().await.unwrap_err();
    assert!(matches!(error, LinkError::Stopped), "{error:?}");
}
