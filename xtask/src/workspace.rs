//! Where the workspace lies and how commands are run in it.

use std::ffi::OsStr;
use std::fmt;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::failure::Failure;

/// The checkout that this program belongs to.
#[derive(Debug)]
pub(crate) struct Workspace {
    root: PathBuf,
    target: PathBuf,
    cargo: PathBuf,
}

impl Workspace {
    /// Finds the checkout, its target directory and the cargo that runs us.
    pub(crate) fn locate() -> Result<Self, Failure> {
        let manifest_dir = Path::new(env!("CARGO_MANIFEST_DIR"));
        let root = manifest_dir.parent().expect("xtask is a folder of the workspace").to_path_buf();
        let own_program = std::env::current_exe()
            .map_err(|source| Failure::new(format!("cannot find this program's own file: {source}")))?;
        // Cargo put us into `<target>/<profile>/`, whatever CARGO_TARGET_DIR or a config file says.
        let target = own_program
            .parent()
            .and_then(Path::parent)
            .ok_or_else(|| Failure::new("xtask must be run by `cargo xtask`"))?
            .to_path_buf();
        #[expect(clippy::disallowed_methods, reason = "cargo names itself to the programs that it runs")]
        let cargo = std::env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from);
        Ok(Self { root, target, cargo })
    }

    /// The folder of the root manifest.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Cargo's target directory: the only place that this program writes to.
    pub(crate) fn target(&self) -> &Path {
        &self.target
    }

    /// A program built by cargo under `profile` (`debug`, `release`).
    pub(crate) fn built_program(&self, profile: &str, name: &str) -> PathBuf {
        self.target.join(profile).join(name).with_extension(std::env::consts::EXE_EXTENSION)
    }

    /// `cargo <args>` in the root.
    pub(crate) fn cargo<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(&self, args: I) -> Invocation {
        let mut invocation = self.program(&self.cargo, args);
        invocation.title = invocation.title.replacen(&self.cargo.display().to_string(), "cargo", 1);
        invocation
    }

    /// `program <args>` in the root.
    pub(crate) fn program<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(
        &self,
        program: impl AsRef<OsStr>,
        args: I,
    ) -> Invocation {
        let mut command = Command::new(program.as_ref());
        command.current_dir(&self.root).args(args);
        let title = std::iter::once(command.get_program())
            .chain(command.get_args())
            .map(|word| word.to_string_lossy().into_owned())
            .collect::<Vec<_>>()
            .join(" ");
        Invocation { command, title }
    }
}

/// A command that is about to run.
#[derive(Debug)]
pub(crate) struct Invocation {
    command: Command,
    title: String,
}

impl Invocation {
    /// Sets an environment variable for this command only.
    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Runs it with our own stdout and stderr; anything but success is a failure.
    pub(crate) fn run(mut self) -> Result<(), Failure> {
        let status = self.command.status().map_err(|source| not_started(&self.title, &source))?;
        if status.success() { Ok(()) } else { Err(Failure::new(format!("`{}` failed ({status})", self.title))) }
    }

    /// Starts it with nothing to read, its stdout in a pipe and stderr passed on.
    pub(crate) fn start(mut self) -> Result<Child, Failure> {
        self.command.stdin(Stdio::null()).stdout(Stdio::piped());
        self.command.spawn().map_err(|source| not_started(&self.title, &source))
    }

    /// Runs it with stderr passed on and returns what it wrote to stdout.
    pub(crate) fn read(mut self) -> Result<Vec<u8>, Failure> {
        let output =
            self.command.stderr(Stdio::inherit()).output().map_err(|source| not_started(&self.title, &source))?;
        if output.status.success() {
            Ok(output.stdout)
        } else {
            Err(Failure::new(format!("`{}` failed ({})", self.title, output.status)))
        }
    }

    /// Whether it can be started and succeeds; its output is dropped.
    pub(crate) fn succeeds(mut self) -> bool {
        self.command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
    }
}

impl fmt::Display for Invocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.title)
    }
}

fn not_started(title: &str, source: &std::io::Error) -> Failure {
    if source.kind() == ErrorKind::NotFound {
        let program = title.split(' ').next().unwrap_or(title);
        Failure::new(format!("`{program}` is not installed, or not on PATH (needed for `{title}`)"))
    } else {
        Failure::new(format!("cannot start `{title}`: {source}"))
    }
}
