//! Facts about one process. A process may end at any moment: every answer is about the past.

use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};

use crate::Owner;
use crate::owner::{ExecutableFile, Program, kind_of};

/// How much of a command line is read: enough for Java's class paths, with which it begins.
const COMMAND_LINE_LIMIT: u64 = 64 * 1024;

/// The kernel appends this to the path of an executable that was replaced while running.
const DELETED: &str = " (deleted)";

/// The file name of the process's executable; where that may not be read, the kernel's short name for it (15 bytes at
/// most).
pub fn program_of(pid: u32) -> Option<String> {
    let by_executable = fs::read_link(format!("/proc/{pid}/exe")).ok().and_then(|path| {
        let name = path.file_name()?.to_string_lossy().into_owned();
        Some(name.strip_suffix(DELETED).map_or_else(|| name.clone(), str::to_owned))
    });
    by_executable.or_else(|| Some(fs::read_to_string(format!("/proc/{pid}/comm")).ok()?.trim_end().to_owned()))
}

/// How many bytes of the process are in memory (`VmRSS`, which the kernel keeps to within some pages a thread).
pub fn resident_bytes(pid: u32) -> Option<u64> {
    parse_resident(&fs::read_to_string(format!("/proc/{pid}/status")).ok()?)
}

/// Whether the process exists and still runs: one that has ended and waits to be reaped does not.
pub fn alive(pid: u32) -> bool {
    let Some(id) = i32::try_from(pid).ok().and_then(Pid::from_raw) else { return false };
    match test_kill_process(id) {
        Err(Errno::SRCH) => false,
        // Any other refusal is about a process that exists.
        Ok(()) | Err(_) => !fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| is_dead(&stat)),
    }
}

/// The process as the owner of a socket.
pub(crate) fn as_owner(pid: u32) -> Owner {
    let program = program_of(pid).unwrap_or_default();
    let command_line = command_line(pid);
    let kind = kind_of(&Program { executable: &program, command_line: &command_line, file: compare_executable(pid) });
    Owner::Known { pid, program, kind }
}

fn command_line(pid: u32) -> String {
    let mut bytes = Vec::new();
    if let Ok(file) = File::open(format!("/proc/{pid}/cmdline")) {
        // What was read before an error is as good as a shorter command line.
        let _ = file.take(COMMAND_LINE_LIMIT).read_to_end(&mut bytes);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn compare_executable(pid: u32) -> ExecutableFile {
    let file = |path: &Path| fs::metadata(path).ok().map(|file| (file.dev(), file.ino()));
    match (file(Path::new("/proc/self/exe")), file(Path::new(&format!("/proc/{pid}/exe")))) {
        (Some(ours), Some(theirs)) if ours == theirs => ExecutableFile::SameAsOurs,
        _ => ExecutableFile::Other,
    }
}

fn parse_resident(status: &str) -> Option<u64> {
    let value = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = value.trim().strip_suffix("kB")?.trim_end().parse().ok()?;
    kibibytes.checked_mul(1024)
}

/// Whether a line of `/proc/<pid>/stat` is that of a process that has ended. The name before the state may contain
/// anything.
fn is_dead(stat: &str) -> bool {
    stat.rsplit_once(')').is_some_and(|(_, rest)| matches!(rest.trim_start().chars().next(), Some('Z' | 'X')))
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn this_process_is_alive_has_memory_and_is_ours() {
        let pid = std::process::id();
        assert!(alive(pid));
        assert!(resident_bytes(pid).unwrap() > 100 * 1024);
        let Owner::Known { program, kind, .. } = as_owner(pid) else { panic!("it is known") };
        assert!(program.starts_with("gatewright_sys"), "{program}");
        assert_eq!(kind, crate::OwnerKind::Ours);
    }

    #[test]
    fn a_child_that_ended_is_not_alive_although_nobody_has_reaped_it() {
        let mut child = Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let pid = child.id();
        assert!(alive(pid));
        assert_eq!(
            program_of(pid).as_deref(),
            fs::canonicalize(format!("/proc/{pid}/exe")).unwrap().file_name().unwrap().to_str()
        );
        child.kill().unwrap();
        // Its pipe ends when it does, before it is reaped.
        let mut output = child.stdout.take().unwrap();
        output.read_to_end(&mut Vec::new()).unwrap();
        crate::leaky_gateway::poll_until("the child has ended", || !alive(pid));
        child.wait().unwrap();
        assert!(!alive(pid));
        assert_eq!((program_of(pid), resident_bytes(pid)), (None, None));
    }

    #[test]
    fn impossible_process_ids_are_not_alive() {
        assert!(!alive(0));
        assert!(!alive(u32::MAX));
        assert!(!alive(i32::MAX as u32));
    }

    #[test]
    fn status_and_stat_are_read_whatever_the_name_is() {
        assert_eq!(parse_resident("Name:\tx\nVmRSS:\t    2048 kB\nRssAnon: 1 kB\n"), Some(2 * 1024 * 1024));
        assert_eq!(parse_resident("Name:\tVmRSS: 1 kB\n"), None);
        assert_eq!(parse_resident("VmRSS: many kB"), None);
        assert!(is_dead("7 (a) S) Z 1"));
        assert!(!is_dead("7 (Z) S 1"));
        assert!(!is_dead(""));
    }
}
