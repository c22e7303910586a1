//! The instrument of an order, and the parts of a combination.

use super::OrderLeg;
use super::wire::{Unset, Wire};
use crate::ids::ConId;
use crate::message::contract::Contract;
use crate::message::market_data::DeltaNeutralContract;

/// The security type of combinations.
pub(super) const BAG: &str = "BAG";

/// How many fields one leg takes.
const LEG_FIELDS: usize = 8;

/// The twelve fields by which a client names an instrument.
pub(super) fn named_by_client<W: Wire>(wire: &mut W, contract: &mut Contract) -> Result<(), W::Error> {
    product(wire, contract, Unset::Empty)?;
    wire.text(&mut contract.exchange)?;
    wire.text(&mut contract.primary_exchange)?;
    listing(wire, contract)
}

/// The eleven fields by which a Gateway names one; `no_strike` is how it writes the strike of what has none.
pub(crate) fn named_by_gateway<W: Wire>(
    wire: &mut W,
    contract: &mut Contract,
    no_strike: Unset,
) -> Result<(), W::Error> {
    product(wire, contract, no_strike)?;
    wire.text(&mut contract.exchange)?;
    listing(wire, contract)
}

fn product<W: Wire>(wire: &mut W, contract: &mut Contract, no_strike: Unset) -> Result<(), W::Error> {
    wire.id(&mut contract.con_id)?;
    wire.text(&mut contract.symbol)?;
    wire.text(&mut contract.sec_type)?;
    wire.text(&mut contract.last_trade_date_or_contract_month)?;
    wire.price(&mut contract.strike, no_strike)?;
    wire.text(&mut contract.right)?;
    wire.text(&mut contract.multiplier)
}

fn listing<W: Wire>(wire: &mut W, contract: &mut Contract) -> Result<(), W::Error> {
    wire.text(&mut contract.currency)?;
    wire.text(&mut contract.local_symbol)?;
    wire.text(&mut contract.trading_class)
}

/// The legs of a combination.
pub(super) fn legs<W: Wire>(wire: &mut W, legs: &mut Vec<OrderLeg>) -> Result<(), W::Error> {
    wire.list(legs, LEG_FIELDS, |wire, leg| {
        wire.id(&mut leg.con_id)?;
        wire.whole(&mut leg.ratio)?;
        wire.text(&mut leg.action)?;
        wire.text(&mut leg.exchange)?;
        wire.whole(&mut leg.open_close)?;
        wire.whole(&mut leg.short_sale_slot)?;
        wire.text(&mut leg.designated_location)?;
        wire.whole(&mut leg.exempt_code)
    })
}

/// The delta-neutral part of a combination, if there is one.
pub(super) fn delta_neutral<W: Wire>(wire: &mut W, part: &mut Option<DeltaNeutralContract>) -> Result<(), W::Error> {
    let mut present = part.is_some();
    wire.flag(&mut present)?;
    if !present {
        *part = None;
        return Ok(());
    }
    let hedge = part.get_or_insert(DeltaNeutralContract { con_id: ConId::default(), delta: 0.0, price: 0.0 });
    wire.id(&mut hedge.con_id)?;
    for number in [&mut hedge.delta, &mut hedge.price] {
        let mut set = Some(*number);
        wire.float(&mut set, Unset::Zero)?;
        *number = set.unwrap_or_default();
    }
    Ok(())
}
