//! Random values of every message that is declared as a layout.

use rust_decimal::Decimal;

use super::check::{con, req};
use crate::ids::{ClientId, ConId, OrderId, PermId, RequestId, ServerVersion};
use crate::message::contract::{Bond, BondContractDetails, BondMarket, Contract};
use crate::message::depth::DepthMktDataDescription;
use crate::message::fundamental::FundamentalDataRequest;
use crate::message::historical_ticks::HistoricalTick;
use crate::message::option::{CalculateImpliedVolatility, CalculateOptionPrice};
use crate::message::order::SoftDollarTier;
use crate::message::scanner::ScannerRow;
use crate::message::symbols::ContractDescription;
use crate::message::tick_by_tick::{TickByTick, TickByTickBidAsk, TickByTickData, TickByTickLast};
use crate::version;

/// Texts of which some are awkward; a backslash is not among them, since an escape could not be told from it.
const TEXTS: [&str; 8] = ["", "AAPL", "größer als 10 €", "a=b;c=d;", "-1", "20260302-09:30:00", "<xml/>", "𝄞|"];

/// Where random values come from, for one server version.
#[derive(Debug)]
pub(crate) struct Source {
    /// The version that the values are for.
    pub(crate) speaks: ServerVersion,
    state: u64,
}

impl Source {
    /// A source that always yields the same values.
    pub(crate) fn new(seed: u64, version: i32) -> Self {
        Self { speaks: ServerVersion::new(version), state: seed }
    }

    /// 64 random bits (SplitMix64).
    pub(crate) fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `limit`.
    pub(crate) fn below(&mut self, limit: u64) -> usize {
        usize::try_from(self.bits() % limit).unwrap()
    }
}

/// A value that a peer may send.
pub(crate) trait Sample {
    /// The next value.
    fn sample(source: &mut Source) -> Self;
}

macro_rules! samples {
    ($($ty:ty: $source:ident => $value:expr;)*) => {
        $(impl Sample for $ty {
            fn sample($source: &mut Source) -> Self {
                $value
            }
        })*
    };
}

samples! {
    String: source => TEXTS[source.below(8)].replace('|', "!");
    bool: source => source.bits() % 2 == 1;
    i64: source => source.bits().cast_signed() >> source.below(64);
    i32: source => i32::try_from(source.bits().cast_signed() >> 32).unwrap() >> source.below(32);
    Decimal: source => Decimal::new(i64::sample(source) | 1, 1 + u32::try_from(source.below(9)).unwrap()).abs();
    RequestId: source => req(i32::sample(source));
    ClientId: source => ClientId::new(i32::sample(source));
    Option<ConId>: source => Option::<i32>::sample(source).map(con);
    OrderId: source => OrderId::new(i32::sample(source));
    PermId: source => PermId::new(i64::sample(source));
    ConId: source => con(i32::sample(source));
    Option<i32>: source => Some(i32::sample(source)).filter(|value| value % 3 != 1);
    Option<Decimal>: source => Some(Decimal::sample(source)).filter(|value| value.mantissa() % 3 != 1);
}

impl<T: Sample> Sample for Vec<T> {
    fn sample(source: &mut Source) -> Self {
        (0..source.below(4)).map(|_| T::sample(source)).collect()
    }
}

/// A contract whose every field is set but the listing exchange, which not every message has.
impl Sample for Contract {
    fn sample(source: &mut Source) -> Self {
        Self {
            con_id: ConId::sample(source),
            symbol: String::sample(source),
            sec_type: "OPT".into(),
            last_trade_date_or_contract_month: String::sample(source),
            strike: Some(Decimal::sample(source)),
            right: String::sample(source),
            multiplier: String::sample(source),
            exchange: String::sample(source),
            primary_exchange: String::new(),
            currency: String::sample(source),
            local_symbol: String::sample(source),
            trading_class: String::sample(source),
        }
    }
}

impl Sample for DepthMktDataDescription {
    fn sample(source: &mut Source) -> Self {
        let (exchange, sec_type) = (String::sample(source), String::sample(source));
        if source.speaks < version::SERVICE_DATA_TYPE {
            let service_data_type = if bool::sample(source) { "Deep2" } else { "Deep" }.into();
            return Self { exchange, sec_type, service_data_type, ..Self::default() };
        }
        let (listing_exchange, service_data_type) = (String::sample(source), String::sample(source));
        Self { exchange, sec_type, listing_exchange, service_data_type, agg_group: Sample::sample(source) }
    }
}

impl Sample for ContractDescription {
    fn sample(source: &mut Source) -> Self {
        let named = source.speaks >= version::BOND_ISSUERID;
        Self {
            contract: Contract {
                con_id: ConId::sample(source),
                symbol: String::sample(source),
                sec_type: String::sample(source),
                primary_exchange: String::sample(source),
                currency: String::sample(source),
                ..Contract::default()
            },
            derivative_sec_types: Vec::sample(source),
            description: if named { String::sample(source) } else { String::new() },
            issuer_id: if named { String::sample(source) } else { String::new() },
        }
    }
}

impl Sample for ScannerRow {
    fn sample(source: &mut Source) -> Self {
        Self {
            rank: i32::sample(source),
            contract: Contract { multiplier: String::new(), ..Contract::sample(source) },
            market_name: String::sample(source),
            distance: String::sample(source),
            benchmark: String::sample(source),
            projection: String::sample(source),
            legs: String::sample(source),
        }
    }
}

impl Sample for HistoricalTick {
    fn sample(source: &mut Source) -> Self {
        Self { time: i64::sample(source), price: Decimal::sample(source), size: Decimal::sample(source) }
    }
}

impl Sample for SoftDollarTier {
    fn sample(source: &mut Source) -> Self {
        Self { name: String::sample(source), val: String::sample(source), display_name: String::sample(source) }
    }
}

impl Sample for BondContractDetails {
    fn sample(source: &mut Source) -> Self {
        Self { req_id: RequestId::sample(source), bond: Bond::sample(source), market: BondMarket::sample(source) }
    }
}

impl Sample for TickByTick {
    fn sample(source: &mut Source) -> Self {
        let data = match source.below(4) {
            0 => TickByTickData::Last(TickByTickLast::sample(source)),
            1 => TickByTickData::AllLast(TickByTickLast::sample(source)),
            2 => TickByTickData::BidAsk(TickByTickBidAsk::sample(source)),
            _ => TickByTickData::MidPoint(Decimal::sample(source)),
        };
        Self { req_id: RequestId::sample(source), time: i64::sample(source), data }
    }
}

impl Sample for CalculateImpliedVolatility {
    fn sample(source: &mut Source) -> Self {
        Self {
            req_id: RequestId::sample(source),
            contract: Contract::sample(source),
            option_price: Decimal::sample(source),
            underlying_price: Decimal::sample(source),
            options: String::sample(source),
        }
    }
}

impl Sample for CalculateOptionPrice {
    fn sample(source: &mut Source) -> Self {
        Self {
            req_id: RequestId::sample(source),
            contract: Contract::sample(source),
            volatility: Decimal::sample(source),
            underlying_price: Decimal::sample(source),
            options: String::sample(source),
        }
    }
}

impl Sample for FundamentalDataRequest {
    fn sample(source: &mut Source) -> Self {
        Self {
            req_id: RequestId::sample(source),
            contract: Contract {
                con_id: ConId::sample(source),
                symbol: String::sample(source),
                sec_type: String::sample(source),
                exchange: String::sample(source),
                primary_exchange: String::sample(source),
                currency: String::sample(source),
                local_symbol: String::sample(source),
                ..Contract::default()
            },
            report_type: String::sample(source),
            options: String::sample(source),
        }
    }
}

impl<T: Sample> Sample for Box<T> {
    fn sample(source: &mut Source) -> Self {
        Self::new(T::sample(source))
    }
}
