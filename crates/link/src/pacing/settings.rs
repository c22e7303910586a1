//! The figures, each with its source.

use std::time::Duration;

/// What one Gateway's pacing works by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PacingSettings {
    /// Messages in any second, over all sessions. The Gateway objects above 50 (half of the market data lines) and warns
    /// from 42 to 44 on, so that 40 is below anything it was ever seen to mind.
    pub messages_per_second: u32,
    /// Of those, how many are kept for orders and cancels alone.
    pub kept_for_orders: u32,
    /// Messages that wait for one session, of each kind: orders, and all others. At full pace that is half a minute.
    pub max_waiting: usize,
    /// Requests for bars of 30 seconds and less in any ten minutes. The rule says 60; BID_ASK counts twice.
    pub small_bars_in_ten_minutes: u32,
    /// Such requests for one contract, exchange and kind of tick in any two seconds. The rule says fewer than 6.
    pub same_instrument_in_two_seconds: u32,
    /// How long an identical request of this kind has to wait. The rule says 15 s.
    pub identical_after: Duration,
    /// Historical requests that may be open together. The rule says 50.
    pub open_historical: usize,
    /// Market data lines of the account: 100 unless more were bought. Counted and shown; the Gateway itself refuses more.
    pub market_data_lines: usize,
}

impl Default for PacingSettings {
    fn default() -> Self {
        Self {
            messages_per_second: 40,
            kept_for_orders: 5,
            max_waiting: 1_000,
            small_bars_in_ten_minutes: 58,
            same_instrument_in_two_seconds: 5,
            identical_after: Duration::from_secs(15),
            open_historical: 50,
            market_data_lines: 100,
        }
    }
}
