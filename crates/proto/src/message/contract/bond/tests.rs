//! Golden frames. Requests were written by ib_async 2.1.0 at 157, 176 and 178, by ibapi 9.81.1 at 157 and
//! by nautilus_ibapi 10.46.1 at 157, 176, 178, 187 and 200, run offline; frames from servers were
//! read, with the values stated here, by the decoders of all three where their versions reach.

use super::*;
use crate::message::ServerMessage;
use crate::message::tests::check::{con, req, server, some};

fn bond() -> BondContractDetails {
    BondContractDetails {
        req_id: req(16),
        bond: Bond {
            symbol: "IBKR".into(),
            sec_type: "BOND".into(),
            cusip: "912810QP6".into(),
            coupon: some("4"),
            maturity: "20400515".into(),
            issue_date: "20100515".into(),
            ratings: "Aaa/AA+".into(),
            bond_type: "GOVT".into(),
            coupon_type: "FIXED".into(),
            convertible: false,
            callable: true,
            putable: false,
            desc_append: "IBKR 4.25 05/15/40".into(),
            exchange: "SMART".into(),
            currency: "USD".into(),
            market_name: "US Bond".into(),
            trading_class: "Govt".into(),
            con_id: con(76_792_991),
            min_tick: some("0.001"),
        },
        market: BondMarket {
            order_types: "LMT,MKT".into(),
            valid_exchanges: "SMART,IBKR".into(),
            next_option_date: "20300515".into(),
            next_option_type: "C".into(),
            next_option_partial: true,
            notes: "note".into(),
            long_name: "US TREASURY".into(),
            ev_multiplier: 0,
            sec_ids: vec![SecurityId { kind: "ISIN".into(), value: "US912810QP66".into() }],
            agg_group: 2,
            market_rule_ids: "26,26".into(),
            ..BondMarket::default()
        },
    }
}

fn message(details: &BondContractDetails) -> ServerMessage {
    ServerMessage::BondContractDetails(Box::new(details.clone()))
}

#[test]
fn a_bond_is_as_real_clients_read_it() {
    let details = bond();
    let golden = "18|6|16|IBKR|BOND|912810QP6|4|20400515|20100515|Aaa/AA+|GOVT|FIXED|0|1|0|IBKR 4.25 05/15/40|SMART|\
        USD|US Bond|Govt|76792991|0.001|1|LMT,MKT|SMART,IBKR|20300515|C|1|note|US TREASURY||0|1|ISIN|US912810QP66|2|\
        26,26|";
    server(157..=163, golden, &message(&details));
    let sizes = (some("1"), some("1"), some("100"));
    let market =
        BondMarket { min_size: sizes.0, size_increment: sizes.1, suggested_size_increment: sizes.2, ..details.market };
    let details = BondContractDetails { market, ..details };
    let golden = "18|16|IBKR|BOND|912810QP6|4|20400515|20100515|Aaa/AA+|GOVT|FIXED|0|1|0|IBKR 4.25 05/15/40|SMART|\
        USD|US Bond|Govt|76792991|0.001|LMT,MKT|SMART,IBKR|20300515|C|1|note|US TREASURY||0|1|ISIN|US912810QP66|2|\
        26,26|1|1|100|";
    server(164..=187, golden, &message(&details));
    let market = BondMarket {
        time_zone_id: "US/Eastern".into(),
        trading_hours: "20260302:0800-20260302:1700".into(),
        liquid_hours: "20260302:0800-20260302:1700".into(),
        ..details.market
    };
    let details = BondContractDetails { market, ..details };
    let golden = "18|16|IBKR|BOND|912810QP6|4|20400515|20100515|Aaa/AA+|GOVT|FIXED|0|1|0|IBKR 4.25 05/15/40|SMART|\
        USD|US Bond|Govt|76792991|0.001|LMT,MKT|SMART,IBKR|20300515|C|1|note|US TREASURY|US/Eastern|\
        20260302:0800-20260302:1700|20260302:0800-20260302:1700||0|1|ISIN|US912810QP66|2|26,26|1|1|100|";
    server(188..=200, golden, &message(&details));
}
