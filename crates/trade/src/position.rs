//! What is held and what it earned, in decimals to the last digit, from executions and commissions.

use std::collections::BTreeMap;

use gatewright_journal::family_and_revision;
use rust_decimal::Decimal;
use serde::Serialize;

/// The largest size and price that are believed. Far above any real one; products and sums of believed figures cannot
/// overflow a decimal.
const PLAUSIBLE: Decimal = Decimal::from_parts(1_410_065_408, 2, 0, false, 0);

/// One execution, as it counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fill {
    /// The Gateway's id for it. `….02` corrects `….01`.
    pub exec_id: String,
    /// How much, signed: below zero was sold.
    pub quantity: Decimal,
    /// At which price.
    pub price: Decimal,
}

/// What an execution changed in a [`Book`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// It was added.
    Added,
    /// It took the place of one that was counted before.
    Corrected,
    /// It was known already.
    Known,
    /// Its figures cannot be right; nothing changed.
    Implausible,
}

/// One instrument's position and money since the trader began, by average cost.
///
/// At every moment `realised + unrealised = cash_flow + position × price − what the opening position had cost`, exactly:
/// rounding a quotient moves profit between the two parts, never into or out of the sum.
#[derive(Debug, Clone, Default)]
pub struct Book {
    opening: Lot,
    now: Lot,
    cash_flow: Decimal,
    /// Executions that the opening position had in it and that were corrected since, counted the other way round.
    taken_back: Vec<Fill>,
    fills: Vec<Fill>,
    /// Where in `fills` each execution is, by its id without the revision.
    places: BTreeMap<String, usize>,
    /// By the execution's id without its revision: under which revision it was told last, and how much.
    commissions: BTreeMap<String, (i64, Decimal)>,
    paid: Decimal,
}

/// A signed position and what it had cost, with the same sign.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Lot {
    position: Decimal,
    cost: Decimal,
}

/// A book's figures at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct BookFigures {
    /// The signed position.
    pub position: Decimal,
    /// The average price of the position, to eight digits; `None` when there is none.
    pub average_price: Option<Decimal>,
    /// Received minus paid since the beginning, without commissions.
    pub cash_flow: Decimal,
    /// Profit of what was closed, without commissions.
    pub realised: Decimal,
    /// Profit of what is open at the last price; `None` without a price.
    pub unrealised: Option<Decimal>,
    /// Commissions paid.
    pub commissions: Decimal,
}

impl Book {
    /// A book that begins with a position at its average cost per unit.
    pub fn opened_with(position: Decimal, average_cost: Decimal) -> Self {
        let believed = is_plausible(position) && is_plausible(average_cost);
        let lot = if believed { Lot { position, cost: position * average_cost } } else { Lot::default() };
        Self { opening: lot, now: lot, ..Self::default() }
    }

    /// Counts an execution, unless its execId or a later correction of it has been counted.
    pub fn fill(&mut self, fill: &Fill) -> Counted {
        if !is_plausible(fill.quantity) || !is_plausible(fill.price) {
            return Counted::Implausible;
        }
        let (family, revision) = family_and_revision(&fill.exec_id);
        let place = self.places.get(family).copied();
        let Some(known) = place.and_then(|place| self.fills.get_mut(place)) else {
            self.places.insert(family.to_owned(), self.fills.len());
            self.fills.push(fill.clone());
            self.apply(fill.quantity, fill.price);
            return Counted::Added;
        };
        if family_and_revision(&known.exec_id).1 >= revision {
            return Counted::Known;
        }
        *known = fill.clone();
        self.recount();
        Counted::Corrected
    }

    /// As [`Self::fill`], for an execution that takes the place of `was`. Where that one was counted before this book was
    /// opened, the opening position has it, so it is taken back first.
    pub fn correct(&mut self, was: &Fill, fill: &Fill) -> Counted {
        let figures = [was.quantity, was.price, fill.quantity, fill.price];
        if !figures.into_iter().all(is_plausible) {
            return Counted::Implausible;
        }
        if !self.places.contains_key(family_and_revision(&fill.exec_id).0) {
            self.taken_back.push(Fill { quantity: -was.quantity, ..was.clone() });
            self.apply(-was.quantity, was.price);
        }
        match self.fill(fill) {
            Counted::Added => Counted::Corrected,
            other @ (Counted::Corrected | Counted::Known | Counted::Implausible) => other,
        }
    }

    /// Counts what an execution cost, once for each; whether that changed anything. What is told again under a correction's
    /// id takes the place of what was told before.
    pub fn commission(&mut self, exec_id: &str, amount: Decimal) -> bool {
        let (family, revision) = family_and_revision(exec_id);
        let known = self.commissions.get(family).copied();
        if !is_plausible(amount) || known.is_some_and(|(told, _)| told >= revision) {
            return false;
        }
        self.commissions.insert(family.to_owned(), (revision, amount));
        let before = known.map(|(_, amount)| amount);
        self.paid += amount - before.unwrap_or_default();
        before != Some(amount)
    }

    /// Holds this much from here on, without profit or loss: what is not there any more was closed by someone else, and goes
    /// at its average cost; what is there after all comes back at `average_cost` per unit.
    pub fn hold(&mut self, position: Decimal, average_cost: Decimal) {
        let Lot { position: before, cost } = self.now;
        if position == before || !is_plausible(position) {
            return;
        }
        let is_part = position.is_zero() || position.is_sign_negative() == before.is_sign_negative();
        let shrinks = is_part && position.abs() < before.abs();
        let unit = if is_plausible(average_cost) { average_cost } else { Decimal::ZERO };
        let kept = Lot {
            position,
            cost: if shrinks { cost * (position / before) } else { cost + (position - before) * unit },
        };
        self.opening.position += kept.position - before;
        self.opening.cost += kept.cost - cost;
        self.now = kept;
    }

    /// The signed position.
    pub fn position(&self) -> Decimal {
        self.now.position
    }

    /// Whether what some execution cost is not known yet.
    pub fn awaits_commission(&self) -> bool {
        // From the newest on: it is the one that is waited for.
        self.fills.iter().rev().any(|fill| !self.commissions.contains_key(family_and_revision(&fill.exec_id).0))
    }

    /// How many executions count.
    pub fn fills(&self) -> usize {
        self.fills.len()
    }

    /// Whether an execution with this id has been counted, in whatever revision.
    pub fn has(&self, exec_id: &str) -> bool {
        self.places.contains_key(family_and_revision(exec_id).0)
    }

    /// The figures, with what is open valued at `price`.
    pub fn figures(&self, price: Option<Decimal>) -> BookFigures {
        let Lot { position, cost } = self.now;
        let average = (!position.is_zero()).then(|| (cost / position).round_dp(8).normalize());
        BookFigures {
            position,
            average_price: average,
            cash_flow: self.cash_flow,
            realised: self.cash_flow + cost - self.opening.cost,
            unrealised: if position.is_zero() {
                Some(Decimal::ZERO)
            } else {
                price.filter(|price| is_plausible(*price)).map(|price| position * price - cost)
            },
            commissions: self.paid,
        }
    }

    fn apply(&mut self, quantity: Decimal, price: Decimal) {
        self.cash_flow -= quantity * price;
        self.now = self.now.after(quantity, price);
    }

    /// Averages depend on the order of executions, so a corrected one means counting all of them again.
    fn recount(&mut self) {
        let (taken_back, fills) = (std::mem::take(&mut self.taken_back), std::mem::take(&mut self.fills));
        self.now = self.opening;
        self.cash_flow = Decimal::ZERO;
        for fill in taken_back.iter().chain(&fills) {
            self.apply(fill.quantity, fill.price);
        }
        (self.taken_back, self.fills) = (taken_back, fills);
    }
}

impl Lot {
    fn after(self, quantity: Decimal, price: Decimal) -> Self {
        let position = self.position + quantity;
        let opens = self.position.is_zero() || self.position.is_sign_negative() == quantity.is_sign_negative();
        if opens {
            return Self { position, cost: self.cost + quantity * price };
        }
        let turns = position.is_sign_negative() != self.position.is_sign_negative();
        if position.is_zero() || turns {
            // All of the old position is closed; what is left was opened by this execution.
            return Self { position, cost: position * price };
        }
        Self { position, cost: self.cost + self.cost * (quantity / self.position) }
    }
}

fn is_plausible(figure: Decimal) -> bool {
    figure.abs() <= PLAUSIBLE
}

/// How much of the Gateway's position is the trader's own, where its journal counts `recorded`.
///
/// The rest belongs to the account's owner or to another program and is left alone. What the Gateway does not show is not
/// there, whatever the journal says: someone closed it, or it was a simulator's.
pub fn own_part(gateway: Decimal, recorded: Decimal) -> Decimal {
    if gateway * recorded <= Decimal::ZERO {
        return Decimal::ZERO;
    }
    if recorded.abs() <= gateway.abs() { recorded } else { gateway }
}

#[cfg(test)]
mod tests;
