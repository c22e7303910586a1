//! What became of the orders of traders that have ended, written into the journal by whoever has asked the Gateway. Without
//! it a cancelled order would stand there as acknowledged until its trader is started again, which may be never.

use std::collections::BTreeSet;

use gatewright_journal::{Journal, JournalError, OrderIdKey};
use gatewright_proto::ClientId;
use gatewright_trade::outbox::{Explained, Outbox};

use super::session::{self, Session};
use super::told::Told;
use crate::clock;
use crate::diagnosis::Diagnosis;

/// Records it. A trader that runs hears of its orders itself, and they are left to it. `open` opens the journal once more.
///
/// # Errors
///
/// The journal failed.
pub(super) async fn record_ended(
    session: &Session,
    journal: &Journal,
    open: impl Fn() -> Result<Journal, Diagnosis>,
    told: &Told,
) -> Result<(), Diagnosis> {
    let ended = ended(session, journal)?;
    if ended.is_empty() {
        return Ok(());
    }
    let answers = match session.answers().await {
        Ok(answers) => answers,
        Err(error) => {
            let why = session::told(&error);
            told.note(&format!("what became of the orders is not recorded, and their traders will ask: {why}"));
            return Ok(());
        }
    };
    for client_id in ended {
        let Some(_lock) = session.lock(client_id) else { continue };
        let key = OrderIdKey { gateway: session.gateway.clone(), client_id };
        let failed = |error| Diagnosis::internal("recording what became of orders failed", error);
        let (mut outbox, _) = Outbox::open(open()?, key, clock::wall()).map_err(failed)?;
        outbox.learn(&answers, clock::wall()).map_err(failed)?;
        // One answer is a trace or none; that there is none settles nothing yet.
        outbox.settle(&answers, |_| Explained::Unknown, clock::wall()).map_err(failed)?;
        let left = outbox.working().count();
        if left > 0 {
            told.note(&format!("of {left} orders of client {client_id} it is not known yet what became of them"));
        }
    }
    Ok(())
}

/// The client ids that have unsettled orders at this Gateway, but for the kill switch's own.
fn ended(session: &Session, journal: &Journal) -> Result<BTreeSet<ClientId>, JournalError> {
    let open = journal.open_intents()?.into_iter().filter_map(|record| record.order);
    let here = open.filter(|order| order.key.gateway == session.gateway);
    let own = session::RESERVED;
    Ok(here.map(|order| order.key.client_id).filter(|client_id| !own.contains(&client_id.get())).collect())
}
