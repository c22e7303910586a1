//! Faults that are switched: what happens when one begins and when it ends; restarts, login walls, the door.

use std::time::Duration;

use gatewright_proto::{ClientId, OrderId};
use tracing::info;

use super::action::{Action, ConnId};
use super::agenda::Due;
use super::instant::SimInstant;
use super::world::World;
use crate::fault::{Fault, FaultSet, Parameters};

/// How the port looks from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entrance {
    /// Clients are accepted.
    Open,
    /// Nobody listens.
    Shut,
    /// Somebody listens, but the accept queue is full.
    Full,
}

impl World {
    /// Switches a fault on, for everything that happens from now on.
    pub fn set_fault(&mut self, fault: Fault) {
        self.switch_on(fault);
        self.flush();
    }

    /// Switches a fault off. Connections that it has stalled stay stalled, but for those that wait for a dialog.
    pub fn clear_fault(&mut self, fault: Fault) {
        self.switch_off(fault);
        self.flush();
    }

    /// The faults that are on.
    pub fn faults(&self) -> &FaultSet {
        &self.faults
    }

    /// Closes the connections of a client.
    pub fn kick(&mut self, client: ClientId) {
        self.kick_client(client);
        self.flush();
    }

    /// Sends a notice about no request to every session.
    pub fn say_to_all(&mut self, code: i32, text: &str) {
        self.tell_all(code, text);
        self.flush();
    }

    /// How long a client may not read what is written to it before its connection is given up.
    pub fn bulk_data_timeout(&self) -> Duration {
        self.config.bulk_data_timeout
    }

    /// How many bytes may wait for all clients together, beyond what their sockets take.
    pub fn most_waiting(&self) -> usize {
        self.config.most_waiting
    }

    /// How the port should look from outside now.
    pub fn entrance(&self) -> Entrance {
        let no_relay = [Fault::RelayKilled, Fault::RelayAddressInUse].into_iter().any(|fault| self.faults.has(fault));
        if no_relay || (self.refuses() && !self.faults.has(Fault::Relay)) {
            Entrance::Shut
        } else if self.faults.has(Fault::BacklogFull) {
            Entrance::Full
        } else {
            Entrance::Open
        }
    }

    /// Whether the Gateway itself takes no connections.
    pub(super) fn refuses(&self) -> bool {
        let shut = [Fault::Refuse, Fault::LoginWall, Fault::NightlyRestart];
        self.trouble.gone || shut.into_iter().any(|fault| self.faults.has(fault))
    }

    pub(super) fn parameters(&self) -> &Parameters {
        &self.config.scenario.parameters
    }

    pub(super) fn switch_on(&mut self, fault: Fault) {
        if self.faults.set(fault) {
            info!(%fault, "begins");
            self.begin(fault);
        }
    }

    pub(super) fn switch_off(&mut self, fault: Fault) {
        if self.faults.clear(fault) {
            info!(%fault, "ends");
            self.end(fault);
        }
    }

    pub(super) fn kick_client(&mut self, client: ClientId) {
        let its = |connection: &super::connection::Connection| connection.client() == Some(client);
        let ids: Vec<ConnId> = self.connections.iter().filter(|(_, it)| its(it)).map(|(id, _)| *id).collect();
        for id in ids {
            self.close(id);
        }
        self.trouble.held_ids.remove(&client);
    }

    /// What a fault does at its beginning, besides being on.
    #[expect(clippy::wildcard_enum_match_arm, reason = "most faults only are on")]
    pub(super) fn begin(&mut self, fault: Fault) {
        match fault {
            Fault::OutageLost | Fault::OutageKept | Fault::OutageStale => self.begin_outage(),
            Fault::ServerBroken => self.begin_server_broken(),
            Fault::FarmFlap => self.agenda.add_once(self.now + self.parameters().flap_every.get(), Due::Flap),
            Fault::PortReset => {
                self.trouble.move_is_due = true;
                if self.ready_sessions() > 0 {
                    self.move_port();
                }
            }
            Fault::RelayKilled => self.kill_relay(fault, self.parameters().relay_back_after.get()),
            Fault::RelayAddressInUse => self.kill_relay(fault, self.parameters().address_in_use_for.get()),
            Fault::LoginWall => self.reset_all(),
            Fault::AutoLogoff => {
                self.trouble.gone = true;
                self.reset_all();
            }
            Fault::NightlyRestart => self.restart(),
            Fault::CompetingSession => self.tell_competing(),
            Fault::SlowReader => {
                for id in self.session_ids() {
                    self.stop_reading(id);
                }
            }
            _ => {}
        }
    }

    /// What a fault does at its end, besides being off.
    #[expect(clippy::wildcard_enum_match_arm, reason = "most faults only are off")]
    fn end(&mut self, fault: Fault) {
        match fault {
            Fault::OutageLost => self.end_outage_lost(),
            Fault::OutageKept => self.end_outage_kept(),
            Fault::OutageStale => {
                self.trouble.stale = true;
                self.end_outage_kept();
            }
            Fault::FarmFlap => self.restore_farms(),
            Fault::PortReset => self.trouble.move_is_due = false,
            Fault::AutoLogoff => self.trouble.gone = false,
            Fault::CompetingSession => {
                let silent = self.parameters().data_back_after.get();
                self.trouble.silent_until = Some(self.now + silent).filter(|until| *until > self.now);
            }
            Fault::OrderDialog => self.trouble.order_dialogs.clear(),
            Fault::AcceptDialog | Fault::PaperWarning => {
                for id in self.connections.keys().copied().collect::<Vec<_>>() {
                    self.read(id, &[]);
                }
            }
            Fault::SlowReader => {
                for id in std::mem::take(&mut self.trouble.unread) {
                    self.push_action(Action::StartReading(id));
                    self.read(id, &[]);
                }
            }
            _ => {}
        }
    }

    /// From now on nothing is read from a session.
    pub(super) fn stop_reading(&mut self, id: ConnId) {
        if self.trouble.unread.insert(id) {
            self.push_action(Action::StopReading(id));
        }
    }

    /// The Gateway goes, and comes back later as one that has forgotten the last second.
    fn restart(&mut self) {
        self.reset_all();
        let parameters = self.parameters().clone();
        let lost_from = before(self.now, parameters.orders_lost_within.get());
        let by = i32::try_from(parameters.lower_ids_by).unwrap_or(i32::MAX);
        let lower = |id: OrderId| OrderId::new(id.get().saturating_sub(by).max(1));
        for next in self.next_order_ids.values_mut() {
            *next = lower(*next);
        }
        let lost = self.book.forget_since(lost_from, lower);
        info!(lost, "the Gateway restarts");
        self.trouble.stale = false;
        self.trouble.silent_until = None;
        self.trouble.held_ids.clear();
        self.trouble.restarted = Some(self.now);
        self.trouble.failing_connects = parameters.failing_connects;
        self.trouble.version = parameters.version_after_restart.or(self.trouble.version);
        self.agenda.add(self.now + parameters.restart_takes.get(), Due::FaultEnds(Fault::NightlyRestart));
    }

    /// Asks for the new port, if a move is due.
    pub(super) fn move_port(&mut self) {
        if std::mem::take(&mut self.trouble.move_is_due) {
            self.push_action(Action::Move(self.parameters().new_port));
        }
    }

    /// The shell listens at another port now: every session is told of it, and closed.
    pub fn handle_moved(&mut self, now: SimInstant, port: u16) {
        self.advance(now);
        self.port = port;
        let text = format!(
            "TWS socket port has been reset and this connection is being dropped. Please reconnect on the new port - {port}"
        );
        self.tell_all(1300, &text);
        for id in self.session_ids() {
            self.close(id);
        }
        self.flush();
    }

    fn reset_all(&mut self) {
        for id in self.connections.keys().copied().collect::<Vec<_>>() {
            self.reset(id);
        }
        self.trouble.unread.clear();
    }
}

fn before(now: SimInstant, span: Duration) -> SimInstant {
    SimInstant::from_micros(now.as_micros().saturating_sub(i64::try_from(span.as_micros()).unwrap_or(i64::MAX)))
}
