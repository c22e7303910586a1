//! Every observer notices what it is there for: an invariant that nothing can break proves nothing.

use gatewright_soak::{Length, Life, Sabotage, Violation, live_wrongly, live_wrongly_again};

/// What the first life with programs says in which this is noticed.
fn noticed(sabotage: Sabotage) -> Box<Violation> {
    noticed_among(1, sabotage)
}

/// The same among even seeds, which have kept sessions only, or odd ones.
fn noticed_among(first: u64, sabotage: Sabotage) -> Box<Violation> {
    let lives = (first..80).step_by(2).map(|seed| Life { seed, length: Length::Schedules(4) });
    lives.into_iter().find_map(|life| live_wrongly(life, sabotage).err()).expect("somebody notices")
}

#[test]
fn an_order_that_leaves_twice_is_noticed() {
    assert_eq!(noticed(Sabotage::OrdersTwice).rule, "no order is sent twice");
}

#[test]
fn more_frames_than_the_pace_allows_are_noticed() {
    assert_eq!(noticed(Sabotage::Flood).rule, "pacing");
}

#[test]
fn a_stream_that_nobody_wants_any_more_is_noticed() {
    assert_eq!(noticed(Sabotage::CancelsLost).rule, "streams of programs");
}

#[test]
fn a_question_without_an_end_is_noticed() {
    assert_eq!(noticed(Sabotage::AnswersLost).rule, "every question ends");
}

#[test]
fn an_order_id_that_falls_is_noticed() {
    assert_eq!(noticed(Sabotage::IdsAgain).rule, "order ids rise");
}

#[test]
fn a_greeting_in_pieces_is_noticed() {
    assert_eq!(noticed(Sabotage::GreetingsCut).rule, "greeting");
}

#[test]
fn a_machine_that_spins_is_noticed() {
    assert_eq!(noticed(Sabotage::Spinning).rule, "spinning");
}

#[test]
fn waiting_for_ever_is_noticed() {
    assert_eq!(noticed(Sabotage::NoSuccessor).rule, "well again");
}

#[test]
fn two_sessions_for_one_client_id_are_noticed_and_told_by_what_is_needed_for_them() {
    let told = noticed(Sabotage::Undead);
    assert_eq!(told.rule, "one session for each client id");
    let troubles = told.shortest.lines().filter(|line| line.starts_with("  ")).count();
    assert!(troubles <= 2 && told.shortest.contains("killed"), "{}", told.shortest);
}

#[test]
fn a_gateway_that_has_moved_and_is_not_followed_by_the_next_worker_is_noticed() {
    let told = noticed(Sabotage::NotesLost);
    assert!(["well again", "pacing", "historical pacing"].contains(&told.rule), "{told}");
}

#[test]
fn an_execution_that_is_told_twice_is_noticed() {
    assert_eq!(noticed(Sabotage::ExecutionsTwice).rule, "executions are told once");
}

#[test]
fn an_execution_that_is_not_told_is_noticed() {
    assert!(noticed(Sabotage::ExecutionsLost).what.contains("was not told of execution"));
}

#[test]
fn a_commission_that_is_not_told_is_noticed() {
    assert!(noticed(Sabotage::CommissionsLost).what.contains("has cost"));
}

#[test]
fn a_position_that_is_not_told_is_noticed() {
    assert!(noticed(Sabotage::PositionsLost).what.contains("believes to hold"));
}

#[test]
fn a_second_program_that_takes_over_a_client_id_is_noticed() {
    assert_eq!(noticed(Sabotage::TakeOver).rule, "twins");
}

#[test]
fn a_program_that_is_thrown_out_is_noticed() {
    assert_eq!(noticed(Sabotage::ThrownOut).rule, "nobody is thrown out");
}

#[test]
fn bytes_that_are_hoarded_for_a_program_that_does_not_read_are_noticed() {
    assert_eq!(noticed(Sabotage::Hoarding).rule, "bounds");
}

#[test]
fn an_order_that_is_sent_before_it_is_durable_is_noticed() {
    assert_eq!(noticed(Sabotage::Undurable).rule, "orders are durable before their bytes");
}

#[test]
fn two_scouts_are_noticed() {
    assert_eq!(noticed(Sabotage::TwoScouts).rule, "one scout");
}

#[test]
fn a_stream_that_nobody_asked_for_and_that_is_said_to_be_fresh_is_noticed() {
    assert_eq!(noticed_among(0, Sabotage::SilentStreams).rule, "streams");
}

#[test]
fn health_that_says_yes_of_what_is_dead_is_noticed() {
    assert_eq!(noticed(Sabotage::HealthFlatters).rule, "health");
}

#[test]
fn health_that_says_no_of_what_nobody_knows_is_noticed() {
    assert_eq!(noticed(Sabotage::HealthDespairs).rule, "health");
}

#[test]
fn a_recovery_that_says_ready_when_nothing_is_is_noticed() {
    assert_eq!(noticed(Sabotage::ReadyAnyway).rule, "recovery");
}

#[test]
fn what_a_violation_says_to_run_again_breaks_the_same_invariant() {
    let told = noticed(Sabotage::OrdersTwice);
    let (_, kept) = told.again.split_once("--keep ").expect("it names the troubles that are needed");
    let life = Life { seed: told.seed, length: Length::Schedules(4) };
    let again = live_wrongly_again(life, &kept.parse().expect("places"), Sabotage::OrdersTwice).expect_err("again");
    assert_eq!((again.rule, again.shortest), (told.rule, told.shortest));
}
