use super::*;

#[expect(clippy::disallowed_methods, reason = "a test needs some moment to begin with")]
fn begin() -> Instant {
    Instant::now()
}

fn key(message: i32, id: i32) -> RequestKey {
    RequestKey { message, id: Some(id) }
}

fn bytes() -> Bytes {
    Bytes::from_static(b"request")
}

#[test]
fn what_is_too_much_to_remember_is_counted_and_told() {
    let mut requests = Requests::default();
    for id in 0..=i32::try_from(MAX_REQUESTS).unwrap() {
        assert!(!requests.has_forgotten());
        requests.note(begin(), key(1, id), ReplayClass::ReplayAsIs, &bytes(), true);
    }
    assert!(requests.has_forgotten());
    assert_eq!(requests.subscriptions(), MAX_REQUESTS);
    requests.vanish();
    assert!(!requests.has_forgotten() && requests.subscriptions() == 0);
}

#[test]
fn a_history_that_keeps_up_to_date_is_delivered_once() {
    let mut requests = Requests::default();
    let history = key(20, 4);
    requests.note(begin(), history, ReplayClass::ReplayAsIs, &bytes(), true);
    requests.lost();
    assert_eq!(requests.again().len(), 1);
    assert_eq!(requests.answered(Role::Part(20), Some(4)), Some(Asker::Client));
    assert_eq!(requests.answered(Role::Ends(&[20]), Some(4)), Some(Asker::Client));
    requests.lost();
    assert_eq!(requests.again().len(), 1);
    assert_eq!(requests.answered(Role::Part(20), Some(4)), Some(Asker::Proxy), "the client has it already");
    assert_eq!(requests.answered(Role::Ends(&[20]), Some(4)), Some(Asker::Proxy));
    assert_eq!(requests.subscriptions(), 1);
}

#[test]
fn the_same_question_asked_twice_is_answered_twice() {
    let mut requests = Requests::default();
    let open = RequestKey { message: 5, id: None };
    let all = RequestKey { message: 16, id: None };
    requests.note(begin(), open, ReplayClass::ReissueIfUnanswered, &bytes(), true);
    requests.owe(all, Asker::Proxy);
    requests.note(begin(), all, ReplayClass::ReissueIfUnanswered, &bytes(), true);
    let askers: Vec<_> = (0..4).map(|_| requests.answered(Role::Ends(&[5]), None)).collect();
    assert_eq!(askers, [Some(Asker::Client), Some(Asker::Proxy), Some(Asker::Client), None]);
    assert_eq!(requests.questions(), 0);
}

#[test]
fn asking_again_does_not_put_off_the_end_of_a_question() {
    let mut requests = Requests::default();
    let (asked, bound) = (begin(), Duration::from_secs(120));
    let open = RequestKey { message: 5, id: None };
    for minute in 0..2 {
        requests.note(asked + minute * bound / 2, open, ReplayClass::ReissueIfUnanswered, &bytes(), false);
    }
    assert_eq!(requests.expire(asked + bound, bound), [open]);
}
