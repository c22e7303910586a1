//! Golden frames. Requests were written by ib_async 2.1.0 at 157, 176 and 178, by ibapi 9.81.1 at 157 and
//! by nautilus_ibapi 10.46.1 at 157, 176, 178, 187 and 200, run offline; frames from servers were
//! read, with the values stated here, by the decoders of all three where their versions reach.

use super::*;
use crate::message::ServerMessage;
use crate::message::tests::check::{req, server};

#[test]
fn sessions_are_as_real_clients_read_them() {
    let session = |open: &str, close: &str, day: &str| HistoricalSession {
        start_date_time: open.into(),
        end_date_time: close.into(),
        ref_date: day.into(),
    };
    let schedule = HistoricalSchedule {
        req_id: req(17),
        start_date_time: "20260302-09:30:00".into(),
        end_date_time: "20260303-16:00:00".into(),
        time_zone: "US/Eastern".into(),
        sessions: vec![
            session("20260302-09:30:00", "20260302-16:00:00", "20260302"),
            session("20260303-09:30:00", "20260303-16:00:00", "20260303"),
        ],
    };
    let golden = "106|17|20260302-09:30:00|20260303-16:00:00|US/Eastern|2|20260302-09:30:00|20260302-16:00:00|20260302|\
        20260303-09:30:00|20260303-16:00:00|20260303|";
    server(165..=200, golden, &ServerMessage::HistoricalSchedule(Box::new(schedule)));
}
