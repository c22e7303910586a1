//! Answers, deadlines, what is not the protocol.

use std::time::Duration;

use gatewright_link::client::{Link, LinkEvent, WorkerStderr};
use gatewright_link::protocol::{Method, SessionParams};
use gatewright_link::{CallFate, LinkError};

use crate::fake_worker::{OBEDIENT, begun, link, said, settings, tell};

#[tokio::test]
async fn a_spawned_worker_answers() {
    let (link, mut events) = link().await;
    let ping = link.ping(SessionParams::default()).await.unwrap();
    assert_eq!(Some(ping.pid), link.worker_pid());
    assert_eq!(events.next().await, Some(LinkEvent::WorkerStarted { pid: ping.pid, generation: 1 }));
}

#[tokio::test]
async fn answers_find_their_calls_in_whatever_order_they_come() {
    let (link, _events) = link().await;
    let (a, b, c) = tokio::join!(
        link.historical_bars(tell("hold:a")),
        link.historical_bars(tell("hold:b")),
        link.historical_bars(tell("release:c")),
    );
    assert_eq!([said(a.unwrap()), said(b.unwrap()), said(c.unwrap())], ["hold:a", "hold:b", "release:c"]);
}

#[tokio::test]
async fn foreign_lines_are_counted_and_harm_nothing() {
    let (link, _events) = link().await;
    let harness = link.foreign_lines();
    assert!(harness > 0, "the test harness prints some");
    link.historical_bars(tell("noise")).await.unwrap();
    assert_eq!(link.foreign_lines() - harness, 6);
    assert_eq!(link.late_answers(), 0);
}

#[tokio::test]
async fn a_silent_worker_costs_the_deadline_and_its_late_answer_is_dropped_and_counted() {
    let (link, _events) = link().await;
    let hasty = link.with_deadline(Duration::from_millis(20));
    let error = hasty.historical_bars(tell("hold:a")).await.unwrap_err();
    assert!(matches!(error, LinkError::Silent { method: Method::HistoricalBars, .. }), "{error:?}");
    assert_eq!(said(link.historical_bars(tell("release")).await.unwrap()), "release");
    assert_eq!(link.late_answers(), 1);
}

#[tokio::test]
async fn a_call_whose_future_is_dropped_is_forgotten() {
    let (link, _events) = link().await;
    drop(begun(link.historical_bars(tell("hold:a"))));
    link.historical_bars(tell("release")).await.unwrap();
    assert_eq!(link.late_answers(), 1);
}

#[tokio::test]
async fn an_answer_that_does_not_fit_is_an_error_of_that_call_alone() {
    let (link, _events) = link().await;
    let error = link.historical_bars(tell("wrong")).await.unwrap_err();
    assert!(matches!(error, LinkError::Protocol { method: Method::HistoricalBars, .. }), "{error:?}");
    link.ping(SessionParams::default()).await.unwrap();
}

#[tokio::test]
async fn long_answers_and_long_requests_pass_whole() {
    let (link, _events) = link().await;
    let long = said(link.historical_bars(tell("long:3000000")).await.unwrap());
    assert_eq!(long.len(), 3_000_000);
    // Longer than a pipe holds, many at once: what does not fit is flushed behind, in order.
    let verb = "y".repeat(200_000);
    let calls: Vec<_> = (0..10).map(|n| begun(link.historical_bars(tell(&format!("{n}{verb}"))))).collect();
    for (n, call) in calls.into_iter().enumerate() {
        assert_eq!(said(call.await.unwrap()), format!("{n}{verb}"));
    }
}

#[tokio::test]
async fn a_request_that_no_worker_would_read_is_refused_and_nothing_of_it_is_sent() {
    let (link, _events) = link().await;
    let error = link.historical_bars(tell(&"z".repeat(2 << 20))).await.unwrap_err();
    assert!(matches!(error, LinkError::Overloaded { .. }), "{error:?}");
    link.ping(SessionParams::default()).await.unwrap();
}

#[tokio::test]
async fn more_calls_than_anyone_waits_for_are_refused() {
    let (link, _events) = link().await;
    let calls: Vec<_> = (0..4096).map(|_| begun(link.historical_bars(tell("hold:a")))).collect();
    let error = link.ping(SessionParams::default()).await.unwrap_err();
    assert!(matches!(error, LinkError::Overloaded { limit: 4096, .. }), "{error:?}");
    link.stop().await.unwrap();
    for call in calls {
        let error = call.await.unwrap_err();
        let fate = CallFate::Unanswered(Method::HistoricalBars);
        assert!(matches!(&error, LinkError::WorkerDied { fate: f, .. } if *f == fate), "{error:?}");
    }
}

#[tokio::test]
async fn standard_error_comes_as_events_where_that_is_asked_for() {
    let mut settings = settings(OBEDIENT);
    settings.stderr = WorkerStderr::Lines;
    let (link, mut events) = Link::spawn(settings).await.unwrap();
    link.historical_bars(tell("stderr")).await.unwrap();
    while events.next().await != Some(LinkEvent::WorkerLine("a line for people".into())) {}
}
