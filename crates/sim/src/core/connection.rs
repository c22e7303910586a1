//! One connection and the session on it.

use ::core::net::SocketAddr;
use std::collections::BTreeMap;

use bytes::BytesMut;
use gatewright_proto::message::scanner::ScannerSubscription;
use gatewright_proto::{ClientId, FrameDecoder, RequestId, ServerVersion};

use super::account::SummaryRequest;
use super::depth::DepthStream;
use super::history::LiveBars;
use super::instant::SimInstant;
use super::outbox::Outbox;
use super::profit_streams::ProfitStream;
use super::real_time::FiveSecondBars;
use super::tick_by_tick::TickByTickStream;
use super::ticks::TickStream;

/// The longest frame that is taken from a client, in bytes. The longest real ones, orders with algorithm parameters
/// and scanner filters, stay under a tenth of it.
pub(super) const MAX_CLIENT_FRAME: u32 = 1 << 20;

/// One connection.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) peer: SocketAddr,
    pub(super) since: SimInstant,
    pub(super) stage: Stage,
    pub(super) speaks: ServerVersion,
    pub(super) outbox: Outbox,
    /// A relay in front has closed the client's side, and the Gateway does not know.
    pub(super) outer_is_gone: bool,
    /// How many requests of each kind it has sent.
    pub(super) received: Counts,
    /// How many messages of each kind it was sent.
    pub(super) sent: Counts,
}

/// How many kinds of messages are counted by themselves: the protocol numbers them up to about a hundred.
const COUNTED_KINDS: usize = 256;

/// The kind under which all others are counted.
const OTHERS: i32 = -1;

/// How many messages there were of each kind.
#[derive(Debug, Default)]
pub(super) struct Counts {
    by_kind: Vec<u64>,
    others: u64,
}

impl Counts {
    /// One more.
    pub(super) fn add(&mut self, kind: i32) {
        let place = usize::try_from(kind).ok().filter(|place| *place < COUNTED_KINDS);
        let Some(place) = place else {
            self.others += 1;
            return;
        };
        if place >= self.by_kind.len() {
            self.by_kind.resize(place + 1, 0);
        }
        self.by_kind[place] += 1;
    }

    /// Those that there were, by kind; what has no kind of its own is kind -1.
    pub(super) fn by_kind(&self) -> BTreeMap<i32, u64> {
        let counted = (0..).zip(&self.by_kind).map(|(kind, count)| (kind, *count));
        counted.chain([(OTHERS, self.others)]).filter(|(_, count)| *count > 0).collect()
    }
}

/// Where a connection is in its life.
#[derive(Debug)]
pub(super) enum Stage {
    /// Nothing was answered yet; the client's greeting is not complete.
    Greeting(BytesMut),
    /// The server version was sent; START_API was not read.
    Starting(FrameDecoder),
    /// A session with a client id.
    Ready(Box<Session>),
    /// Reads and forgets: a fault decided that nothing is ever answered.
    Mute,
    /// The client has sent FIN and is ignored: a socket in CLOSE_WAIT. The client id, if any, stays taken.
    Leaked(Option<ClientId>),
}

/// What a client has asked for, all of it forgotten when its connection ends.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) client: ClientId,
    pub(super) decoder: FrameDecoder,
    /// When the start-up messages were written.
    pub(super) started: Option<SimInstant>,
    /// Whether it was told of the farms.
    pub(super) knows_farms: bool,
    pub(super) market_data_type: i32,
    pub(super) last_clock: Option<SimInstant>,
    pub(super) positions: bool,
    /// The account whose values are streamed; there is one stream per connection.
    pub(super) account_updates: Option<String>,
    pub(super) summaries: BTreeMap<RequestId, SummaryRequest>,
    /// Accounts of reqAccountUpdatesMulti, with their model codes.
    pub(super) multi: BTreeMap<RequestId, (String, String)>,
    pub(super) ticks: BTreeMap<RequestId, TickStream>,
    pub(super) live_bars: BTreeMap<RequestId, LiveBars>,
    pub(super) five_second_bars: BTreeMap<RequestId, FiveSecondBars>,
    pub(super) profits: BTreeMap<RequestId, ProfitStream>,
    pub(super) tick_by_tick: BTreeMap<RequestId, TickByTickStream>,
    pub(super) depth: BTreeMap<RequestId, DepthStream>,
    /// Scanners that are answered again and again.
    pub(super) scanners: BTreeMap<RequestId, ScannerSubscription>,
    /// Requests that watch a display group.
    pub(super) display_groups: BTreeMap<RequestId, i32>,
    /// Whether bulletins are sent.
    pub(super) bulletins: bool,
}

impl Connection {
    /// A connection that was just accepted.
    pub(super) fn new(peer: SocketAddr, since: SimInstant, stage: Stage) -> Self {
        Self {
            peer,
            since,
            stage,
            speaks: ServerVersion::new(0),
            outbox: Outbox::default(),
            outer_is_gone: false,
            received: Counts::default(),
            sent: Counts::default(),
        }
    }

    /// The session, once there is one.
    pub(super) fn session(&self) -> Option<&Session> {
        match &self.stage {
            Stage::Ready(session) => Some(session),
            Stage::Greeting(_) | Stage::Starting(_) | Stage::Mute | Stage::Leaked(_) => None,
        }
    }

    /// The session, once there is one.
    pub(super) fn session_mut(&mut self) -> Option<&mut Session> {
        match &mut self.stage {
            Stage::Ready(session) => Some(session),
            Stage::Greeting(_) | Stage::Starting(_) | Stage::Mute | Stage::Leaked(_) => None,
        }
    }

    /// The client id that this connection keeps taken.
    pub(super) fn client(&self) -> Option<ClientId> {
        match &self.stage {
            Stage::Ready(session) => Some(session.client),
            Stage::Leaked(client) => *client,
            Stage::Greeting(_) | Stage::Starting(_) | Stage::Mute => None,
        }
    }

    /// The stage's name for a report.
    pub(super) fn stage_name(&self) -> &'static str {
        match self.stage {
            Stage::Greeting(_) => "greeting",
            Stage::Starting(_) => "starting",
            Stage::Ready(_) => "ready",
            Stage::Mute => "mute",
            Stage::Leaked(_) => "leaked",
        }
    }
}

impl Session {
    /// A session that has just taken its client id.
    pub(super) fn new(client: ClientId, decoder: FrameDecoder) -> Self {
        Self {
            client,
            decoder,
            started: None,
            knows_farms: false,
            market_data_type: 1,
            last_clock: None,
            positions: false,
            account_updates: None,
            summaries: BTreeMap::new(),
            multi: BTreeMap::new(),
            ticks: BTreeMap::new(),
            live_bars: BTreeMap::new(),
            five_second_bars: BTreeMap::new(),
            profits: BTreeMap::new(),
            tick_by_tick: BTreeMap::new(),
            depth: BTreeMap::new(),
            scanners: BTreeMap::new(),
            display_groups: BTreeMap::new(),
            bulletins: false,
        }
    }
}
