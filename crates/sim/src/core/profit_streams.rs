//! Streams of profit and loss, and positions under a request id.

use gatewright_proto::message::account::{PositionMulti, PositionsMultiRequest};
use gatewright_proto::message::pnl::{Pnl, PnlRequest, PnlSingle, PnlSingleRequest};
use gatewright_proto::{ConId, RequestId, ServerMessage};
use rust_decimal::Decimal;

use super::action::ConnId;
use super::profit::{PositionProfit, Profit};
use super::world::World;

/// One stream of a session.
#[derive(Debug, Clone)]
pub(super) struct ProfitStream {
    account: String,
    /// Of this position only.
    of: Option<ConId>,
    sent: Option<PositionProfit>,
}

impl World {
    /// Starts a stream of an account's profit and loss.
    pub(super) fn start_profit(&mut self, id: ConnId, request: &PnlRequest) {
        self.start_profit_stream(id, request.req_id, &request.account, None);
    }

    /// Starts a stream of one position's profit and loss.
    pub(super) fn start_position_profit(&mut self, id: ConnId, request: &PnlSingleRequest) {
        self.start_profit_stream(id, request.req_id, &request.account, Some(request.con_id));
    }

    fn start_profit_stream(&mut self, id: ConnId, req_id: RequestId, account: &str, of: Option<ConId>) {
        let Some(account) = self.known_account(id, req_id, account) else { return };
        let Some(session) = self.session_mut(id) else { return };
        if session.profits.contains_key(&req_id) {
            return self.refuse(id, req_id, 322, "Error processing request.-'bW' : cause - Duplicate ticker id");
        }
        session.profits.insert(req_id, ProfitStream { account, of, sent: None });
        self.send_profit(id, req_id);
        self.watch_seconds();
    }

    /// Ends a stream of an account.
    pub(super) fn stop_profit(&mut self, id: ConnId, request: RequestId) {
        self.stop_profit_stream(id, request, (10185, "Failed to cancel PNL (not subscribed)"));
    }

    /// Ends a stream of a position.
    pub(super) fn stop_position_profit(&mut self, id: ConnId, request: RequestId) {
        self.stop_profit_stream(id, request, (10186, "Failed to cancel PNL single (not subscribed)"));
    }

    fn stop_profit_stream(&mut self, id: ConnId, request: RequestId, (code, text): (i32, &str)) {
        let stopped = self.session_mut(id).and_then(|session| session.profits.remove(&request));
        if stopped.is_none() {
            self.refuse(id, request, code, text);
        }
    }

    /// Sends to every stream what has changed: about once a second.
    pub(super) fn send_profits(&mut self) {
        let streams: Vec<(ConnId, RequestId)> = self
            .sessions()
            .flat_map(|(id, session)| session.profits.keys().map(move |request| (id, *request)))
            .collect();
        for (id, request) in streams {
            self.send_profit(id, request);
        }
    }

    fn send_profit(&mut self, id: ConnId, req_id: RequestId) {
        let stream = self.session_mut(id).and_then(|session| session.profits.get(&req_id)).cloned();
        let Some(stream) = stream else { return };
        let now = match stream.of {
            Some(con_id) => self.position_profit(&stream.account, con_id).unwrap_or_default(),
            None => {
                let profit = self.profit(&stream.account).unwrap_or_default();
                PositionProfit { profit, ..PositionProfit::default() }
            }
        };
        if stream.sent == Some(now) {
            return;
        }
        if let Some(stream) = self.session_mut(id).and_then(|session| session.profits.get_mut(&req_id)) {
            stream.sent = Some(now);
        }
        let message = match stream.of {
            Some(_) => ServerMessage::PnlSingle(Box::new(single(req_id, &now))),
            None => ServerMessage::Pnl(Box::new(whole(req_id, &now.profit))),
        };
        self.send(id, &message);
    }

    /// Sends the positions of an account, or of all, under a request id; later changes go to the other stream only.
    pub(super) fn send_positions_multi(&mut self, id: ConnId, request: &PositionsMultiRequest) {
        let wanted = request.account.as_str();
        if !wanted.is_empty() && self.known_account(id, request.req_id, wanted).is_none() {
            return;
        }
        let held: Vec<PositionMulti> = self
            .ledgers
            .iter()
            .filter(|(account, _)| wanted.is_empty() || wanted == account.as_str())
            .flat_map(|(account, ledger)| ledger.holdings().map(move |(con_id, holding)| (account, con_id, holding)))
            .filter(|(_, _, holding)| !holding.quantity.is_zero())
            .filter_map(|(account, con_id, holding)| {
                Some(PositionMulti {
                    req_id: request.req_id,
                    account: account.clone(),
                    contract: self.catalogue.get(con_id)?.contract(""),
                    position: holding.quantity,
                    avg_cost: holding.average_cost().map(|cost| cost.round_dp(8).normalize()),
                    model_code: request.model_code.clone(),
                })
            })
            .collect();
        for position in held {
            self.send(id, &ServerMessage::PositionMulti(Box::new(position)));
        }
        self.send(id, &ServerMessage::PositionMultiEnd(request.req_id));
    }
}

fn cents(value: Decimal) -> Option<Decimal> {
    Some(value.round_dp(2))
}

fn whole(req_id: RequestId, profit: &Profit) -> Pnl {
    Pnl {
        req_id,
        daily_pnl: cents(profit.daily),
        unrealized_pnl: cents(profit.unrealized),
        realized_pnl: cents(profit.realized),
    }
}

fn single(req_id: RequestId, one: &PositionProfit) -> PnlSingle {
    PnlSingle {
        req_id,
        position: one.position,
        daily_pnl: cents(one.profit.daily),
        unrealized_pnl: cents(one.profit.unrealized),
        realized_pnl: cents(one.profit.realized),
        value: cents(one.value),
    }
}
