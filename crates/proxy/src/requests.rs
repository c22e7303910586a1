//! What a client has asked for: its subscriptions, to be made again after a Gateway's restart, and its questions, to
//! be asked again or answered in the Gateway's stead. And whose the Gateway's next answer is.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::answer::{self, Role};
use crate::replay::ReplayClass;
use crate::settings::MAX_REQUESTS;

/// Market data type: what is replayed before everything else.
const MARKET_DATA_TYPE: i32 = 59;

/// Market data: a snapshot of it is never asked for twice, since it may cost money.
const MARKET_DATA: i32 = 1;

/// Historical data: with `keepUpToDate` it is a subscription that begins with an answer.
const HISTORICAL_DATA: i32 = 20;

/// Which request: the message, and the id where it has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct RequestKey {
    pub(crate) message: i32,
    pub(crate) id: Option<i32>,
}

impl RequestKey {
    /// Those that one end marker ends have one key.
    fn group(self) -> Self {
        Self { message: answer::ending_group(self.message), id: self.id }
    }
}

/// Who asked a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asker {
    /// The client that is attached.
    Client,
    /// We did: the client must not see the answer.
    Proxy,
    /// A client that has gone: its successor must not see the answer.
    Gone,
}

/// One thing that a client has asked for.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) key: RequestKey,
    pub(crate) class: ReplayClass,
    /// The client's own bytes.
    pub(crate) frame: Bytes,
    since: Instant,
    /// Part of an answer has come.
    begun: bool,
    /// The history of a subscription that begins with one has come.
    delivered: bool,
    /// The Gateway has dropped it while IBKR was lost: it is made again once IBKR is back.
    dropped: bool,
}

impl Asked {
    fn is_subscription(&self) -> bool {
        self.class == ReplayClass::ReplayAsIs
    }
}

/// What to send again, in this order.
#[derive(Debug)]
pub(crate) struct Again {
    pub(crate) key: RequestKey,
    pub(crate) frame: Bytes,
}

/// All that one client id has asked for.
#[derive(Debug, Default)]
pub(crate) struct Requests {
    asked: BTreeMap<u64, Asked>,
    places: HashMap<RequestKey, u64>,
    next_place: u64,
    /// Whose the answers are that the Gateway still owes, in the order of the questions.
    owed: HashMap<RequestKey, VecDeque<Asker>>,
    /// Subscriptions that could not be remembered and so will not be made again.
    forgotten: u64,
}

impl Requests {
    /// A client has asked for something. `sent` says whether the Gateway gets it now.
    pub(crate) fn note(&mut self, now: Instant, key: RequestKey, class: ReplayClass, frame: &Bytes, sent: bool) {
        let snapshot = class == ReplayClass::AnswerLocally && key.message == MARKET_DATA;
        if snapshot || class == ReplayClass::ReplayAsIs || class == ReplayClass::ReissueIfUnanswered {
            self.remember(Asked {
                key,
                class,
                frame: frame.clone(),
                since: now,
                begun: false,
                delivered: false,
                dropped: false,
            });
        }
        let has_end = snapshot || class == ReplayClass::ReissueIfUnanswered || key.message == HISTORICAL_DATA;
        if has_end && sent {
            self.owe(key, Asker::Client);
        }
    }

    fn remember(&mut self, mut asked: Asked) {
        // A question without an id that is asked once more is the same question: its bound runs from the first time, or
        // whoever asks again and again would never be answered.
        if let Some(before) = self.forget(asked.key)
            && !before.is_subscription()
        {
            asked.since = asked.since.min(before.since);
        }
        if self.asked.len() >= MAX_REQUESTS {
            self.forgotten += u64::from(asked.is_subscription());
            return;
        }
        self.places.insert(asked.key, self.next_place);
        self.asked.insert(self.next_place, asked);
        self.next_place += 1;
    }

    /// The client takes a request back, or it is over.
    pub(crate) fn forget(&mut self, key: RequestKey) -> Option<Asked> {
        self.places.remove(&key).and_then(|place| self.asked.remove(&place))
    }

    /// The Gateway owes an answer to somebody.
    pub(crate) fn owe(&mut self, key: RequestKey, asker: Asker) {
        self.owed.entry(key.group()).or_default().push_back(asker);
    }

    /// A message of the Gateway's came that may be an answer; whose it is, if it is one.
    pub(crate) fn answered(&mut self, role: Role, id: Option<i32>) -> Option<Asker> {
        match role {
            Role::Other => None,
            Role::Part(request) => {
                let key = RequestKey { message: request, id };
                let asker = self.owed.get(&key)?.front().copied()?;
                if asker == Asker::Client
                    && let Some(asked) = self.places.get(&key).and_then(|place| self.asked.get_mut(place))
                {
                    asked.begun = true;
                }
                Some(asker)
            }
            Role::Ends(requests) => {
                let keys = requests.iter().map(|message| RequestKey { message: *message, id });
                let key = keys.into_iter().find(|key| self.owed.contains_key(key))?;
                self.end(key)
            }
        }
    }

    /// The first of those who wait for this answer has it.
    fn end(&mut self, key: RequestKey) -> Option<Asker> {
        let waiting = self.owed.get_mut(&key.group())?;
        let asker = waiting.pop_front()?;
        let was_last = !waiting.contains(&Asker::Client);
        if waiting.is_empty() {
            self.owed.remove(&key.group());
        }
        if asker == Asker::Client && was_last {
            self.done(key);
        }
        Some(asker)
    }

    fn done(&mut self, ended: RequestKey) {
        let group = |key: &RequestKey| key.group() == ended.group();
        let done: Vec<RequestKey> = self.places.keys().filter(|key| group(key)).copied().collect();
        for key in done {
            match self.places.get(&key).and_then(|place| self.asked.get_mut(place)) {
                Some(asked) if asked.is_subscription() => asked.delivered = true,
                Some(_) | None => {
                    self.forget(key);
                }
            }
        }
    }

    /// An error has ended whatever has this id; whose it was, if the Gateway owed an answer.
    pub(crate) fn failed(&mut self, id: i32) -> Option<Asker> {
        let owed: Vec<RequestKey> = self.owed.keys().filter(|key| key.id == Some(id)).copied().collect();
        let mut asker = None;
        for key in owed {
            asker = self.end(key).or(asker);
        }
        // What was made again for a client and fails is the client's: it would wait for a stream that nobody sends.
        let subscribed = self.asked.values().any(|asked| asked.key.id == Some(id) && asked.is_subscription());
        if subscribed && asker == Some(Asker::Proxy) {
            asker = Some(Asker::Client);
        }
        if matches!(asker, None | Some(Asker::Client)) {
            let ended: Vec<RequestKey> = self.places.keys().filter(|key| key.id == Some(id)).copied().collect();
            for key in ended {
                self.forget(key);
            }
        }
        asker
    }

    /// Whether the next answer of this kind is for us.
    pub(crate) fn is_ours(&self, key: RequestKey) -> bool {
        self.owed.get(&key.group()).and_then(|waiting| waiting.front()) == Some(&Asker::Proxy)
    }

    /// The Gateway has gone, and owes nothing any more. Returns the questions that are not asked again: those whose
    /// answers broke off in the middle, and snapshots.
    pub(crate) fn lost(&mut self) -> Vec<RequestKey> {
        self.owed.clear();
        let over = |asked: &&Asked| {
            asked.class == ReplayClass::AnswerLocally || asked.begun && asked.class == ReplayClass::ReissueIfUnanswered
        };
        let broken: Vec<RequestKey> = self.asked.values().filter(over).map(|asked| asked.key).collect();
        // A list without an id cannot be told to have broken off, and may come twice.
        let broken: Vec<RequestKey> = broken.into_iter().filter(|key| key.id.is_some()).collect();
        for key in &broken {
            self.forget(*key);
        }
        broken
    }

    /// The Gateway is back: everything that it has forgotten, the market data type first. The answers are owed again.
    pub(crate) fn again(&mut self) -> Vec<Again> {
        let mut again = self.pick(|_| true);
        again.sort_by_key(|again| again.key.message != MARKET_DATA_TYPE);
        again
    }

    /// The Gateway has forgotten market data only.
    pub(crate) fn market_data_again(&mut self) -> Vec<Again> {
        let mut again = self.pick(|asked| asked.is_subscription() && answer::is_market_data(asked.key.message));
        again.sort_by_key(|again| again.key.message != MARKET_DATA_TYPE);
        again
    }

    /// Of the subscriptions with this id, those with market data were dropped by the Gateway, and owe nothing any more.
    /// Whether there is one.
    pub(crate) fn drop_subscription(&mut self, id: i32) -> bool {
        let mut dropped = false;
        for asked in self.asked.values_mut().filter(|asked| asked.key.id == Some(id)) {
            if asked.is_subscription() && answer::is_market_data(asked.key.message) {
                asked.dropped = true;
                dropped = true;
                self.owed.remove(&asked.key.group());
            }
        }
        dropped
    }

    /// IBKR is back and has kept what the Gateway has not dropped.
    pub(crate) fn dropped_again(&mut self) -> Vec<Again> {
        self.pick(|asked| asked.dropped)
    }

    fn pick(&mut self, wanted: impl Fn(&Asked) -> bool) -> Vec<Again> {
        let mut again = Vec::new();
        let mut owed = Vec::new();
        for asked in self.asked.values_mut().filter(|asked| wanted(asked)) {
            (asked.begun, asked.dropped) = (false, false);
            again.push(Again { key: asked.key, frame: asked.frame.clone() });
            if !asked.is_subscription() {
                owed.push((asked.key, Asker::Client));
            } else if asked.key.message == HISTORICAL_DATA {
                // A history that the client has already is not delivered a second time.
                owed.push((asked.key, if asked.delivered { Asker::Proxy } else { Asker::Client }));
            }
        }
        for (key, asker) in owed {
            self.owe(key, asker);
        }
        again
    }

    /// The client has gone: everything that it had, to be taken back. What is still owed is owed to nobody.
    pub(crate) fn vanish(&mut self) -> Vec<Asked> {
        let gone: Vec<Asked> = std::mem::take(&mut self.asked).into_values().collect();
        self.places.clear();
        self.forgotten = 0;
        for waiting in self.owed.values_mut() {
            for asker in waiting.iter_mut().filter(|asker| **asker == Asker::Client) {
                *asker = Asker::Gone;
            }
        }
        gone
    }

    /// Our own questions are asked anew; what is still owed to us will not be waited for.
    pub(crate) fn drop_ours(&mut self) {
        for waiting in self.owed.values_mut() {
            waiting.retain(|asker| *asker != Asker::Proxy);
        }
        self.owed.retain(|_, waiting| !waiting.is_empty());
    }

    /// A cancel was sent for it: an answer may never come, and must then not be taken from whoever asks next.
    pub(crate) fn no_longer_owed(&mut self, key: RequestKey) {
        self.owed.remove(&key.group());
    }

    /// Questions that have waited for a Gateway longer than `bound`.
    pub(crate) fn expire(&mut self, now: Instant, bound: Duration) -> Vec<RequestKey> {
        let old = |asked: &&Asked| !asked.is_subscription() && asked.since + bound <= now;
        let old: Vec<RequestKey> = self.asked.values().filter(old).map(|asked| asked.key).collect();
        for key in &old {
            self.forget(*key);
        }
        old
    }

    /// When the next question has waited too long.
    pub(crate) fn oldest_question(&self) -> Option<Instant> {
        self.asked.values().filter(|asked| !asked.is_subscription()).map(|asked| asked.since).min()
    }

    /// How many subscriptions there are.
    pub(crate) fn subscriptions(&self) -> usize {
        self.asked.values().filter(|asked| asked.is_subscription()).count()
    }

    /// How many questions wait for their answer.
    pub(crate) fn questions(&self) -> usize {
        self.asked.len() - self.subscriptions()
    }

    /// Whether a subscription was too many to be remembered.
    pub(crate) fn has_forgotten(&self) -> bool {
        self.forgotten > 0
    }
}

#[cfg(test)]
mod tests;
