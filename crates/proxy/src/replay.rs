//! What may be done with a client's message after the Gateway has restarted.
//!
//! A restarted Gateway has forgotten every subscription and every question, and has kept every order. So subscriptions
//! are made again, questions that nobody has answered may be asked again, and whatever trades or changes something is
//! left to the client: sent a second time it could trade a second time.

use gatewright_proto::ClientId;

/// From this id on, subtracting it gives the text id of a protobuf message (server version 201 and later).
const PROTOBUF_OFFSET: i32 = 200;

/// Client id 0 alone may bind manual orders.
const MASTER_OF_MANUAL_ORDERS: ClientId = ClientId::new(0);

/// What may be done with a message once the Gateway is back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReplayClass {
    /// Makes or shapes a live subscription: send the same bytes again, within pacing, market data type (59) before all.
    ///
    /// Before a replayed market depth (10) the client's book is to be emptied (317), and a replayed historical request
    /// that keeps up to date (20) delivers its history again.
    ReplayAsIs,
    /// A question without side effects: ask again if it has not been answered yet, within pacing; else drop it.
    ReissueIfUnanswered,
    /// Ends here. What asks for something gets an error in the Gateway's stead; what takes a subscription back has done
    /// so by leaving the table of what is replayed, since the Gateway that held it is gone.
    AnswerLocally,
    /// Trades, changes settings or proves an identity: never replayed, queued or delayed; refused at once while there
    /// is no Gateway. Also every message that this table does not know.
    Never,
}

/// What of a message's fields decides its class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RequestDetail {
    /// Nothing that matters here.
    Plain,
    /// Market data (1) asked for as a snapshot or a regulatory snapshot; the latter costs money each time.
    Snapshot,
    /// Historical data (20) that goes on with live bars.
    KeepUpToDate,
    /// Account updates (6) with `subscribe` unset, which is their cancel.
    Unsubscribe,
}

/// A message from a client, as far as this policy looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Request {
    /// The id as it stands in the frame, text or protobuf.
    pub message_id: i32,
    /// Who sent it.
    pub client_id: ClientId,
    /// What its fields say; a detail that the message cannot have changes nothing.
    pub detail: RequestDetail,
}

/// The class of a client's message; the ids and names are those of the TWS API up to server version 226.
///
/// Requesting advisor settings (18), fundamental data (52) and display groups (67) are questions like the others,
/// though the list that this follows leaves them out.
pub fn replay_class(request: Request) -> ReplayClass {
    use ReplayClass::{AnswerLocally, Never, ReissueIfUnanswered, ReplayAsIs};
    match (text_id(request.message_id), request.detail) {
        (1, RequestDetail::Snapshot) | (6, RequestDetail::Unsubscribe) => AnswerLocally,
        (15, _) if request.client_id != MASTER_OF_MANUAL_ORDERS => AnswerLocally,
        (20, RequestDetail::KeepUpToDate) => ReplayAsIs,
        (id, _) => match id {
            // Market data, account updates, depth, bulletins, log level, auto-bind, scanner, real-time bars.
            1 | 6 | 10 | 12 | 14 | 15 | 22 | 50 => ReplayAsIs,
            // Market data type, positions, account summary, group events.
            59 | 61 | 62 | 68 => ReplayAsIs,
            // Positions and account updates of one model, profit and loss, tick by tick.
            74 | 76 | 92 | 94 | 97 => ReplayAsIs,

            // Open orders, executions, ids, contract details, all open orders, accounts, advisor settings.
            5 | 7 | 8 | 9 | 16 | 17 | 18 => ReissueIfUnanswered,
            // Historical bars once, scanner parameters, clock, fundamentals, both option calculators, display groups.
            20 | 24 | 49 | 52 | 54 | 55 | 67 => ReissueIfUnanswered,
            // Option chains, soft dollar tiers, family codes, symbols, depth exchanges, smart components.
            78..=83 => ReissueIfUnanswered,
            // News articles, providers and history, head timestamp, histogram, market rule, historical ticks.
            84 | 85 | 86 | 87 | 88 | 91 | 96 => ReissueIfUnanswered,
            // Completed orders, both kinds of Wall Street Horizon data, user info, clock in milliseconds, configuration.
            99 | 100 | 102 | 104 | 105 | 108 => ReissueIfUnanswered,

            // The cancels of the above: market data, depth, bulletins, scanner, history, real-time bars, fundamentals.
            2 | 11 | 13 | 23 | 25 | 51 | 53 => AnswerLocally,
            // Both option calculators, account summary, positions, group events, positions and updates of one model.
            56 | 57 | 63 | 64 | 70 | 75 | 77 => AnswerLocally,
            // Histogram, head timestamp, both profits and losses, tick by tick, Wall Street Horizon.
            89 | 90 | 93 | 95 | 98 | 101 | 103 => AnswerLocally,
            // Contract details, historical ticks.
            106 | 107 => AnswerLocally,

            // Orders: place, cancel, exercise options, cancel all.
            3 | 4 | 21 | 58 => Never,
            // Settings of others: advisor settings, display group, configuration.
            19 | 69 | 109 => Never,
            // Identities: verification in its four steps, and START_API, which only opens a session.
            65 | 66 | 71 | 72 | 73 => Never,
            _ => Never,
        },
    }
}

fn text_id(message_id: i32) -> i32 {
    if message_id > PROTOBUF_OFFSET { message_id - PROTOBUF_OFFSET } else { message_id }
}

#[cfg(test)]
mod tests;
