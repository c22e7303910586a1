//! Finding the processes that hold given sockets: one walk over `/proc/<pid>/fd` for all of them.

use std::collections::{HashMap, HashSet};
use std::ffi::CStr;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Instant;

use rustix::fs::{AtFlags, CWD, Dir, Mode, OFlags, openat, readlinkat_raw, statat};
use rustix::io::Errno;

use super::{Owner, UnknownOwner};
use crate::{clock, process};

/// How many descriptors are looked at between two looks at the clock: about 100 µs of work.
const DESCRIPTORS_PER_CLOCK_READ: usize = 64;

/// A socket's link is `socket:[` + at most 20 digits + `]`; what is longer is no socket.
const LINK_LIMIT: usize = 64;

/// What a walk found.
pub(crate) struct Owners {
    by_inode: HashMap<u64, Owner>,
    /// What to say of a socket that was not found.
    otherwise: UnknownOwner,
}

impl Owners {
    /// The result of no walk at all.
    pub(crate) fn not_asked() -> Self {
        Self { by_inode: HashMap::new(), otherwise: UnknownOwner::NotAsked }
    }

    /// The owner of the socket with this inode; 0 is the kernel's way to say that no process has it.
    pub(crate) fn of(&self, inode: u64) -> Owner {
        match inode {
            0 => Owner::Orphaned,
            _ => self.by_inode.get(&inode).cloned().unwrap_or(Owner::Unknown { reason: self.otherwise }),
        }
    }
}

/// Looks for the holders of these sockets, given as inode and uid, until all are found or the deadline has come.
pub(crate) fn owners_of(wanted: &HashMap<u64, u32>, deadline: Instant) -> Owners {
    let mut owners = Owners { by_inode: HashMap::new(), otherwise: UnknownOwner::NotFound };
    let missing = wanted.keys().copied().filter(|inode| *inode != 0).collect();
    let mut walk = Walk { missing, found: Vec::new(), deadline };
    if walk.missing.is_empty() {
        return owners;
    }
    let Ok(proc) = openat(CWD, c"/proc", OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty()) else {
        return owners;
    };
    for pid in likeliest_first(proc.as_fd(), wanted) {
        if walk.missing.is_empty() {
            break;
        }
        let outcome = walk.process(proc.as_fd(), pid);
        if !walk.found.is_empty() {
            let owner = process::as_owner(pid);
            owners.by_inode.extend(walk.found.drain(..).map(|inode| (inode, owner.clone())));
        }
        match outcome {
            Ok(()) => {}
            Err(Stopped::OutOfTime) => {
                owners.otherwise = UnknownOwner::OutOfTime;
                break;
            }
            Err(Stopped::Denied) => owners.otherwise = UnknownOwner::NotPermitted,
        }
    }
    owners
}

/// All processes: this one, then those of the users that the sockets belong to, then the rest.
fn likeliest_first(proc: BorrowedFd<'_>, wanted: &HashMap<u64, u32>) -> Vec<u32> {
    let uids: HashSet<u32> = wanted.values().copied().collect();
    let own = std::process::id();
    let mut ranked: Vec<(u8, u32)> = Dir::read_from(proc)
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let pid: u32 = entry.file_name().to_str().ok()?.parse().ok()?;
            let same_user =
                || statat(proc, entry.file_name(), AtFlags::empty()).is_ok_and(|s| uids.contains(&s.st_uid));
            let rank = if pid == own {
                0
            } else if same_user() {
                1
            } else {
                2
            };
            Some((rank, pid))
        })
        .collect();
    ranked.sort_unstable();
    ranked.into_iter().map(|(_, pid)| pid).collect()
}

/// Why a process was not looked at to the end.
enum Stopped {
    OutOfTime,
    Denied,
}

struct Walk {
    missing: HashSet<u64>,
    /// Found in the process under way.
    found: Vec<u64>,
    deadline: Instant,
}

impl Walk {
    /// Looks through one process's descriptors. A process that ends meanwhile has none.
    fn process(&mut self, proc: BorrowedFd<'_>, pid: u32) -> Result<(), Stopped> {
        self.check_clock()?;
        let path = format!("{pid}/fd");
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let directory = match openat(proc, path, flags, Mode::empty()) {
            Ok(directory) => directory,
            Err(Errno::ACCESS | Errno::PERM) => return Err(Stopped::Denied),
            Err(_) => return Ok(()),
        };
        let Ok(entries) = Dir::read_from(&directory) else { return Ok(()) };
        for (count, entry) in entries.enumerate() {
            if count % DESCRIPTORS_PER_CLOCK_READ == DESCRIPTORS_PER_CLOCK_READ - 1 {
                self.check_clock()?;
            }
            let Ok(entry) = entry else { break };
            let Some(inode) = socket_inode(directory.as_fd(), entry.file_name()) else { continue };
            if self.missing.remove(&inode) {
                self.found.push(inode);
                if self.missing.is_empty() {
                    break;
                }
            }
        }
        Ok(())
    }

    fn check_clock(&self) -> Result<(), Stopped> {
        if clock::now() < self.deadline { Ok(()) } else { Err(Stopped::OutOfTime) }
    }
}

/// The inode of the socket that this descriptor is, if it is one.
fn socket_inode(directory: BorrowedFd<'_>, descriptor: &CStr) -> Option<u64> {
    let mut link = [0u8; LINK_LIMIT];
    let length = readlinkat_raw(directory, descriptor, &mut link[..]).ok()?;
    parse_socket_link(link.get(..length)?)
}

fn parse_socket_link(link: &[u8]) -> Option<u64> {
    let digits = link.strip_prefix(b"socket:[")?.strip_suffix(b"]")?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;
    use std::os::fd::AsRawFd;
    use std::time::Duration;

    use super::*;

    fn inode_of(socket: &UdpSocket) -> u64 {
        let link = std::fs::read_link(format!("/proc/self/fd/{}", socket.as_raw_fd())).unwrap();
        parse_socket_link(link.to_str().unwrap().as_bytes()).unwrap()
    }

    #[test]
    fn our_own_socket_is_found_in_this_process_and_an_unknown_one_is_not() {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let inode = inode_of(&socket);
        let owners = owners_of(&HashMap::from([(inode, 0), (u64::MAX, 0)]), clock::now() + Duration::from_secs(10));
        assert!(matches!(owners.of(inode), Owner::Known { pid, .. } if pid == std::process::id()));
        let Owner::Unknown { reason } = owners.of(u64::MAX) else { panic!("nobody has this inode") };
        // Unprivileged, the walk cannot rule out the processes that it may not read, of which the first is one.
        let denied = std::fs::read_dir("/proc/1/fd").is_err_and(|e| e.kind() == std::io::ErrorKind::PermissionDenied);
        assert!(reason == UnknownOwner::NotPermitted || (!denied && reason == UnknownOwner::NotFound), "{reason}");
        assert_eq!(owners.of(0), Owner::Orphaned);
    }

    #[test]
    fn with_no_time_left_owners_are_unknown_for_that_reason() {
        let owners = owners_of(&HashMap::from([(1, 0)]), clock::now());
        assert_eq!(owners.of(1), Owner::Unknown { reason: UnknownOwner::OutOfTime });
    }

    #[test]
    fn only_whole_socket_links_have_an_inode() {
        assert_eq!(parse_socket_link(b"socket:[123]"), Some(123));
        for other in
            [&b"socket:[]"[..], b"socket:[12", b"pipe:[12]", b"/dev/null", b"", b"socket:[99999999999999999999999]"]
        {
            assert_eq!(parse_socket_link(other), None);
        }
    }
}
