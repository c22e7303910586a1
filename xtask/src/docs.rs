//! `cargo xtask docs`: writes what documents repeat of the code: schemas, and the tables of the simulator.
//!
//! `cargo xtask tidy` fails when a document does not say what this would write.

use std::fs;

use crate::failure::Failure;
use crate::rows::{self, Row};
use crate::workspace::Workspace;

/// The command that a violation names.
pub(crate) const REMEDY: &str = "run `cargo xtask docs`";

/// How the product is built: as for the tests, or every dependency whose features differ would be built once more.
const BUILD: [&str; 5] = ["test", "-q", "--workspace", "--locked", "--no-run"];

/// Documents that are wholly what a command prints.
const PRINTED: [(&str, &[&str]); 2] = [
    ("docs/worker-protocol.schema.json", &["worker", "--print-schema"]),
    ("docs/scenario.schema.json", &["sim", "--print-scenario-schema"]),
];

/// The document with tables.
const TABLES: &str = "docs/simulator.md";

/// A document, and what it should say.
pub(crate) struct Document {
    /// Its path from the root.
    pub(crate) path: &'static str,
    /// What it says now; `None` where it is missing.
    pub(crate) published: Option<String>,
    /// What it should say.
    pub(crate) generated: String,
}

/// Writes every document that is not as it should be.
pub(crate) fn run(workspace: &Workspace) -> Result<(), Failure> {
    for document in documents(workspace)? {
        if document.published.as_ref() == Some(&document.generated) {
            println!("    up to date: {}", document.path);
            continue;
        }
        let path = workspace.root().join(document.path);
        fs::write(&path, &document.generated).map_err(Failure::io("write", &path))?;
        println!("    written: {}", document.path);
    }
    Ok(())
}

/// Asks the product, and reads what is published.
pub(crate) fn documents(workspace: &Workspace) -> Result<Vec<Document>, Failure> {
    workspace.cargo(BUILD).read()?;
    let product = workspace.built_program("debug", "gatewright");
    let ask = |args: &[&str]| -> Result<String, Failure> {
        let printed = workspace.program(&product, args).read()?;
        String::from_utf8(printed).map_err(|_| Failure::new("the product prints no UTF-8"))
    };
    let published = |path: &str| fs::read_to_string(workspace.root().join(path)).ok();
    let mut documents = Vec::new();
    for (path, args) in PRINTED {
        documents.push(Document { path, published: published(path), generated: ask(args)? });
    }
    let text = published(TABLES).ok_or_else(|| Failure::new(format!("{TABLES} is missing")))?;
    let faults = rows_of(&ask(&["sim", "--list-faults", "--json"])?)?;
    let messages = rows_of(&ask(&["sim", "--list-messages", "--json"])?)?;
    let (requests, answers): (Vec<Row>, Vec<Row>) = messages.into_iter().partition(|row| row["direction"] == "request");
    let mut generated = text.clone();
    for (name, table) in
        [("faults", fault_table(&faults)), ("requests", message_table(&requests)), ("answers", message_table(&answers))]
    {
        generated = with_table(&generated, name, &table)
            .ok_or_else(|| Failure::new(format!("{TABLES} has no place for the table `{name}`")))?;
    }
    documents.push(Document { path: TABLES, published: Some(text), generated });
    Ok(documents)
}

fn rows_of(json: &str) -> Result<Vec<Row>, Failure> {
    rows::read(json).ok_or_else(|| Failure::new("the simulator's lists are not the flat JSON that tables are made of"))
}

fn fault_table(faults: &[Row]) -> String {
    let mut table = String::from("| fault | what a client sees | source |\n| --- | --- | --- |\n");
    for row in faults {
        table += &format!("| `{}` | {} | {} |\n", row["name"], row["sees"].replace('|', "\\|"), row["source"]);
    }
    table
}

fn message_table(messages: &[Row]) -> String {
    let mut table =
        String::from("| id | message | since | protobuf from | simulator |\n| --- | --- | --- | --- | --- |\n");
    for row in messages {
        let protobuf = Some(row["protobuf_from"].as_str()).filter(|it| !it.is_empty()).unwrap_or("never");
        table +=
            &format!("| {} | `{}` | {} | {protobuf} | {} |\n", row["id"], row["name"], row["since"], row["simulator"]);
    }
    table
}

/// The text with a table between its two marks; `None` without marks.
fn with_table(text: &str, name: &str, table: &str) -> Option<String> {
    let (begin, end) = (format!("<!-- {name}: by cargo xtask docs -->\n"), format!("<!-- {name}: end -->\n"));
    let (before, rest) = text.split_once(&begin)?;
    let (_, after) = rest.split_once(&end)?;
    Some(format!("{before}{begin}{table}{end}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_replaces_what_stands_between_its_marks() {
        let text = "a\n<!-- t: by cargo xtask docs -->\nold\n<!-- t: end -->\nb\n";
        let new = with_table(text, "t", "new\n").unwrap();
        assert_eq!(new, "a\n<!-- t: by cargo xtask docs -->\nnew\n<!-- t: end -->\nb\n");
        assert_eq!(with_table(&new, "t", "new\n").as_ref(), Some(&new));
        assert_eq!(with_table("a\n", "t", "new\n"), None);
    }

    #[test]
    fn a_message_that_is_never_protobuf_says_so() {
        let row = |from: &str| {
            let cells = [("id", "1"), ("name", "x"), ("since", "100"), ("protobuf_from", from), ("simulator", "sent")];
            cells.map(|(key, value)| (key.to_string(), value.to_string())).into_iter().collect::<Row>()
        };
        let table = message_table(&[row(""), row("206")]);
        assert!(table.contains("| 1 | `x` | 100 | never | sent |") && table.contains("| 206 |"), "{table}");
    }
}
