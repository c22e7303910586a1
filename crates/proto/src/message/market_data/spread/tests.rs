//! Golden frames. Requests were written by ib_async 2.1.0 at 157, 176 and 178, by ibapi 9.81.1 at 157 and
//! by nautilus_ibapi 10.46.1 at 157, 176, 178, 187 and 200, run offline; frames from servers were
//! read, with the values stated here, by the decoders of all three where their versions reach.

use super::*;
use crate::message::ServerMessage;
use crate::message::tests::check::{ALL, con, dec, req, server};

#[test]
fn exchanges_for_physicals_are_as_real_clients_read_them() {
    let tick = TickEfp {
        req_id: req(11),
        tick_type: 38,
        basis_points: dec("12.5"),
        formatted_basis_points: "+12.50".into(),
        implied_futures_price: dec("231.4"),
        hold_days: 18,
        future_last_trade_date: "20260320".into(),
        dividend_impact: dec("0.01"),
        dividends_to_last_trade_date: dec("0.26"),
    };
    let golden = "47|1|11|38|12.5|+12.50|231.4|18|20260320|0.01|0.26|";
    server(ALL, golden, &ServerMessage::TickEfp(Box::new(tick)));
}

#[test]
fn hedges_are_as_real_clients_read_them() {
    let (delta, price) = (dec("0.5"), dec("12.25"));
    let hedge = DeltaNeutralValidation { req_id: req(14), con_id: con(551_601_533), delta, price };
    server(ALL, "56|1|14|551601533|0.5|12.25|", &ServerMessage::DeltaNeutralValidation(Box::new(hedge)));
}
