//! Every foreign client tells the same steps, or `tests/foreign/steps.txt` says why not: a step that one of them lacks is
//! a gap that nobody would see in a green run.

use std::fs;
use std::path::{Path, PathBuf};

/// Each client as the list names it, and where its stories are.
const CLIENTS: [(&str, &str); 3] =
    [("ib_async", "with_ib_async"), ("ibapi", "with_ibapi"), ("rust-ibapi", "rust-ibapi/tests/story")];

fn foreign() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/foreign")
}

/// The names of the steps in the sources of a client's stories; what is in braces there is filled in while it runs.
fn told(folder: &str) -> Vec<String> {
    let mut names = Vec::new();
    for entry in fs::read_dir(foreign().join(folder)).unwrap() {
        let path = entry.unwrap().path();
        if !path.extension().is_some_and(|it| it == "py" || it == "rs") {
            continue;
        }
        let text = fs::read_to_string(path).unwrap();
        for call in text.split("step(").skip(1) {
            let literal = call.trim_start_matches("&format!(").trim_start_matches('f').strip_prefix('"');
            if let Some((name, _)) = literal.and_then(|it| it.split_once('"')) {
                names.push(name.to_string());
            }
        }
    }
    names
}

/// Whether a name in a source gives this step when it runs. What is filled in is one word; where it is more, as for the
/// sizes of bars, the list has the name as the sources have it.
fn gives(source: &str, step: &str) -> bool {
    let filled_in = source.split_once('{').and_then(|(before, _)| step.strip_prefix(before));
    source == step || filled_in.is_some_and(|rest| !rest.contains([' ', '{']))
}

/// The steps, and the exceptions as (client, step).
fn list() -> (Vec<String>, Vec<(String, String)>) {
    let text = fs::read_to_string(foreign().join("steps.txt")).unwrap();
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let (exceptions, steps): (Vec<_>, Vec<_>) = lines.partition(|line| line.contains(" | "));
    let exceptions = exceptions.into_iter().map(|line| match line.splitn(3, " | ").collect::<Vec<_>>()[..] {
        [client, step, reason] if !reason.is_empty() => (client.to_string(), step.to_string()),
        _ => panic!("`{line}` is not `client | step | reason`"),
    });
    (steps.into_iter().map(String::from).collect(), exceptions.collect())
}

#[test]
fn every_client_tells_every_step_or_the_list_says_why_not() {
    let (steps, exceptions) = list();
    let mut gaps = Vec::new();
    for (client, folder) in CLIENTS {
        let told = told(folder);
        assert!(told.len() > 50, "{client}: {} steps found", told.len());
        for step in &steps {
            let is_told = told.iter().any(|source| gives(source, step));
            let is_excused = exceptions.contains(&(client.to_string(), step.clone()));
            match (is_told, is_excused) {
                (false, false) => gaps.push(format!("{client} does not tell `{step}`")),
                (true, true) => gaps.push(format!("{client} tells `{step}`, which it is excused from")),
                (true, false) | (false, true) => {}
            }
        }
        for source in told.iter().filter(|source| !steps.iter().any(|step| gives(source, step))) {
            gaps.push(format!("{client} tells `{source}`, which is not in the list"));
        }
    }
    let unknown = exceptions
        .iter()
        .filter(|(client, step)| !CLIENTS.iter().any(|(name, _)| name == client) || !steps.contains(step));
    gaps.extend(unknown.map(|(client, step)| format!("an exception of nothing: {client}, `{step}`")));
    assert!(gaps.is_empty(), "{}", gaps.join("\n"));
}
