//! What an observer at the wire counts: frames, sessions and streams, decoded for itself and compared with nobody's books.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use gatewright_proto::{
    API_PREFIX, ClientId, ClientMessage, FrameDecoder, OrderId, ServerGreeting, ServerMessage, ServerVersion,
};
use gatewright_sim::core::ConnId;

use crate::violation::{Broken, Checked};

/// The documented limit of a Gateway is 50; what leaves us stays below what a Gateway was ever seen to warn about.
const FRAMES_IN_A_SECOND: usize = 40;

/// The Gateway counts requests for history over so long.
const HISTORY: Duration = Duration::from_secs(600);

/// What was seen on each connection, at our end of the wire.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    conns: BTreeMap<ConnId, Seen>,
    /// When each frame of the last second left.
    departures: VecDeque<Duration>,
    /// From then on the Gateway has seen the questions of the last ten minutes as this worker has sent them.
    remembers: Duration,
    /// Orders that were ever sent.
    orders: BTreeSet<(ClientId, i32)>,
    /// Orders that the journal has.
    durable: BTreeSet<(ClientId, i32)>,
    /// Frames that left, of all time.
    pub(crate) frames: u64,
    /// Sessions that were opened, of all time.
    pub(crate) sessions: u64,
}

#[derive(Debug, Default)]
struct Seen {
    up: BytesMut,
    greeted: bool,
    offered: bool,
    upward: FrameDecoder,
    downward: FrameDecoder,
    speaks: Option<ServerVersion>,
    /// What came is no Gateway's protocol; nothing more can be read.
    opaque: bool,
    client: Option<ClientId>,
    streams: BTreeSet<i32>,
}

impl Watch {
    /// Bytes leave for the Gateway.
    pub(crate) fn handle_up(&mut self, at: Duration, conn: ConnId, bytes: &Bytes) -> Checked {
        let seen = self.conns.entry(conn).or_default();
        seen.up.extend_from_slice(bytes);
        if !seen.greeted {
            if seen.up.len() < API_PREFIX.len() {
                return Ok(());
            }
            if !seen.up.starts_with(API_PREFIX) {
                return Err(Broken::new("handshake", format!("connection {} begins with {:?}", conn.0, seen.up)));
            }
            let _ = seen.up.split_to(API_PREFIX.len());
            seen.greeted = true;
        }
        let bytes = seen.up.split();
        seen.upward.extend(&bytes);
        loop {
            let Some(seen) = self.conns.get_mut(&conn) else { return Ok(()) };
            let frame = seen.upward.next_frame().map_err(|error| Broken::new("framing", error.to_string()))?;
            let Some(frame) = frame else { return Ok(()) };
            if !std::mem::replace(&mut seen.offered, true) {
                continue;
            }
            self.handle_frame(at, conn, &frame)?;
        }
    }

    fn handle_frame(&mut self, at: Duration, conn: ConnId, frame: &Bytes) -> Checked {
        self.count(at)?;
        let Some(seen) = self.conns.get_mut(&conn) else { return Ok(()) };
        let Some(speaks) = seen.speaks else {
            return Err(Broken::new("handshake", format!("connection {} speaks before the version came", conn.0)));
        };
        let message = ClientMessage::decode(frame, speaks)
            .map_err(|error| Broken::new("framing", format!("a frame that cannot be read: {error}")))?;
        self.note(conn, &message)
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "an observer looks for a few kinds among all")]
    fn note(&mut self, conn: ConnId, message: &ClientMessage) -> Checked {
        match message {
            ClientMessage::StartApi(start) => {
                let twin =
                    self.conns.iter().find(|(other, seen)| **other != conn && seen.client == Some(start.client_id));
                if let Some((other, _)) = twin {
                    let what = format!("client id {} on connections {} and {}", start.client_id, other.0, conn.0);
                    return Err(Broken::new("one session for each client id", what));
                }
                self.sessions += 1;
                if let Some(seen) = self.conns.get_mut(&conn) {
                    seen.client = Some(start.client_id);
                }
            }
            ClientMessage::PlaceOrder(place) => {
                let client = self.conns.get(&conn).and_then(|seen| seen.client);
                let Some(client) = client else { return Ok(()) };
                if !self.durable.contains(&(client, place.order_id.get())) {
                    let what = format!("order {} of client id {client} is on its way undurably", place.order_id);
                    return Err(Broken::new("orders are durable before their bytes", what));
                }
                if !self.orders.insert((client, place.order_id.get())) {
                    let what = format!("order {} of client id {client}", place.order_id);
                    return Err(Broken::new("no order is sent twice", what));
                }
            }
            ClientMessage::ReqRealTimeBars(request) => {
                self.streams(conn, |streams| streams.insert(request.req_id.get()));
            }
            ClientMessage::CancelRealTimeBars(id) => self.streams(conn, |streams| streams.remove(&id.get())),
            _ => {}
        }
        Ok(())
    }

    fn streams(&mut self, conn: ConnId, change: impl FnOnce(&mut BTreeSet<i32>) -> bool) {
        if let Some(seen) = self.conns.get_mut(&conn) {
            change(&mut seen.streams);
        }
    }

    /// Pacing, counted anew: no second with more frames than that.
    fn count(&mut self, at: Duration) -> Checked {
        let second = Duration::from_secs(1);
        while self.departures.front().is_some_and(|first| *first + second <= at) {
            self.departures.pop_front();
        }
        self.departures.push_back(at);
        self.frames += 1;
        if self.departures.len() > FRAMES_IN_A_SECOND {
            return Err(Broken::new("pacing", format!("{} frames within a second", self.departures.len())));
        }
        Ok(())
    }

    /// Bytes have come from the Gateway. Returns the port that it has named in them (1300).
    pub(crate) fn handle_down(&mut self, at: Duration, conn: ConnId, bytes: &Bytes) -> Result<Option<u16>, Broken> {
        let Some(seen) = self.conns.get_mut(&conn).filter(|seen| !seen.opaque) else { return Ok(None) };
        seen.downward.extend(bytes);
        let mut named = None;
        loop {
            let Ok(frame) = seen.downward.next_frame() else {
                seen.opaque = true;
                return Ok(named);
            };
            let Some(frame) = frame else { return Ok(named) };
            match seen.speaks {
                None => match ServerGreeting::decode(&frame) {
                    Ok(greeting) => seen.speaks = Some(greeting.version),
                    Err(_) => seen.opaque = true,
                },
                Some(speaks) => named = Self::judge(&frame, speaks, at >= self.remembers)?.or(named),
            }
        }
    }

    /// The Gateway's own objections are the strictest observer.
    fn judge(frame: &Bytes, speaks: ServerVersion, remembers: bool) -> Result<Option<u16>, Broken> {
        if !gatewright_proto::encoding::identify(frame, speaks).is_ok_and(|(id, _)| id == 4) {
            return Ok(None);
        }
        match ServerMessage::decode(frame, speaks) {
            Ok(ServerMessage::Error(error)) if error.code == 100 => Err(Broken::new("pacing", error.text.clone())),
            Ok(ServerMessage::Error(error))
                if error.code == 162 && remembers && error.text.contains("pacing violation") =>
            {
                Err(Broken::new("historical pacing", error.text.clone()))
            }
            Ok(ServerMessage::Error(error)) if error.code == 1300 => {
                Ok(error.text.rsplit(' ').next().and_then(|port| port.parse().ok()))
            }
            Ok(_) | Err(_) => Ok(None),
        }
    }

    /// The network held frames back: when the Gateway gets them is no more the pace at which they left.
    pub(crate) fn handle_hang(&mut self, until: Duration) {
        self.remembers = self.remembers.max(until + HISTORY);
    }

    /// An order of a program is on the disk.
    pub(crate) fn handle_durable(&mut self, client: ClientId, id: OrderId) {
        self.durable.insert((client, id.get()));
    }

    /// A connection is over, on whichever side.
    pub(crate) fn handle_end(&mut self, conn: ConnId) {
        self.conns.remove(&conn);
    }

    /// The Gateway has forgotten every stream.
    pub(crate) fn lose_streams(&mut self) {
        self.conns.values_mut().for_each(|seen| seen.streams.clear());
    }

    /// How many orders were ever sent.
    pub(crate) fn orders(&self) -> u64 {
        self.orders.len() as u64
    }

    /// The highest order id that was ever sent for a client; 0 for none.
    pub(crate) fn highest_order(&self, client: ClientId) -> i32 {
        self.orders.range((client, i32::MIN)..=(client, i32::MAX)).next_back().map_or(0, |(_, id)| *id)
    }

    /// The streams of a client.
    pub(crate) fn streams_of(&self, client: ClientId) -> BTreeSet<i32> {
        let its = self.conns.values().filter(|seen| seen.client == Some(client));
        its.flat_map(|seen| seen.streams.iter().copied()).collect()
    }

    /// Whether a stream of this client's is asked for.
    pub(crate) fn has_stream(&self, client: ClientId, request: i32) -> bool {
        self.conns.values().any(|seen| seen.client == Some(client) && seen.streams.contains(&request))
    }
}
