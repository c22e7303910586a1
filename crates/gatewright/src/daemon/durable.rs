//! Small facts that outlive the daemon: a JSON file each, replaced as a whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// The longest file that is read: a hundred times what a daemon with a hundred Gateways writes.
const MAX_LENGTH: u64 = 4 << 20;

/// What a file holds; `None` where there is none.
///
/// # Errors
///
/// Where it cannot be read, or is not what was written.
pub(super) fn read<T: DeserializeOwned>(path: &Path) -> io::Result<Option<T>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut bytes = Vec::new();
    file.take(MAX_LENGTH).read_to_end(&mut bytes)?;
    serde_json::from_slice(&bytes).map(Some).map_err(io::Error::other)
}

/// Puts a value in the place of what was there. When it returns, a power cut leaves the new value; before, either.
///
/// # Errors
///
/// Whatever the file system says; then the old value is still there.
pub(super) fn write(path: &Path, value: &impl Serialize) -> io::Result<()> {
    let new = path.with_extension("new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
    file.write_all(&serde_json::to_vec_pretty(value)?)?;
    file.sync_all()?;
    fs::rename(&new, path)?;
    // The new name is on the disk only once its folder is.
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_replaced_as_a_whole_and_what_is_broken_is_no_value() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("value.json");
        assert_eq!(read::<Vec<u32>>(&path).unwrap(), None);
        write(&path, &[1, 2, 3]).unwrap();
        write(&path, &[4]).unwrap();
        assert_eq!(read::<Vec<u32>>(&path).unwrap(), Some(vec![4]));
        // What a power cut leaves of the next value disturbs nobody.
        fs::write(path.with_extension("new"), "[5,").unwrap();
        assert_eq!(read::<Vec<u32>>(&path).unwrap(), Some(vec![4]));
        fs::write(&path, "[5,").unwrap();
        assert!(read::<Vec<u32>>(&path).is_err(), "a broken file is not the same as none");
    }
}
