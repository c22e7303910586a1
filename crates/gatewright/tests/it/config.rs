//! `gatewright config`.

use crate::program::Program;

#[test]
fn the_example_can_be_used_as_it_is_printed() {
    let program = Program::new();
    let example = program.run(&["config", "example"]);
    let file = program.state().join("gatewright.toml");
    std::fs::write(&file, example.stdout).unwrap();
    let check = program.run(&["config", "check", file.to_str().unwrap()]);
    assert_eq!(check.code, Some(0), "{check:?}");
    assert!(check.stdout.ends_with("can be used: paper at 127.0.0.1:4002\n"), "{}", check.stdout);
}

#[test]
fn a_slip_is_shown_with_its_line_and_what_was_meant() {
    let program = Program::new();
    let file = program.state().join("gatewright.toml");
    std::fs::write(&file, "[[gateway]]\nname = \"paper\"\nadress = \"127.0.0.1:4002\"\n").unwrap();
    let check = program.run(&["config", "check", file.to_str().unwrap()]);
    assert_eq!((check.code, check.stdout.as_str()), (Some(2), ""));
    for part in ["gatewright.toml:3", "adress = \"127.0.0.1:4002\"", "Did you mean `address`?"] {
        assert!(check.stderr.contains(part), "{part}\n{}", check.stderr);
    }
    let missing = program.run(&["config", "check", "/nowhere/gatewright.toml"]);
    assert_eq!(missing.code, Some(2), "{missing:?}");
}

#[test]
fn what_holds_is_shown_with_who_said_it() {
    let program = Program::new();
    let file = program.state().join("gatewright.toml");
    std::fs::write(&file, "[[gateway]]\naddress = \"127.0.0.1:7497\"\n[http]\nlisten = \"off\"\n").unwrap();
    let (shown, _) = program.run_json(&["config", "show", "--json", "--config", file.to_str().unwrap()]);
    let settings = &shown["settings"];
    let said = |key: &str| (settings[key]["value"].as_str().unwrap().to_owned(), settings[key]["from"].clone());
    assert_eq!(said("gateway.gateway.address"), ("127.0.0.1:7497".into(), "line 2".into()));
    assert_eq!(said("gateway.gateway.proxy.listen"), ("127.0.0.1:7597".into(), "default".into()));
    assert_eq!(said("http.listen"), ("off".into(), "line 4".into()));
    assert_eq!(said("state.dir"), (program.state().display().to_string(), "GATEWRIGHT_STATE".into()));
    let flag = program.run(&["config", "show", "--gateway", "127.0.0.1:4002", "--config", file.to_str().unwrap()]);
    assert!(flag.stdout.contains("--gateway"), "{}", flag.stdout);
}

#[test]
fn what_holds_is_shown_without_account_ids_and_secrets() {
    let program = Program::new();
    let file = program.state().join("gatewright.toml");
    let text = r#"
        [[gateway]]
        name = "paper"
        address = "127.0.0.1:7497"
        account = "DU7654321"
        [[gateway]]
        name = "live"
        address = "127.0.0.1:7496"
        live = true
        account = "U7654322"
        [alert]
        command = ["/bin/page", "--token", "s3cret-of-the-command"]
        webhook = "https://me:s3cret-password@hooks.example:8443/services/s3cret-path?key=s3cret-key"
        [risk]
        accounts = ["DU7654321", "U7654322"]
    "#;
    std::fs::write(&file, text).unwrap();
    let file = file.to_str().unwrap();
    for arguments in [&["config", "show", "--config", file][..], &["config", "show", "--json", "--config", file]] {
        let run = program.run(arguments);
        assert_eq!(run.code, Some(0), "{run:?}");
        let told = run.stdout + &run.stderr;
        for secret in ["7654321", "7654322", "s3cret"] {
            assert!(!told.contains(secret), "{secret} is in {told}");
        }
        for part in ["DU***21", "U***22", "/bin/page", "https://hooks.example:8443/"] {
            assert!(told.contains(part), "{part} is not in {told}");
        }
    }
    let check = program.run(&["config", "check", file]);
    assert!(
        check.code == Some(0) && !check.stdout.contains("7654321") && !check.stdout.contains("s3cret"),
        "{check:?}"
    );
    let flag = program.run(&["config", "show", "--account", "DU7654321"]);
    assert!(flag.code == Some(0) && !flag.stdout.contains("7654321"), "{flag:?}");
}
