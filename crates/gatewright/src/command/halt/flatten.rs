//! Closing positions: one market order each, durable before it is sent, followed until it is filled.

use std::collections::BTreeSet;
use std::time::Duration;

use gatewright_journal::{Explanation, HoldingKey, Journal, OrderIdKey, OrderType, Side};
use gatewright_link::client::{StreamItem, Subscription};
use gatewright_link::health::Market;
use gatewright_link::protocol::{ContractDetailsParams, OpenOrderReport, OrderParams, StreamKind, SubscribeParams};
use gatewright_proto::message::contract::Contract;
use gatewright_proto::message::order::{Action, Order};
use gatewright_trade::outbox::{Change, Dispatch, OrderRequest, Outbox};
use gatewright_trade::{AccountId, Permission};
use rust_decimal::Decimal;
use tokio::time::timeout;

use super::args::HaltArgs;
use super::plan::{self, Closing, Reach};
use super::session::{self, Session};
use super::told::Told;
use crate::clock;
use crate::command::journal::JournalArgs;
use crate::diagnosis::Diagnosis;
use crate::environment::Environment;

/// What the closing orders' strategy is called in the journal.
const STRATEGY: &str = "kill switch";

/// How long closing orders may take. Market orders fill within a second where there is a market.
const FILLED_WITHIN: Duration = Duration::from_secs(20);

/// What closing goes through and with.
pub(super) struct Desk<'a> {
    pub(super) session: &'a Session,
    pub(super) journal: &'a mut Journal,
    pub(super) args: &'a HaltArgs,
    pub(super) environment: &'a Environment,
}

impl Desk<'_> {
    /// Closes what is held and within reach, and says so. `open` is what is open, after cancelling.
    ///
    /// # Errors
    ///
    /// The journal failed.
    pub(super) async fn flatten(&mut self, open: &[OpenOrderReport], told: &mut Told) -> Result<(), Diagnosis> {
        let account = match permission(self.args).choose(&self.session.connected.accounts) {
            Ok(account) => account,
            Err(error) => {
                told.not_done(format!("close: {error}. Name the account by --account."));
                return Ok(());
            }
        };
        let reach = if self.args.everything { Reach::Everything } else { Reach::Ours };
        let Some(closings) = self.closings(&account, reach, told).await? else { return Ok(()) };
        let unsettled = self.unsettled()?;
        let mut free = Vec::new();
        for closing in closings {
            match plan::obstacle(&closing, open, &unsettled) {
                None => free.push(closing),
                Some(why) => told.not_done(format!("close {}: {why}", words(&closing))),
            }
        }
        if free.is_empty() {
            return Ok(());
        }
        let list: Vec<String> = free.iter().map(words).collect();
        let question = format!("To be closed at the market in {account}: {}.", list.join(", "));
        if !told.may_go_on(self.args.yes, &question) {
            told.not_done("close: not confirmed");
            return Ok(());
        }
        self.close(&account, free, told).await
    }

    /// What is to be closed; none when the Gateway does not say what is held.
    async fn closings(
        &self,
        account: &AccountId,
        reach: Reach,
        told: &mut Told,
    ) -> Result<Option<Vec<Closing>>, Diagnosis> {
        let positions = match self.session.link.positions(self.session.name()).await {
            Ok(result) => result.positions,
            Err(error) => {
                told.not_done(format!("close: the Gateway did not say what is held: {}", session::told(&error)));
                return Ok(None);
            }
        };
        let holdings = self.journal.holdings()?;
        let closings = plan::closings(&positions, &holdings, &self.session.gateway, account.as_str(), reach);
        if closings.is_empty() {
            told.done("nothing is held by this journal's traders");
        }
        let others = positions.iter().filter(|position| {
            let closing = closings.iter().find(|closing| closing.contract.con_id == position.contract.con_id);
            position.account == account.as_str()
                && closing.map_or(Decimal::ZERO, |closing| closing.held) != position.position
        });
        let others = others.count();
        if others > 0 {
            told.note(&format!(
                "in {others} instruments the account holds what this journal did not buy; it is left alone"
            ));
        }
        Ok(Some(closings))
    }

    /// The symbols in which an earlier closing order is not settled yet.
    fn unsettled(&self) -> Result<BTreeSet<String>, Diagnosis> {
        let open = self.journal.open_intents()?.into_iter();
        let ours = open.filter(|record| {
            let here = record.order.as_ref().is_some_and(|order| order.key.gateway == self.session.gateway);
            here && record.intent.strategy == STRATEGY
        });
        Ok(ours.map(|record| record.intent.symbol).collect())
    }

    async fn close(&mut self, account: &AccountId, closings: Vec<Closing>, told: &mut Told) -> Result<(), Diagnosis> {
        let key = OrderIdKey { gateway: self.session.gateway.clone(), client_id: self.session.client_id() };
        let journal = JournalArgs::open_or_make(&self.args.journal, self.environment)?;
        let (mut outbox, _) = Outbox::open(journal, key, clock::wall()).map_err(failed)?;
        outbox.session_began(self.session.connected.next_valid_id);
        let mut events = match self.session.link.subscribe(orders(self.session)).await {
            Ok(events) => events,
            Err(error) => {
                told.not_done(format!("close: {}", session::told(&error)));
                return Ok(());
            }
        };
        let mut sent = Vec::new();
        for closing in closings {
            if let Some(dispatch) = self.send(account, &closing, &mut outbox, told).await? {
                sent.push((closing, dispatch, Decimal::ZERO));
            }
        }
        // The end of the time is no failure by itself: what is left is told.
        let _ = timeout(FILLED_WITHIN, follow(&mut events, &mut outbox, &mut sent)).await;
        for (closing, dispatch, executed) in sent {
            self.book(account, &closing, executed, &dispatch.order_ref)?;
            let left = closing.held + executed;
            let side = dispatch.request.side.name();
            if left.is_zero() {
                told.done(format!("closed {} by order {} ({side} at the market)", words(&closing), dispatch.order_id));
            } else {
                told.not_done(format!(
                    "close {}: {} is left. Order {} of client {} was sent and is not filled; where the market is closed \
                     it waits there, and `gatewright halt --cancel-open` cancels it",
                    words(&closing),
                    left.normalize(),
                    dispatch.order_id,
                    self.session.client_id(),
                ));
            }
        }
        Ok(())
    }

    /// Sends one closing order: never larger than what is held, never a second one.
    async fn send(
        &self,
        account: &AccountId,
        closing: &Closing,
        outbox: &mut Outbox,
        told: &mut Told,
    ) -> Result<Option<Dispatch>, Diagnosis> {
        let contract = match self.routable(&closing.contract).await {
            Ok(contract) => contract,
            Err(why) => {
                told.not_done(format!("close {}: {why}", words(closing)));
                return Ok(None);
            }
        };
        let (side, action) =
            if closing.held > Decimal::ZERO { (Side::Sell, Action::Sell) } else { (Side::Buy, Action::Buy) };
        let request = OrderRequest {
            symbol: contract.symbol.clone(),
            side,
            quantity: closing.held.abs(),
            order_type: OrderType::Market,
            strategy: STRATEGY.into(),
            reason: self.args.reason.clone(),
        };
        let floor = self.session.connected.next_valid_id;
        let dispatch = outbox.submit_while_halted(request, floor, clock::wall()).map_err(failed)?;
        let order = Order {
            tif: "DAY".into(),
            order_ref: dispatch.order_ref.clone(),
            account: account.as_str().into(),
            ..Order::market(action, closing.held.abs())
        };
        let (client_id, order_id) = (Some(self.session.client_id()), Some(dispatch.order_id));
        let answer = self.session.link.place_order(OrderParams { client_id, order_id, contract, order }).await;
        outbox.answered(dispatch.intent, &answer, clock::wall()).map_err(failed)?;
        if let Err(error) = &answer {
            told.not_done(format!("close {}: {}", words(closing), session::told(error)));
        }
        Ok(Some(dispatch))
    }

    /// The instrument with where to route it, which positions do not tell.
    async fn routable(&self, contract: &Contract) -> Result<Contract, String> {
        let wanted = Contract { con_id: contract.con_id, ..Contract::default() };
        let params = ContractDetailsParams { client_id: Some(self.session.client_id()), contract: wanted };
        let found = self.session.link.contract_details(params).await.map_err(|error| session::told(&error))?;
        let mut found = found.details.into_iter().map(|details| details.contract);
        let exact = found.find(|found| found.con_id == contract.con_id);
        exact.ok_or_else(|| "the Gateway does not know its instrument".to_owned())
    }

    /// Takes what was executed out of the books that it stood in. The kill switch's own book is left at nothing.
    fn book(
        &mut self,
        account: &AccountId,
        closing: &Closing,
        executed: Decimal,
        order_ref: &str,
    ) -> Result<(), Diagnosis> {
        if executed.is_zero() {
            return Ok(());
        }
        let own = HoldingKey {
            key: OrderIdKey { gateway: self.session.gateway.clone(), client_id: self.session.client_id() },
            account: account.as_str().to_owned(),
            symbol: closing.contract.symbol.clone(),
        };
        let reason = format!("closed by the kill switch, order {order_ref}");
        for (holding, quantity) in plan::booked_out(closing, executed).into_iter().chain([(own, -executed)]) {
            self.journal.explain(&Explanation { at: clock::wall(), holding, quantity, reason: reason.clone() })?;
        }
        Ok(())
    }
}

/// Takes what the Gateway says until every closing order is done, and adds up what was executed of each.
async fn follow(
    events: &mut Subscription,
    outbox: &mut Outbox,
    sent: &mut [(Closing, Dispatch, Decimal)],
) -> Result<(), Diagnosis> {
    while sent.iter().any(|(_, dispatch, _)| outbox.working().any(|order| order.intent == dispatch.intent)) {
        let event = match events.next().await {
            Some(StreamItem::Order(event)) => event,
            Some(StreamItem::Ended(_)) | None => return Ok(()),
            Some(StreamItem::Ticks(_) | StreamItem::Bar(_) | StreamItem::Account(_) | StreamItem::Lost { .. }) => {
                continue;
            }
        };
        for change in outbox.order_event(&event, clock::wall()).map_err(failed)? {
            if let Change::Executed { order, fill, instead_of } = change
                && let Some((_, _, executed)) = sent.iter_mut().find(|(_, dispatch, _)| dispatch.intent == order.intent)
            {
                *executed += fill.quantity - instead_of.map_or(Decimal::ZERO, |was| was.quantity);
            }
        }
    }
    Ok(())
}

fn orders(session: &Session) -> SubscribeParams {
    SubscribeParams {
        client_id: Some(session.client_id()),
        kind: StreamKind::Orders,
        contract: None,
        account: String::new(),
        generic_ticks: String::new(),
        what_to_show: String::new(),
        use_rth: false,
        market: Market::Unknown,
    }
}

fn permission(args: &HaltArgs) -> Permission {
    match (args.money.live, &args.money.account) {
        (true, Some(account)) => Permission::Live(AccountId::new(account)),
        (false, Some(account)) => Permission::PaperAccount(AccountId::new(account)),
        // `--live` alone has been refused by the guard.
        (_, None) => Permission::Paper,
    }
}

fn words(closing: &Closing) -> String {
    format!("{} {}", closing.held.normalize(), closing.contract.symbol)
}

fn failed(error: gatewright_trade::TradeError) -> Diagnosis {
    Diagnosis::internal("closing failed", error)
}
