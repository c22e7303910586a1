//! Strategies, risk limits, the outbox and the run loop of a trader.
