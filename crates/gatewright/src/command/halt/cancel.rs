//! Cancelling open orders, and watching until they are gone.

use std::collections::BTreeMap;
use std::time::Duration;

use gatewright_journal::{IntentFilter, Journal, JournalError, StateKind};
use gatewright_link::protocol::{CancelOrderParams, OpenOrderReport, SessionParams};
use gatewright_proto::ClientId;
use tokio::time::{interval, timeout};

use super::plan::{self, Reach, Way};
use super::session::{Session, told};
use super::told::Told;
use crate::diagnosis::Diagnosis;

/// How long cancelled orders may take to go. Exchanges confirm within a second; one that is closed does not at all.
const GONE_WITHIN: Duration = Duration::from_secs(15);

/// How often the Gateway is asked what is open. It tells other clients' cancellations to nobody, so asking is the only way.
const ASK_EVERY: Duration = Duration::from_millis(500);

/// Every how many questions without an end everything is cancelled once more: an order that arrived after the first time.
const CANCEL_EVERY: u32 = 4;

/// Cancels what is open and within reach, and says so. Returns the orders that are open afterwards; none when not known.
///
/// # Errors
///
/// The journal failed.
pub(super) async fn cancel_open(
    session: &Session,
    journal: &Journal,
    reach: Reach,
    yes: bool,
    told: &mut Told,
) -> Result<Option<Vec<OpenOrderReport>>, Diagnosis> {
    let open = match session.open_orders().await {
        Ok(open) => open,
        Err(error) => {
            told.not_done(format!("cancel: the Gateway did not say what is open: {}", self::told(&error)));
            return Ok(None);
        }
    };
    let owners = Owners::read(journal, &open, &session.gateway)?;
    let unheard = journal.open_intents()?.iter().any(|record| {
        let ours = record.order.as_ref().is_some_and(|order| order.key.gateway == session.gateway);
        ours && matches!(record.state.kind(), StateKind::Sent | StateKind::InDoubt)
    });
    match plan::way(&open, |report| owners.has(report), reach, unheard) {
        Way::Nothing => {
            let others = open.len();
            told.done("no order of this journal is open");
            if others > 0 {
                told.note(&format!("{others} orders of people or other programs are open and were left alone"));
            }
            Ok(Some(open))
        }
        Way::AtOnce => {
            let question = format!("{} open orders will be cancelled.", open.len());
            if !open.is_empty() && !told.may_go_on(yes, &question) {
                told.not_done("cancel: not confirmed");
                return Ok(None);
            }
            if let Err(error) = session.link.global_cancel(session.name()).await {
                told.not_done(format!("cancel: {}", self::told(&error)));
                return Ok(None);
            }
            let count = open.len();
            Ok(watch(session, told, count, true, |_| true).await)
        }
        Way::OneByOne { ours, others } => {
            let count: usize = ours.values().map(Vec::len).sum();
            let question = format!("{count} open orders will be cancelled; {others} of others are left alone.");
            if !told.may_go_on(yes, &question) {
                told.not_done("cancel: not confirmed");
                return Ok(None);
            }
            told.note(&format!("{others} orders of people or other programs are open and are left alone"));
            one_by_one(session, ours, told).await;
            Ok(watch(session, told, count, false, |report| owners.has(report)).await)
        }
    }
}

/// Which open orders are the journal's.
struct Owners(BTreeMap<String, bool>);

impl Owners {
    fn read(journal: &Journal, open: &[OpenOrderReport], gateway: &str) -> Result<Self, JournalError> {
        let mut known = BTreeMap::new();
        for report in open {
            let order_ref = &report.order.order_ref;
            if !order_ref.is_empty() && !known.contains_key(order_ref) {
                let filter = IntentFilter { order_ref: Some(order_ref.clone()), ..IntentFilter::default() };
                let ours = journal
                    .intents(&filter)?
                    .into_iter()
                    .any(|record| record.order.is_some_and(|order| order.key.gateway == gateway));
                known.insert(order_ref.clone(), ours);
            }
        }
        Ok(Self(known))
    }

    fn has(&self, report: &OpenOrderReport) -> bool {
        self.0.get(&report.order.order_ref).copied().unwrap_or_default()
    }
}

/// Cancels each order as the client that placed it: the Gateway lets nobody else.
async fn one_by_one(session: &Session, ours: BTreeMap<ClientId, Vec<OpenOrderReport>>, told: &mut Told) {
    for (client_id, orders) in ours {
        let lock = match session.take_over(client_id).await {
            Ok(lock) => lock,
            Err(why) => {
                let way_out = "End that trader, or cancel other people's orders as well by --everything.";
                for order in &orders {
                    told.not_done(format!("cancel {}: {why}. {way_out}", plan::words(order)));
                }
                continue;
            }
        };
        for order in &orders {
            let params = CancelOrderParams { client_id: Some(client_id), order_id: order.order_id };
            if let Err(error) = session.link.cancel_order(params).await {
                told.not_done(format!("cancel {}: {}", plan::words(order), self::told(&error)));
            }
        }
        // Whether it left in order or not, the id is free again when the worker ends.
        let _ = session.link.disconnect(SessionParams { client_id: Some(client_id) }).await;
        drop(lock);
    }
}

/// Asks until none of the orders that were to go is open, within [`GONE_WITHIN`]. What is open then; none when not known.
async fn watch(
    session: &Session,
    told: &mut Told,
    count: usize,
    again: bool,
    is_target: impl Fn(&OpenOrderReport) -> bool,
) -> Option<Vec<OpenOrderReport>> {
    let mut last: Option<Vec<OpenOrderReport>> = None;
    let asking = async {
        let mut every = interval(ASK_EVERY);
        for question in 1_u32.. {
            every.tick().await;
            // A question that fails is asked again; the last list that came counts.
            let Ok(open) = session.open_orders().await else { continue };
            let gone = plan::still_open(&open, &is_target).is_empty();
            last = Some(open);
            if gone {
                return;
            }
            if again && question % CANCEL_EVERY == 0 {
                // One that fails is tried again as well.
                let _ = session.link.global_cancel(session.name()).await;
            }
        }
    };
    // The end of the time is no failure by itself: what is left is told.
    let _ = timeout(GONE_WITHIN, asking).await;
    let left: Vec<String> = match &last {
        Some(open) => plan::still_open(open, &is_target).into_values().map(plan::words).collect(),
        None => {
            told.not_done("cancel: the Gateway did not say what became of the orders");
            return None;
        }
    };
    if left.is_empty() {
        told.done(format!("{count} open orders cancelled, and none is left"));
    } else {
        for order in left {
            told.not_done(format!(
                "cancel: {order} is still open; where an exchange is closed it answers when it opens"
            ));
        }
    }
    last
}
