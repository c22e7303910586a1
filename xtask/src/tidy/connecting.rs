//! Only `link` opens connections to a Gateway, and nothing ever probes its port: a probe leaves a zombie behind.

use super::source::lines_with;
use super::tree::{Tree, Violation};

/// The simulator may connect to what it simulates; `link` is where connections are made, with their socket options;
/// `validate` makes a zombie at a simulator of its own, to see it found.
const ALLOWED: [&str; 3] = ["crates/link/src/", "crates/sim/", "crates/gatewright/src/command/validate/zombies.rs"];

/// Finds TCP connects in product code outside of the allowed crates.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    let product = tree.rust().iter().filter(|file| {
        file.path.starts_with("crates/") && !ALLOWED.iter().any(|allowed| file.path.starts_with(allowed))
    });
    product
        .flat_map(|file| {
            ["TcpStream::connect", "TcpStream::connect_timeout"]
                .into_iter()
                .flat_map(|call| lines_with(&file.product, call))
                .map(|line| {
                    Violation::new(
                        &file.path,
                        line,
                        "only link connects to a Gateway; look with gatewright-sys instead",
                    )
                })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALL: &str = "fn f() {\n    std::net::TcpStream::connect_timeout(&a, t);\n}\n";

    fn found(path: &str) -> usize {
        check(&Tree::new([(path, CALL)])).len()
    }

    #[test]
    fn product_code_outside_link_may_not_connect() {
        assert_eq!(found("crates/sys/src/probe.rs"), 1);
        assert_eq!(found("crates/gatewright/src/doctor.rs"), 1);
    }

    #[test]
    fn link_the_simulator_tests_and_tools_may() {
        for path in ["crates/link/src/dial.rs", "crates/sim/src/a.rs", "crates/sys/tests/it.rs", "bench/src/main.rs"] {
            assert_eq!(found(path), 0, "{path}");
        }
    }
}
