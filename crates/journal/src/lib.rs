//! Durable facts in SQLite: order intents and what became of them, order-id high-water marks.
