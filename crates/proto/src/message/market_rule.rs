//! Market rules: the price steps of an exchange.

use rust_decimal::Decimal;

use crate::message::layout::layout;

#[cfg(test)]
mod tests;

layout! {
    /// 91 to the server: asks for one rule. The answer carries the rule's number and no request.
    pub struct MarketRuleRequest {
        /// The rule, as contract details name it.
        pub market_rule_id: i32,
    }
}

layout! {
    /// 93 from the server: one rule.
    pub struct MarketRule {
        /// The rule.
        pub market_rule_id: i32,
        /// The steps, from the lowest price up.
        pub price_increments: Vec<PriceIncrement>,
    }
}

layout! {
    /// A step that prices have from an edge upwards.
    pub struct PriceIncrement {
        /// The price from which on it counts.
        pub low_edge: Decimal,
        /// The step.
        pub increment: Decimal,
    }
}
