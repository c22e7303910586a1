//! What documents repeat of the code is what the code says: schemas, and the tables of the simulator.

use super::tree::Violation;
use crate::docs::{self, Document};
use crate::failure::Failure;
use crate::workspace::Workspace;

/// Builds the product, lets it print, and compares that with the published documents.
pub(crate) fn check(workspace: &Workspace) -> Result<Vec<Violation>, Failure> {
    Ok(docs::documents(workspace)?.iter().filter_map(compare).collect())
}

fn compare(document: &Document) -> Option<Violation> {
    let problem = match &document.published {
        Some(published) if *published == document.generated => return None,
        Some(_) => "is not what the product prints",
        None => "is missing",
    };
    let line = document.published.as_deref().map_or(1, |published| first_difference(published, &document.generated));
    Some(Violation::new(document.path, line, format!("{problem}: {}", docs::REMEDY)))
}

/// The first line, from 1, in which two texts differ.
fn first_difference(one: &str, other: &str) -> usize {
    1 + one.lines().zip(other.lines()).take_while(|(one, other)| one == other).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_what_was_printed_to_the_byte() {
        let document = |published: Option<&str>| Document {
            path: "docs/x",
            published: published.map(String::from),
            generated: "a\nb\n".into(),
        };
        assert_eq!(compare(&document(Some("a\nb\n"))), None);
        assert!(compare(&document(Some("a\nc\n"))).unwrap().to_string().contains("docs/x:2"));
        assert!(compare(&document(Some("a\nb"))).is_some());
        assert!(compare(&document(None)).is_some());
    }
}
