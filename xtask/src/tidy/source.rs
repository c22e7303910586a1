//! Rust text as the checks see it: comments, strings and tests blanked, every line still in its place.
//!
//! This is a scanner, not a parser: it knows literals, comments, `#[cfg(test)]` and `use`, which is what the checks need.

mod blank;
mod imports;

use std::collections::BTreeSet;

pub(crate) use imports::imports;

/// One Rust file.
#[derive(Debug)]
pub(crate) struct RustFile {
    /// Relative to the root.
    pub(crate) path: String,
    /// As it is on disk.
    pub(crate) text: String,
    /// Everything but comments and the contents of literals; tests included.
    pub(crate) code: String,
    /// What is compiled into the product: `code` without tests.
    pub(crate) product: String,
    /// `product` with the contents of its string literals.
    pub(crate) product_with_strings: String,
}

/// Scans these `(path, text)` pairs together, since a file may be declared a test by another one.
pub(crate) fn parse_all<'a>(files: impl Iterator<Item = (&'a String, &'a String)>) -> Vec<RustFile> {
    let mut parsed: Vec<RustFile> = files.map(|(path, text)| parse(path, text)).collect();
    let test_modules: BTreeSet<String> = parsed.iter().flat_map(test_module_files).collect();
    for file in &mut parsed {
        if is_test_path(&file.path) || test_modules.iter().any(|module| belongs_to(&file.path, module)) {
            let everything = 0..file.text.len();
            file.product = blank::ranges(&file.product, std::slice::from_ref(&everything));
            file.product_with_strings = blank::ranges(&file.product_with_strings, &[everything]);
        }
    }
    parsed
}

fn parse(path: &str, text: &str) -> RustFile {
    let literals = blank::scan(text);
    let uncommented = blank::ranges(text, &literals.comments);
    let code = blank::ranges(&uncommented, &literals.contents);
    let tests = blank::test_items(&code);
    RustFile {
        path: path.to_owned(),
        text: text.to_owned(),
        product: blank::ranges(&code, &tests),
        product_with_strings: blank::ranges(&uncommented, &tests),
        code,
    }
}

/// By convention: `tests.rs`, and everything below a folder `tests` or `benches`.
fn is_test_path(path: &str) -> bool {
    path.split('/').any(|part| matches!(part, "tests" | "benches" | "tests.rs"))
}

/// `crates/a/src/b` for `#[cfg(test)] mod b;` in `crates/a/src/lib.rs`.
fn test_module_files(file: &RustFile) -> Vec<String> {
    let (folder, name) = file.path.rsplit_once('/').unwrap_or(("", &file.path));
    let base = match name {
        "lib.rs" | "main.rs" | "mod.rs" => folder.to_owned(),
        _ => file.path.trim_end_matches(".rs").to_owned(),
    };
    blank::test_items(&file.code)
        .into_iter()
        .filter_map(|item| {
            let declaration = file.code[item].trim_end().strip_suffix(';')?;
            let name = declaration.rsplit_once("mod ")?.1.trim();
            Some(format!("{base}/{name}"))
        })
        .collect()
}

/// Whether `path` is the file of `module` or lies in its folder: `a/b.rs` and `a/b/c.rs` belong to `a/b`.
pub(crate) fn belongs_to(path: &str, module: &str) -> bool {
    path.strip_prefix(module).is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
}

/// The lines (from 1) on which `needle` stands as whole words: `std::fs` is not in `std::fs_extra`.
pub(crate) fn lines_with(text: &str, needle: &str) -> Vec<usize> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(needle)
        .filter(|(at, _)| {
            let before = text[..*at].chars().next_back();
            let after = text[at + needle.len()..].chars().next();
            let open_before = needle.starts_with(is_word) && before.is_some_and(is_word);
            let open_after = needle.ends_with(is_word) && after.is_some_and(is_word);
            !open_before && !open_after
        })
        .map(|(at, _)| line_of(text, at))
        .collect()
}

/// The line (from 1) of a byte offset.
pub(crate) fn line_of(text: &str, offset: usize) -> usize {
    1 + text[..offset].bytes().filter(|byte| *byte == b'\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(path: &str, text: &str) -> RustFile {
        parse(path, text)
    }

    #[test]
    fn comments_and_strings_are_not_code() {
        let file = one("a.rs", "fn f() { /* tokio */ g(\"tokio\"); } // tokio\n");
        assert!(!file.code.contains("tokio"));
        assert_eq!(lines_with(&file.product_with_strings, "tokio"), [1]);
        assert_eq!(file.code.len(), file.text.len());
    }

    #[test]
    fn test_modules_are_not_product() {
        let file =
            one("a.rs", "use a::b;\n#[cfg(test)]\nmod tests {\n    fn f() { std::fs::read(x); }\n}\nfn g() {}\n");
        assert!(file.code.contains("std::fs"));
        assert!(!file.product.contains("std::fs"));
        assert_eq!(lines_with(&file.product, "g"), [6]);
    }

    #[test]
    fn a_file_that_another_one_declares_a_test_is_not_product() {
        let root = ("crates/a/src/lib.rs".to_owned(), "mod b;\n#[cfg(test)]\nmod golden;\n".to_owned());
        let golden = ("crates/a/src/golden.rs".to_owned(), "fn f() {}".to_owned());
        let below = ("crates/a/src/golden/sub.rs".to_owned(), "fn f() {}".to_owned());
        let other = ("crates/a/src/b.rs".to_owned(), "fn f() {}".to_owned());
        let files = parse_all([&root, &golden, &below, &other].into_iter().map(|(path, text)| (path, text)));
        let empty: Vec<bool> = files.iter().map(|file| file.product.trim().is_empty()).collect();
        assert_eq!(empty, [false, true, true, false]);
    }

    #[test]
    fn test_paths_are_not_product() {
        assert!(is_test_path("crates/a/tests/it/main.rs"));
        assert!(is_test_path("crates/a/src/session/tests.rs"));
        assert!(!is_test_path("crates/a/src/contests.rs"));
    }

    #[test]
    fn words_are_matched_whole() {
        assert_eq!(lines_with("unsafe_code\nunsafe {\n", "unsafe"), [2]);
        assert_eq!(lines_with("a std::fs_x std::fs::read", "std::fs"), [1]);
    }
}
