//! Scenario files: the published ones, wrong ones, and the schema.

use std::fs;
use std::path::Path;

use super::*;

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

#[test]
fn every_published_scenario_can_be_run_and_says_what_it_is_for() {
    let mut count = 0;
    for entry in fs::read_dir(root().join("scenarios")).unwrap() {
        let path = entry.unwrap().path();
        let scenario: Scenario = fs::read_to_string(&path).unwrap().parse().unwrap();
        assert!(!scenario.about.is_empty(), "{}", path.display());
        assert!(scenario.rules.iter().all(|rule| !rule.name.is_empty()), "{}", path.display());
        // What is written back means the same.
        assert_eq!(toml::to_string(&scenario).unwrap().parse::<Scenario>().unwrap(), scenario);
        count += 1;
    }
    assert!(count >= 5);
}

#[test]
fn the_published_schema_is_that_of_the_types() {
    let published = fs::read_to_string(root().join("docs/scenario.schema.json")).unwrap();
    let generated = format!("{:#}\n", scenario_schema());
    assert!(published == generated, "run `gatewright sim --print-scenario-schema > docs/scenario.schema.json`");
}

#[test]
fn wrong_scenarios_are_refused_with_the_rule_and_the_reason() {
    let rule = |when: &str, deed: &str| format!("[[rule]]\nname = \"x\"\nwhen = {{ {when} }}\ndo = [{deed}]\n");
    for (text, problem) in [
        (rule("", "\"restart\""), "never happens"),
        (rule("after = \"1s\"", "\"drop\""), "happens at a time"),
        (rule("after = \"1s\", client = 3", "\"restart\""), "`client` or `nth` without"),
        (rule("request = 3, answer = 4", "\"drop\""), "a request and an answer"),
        (rule("request = 3, probability = 1.5", "\"drop\""), "not between 0 and 1"),
        (rule("request = 3, nth = 0", "\"drop\""), "the first is 1"),
        (rule("request = 3, every = \"1s\"", "\"drop\""), "`every`"),
        (rule("request = \"sing\"", "\"drop\""), "unknown kind of message `sing`"),
        (rule("after = \"soon\"", "\"restart\""), "no span of time"),
        (rule("after = \"1s\"", "\"explode\""), "explode"),
        ("faults = [\"gremlins\"]".into(), "unknown fault `gremlins`"),
        ("[parameters]\nflap-every = \"0s\"".into(), "`flap-every` is 0"),
        ("[parameters]\nno-such = 1".into(), "no-such"),
    ] {
        let found = text.parse::<Scenario>().unwrap_err().to_string();
        assert!(found.contains(problem), "{text}\n{found}");
    }
}
