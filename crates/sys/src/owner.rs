//! Which process holds a socket, and what kind of program that is.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(crate) mod search;

/// Who holds a socket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum Owner {
    /// This process has a descriptor of it; the first one found where several share it.
    Known {
        /// Its process id.
        pid: u32,
        /// The file name of its executable, or the kernel's short name for it.
        program: String,
        /// What kind of program that is.
        kind: OwnerKind,
    },
    /// No process has a descriptor: the connection waits in a listener's accept queue, or its process has closed it and
    /// the kernel finishes it.
    Orphaned,
    /// Some process has a descriptor; it is not known which.
    Unknown {
        /// Why not.
        reason: UnknownOwner,
    },
}

impl Owner {
    /// The kind of program, where the owner is known.
    pub const fn kind(&self) -> Option<OwnerKind> {
        match self {
            Self::Known { kind, .. } => Some(*kind),
            Self::Orphaned | Self::Unknown { .. } => None,
        }
    }
}

/// What kind of program holds a socket, judged by its executable and command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OwnerKind {
    /// Gatewright: the same executable file as this process's, or one of its name.
    Ours,
    /// A Java program, or one with IB's words in its command line: probably a Gateway or TWS.
    GatewayLike,
    /// A program that forwards ports (socat, docker-proxy, ssh, …). The Gateway is behind it, often in another network
    /// namespace, where its zombies are and cannot be seen from here.
    Relay,
    /// Anything else.
    Foreign,
}

/// Why a socket's owner is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UnknownOwner {
    /// The deadline passed before it was found.
    OutOfTime,
    /// Some processes' descriptors may not be read by this user, and it is none of the others.
    NotPermitted,
    /// No process of this process namespace has it: the owner is in another one, or has just gone.
    NotFound,
    /// Owners were not asked for.
    NotAsked,
}

impl fmt::Display for UnknownOwner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OutOfTime => "out of time",
            Self::NotPermitted => "not permitted to read other users' processes",
            Self::NotFound => "no process visible here has it",
            Self::NotAsked => "not asked",
        })
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known { pid, program, .. } => write!(f, "{program} (pid {pid})"),
            Self::Orphaned => f.write_str("no process"),
            Self::Unknown { reason } => write!(f, "unknown ({reason})"),
        }
    }
}

/// What is known of a program that holds a socket.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Program<'a> {
    /// The file name of the executable.
    pub(crate) executable: &'a str,
    /// The command line, arguments separated by anything.
    pub(crate) command_line: &'a str,
    /// How its executable compares with ours.
    pub(crate) file: ExecutableFile,
}

/// Whether two processes run the same file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ExecutableFile {
    SameAsOurs,
    Other,
}

/// Our binary's name: a process of an older build is still ours.
const OUR_NAME: &str = "gatewright";

/// Programs whose business is to forward a port (field reports for socat and docker-proxy).
const RELAYS: [&str; 14] = [
    "autossh",
    "docker-proxy",
    "envoy",
    "gvproxy",
    "haproxy",
    "kubectl",
    "nginx",
    "pasta",
    "passt",
    "rootlessport",
    "slirp4netns",
    "socat",
    "ssh",
    "sshd",
];

/// Words that IB's programs and launchers have in their paths: `ibgateway`, `/opt/tws`, `~/Jts`, `jts4launch-1041.jar`.
const GATEWAY_WORDS: [&str; 3] = ["ibgateway", "tws", "jts"];

/// What kind of program this is. The executable says more than the command line, in which a relay may well name a
/// Gateway's host.
pub(crate) fn kind_of(program: &Program<'_>) -> OwnerKind {
    let executable = program.executable.to_ascii_lowercase();
    if program.file == ExecutableFile::SameAsOurs || executable == OUR_NAME {
        OwnerKind::Ours
    } else if executable == "java" || has_gateway_word(&executable) {
        OwnerKind::GatewayLike
    } else if RELAYS.contains(&executable.as_str()) {
        OwnerKind::Relay
    } else if has_gateway_word(&program.command_line.to_ascii_lowercase()) {
        OwnerKind::GatewayLike
    } else {
        OwnerKind::Foreign
    }
}

/// Whether a word of IB's begins some word of the text; in the middle of one ("outwsourced") it means nothing.
fn has_gateway_word(text: &str) -> bool {
    text.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| GATEWAY_WORDS.iter().any(|ours| word.starts_with(ours)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(executable: &str, command_line: &str) -> OwnerKind {
        kind_of(&Program { executable, command_line, file: ExecutableFile::Other })
    }

    #[test]
    fn gateways_are_known_by_java_and_by_ib_s_words() {
        assert_eq!(kind("java", ""), OwnerKind::GatewayLike);
        assert_eq!(kind("ibgateway", ""), OwnerKind::GatewayLike);
        assert_eq!(kind("ibgateway1041", ""), OwnerKind::GatewayLike);
        assert_eq!(
            kind("JavaApplicationStub", "/Users/a/Applications/IB Gateway/../Jts/ibgateway"),
            OwnerKind::GatewayLike
        );
        assert_eq!(kind("sim", "sim --dir /root/Jts/1041"), OwnerKind::GatewayLike);
        assert_eq!(kind("x", "-cp jts4launch-1041.jar"), OwnerKind::GatewayLike);
    }

    #[test]
    fn words_that_merely_contain_ib_s_are_foreign() {
        assert_eq!(kind("python3.11", "python3 outwsourced.py"), OwnerKind::Foreign);
        assert_eq!(kind("nc", "nc -l 4001"), OwnerKind::Foreign);
        assert_eq!(kind("javascript-server", ""), OwnerKind::Foreign);
        assert_eq!(kind("", ""), OwnerKind::Foreign);
    }

    #[test]
    fn relays_stay_relays_even_if_they_name_a_gateway() {
        assert_eq!(kind("socat", "socat TCP-LISTEN:4003,fork TCP:127.0.0.1:4001"), OwnerKind::Relay);
        assert_eq!(kind("ssh", "ssh -L 4001:localhost:4001 tws-host"), OwnerKind::Relay);
        assert_eq!(kind("docker-proxy", ""), OwnerKind::Relay);
    }

    #[test]
    fn ours_is_the_same_file_or_the_same_name() {
        let same = Program { executable: "renamed", command_line: "", file: ExecutableFile::SameAsOurs };
        assert_eq!(kind_of(&same), OwnerKind::Ours);
        assert_eq!(kind("gatewright", "gatewright sim"), OwnerKind::Ours);
    }
}
