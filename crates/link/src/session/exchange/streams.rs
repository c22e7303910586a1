//! Subscriptions: which request feeds which stream, and ticks gathered into batches.

use std::collections::BTreeMap;

use gatewright_proto::message::account::AccountUpdatesRequest;
use gatewright_proto::message::historical::RealTimeBarsRequest;
use gatewright_proto::message::market_data::MktDataRequest;
use gatewright_proto::{ClientMessage, RequestId};

use super::call::MAX_STREAMS;
use crate::protocol::{
    AccountEvent, BarEvent, CallError, ErrorCode, Event, OrderEvent, StreamKind, SubscribeParams, Tick, TickText,
    TicksEvent,
};

#[derive(Debug)]
struct Stream {
    kind: StreamKind,
    /// The request that feeds it, where it has one of its own, and what was asked by it.
    request: Option<RequestId>,
    asked: Option<ClientMessage>,
    account: String,
    dropped: u64,
    batch: TicksEvent,
}

/// The streams of one session.
#[derive(Debug, Default)]
pub(super) struct Streams {
    streams: BTreeMap<u64, Stream>,
    by_request: BTreeMap<RequestId, u64>,
    /// The last stream that a tick was for: ticks come in runs.
    last: Option<(RequestId, u64)>,
    dropped: u64,
}

impl Streams {
    /// Items dropped over all streams that there are and were.
    pub(super) fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Begins a stream; returns what to ask of the Gateway for it.
    ///
    /// # Errors
    ///
    /// Too many streams, or parameters that do not fit the kind.
    pub(super) fn start(
        &mut self,
        subscription: u64,
        request: RequestId,
        params: SubscribeParams,
        accounts: &[String],
    ) -> Result<Option<ClientMessage>, CallError> {
        if self.streams.len() >= MAX_STREAMS {
            return Err(CallError::new(ErrorCode::Overloaded, format!("{MAX_STREAMS} streams are open already")));
        }
        let account = if params.account.is_empty() {
            accounts.first().cloned().unwrap_or_default()
        } else {
            params.account.clone()
        };
        let kind = params.kind;
        if kind == StreamKind::Account
            && self.streams.values().any(|stream| stream.kind == kind && stream.account != account)
        {
            let text = "a connection has one account stream: end the one of the other account first";
            return Err(CallError::new(ErrorCode::InvalidParams, text));
        }
        let first_of_account = !self.streams.values().any(|stream| stream.kind == StreamKind::Account);
        let message = match kind {
            StreamKind::Ticks => Some(ticks_request(request, params)?),
            StreamKind::Bars => Some(bars_request(request, params)?),
            StreamKind::Account if first_of_account => Some(account_request(true, &account)),
            StreamKind::Account | StreamKind::Orders => None,
        };
        let own = matches!(kind, StreamKind::Ticks | StreamKind::Bars);
        if own {
            self.by_request.insert(request, subscription);
        }
        let batch = TicksEvent { subscription, ..TicksEvent::default() };
        let asked = message.clone().filter(|_| own);
        let stream = Stream { kind, request: own.then_some(request), asked, account, dropped: 0, batch };
        self.streams.insert(subscription, stream);
        Ok(message)
    }

    /// Ends a stream; returns what to tell the Gateway, or `None` where there is no such stream.
    pub(super) fn stop(&mut self, subscription: u64) -> Option<Option<ClientMessage>> {
        let stream = self.streams.remove(&subscription)?;
        self.last = None;
        if let Some(request) = stream.request {
            self.by_request.remove(&request);
        }
        let last_of_account = !self.streams.values().any(|other| other.kind == StreamKind::Account);
        Some(match (stream.kind, stream.request) {
            (StreamKind::Ticks, Some(request)) => Some(ClientMessage::CancelMktData(request)),
            (StreamKind::Bars, Some(request)) => Some(ClientMessage::CancelRealTimeBars(request)),
            (StreamKind::Account, _) if last_of_account => Some(account_request(false, &stream.account)),
            (StreamKind::Ticks | StreamKind::Bars, None) | (StreamKind::Account | StreamKind::Orders, _) => None,
        })
    }

    /// What to ask of a Gateway that knows nothing of these streams, under the same numbers as before.
    pub(super) fn replay(&self) -> Vec<ClientMessage> {
        self.streams.values().filter_map(|stream| stream.asked.clone()).chain(self.account_request()).collect()
    }

    /// What to ask for the account's stream, where there is one.
    pub(super) fn account_request(&self) -> Option<ClientMessage> {
        self.of_kind(StreamKind::Account).next().map(|(_, stream)| account_request(true, &stream.account))
    }

    /// The streams' numbers.
    pub(super) fn numbers(&self) -> Vec<u64> {
        self.streams.keys().copied().collect()
    }

    /// The streams that have a request of their own.
    pub(super) fn with_requests(&self) -> Vec<u64> {
        self.streams.iter().filter(|(_, stream)| stream.request.is_some()).map(|(id, _)| *id).collect()
    }

    /// Feeds a stream by another request; returns the old one, and what to tell the Gateway.
    #[expect(clippy::wildcard_enum_match_arm, reason = "only these two are ever kept as what was asked")]
    pub(super) fn renew(&mut self, subscription: u64, request: RequestId) -> Option<(RequestId, [ClientMessage; 2])> {
        let stream = self.streams.get_mut(&subscription)?;
        let old = stream.request?;
        let (cancel, ask) = match stream.asked.clone()? {
            ClientMessage::ReqMktData(mut asked) => {
                asked.req_id = request;
                (ClientMessage::CancelMktData(old), ClientMessage::ReqMktData(asked))
            }
            ClientMessage::ReqRealTimeBars(mut asked) => {
                asked.req_id = request;
                (ClientMessage::CancelRealTimeBars(old), ClientMessage::ReqRealTimeBars(asked))
            }
            _ => return None,
        };
        stream.request = Some(request);
        stream.asked = Some(ask.clone());
        self.by_request.remove(&old);
        self.by_request.insert(request, subscription);
        self.last = None;
        Some((old, [cancel, ask]))
    }

    /// The stream that this request feeds.
    pub(super) fn of_request(&mut self, request: RequestId) -> Option<u64> {
        if let Some((known, subscription)) = self.last
            && known == request
        {
            return Some(subscription);
        }
        let subscription = *self.by_request.get(&request)?;
        self.last = Some((request, subscription));
        Some(subscription)
    }

    /// Adds a tick to its stream's batch; returns the stream, if there is such a one.
    pub(super) fn tick(&mut self, request: RequestId, tick: Tick) -> Option<u64> {
        let subscription = self.of_request(request)?;
        self.streams.get_mut(&subscription)?.batch.ticks.push(tick);
        Some(subscription)
    }

    /// Adds a text to its stream's batch; returns the stream, if there is such a one.
    pub(super) fn text(&mut self, request: RequestId, text: TickText) -> Option<u64> {
        let subscription = self.of_request(request)?;
        self.streams.get_mut(&subscription)?.batch.texts.push(text);
        Some(subscription)
    }

    /// Whether any batch waits to be taken.
    pub(super) fn has_batches(&self) -> bool {
        self.streams.values().any(Stream::has_batch)
    }

    /// Hands each batch to `write`, which returns whether it took it. One that is not taken is dropped and counted.
    pub(super) fn take_batches(&mut self, mut write: impl FnMut(&TicksEvent) -> bool) {
        for stream in self.streams.values_mut().filter(|stream| stream.has_batch()) {
            stream.batch.dropped = stream.dropped;
            let items = (stream.batch.ticks.len() + stream.batch.texts.len()) as u64;
            if !write(&stream.batch) {
                stream.dropped += items;
                self.dropped += items;
            }
            stream.batch.ticks.clear();
            stream.batch.texts.clear();
        }
    }

    /// An event of a stream that may be dropped was.
    pub(super) fn drop_event(&mut self, event: &Event) {
        let subscription = match event {
            Event::Bar(bar) => bar.subscription,
            Event::Account(account) => account.subscription,
            Event::Ticks(_)
            | Event::Stage(_)
            | Event::Order { .. }
            | Event::Notice(_)
            | Event::SessionLost(_)
            | Event::StreamEnded(_)
            | Event::Recovery(_)
            | Event::RecoveryEvent(_)
            | Event::SessionInterrupted(_)
            | Event::SessionResumed(_)
            | Event::Reconciled(_)
            | Event::Freshness(_) => return,
        };
        self.dropped += 1;
        if let Some(stream) = self.streams.get_mut(&subscription) {
            stream.dropped += 1;
        }
    }

    /// A bar for the stream that this request feeds.
    pub(super) fn bar(&mut self, bar: &gatewright_proto::message::historical::RealTimeBar) -> Option<Event> {
        let subscription = self.of_request(bar.req_id)?;
        let dropped = self.streams.get(&subscription)?.dropped;
        Some(Event::Bar(Box::new(BarEvent { subscription, dropped, bar: bar.clone() })))
    }

    /// The same for every stream of the account.
    pub(super) fn account(&self, account: &str, make: impl Fn(u64) -> AccountEvent) -> Vec<Event> {
        self.of_kind(StreamKind::Account)
            .filter(|(_, stream)| account.is_empty() || stream.account == account)
            .map(|(subscription, _)| Event::Account(Box::new(make(subscription))))
            .collect()
    }

    /// The same for every stream of orders.
    pub(super) fn orders(&self, event: &OrderEvent) -> Vec<Event> {
        self.of_kind(StreamKind::Orders)
            .map(|(subscription, _)| Event::Order { subscription, event: event.clone() })
            .collect()
    }

    fn of_kind(&self, kind: StreamKind) -> impl Iterator<Item = (u64, &Stream)> {
        self.streams.iter().filter(move |(_, stream)| stream.kind == kind).map(|(id, stream)| (*id, stream))
    }
}

impl Stream {
    fn has_batch(&self) -> bool {
        !self.batch.ticks.is_empty() || !self.batch.texts.is_empty()
    }
}

fn ticks_request(request: RequestId, params: SubscribeParams) -> Result<ClientMessage, CallError> {
    Ok(ClientMessage::ReqMktData(Box::new(MktDataRequest {
        req_id: request,
        contract: params.contract.ok_or_else(|| needs_contract("ticks"))?,
        combo_legs: Vec::new(),
        delta_neutral: None,
        generic_ticks: params.generic_ticks,
        snapshot: false,
        regulatory_snapshot: false,
        options: String::new(),
    })))
}

fn bars_request(request: RequestId, params: SubscribeParams) -> Result<ClientMessage, CallError> {
    Ok(ClientMessage::ReqRealTimeBars(Box::new(RealTimeBarsRequest {
        req_id: request,
        contract: params.contract.ok_or_else(|| needs_contract("bars"))?,
        bar_size: 5,
        what_to_show: if params.what_to_show.is_empty() { "TRADES".into() } else { params.what_to_show },
        use_rth: params.use_rth,
        options: String::new(),
    })))
}

fn account_request(subscribe: bool, account: &str) -> ClientMessage {
    ClientMessage::ReqAccountUpdates(AccountUpdatesRequest { subscribe, account: account.to_owned() })
}

fn needs_contract(kind: &str) -> CallError {
    CallError::new(ErrorCode::InvalidParams, format!("a stream of {kind} needs a contract"))
}
