//! Looking for zombies: the kernel's table in process, against lsof.

use std::io;
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use gatewright_sys::{Inspection, OwnerLookup, States, Thresholds, inspect_with, verdict};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::figures::{self, Samples, Table, ratio};
use crate::rivals;

const LOOKS: u32 = 51;
const RIVAL_LOOKS: u32 = 11;

pub(crate) fn run() -> io::Result<()> {
    let mut table = Table::default();
    for count in [0, 100, 5000] {
        let zombies = Zombies::make(count)?;
        let ours = looks(&zombies, count, Inspection { states: States::CloseWait, owners: OwnerLookup::Skip })?;
        let owners = looks(&zombies, count, Inspection::default())?;
        let mut rival = Samples::default();
        for _ in 0..RIVAL_LOOKS {
            let Some(took) = rivals::lsof(zombies.port) else { break };
            rival.push(took);
        }
        let against = if rival.len() == 0 {
            "lsof is not installed".to_owned()
        } else {
            format!("lsof {rival}: {:.0} × ours", ratio(&rival, &ours))
        };
        table.row(format!("{count} zombies, as before every connection"), ours.to_string(), against);
        let against = format!("lsof: {:.0} × ours", ratio(&rival, &owners));
        table.row(format!("{count} zombies, everything with its owner, as `doctor`"), owners.to_string(), against);
    }
    table.print("Looking for zombies");
    Ok(())
}

fn looks(zombies: &Zombies, count: usize, inspection: Inspection) -> io::Result<Samples> {
    let mut samples = Samples::default();
    for _ in 0..LOOKS {
        let began = figures::now();
        let report =
            inspect_with(zombies.port, inspection, began + Duration::from_secs(2)).map_err(io::Error::other)?;
        let found = verdict(&report, &Thresholds::default()).zombies.len();
        samples.push(began.elapsed());
        if found != count {
            return Err(io::Error::other(format!("{found} zombies found of {count}")));
        }
    }
    Ok(samples)
}

/// Connections that their clients closed and their owner did not: CLOSE_WAIT.
struct Zombies {
    port: u16,
    _held: Vec<TcpStream>,
    _listener: TcpListener,
}

impl Zombies {
    fn make(count: usize) -> io::Result<Self> {
        let needed = count as u64 * 2 + 200;
        let limit = getrlimit(Resource::Nofile);
        if limit.current.is_some_and(|current| current < needed) {
            setrlimit(Resource::Nofile, Rlimit { current: Some(needed), maximum: limit.maximum })?;
        }
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let mut held = Vec::with_capacity(count);
        for _ in 0..count {
            let client = TcpStream::connect(address)?;
            held.push(listener.accept()?.0);
            drop(client);
        }
        Ok(Self { port: address.port(), _held: held, _listener: listener })
    }
}
