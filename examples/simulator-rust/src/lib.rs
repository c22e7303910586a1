//! What stands for your own program, with a test that runs it against a simulated Gateway (`tests/simulated_gateway.rs`).

mod program;

pub use program::buy_a_hundred;
