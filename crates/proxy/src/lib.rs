//! TWS API sessions for unmodified programs: to a program a Gateway, to the Gateway one well-behaved client per client
//! id.
//!
//! This crate is the proxy's core, without sockets, clocks and files: [`Proxy`] takes bytes and what happens together
//! with the time, and returns bytes, events and the next deadline. It forwards frames as they are, and reads of a copy
//! no more than its policies need. It neither connects nor paces: the worker does.
//!
//! - `proxy` – [`Proxy`]: all clients of one Gateway
//! - `connection` – one connection of a client, up to its START_API
//! - `session` – one client id: a client's side and the Gateway's, each of which may go and come back
//! - `requests` – what a client has asked for, and whose the next answer is
//! - `leash` – how fast one client may send; `held` – what of it waits for that
//! - `left_out` – clients that could not get a session
//! - `intents` – what is not sent before the journal has it
//! - `orders` – the next order id, and which orders are unacknowledged
//! - `settlement` – orders in doubt, and what settles them
//! - `midnights` – when the Gateway's lists of what is over begin anew
//! - `replay` – what may be done with a client's message after the Gateway has restarted
//! - `answer` – which message answers, ends or takes back which
//! - `take_back` – the cancels that a vanished client would have sent
//! - `gateway_version` – what is known of the Gateway's greeting
//! - `frame` – one frame, and the ids in it
//! - `words` – what is said in the Gateway's stead
//! - `outbox` – bytes that wait
//! - `event` – what goes in and out besides bytes
//! - `settings` – what a proxy is told, and its table of deadlines and bounds
//! - `rate` – how many messages in the last second
//! - `report` – how it stands

mod answer;
mod connection;
mod event;
mod frame;
mod gateway_version;
mod held;
mod intents;
mod leash;
mod left_out;
mod midnights;
mod orders;
mod outbox;
mod proxy;
mod rate;
mod replay;
mod report;
mod requests;
mod session;
mod settings;
mod settlement;
mod take_back;
#[cfg(test)]
mod tests;
mod words;

pub use event::{
    Closing, ConnectionId, EntryId, OpenUpstream, OrderAct, OrderIntent, OrderNews, PastOrder, Peer, ProxyEvent,
    Ticket, UpstreamFailure, UpstreamId, UpstreamOpened,
};
pub use left_out::LeftOutReport;
pub use midnights::Midnights;
pub use proxy::Proxy;
pub use replay::{ReplayClass, Request, RequestDetail, replay_class};
pub use report::ClientReport;
pub use settings::{ClientBounds, Limits, OutagePolicy, ProxySettings, ReadOnlyClients};
