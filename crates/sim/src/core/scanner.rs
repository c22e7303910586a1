//! Scanners over the shares and funds of the catalogue.

use gatewright_proto::message::scanner::{ScannerData, ScannerParameters, ScannerRow, ScannerSubscription};
use gatewright_proto::{ConId, RequestId, ServerMessage};

use super::action::ConnId;
use super::world::World;
use crate::catalogue::Kind;

/// The most rows of one answer (IBKR documents 50).
const MOST_ROWS: i32 = 50;

/// How many scanners may run at once (IBKR documents 10).
const MOST_SCANNERS: usize = 10;

/// How often they are answered again, in seconds (IBKR documents 30).
const REFRESH: i64 = 30;

/// What can be scanned for: the code, and its name.
const CODES: [(&str, &str); 4] = [
    ("TOP_PERC_GAIN", "Top % Gainers"),
    ("TOP_PERC_LOSE", "Top % Losers"),
    ("MOST_ACTIVE", "Most Active"),
    ("HOT_BY_VOLUME", "Hot by Volume"),
];

impl World {
    /// Starts a scanner with its first rows.
    pub(super) fn start_scanner(&mut self, id: ConnId, request: ScannerSubscription) {
        let req_id = request.req_id;
        if !CODES.iter().any(|(code, _)| *code == request.scan_code) {
            let text = "Historical Market Data Service error message:Scanner type with code is disabled";
            return self.refuse(id, req_id, 162, text);
        }
        let Some(session) = self.session_mut(id) else { return };
        if session.scanners.len() >= MOST_SCANNERS {
            let text = "Historical Market Data Service error message:Maximum number of scanners reached";
            return self.refuse(id, req_id, 162, text);
        }
        session.scanners.insert(req_id, request.clone());
        self.send_scan(id, &request);
        self.watch_seconds();
    }

    /// Ends a scanner.
    pub(super) fn stop_scanner(&mut self, id: ConnId, request: RequestId) {
        let stopped = self.session_mut(id).and_then(|session| session.scanners.remove(&request));
        if stopped.is_some() {
            let text = "Historical Market Data Service error message:API scanner subscription cancelled: ";
            return self.refuse(id, request, 162, &format!("{text}{request}"));
        }
        self.refuse(id, request, 365, &format!("No scanner subscription found for ticker id:{request}"));
    }

    /// Answers every scanner again.
    pub(super) fn update_scanners(&mut self, second: i64) {
        if second.rem_euclid(REFRESH) != 0 {
            return;
        }
        let scanners: Vec<(ConnId, ScannerSubscription)> = self
            .sessions()
            .flat_map(|(id, session)| session.scanners.values().map(move |scanner| (id, scanner.clone())))
            .collect();
        for (id, scanner) in scanners {
            self.send_scan(id, &scanner);
        }
    }

    fn send_scan(&mut self, id: ConnId, request: &ScannerSubscription) {
        let funds = request.stock_type_filter != "CORP";
        let shares = !matches!(request.stock_type_filter.as_str(), "ETF" | "STOCK_ETF");
        let listed: Vec<ConId> = self
            .catalogue
            .iter()
            .filter(|it| it.currency == "USD")
            .filter(|it| (it.kind == Kind::Stock && shares) || (it.kind == Kind::Fund && funds))
            .map(|it| it.con_id)
            .collect();
        let mut found = Vec::new();
        for con_id in listed {
            let Some(day) = self.day_so_far(con_id, self.now.second()) else { continue };
            let (start, bar) = (day.start, day.bar);
            let Some(instrument) = self.catalogue.get(con_id).cloned() else { continue };
            let before = self.paths.get(&con_id).map_or(1, |path| path.last(start - 1));
            let price = instrument.half_price(bar.close);
            let too_cheap = request.above_price.is_some_and(|least| price < least);
            let too_dear = request.below_price.is_some_and(|most| price > most);
            let too_calm = request.above_volume.is_some_and(|least| bar.volume < i64::from(least));
            if too_cheap || too_dear || too_calm {
                continue;
            }
            // Millionths of yesterday's close.
            let change = (bar.close / 2 - before) * 1_000_000 / before.max(1);
            let rank = match request.scan_code.as_str() {
                "TOP_PERC_GAIN" => -change,
                "TOP_PERC_LOSE" => change,
                _ => -bar.volume,
            };
            found.push((rank, con_id, instrument));
        }
        found.sort_by_key(|(rank, con_id, _)| (*rank, *con_id));
        let rows = if request.number_of_rows < 0 { MOST_ROWS } else { request.number_of_rows.min(MOST_ROWS) };
        let row = |(rank, (_, _, instrument)): (i32, (i64, ConId, std::sync::Arc<crate::catalogue::Instrument>))| {
            ScannerRow {
                rank,
                contract: instrument.contract("SMART"),
                market_name: instrument.trading_class.clone(),
                distance: String::new(),
                benchmark: String::new(),
                projection: String::new(),
                legs: String::new(),
            }
        };
        let rows = (0..rows).zip(found).map(row).collect();
        self.send(id, &ServerMessage::ScannerData(ScannerData { req_id: request.req_id, rows }));
    }

    /// Sends what can be scanned for.
    pub(super) fn send_scanner_parameters(&mut self, id: ConnId) {
        let code = |(code, name): &(&str, &str)| {
            format!(
                "<ScanType><displayName>{name}</displayName><scanCode>{code}</scanCode>\
                 <instruments>STK</instruments></ScanType>"
            )
        };
        let codes: String = CODES.iter().map(code).collect();
        let xml = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ScanParameterResponse><InstrumentList><Instrument>\
             <name>US Stocks</name><type>STK</type></Instrument></InstrumentList><LocationTree><Location>\
             <displayName>US Stocks</displayName><locationCode>STK.US.MAJOR</locationCode></Location></LocationTree>\
             <ScanTypeList>{codes}</ScanTypeList></ScanParameterResponse>"
        );
        self.send(id, &ServerMessage::ScannerParameters(ScannerParameters { xml }));
    }
}
