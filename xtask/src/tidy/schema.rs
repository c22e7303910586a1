//! The published schema of the worker's protocol is what the worker itself prints.

use std::fs;

use super::tree::Violation;
use crate::failure::Failure;
use crate::workspace::Workspace;

const PUBLISHED: &str = "docs/worker-protocol.schema.json";
const PRINT: [&str; 8] = ["run", "-q", "--locked", "-p", "gatewright", "--", "worker", "--print-schema"];

/// Builds the binary, lets it print its schema and compares that with the published file.
pub(crate) fn check(workspace: &Workspace) -> Result<Vec<Violation>, Failure> {
    let Ok(published) = fs::read(workspace.root().join(PUBLISHED)) else {
        return Ok(compare(None, &[]));
    };
    Ok(compare(Some(&published), &workspace.cargo(PRINT).read()?))
}

fn compare(published: Option<&[u8]>, generated: &[u8]) -> Vec<Violation> {
    let problem = match published {
        Some(published) if published == generated => return vec![],
        Some(_) => "is not what the worker prints",
        None => "is missing",
    };
    let remedy = format!("run `cargo run -q -p gatewright -- worker --print-schema > {PUBLISHED}`");
    vec![Violation::new(PUBLISHED, 1, format!("{problem}: {remedy}"))]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_schema_is_the_printed_one_to_the_byte() {
        assert!(compare(Some(b"{}\n"), b"{}\n").is_empty());
        assert_eq!(compare(Some(b"{}"), b"{}\n").len(), 1);
        assert_eq!(compare(None, b"").len(), 1);
    }
}
