//! `gatewright sim replay`: plays the Gateway's side of a recording.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use clap::Args;
use gatewright_sim::recording::Transcript;
use gatewright_sim::{Replay, Replayed};

use crate::diagnosis::Diagnosis;
use crate::exit_code::Exit;
use crate::output;
use crate::runtime::block_on;
use crate::signal::StopSignals;
use crate::sim_child::READY_LINE;

/// Play the Gateway's side of a recording, and compare what the client sends
///
/// The first client that connects gets the first connection of the recording, and so on. What the Gateway sent comes as
/// soon as the client has sent what it had sent before. Differences are printed, one a line; with any of them the exit
/// code is 1.
#[derive(Debug, Args)]
pub(crate) struct ReplayArgs {
    /// What `gatewright sim --record FILE` has written
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// The port; 0 takes a free one
    #[arg(long, default_value_t = 4002)]
    port: u16,
}

/// Runs the command.
pub(crate) fn run(args: &ReplayArgs) -> Result<Exit, Diagnosis> {
    let failed = |error: std::io::Error| {
        Diagnosis::internal(&format!("cannot read the recording `{}`", args.file.display()), error)
    };
    let transcript: Transcript = fs::read_to_string(&args.file).map_err(failed)?.parse()?;
    block_on(async {
        let mut signals = StopSignals::listen()?;
        let replay = Replay::open(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), args.port), &transcript)?;
        output::line(format_args!("{READY_LINE}{}", replay.addr()));
        let mut different = 0;
        tokio::select! {
            _ = signals.stopped() => {}
            played = replay.run(|replayed| different += report(&replayed)) => played?,
        }
        match different {
            0 => Ok(Exit::Success),
            _ => {
                Err(Diagnosis::new(Exit::Internal, format!("the client differed from the recording {different} times")))
            }
        }
    })
}

fn report(replayed: &Replayed) -> usize {
    let connection = replayed.connection.0;
    for difference in &replayed.differences {
        output::line(format_args!("connection {connection}: {difference}"));
    }
    if replayed.differences.is_empty() {
        output::line(format_args!("connection {connection}: as recorded"));
    }
    replayed.differences.len()
}
