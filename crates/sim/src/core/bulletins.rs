//! Bulletins of IBKR and the exchanges: there are none but those that somebody asks for.

use gatewright_proto::ServerMessage;
use gatewright_proto::message::news::{NewsBulletin, NewsBulletinsRequest};

use super::action::ConnId;
use super::world::World;

/// How many bulletins of a day are kept for clients that ask for all of them.
const MOST_BULLETINS: usize = 100;

/// A bulletin that is news and nothing about an exchange.
const NEWS: i32 = 1;

impl World {
    /// Sends a bulletin to everybody who has asked for them.
    pub fn publish_bulletin(&mut self, text: &str) {
        self.send_bulletin(text);
        self.flush();
    }

    /// The same; it goes out when the current call ends.
    pub(super) fn send_bulletin(&mut self, text: &str) {
        self.bulletins_so_far += 1;
        let bulletin = NewsBulletin {
            message_id: self.bulletins_so_far,
            message_type: NEWS,
            text: text.to_owned(),
            origin_exchange: String::new(),
        };
        if self.bulletins.len() == MOST_BULLETINS {
            self.bulletins.pop_front();
        }
        self.bulletins.push_back((self.new_york.day(self.now.second()), bulletin.clone()));
        let listening: Vec<ConnId> = self.sessions().filter(|(_, it)| it.bulletins).map(|(id, _)| id).collect();
        for id in listening {
            self.send(id, &ServerMessage::NewsBulletin(Box::new(bulletin.clone())));
        }
    }

    /// Sends bulletins from now on, and today's if they are asked for.
    pub(super) fn start_bulletins(&mut self, id: ConnId, request: NewsBulletinsRequest) {
        if let Some(session) = self.session_mut(id) {
            session.bulletins = true;
        }
        if !request.all_messages {
            return;
        }
        let today = self.new_york.day(self.now.second());
        let past: Vec<NewsBulletin> =
            self.bulletins.iter().filter(|(day, _)| *day == today).map(|(_, bulletin)| bulletin.clone()).collect();
        for bulletin in past {
            self.send(id, &ServerMessage::NewsBulletin(Box::new(bulletin)));
        }
    }

    /// Sends bulletins no longer.
    pub(super) fn stop_bulletins(&mut self, id: ConnId) {
        if let Some(session) = self.session_mut(id) {
            session.bulletins = false;
        }
    }
}
