//! Golden frames. Requests were written by ib_async 2.1.0 at 157, 176 and 178, by ibapi 9.81.1 at 157 and
//! by nautilus_ibapi 10.46.1 at 157, 176, 178, 187 and 200, run offline; frames from servers were
//! read, with the values stated here, by the decoders of all three where their versions reach.

use super::*;
use crate::message::tests::check::{ALL, client, dec, server};
use crate::message::{ClientMessage, ServerMessage};

#[test]
fn price_steps_are_asked_for_and_sent() {
    client(ALL, "91|26|", &ClientMessage::ReqMarketRule(MarketRuleRequest { market_rule_id: 26 }));
    let step = |edge, increment| PriceIncrement { low_edge: dec(edge), increment: dec(increment) };
    let rule = MarketRule { market_rule_id: 26, price_increments: vec![step("0", "0.01"), step("3", "0.05")] };
    server(ALL, "93|26|2|0|0.01|3|0.05|", &ServerMessage::MarketRule(rule));
    let none = MarketRule { market_rule_id: 26, price_increments: Vec::new() };
    server(ALL, "93|26|0|", &ServerMessage::MarketRule(none));
}
