//! The one budget of a Gateway, over all its sessions.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use gatewright_proto::{ClientId, RequestId};

use super::history::History;
use super::lane::{Lane, Waiting, millis};
use super::ledger::{BarsSpent, Blocks, Spending, Spent};
use super::report::PacingReport;
use super::settings::PacingSettings;
use super::sliding_window::SlidingWindow;
use super::traffic::Traffic;

const SECOND: Duration = Duration::from_secs(1);

/// Market data lines that are remembered; many times what any account has.
const MAX_LINES: usize = 10_000;

/// Notes for a later worker that are kept until they are taken: what goes out at once at any pace.
const MAX_SPENDINGS: usize = 4_096;

/// What became of a message that was handed in.
#[derive(Debug, PartialEq, Eq)]
pub enum Taken<T> {
    /// It goes out in its turn.
    Queued,
    /// It takes back a historical request that had not gone out yet: here are both, and neither goes out. The client is
    /// to be answered as the Gateway answers a cancel.
    Withdrawn {
        /// The request.
        request: T,
        /// Its cancel.
        cancel: T,
    },
    /// The session's queue for its kind is full, and here it is back. Whoever reads from that client keeps it, and stops
    /// reading before it has to keep too much: nothing is dropped, the client's own socket fills.
    Full(Traffic, T),
}

/// One Gateway's pacing. Hand messages in, drain `poll_transmit`, wait until `poll_timeout`.
///
/// In any one second no more than the limit goes out. Orders and cancels go first, then what keeps sessions alive, then
/// the rest by turns of the sessions. Within a session and a kind the order is kept.
#[derive(Debug)]
pub struct Pacer<T> {
    settings: PacingSettings,
    lanes: BTreeMap<ClientId, Lane<T>>,
    /// Everything.
    total: SlidingWindow,
    /// Everything but orders.
    rest: SlidingWindow,
    history: History,
    lines: BTreeSet<(ClientId, RequestId)>,
    /// The Gateway objected: nothing but orders before this.
    hold: Option<Instant>,
    turn: u64,
    longest_wait: Duration,
    handed_back: u64,
    blocks: Blocks,
    /// What is to be noted before anything that was returned goes out.
    spendings: VecDeque<Spending>,
}

impl<T> Pacer<T> {
    /// An unused budget.
    pub fn new(settings: PacingSettings) -> Self {
        let rest = settings.messages_per_second.saturating_sub(settings.kept_for_orders);
        Self {
            lanes: BTreeMap::new(),
            total: SlidingWindow::new(settings.messages_per_second, SECOND),
            rest: SlidingWindow::new(rest, SECOND),
            history: History::new(&settings),
            lines: BTreeSet::new(),
            hold: None,
            turn: 0,
            longest_wait: Duration::ZERO,
            handed_back: 0,
            blocks: Blocks::default(),
            spendings: VecDeque::new(),
            settings,
        }
    }

    /// What an earlier worker has spent counts as spent, the oldest first: the Gateway has not forgotten it.
    pub fn inherit(&mut self, spendings: &[Spending]) {
        for Spending { at, what } in spendings {
            match what {
                Spent::Messages(count) => {
                    self.total.spend(*at, *count);
                    self.rest.spend(*at, *count);
                }
                Spent::Bars(bars) => self.history.spend_bars(*at, *bars),
            }
        }
    }

    /// What has to be noted for a later worker before the messages that were taken from [`Pacer::poll_transmit`] go out.
    pub fn poll_spending(&mut self) -> Option<Spending> {
        self.spendings.pop_front()
    }

    /// A session wants to send a message.
    pub fn handle_message(&mut self, now: Instant, client_id: ClientId, traffic: Traffic, item: T) -> Taken<T> {
        let max = self.settings.max_waiting.max(1);
        let lane = self.lanes.entry(client_id).or_default();
        let full = match traffic {
            Traffic::Order => lane.orders.len() >= max,
            Traffic::Session
            | Traffic::Historical(_)
            | Traffic::EndHistorical(_)
            | Traffic::OpenLine(_)
            | Traffic::CloseLine(_)
            | Traffic::Data => lane.others() >= max,
        };
        if full {
            self.handed_back += 1;
            return Taken::Full(traffic, item);
        }
        let waiting = Waiting { since: now, item };
        match traffic {
            Traffic::Order => lane.orders.push_back(waiting),
            Traffic::Session => lane.session.push_back(waiting),
            Traffic::Historical(request) => lane.history.push_back((request, waiting)),
            Traffic::EndHistorical(request_id) => {
                if let Some(request) = lane.withdraw(request_id) {
                    return Taken::Withdrawn { request, cancel: waiting.item };
                }
                self.history.ended(client_id, request_id);
                lane.data.push_back(waiting);
            }
            Traffic::OpenLine(request_id) => {
                lane.data.push_back(waiting);
                if self.lines.len() < MAX_LINES {
                    self.lines.insert((client_id, request_id));
                }
            }
            Traffic::CloseLine(request_id) => {
                lane.data.push_back(waiting);
                self.lines.remove(&(client_id, request_id));
            }
            Traffic::Data => lane.data.push_back(waiting),
        }
        Taken::Queued
    }

    /// The Gateway ended or refused a request: it is no longer open, and holds no line.
    pub fn handle_ended(&mut self, client_id: ClientId, request_id: RequestId) {
        self.history.ended(client_id, request_id);
        self.lines.remove(&(client_id, request_id));
    }

    /// The Gateway objects to the rate (100), or is about to (code 0): a second's rest for everything but orders.
    pub fn handle_rate_warning(&mut self, now: Instant) {
        self.hold = Some(now + SECOND);
    }

    /// A session is over. Returns what had not gone out, so that nothing is forgotten without a word.
    pub fn handle_gone(&mut self, client_id: ClientId) -> Vec<T> {
        self.history.gone(client_id);
        self.lines.retain(|(owner, _)| *owner != client_id);
        self.lanes.remove(&client_id).map(|lane| lane.into_items().collect()).unwrap_or_default()
    }

    /// Whether a session's next message would be taken, whatever it is.
    pub fn has_room(&self, client_id: ClientId) -> bool {
        let max = self.settings.max_waiting.max(1);
        self.lanes.get(&client_id).is_none_or(|lane| lane.orders.len() < max && lane.others() < max)
    }

    /// Whether nothing of a session waits.
    pub fn is_empty(&self, client_id: ClientId) -> bool {
        self.lanes.get(&client_id).is_none_or(|lane| lane.len() == 0)
    }

    /// The next message that may go out now. It counts as sent.
    pub fn poll_transmit(&mut self, now: Instant) -> Option<(ClientId, T)> {
        if !self.total.is_free(now, 1) {
            return None;
        }
        let order = self.next_lane(|lane| !lane.orders.is_empty());
        if let Some(client_id) = order {
            return self.send(now, client_id, |lane| lane.orders.pop_front());
        }
        if self.hold.is_some_and(|hold| hold > now) || !self.rest.is_free(now, 1) {
            return None;
        }
        if let Some(client_id) = self.next_lane(|lane| !lane.session.is_empty()) {
            self.rest.spend(now, 1);
            return self.send(now, client_id, |lane| lane.session.pop_front());
        }
        self.history.forget(now);
        let client_id = self.next_lane(|lane| !lane.data.is_empty() || self.allowed(lane, now).is_some())?;
        self.rest.spend(now, 1);
        let lane = self.lanes.get(&client_id)?;
        let first_data = lane.data.front().map(|waiting| waiting.since);
        let history = self.allowed(lane, now).filter(|place| {
            let since = lane.history.get(*place).map(|(_, waiting)| waiting.since);
            first_data.is_none_or(|data| since.is_some_and(|since| since < data))
        });
        match history {
            None => self.send(now, client_id, |lane| lane.data.pop_front()),
            Some(place) => {
                let request = self.lanes.get(&client_id)?.history.get(place)?.0.clone();
                self.history.spend(now, client_id, &request);
                if let Some(small) = &request.small_bars {
                    let what = Spent::Bars(BarsSpent::from(small));
                    self.note(Spending { at: now, what });
                }
                self.send(now, client_id, |lane| lane.history.remove(place).map(|(_, waiting)| waiting))
            }
        }
    }

    /// When something that waits may go out; a moment in the past where it may at once.
    pub fn poll_timeout(&self) -> Option<(Instant, &'static str)> {
        let total = self.total.free_from(1);
        let rest = [total, self.rest.free_from(1), self.hold].into_iter().flatten().max();
        let due = self.lanes.values().flat_map(|lane| {
            let order = lane.orders.front().map(|waiting| total.unwrap_or(waiting.since));
            let other = lane.session.front().or(lane.data.front()).map(|waiting| rest.unwrap_or(waiting.since));
            let history = lane
                .history
                .iter()
                .map(|(request, waiting)| rest.max(self.history.free_from(request)).unwrap_or(waiting.since));
            [order, other, history.min()].into_iter().flatten()
        });
        due.min().map(|due| (due, "pacing"))
    }

    /// What was used, and who waits for how long.
    pub fn report(&self, now: Instant) -> PacingReport {
        let waiting = self.lanes.iter().filter(|(_, lane)| lane.len() > 0);
        let sessions: Vec<_> = waiting.map(|(client_id, lane)| lane.report(*client_id, now)).collect();
        let longest = sessions.iter().map(|session| session.longest_wait_ms).max().unwrap_or_default();
        PacingReport {
            sent_in_last_second: self.total.used(now),
            messages_per_second: self.total.limit(),
            waiting: self.lanes.values().map(Lane::len).sum(),
            longest_wait_ms: longest,
            longest_wait_ever_ms: millis(self.longest_wait).max(longest),
            handed_back: self.handed_back,
            small_bars_in_ten_minutes: self.history.used(now),
            historical_open: self.history.open(),
            market_data_lines: self.lines.len(),
            market_data_lines_allowed: self.settings.market_data_lines,
            sessions,
        }
    }

    /// Of the sessions that have something to send, the one whose turn was the longest ago.
    fn next_lane(&self, has: impl Fn(&Lane<T>) -> bool) -> Option<ClientId> {
        let candidates = self.lanes.iter().filter(|(_, lane)| has(lane));
        candidates.min_by_key(|(_, lane)| lane.turn).map(|(client_id, _)| *client_id)
    }

    /// The first of a session's historical requests that the rules allow by now.
    fn allowed(&self, lane: &Lane<T>, now: Instant) -> Option<usize> {
        let free = |request| self.history.free_from(request).is_none_or(|free| free <= now);
        lane.history.iter().position(|(request, _)| free(request))
    }

    fn note(&mut self, spending: Spending) {
        // Where nobody keeps a ledger nobody takes these.
        if self.spendings.len() >= MAX_SPENDINGS {
            self.spendings.pop_front();
        }
        self.spendings.push_back(spending);
    }

    fn send(
        &mut self,
        now: Instant,
        client_id: ClientId,
        take: impl FnOnce(&mut Lane<T>) -> Option<Waiting<T>>,
    ) -> Option<(ClientId, T)> {
        self.turn += 1;
        let lane = self.lanes.get_mut(&client_id)?;
        lane.turn = self.turn;
        let waiting = take(lane)?;
        self.total.spend(now, 1);
        if let Some(spending) = self.blocks.send(now) {
            self.note(spending);
        }
        self.longest_wait = self.longest_wait.max(now.saturating_duration_since(waiting.since));
        Some((client_id, waiting.item))
    }
}
