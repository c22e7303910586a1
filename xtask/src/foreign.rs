//! The foreign clients that tests and benchmarks run: pinned packages in a virtual environment under target/.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::workspace::Workspace;

/// The environment variable that tells tests which Python has the foreign clients.
pub(crate) const PYTHON_VARIABLE: &str = "GATEWRIGHT_FOREIGN_PYTHON";

const REQUIREMENTS: &str = "tests/foreign/requirements.txt";

const PYTHON_MISSING: &str = "python3 with its venv module is needed: tests run the real ib_async against the simulator. \
     Install Python 3.11 or newer (Debian, Ubuntu: `apt install python3 python3-venv`; Fedora: `dnf install python3`; \
     macOS: `brew install python`) and run this again";

/// Makes sure that the environment holds exactly the pinned requirements; returns its Python.
///
/// Does nothing but read two files when an earlier run has installed the same requirements.
pub(crate) fn install(workspace: &Workspace) -> Result<PathBuf, Failure> {
    let requirements = workspace.root().join(REQUIREMENTS);
    let wanted = fs::read_to_string(&requirements).map_err(Failure::io("read", &requirements))?;
    let folder = workspace.target().join("foreign");
    fs::create_dir_all(&folder).map_err(Failure::io("create", &folder))?;
    // Two runs in one checkout must not build the same environment at the same time.
    let lock_path = folder.join("lock");
    let lock = File::create(&lock_path).map_err(Failure::io("create", &lock_path))?;
    lock.lock().map_err(Failure::io("lock", &lock_path))?;

    let venv = folder.join("venv");
    let python = python_of(&venv);
    let stamp = folder.join("installed-requirements.txt");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) && runs(workspace, &python) {
        println!("    already installed: {}", venv.display());
        return Ok(python);
    }

    if !workspace.program("python3", ["-c", "import venv, ensurepip"]).succeeds() {
        return Err(Failure::new(PYTHON_MISSING));
    }
    // Without a stamp an interrupted installation is started afresh.
    if stamp.exists() {
        fs::remove_file(&stamp).map_err(Failure::io("remove", &stamp))?;
    }
    println!("    creating {}", venv.display());
    workspace.program("python3", ["-m", "venv", "--clear"].map(Path::new).into_iter().chain([venv.as_path()])).run()?;
    println!("    installing {REQUIREMENTS}");
    workspace
        .program(&python, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", REQUIREMENTS])
        .env("PIP_CACHE_DIR", folder.join("pip-cache"))
        .run()?;
    fs::write(&stamp, wanted).map_err(Failure::io("write", &stamp))?;
    Ok(python)
}

fn python_of(venv: &Path) -> PathBuf {
    if cfg!(windows) { venv.join("Scripts").join("python.exe") } else { venv.join("bin").join("python") }
}

/// An environment whose base interpreter has been upgraded away still has its files, but does not start.
fn runs(workspace: &Workspace, python: &Path) -> bool {
    workspace.program(python, ["-c", "pass"]).succeeds()
}
