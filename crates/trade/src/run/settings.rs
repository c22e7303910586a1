//! What a trader is told before it starts.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use gatewright_link::protocol::ConnectParams;

use crate::account::Permission;
use crate::error::TradeError;
use crate::risk::RiskLimits;
use crate::step::Watch;
use crate::strategy::program::Hello;
use crate::strategy::{BarLength, Strategy};

/// The most instruments of one trader: a Gateway serves 100 market data lines unless more are paid for, and each
/// instrument here takes two.
const MAX_INSTRUMENTS: usize = 50;

/// One instrument and who decides about it.
pub struct Instrument {
    /// A US stock's symbol.
    pub symbol: String,
    /// Its strategy; `None` for the program that [`TraderSettings::program`] names.
    pub strategy: Option<Box<dyn Strategy>>,
}

impl fmt::Debug for Instrument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} by {}", self.symbol, self.strategy.as_ref().map_or("a program", |strategy| strategy.name()))
    }
}

/// Who decides about an instrument.
pub enum Decider {
    /// A strategy of ours.
    Own(Box<dyn Strategy>),
    /// A program that has said this of itself.
    Program(Hello),
}

/// A strategy that is a program of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProgramSettings {
    /// The program and its arguments; not empty.
    pub command: Vec<String>,
    /// How long it may take to answer an event. Default 1 s: a fifth of the shortest bar.
    pub deadline: Duration,
}

impl ProgramSettings {
    /// A program with the default deadline.
    pub fn new(command: Vec<String>) -> Self {
        Self { command, deadline: Duration::from_secs(1) }
    }
}

/// Whether orders are really sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sending {
    /// They are.
    #[default]
    Real,
    /// Everything but that: each order that would be sent is told, and assumed to be filled at once at the price that the
    /// gate has seen, in a book that the Gateway knows nothing of.
    DryRun,
}

/// What a trader is told before it starts.
#[derive(Debug)]
pub struct TraderSettings {
    /// The Gateway, the client id, and what to do about zombies; `permission` decides about live accounts.
    pub connect: ConnectParams,
    /// Which account may be traded.
    pub permission: Permission,
    /// What is traded.
    pub instruments: Vec<Instrument>,
    /// The program that decides about instruments without a strategy of their own.
    pub program: Option<ProgramSettings>,
    /// The length of the bars that strategies are given. Live ones are made of the Gateway's five-second bars.
    pub bar: BarLength,
    /// Whether orders are really sent.
    pub sending: Sending,
    /// What no order may exceed.
    pub limits: RiskLimits,
    /// The folder for locks, the same for all programs; made where there is none.
    pub lock_dir: PathBuf,
    /// The journal's file; made where there is none. Its folder must be there.
    pub journal: PathBuf,
    /// When to stop by itself, counted from the first moment of trading.
    pub stop_after: Option<Duration>,
    /// Who is told of each step of an order's way.
    pub watch: Watch,
}

impl TraderSettings {
    /// Checks what the types cannot.
    ///
    /// # Errors
    ///
    /// [`TradeError::Setting`] names the first setting that cannot be traded with.
    pub fn check(&self) -> Result<(), TradeError> {
        let bad = |problem| Err(TradeError::Setting { setting: "symbols", problem });
        let mut symbols: Vec<&str> = self.instruments.iter().map(|instrument| instrument.symbol.as_str()).collect();
        symbols.sort_unstable();
        if symbols.is_empty() {
            return bad("are none");
        }
        if symbols.len() > MAX_INSTRUMENTS {
            return bad("are more than 50");
        }
        if symbols.iter().any(|symbol| symbol.trim().is_empty()) {
            return bad("have an empty one");
        }
        if symbols.windows(2).any(|pair| pair[0] == pair[1]) {
            return bad("have one twice");
        }
        let program = self.program.as_ref().filter(|program| !program.command.is_empty());
        if program.is_none() && self.instruments.iter().any(|instrument| instrument.strategy.is_none()) {
            return Err(TradeError::Setting { setting: "strategy", problem: "is missing for a symbol" });
        }
        if self.connect.readonly {
            return Err(TradeError::Setting { setting: "readonly", problem: "does not go with trading" });
        }
        Ok(())
    }
}
