//! What each trouble does to the stage, and how it ends.

use gatewright_link::recovery::RecoveryCommand;
use gatewright_sim::Fault;
use gatewright_sim::core::ConnId;

use super::{Happening, LOOPBACK, Stage};
use crate::client::FromClient;
use crate::daemon::Daemon;
use crate::sabotage::Sabotage;
use crate::schedule::Trouble;
use crate::twin::Twin;
use crate::violation::Checked;
use crate::wires::{FromGateway, ToGateway};
use crate::worker::Worker;

impl Stage {
    /// Lets a trouble begin, and has it ended when its time is over.
    pub(super) fn begin(&mut self, trouble: Trouble) -> Checked {
        let now = self.now();
        match &trouble {
            Trouble::Fault(fault, lasting) => {
                self.gateway.world.set_fault(*fault);
                if !lasting.is_zero() {
                    self.faults.push(*fault);
                }
            }
            Trouble::ServerBroken(_) => self.gateway.world.set_fault(Fault::ServerBroken),
            Trouble::PortMoved(_) => self.gateway.world.set_fault(Fault::PortReset),
            Trouble::Resets { all } => {
                let conns: Vec<ConnId> = self.worker.iter().flat_map(Worker::connections).collect();
                for conn in conns.into_iter().filter(|conn| *all || conn.0 % 2 == 1) {
                    self.add(self.at, Happening::AtGateway(conn, ToGateway::Reset));
                    self.add(self.at, Happening::AtWorker(conn, FromGateway::Reset));
                }
            }
            Trouble::Hang(lasting) => {
                self.wires.hang(self.at + *lasting);
                self.watch.handle_hang(self.at + *lasting);
            }
            Trouble::WorkerKilled(_) => {
                self.kill_worker()?;
                if let Some(daemon) = &mut self.daemon {
                    daemon.handle_worker_gone(now);
                }
            }
            Trouble::DaemonKilled(_) => {
                for conn in self.daemon.take().iter().flat_map(Daemon::connections) {
                    self.add(self.at + LOOPBACK, Happening::AtClient(conn, None));
                }
                self.kill_worker()?;
            }
            Trouble::ClientKilled(lasting) => {
                let which = usize::try_from(self.chance.below(self.clients.len().max(1) as u64)).unwrap_or(0);
                if let Some(client) = self.clients.get_mut(which) {
                    client.leave(self.at + *lasting);
                }
            }
            Trouble::StopsReading(_) => {
                let which = usize::try_from(self.chance.below(self.clients.len().max(1) as u64)).unwrap_or(0);
                if let (Some(client), Some(daemon)) = (self.clients.get_mut(which), &mut self.daemon) {
                    client.stop_reading(self.at);
                    if let Some(conn) = client.conn.filter(|_| !client.reads()) {
                        daemon.handle_stalled(conn);
                    }
                }
            }
            Trouble::Twin => self.begin_twin(),
            Trouble::Questions(count) => {
                let (client_id, _) =
                    self.programs[usize::try_from(self.chance.below(self.programs.len() as u64)).unwrap_or(0)];
                if let Some(worker) = &mut self.worker {
                    worker.ask(now, client_id, *count)?;
                }
            }
            Trouble::RetryNow => {
                if let Some(worker) = &mut self.worker {
                    worker.handle_command(now, RecoveryCommand::RetryNow);
                }
            }
        }
        if !trouble.lasts().is_zero() {
            self.add(self.at + trouble.lasts(), Happening::Ends(trouble));
        }
        Ok(())
    }

    fn begin_twin(&mut self) {
        let which = usize::try_from(self.chance.below(self.clients.len().max(1) as u64)).unwrap_or(0);
        let Some(first) = self.clients.get(which) else { return };
        self.client_conns += 1;
        let Some(twin) = Twin::beside(first, first.versions(), self.client_conns) else { return };
        if let Some(conn) = first.conn.filter(|_| self.sabotage == Some(Sabotage::TakeOver)) {
            self.add(self.at, Happening::AtDaemon(conn, FromClient::Closed));
        }
        self.twins.push(twin);
    }

    /// Programs that did not read do so again.
    fn read_again(&mut self) -> Checked {
        let now = self.now();
        for client in self.clients.iter_mut().filter(|client| !client.reads()) {
            let conn = client.conn;
            client.read_again(self.at, self.watch.highest_order(client.id))?;
            if let (Some(daemon), Some(conn)) = (&mut self.daemon, conn) {
                daemon.handle_reading(now, conn);
            }
        }
        Ok(())
    }

    /// Ends a trouble.
    pub(super) fn end(&mut self, trouble: &Trouble) -> Checked {
        match trouble {
            Trouble::Fault(fault, _) => {
                if let Some(place) = self.faults.iter().position(|lasts| lasts == fault) {
                    self.faults.swap_remove(place);
                }
                // The same fault twice ends with the later one.
                if self.faults.contains(fault) {
                    return Ok(());
                }
                self.gateway.world.clear_fault(*fault);
                if *fault == Fault::OutageLost {
                    self.watch.lose_streams();
                }
                if *fault == Fault::FrozenAfterReady {
                    self.clients.iter_mut().for_each(|client| client.forfeit(self.at));
                }
            }
            Trouble::ServerBroken(_) => {
                self.gateway.world.clear_fault(Fault::ServerBroken);
                let text = "Connectivity between IBKR and Trader Workstation has been restored - data maintained. \
                            All data farms are connected: usfarm; ushmds; secdefnj.";
                self.gateway.world.say_to_all(1102, text);
            }
            Trouble::WorkerKilled(_) => self.start_worker(),
            Trouble::DaemonKilled(_) => {
                if !self.clients.is_empty() && self.daemon.is_none() {
                    self.start_daemon();
                }
                self.start_worker();
            }
            Trouble::PortMoved(_) => {
                self.gateway.world.clear_fault(Fault::PortReset);
                if self.gateway.has_moved() && self.told_port != Some(self.gateway.port()) {
                    self.gateway.restart_at_first_port();
                }
            }
            Trouble::StopsReading(_) => self.read_again()?,
            Trouble::ClientKilled(_)
            | Trouble::Resets { .. }
            | Trouble::Hang(_)
            | Trouble::Questions(_)
            | Trouble::Twin
            | Trouble::RetryNow => {}
        }
        Ok(())
    }
}
