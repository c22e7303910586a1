//! What must hold: after every step, and between the simulator's books and the journal's in the end.

use std::collections::BTreeMap;

use gatewright_journal::{IntentFilter, StateKind};

use super::super::model::invariant::Facts;
use super::super::*;
use super::SYMBOLS;
use super::life::Life;

impl Life {
    /// What must hold at every moment.
    pub(super) fn check(&mut self) {
        let intents = self.journal().intents(&IntentFilter::default()).unwrap();
        let durable = intents
            .iter()
            .filter_map(|record| Some((record.intent.order_ref.clone(), record.order.as_ref()?.order_id)));
        let facts = Facts {
            durable: durable.collect(),
            handed_over: self.handed_over.clone(),
            arrived: self.wire.arrived.clone(),
            alive: SYMBOLS.into_iter().map(|symbol| self.wire.alive(symbol)).max().unwrap_or(0),
        };
        assert_eq!(facts.broken(), None, "{facts:?}");
    }

    /// What must hold in the end: nothing is open, and both have the same orders, positions and money.
    pub(super) fn check_end(&mut self) {
        self.check();
        let working: Vec<_> = self.trader().outbox.working().cloned().collect();
        assert!(working.is_empty(), "not settled: {working:?}");
        self.check_orders();
        self.check_money();
        assert_eq!(self.journal().verify().unwrap().findings, []);
    }

    fn check_orders(&mut self) {
        let snapshot = self.wire.snapshot();
        let mut filled: BTreeMap<String, Decimal> = BTreeMap::new();
        for executed in &snapshot.executions {
            *filled.entry(executed.execution.order_ref.clone()).or_default() += executed.execution.shares;
        }
        let kept: Vec<_> = snapshot.open_orders.iter().chain(&snapshot.completed_orders).collect();
        let mut refs: Vec<&str> = kept.iter().map(|order| order.order.order_ref.as_str()).collect();
        let all = refs.len();
        refs.sort_unstable();
        refs.dedup();
        assert_eq!(refs.len(), all, "the Gateway has more than one order for an intent");
        let intents = self.journal().intents(&IntentFilter::default()).unwrap();
        for order_ref in refs.into_iter().chain(filled.keys().map(String::as_str)) {
            let known = intents.iter().any(|record| record.intent.order_ref == order_ref);
            assert!(known, "the Gateway has {order_ref}, which nobody wanted");
        }
        for record in intents {
            let executed: Decimal = self.journal().executions(record.id).unwrap().iter().map(|it| it.quantity).sum();
            let told = filled.get(&record.intent.order_ref).copied().unwrap_or_default();
            assert_eq!(executed, told, "what was filled of {record:?}");
            let all = executed == record.intent.quantity;
            assert_eq!(record.state.kind() == StateKind::Filled, all, "{record:?}");
        }
    }

    fn check_money(&mut self) {
        let snapshot = self.wire.snapshot();
        let account = snapshot.accounts.first().expect("an account").clone();
        let corrected: Decimal = self.corrections.cash.values().sum();
        let (now, mut flow) = (self.now(), Decimal::ZERO);
        for symbol in SYMBOLS {
            let at_gateway = snapshot.positions.iter().find(|position| position.symbol == symbol);
            let position = at_gateway.map(|position| position.quantity).unwrap_or_default();
            let recorded = self.trader().outbox.recorded_position(&account.account, symbol).unwrap();
            assert_eq!(recorded, position, "the journal's position in {symbol}");
            let summary = self.trader().summary(now).symbols[symbol].clone();
            assert_eq!(summary.book.position, position, "the trader's position in {symbol}");
            assert_eq!(summary.halted, None, "{symbol}");
        }
        flow += self.journal().holdings().unwrap().values().map(|holding| holding.cash).sum::<Decimal>();
        let costs = self.journal().commissions(Timestamp::MIN, Timestamp::MAX).unwrap();
        let costs: Decimal = costs.iter().map(|commission| commission.amount).sum();
        let cash = account.cash - account.initial_cash + corrected;
        assert_eq!((flow - costs).normalize(), cash.normalize(), "cash to the cent");
    }
}
