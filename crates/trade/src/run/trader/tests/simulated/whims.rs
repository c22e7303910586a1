//! What happens to a life.

use gatewright_journal::{HaltRecord, HaltScope, ResumeRecord};
use gatewright_sim::Fault;

use super::super::*;
use super::SYMBOLS;
use super::life::Life;
use crate::step::Step;

/// Ways of the simulator to misbehave that a trader must live with, each switched on for a while.
const FAULTS: [Fault; 16] = [
    Fault::DuplicateStatus,
    Fault::MissingStatus,
    Fault::ExecutionFirst,
    Fault::LateCommission,
    Fault::CancelRace,
    Fault::SwallowedOrder,
    Fault::RejectedOrder,
    Fault::BrokerCancels,
    Fault::OrderDialog,
    Fault::OrderWarnings,
    Fault::NoOpenOrdersEnd,
    Fault::NoExecutionsEnd,
    Fault::FrozenAfterReady,
    Fault::SlowRelease,
    Fault::OutageKept,
    Fault::OutageLost,
];

/// What has to happen in some life besides the faults, by the names under which it is seen.
pub(super) const EVERYTHING: [&str; 24] = [
    "word lost",
    "word twice",
    "limit",
    "cancel",
    "correction",
    "halt",
    "resume",
    "hang",
    "killed",
    "worker died",
    "session lost",
    "opening given up",
    "restarted",
    "restarted while sending",
    "refused unsent",
    "disk full",
    "fills hidden in an outage",
    "before-intent",
    "after-intent",
    "after-bytes",
    "before-answer",
    "before-fill",
    "after-fill",
    "settling",
];

/// The faults' names, which have to be seen as well.
pub(super) fn fault_names() -> impl Iterator<Item = &'static str> {
    FAULTS.into_iter().map(Fault::name)
}

impl Life {
    /// One whim, and some time for it.
    pub(super) fn step(&mut self) {
        match self.chance.draw(24) {
            0..=7 => self.wish(),
            8 => self.killed(),
            9 => self.kill_worker(),
            10 => {
                self.see("restarted");
                self.restarts = Some(self.at);
            }
            11 => self.restart_while_sending = true,
            12..=15 => self.switch_fault(),
            16 => self.turn_halt(),
            17 => {
                self.see("hang");
                let length = Duration::from_millis(self.chance.draw(28_000));
                self.wire.hang(self.at, length);
            }
            18 => self.correct(),
            19 | 20 => self.arm(),
            21 => self.pass(Duration::from_secs(61)),
            _ => {}
        }
        let length = match self.chance.draw(4) {
            0 => self.chance.draw(300),
            1 | 2 => 4_000 + self.chance.draw(4_000),
            _ => self.chance.draw(20_000),
        };
        self.pass(Duration::from_millis(length));
    }

    /// A strategy changes its mind.
    fn wish(&mut self) {
        let symbol = SYMBOLS[self.chance.draw(SYMBOLS.len() as u64) as usize];
        let target = self.chance.draw_i(7) * 10 - 30;
        let near = self.chance.draw_i(200) - 100;
        let now = self.now();
        let price = self.trader().summary(now).symbols[symbol].last_price;
        let limit = price.filter(|_| self.chance.draw(3) == 0).map(|price| price + Decimal::new(near, 2));
        if limit.is_some() {
            self.see("limit");
        }
        let wish = &self.wishes[symbol];
        *wish.target.lock().unwrap() = target;
        *wish.limit.lock().unwrap() = limit;
    }

    fn killed(&mut self) {
        self.see("killed");
        self.restart();
    }

    fn switch_fault(&mut self) {
        let fault = FAULTS[self.chance.draw(FAULTS.len() as u64) as usize];
        self.see(fault.name());
        // The core takes the moment from its last event.
        self.pass(Duration::ZERO);
        let is_outage = matches!(fault, Fault::OutageKept | Fault::OutageLost);
        if self.wire.core.faults().has(fault) {
            return self.wire.core.clear_fault(fault);
        }
        if is_outage && self.chance.draw(2) == 0 {
            self.see("fills hidden in an outage");
            self.wire.core.set_fault(Fault::OutageHidesOrders);
        }
        self.wire.core.set_fault(fault);
        let length = Duration::from_millis(self.chance.draw(40_000));
        self.pass(length);
        if is_outage || self.chance.draw(2) == 0 {
            self.wire.core.clear_fault(fault);
            self.wire.core.clear_fault(Fault::OutageHidesOrders);
        }
    }

    pub(super) fn turn_halt(&mut self) {
        if self.full_disk {
            return;
        }
        let (at, reason, by) = (self.now().wall, "a whim".to_owned(), "the model".to_owned());
        if self.halted {
            self.see("resume");
            let _ = self.journal().resume(&ResumeRecord { at, reason, by }).unwrap();
        } else {
            self.see("halt");
            self.journal().halt(&HaltRecord { at, reason, by, scope: HaltScope::NewOrders }).unwrap();
        }
        self.halted = !self.halted;
    }

    /// The newest execution turns out to have had another price, and is told so where anybody listens.
    fn correct(&mut self) {
        let cents = 1 + self.chance.draw_i(300);
        let newest = self.wire.snapshot().executions.pop();
        let Some(corrected) = newest.and_then(|details| self.corrections.correct(&details, cents)) else { return };
        self.see("correction");
        if self.line.as_ref().is_some_and(|line| line.trades) && self.chance.draw(2) == 0 {
            self.tell(Event::Order(OrderEvent::Execution(Box::new(corrected))));
        }
    }

    /// The trader will die at a step, or the disk will be full.
    fn arm(&mut self) {
        match self.chance.draw(Step::ALL.len() as u64 + 2) as usize {
            step if step < Step::ALL.len() => *self.armed.lock().unwrap() = Some(Step::ALL[step]),
            _ => {
                self.full_disk = true;
                self.journal().limit_growth(Some(0)).unwrap();
            }
        }
    }

    /// Nothing goes wrong any more, and whatever is wanted is wanted at the market.
    pub(super) fn settle(&mut self) {
        *self.armed.lock().unwrap() = None;
        self.restart_while_sending = false;
        self.journal().limit_growth(None).unwrap();
        self.full_disk = false;
        for fault in FAULTS.into_iter().chain([Fault::OutageHidesOrders]) {
            self.pass(Duration::ZERO);
            self.wire.core.clear_fault(fault);
        }
        if self.halted {
            self.turn_halt();
        }
        for wish in self.wishes.values() {
            *wish.limit.lock().unwrap() = None;
        }
        let mut calm = 0;
        for _ in 0..60 {
            self.pass(Duration::from_secs(30));
            let open = SYMBOLS.into_iter().any(|symbol| self.wire.alive(symbol) > 0);
            let is_calm = !open && self.trader().outbox.working().next().is_none();
            calm = if is_calm { calm + 1 } else { 0 };
            // The Gateway is asked every five minutes whatever is believed, and tells again what was lost.
            if calm > 11 {
                break;
            }
        }
    }
}
