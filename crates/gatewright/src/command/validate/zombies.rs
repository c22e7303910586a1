//! Zombie detection both ways on a simulated port of our own, and none of ours at the Gateway afterwards.

use std::time::Duration;

use gatewright_sys::{Owner, Zombie};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::command::validate::step::NotPassed;
use crate::endpoint::Endpoint;
use crate::look::{Sight, look};
use crate::sim_child::SimChild;

/// What any client sends first: the API prefix and a range of versions.
const GREETING: &[u8] = b"API\0\0\0\0\x09v157..178";

/// How long the kernel and the simulator may take until the dead connection stands in the table.
const VISIBLE_WITHIN: Duration = Duration::from_secs(5);

/// How often the table is looked at meanwhile; it announces nothing.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// The dead connections at a Gateway.
pub(super) fn at(gateway: &Endpoint) -> Result<Vec<Zombie>, NotPassed> {
    match look(gateway).sight {
        Sight::Seen { verdict, .. } => Ok(verdict.zombies),
        Sight::Unseen { why } => Err(NotPassed::Unknown(why)),
    }
}

/// A port that nobody has left in a bad way has none.
pub(super) fn none_found(sim: &SimChild) -> Result<String, NotPassed> {
    match at(sim.endpoint())?.len() {
        0 => Ok("0 found on a fresh simulated port".into()),
        count => Err(NotPassed::Failed(format!("{count} found on a fresh simulated port"))),
    }
}

/// One that is made is found, at the right address, with its owner.
pub(super) async fn one_found(sim: &SimChild) -> Result<String, NotPassed> {
    let client = leave_one(sim.endpoint()).await.map_err(|error| NotPassed::Failed(error.to_string()))?;
    let mut looking = tokio::time::interval(LOOK_EVERY);
    let found = tokio::time::timeout(VISIBLE_WITHIN, async {
        loop {
            looking.tick().await;
            let zombies = at(sim.endpoint())?;
            if !zombies.is_empty() {
                return Ok(zombies);
            }
        }
    });
    let zombies = found.await.map_err(|_| NotPassed::Failed("the one that was made is not found".into()))??;
    let [zombie] = zombies.as_slice() else {
        return Err(NotPassed::Failed(format!("1 made, {} found", zombies.len())));
    };
    if zombie.remote != client {
        return Err(NotPassed::Failed(format!("found, but at {} and not at {client}", zombie.remote)));
    }
    if !matches!(zombie.owner, Owner::Known { pid, .. } if Some(pid) == sim.pid()) {
        return Err(NotPassed::Failed(format!("found, but its owner is said to be {}", zombie.owner)));
    }
    Ok(format!("1 made, 1 found, held by {}", zombie.owner))
}

/// A client that greets our own simulator, which ignores the end of connections, and leaves in the usual way.
async fn leave_one(sim: &Endpoint) -> std::io::Result<std::net::SocketAddr> {
    let mut stream = TcpStream::connect((sim.host.as_str(), sim.port)).await?;
    let client = stream.local_addr()?;
    stream.write_all(GREETING).await?;
    // Unread bytes would turn the orderly close into a reset: the version is read first.
    if stream.read(&mut [0; 256]).await? == 0 {
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    }
    stream.shutdown().await?;
    Ok(client)
}

/// Since `before`, nothing has been left at the Gateway.
pub(super) fn none_new(gateway: &Endpoint, before: &Result<Vec<Zombie>, NotPassed>) -> Result<String, NotPassed> {
    let before = before.clone()?;
    let new = at(gateway)?.into_iter().filter(|now| before.iter().all(|then| then.cookie != now.cookie)).count();
    match new {
        0 => Ok(format!("0 new at the Gateway's side ({} before)", before.len())),
        count => Err(NotPassed::Failed(format!("{count} new at the Gateway's side ({} before)", before.len()))),
    }
}
