//! One session while it lasts: its streams, and what their items mean.

use std::time::Duration;

use gatewright_link::client::StreamItem;
use gatewright_link::protocol::{ErrorData, Tick};
use gatewright_proto::ClientId;
use tokio::time::Instant;

use super::clock::Moment;
use super::event::Event;
use super::opening::GatewayDay;
use super::streams::{StreamKey, Streams};
use crate::event::{Listener, TradeEvent};
use crate::risk::Quote;
use crate::strategy::BarIn;

/// How long a session without a data stream is kept before it is opened again. A Gateway that refuses the stream for good
/// is then asked twice a minute.
const REPAIR_AFTER: Duration = Duration::from_secs(30);

/// Tick types of prices, live and delayed.
const BID: [i32; 2] = [1, 66];
const ASK: [i32; 2] = [2, 67];
const LAST: [i32; 2] = [4, 68];

/// One session while it lasts.
pub(super) struct Session {
    pub(super) client_id: ClientId,
    pub(super) day: GatewayDay,
    pub(super) streams: Streams,
    /// When to open the session again because a data stream ended, and why it did.
    repair: Option<(Instant, Box<ErrorData>)>,
}

/// What an item of a stream means.
pub(super) enum Read {
    Event(Event),
    Nothing,
    Over(Box<ErrorData>),
}

impl Session {
    pub(super) fn new(client_id: ClientId, day: GatewayDay, streams: Streams) -> Self {
        Self { client_id, day, streams, repair: None }
    }

    /// Takes an item.
    pub(super) fn read(&mut self, (key, item): (StreamKey, StreamItem), listener: &mut dyn Listener) -> Read {
        let symbol = match &key {
            StreamKey::Orders => None,
            StreamKey::Bars(symbol) | StreamKey::Ticks(symbol) => Some(symbol.clone()),
        };
        match (item, symbol) {
            (StreamItem::Order(event), _) => Read::Event(Event::Order(event)),
            (StreamItem::Bar(bar), Some(symbol)) => match BarIn::from_live(&bar.bar) {
                Some(bar) => Read::Event(Event::Bar { symbol, bar }),
                None => Read::Nothing,
            },
            (StreamItem::Ticks(event), Some(symbol)) => {
                let quote = quote(&event.ticks);
                if quote == Quote::default() { Read::Nothing } else { Read::Event(Event::Prices { symbol, quote }) }
            }
            (StreamItem::Lost { count }, symbol) => Read::Event(Event::DataLost { symbol, count }),
            (StreamItem::Ended(failure), _) => self.ended(&key, failure, listener),
            (StreamItem::Account(_) | StreamItem::Bar(_) | StreamItem::Ticks(_), _) => Read::Nothing,
        }
    }

    fn ended(&mut self, key: &StreamKey, failure: ErrorData, listener: &mut dyn Listener) -> Read {
        match key {
            StreamKey::Orders => Read::Over(Box::new(failure)),
            StreamKey::Bars(_) | StreamKey::Ticks(_) => {
                // Where the session itself has ended, the order stream says so too, in a moment.
                listener.hear(TradeEvent::Problem { failure: (&failure).into() });
                if matches!(key, StreamKey::Bars(_)) {
                    let at = Instant::from_std(Moment::now().instant) + REPAIR_AFTER;
                    self.repair.get_or_insert((at, Box::new(failure)));
                }
                Read::Nothing
            }
        }
    }

    /// Whether a data stream has been gone for so long that the session is to be opened again.
    pub(super) fn needs_repair(&mut self, now: Instant) -> Option<Box<ErrorData>> {
        self.repair.take_if(|(at, _)| *at <= now).map(|(_, failure)| failure)
    }
}

/// The newest prices among ticks. A price of zero or below is the Gateway's word for none.
fn quote(ticks: &[Tick]) -> Quote {
    let newest = |types: [i32; 2]| {
        let tick = ticks.iter().rev().find(|tick| types.contains(&tick.0))?;
        tick.1.filter(|price| price.is_sign_positive() && !price.is_zero())
    };
    Quote { bid: newest(BID), ask: newest(ASK), last: newest(LAST) }
}
