//! Crashes, restarts, stopping.

use std::path::Path;
use std::time::Duration;

use gatewright_link::client::{Ending, Link, LinkEvent, LinkEvents, StreamItem};
use gatewright_link::protocol::{CancelOrderParams, Method, SessionParams, StreamKind};
use gatewright_link::{CallFate, LinkError, StartFailure};
use gatewright_proto::OrderId;
use rustix::process::{Pid, Signal, kill_process};

use crate::fake_worker::{DEAD, MUTE, OBEDIENT, OTHER, STUBBORN, begun, link, said, settings, stream, tell};

fn exists(pid: u32) -> bool {
    Path::new(&format!("/proc/{pid}")).exists()
}

async fn until_started(events: &mut LinkEvents, wanted: u64) -> u32 {
    loop {
        if let LinkEvent::WorkerStarted { pid, generation } = events.next().await.unwrap()
            && generation == wanted
        {
            return pid;
        }
    }
}

#[tokio::test]
async fn a_crash_answers_every_call_in_flight_at_once_and_ends_every_stream() {
    let (link, mut events) = link().await;
    let link = link.with_deadline(Duration::from_secs(600));
    let mut subscription = link.subscribe(stream(StreamKind::Ticks, "ticks:2")).await.unwrap();
    let cancel = CancelOrderParams { client_id: None, order_id: OrderId::new(1) };
    let (a, b, c) = tokio::join!(
        link.historical_bars(tell("hold:a")),
        link.cancel_order(cancel),
        link.historical_bars(tell("crash")),
    );
    for (error, method) in [
        (a.unwrap_err(), Method::HistoricalBars),
        (b.unwrap_err(), Method::CancelOrder),
        (c.unwrap_err(), Method::HistoricalBars),
    ] {
        assert_eq!(error.in_doubt(), method == Method::CancelOrder);
        let LinkError::WorkerDied { status, restart_in: Some(_), fate } = error else { panic!("{error:?}") };
        assert_eq!((status.as_str(), fate), ("exit status: 7", CallFate::Unanswered(method)));
    }
    // What came before the end is not lost.
    assert!(matches!(subscription.next().await, Some(StreamItem::Ticks(_))));
    assert!(matches!(subscription.next().await, Some(StreamItem::Ticks(_))));
    let Some(StreamItem::Ended(failure)) = subscription.next().await else { panic!("it has ended") };
    assert_eq!(failure.cause, "worker_died");
    assert_eq!(subscription.next().await, None);
    assert!(matches!(events.next().await, Some(LinkEvent::WorkerStarted { generation: 1, .. })));
    let Some(LinkEvent::WorkerDied { generation: 1, status, .. }) = events.next().await else { panic!("it died") };
    assert_eq!(status, "exit status: 7");
}

#[tokio::test]
async fn while_no_worker_is_there_calls_fail_at_once_and_then_a_new_one_answers() {
    let mut settings = settings(OBEDIENT);
    settings.restart.first = Duration::from_millis(500);
    settings.restart.max = Duration::from_millis(500);
    let (link, mut events) = Link::spawn(settings).await.unwrap();
    let pid = until_started(&mut events, 1).await;
    link.historical_bars(tell("crash")).await.unwrap_err();
    assert_eq!(link.worker_pid(), None);
    let error = link.ping(SessionParams::default()).await.unwrap_err();
    let LinkError::WorkerDied { restart_in: Some(wait), fate: CallFate::NotSent, .. } = error else {
        panic!("{error:?}")
    };
    assert!(wait <= Duration::from_millis(500), "{wait:?}");
    let next = until_started(&mut events, 2).await;
    assert_ne!(pid, next);
    assert_eq!(link.ping(SessionParams::default()).await.unwrap().pid, next);
    assert!(!exists(pid));
}

#[tokio::test]
async fn a_killed_worker_is_replaced_as_often_as_it_takes() {
    let (link, mut events) = link().await;
    for generation in 1..=5 {
        let pid = until_started(&mut events, generation).await;
        assert_eq!(link.ping(SessionParams::default()).await.unwrap().pid, pid);
        kill_process(Pid::from_raw(pid.try_into().unwrap()).unwrap(), Signal::KILL).unwrap();
    }
    until_started(&mut events, 6).await;
}

#[tokio::test]
async fn an_answer_written_before_the_crash_counts() {
    let (link, mut events) = link().await;
    for generation in 1..=3 {
        until_started(&mut events, generation).await;
        let answer = link.historical_bars(tell("answer-and-crash")).await.unwrap();
        assert_eq!(said(answer), "answer-and-crash");
    }
}

#[tokio::test]
async fn half_a_line_is_no_answer() {
    let (link, _events) = link().await;
    let error = link.historical_bars(tell("cut")).await.unwrap_err();
    assert!(matches!(error, LinkError::WorkerDied { .. }), "{error:?}");
}

#[tokio::test]
async fn an_endless_line_costs_the_worker_its_life_and_the_client_no_more_than_its_bound() {
    let (link, mut events) = link().await;
    let error = link.historical_bars(tell("endless")).await.unwrap_err();
    let LinkError::WorkerDied { status, .. } = &error else { panic!("{error:?}") };
    assert!(status.starts_with("it wrote an endless line"), "{status}");
    until_started(&mut events, 2).await;
    link.ping(SessionParams::default()).await.unwrap();
}

#[tokio::test]
async fn a_worker_that_cannot_be_used_is_an_error_that_says_why_and_leaves_nothing() {
    let why = |error| {
        let LinkError::WorkerStart { why, .. } = error else { panic!("{error:?}") };
        why
    };
    let mut missing = settings(OBEDIENT);
    missing.command.program = "/nonexistent/worker".into();
    assert!(matches!(why(Link::spawn(missing).await.unwrap_err()), StartFailure::Spawn(_)));
    let ended = why(Link::spawn(settings(DEAD)).await.unwrap_err());
    assert!(matches!(&ended, StartFailure::Ended { status } if status == "exit status: 7"), "{ended:?}");
    let other = why(Link::spawn(settings(OTHER)).await.unwrap_err());
    assert!(matches!(other, StartFailure::NotAWorker { .. }), "{other:?}");
}

#[tokio::test]
async fn dropping_the_spawn_kills_the_worker_that_was_starting() {
    // A new process is a child of the thread that made it; this thread has made no other.
    let children = || std::fs::read_to_string("/proc/thread-self/children").unwrap();
    assert_eq!(children(), "");
    let spawning = begun(Link::spawn(settings(MUTE)));
    let child: u32 = children().trim().parse().unwrap();
    drop(spawning);
    while gatewright_sys::process::alive(child) {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn why_no_worker_starts_is_said_once_and_attempts_go_on() {
    let dir = tempfile::tempdir().unwrap();
    let program = dir.path().join("worker");
    let mut settings = settings(OBEDIENT);
    std::os::unix::fs::symlink(&settings.command.program, &program).unwrap();
    settings.command.program.clone_from(&program);
    settings.restart.first = Duration::from_millis(1);
    settings.restart.max = Duration::from_millis(1);
    let real = std::fs::read_link(&program).unwrap();
    let (link, mut events) = Link::spawn(settings).await.unwrap();
    std::fs::remove_file(&program).unwrap();
    link.historical_bars(tell("crash")).await.unwrap_err();
    until_started(&mut events, 1).await;
    assert!(matches!(events.next().await, Some(LinkEvent::WorkerDied { generation: 1, .. })));
    let Some(LinkEvent::WorkerUnstartable { error }) = events.next().await else { panic!("there is no program") };
    assert!(error.contains("No such file"), "{error}");
    // Another reason, so that more attempts than one are known to have been made; it is said once as well.
    std::os::unix::fs::symlink(dir.path(), &program).unwrap();
    let Some(LinkEvent::WorkerUnstartable { error }) = events.next().await else { panic!("it is a directory") };
    assert!(error.contains("denied"), "{error}");
    let calls = link.ping(SessionParams::default()).await.unwrap_err();
    assert!(calls.to_string().contains("denied"), "{calls}");
    let next = dir.path().join("next");
    std::os::unix::fs::symlink(real, &next).unwrap();
    std::fs::rename(next, &program).unwrap();
    assert!(matches!(events.next().await, Some(LinkEvent::WorkerStarted { generation: 2, .. })));
}

#[tokio::test]
async fn stop_lets_the_worker_exit_by_itself_and_nothing_works_afterwards() {
    let (link, mut events) = link().await;
    let pid = link.worker_pid().unwrap();
    let mut subscription = link.subscribe(stream(StreamKind::Ticks, "nothing")).await.unwrap();
    let exit = link.stop().await.unwrap();
    assert_eq!((exit.ending, exit.status.as_str()), (Ending::ByItself, "exit status: 0"));
    assert!(!exists(pid));
    assert_eq!(link.stop().await.unwrap(), exit);
    assert!(matches!(link.ping(SessionParams::default()).await, Err(LinkError::Stopped)));
    let Some(StreamItem::Ended(failure)) = subscription.next().await else { panic!("it has ended") };
    assert_eq!(failure.cause, "stopped");
    assert!(matches!(events.next().await, Some(LinkEvent::WorkerStarted { .. })));
    assert_eq!(events.next().await, None);
}

#[tokio::test]
async fn a_worker_that_does_not_exit_is_killed_in_time() {
    let mut settings = settings(STUBBORN);
    settings.stop_within = Duration::from_millis(50);
    let (link, _events) = Link::spawn(settings).await.unwrap();
    let pid = link.worker_pid().unwrap();
    let exit = link.stop().await.unwrap();
    assert_eq!(exit.ending, Ending::Killed);
    assert!(exit.took >= Duration::from_millis(50) && exit.took < Duration::from_millis(1000), "{:?}", exit.took);
    assert!(!exists(pid));
}

#[tokio::test]
async fn stop_while_no_worker_is_there_does_not_wait_for_one() {
    let mut settings = settings(OBEDIENT);
    settings.restart.first = Duration::from_secs(3600);
    settings.restart.max = Duration::from_secs(3600);
    let (link, mut events) = Link::spawn(settings).await.unwrap();
    link.historical_bars(tell("crash")).await.unwrap_err();
    let exit = link.stop().await.unwrap();
    assert_eq!(exit.ending, Ending::NotRunning);
    while events.next().await.is_some() {}
}

#[tokio::test]
async fn when_the_last_handle_drops_the_worker_exits_and_nothing_is_left() {
    let (link, mut events) = link().await;
    let pid = link.worker_pid().unwrap();
    let other = link.clone();
    drop(link);
    other.ping(SessionParams::default()).await.unwrap();
    let mut subscription = other.subscribe(stream(StreamKind::Ticks, "nothing")).await.unwrap();
    drop(other);
    assert!(matches!(subscription.next().await, Some(StreamItem::Ended(_))));
    while events.next().await.is_some() {}
    assert!(!exists(pid));
}

#[test]
fn when_the_runtime_ends_the_worker_is_killed() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (link, events) = runtime.block_on(Link::spawn(settings(STUBBORN))).unwrap();
    let pid = link.worker_pid().unwrap();
    drop(runtime);
    while gatewright_sys::process::alive(pid) {
        std::thread::yield_now();
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let error = runtime.block_on(link.ping(SessionParams::default())).unwrap_err();
    assert!(matches!(error, LinkError::Stopped), "{error:?}");
    assert!(matches!(runtime.block_on(link.stop()), Err(LinkError::Stopped)));
    drop(events);
}
