//! What the daemon has made durable. It outlives daemons; a write that was under way when one is killed still arrives.

use std::collections::BTreeMap;

use gatewright_proto::{ClientId, OrderId};
use gatewright_proxy::{EntryId, OrderAct, OrderIntent, OrderNews, PastOrder, Ticket};

use crate::daemon::Daemon;
use crate::watch::Watch;
use crate::worker::Now;

/// Something that is to be durable.
#[derive(Debug)]
pub(crate) enum Write {
    /// Order ids up to here are used.
    Mark(ClientId, OrderId),
    /// This is about to be sent.
    Intend(Ticket, Box<OrderIntent>),
    /// This is known of what was sent.
    Close(Vec<EntryId>, OrderNews),
}

/// What is durable.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    marks: BTreeMap<ClientId, OrderId>,
    orders: Vec<(OrderIntent, bool)>,
}

impl Journal {
    /// A write arrives; the daemon that asked for it is told, where it is still there.
    pub(crate) fn handle(&mut self, now: Now, write: Write, daemon: Option<&mut Daemon>, watch: &mut Watch) {
        match write {
            Write::Mark(client_id, at_least) => {
                let mark = self.marks.entry(client_id).or_insert(at_least);
                *mark = at_least.max(*mark);
                if let Some(daemon) = daemon {
                    daemon.handle_marked(now, client_id, *mark);
                }
            }
            Write::Intend(ticket, intent) => {
                if let (OrderAct::Place, Some(id)) = (intent.act, intent.order_id) {
                    watch.handle_durable(intent.client_id, id);
                }
                let client_id = intent.client_id;
                let entry = EntryId(i64::try_from(self.orders.len()).unwrap_or(i64::MAX));
                self.orders.push((*intent, true));
                if let Some(daemon) = daemon {
                    daemon.handle_recorded(now, client_id, ticket, entry);
                }
            }
            Write::Close(entries, news) => {
                for EntryId(entry) in entries {
                    if let Some((_, open)) = usize::try_from(entry).ok().and_then(|at| self.orders.get_mut(at)) {
                        *open &= news == OrderNews::InDoubt;
                    }
                }
            }
        }
    }

    /// What a new daemon finds open.
    pub(crate) fn open(&self) -> Vec<PastOrder> {
        let open = (0..).zip(&self.orders).filter(|(_, (_, open))| *open);
        open.map(|(entry, (intent, _))| PastOrder { entry: EntryId(entry), intent: intent.clone(), listed: true })
            .collect()
    }
}
