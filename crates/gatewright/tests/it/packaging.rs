//! What `packaging/` promises: the settings can be used, and the flags exist.

use std::path::{Path, PathBuf};

use crate::program::Program;

fn packaging(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packaging").join(name)
}

#[test]
fn the_packaged_settings_can_be_used() {
    let program = Program::new();
    for name in ["gatewright.toml", "container/gatewright.toml"] {
        let check = program.run(&["config", "check", packaging(name).to_str().unwrap()]);
        assert_eq!(check.code, Some(0), "{name}: {check:?}");
    }
}

#[test]
fn the_commands_of_the_unit_and_of_the_image_are_ones_that_there_are() {
    let program = Program::new();
    let unit = std::fs::read_to_string(packaging("systemd/gatewright.service")).unwrap();
    let image = std::fs::read_to_string(packaging("container/Containerfile")).unwrap();
    let of_unit = unit.lines().filter_map(|line| {
        let command = ["ExecStart=", "ExecReload="].iter().find_map(|key| line.strip_prefix(key))?;
        Some(command.strip_prefix("/usr/local/bin/gatewright ").unwrap().to_owned())
    });
    let of_image = image.lines().filter_map(|line| {
        line.split_once("CMD gatewright ").map(|(_, command)| command.split(" >").next().unwrap().to_owned())
    });
    let commands: Vec<String> = of_unit.chain(of_image).collect();
    assert_eq!(commands.len(), 3, "{commands:?}");
    for command in commands {
        // With --help behind it, everything is read and nothing is done.
        let arguments: Vec<&str> = command.split(' ').chain(["--help"]).collect();
        let run = program.run(&arguments);
        assert_eq!(run.code, Some(0), "{command}: {}", run.stderr);
    }
    assert!(image.contains("CMD [\"up\"]"));
}
