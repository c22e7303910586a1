//! Every message passes here, in both directions: rules, then scenarios, then faults decide about it.

use std::time::Duration;

use gatewright_proto::{ClientMessage, RequestId, ServerMessage};
use tracing::{debug, info};

use super::action::ConnId;
use super::agenda::Due;
use super::refusal::request_of;
use super::trouble::Delayed;
use super::world::World;
use crate::fault::Fault;
use crate::scenario::{Deed, Passing, Rule, Traffic, Verdict};

/// What becomes of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It passes so many times; 0 is never.
    Times(u32),
    /// It passes later.
    Later(Duration),
}

impl World {
    /// Adds a rule, for every message from now on.
    pub fn add_rule(&mut self, rule: impl Rule + 'static) {
        self.add_boxed_rule(Box::new(rule));
    }

    /// The same for a rule that is boxed already.
    pub fn add_boxed_rule(&mut self, rule: Box<dyn Rule>) {
        self.trouble.rules.push(rule);
    }

    /// Takes a request of a session that was read, and answers it as rules and faults allow.
    pub(super) fn take_request(&mut self, id: ConnId, message: ClientMessage) {
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.received.add(message.id());
        }
        if self.is_undisturbed() {
            return self.answer(id, message);
        }
        let verdict = self.judge(id, Traffic::Request(&message));
        let verdict = if verdict == Verdict::Pass { self.fault_on_request(id, &message) } else { verdict };
        let request = if matches!(verdict, Verdict::Do(_)) { request_of(&message) } else { None };
        match self.carry_out(id, verdict, request) {
            Fate::Times(times) => {
                self.trouble.answering = true;
                for _ in 0..times {
                    self.answer(id, message.clone());
                }
                self.trouble.answering = false;
                if times > 0 {
                    self.fault_after_request(id, &message);
                }
            }
            Fate::Later(span) => self.put_off(span, Delayed::Request(id, message)),
        }
    }

    /// Sends a message as rules and faults allow.
    pub(super) fn pass_answer(&mut self, id: ConnId, message: &ServerMessage) {
        if self.is_undisturbed() {
            return self.queue(id, message);
        }
        let verdict = self.judge(id, Traffic::Answer(message));
        let verdict = if verdict == Verdict::Pass { self.fault_on_answer(message) } else { verdict };
        match self.carry_out(id, verdict, None) {
            Fate::Times(times) => {
                for _ in 0..times {
                    self.queue(id, message);
                }
            }
            Fate::Later(span) => self.put_off(span, Delayed::Answer(id, Box::new(message.clone()))),
        }
    }

    /// Sends messages in their order, as rules and faults allow.
    pub(super) fn send_all(&mut self, id: ConnId, messages: &[ServerMessage]) {
        if self.is_undisturbed() {
            return self.queue_all(id, messages);
        }
        for message in messages {
            self.pass_answer(id, message);
        }
    }

    /// A message that was put aside passes now.
    pub(super) fn pass_delayed(&mut self, number: u64) {
        match self.trouble.take_back(number) {
            Some(Delayed::Request(id, message)) if self.session_mut(id).is_some() => {
                self.trouble.answering = true;
                self.answer(id, message);
                self.trouble.answering = false;
            }
            Some(Delayed::Answer(id, message)) => self.queue(id, &message),
            Some(Delayed::Request(..)) | None => {}
        }
    }

    /// Sends an error that no rule sees, so that a rule about errors cannot go on for ever.
    pub(super) fn tell(&mut self, id: ConnId, request: RequestId, code: i32, text: &str) {
        let error = gatewright_proto::message::start::ErrorMessage::about(request, code, text);
        let error = self.stamped(error);
        self.queue(id, &ServerMessage::Error(Box::new(error)));
    }

    /// Puts a message aside for a span.
    pub(super) fn put_off(&mut self, span: Duration, message: Delayed) {
        match self.trouble.put_aside(message) {
            Ok(number) => self.agenda.add(self.now + span, Due::Delayed(number)),
            Err(Delayed::Request(id, message)) => self.answer(id, message),
            Err(Delayed::Answer(id, message)) => self.queue(id, &message),
        }
    }

    /// Whether no rule and no fault looks at messages.
    pub(super) fn is_undisturbed(&self) -> bool {
        self.faults.is_empty()
            && self.trouble.rules.is_empty()
            && self.trouble.scripts.is_empty()
            && !self.trouble.stale
            && self.trouble.silent_until.is_none()
    }

    /// What rules and scenarios say.
    fn judge(&mut self, connection: ConnId, traffic: Traffic<'_>) -> Verdict {
        if self.trouble.rules.is_empty() && self.trouble.scripts.is_empty() {
            return Verdict::Pass;
        }
        let client = self.connections.get(&connection).and_then(super::connection::Connection::client);
        let passing = Passing { now: self.now, connection, client, traffic };
        for rule in &mut self.trouble.rules {
            let verdict = rule.on_message(&passing);
            if verdict != Verdict::Pass {
                return verdict;
            }
        }
        for script in &mut self.trouble.scripts {
            let verdict = script.on_message(&passing);
            if verdict != Verdict::Pass {
                return verdict;
            }
        }
        Verdict::Pass
    }

    fn carry_out(&mut self, id: ConnId, verdict: Verdict, request: Option<RequestId>) -> Fate {
        match verdict {
            Verdict::Pass => Fate::Times(1),
            Verdict::Drop => Fate::Times(0),
            Verdict::Delay(span) => Fate::Later(span),
            Verdict::Duplicate => Fate::Times(2),
            Verdict::Close => {
                self.close(id);
                Fate::Times(0)
            }
            Verdict::Reset => {
                self.reset(id);
                Fate::Times(0)
            }
            Verdict::Do(deeds) => {
                let mut fate = Fate::Times(1);
                for deed in &deeds {
                    fate = self.do_to_message(id, deed, request).unwrap_or(fate);
                }
                fate
            }
        }
    }

    fn do_to_message(&mut self, id: ConnId, deed: &Deed, request: Option<RequestId>) -> Option<Fate> {
        match deed {
            Deed::Drop => Some(Fate::Times(0)),
            Deed::Duplicate => Some(Fate::Times(2)),
            Deed::Delay(span) => Some(Fate::Later(span.get())),
            Deed::Close => {
                self.close(id);
                Some(Fate::Times(0))
            }
            Deed::Reset => {
                self.reset(id);
                Some(Fate::Times(0))
            }
            Deed::Error { code, text } => {
                self.tell(id, request.unwrap_or(RequestId::NONE), *code, text);
                None
            }
            Deed::Notice { .. }
            | Deed::Bulletin(_)
            | Deed::Fault { .. }
            | Deed::Clear(_)
            | Deed::Kick(_)
            | Deed::Restart => {
                self.do_to_gateway(deed);
                None
            }
        }
    }

    /// Does what is about no message.
    pub(super) fn do_to_gateway(&mut self, deed: &Deed) {
        match deed {
            Deed::Notice { code, text } => self.tell_all(*code, text),
            Deed::Bulletin(text) => self.send_bulletin(text),
            Deed::Fault { name, lasting } => {
                self.switch_on(*name);
                if let Some(span) = lasting {
                    self.agenda.add(self.now + span.get(), Due::FaultEnds(*name));
                }
            }
            Deed::Clear(fault) => self.switch_off(*fault),
            Deed::Kick(client) => self.kick_client(gatewright_proto::ClientId::new(*client)),
            Deed::Restart => self.switch_on(Fault::NightlyRestart),
            Deed::Close | Deed::Reset => {
                for id in self.connections.keys().copied().collect::<Vec<_>>() {
                    if *deed == Deed::Close { self.close(id) } else { self.reset(id) }
                }
            }
            Deed::Drop | Deed::Duplicate | Deed::Delay(_) | Deed::Error { .. } => {
                debug!(?deed, "is about a message, and there is none");
            }
        }
    }

    /// A rule of the scenario is due.
    pub(super) fn run_script(&mut self, index: usize) {
        let speed = self.config.speed;
        let Some(script) = self.trouble.scripts.get_mut(index) else { return };
        let deeds = script.on_time();
        if let Some(every) = script.every(speed).filter(|_| !script.is_spent()) {
            self.agenda.add(self.now + every, Due::Script(index));
        }
        info!(rule = index + 1, deeds = deeds.len(), "a rule of the scenario acts");
        for deed in &deeds {
            self.do_to_gateway(deed);
        }
    }

    /// Puts the rules that act at a time into the agenda.
    pub(super) fn schedule_scripts(&mut self) {
        let first: Vec<_> = self.trouble.scripts.iter().enumerate().map(|(index, it)| (index, it.first())).collect();
        for (index, at) in first {
            if let Some(at) = at {
                self.agenda.add(at, Due::Script(index));
            }
        }
    }
}
