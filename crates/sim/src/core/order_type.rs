//! The order types that are traded here, and what each waits for.

/// What kind of order it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OrderType {
    /// `MKT`: at the market's price.
    Market,
    /// `LMT`: at its limit or better.
    Limit,
    /// `STP`: a market order once the market has moved against it to its stop.
    Stop,
    /// `STP LMT`: a limit order from then on.
    StopLimit,
    /// `TRAIL`: a stop order whose stop follows the market at a distance.
    Trail,
    /// `TRAIL LIMIT`: the same with a limit that keeps its distance from the stop.
    TrailLimit,
    /// `MIT`: a market order once the market has moved in its favour to its price.
    Touched,
    /// `LIT`: a limit order from then on.
    LimitTouched,
    /// `MOC`: at the closing price.
    OnClose,
    /// `LOC`: at the closing price, if its limit allows.
    LimitOnClose,
    /// `REL`: better than its own side of the quote by an offset, and no worse than its limit if it has one.
    Relative,
    /// `PEG MKT`: behind the other side of the quote by an offset, in the same way.
    PegMarket,
    /// `PEG MID`: in the middle of the quote or behind it by an offset, in the same way; at IBKR's own venue only.
    PegMiddle,
    /// `MIDPRICE`: in the middle of the quote, in the same way.
    MidPrice,
    /// `PEG BEST`: better than the best price of its own side by an offset, at most up to the middle; at IBKR's own venue
    /// only.
    PegBest,
    /// `SNAP PRIM`: at its own side of the quote as it is when the order comes to the market, from then on a limit.
    SnapPrimary,
    /// `SNAP MKT`: at the other side, in the same way.
    SnapMarket,
    /// `SNAP MID`: in the middle, in the same way.
    SnapMiddle,
    /// `VOL`: an option at the price that the model gives at a volatility.
    Volatility,
    /// `PEG STK`: an option whose price moves by a part of what its stock moves.
    PegStock,
    /// `PEG BENCH`: a price that moves by so much for each so much that another instrument moves.
    PegBenchmark,
}

/// What the price of an order follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Peg {
    /// Its own side of the quote.
    Primary,
    /// The other side.
    Market,
    /// The middle.
    Middle,
    /// Its own side, which it betters, and the middle, which it does not go beyond.
    Best,
    /// The model's price at a volatility.
    Volatility,
    /// The option's stock.
    Stock,
    /// Another instrument.
    Benchmark,
}

impl OrderType {
    /// The type of that word, in any spelling that Gateways take.
    pub(super) fn of(word: &str) -> Option<Self> {
        Some(match word.to_ascii_uppercase().as_str() {
            "MKT" | "MARKET" => Self::Market,
            "LMT" | "LIMIT" => Self::Limit,
            "STP" | "STOP" => Self::Stop,
            "STP LMT" | "STPLMT" => Self::StopLimit,
            "TRAIL" => Self::Trail,
            "TRAIL LIMIT" | "TRAILLIMIT" => Self::TrailLimit,
            "MIT" => Self::Touched,
            "LIT" => Self::LimitTouched,
            "MOC" => Self::OnClose,
            "LOC" => Self::LimitOnClose,
            "REL" | "RELATIVE" => Self::Relative,
            "PEG MKT" | "PEGMKT" => Self::PegMarket,
            "PEG MID" | "PEGMID" => Self::PegMiddle,
            "MIDPRICE" => Self::MidPrice,
            "PEG BEST" | "PEGBEST" => Self::PegBest,
            "SNAP PRIM" => Self::SnapPrimary,
            "SNAP MKT" => Self::SnapMarket,
            "SNAP MID" => Self::SnapMiddle,
            "VOL" => Self::Volatility,
            "PEG STK" | "PEGSTK" => Self::PegStock,
            "PEG BENCH" | "PEGBENCH" => Self::PegBenchmark,
            _ => return None,
        })
    }

    /// The word that Gateways answer with.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Market => "MKT",
            Self::Limit => "LMT",
            Self::Stop => "STP",
            Self::StopLimit => "STP LMT",
            Self::Trail => "TRAIL",
            Self::TrailLimit => "TRAIL LIMIT",
            Self::Touched => "MIT",
            Self::LimitTouched => "LIT",
            Self::OnClose => "MOC",
            Self::LimitOnClose => "LOC",
            Self::Relative => "REL",
            Self::PegMarket => "PEG MKT",
            Self::PegMiddle => "PEG MID",
            Self::MidPrice => "MIDPRICE",
            Self::PegBest => "PEG BEST",
            Self::SnapPrimary => "SNAP PRIM",
            Self::SnapMarket => "SNAP MKT",
            Self::SnapMiddle => "SNAP MID",
            Self::Volatility => "VOL",
            Self::PegStock => "PEG STK",
            Self::PegBenchmark => "PEG BENCH",
        }
    }

    /// Whether there is a price that it never trades beyond.
    pub(super) fn has_limit(self) -> bool {
        matches!(self, Self::Limit | Self::StopLimit | Self::TrailLimit | Self::LimitTouched | Self::LimitOnClose)
    }

    /// Whether its client must give the limit; a trailing one may give its offset instead.
    pub(super) fn needs_limit(self) -> bool {
        self.has_limit() && self != Self::TrailLimit
    }

    /// Whether its client must give the price that wakes it up.
    pub(super) fn needs_trigger(self) -> bool {
        matches!(self, Self::Stop | Self::StopLimit | Self::Touched | Self::LimitTouched)
    }

    /// Whether it sleeps until the market has reached some price.
    pub(super) fn has_trigger(self) -> bool {
        self.needs_trigger() || self.trails()
    }

    /// Whether that price is one in its favour.
    pub(super) fn is_touched(self) -> bool {
        matches!(self, Self::Touched | Self::LimitTouched)
    }

    /// Whether that price follows the market.
    pub(super) fn trails(self) -> bool {
        matches!(self, Self::Trail | Self::TrailLimit)
    }

    /// What its price follows, if anything.
    pub(super) fn peg(self) -> Option<Peg> {
        match self {
            Self::Relative | Self::SnapPrimary => Some(Peg::Primary),
            Self::PegMarket | Self::SnapMarket => Some(Peg::Market),
            Self::PegMiddle | Self::MidPrice | Self::SnapMiddle => Some(Peg::Middle),
            Self::PegBest => Some(Peg::Best),
            Self::Volatility => Some(Peg::Volatility),
            Self::PegStock => Some(Peg::Stock),
            Self::PegBenchmark => Some(Peg::Benchmark),
            Self::Market
            | Self::Limit
            | Self::Stop
            | Self::StopLimit
            | Self::Trail
            | Self::TrailLimit
            | Self::Touched
            | Self::LimitTouched
            | Self::OnClose
            | Self::LimitOnClose => None,
        }
    }

    /// Whether the quote is looked at once, when the order comes to the market.
    pub(super) fn snaps(self) -> bool {
        matches!(self, Self::SnapPrimary | Self::SnapMarket | Self::SnapMiddle)
    }

    /// Whether it rests at IBKR's own venue only (IBKR documentation).
    pub(super) fn rests_at_ibkr(self) -> bool {
        matches!(self, Self::PegMiddle | Self::PegBest)
    }

    /// Whether only options have it.
    pub(super) fn is_for_options(self) -> bool {
        matches!(self, Self::Volatility | Self::PegStock)
    }

    /// Whether it trades in the closing auction only.
    pub(super) fn is_on_close(self) -> bool {
        matches!(self, Self::OnClose | Self::LimitOnClose)
    }

    /// Whether it becomes a market order, for which no order may work outside regular hours.
    pub(super) fn ignores_outside_hours(self) -> bool {
        matches!(self, Self::Market | Self::Touched | Self::OnClose | Self::LimitOnClose)
    }
}
