//! Account values, positions and the requests for them as protobuf.

use super::{
    AccountDownloadEnd, AccountSummary, AccountSummaryRequest, AccountUpdateMulti, AccountUpdateTime,
    AccountUpdatesMultiRequest, AccountUpdatesRequest, AccountValue, PortfolioValue, Position,
};
use crate::message::contract::Contract;
use crate::protobuf::{Body, Speaker};

impl AccountValue {
    pub(crate) fn pass_body<B: Body>(&mut self, body: &mut B) -> Result<(), B::Error> {
        body.text(1, &mut self.key)?;
        body.text(2, &mut self.value)?;
        body.text(3, &mut self.currency)?;
        body.text(4, &mut self.account)
    }
}

impl AccountUpdateTime {
    pub(crate) fn pass_body<B: Body>(&mut self, body: &mut B) -> Result<(), B::Error> {
        body.text(1, &mut self.time)
    }
}

impl AccountDownloadEnd {
    pub(crate) fn pass_body<B: Body>(&mut self, body: &mut B) -> Result<(), B::Error> {
        body.text(1, &mut self.account)
    }
}

impl AccountSummary {
    pub(crate) fn pass_body<B: Body>(&mut self, body: &mut B) -> Result<(), B::Error> {
        body.id(1, &mut self.req_id)?;
        body.text(2, &mut self.account)?;
        body.text(3, &mut self.tag)?;
        body.text(4, &mut self.value)?;
        body.text(5, &mut self.currency)
    }
}

impl AccountUpdateMulti {
    pub(crate) fn pass_body<B: Body>(&mut self, body: &mut B) -> Result<(), B::Error> {
        body.id(1, &mut self.req_id)?;
        body.text(2, &mut self.account)?;
        body.text(3, &mut self.model_code)?;
        body.text(4, &mut self.key)?;
        body.text(5, &mut self.value)?;
        body.text(6, &mut self.currency)
    }
}

impl PortfolioValue {
    /// The one exchange is the listing exchange, as in text. It is written in both tags: clients look for it in either. Where
    /// a Gateway writes two, the listing exchange is the one of its own tag.
    pub(crate) fn pass_body<B: Body>(&mut self, body: &mut B) -> Result<(), B::Error> {
        let mut held = self.contract.clone();
        held.exchange.clone_from(&held.primary_exchange);
        body.part(1, &mut held, held_contract)?;
        if !B::WRITES {
            let routing = std::mem::take(&mut held.exchange);
            if held.primary_exchange.is_empty() {
                held.primary_exchange = routing;
            }
            self.contract = held;
        }
        body.amount(2, &mut self.position)?;
        body.price(3, &mut self.market_price)?;
        body.price(4, &mut self.market_value)?;
        body.price(5, &mut self.average_cost)?;
        body.price(6, &mut self.unrealized_pnl)?;
        body.price(7, &mut self.realized_pnl)?;
        body.text(8, &mut self.account)
    }
}

impl Position {
    /// The one exchange is the routing exchange.
    pub(crate) fn pass_body<B: Body>(&mut self, body: &mut B) -> Result<(), B::Error> {
        body.text(1, &mut self.account)?;
        body.part(2, &mut self.contract, |body, contract| contract.pass_without_listing(body))?;
        body.amount(3, &mut self.position)?;
        body.price(4, &mut self.avg_cost)
    }
}

fn held_contract<B: Body>(body: &mut B, contract: &mut Contract) -> Result<(), B::Error> {
    contract.pass_body(body, &mut Default::default(), Speaker::Gateway)
}

impl AccountUpdatesRequest {
    pub(crate) fn pass_body<B: Body>(&mut self, body: &mut B) -> Result<(), B::Error> {
        body.flag(1, &mut self.subscribe)?;
        body.text(2, &mut self.account)
    }
}

impl AccountSummaryRequest {
    pub(crate) fn pass_body<B: Body>(&mut self, body: &mut B) -> Result<(), B::Error> {
        body.id(1, &mut self.req_id)?;
        body.text(2, &mut self.group)?;
        body.text(3, &mut self.tags)
    }
}

impl AccountUpdatesMultiRequest {
    pub(crate) fn pass_body<B: Body>(&mut self, body: &mut B) -> Result<(), B::Error> {
        body.id(1, &mut self.req_id)?;
        body.text(2, &mut self.account)?;
        body.text(3, &mut self.model_code)?;
        body.flag(4, &mut self.ledger_and_nlv)
    }
}
