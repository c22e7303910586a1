//! The help texts, as they stand. `INSTA_UPDATE=always cargo test -p gatewright` takes over a wanted change.

use crate::program::Program;

fn help(arguments: &[&str]) -> String {
    let run = Program::new().run(arguments);
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""), "{arguments:?}");
    assert!(run.stdout.lines().all(|line| line.chars().count() <= 100), "{}", run.stdout);
    run.stdout
}

#[test]
fn the_help_of_the_program() {
    insta::assert_snapshot!(help(&["--help"]));
}

#[test]
fn the_help_of_connect() {
    insta::assert_snapshot!(help(&["connect", "--help"]));
}

#[test]
fn the_help_of_doctor() {
    insta::assert_snapshot!(help(&["doctor", "--help"]));
}

#[test]
fn the_help_of_validate() {
    insta::assert_snapshot!(help(&["validate", "--help"]));
}

#[test]
fn the_help_of_worker() {
    insta::assert_snapshot!(help(&["worker", "--help"]));
}

#[test]
fn the_help_of_sim() {
    insta::assert_snapshot!(help(&["sim", "--help"]));
}

#[test]
fn the_help_of_trade() {
    insta::assert_snapshot!(help(&["trade", "--help"]));
}

#[test]
fn the_help_of_the_daemon_and_of_what_speaks_to_it() {
    for command in ["up", "status", "logs", "reload", "down", "config", "alert"] {
        insta::assert_snapshot!(format!("the_help_of_{command}"), help(&[command, "--help"]));
    }
}

#[test]
fn the_help_of_the_journal_and_of_the_kill_switch() {
    for command in ["orders", "report", "halt", "resume"] {
        insta::assert_snapshot!(format!("the_help_of_{command}"), help(&[command, "--help"]));
    }
    for action in ["list", "show", "export", "verify"] {
        insta::assert_snapshot!(format!("the_help_of_journal_{action}"), help(&["journal", action, "--help"]));
    }
}

#[test]
fn the_version_is_printed() {
    assert_eq!(help(&["--version"]), format!("gatewright {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn every_exit_code_is_in_the_help_of_the_program() {
    let help = help(&["--help"]);
    for code in [0, 1, 2, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 30, 31, 130, 143] {
        assert!(help.contains(&format!("\n  {code:>3}  ")), "{code}\n{help}");
    }
}

#[test]
fn wrong_arguments_are_usage_errors_on_standard_error() {
    let program = Program::new();
    for arguments in [
        &[][..],
        &["conect"],
        &["connect", "--gateway", "nowhere"],
        &["connect", "--gateway", "127.0.0.1:4002", "--sim"],
        &["connect", "--timeout", "0"],
        &["connect", "--client-id", "-1"],
        &["connect", "--sync", "everything"],
        &["doctor", "--zombies", "eat"],
    ] {
        let run = program.run(arguments);
        assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(!run.stderr.is_empty());
    }
}
