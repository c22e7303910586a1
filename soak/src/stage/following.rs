//! What follows from something: bytes and words between everybody, until nothing follows any more.

use std::time::Duration;

use gatewright_proxy::EntryId;
use gatewright_sim::core::ConnId;

use super::{Happening, LOOPBACK, Stage};
use crate::client::Client;
use crate::daemon::FromDaemon;
use crate::journal::Write;
use crate::sabotage::Sabotage;
use crate::violation::{Broken, Checked};
use crate::wires::ToGateway;
use crate::worker::Now;

impl Stage {
    /// Takes everything from everybody until nothing follows.
    pub(super) fn follow(&mut self) -> Checked {
        loop {
            let mut moved = false;
            while let Some((conn, what)) = self.gateway.poll(&self.clock, self.at) {
                moved = true;
                let at = self.wires.down(self.at, conn);
                self.add(at, Happening::AtWorker(conn, what));
            }
            let now = self.now();
            if let Some(worker) = &mut self.worker {
                let (gateway, local) = (&self.gateway, self.local);
                worker.drain(now, &mut self.conns, |port| local.then(|| gateway.listens(port)))?;
                for (conn, what) in std::mem::take(&mut worker.out) {
                    moved = true;
                    self.send(conn, what)?;
                }
            }
            moved |= self.follow_programs(now)?;
            if !moved {
                return Ok(());
            }
        }
    }

    /// What goes between programs, daemon, worker and journal.
    fn follow_programs(&mut self, now: Now) -> Result<bool, Broken> {
        let mut moved = false;
        let clients = self.clients.iter_mut().map(|client| &mut client.out);
        for out in clients.chain(self.twins.iter_mut().map(|twin| &mut twin.out)) {
            for (conn, what) in std::mem::take(out) {
                moved = true;
                self.due.insert((self.at + LOOPBACK, self.number), Happening::AtDaemon(conn, what));
                self.number += 1;
            }
        }
        let Some(daemon) = &mut self.daemon else { return Ok(moved) };
        if let Some(worker) = &mut self.worker {
            for news in std::mem::take(&mut worker.told) {
                moved = true;
                daemon.handle_raw(now, news);
                // What has come is written before more is taken.
                daemon.drain(now);
            }
        }
        daemon.drain(now);
        for what in std::mem::take(&mut daemon.out) {
            moved = true;
            match (what, &mut self.worker) {
                (FromDaemon::Open(open), Some(worker)) => worker.open_raw(now, open),
                (FromDaemon::Open(open), None) => daemon.refuse(now, open.id),
                (FromDaemon::CloseUpstream(id), Some(worker)) => worker.close_raw(now, id),
                (FromDaemon::Frames(id, frames), Some(worker)) => worker.send_raw(now, id, frames),
                (FromDaemon::CloseUpstream(_) | FromDaemon::Frames(..), None) => {}
                (FromDaemon::Bytes(conn, bytes), _) => {
                    self.due.insert((self.at + LOOPBACK, self.number), Happening::AtClient(conn, Some(bytes)));
                    self.number += 1;
                }
                (FromDaemon::Close(conn), _) => {
                    let ready = |client: &&Client| client.conn == Some(conn) && client.is_ready();
                    if let Some(client) = self.clients.iter().find(ready).filter(|client| client.has_read(self.at)) {
                        let what = format!("client id {}, which reads and has done nothing", client.id);
                        return Err(Broken::new("nobody is thrown out", what));
                    }
                    self.due.insert((self.at + LOOPBACK, self.number), Happening::AtClient(conn, None));
                    self.number += 1;
                }
                (FromDaemon::Write(Write::Intend(ticket, intent)), _) if self.sabotage == Some(Sabotage::Undurable) => {
                    daemon.handle_recorded(now, intent.client_id, ticket, EntryId(0));
                }
                (FromDaemon::Write(write), _) => {
                    let at = self.at + self.chance.between(Duration::from_millis(1), Duration::from_millis(20));
                    self.due.insert((at, self.number), Happening::Durable(write, self.daemons));
                    self.number += 1;
                }
            }
        }
        Ok(moved)
    }

    pub(super) fn send(&mut self, conn: ConnId, what: ToGateway) -> Checked {
        match (self.sabotage, what) {
            (Some(sabotage), ToGateway::Bytes(bytes)) => {
                sabotage.upward(bytes).into_iter().try_for_each(|bytes| self.put(conn, ToGateway::Bytes(bytes)))
            }
            (_, what) => self.put(conn, what),
        }
    }

    /// On the wire, past its observer.
    fn put(&mut self, conn: ConnId, what: ToGateway) -> Checked {
        match &what {
            ToGateway::Connect { .. } => {
                let delay = if self.local {
                    Duration::from_micros(20)
                } else {
                    self.chance.between(Duration::from_millis(1), Duration::from_millis(80))
                };
                self.wires.open(conn, delay);
            }
            ToGateway::Bytes(bytes) => self.watch.handle_up(self.at, conn, bytes)?,
            ToGateway::Eof | ToGateway::Reset => self.watch.handle_end(conn),
        }
        let at = self.wires.up(self.at, conn);
        self.add(at, Happening::AtGateway(conn, what));
        Ok(())
    }
}
