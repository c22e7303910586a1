use super::*;

const REPEAT: Duration = Duration::from_secs(4 * 60 * 60);

fn origin() -> Origin {
    Origin { gateway: "paper".into(), address: "127.0.0.1:4002".into(), host: "desk".into() }
}

fn human(cause: &str) -> Sight {
    let sentence = format!("paper: it is {cause}");
    Sight::Human(Concern { cause: cause.into(), sentence, remedy: Some("Look.".into()), layer: Some("session".into()) })
}

/// A book and a clock, two seconds a round.
struct Play {
    book: Book,
    now: Timestamp,
    told: Vec<(Event, String)>,
}

impl Play {
    fn new() -> Self {
        Self { book: Book::default(), now: "2026-03-02T10:00:00Z".parse().unwrap(), told: Vec::new() }
    }

    fn round(&mut self, sight: &Sight) -> Option<Alert> {
        self.now += SignedDuration::from_secs(2);
        let alert = self.book.handle(self.now, &origin(), sight.clone(), REPEAT)?;
        self.told.push((alert.event, alert.cause.clone()));
        Some(alert)
    }

    /// As long as this lasts; what was told in it.
    fn lasts(&mut self, seconds: i64, sight: &Sight) -> Vec<Event> {
        (0..seconds / 2).filter_map(|_| self.round(sight)).map(|alert| alert.event).collect()
    }

    /// The same story told by the next daemon.
    fn restarted(mut self) -> Self {
        let text = serde_json::to_string(&self.book).unwrap();
        self.book = serde_json::from_str::<Book>(&text).unwrap().reopened(self.now);
        self
    }

    fn arrived(&mut self) {
        let id = self.book.gateways["paper"].trouble.as_ref().unwrap().id("paper");
        self.book.handle_arrived("paper", &id);
    }
}

#[test]
fn one_trouble_is_told_once_again_after_hours_and_when_it_is_over() {
    let mut play = Play::new();
    assert_eq!(play.lasts(60, &Sight::Well), []);
    assert_eq!(play.lasts(3 * 60 * 60, &human("version_stalled")), [Event::Raised]);
    assert_eq!(play.lasts(2 * 60 * 60, &human("version_stalled")), [Event::Repeated]);
    assert_eq!(play.lasts(60, &Sight::Well), [Event::Over]);
    assert_eq!(play.lasts(600, &Sight::Well), []);
    assert_eq!(play.book.report("paper"), None);
}

#[test]
fn what_is_unknown_or_in_work_neither_calls_anybody_nor_ends_anything() {
    let mut play = Play::new();
    assert_eq!(play.lasts(3_600, &Sight::Unsettled), []);
    assert_eq!(play.lasts(60, &human("version_stalled")), [Event::Raised]);
    assert_eq!(play.lasts(3_600, &Sight::Unsettled), []);
    assert_eq!(play.lasts(60, &human("version_stalled")), [], "it is the same trouble still");
    assert_eq!(play.lasts(20, &Sight::Well), [], "well for a moment is not over");
    assert_eq!(play.lasts(60, &human("version_stalled")), []);
    assert_eq!(play.lasts(60, &Sight::Well), [Event::Over]);
}

#[test]
fn another_cause_is_told_and_one_end_is_told_for_all() {
    let mut play = Play::new();
    play.lasts(60, &human("version_stalled"));
    play.lasts(60, &human("zombies"));
    // Back and forth within five minutes is no news.
    play.lasts(60, &human("version_stalled"));
    play.lasts(60, &human("zombies"));
    play.lasts(60, &Sight::Well);
    let told: Vec<_> = play.told.iter().map(|(event, cause)| (*event, cause.as_str())).collect();
    assert_eq!(told, [(Event::Raised, "version_stalled"), (Event::Raised, "zombies"), (Event::Over, "zombies")]);
}

#[test]
fn a_flap_is_not_told_and_a_trouble_that_comes_and_goes_is_told_within_a_bound() {
    let mut play = Play::new();
    for _ in 0..100 {
        assert_eq!(play.lasts(2, &human("lost")), []);
        play.lasts(2, &Sight::Unsettled);
    }
    for _ in 0..600 {
        play.lasts(10, &human("lost"));
        play.lasts(40, &Sight::Well);
    }
    // More than eight hours of a Gateway that is ill each minute.
    let raised = play.told.iter().filter(|(event, _)| *event == Event::Raised).count();
    let over = play.told.iter().filter(|(event, _)| *event == Event::Over).count();
    assert_eq!(raised, over);
    assert!((30..=100).contains(&raised), "{raised} in 8 h 20 min");
    let mut play = Play::new();
    let told: usize = (0..3_600 / 6).map(|n| play.lasts(6, &human(&format!("cause {n}"))).len()).sum();
    assert_eq!(told, MOST_IN_AN_HOUR);
}

#[test]
fn the_next_daemon_does_not_tell_again_what_has_arrived_and_does_what_has_not() {
    let mut play = Play::new();
    play.lasts(60, &human("version_stalled"));
    play.arrived();
    let mut play = play.restarted();
    assert_eq!(play.lasts(600, &Sight::Unsettled), []);
    assert_eq!(play.lasts(600, &human("version_stalled")), []);
    assert_eq!(play.lasts(60, &Sight::Well), [Event::Over], "its end is told by whoever sees it");

    let mut play = Play::new();
    play.lasts(60, &human("version_stalled"));
    let mut play = play.restarted();
    let again = (0..10).find_map(|_| play.round(&human("version_stalled"))).unwrap();
    assert_eq!((again.event, again.times), (Event::Raised, 1));
}

#[test]
fn a_clock_that_was_set_back_silences_nobody() {
    let mut play = Play::new();
    play.lasts(60, &human("version_stalled"));
    play.arrived();
    play.now -= SignedDuration::from_hours(24);
    assert_eq!(play.lasts(4 * 60 * 60 + 10, &human("version_stalled")), [Event::Repeated]);
    play.arrived();
    play.now -= SignedDuration::from_hours(24);
    let mut play = play.restarted();
    assert_eq!(play.lasts(4 * 60 * 60 + 10, &human("version_stalled")), [Event::Repeated]);
    play.now -= SignedDuration::from_hours(24);
    assert_eq!(play.lasts(60, &Sight::Well), [Event::Over]);
}

#[test]
fn a_message_says_where_what_since_when_and_what_to_do() {
    let mut play = Play::new();
    let alert = (0..10).find_map(|_| play.round(&human("version_stalled"))).unwrap();
    assert_eq!(alert.text, "Gatewright on desk: paper: a human has to act: it is version_stalled");
    assert_eq!((alert.remedy.as_deref(), alert.acts), (Some("Look."), Some(Acts::Human)));
    assert_eq!(alert.id, "paper/2026-03-02T10:00:02Z");
    assert!(alert.at > alert.since);
    let over = (0..60).find_map(|_| play.round(&Sight::Well)).unwrap();
    assert_eq!((over.id, over.acts), (alert.id, None));
    assert!(over.text.ends_with("over: all is well again, after 6 s"), "{}", over.text);
}
