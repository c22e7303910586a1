//! Order books round the quote.

use gatewright_proto::message::depth::{MarketDepth, MarketDepthL2, MktDepthRequest};
use gatewright_proto::{ConId, RequestId, ServerMessage};
use rust_decimal::Decimal;

use super::action::ConnId;
use super::world::World;
use crate::calendar::Which;
use crate::catalogue::{Instrument, Kind};
use crate::market::{Path, pick};

/// How many books one session may watch at once (IBKR documents three for 100 lines).
const MOST_BOOKS: usize = 3;

/// The most rows on a side.
const MOST_ROWS: i32 = 10;

/// Who stands in the rows of a book with names.
const MAKERS: [&str; 6] = ["NSDQ", "ARCA", "BATS", "EDGX", "IEX", "NYSE"];

/// What a message does to a row.
const INSERT: i32 = 0;
const UPDATE: i32 = 1;

/// The sides, as the API numbers them.
const ASK: i32 = 0;
const BID: i32 = 1;

/// One row: price and size, and who stands there.
type Row = (i64, i64, usize);

/// One book of a session.
#[derive(Debug, Clone)]
pub(super) struct DepthStream {
    con_id: ConId,
    rows: i64,
    smart: bool,
    second: i64,
    /// What was told last: asks, then bids.
    told: [Vec<Row>; 2],
}

impl World {
    /// Starts a book with all its rows.
    pub(super) fn start_depth(&mut self, id: ConnId, request: &MktDepthRequest) {
        let req_id = request.req_id;
        let Some(instrument) = self.instrument(id, req_id, &request.contract) else { return };
        if !instrument.has_quotes() || (request.contract.exchange == "SMART" && !request.is_smart_depth) {
            return self.refuse(
                id,
                req_id,
                10092,
                "Deep market data is not supported for this combination of security type/exchange",
            );
        }
        let Some(session) = self.session_mut(id) else { return };
        if session.depth.contains_key(&req_id) {
            return self.refuse(id, req_id, 322, "Error processing request.-'bY' : cause - Duplicate ticker id");
        }
        if session.depth.len() >= MOST_BOOKS {
            return self.refuse(id, req_id, 309, "Max number (3) of market depth requests has been reached");
        }
        let rows = i64::from(if request.num_rows <= 0 { 5 } else { request.num_rows.min(MOST_ROWS) });
        let smart = request.is_smart_depth;
        let mut stream = DepthStream { con_id: instrument.con_id, rows, smart, second: 0, told: Default::default() };
        self.send_depth(id, req_id, &mut stream);
        if let Some(session) = self.session_mut(id) {
            session.depth.insert(req_id, stream);
        }
        self.watch_ticks();
    }

    /// Ends a book.
    pub(super) fn stop_depth(&mut self, id: ConnId, request: RequestId) {
        let stopped = self.session_mut(id).and_then(|session| session.depth.remove(&request));
        if stopped.is_none() {
            let text = format!("Can't find the subscribed market depth with tickerId:{request}");
            self.refuse(id, request, 310, &text);
        }
    }

    /// Sends the rows that have changed.
    pub(super) fn run_depth(&mut self) {
        let books: Vec<(ConnId, RequestId)> =
            self.sessions().flat_map(|(id, session)| session.depth.keys().map(move |request| (id, *request))).collect();
        for (id, request) in books {
            let Some(mut stream) = self.session_mut(id).and_then(|session| session.depth.remove(&request)) else {
                continue;
            };
            self.send_depth(id, request, &mut stream);
            if let Some(session) = self.session_mut(id) {
                session.depth.insert(request, stream);
            }
        }
    }

    fn send_depth(&mut self, id: ConnId, req_id: RequestId, stream: &mut DepthStream) {
        let second = self.now.second();
        if stream.second == second {
            return;
        }
        stream.second = second;
        let Some(instrument) = self.catalogue.get(stream.con_id).cloned() else { return };
        let open = self.trades(&instrument, second, Which::Extended);
        let Some(path) = self.paths.get(&stream.con_id) else { return };
        if !open && !stream.told[0].is_empty() {
            return;
        }
        let named = stream.smart || matches!(instrument.kind, Kind::Stock | Kind::Fund | Kind::Option);
        let mut out = Vec::new();
        for (side, told) in (0..).zip(&mut stream.told) {
            let rows = book(path, second, side, stream.rows);
            for (position, row) in (0..).zip(&rows) {
                let before = usize::try_from(position).ok().and_then(|position| told.get(position));
                if before == Some(row) {
                    continue;
                }
                let operation = if before.is_some() { UPDATE } else { INSERT };
                out.push(message(req_id, &instrument, (position, operation, side), *row, (named, stream.smart)));
            }
            *told = rows;
        }
        for message in &out {
            self.send(id, message);
        }
    }
}

/// One side of the book in a second: the quote, then a row at each step or two.
fn book(path: &Path, second: i64, side: i32, rows: i64) -> Vec<Row> {
    let quote = path.quote(second, 0);
    let (mut price, size, away) =
        if side == ASK { (quote.ask, quote.ask_size, 1) } else { (quote.bid, quote.bid_size, -1) };
    let unit = (size / 4).max(1);
    let mut found = Vec::new();
    for row in 0..rows {
        let salt = 301 + u64::from(side == BID);
        let place = price.wrapping_mul(16) + away;
        let maker = usize::try_from(pick(path.seed(), place, salt + 2, 6)).unwrap_or(0);
        // A row further out changes every few seconds only.
        let moment = second.div_euclid(1 + row);
        let shown = if row == 0 { size } else { unit * (1 + pick(path.seed(), place ^ moment, salt, 30)) };
        found.push((price, shown, maker));
        price += away * (1 + pick(path.seed(), place, salt + 4, 2));
        if price < 1 {
            break;
        }
    }
    found
}

fn message(
    req_id: RequestId,
    instrument: &Instrument,
    (position, operation, side): (i32, i32, i32),
    (price, size, maker): Row,
    (named, smart): (bool, bool),
) -> ServerMessage {
    let (price, size) = (instrument.price(price), Decimal::from(size));
    if !named {
        return ServerMessage::MarketDepth(Box::new(MarketDepth { req_id, position, operation, side, price, size }));
    }
    let market_maker = MAKERS[maker % MAKERS.len()].into();
    let row = MarketDepthL2 { req_id, position, market_maker, operation, side, price, size, is_smart_depth: smart };
    ServerMessage::MarketDepthL2(Box::new(row))
}
