//! One session that a worker keeps, with what its program wants.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use gatewright_link::health::{Freshness, FreshnessEvent, FreshnessWatch, HealthBoard, Market};
use gatewright_proto::message::contract::Contract;
use gatewright_proto::message::historical::{HistoricalDataRequest, RealTimeBarsRequest};
use gatewright_proto::session::Session;
use gatewright_proto::{ClientId, ClientMessage, RequestId, ServerMessage};
use gatewright_sim::core::ConnId;

use crate::witness::Witness;

/// Where the streams' data comes from in the simulator.
const FARM: &str = "usfarm";

/// Questions have their ids above those of streams.
const FIRST_QUESTION: i32 = 1_000;

/// What the streams are of.
const SYMBOLS: [&str; 4] = ["AAPL", "MSFT", "NVDA", "TSLA"];

/// A session and its program.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) client_id: ClientId,
    /// How many streams the program wants; their request ids count from 1.
    pub(crate) streams: i32,
    pub(crate) board: HealthBoard,
    pub(crate) freshness: FreshnessWatch,
    pub(crate) witness: Witness,
    pub(crate) live: Option<Live>,
    /// Streams that were told to be stale.
    pub(crate) told_stale: BTreeSet<u64>,
    next_question: i32,
    /// Questions without an answer.
    pub(crate) open_questions: BTreeSet<RequestId>,
}

/// A connection that is begun or ready.
#[derive(Debug)]
pub(crate) struct Live {
    pub(crate) conn: ConnId,
    pub(crate) session: Session,
    pub(crate) ready: Option<Duration>,
}

impl Kept {
    pub(crate) fn new(client_id: ClientId, streams: i32) -> Self {
        Self {
            client_id,
            streams,
            board: HealthBoard::default(),
            freshness: FreshnessWatch::default(),
            witness: Witness::default(),
            live: None,
            told_stale: BTreeSet::new(),
            next_question: FIRST_QUESTION,
            open_questions: BTreeSet::new(),
        }
    }

    /// Everything that is to be asked for once the session is ready, or once its streams are gone.
    pub(crate) fn subscribe(&mut self, now: Instant) -> Vec<ClientMessage> {
        for number in 1..=self.streams {
            let subscription = u64::from(number.unsigned_abs());
            // A session that is made again has its watch made again, and its rate with it.
            self.freshness.handle_ended(subscription);
            self.freshness.handle_started(now, subscription, Market::Open, Some(FARM.to_owned()));
            self.told_stale.remove(&subscription);
        }
        (1..=self.streams).map(stream).collect()
    }

    /// Takes streams back.
    pub(crate) fn unsubscribe(&self) -> Vec<ClientMessage> {
        (1..=self.streams).map(|id| ClientMessage::CancelRealTimeBars(RequestId::new(id))).collect()
    }

    /// A question with an answer: bars of five seconds, which have the strictest rules.
    pub(crate) fn question(&mut self) -> ClientMessage {
        let req_id = RequestId::new(self.next_question);
        self.next_question += 1;
        self.open_questions.insert(req_id);
        let symbol = SYMBOLS[usize::try_from(self.next_question % 4).unwrap_or(0)];
        ClientMessage::ReqHistoricalData(Box::new(HistoricalDataRequest {
            req_id,
            contract: Contract::stock(symbol),
            bar_size: "5 secs".into(),
            duration: "60 S".into(),
            what_to_show: "TRADES".into(),
            format_date: 2,
            ..HistoricalDataRequest::default()
        }))
    }

    /// A message from the Gateway, as far as a program looks. Returns the question that it ends.
    #[expect(clippy::wildcard_enum_match_arm, reason = "a program looks for what it has asked for")]
    pub(crate) fn handle_message(&mut self, now: Instant, message: &ServerMessage) -> Option<RequestId> {
        let ended = match message {
            ServerMessage::RealTimeBar(bar) => {
                self.freshness.handle_data(now, u64::from(bar.req_id.get().unsigned_abs()));
                return None;
            }
            ServerMessage::HistoricalData(data) => data.req_id,
            ServerMessage::Error(error) => error.id,
            _ => return None,
        };
        self.open_questions.remove(&ended).then_some(ended)
    }

    /// What follows from silence.
    pub(crate) fn judge_streams(&mut self) -> Vec<ClientMessage> {
        let mut again = Vec::new();
        while let Some(event) = self.freshness.poll_event() {
            match event {
                FreshnessEvent::AskAgain { subscription, .. } => {
                    let id = i32::try_from(subscription).unwrap_or_default();
                    again.push(ClientMessage::CancelRealTimeBars(RequestId::new(id)));
                    again.push(stream(id));
                }
                FreshnessEvent::Stale { subscription, .. } => {
                    self.told_stale.insert(subscription);
                }
                FreshnessEvent::Fresh { subscription } => {
                    self.told_stale.remove(&subscription);
                }
            }
        }
        again
    }

    /// Whether a stream's data is said to come as it should.
    pub(crate) fn is_fresh(&self, now: Instant, number: i32) -> bool {
        self.freshness.freshness(now, u64::from(number.unsigned_abs())) == Freshness::Fresh
    }

    /// Whether the session can be used.
    pub(crate) fn is_ready(&self) -> bool {
        self.live.as_ref().is_some_and(|live| live.ready.is_some())
    }
}

fn stream(number: i32) -> ClientMessage {
    ClientMessage::ReqRealTimeBars(Box::new(RealTimeBarsRequest {
        req_id: RequestId::new(number),
        contract: Contract::stock(SYMBOLS[usize::try_from(number % 4).unwrap_or(0)]),
        bar_size: 5,
        what_to_show: "TRADES".into(),
        use_rth: false,
        options: String::new(),
    }))
}
