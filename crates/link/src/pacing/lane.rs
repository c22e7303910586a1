//! What waits for one session.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use gatewright_proto::{ClientId, RequestId};

use super::report::SessionPacing;
use super::traffic::HistoricalRequest;

/// One message that waits.
#[derive(Debug)]
pub(super) struct Waiting<T> {
    pub(super) since: Instant,
    pub(super) item: T,
}

/// The queues of one session. In each of them what came first goes first.
#[derive(Debug)]
pub(super) struct Lane<T> {
    pub(super) orders: VecDeque<Waiting<T>>,
    pub(super) session: VecDeque<Waiting<T>>,
    pub(super) data: VecDeque<Waiting<T>>,
    /// Apart from other data, since one of these may have to wait for minutes.
    pub(super) history: VecDeque<(HistoricalRequest, Waiting<T>)>,
    /// The number of the message that was its last, so that turns are taken.
    pub(super) turn: u64,
}

impl<T> Default for Lane<T> {
    fn default() -> Self {
        let (orders, session, data, history) = (VecDeque::new(), VecDeque::new(), VecDeque::new(), VecDeque::new());
        Self { orders, session, data, history, turn: 0 }
    }
}

impl<T> Lane<T> {
    /// What waits and is not an order.
    pub(super) fn others(&self) -> usize {
        self.session.len() + self.data.len() + self.history.len()
    }

    pub(super) fn len(&self) -> usize {
        self.orders.len() + self.others()
    }

    /// The first of each queue came before all behind it.
    pub(super) fn oldest(&self) -> Option<Instant> {
        let fronts = [self.orders.front(), self.session.front(), self.data.front()];
        let history = self.history.front().map(|(_, waiting)| waiting.since);
        fronts.into_iter().flatten().map(|waiting| waiting.since).chain(history).min()
    }

    /// Takes a historical request out that has not gone out yet.
    pub(super) fn withdraw(&mut self, request_id: RequestId) -> Option<T> {
        let place = self.history.iter().position(|(request, _)| request.request_id == request_id)?;
        self.history.remove(place).map(|(_, waiting)| waiting.item)
    }

    pub(super) fn into_items(self) -> impl Iterator<Item = T> {
        let history = self.history.into_iter().map(|(_, waiting)| waiting);
        self.orders.into_iter().chain(self.session).chain(self.data).chain(history).map(|waiting| waiting.item)
    }

    pub(super) fn report(&self, client_id: ClientId, now: Instant) -> SessionPacing {
        let oldest = self.oldest().map(|since| now.saturating_duration_since(since)).unwrap_or_default();
        SessionPacing {
            client_id,
            orders_waiting: self.orders.len(),
            waiting: self.others(),
            historical_waiting: self.history.len(),
            longest_wait_ms: millis(oldest),
        }
    }
}

pub(super) fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
