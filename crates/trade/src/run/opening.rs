//! From a worker to a session that can trade.

use std::collections::BTreeMap;
use std::sync::Arc;

use gatewright_link::LinkError;
use gatewright_link::client::Link;
use gatewright_link::health::Market;
use gatewright_link::protocol::{
    CallError, ConnectParams, ConnectedResult, ContractDetailsParams, ErrorCode, ExecutionsParams,
    HistoricalBarsParams, Layer, SessionParams, StreamKind, SubscribeParams,
};
use gatewright_proto::ClientId;
use gatewright_proto::message::contract::{Contract, ContractDetails};
use jiff::{SignedDuration, Timestamp};

use super::event::{SessionStart, SymbolStart};
use super::streams::{StreamKey, Streams};
use crate::account::{AccountId, Permission};
use crate::calendar::Calendar;
use crate::error::TradeError;
use crate::event::Failing;
use crate::gateway_time;
use crate::outbox::CompleteAnswers;
use crate::step::Watch;
use crate::strategy::{BarIn, BarLength};

/// IBKR's code for "no such instrument".
const UNKNOWN_CONTRACT: i32 = 200;

/// How often positions are asked for until no execution came in between. One fill in that moment is rare, and a stream of
/// them is not ours: this trader has at most one order per instrument, and none it has just started.
const SNAPSHOTS: u32 = 4;

/// What every session is opened with.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) connect: ConnectParams,
    pub(super) permission: Permission,
    pub(super) symbols: Vec<String>,
    /// The length of the strategies' bars.
    pub(super) bar: BarLength,
    /// The most past bars that a strategy needs.
    pub(super) warm_up_bars: usize,
    /// Who is told of each step of an order's way.
    pub(super) watch: Watch,
}

/// A session that can trade.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) connected: ConnectedResult,
    pub(super) details: Vec<ContractDetails>,
    pub(super) start: SessionStart,
    pub(super) streams: Streams,
    pub(super) day: GatewayDay,
    /// What is missing and can be done without.
    pub(super) lacking: Vec<Failing>,
}

/// When the Gateway's day began, by our clock; executions are told of from then on.
#[derive(Debug, Clone, Copy)]
pub(super) struct GatewayDay {
    midnight: Timestamp,
}

impl GatewayDay {
    /// From the time that the Gateway wrote while connecting. Where that cannot be read, executions are believed to reach
    /// back to now only, so that absence proves nothing about anything older.
    pub(super) fn from(connection_time: &str, now: Timestamp) -> Self {
        let since = gateway_time::since_midnight(connection_time).unwrap_or_default();
        let since = SignedDuration::try_from(since).unwrap_or_default();
        Self { midnight: now.checked_sub(since).unwrap_or(now) }
    }

    /// The Gateway's last midnight before `now`.
    pub(super) fn last_midnight(self, now: Timestamp) -> Timestamp {
        let day = SignedDuration::from_hours(24).as_secs();
        let days = now.duration_since(self.midnight).as_secs().max(0) / day;
        self.midnight.checked_add(SignedDuration::from_secs(days * day)).unwrap_or(now)
    }
}

/// Opens a session and everything that trading needs. What was opened is closed again when that fails.
///
/// # Errors
///
/// The first thing that failed.
pub(super) async fn open(link: Link, plan: Arc<Plan>, clock: fn() -> Timestamp) -> Result<Opened, TradeError> {
    let connected = link.connect(plan.connect.clone()).await.map_err(failed("connecting"))?;
    let client_id = connected.client_id;
    let day = GatewayDay::from(&connected.connection_time, clock());
    match prepare(&link, &plan, connected, day, clock).await {
        Ok(opened) => Ok(opened),
        Err(error) => {
            // The first error is the one to tell; a worker that cannot close either is told of by the link.
            let _ = link.disconnect(session(client_id)).await;
            Err(error)
        }
    }
}

/// Names a session.
pub(super) fn session(client_id: ClientId) -> SessionParams {
    SessionParams { client_id: Some(client_id) }
}

async fn prepare(
    link: &Link,
    plan: &Plan,
    connected: ConnectedResult,
    day: GatewayDay,
    clock: fn() -> Timestamp,
) -> Result<Opened, TradeError> {
    if connected.read_only {
        return Err(TradeError::ReadOnlyGateway);
    }
    let account = plan.permission.choose(&connected.accounts)?;
    let client_id = connected.client_id;
    let mut details = Vec::new();
    for symbol in &plan.symbols {
        details.push(instrument(link, client_id, symbol).await?);
    }
    let mut streams = Streams::new();
    let mut lacking = Vec::new();
    subscribe(link, client_id, StreamKind::Orders, None, StreamKey::Orders, &mut streams)
        .await
        .map_err(failed("subscribing to orders"))?;
    let mut symbols = Vec::new();
    for (symbol, details) in plan.symbols.iter().zip(&details) {
        // Live data first, history second: they overlap, and nothing is missing between them.
        let contract = &details.contract;
        let bars = StreamKey::Bars(symbol.clone());
        subscribe(link, client_id, StreamKind::Bars, Some(contract), bars, &mut streams)
            .await
            .map_err(failed("subscribing to bars"))?;
        let ticks = StreamKey::Ticks(symbol.clone());
        if let Err(error) = subscribe(link, client_id, StreamKind::Ticks, Some(contract), ticks, &mut streams).await {
            lacking.push(Failing::from(&error));
        }
        let calendar = Calendar::read(&details.trading_hours, &details.liquid_hours, &details.time_zone_id);
        let history = history(link, client_id, (contract, &calendar), plan, &mut lacking).await?;
        symbols.push(SymbolStart { symbol: symbol.clone(), contract: contract.clone(), calendar, history });
    }
    let answers =
        ask(link, client_id, day, clock).await.map_err(failed("asking for open orders, executions and positions"))?;
    // Asked last, when everything that tells about a layer has been asked.
    let layers = layers(link, client_id).await.map_err(failed("asking how the connection is"))?;
    let next_valid_id = connected.next_valid_id;
    let account = AccountId::new(account.as_str());
    let clock = gateway_time::parse(&connected.connection_time).unwrap_or_else(clock);
    let start = SessionStart { account, next_valid_id, clock, answers, layers, symbols };
    Ok(Opened { connected, details, start, streams, day, lacking })
}

async fn instrument(link: &Link, client_id: ClientId, symbol: &str) -> Result<ContractDetails, TradeError> {
    let params = ContractDetailsParams { client_id: Some(client_id), contract: Contract::stock(symbol) };
    let unknown = || TradeError::UnknownSymbol { symbol: symbol.to_owned() };
    let mut found = match link.contract_details(params).await {
        Ok(result) => result.details,
        Err(LinkError::Call(error)) if error.data.gateway_code == Some(UNKNOWN_CONTRACT) => return Err(unknown()),
        Err(error) => return Err(failed("looking the instrument up")(error)),
    };
    match (found.pop(), found.len()) {
        (None, _) => Err(unknown()),
        (Some(only), 0) => Ok(only),
        (Some(_), others) => Err(TradeError::AmbiguousSymbol { symbol: symbol.to_owned(), count: others + 1 }),
    }
}

async fn subscribe(
    link: &Link,
    client_id: ClientId,
    kind: StreamKind,
    contract: Option<&Contract>,
    key: StreamKey,
    streams: &mut Streams,
) -> Result<(), LinkError> {
    let params = SubscribeParams {
        client_id: Some(client_id),
        kind,
        contract: contract.cloned(),
        account: String::new(),
        generic_ticks: String::new(),
        what_to_show: String::new(),
        use_rth: false,
        market: Market::Unknown,
    };
    streams.add(key, link.subscribe(params).await?);
    Ok(())
}

/// The strategy's past. Where the Gateway has none the strategy warms up on live bars, which takes longer.
async fn history(
    link: &Link,
    client_id: ClientId,
    (contract, calendar): (&Contract, &Calendar),
    plan: &Plan,
    lacking: &mut Vec<Failing>,
) -> Result<Vec<BarIn>, TradeError> {
    let params = HistoricalBarsParams {
        client_id: Some(client_id),
        contract: Some(contract.clone()),
        duration: plan.bar.history(plan.warm_up_bars),
        bar_size: plan.bar.size().into(),
        use_rth: false,
        format_date: 2,
        ..HistoricalBarsParams::default()
    };
    match link.historical_bars(params).await {
        Ok(result) => Ok(result.bars.iter().filter_map(|bar| BarIn::from_history(bar, calendar)).collect()),
        Err(LinkError::Call(error)) if error.code == ErrorCode::Gateway => {
            lacking.push(Failing::from(&LinkError::Call(error)));
            Ok(Vec::new())
        }
        Err(error) => Err(failed("reading history")(error)),
    }
}

/// Open orders, completed orders, executions and positions of one moment: no execution came between the two times that they were asked for.
///
/// # Errors
///
/// When one of them did not come to its end marker, or could not be read in full.
pub(super) async fn ask(
    link: &Link,
    client_id: ClientId,
    day: GatewayDay,
    clock: fn() -> Timestamp,
) -> Result<CompleteAnswers, LinkError> {
    let mut answers = orders(link, client_id, day.last_midnight(clock())).await?;
    for _ in 0..SNAPSHOTS {
        let positions = link.positions(session(client_id)).await?.positions;
        let again = orders(link, client_id, day.last_midnight(clock())).await?;
        let settled = again.executions.len() == answers.executions.len();
        answers = CompleteAnswers { positions, ..again };
        if settled {
            break;
        }
    }
    Ok(answers)
}

/// This client's open orders, then those that are done, then executions: what was not open any more is done by then, and
/// what is done has its executions told.
async fn orders(link: &Link, client_id: ClientId, since: Timestamp) -> Result<CompleteAnswers, LinkError> {
    let open_orders = link.open_orders(session(client_id)).await?.orders;
    let completed_orders = link.completed_orders(session(client_id)).await?.orders;
    let params = ExecutionsParams { client_id: Some(client_id), ..ExecutionsParams::default() };
    let executions = link.executions(params).await?.executions;
    Ok(CompleteAnswers { open_orders, completed_orders, executions, executions_since: since, positions: Vec::new() })
}

/// How the connection is, layer by layer.
///
/// # Errors
///
/// The worker did not say, or has no such session.
pub(super) async fn layers(link: &Link, client_id: ClientId) -> Result<BTreeMap<String, Layer>, LinkError> {
    let health = link.health(session(client_id)).await?;
    let ours = health.sessions.into_iter().find(|session| session.client_id == client_id);
    let gone = || CallError::new(ErrorCode::NotConnected, "the worker has no such session").into();
    ours.map(|session| session.layers).ok_or_else(gone)
}

fn failed(doing: &'static str) -> impl FnOnce(LinkError) -> TradeError {
    move |source| TradeError::Call { doing, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gateways_day_begins_at_its_own_midnight() {
        let now: Timestamp = "2026-03-02T14:30:00Z".parse().unwrap();
        let day = GatewayDay::from("20260302 09:30:00 EST", now);
        let midnight: Timestamp = "2026-03-02T05:00:00Z".parse().unwrap();
        assert_eq!(day.last_midnight(now), midnight);
        let tomorrow = midnight + SignedDuration::from_hours(24);
        assert_eq!(day.last_midnight(tomorrow + SignedDuration::from_secs(1)), tomorrow);
        assert_eq!(GatewayDay::from("?", now).last_midnight(now), now);
    }
}
