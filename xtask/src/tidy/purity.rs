//! Sans-I/O modules mention no runtime, socket, clock, environment, file or database.

use std::collections::BTreeSet;

use super::source::{RustFile, belongs_to, imports, lines_with};
use super::tree::{Tree, Violation};

/// Modules that take bytes or events and a `now`, and return what to do. A name stands for its file and its folder.
const PURE: [&str; 26] = [
    "crates/proto/src",
    "crates/link/src/health",
    "crates/link/src/pacing",
    "crates/link/src/recovery",
    "crates/proxy/src",
    "crates/sim/src/core",
    "crates/gatewright/src/command/halt/plan",
    "crates/gatewright/src/command/report/curve",
    "crates/gatewright/src/command/report/day",
    "crates/gatewright/src/command/report/markdown",
    "crates/trade/src/calendar",
    "crates/trade/src/day",
    "crates/gatewright/src/command/trade/view/draw",
    "crates/gatewright/src/command/trade/view/model",
    "crates/trade/src/risk",
    "crates/trade/src/run/brain",
    "crates/trade/src/run/desk",
    "crates/trade/src/strategy",
    "crates/gatewright/src/daemon/alert/book",
    "crates/gatewright/src/daemon/alert/value",
    "crates/gatewright/src/daemon/remedy/decision",
    "crates/gatewright/src/daemon/remedy/evidence",
    "crates/gatewright/src/daemon/remedy/ibc/reply",
    "crates/gatewright/src/daemon/remedy/ledger",
    "crates/gatewright/src/daemon/report",
    "crates/gatewright/src/daemon/watch",
];

/// What they would touch the world by, and what to do instead.
const BANNED: [(&str, &str); 7] = [
    ("tokio", "return what to wait for"),
    ("rusqlite", "return what to record"),
    ("std::env", "take settings as an argument"),
    ("std::fs", "take what the file holds as an argument"),
    ("std::net", "sockets belong to the shell; addresses are in core::net"),
    ("std::time::SystemTime", "take the time as an argument"),
    ("Instant::now", "take `now` as an argument"),
];

/// Finds mentions of the world in pure modules.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    tree.rust()
        .iter()
        .filter(|file| PURE.iter().any(|module| belongs_to(&file.path, module)))
        .flat_map(check_file)
        .collect()
}

fn check_file(file: &RustFile) -> BTreeSet<Violation> {
    let imported = imports(&file.product);
    BANNED
        .into_iter()
        .flat_map(|(banned, instead)| {
            let mentions = lines_with(&file.product, banned).into_iter();
            let below = move |path: &str| {
                path.strip_prefix(banned).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
            };
            let imports = imported.iter().filter(move |(_, path)| below(path)).map(|(line, _)| *line);
            mentions.chain(imports).map(move |line| (line, banned, instead)).collect::<Vec<_>>()
        })
        .map(|(line, banned, instead)| {
            Violation::new(&file.path, line, format!("pure code may not use `{banned}`: {instead}"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(path: &str, text: &str) -> Vec<usize> {
        check(&Tree::new([(path, text)])).into_iter().map(|violation| violation.line).collect()
    }

    #[test]
    fn mentions_and_imports_are_found_once_each() {
        let text = "use std::{collections::BTreeMap,\n    net::TcpStream};\nuse std::fs;\nfn f() { std::time::Instant::now(); }\n";
        assert_eq!(lines("crates/proto/src/frame.rs", text), [2, 3, 4]);
    }

    #[test]
    fn comments_strings_and_tests_may_mention_anything() {
        let text = "//! no tokio\nconst A: &str = \"tokio\";\n#[cfg(test)]\nmod tests {\n    use std::fs;\n}\n";
        assert!(lines("crates/proto/src/frame.rs", text).is_empty());
        assert!(lines("crates/proto/src/frame/tests.rs", "use std::fs;").is_empty());
    }

    #[test]
    fn a_pure_module_is_its_file_and_its_folder_and_nothing_else() {
        assert_eq!(lines("crates/trade/src/risk.rs", "use std::env;").len(), 1);
        assert_eq!(lines("crates/trade/src/risk/collar.rs", "use std::env;").len(), 1);
        assert!(lines("crates/trade/src/risky.rs", "use std::env;").is_empty());
        assert!(lines("crates/link/src/dial.rs", "use tokio::net::TcpStream;").is_empty());
    }
}
