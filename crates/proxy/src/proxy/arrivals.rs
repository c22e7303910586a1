//! How clients come and go: from a connection's bytes to a session, and out of it again.

use std::collections::BTreeMap;
use std::time::Instant;

use gatewright_proto::message::start::StartApi;
use gatewright_proto::{ClientGreeting, ClientId, OrderId, ServerVersion, VersionRange};

use super::{Pilot, Proxy};
use crate::connection::{Arrived, Connection, Stage};
use crate::event::{Closing, ConnectionId, OpenUpstream, PastOrder, ProxyEvent, UpstreamFailure, UpstreamId};
use crate::leash::Due;
use crate::session::{Opening, Session};
use crate::settings::{MAX_HELD, MAX_PAST};
use crate::words;

impl Proxy {
    /// Goes as far as the bytes of a connection allow.
    pub(super) fn advance(&mut self, now: Instant, id: ConnectionId) {
        loop {
            let Some(connection) = self.connections.get_mut(&id) else { return };
            let went_on = match &connection.stage {
                Stage::Greeting => match connection.greeting() {
                    Ok(Some(greeting)) => {
                        self.greeted(now, id, greeting);
                        Ok(true)
                    }
                    Ok(None) => Ok(false),
                    Err(why) => Err(why),
                },
                Stage::Naming { speaks, options } => {
                    let (speaks, options) = (*speaks, options.clone());
                    match connection.start_api(speaks) {
                        Ok(Some(start)) => {
                            self.join(now, id, speaks, options, start);
                            Ok(true)
                        }
                        Ok(None) => Ok(false),
                        Err(why) => Err(why),
                    }
                }
                Stage::Joined { client_id, speaks } => {
                    let (client_id, speaks) = (*client_id, *speaks);
                    match connection.next_message(now, speaks) {
                        Ok(Arrived::Message(frame)) => {
                            if let Some(session) = self.sessions.get_mut(&client_id) {
                                session.handle_client_frame(now, frame, &self.settings.limits);
                            }
                            Ok(true)
                        }
                        Ok(Arrived::Held) => Ok(true),
                        Ok(Arrived::Nothing) => Ok(false),
                        Err(why) => Err(why),
                    }
                }
                Stage::Learning { .. } | Stage::Contending { .. } => Ok(false),
                Stage::Closing => {
                    connection.buffer.clear();
                    Ok(false)
                }
            };
            match went_on {
                Ok(true) => {}
                Ok(false) => break,
                Err(why) => {
                    self.close(now, id, why);
                    break;
                }
            }
        }
        if let Some(Connection { stage: Stage::Joined { client_id, .. }, .. }) = self.connections.get(&id) {
            self.collect(now, *client_id);
        }
    }

    fn greeted(&mut self, now: Instant, id: ConnectionId, greeting: ClientGreeting) {
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.stage = Stage::Learning { greeting };
        }
        self.answer_greetings(now);
    }

    /// Answers everybody whose version is known by now, and sees to it that the others' will be.
    pub(super) fn answer_greetings(&mut self, now: Instant) {
        let mut answered = Vec::new();
        let mut unknown: Option<VersionRange> = None;
        for (id, connection) in &mut self.connections {
            let Stage::Learning { greeting } = &connection.stage else { continue };
            match self.version.answer(greeting.versions) {
                Some(speaks) => {
                    let (greeting, clock) = (greeting.clone(), self.version.connection_time(now));
                    connection.answer(greeting, speaks, clock);
                    answered.push(*id);
                }
                None => unknown = unknown.or(Some(greeting.versions)),
            }
        }
        if let Some(offered) = unknown
            && self.pilot.is_none()
        {
            self.generation += 1;
            self.pilot = Some(Pilot { generation: self.generation, offered });
            self.events.push_back(ProxyEvent::Open(OpenUpstream {
                id: UpstreamId { client_id: self.settings.pilot_client_id, generation: self.generation },
                versions: offered,
                connect_options: String::new(),
                optional_capabilities: String::new(),
            }));
        }
        for id in answered {
            self.tell_of_bytes(id);
            self.advance(now, id);
        }
    }

    /// Nobody can be told a version, so everybody who waits for one goes, as from a Gateway that is not there.
    pub(super) fn learning_failed(&mut self, now: Instant, failure: &UpstreamFailure) {
        let waits = |connection: &Connection| matches!(connection.stage, Stage::Learning { .. });
        // The id of the pilot may be taken for a moment by its own predecessor.
        if failure.is_client_id_in_use() {
            return self.answer_greetings(now);
        }
        let waiting: Vec<ConnectionId> =
            self.connections.iter().filter(|(_, connection)| waits(connection)).map(|(id, _)| *id).collect();
        if !waiting.is_empty() {
            self.outside.refused(now, None, failure.clone());
        }
        for id in waiting {
            self.close(now, id, Closing::NoSession);
        }
    }

    /// A client has said who it is.
    fn join(&mut self, now: Instant, id: ConnectionId, speaks: ServerVersion, options: String, start: StartApi) {
        let client_id = start.client_id;
        let settings = &self.settings;
        let Some(connection) = self.connections.get_mut(&id) else { return };
        if client_id == settings.pilot_client_id {
            return self.refuse_id(now, id, speaks);
        }
        if let Some(session) = self.sessions.get_mut(&client_id) {
            if session.connection().is_some() {
                let until = now + settings.limits.contention;
                connection.stage = Stage::Contending { until, options, speaks, start };
                return;
            }
            if session.speaks == speaks
                && session.options == options
                && session.capabilities == start.optional_capabilities
            {
                connection.stage = Stage::Joined { client_id, speaks };
                session.handle_return(now, id, settings);
                return self.collect(now, client_id);
            }
            // A session cannot change its version or capabilities: the Gateway has to be asked for another one.
            session.end();
            self.collect(now, client_id);
        }
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.stage = Stage::Joined { client_id, speaks };
        }
        let capabilities = start.optional_capabilities;
        self.begin(now, Opening { client_id, serial: 0, connection: Some(id), speaks, options, capabilities });
    }

    /// Begins a session; what is in doubt of its client id is asked about in it.
    fn begin(&mut self, now: Instant, opening: Opening) {
        let client_id = opening.client_id;
        let next = self.next_order_ids.remove(&client_id).unwrap_or(OrderId::new(1));
        self.sessions_begun += 1;
        let opening = Opening { serial: self.sessions_begun, ..opening };
        let mut session = Session::new(now, opening, next, &self.settings);
        if let Some(past) = self.past.remove(&client_id) {
            session.take_up(now, past, &self.settings.limits);
        }
        session.handle_timeout(now, &mut self.generation, &self.settings);
        self.sessions.insert(client_id, session);
        self.collect(now, client_id);
    }

    /// What clients ordered when another daemon was here, and of which nobody knows what became. It is asked about at
    /// once, in a session that waits for its client as a parked one does.
    pub fn handle_past_orders(&mut self, now: Instant, orders: Vec<PastOrder>) {
        let mut speaks = BTreeMap::new();
        for order in orders {
            let client_id = order.intent.client_id;
            speaks.insert(client_id, order.intent.server_version);
            self.remember(client_id, vec![order]);
        }
        for (client_id, speaks) in speaks {
            if let Some(session) = self.sessions.get_mut(&client_id) {
                let past = self.past.remove(&client_id).unwrap_or_default();
                session.take_up(now, past, &self.settings.limits);
                self.collect(now, client_id);
            } else if client_id != self.settings.pilot_client_id {
                let (options, capabilities) = (String::new(), String::new());
                self.begin(now, Opening { client_id, serial: 0, connection: None, speaks, options, capabilities });
            }
        }
    }

    /// Keeps orders in doubt for the next session of their client id.
    pub(super) fn remember(&mut self, client_id: ClientId, orders: Vec<PastOrder>) {
        if !orders.is_empty() {
            let past = self.past.entry(client_id).or_default();
            past.extend(orders);
            past.truncate(MAX_PAST);
        }
    }

    fn refuse_id(&mut self, now: Instant, id: ConnectionId, speaks: ServerVersion) {
        if let Some(connection) = self.connections.get_mut(&id) {
            let text = "Unable to connect as the client id is already in use. Retry with a unique client id.";
            connection.outbox.push(words::error(-1, words::CLIENT_ID_IN_USE, text, speaks));
        }
        self.tell_of_bytes(id);
        self.close(now, id, Closing::ClientIdInUse);
    }

    pub(super) fn connection_timeout(&mut self, now: Instant, id: ConnectionId) {
        let handshake = self.settings.limits.handshake;
        let Some(connection) = self.connections.get_mut(&id) else { return };
        if connection.outbox.timeout(self.settings.limits.burst).is_some_and(|at| at <= now) {
            self.tell_of_bytes(id);
        }
        if self.connections.get(&id).is_some_and(|connection| connection.held.timeout().is_some_and(|at| at <= now)) {
            self.held_back(now, id);
        }
        let Some(connection) = self.connections.get_mut(&id) else { return };
        match &connection.stage {
            Stage::Greeting | Stage::Learning { .. } | Stage::Naming { .. } if connection.since + handshake <= now => {
                self.close(now, id, Closing::HandshakeStalled);
            }
            Stage::Contending { until, speaks, .. } if *until <= now => {
                let speaks = *speaks;
                self.refuse_id(now, id, speaks);
            }
            Stage::Greeting
            | Stage::Learning { .. }
            | Stage::Naming { .. }
            | Stage::Contending { .. }
            | Stage::Joined { .. }
            | Stage::Closing => {}
        }
    }

    /// Something of a client has waited for its own limit: it goes on, is told, or goes.
    fn held_back(&mut self, now: Instant, id: ConnectionId) {
        self.advance(now, id);
        let Some(connection) = self.connections.get_mut(&id) else { return };
        let per_second = self.settings.messages_per_client.unwrap_or_default();
        let Stage::Joined { speaks, .. } = connection.stage else { return };
        let text = format!(
            "Max rate of messages per second has been exceeded:max={per_second} (Gatewright: the limit of this port's \
             settings. What is above it waits; who never stops is disconnected.)"
        );
        let due = connection.held.due(now);
        if due.is_some() {
            connection.outbox.push(words::error(-1, words::MAX_RATE, &text, speaks));
            self.tell_of_bytes(id);
        }
        if due == Some(Due::Cut) {
            self.close(now, id, Closing::TooFast);
        }
        // Reading was stopped where too much waited.
        if let Some(connection) = self.connections.get_mut(&id)
            && connection.held.bytes() < MAX_HELD / 2
            && std::mem::take(&mut connection.stopped)
        {
            self.events.push_back(ProxyEvent::Readable(id));
        }
    }

    /// Begins to close a connection: what waits for it is written first.
    pub(super) fn close(&mut self, now: Instant, id: ConnectionId, why: Closing) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        let stage = std::mem::replace(&mut connection.stage, Stage::Closing);
        if matches!(stage, Stage::Closing) {
            return;
        }
        connection.buffer.clear();
        connection.held.clear();
        self.events.push_back(ProxyEvent::Close(id, why));
        self.leave(now, id, &stage);
    }

    /// A connection that was a session's is that no more.
    pub(super) fn leave(&mut self, now: Instant, id: ConnectionId, stage: &Stage) {
        let Stage::Joined { client_id, .. } = stage else { return };
        let settings = &self.settings;
        if let Some(session) = self.sessions.get_mut(client_id).filter(|it| it.connection() == Some(id)) {
            session.handle_vanished(now, settings);
            self.collect(now, *client_id);
        }
        // Whoever has waited for this end gets the session now.
        let heir = self.connections.iter_mut().find_map(|(id, connection)| match &connection.stage {
            Stage::Contending { start, .. } if start.client_id == *client_id => Some((*id, connection)),
            Stage::Contending { .. }
            | Stage::Greeting
            | Stage::Learning { .. }
            | Stage::Naming { .. }
            | Stage::Joined { .. }
            | Stage::Closing => None,
        });
        if let Some((id, connection)) = heir
            && let Stage::Contending { options, speaks, start, .. } =
                std::mem::replace(&mut connection.stage, Stage::Greeting)
        {
            self.join(now, id, speaks, options, start);
            self.advance(now, id);
        }
    }
}
