//! Sockets are read from the kernel (`gatewright-sys`), never by running `lsof`, `ss` or `netstat`.

use super::source::line_of;
use super::tree::{Tree, Violation};

const TOOLS: [&str; 3] = ["lsof", "ss", "netstat"];
const CALL: &str = "Command::new(";

/// Finds product code that starts one of these programs; benchmarks measure against them, tests check against them.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for file in tree.rust().iter().filter(|file| file.path.starts_with("crates/")) {
        let code = &file.product_with_strings;
        for (at, _) in code.match_indices(CALL) {
            let Some(program) = first_string(&code[at + CALL.len()..]) else { continue };
            let name = program.rsplit('/').next().unwrap_or(program);
            if TOOLS.contains(&name) {
                let message = format!("runs `{name}`: ask the kernel through gatewright-sys");
                found.push(Violation::new(&file.path, line_of(code, at), message));
            }
        }
    }
    found
}

fn first_string(arguments: &str) -> Option<&str> {
    arguments.trim_start().strip_prefix('"')?.split('"').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> usize {
        check(&Tree::new([(path, text)])).len()
    }

    #[test]
    fn product_code_may_not_run_socket_tools() {
        assert_eq!(found("crates/sys/src/a.rs", "fn f() { std::process::Command::new(\"lsof\"); }"), 1);
        assert_eq!(found("crates/sys/src/a.rs", "fn f() { Command::new(\n    \"/usr/bin/ss\",\n); }"), 1);
    }

    #[test]
    fn other_programs_tests_and_benchmarks_pass() {
        assert_eq!(found("crates/sys/src/a.rs", "fn f() { Command::new(\"systemctl\"); Command::new(path); }"), 0);
        assert_eq!(found("crates/sys/tests/it.rs", "fn f() { Command::new(\"lsof\"); }"), 0);
        assert_eq!(found("bench/src/scan.rs", "fn f() { Command::new(\"lsof\"); }"), 0);
    }
}
