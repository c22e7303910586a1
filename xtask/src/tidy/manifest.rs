//! Every version and feature is chosen once, in the root manifest; crates say `workspace = true`.

use super::tree::{Tree, Violation};

/// Which table a dependency stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DependencyKind {
    Normal,
    Dev,
    Build,
}

/// One dependency as a manifest states it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Dependency {
    /// Its package name, as written.
    pub(crate) name: String,
    /// Its table.
    pub(crate) kind: DependencyKind,
    /// From 1.
    pub(crate) line: usize,
    settings: Vec<String>,
}

/// Finds dependencies of the workspace's crates that say more than `workspace = true` (and `optional = true`).
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    let manifests = tree.files().filter(|(path, _)| is_member_manifest(path));
    manifests
        .flat_map(|(path, text)| {
            dependencies(text).into_iter().filter(|dependency| !dependency.is_inherited()).map(move |dependency| {
                let message = format!(
                    "`{}` states a version, path or feature here: put it into the root's [workspace.dependencies]",
                    dependency.name
                );
                Violation::new(path, dependency.line, message)
            })
        })
        .collect()
}

fn is_member_manifest(path: &str) -> bool {
    let parts: Vec<&str> = path.split('/').collect();
    matches!(parts.as_slice(), ["crates", _, "Cargo.toml"] | ["xtask" | "bench", "Cargo.toml"])
}

impl Dependency {
    fn is_inherited(&self) -> bool {
        self.settings.iter().any(|setting| setting == "workspace=true")
            && self.settings.iter().all(|setting| matches!(setting.as_str(), "workspace=true" | "optional=true"))
    }
}

/// The dependencies of a manifest, from every table that has some.
pub(crate) fn dependencies(manifest: &str) -> Vec<Dependency> {
    let mut found: Vec<Dependency> = Vec::new();
    let mut table = Table::Other;
    for (index, line) in manifest.lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default().trim();
        if let Some(header) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            table = Table::of(header);
            if let Table::One(kind, name) = &table {
                found.push(Dependency { name: name.clone(), kind: *kind, line: index + 1, settings: vec![] });
            }
            continue;
        }
        let Some((key, value)) = line.split_once('=') else { continue };
        match &table {
            Table::Other => {}
            Table::One(..) => {
                found.last_mut().expect("its header added it").settings.push(setting(key, value));
            }
            Table::Many(kind) => {
                let (name, rest) = key.trim().split_once('.').unwrap_or((key.trim(), ""));
                let settings = match value.trim().strip_prefix('{').and_then(|value| value.strip_suffix('}')) {
                    Some(inline) => inline.split(',').map(without_spaces).collect(),
                    None => vec![setting(rest, value)],
                };
                let name = name.trim_matches('"').to_owned();
                found.push(Dependency { name, kind: *kind, line: index + 1, settings });
            }
        }
    }
    found
}

enum Table {
    Many(DependencyKind),
    One(DependencyKind, String),
    Other,
}

impl Table {
    fn of(header: &str) -> Self {
        let tables = [
            ("dev-dependencies", DependencyKind::Dev),
            ("build-dependencies", DependencyKind::Build),
            ("dependencies", DependencyKind::Normal),
        ];
        for (table, kind) in tables {
            // Behind the name of a target, which may hold anything: look from the end.
            let starts_here = |at: usize| at == 0 || header[..at].ends_with('.');
            let Some(at) = header.rfind(table).filter(|at| starts_here(*at)) else { continue };
            match header[at + table.len()..].strip_prefix('.') {
                Some(name) => return Self::One(kind, name.trim_matches('"').to_owned()),
                None if header.ends_with(table) => return Self::Many(kind),
                None => {}
            }
        }
        Self::Other
    }
}

fn setting(key: &str, value: &str) -> String {
    without_spaces(&format!("{key}={value}"))
}

fn without_spaces(text: &str) -> String {
    text.split_whitespace().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(dependencies: &str) -> Vec<usize> {
        let tree = Tree::new([("crates/a/Cargo.toml", format!("[package]\nversion = \"1\"\n{dependencies}"))]);
        check(&tree).into_iter().map(|violation| violation.line).collect()
    }

    #[test]
    fn inherited_dependencies_pass_in_every_spelling() {
        assert!(
            found("[dependencies]\na.workspace = true\nb = { workspace = true, optional = true } # why\n").is_empty()
        );
        assert!(found("[dependencies.a]\nworkspace = true\n").is_empty());
    }

    #[test]
    fn versions_and_features_are_found_with_their_lines() {
        assert_eq!(found("[dependencies]\na = \"1\"\nb = { workspace = true, features = [\"x\"] }\n"), [4, 5]);
        assert_eq!(found("[dev-dependencies.c]\nversion = \"1\"\n"), [3]);
        assert_eq!(found("[target.'cfg(unix)'.build-dependencies]\na = { path = \"../a\" }\n"), [4]);
    }

    #[test]
    fn the_root_and_foreign_manifests_are_not_asked() {
        let text = "[dependencies]\na = \"1\"\n";
        assert!(check(&Tree::new([("Cargo.toml", text), ("examples/x/Cargo.toml", text)])).is_empty());
        assert_eq!(check(&Tree::new([("xtask/Cargo.toml", text)])).len(), 1);
    }

    #[test]
    fn kinds_are_told_apart() {
        let kinds: Vec<DependencyKind> = dependencies(
            "[dependencies]\na.workspace = true\n[dev-dependencies]\nb.workspace = true\n[build-dependencies.c]\nworkspace = true\n",
        )
        .into_iter()
        .map(|dependency| dependency.kind)
        .collect();
        assert_eq!(kinds, [DependencyKind::Normal, DependencyKind::Dev, DependencyKind::Build]);
    }
}
