//! A log file that never grows past a bound, shared by all processes that write to the same folder.
//!
//! `worker.log` is the newest; when it is full it becomes `worker.log.1`, and so on. Several processes may append to it:
//! each line is one write in append mode, and whoever finds that the name has come to mean another file opens that.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// How large a file grows before it is set aside: some days of a worker at the default level.
pub(crate) const FILE_BYTES: u64 = 4 << 20;

/// How many files that were set aside are kept. With the current one a folder holds 20 MiB at most.
pub(crate) const KEPT_FILES: u32 = 4;

/// Only the user: there are prices, positions and orders in it.
const FILE_MODE: u32 = 0o600;
const DIR_MODE: u32 = 0o700;

/// A bounded log file.
#[derive(Debug)]
pub(crate) struct RotatingFile {
    path: PathBuf,
    file: File,
    file_bytes: u64,
    kept_files: u32,
}

impl RotatingFile {
    /// Opens `name` in `dir`, and makes the folder where it is missing.
    ///
    /// # Errors
    ///
    /// Whatever the file system says.
    pub(crate) fn open(dir: &Path, name: &str) -> io::Result<Self> {
        Self::with_bounds(dir, name, FILE_BYTES, KEPT_FILES)
    }

    fn with_bounds(dir: &Path, name: &str, file_bytes: u64, kept_files: u32) -> io::Result<Self> {
        if !dir.is_dir() {
            DirBuilder::new().recursive(true).mode(DIR_MODE).create(dir)?;
        }
        let path = dir.join(name);
        let file = open(&path)?;
        Ok(Self { path, file, file_bytes, kept_files })
    }

    /// Makes sure that the name still means our file, and that the file has room.
    fn make_room(&mut self) -> io::Result<()> {
        let ours = self.file.metadata()?;
        let is_ours =
            fs::metadata(&self.path).is_ok_and(|named| named.ino() == ours.ino() && named.dev() == ours.dev());
        if is_ours && ours.len() < self.file_bytes {
            return Ok(());
        }
        if is_ours {
            // Two processes may come here together; the one that gets the lock second sees that the name has moved on.
            self.file.lock()?;
            let still = fs::metadata(&self.path).is_ok_and(|named| named.ino() == ours.ino());
            if still {
                self.rotate()?;
            }
            self.file.unlock()?;
        }
        self.file = open(&self.path)?;
        Ok(())
    }

    fn rotate(&self) -> io::Result<()> {
        for number in (1..self.kept_files).rev() {
            match fs::rename(self.kept(number), self.kept(number + 1)) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                other => other?,
            }
        }
        fs::rename(&self.path, self.kept(1))
    }

    fn kept(&self, number: u32) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(format!(".{number}"));
        name.into()
    }
}

impl Write for RotatingFile {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.make_room()?;
        self.file.write(line)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

fn open(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().append(true).create(true).mode(FILE_MODE).open(path)?;
    // One that was there already may have come about otherwise.
    if file.metadata()?.permissions().mode() & 0o777 != FILE_MODE {
        file.set_permissions(fs::Permissions::from_mode(FILE_MODE))?;
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    fn lines(dir: &Path) -> usize {
        let files = fs::read_dir(dir).unwrap().map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap());
        files.map(|text| text.lines().count()).sum()
    }

    #[test]
    fn only_its_user_may_read_it() {
        let dir = tempfile::tempdir().unwrap();
        let logs = dir.path().join("state/logs");
        RotatingFile::open(&logs, "worker.log").unwrap().write_all(b"hello\n").unwrap();
        assert_eq!((mode(&logs), mode(&logs.join("worker.log"))), (0o700, 0o600));
    }

    #[test]
    fn a_file_that_others_could_read_is_closed_to_them() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("worker.log");
        fs::write(&path, "").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        RotatingFile::open(dir.path(), "worker.log").unwrap();
        assert_eq!(mode(&path), 0o600);
    }

    #[test]
    fn number_and_size_of_files_are_bounded_and_the_newest_lines_stay() {
        let dir = tempfile::tempdir().unwrap();
        let mut file = RotatingFile::with_bounds(dir.path(), "w.log", 100, 2).unwrap();
        for number in 0..1000 {
            writeln!(file, "line {number:04}").unwrap();
        }
        let mut names: Vec<String> =
            fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        assert_eq!(names, ["w.log", "w.log.1", "w.log.2"]);
        for name in &names {
            assert!(fs::metadata(dir.path().join(name)).unwrap().len() <= 110);
        }
        assert!(fs::read_to_string(dir.path().join("w.log")).unwrap().ends_with("line 0999\n"));
    }

    #[test]
    fn several_writers_lose_no_line_between_them() {
        let dir = tempfile::tempdir().unwrap();
        let mut files: Vec<RotatingFile> =
            (0..3).map(|_| RotatingFile::with_bounds(dir.path(), "w.log", 50, 1000).unwrap()).collect();
        std::thread::scope(|scope| {
            for file in &mut files {
                scope.spawn(|| {
                    (0..100).for_each(|number| file.write_all(format!("line {number}\n").as_bytes()).unwrap())
                });
            }
        });
        assert_eq!(lines(dir.path()), 300);
    }
}
