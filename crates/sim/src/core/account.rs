//! Account values, summaries and positions, asked for and pushed.

use std::collections::{BTreeMap, BTreeSet};

use gatewright_proto::message::account::{
    AccountDownloadEnd, AccountSummary, AccountSummaryRequest, AccountUpdateMulti, AccountUpdateTime,
    AccountUpdatesMultiRequest, AccountUpdatesRequest, AccountValue, PortfolioValue, Position,
};
use gatewright_proto::{ConId, RequestId, ServerMessage};

use super::action::ConnId;
use super::ledger::Holding;
use super::valuation::Row;
use super::world::World;
use crate::fault::Fault;

/// Account values are pushed at least this often, in seconds, and at every fill (IBKR documents three minutes).
const REFRESH: i64 = 180;

/// One summary that a client follows.
#[derive(Debug, Clone)]
pub(super) struct SummaryRequest {
    tags: BTreeSet<String>,
    /// What was said last, by account, tag and currency: only changes are pushed.
    sent: BTreeMap<(String, &'static str, &'static str), String>,
}

impl World {
    /// Starts or stops the one stream of values that a connection has.
    pub(super) fn account_updates(&mut self, id: ConnId, request: &AccountUpdatesRequest) {
        if !request.subscribe {
            if let Some(session) = self.session_mut(id) {
                session.account_updates = None;
            }
            return;
        }
        if self.faults.has(Fault::NoAccountValues) {
            return;
        }
        let Some(account) = self.known_account(id, RequestId::NONE, &request.account) else { return };
        if let Some(session) = self.session_mut(id) {
            session.account_updates = Some(account.clone());
        }
        self.send_account(id, &account);
        self.send(id, &ServerMessage::AccountDownloadEnd(AccountDownloadEnd { account }));
        self.watch_seconds();
    }

    /// Starts a summary; its first picture ends with an end marker, later changes do not (seen live).
    pub(super) fn start_summary(&mut self, id: ConnId, request: &AccountSummaryRequest) {
        if self.faults.has(Fault::NoAccountValues) {
            return;
        }
        let tags = request.tags.split(',').map(|tag| tag.trim().to_owned()).filter(|tag| !tag.is_empty()).collect();
        let mut summary = SummaryRequest { tags, sent: BTreeMap::new() };
        self.send_summary(id, request.req_id, &mut summary);
        self.send(id, &ServerMessage::AccountSummaryEnd(request.req_id));
        if let Some(session) = self.session_mut(id) {
            session.summaries.insert(request.req_id, summary);
        }
        self.watch_seconds();
    }

    /// Ends a summary.
    pub(super) fn stop_summary(&mut self, id: ConnId, request: RequestId) {
        if let Some(session) = self.session_mut(id) {
            session.summaries.remove(&request);
        }
    }

    /// Sends the values of one account under a request id.
    pub(super) fn start_multi(&mut self, id: ConnId, request: &AccountUpdatesMultiRequest) {
        if self.faults.has(Fault::NoAccountValues) {
            return;
        }
        let Some(account) = self.known_account(id, request.req_id, &request.account) else { return };
        let follows = (account, request.model_code.clone());
        self.send_multi(id, request.req_id, &follows);
        self.send(id, &ServerMessage::AccountUpdateMultiEnd(request.req_id));
        if let Some(session) = self.session_mut(id) {
            session.multi.insert(request.req_id, follows);
        }
    }

    /// Ends such a request.
    pub(super) fn stop_multi(&mut self, id: ConnId, request: RequestId) {
        if let Some(session) = self.session_mut(id) {
            session.multi.remove(&request);
        }
    }

    /// Sends every position, then their changes.
    pub(super) fn start_positions(&mut self, id: ConnId) {
        let held: Vec<(String, ConId, Holding)> = self
            .ledgers
            .iter()
            .flat_map(|(account, ledger)| ledger.holdings().map(|(con_id, it)| (account.clone(), con_id, *it)))
            .filter(|(_, _, holding)| !holding.quantity.is_zero())
            .collect();
        for (account, con_id, holding) in held {
            self.send_position(id, &account, con_id, &holding);
        }
        if !self.faults.has(Fault::NoPositionsEnd) {
            self.send(id, &ServerMessage::PositionEnd);
        }
        if let Some(session) = self.session_mut(id) {
            session.positions = true;
        }
    }

    /// Ends the stream of positions.
    pub(super) fn stop_positions(&mut self, id: ConnId) {
        if let Some(session) = self.session_mut(id) {
            session.positions = false;
        }
    }

    /// Tells everybody who follows `account` that a trade in `con_id` has changed it.
    pub(super) fn push_account(&mut self, account: &str, con_id: ConId) {
        let holding = self.ledgers.get(account).map(|ledger| ledger.holding(con_id)).unwrap_or_default();
        let followers: Vec<ConnId> =
            self.sessions().filter(|(_, session)| session.positions).map(|(id, _)| id).collect();
        for id in followers {
            self.send_position(id, account, con_id, &holding);
        }
        self.push_values(Some(account));
        let multi: Vec<(ConnId, RequestId, (String, String))> = self
            .sessions()
            .flat_map(|(id, session)| session.multi.iter().map(move |(request, it)| (id, *request, it.clone())))
            .filter(|(_, _, (followed, _))| followed == account)
            .collect();
        for (id, request, follows) in multi {
            self.send_multi(id, request, &follows);
        }
    }

    /// Pushes the values that time alone has changed.
    pub(super) fn refresh_accounts(&mut self, second: i64) {
        if second.rem_euclid(REFRESH) == 0 {
            self.push_values(None);
        }
    }

    /// The values of `account`, or of all, to all who follow them.
    fn push_values(&mut self, account: Option<&str>) {
        let updates: Vec<(ConnId, String)> = self
            .sessions()
            .filter_map(|(id, session)| Some((id, session.account_updates.clone()?)))
            .filter(|(_, followed)| account.is_none_or(|account| account == followed))
            .collect();
        for (id, followed) in updates {
            self.send_account(id, &followed);
        }
        let summaries: Vec<(ConnId, RequestId)> = self
            .sessions()
            .flat_map(|(id, session)| session.summaries.keys().map(move |request| (id, *request)))
            .collect();
        for (id, request) in summaries {
            let summary = self.session_mut(id).and_then(|session| session.summaries.remove(&request));
            let Some(mut summary) = summary else { continue };
            self.send_summary(id, request, &mut summary);
            if let Some(session) = self.session_mut(id) {
                session.summaries.insert(request, summary);
            }
        }
    }

    /// The account that a request means: the only one when it names none.
    pub(super) fn known_account(&mut self, id: ConnId, request: RequestId, account: &str) -> Option<String> {
        let account = if account.is_empty() { self.config.accounts.first()?.clone() } else { account.to_owned() };
        if self.ledgers.contains_key(&account) {
            return Some(account);
        }
        self.refuse_invalid(id, request, &format!("Invalid account code '{account}'"));
        None
    }

    /// Values, then positions, then the time: what account updates say each time.
    fn send_account(&mut self, id: ConnId, account: &str) {
        let Some(valuation) = self.valuation(account) else { return };
        for (key, value, currency) in valuation.rows(account) {
            let (key, currency, account) = (key.into(), currency.into(), account.into());
            self.send(id, &ServerMessage::AccountValue(Box::new(AccountValue { key, value, currency, account })));
        }
        for position in valuation.positions {
            let value = PortfolioValue {
                contract: position.instrument.contract(&position.instrument.primary),
                position: position.holding.quantity,
                market_price: Some(position.price),
                market_value: Some(position.value.round_dp(2)),
                average_cost: Some(position.holding.average_cost().unwrap_or_default().round_dp(8).normalize()),
                unrealized_pnl: Some(position.unrealized.round_dp(2)),
                realized_pnl: Some(position.holding.realized.round_dp(2)),
                account: account.into(),
            };
            self.send(id, &ServerMessage::PortfolioValue(Box::new(value)));
        }
        let time = self.new_york.minute_text(self.now.second());
        self.send(id, &ServerMessage::AccountUpdateTime(AccountUpdateTime { time }));
    }

    fn send_summary(&mut self, id: ConnId, req_id: RequestId, summary: &mut SummaryRequest) {
        for account in self.config.accounts.clone() {
            let Some(valuation) = self.valuation(&account) else { continue };
            let mut rows = valuation.rows(&account);
            rows.retain(|row| summary.wants(row));
            for (tag, value, currency) in rows {
                let place = (account.clone(), tag, currency);
                if summary.sent.get(&place) == Some(&value) {
                    continue;
                }
                summary.sent.insert(place, value.clone());
                let (account, tag, currency) = (account.clone(), tag.into(), currency.into());
                let row = AccountSummary { req_id, account, tag, value, currency };
                self.send(id, &ServerMessage::AccountSummary(Box::new(row)));
            }
        }
    }

    fn send_multi(&mut self, id: ConnId, req_id: RequestId, (account, model_code): &(String, String)) {
        let Some(valuation) = self.valuation(account) else { return };
        for (key, value, currency) in valuation.rows(account) {
            let (account, model_code) = (account.clone(), model_code.clone());
            let (key, currency) = (key.into(), currency.into());
            let row = AccountUpdateMulti { req_id, account, model_code, key, value, currency };
            self.send(id, &ServerMessage::AccountUpdateMulti(Box::new(row)));
        }
    }

    fn send_position(&mut self, id: ConnId, account: &str, con_id: ConId, holding: &Holding) {
        let Some(instrument) = self.catalogue.get(con_id) else { return };
        let position = Position {
            account: account.into(),
            // Positions name no exchange.
            contract: instrument.contract(""),
            position: holding.quantity,
            avg_cost: Some(holding.average_cost().unwrap_or_default().round_dp(8).normalize()),
        };
        self.send(id, &ServerMessage::Position(Box::new(position)));
    }
}

impl SummaryRequest {
    fn wants(&self, (tag, _, currency): &Row) -> bool {
        // `$LEDGER` asks for the cash book, in the base currency, in one or in all.
        let ledger = match *tag {
            "CashBalance"
            | "TotalCashBalance"
            | "NetLiquidationByCurrency"
            | "StockMarketValue"
            | "ExchangeRate"
            | "RealCurrency"
            | "Currency"
            | "UnrealizedPnL"
            | "RealizedPnL" => {
                self.tags.contains("$LEDGER:ALL")
                    || (*currency == "BASE" && self.tags.contains("$LEDGER"))
                    || (*currency == "USD" && self.tags.contains("$LEDGER:USD"))
            }
            _ => false,
        };
        ledger || (*currency != "BASE" && self.tags.contains(*tag))
    }
}
