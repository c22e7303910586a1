//! What counts as evidence, and what does not.

use super::*;

#[test]
fn a_list_with_a_hole_in_it_is_no_list() {
    let mut play = Play::at(Stage::Sync);
    play.receive(b"\0\0\0\x0861\x003\0DU\0");
    play.failed(Stage::Sync, "malformed");
}

#[test]
fn half_a_message_before_the_end_is_a_word() {
    let mut play = Play::at(Stage::Identify);
    play.receive(b"\0\0\0\x0f15");
    play.close(ClosedHow::Eof);
    play.failed(Stage::Identify, "lost");
    let mut play = Play::at(Stage::Identify);
    play.say(&error(507, "Bad Message Length"));
    play.close(ClosedHow::Eof);
    play.failed(Stage::Identify, "lost");
}

#[test]
fn code_326_is_a_taken_id_while_syncing_too() {
    let mut play = Play::at(Stage::Sync);
    play.say(&error(326, "Unable to connect as the client id is already in use."));
    play.failed(Stage::Sync, "client_id_in_use");
}

#[test]
fn a_list_of_accounts_that_is_none_ends_the_handshake_and_not_the_program() {
    for account in ["A".repeat(65), "DU1\u{7}".to_owned()] {
        let mut play = Play::at(Stage::Identify);
        play.say(&accounts(&[&account]));
        play.failed(Stage::Identify, "malformed");
    }
}
