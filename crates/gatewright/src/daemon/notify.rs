//! Telling the service manager how we are, by systemd's notification protocol: one datagram to a Unix socket.

use std::ffi::OsStr;
use std::io;
#[cfg(target_os = "linux")]
use std::os::linux::net::SocketAddrExt;
#[cfg(target_os = "linux")]
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

use crate::environment::ServiceVariables;

/// What a service manager is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Notice<'a> {
    /// Everything that was asked for is being served; one line about it for people.
    Ready(&'a str),
    /// The settings are being read again, since this time of the monotonic clock; `Ready` follows.
    Reloading(Duration),
    /// How we are, in one line for people.
    Status(&'a str),
    /// We are leaving.
    Stopping,
    /// Our loop turns.
    Alive,
}

impl Notice<'_> {
    fn text(self) -> String {
        match self {
            Notice::Ready(status) => format!("READY=1\nSTATUS={}", one_line(status)),
            // `Type=notify-reload` tells by this time which of two reloads has ended.
            Notice::Reloading(at) => format!("RELOADING=1\nMONOTONIC_USEC={}", at.as_micros()),
            Notice::Status(status) => format!("STATUS={}", one_line(status)),
            Notice::Stopping => "STOPPING=1".into(),
            Notice::Alive => "WATCHDOG=1".into(),
        }
    }
}

/// A line break would begin another assignment.
fn one_line(text: &str) -> String {
    text.replace('\n', " ")
}

/// The service manager, where there is one.
#[derive(Debug)]
pub(super) struct ServiceManager {
    socket: Option<(UnixDatagram, SocketAddr)>,
    /// How often it wants to hear that we live.
    watchdog: Option<Duration>,
}

impl ServiceManager {
    /// The one that the environment names.
    ///
    /// # Errors
    ///
    /// When it names one that cannot be reached.
    pub(super) fn of(variables: &ServiceVariables) -> io::Result<Self> {
        let socket = match &variables.notify_socket {
            None => None,
            Some(name) => {
                let socket = UnixDatagram::unbound()?;
                // A manager that does not read must not stop us.
                socket.set_nonblocking(true)?;
                Some((socket, address(name)?))
            }
        };
        // Someone else's watchdog is in our environment where a manager started our parent.
        let ours = variables.watchdog_pid.is_none_or(|pid| pid == std::process::id());
        let watchdog = variables.watchdog.filter(|every| ours && socket.is_some() && !every.is_zero());
        Ok(Self { socket, watchdog })
    }

    /// How often [`Notice::Alive`] is to be said: twice in the time after which we would count as dead.
    pub(super) fn alive_every(&self) -> Option<Duration> {
        self.watchdog.map(|every| every / 2)
    }

    /// Says it. A manager that does not listen is no reason to fail.
    pub(super) fn tell(&self, notice: Notice<'_>) {
        let Some((socket, address)) = &self.socket else { return };
        if let Err(error) = socket.send_to_addr(notice.text().as_bytes(), address) {
            tracing::debug!(%error, ?notice, "the service manager was not told");
        }
    }
}

/// A path, or a name without a file where it begins with `@`, which only Linux has.
fn address(name: &OsStr) -> io::Result<SocketAddr> {
    #[cfg(target_os = "linux")]
    if let Some(name) = name.as_bytes().strip_prefix(b"@") {
        return SocketAddr::from_abstract_name(name);
    }
    SocketAddr::from_pathname(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manager(variables: ServiceVariables) -> ServiceManager {
        ServiceManager::of(&variables).unwrap()
    }

    fn heard(socket: &UnixDatagram) -> String {
        let mut buffer = [0; 256];
        let length = socket.recv(&mut buffer).unwrap();
        String::from_utf8(buffer[..length].to_vec()).unwrap()
    }

    #[test]
    fn a_socket_with_a_path_hears_each_notice_as_one_datagram() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        let manager = manager(ServiceVariables { notify_socket: Some(path.into()), ..ServiceVariables::default() });
        for (notice, text) in [
            (Notice::Ready("two\nlines"), "READY=1\nSTATUS=two lines"),
            (Notice::Reloading(Duration::from_millis(7)), "RELOADING=1\nMONOTONIC_USEC=7000"),
            (Notice::Status("paper: the Gateway answers"), "STATUS=paper: the Gateway answers"),
            (Notice::Alive, "WATCHDOG=1"),
            (Notice::Stopping, "STOPPING=1"),
        ] {
            manager.tell(notice);
            assert_eq!(heard(&socket), text);
        }
    }

    #[test]
    fn a_socket_without_a_file_is_found_by_its_name() {
        let name = format!("gatewright-test-{}", std::process::id());
        let socket = UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(name.as_bytes()).unwrap()).unwrap();
        let variables =
            ServiceVariables { notify_socket: Some(format!("@{name}").into()), ..ServiceVariables::default() };
        manager(variables).tell(Notice::Alive);
        assert_eq!(heard(&socket), "WATCHDOG=1");
    }

    #[test]
    fn the_watchdog_is_ours_only_where_it_names_us() {
        let variables = |pid| ServiceVariables {
            notify_socket: Some("/nowhere".into()),
            watchdog: Some(Duration::from_secs(10)),
            watchdog_pid: pid,
        };
        assert_eq!(manager(variables(None)).alive_every(), Some(Duration::from_secs(5)));
        assert_eq!(manager(variables(Some(std::process::id()))).alive_every(), Some(Duration::from_secs(5)));
        assert_eq!(manager(variables(Some(1))).alive_every(), None);
        manager(variables(None)).tell(Notice::Alive);
    }
}
