//! Options exercised, left to lapse, and what becomes of them when they end.

use gatewright_proto::message::execution::{CommissionReport, ExecDetails, Execution};
use gatewright_proto::message::option::ExerciseOptions;
use gatewright_proto::message::order::OrderStatus;
use gatewright_proto::{ConId, OrderId, PermId, RequestId, ServerMessage};
use rust_decimal::Decimal;

use super::action::ConnId;
use super::agenda::Due;
use super::bar_request::Refused;
use super::book::Executed;
use super::cancelling::EXPIRED;
use super::charges::multiplier;
use super::instant::SimInstant;
use super::ledger::Trade;
use super::placing::READ_ONLY;
use super::world::World;
use crate::catalogue::{Instrument, Right};
use crate::fault::Fault;

/// How far in the money an option is exercised by itself on its last day, in dollars: the clearing house's exercise by
/// exception.
const BY_ITSELF_FROM: Decimal = Decimal::from_parts(1, 0, 0, false, 2);

/// What exercises and assignments cost at IBKR: nothing (its published fees for options on US shares).
const FEE: Decimal = Decimal::ZERO;

const NOT_HELD: &str = "Order rejected - reason:The account does not hold that many of the option.";

const AGAINST_NATURE_EXERCISE: &str = "Order rejected - reason:The option is not in the money. Set override to exercise \
it all the same.";

const AGAINST_NATURE_LAPSE: &str = "Order rejected - reason:The option is in the money and would be exercised. Set \
override to let it lapse all the same.";

const NO_FUNDS: &str = "Order rejected - reason:Your Available Funds are not sufficient to carry the shares.";

/// What a client may do with an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    Exercise,
    Lapse,
}

/// An instruction that makes sense.
struct Instruction {
    deed: Deed,
    account: String,
    quantity: Decimal,
}

/// One side of an exercise: so many of one instrument at a price.
struct Leg {
    con_id: ConId,
    quantity: Decimal,
    price: Decimal,
    realized: Option<Decimal>,
}

impl World {
    /// Exercises options at once, or has them lapse on their last day.
    pub(super) fn exercise(&mut self, id: ConnId, request: &ExerciseOptions) {
        let req_id = request.req_id;
        if self.faults.has(Fault::ReadOnly) {
            return self.refuse_invalid(id, req_id, READ_ONLY);
        }
        let Some(option) = self.instrument(id, req_id, &request.contract) else { return };
        let instruction = match self.instruction(&option, request) {
            Ok(instruction) => instruction,
            Err((code, text)) => return self.refuse(id, req_id, code, &text),
        };
        self.use_number(id, OrderId::new(req_id.get()));
        let Instruction { deed, account, quantity } = instruction;
        let perm_id = self.book.take_perm_id();
        match deed {
            Deed::Lapse => {
                self.lapses.insert((account, option.con_id), quantity);
                self.send_exercise_status(id, req_id, perm_id, ("PreSubmitted", quantity));
            }
            Deed::Exercise => {
                let legs = self.turn_into_shares(&account, &option, quantity);
                let reports: Vec<_> =
                    legs.iter().filter_map(|leg| self.exercised(id, (req_id, perm_id), &account, leg)).collect();
                for (details, _) in &reports {
                    self.send(id, details);
                }
                self.send_exercise_status(id, req_id, perm_id, ("Filled", quantity));
                for (_, report) in &reports {
                    self.send(id, report);
                }
                for leg in &legs {
                    self.push_account(&account, leg.con_id);
                }
            }
        }
    }

    /// Whether an instruction makes sense: what is held, and what would happen by itself.
    fn instruction(&self, option: &Instrument, request: &ExerciseOptions) -> Result<Instruction, Refused> {
        let invalid = |cause: &str| Err((321, format!("Error validating request.-'bL' : cause - {cause}")));
        let deed = match request.exercise_action {
            1 => Deed::Exercise,
            2 => Deed::Lapse,
            _ => return invalid("The exercise action is neither 1 (exercise) nor 2 (lapse)"),
        };
        let Some(in_the_money) = self.in_the_money(option) else { return invalid("The contract is not an option") };
        if option.is_expired(self.new_york.day(self.now.second())) {
            return invalid("The option has expired");
        }
        let quantity = Decimal::from(request.exercise_quantity);
        if quantity <= Decimal::ZERO {
            return invalid("The exercise quantity is not positive");
        }
        let account = self.account_named(&request.account)?;
        let held = self.ledgers.get(&account).map(|ledger| ledger.holding(option.con_id).quantity).unwrap_or_default();
        if held < quantity {
            return Err((201, NOT_HELD.into()));
        }
        let by_itself = if in_the_money >= BY_ITSELF_FROM { Deed::Exercise } else { Deed::Lapse };
        match deed {
            Deed::Exercise if by_itself != deed && request.r#override == 0 => {
                return Err((201, AGAINST_NATURE_EXERCISE.into()));
            }
            Deed::Lapse if by_itself != deed && request.r#override == 0 => {
                return Err((201, AGAINST_NATURE_LAPSE.into()));
            }
            Deed::Exercise | Deed::Lapse => {}
        }
        if deed == Deed::Exercise && !self.can_carry(&account, option, quantity) {
            return Err((201, NO_FUNDS.into()));
        }
        Ok(Instruction { deed, account, quantity })
    }

    /// By how many dollars a share an option is in the money; `None` for what is no option.
    fn in_the_money(&self, option: &Instrument) -> Option<Decimal> {
        let terms = option.terms.as_ref()?;
        let (strike, right) = terms.option?;
        let under = self.last_price(terms.under)?;
        Some(match right {
            Right::Call => under - strike,
            Right::Put => strike - under,
        })
    }

    /// Whether the account can carry the shares of an exercise.
    fn can_carry(&self, account: &str, option: &Instrument, quantity: Decimal) -> bool {
        let shares = shares(option, quantity);
        let found = shares.zip(self.valuation(account)).and_then(|((under, shares, strike), before)| {
            let held = self.ledgers.get(account)?.holding(under).quantity;
            let after = before.with(self.catalogue.get(under)?, held, held + shares, strike, FEE);
            Some(after.initial_margin() <= before.initial_margin() || after.available() >= Decimal::ZERO)
        });
        found.unwrap_or(false)
    }

    /// Books an exercise (or, with a negative quantity, an assignment): the options go for nothing, the shares come or go
    /// at the strike.
    fn turn_into_shares(&mut self, account: &str, option: &Instrument, quantity: Decimal) -> Vec<Leg> {
        let Some((under, shares, strike)) = shares(option, quantity) else { return Vec::new() };
        let day = self.new_york.start_of_day(self.now.second());
        let units = multiplier(option);
        let Some(ledger) = self.ledgers.get_mut(account) else { return Vec::new() };
        let mut legs = Vec::new();
        for (con_id, quantity, price, multiplier) in
            [(option.con_id, -quantity, Decimal::ZERO, units), (under, shares, strike, Decimal::ONE)]
        {
            let realized = ledger.book(con_id, Trade { quantity, price, multiplier, commission: FEE, day });
            legs.push(Leg { con_id, quantity, price, realized });
        }
        legs
    }

    /// Remembers one leg as an execution; returns what its client is told of it and of its cost.
    fn exercised(
        &mut self,
        id: ConnId,
        (req_id, perm_id): (RequestId, PermId),
        account: &str,
        leg: &Leg,
    ) -> Option<(ServerMessage, ServerMessage)> {
        let client = self.session_mut(id)?.client;
        let contract = self.catalogue.get(leg.con_id)?.contract("");
        let (second, (number, exec_id)) = (self.now.second(), self.book.take_execution_id());
        let execution = Execution {
            order_id: OrderId::new(req_id.get()),
            exec_id: exec_id.clone(),
            time: self.new_york.text(second),
            acct_number: account.to_owned(),
            side: if leg.quantity.is_sign_negative() { "SLD".into() } else { "BOT".into() },
            shares: leg.quantity.abs(),
            price: leg.price,
            perm_id,
            client_id: client,
            cum_qty: leg.quantity.abs(),
            avg_price: Some(leg.price),
            ..Execution::default()
        };
        let details = ExecDetails { req_id: RequestId::NONE, contract, execution };
        let report = CommissionReport {
            exec_id,
            commission: Some(FEE),
            currency: "USD".into(),
            realized_pnl: leg.realized,
            bond_yield: None,
            yield_redemption_date: 0,
        };
        self.book.record(Executed { number, second, details: details.clone(), report: report.clone() });
        Some((ServerMessage::ExecDetails(Box::new(details)), ServerMessage::CommissionReport(Box::new(report))))
    }

    fn send_exercise_status(
        &mut self,
        id: ConnId,
        req_id: RequestId,
        perm_id: PermId,
        (status, quantity): (&str, Decimal),
    ) {
        let Some(client_id) = self.session_mut(id).map(|session| session.client) else { return };
        let done = status == "Filled";
        let zero = Some(Decimal::new(0, 1));
        let status = OrderStatus {
            order_id: OrderId::new(req_id.get()),
            status: status.into(),
            filled: if done { quantity } else { Decimal::ZERO },
            remaining: if done { Decimal::ZERO } else { quantity },
            avg_fill_price: zero,
            perm_id,
            last_fill_price: zero,
            client_id,
            mkt_cap_price: zero,
            ..OrderStatus::default()
        };
        self.send(id, &ServerMessage::OrderStatus(Box::new(status)));
    }

    /// Has an option that was traded end on its last day.
    pub(super) fn watch_end(&mut self, instrument: &Instrument) {
        let Some(terms) = instrument.terms.as_ref().filter(|terms| terms.option.is_some()) else { return };
        if let Some(end) = self.new_york.second(terms.last_trade.at(16, 0, 0, 0)) {
            self.agenda.add_once(SimInstant::from_second(end).max(self.now), Due::LastDay(instrument.con_id));
        }
    }

    /// An option has ended: what is in the money is exercised or assigned, unless it was told to lapse; the rest is worth
    /// nothing and goes, and so do orders for it.
    pub(super) fn end_option(&mut self, con_id: ConId) {
        let Some(option) = self.catalogue.get(con_id).cloned() else { return };
        let orders: Vec<_> = self.book.open().filter(|order| order.con_id == con_id).map(|order| order.key).collect();
        for key in orders {
            self.cancel(key, EXPIRED);
        }
        let is_worth = self.in_the_money(&option).is_some_and(|by| by >= BY_ITSELF_FROM);
        for account in self.config.accounts.clone() {
            let Some(ledger) = self.ledgers.get(&account) else { continue };
            let held = ledger.holding(con_id).quantity;
            let lapses = self.lapses.remove(&(account.clone(), con_id)).unwrap_or_default();
            let exercised = if !is_worth {
                Decimal::ZERO
            } else if held.is_sign_positive() {
                (held - lapses).max(Decimal::ZERO)
            } else {
                held
            };
            if !exercised.is_zero() {
                let legs = self.turn_into_shares(&account, &option, exercised);
                legs.iter().skip(1).for_each(|leg| self.push_account(&account, leg.con_id));
            }
            let rest = held - exercised;
            if !rest.is_zero() {
                self.write_off(&account, &option, rest);
            }
            if !held.is_zero() {
                self.push_account(&account, con_id);
            }
        }
    }

    fn write_off(&mut self, account: &str, option: &Instrument, quantity: Decimal) {
        let day = self.new_york.start_of_day(self.now.second());
        let nothing =
            Trade { quantity: -quantity, price: Decimal::ZERO, multiplier: multiplier(option), commission: FEE, day };
        if let Some(ledger) = self.ledgers.get_mut(account) {
            ledger.book(option.con_id, nothing);
        }
    }
}

/// The shares that an exercise of so many options brings (negative: takes), of what, and at which price.
fn shares(option: &Instrument, quantity: Decimal) -> Option<(ConId, Decimal, Decimal)> {
    let terms = option.terms.as_ref()?;
    let (strike, right) = terms.option?;
    let shares = quantity * multiplier(option);
    let signed = match right {
        Right::Call => shares,
        Right::Put => -shares,
    };
    Some((terms.under, signed, strike))
}
