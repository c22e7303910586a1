//! The files that the checks look at, and what a check finds in them.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io::ErrorKind;

use super::source::{self, RustFile};
use crate::failure::Failure;
use crate::workspace::Workspace;

/// One broken rule at one place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Violation {
    /// Relative to the root, with `/`.
    pub(crate) path: String,
    /// From 1; 1 also where the whole file is meant.
    pub(crate) line: usize,
    /// What is wrong and what to do instead.
    pub(crate) message: String,
}

impl Violation {
    /// A violation at `line` of `path`.
    pub(crate) fn new(path: &str, line: usize, message: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, message: message.into() }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.message)
    }
}

/// Every text file that is tracked, or would be if it were added.
#[derive(Debug)]
pub(crate) struct Tree {
    files: BTreeMap<String, String>,
    rust: Vec<RustFile>,
}

impl Tree {
    /// Reads what git lists below the root, files not yet added included, ignored ones not.
    pub(crate) fn load(workspace: &Workspace) -> Result<Self, Failure> {
        let listing = workspace.program("git", ["ls-files", "-z", "-c", "-o", "--exclude-standard"]).read()?;
        let mut files = Vec::new();
        for path in String::from_utf8_lossy(&listing).split_terminator('\0') {
            let absolute = workspace.root().join(path);
            match fs::read(&absolute) {
                // A file that is not text has no lines to judge.
                Ok(bytes) => files.extend(String::from_utf8(bytes).ok().map(|text| (path.to_owned(), text))),
                // Listed but deleted and not yet committed, or a submodule's folder.
                Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::IsADirectory) => {}
                Err(error) => return Err(Failure::io("read", &absolute)(error)),
            }
        }
        Ok(Self::new(files))
    }

    /// A tree of these `(path, text)` pairs.
    pub(crate) fn new<P: Into<String>, T: Into<String>>(files: impl IntoIterator<Item = (P, T)>) -> Self {
        let files: BTreeMap<String, String> =
            files.into_iter().map(|(path, text)| (path.into(), text.into())).collect();
        let rust = source::parse_all(files.iter().filter(|(path, _)| path.ends_with(".rs")));
        Self { files, rust }
    }

    /// How many files there are.
    pub(crate) fn len(&self) -> usize {
        self.files.len()
    }

    /// Every file as `(path, text)`, in order of their paths.
    pub(crate) fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// The text of one file.
    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.files.get(path).map(String::as_str)
    }

    /// Every Rust file.
    pub(crate) fn rust(&self) -> &[RustFile] {
        &self.rust
    }

    /// The folder names of the product's crates: `proto` for `crates/proto/Cargo.toml`.
    pub(crate) fn crates(&self) -> impl Iterator<Item = &str> {
        self.files.keys().filter_map(|path| path.strip_prefix("crates/")?.strip_suffix("/Cargo.toml"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crates_are_the_folders_that_have_a_manifest() {
        let tree = Tree::new([("crates/proto/Cargo.toml", ""), ("crates/sys/src/lib.rs", ""), ("Cargo.toml", "")]);
        assert_eq!(tree.crates().collect::<Vec<_>>(), ["proto"]);
    }

    #[test]
    fn a_violation_prints_as_a_place_that_editors_can_open() {
        assert_eq!(Violation::new("a/b.rs", 7, "is wrong").to_string(), "a/b.rs:7: is wrong");
    }
}
