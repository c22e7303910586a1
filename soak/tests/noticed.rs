//! Every observer notices what it is there for: an invariant that nothing can break proves nothing.

use gatewright_soak::{Length, Life, Sabotage, Violation, live_wrongly};

/// What the first life with programs says in which this is noticed.
fn noticed(sabotage: Sabotage) -> Box<Violation> {
    let lives = (1..80).step_by(2).map(|seed| Life { seed, length: Length::Schedules(4) });
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
