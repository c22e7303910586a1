//! Which message answers, ends or takes back which: tables of data, by the ids that the TWS API gives its messages.

use gatewright_proto::message::{CodeClass, HistoricalAnswer};
use gatewright_proto::{ServerVersion, version};

use crate::frame::Frame;

/// Requests that one end marker ends: all kinds of open orders (5, 16) end with openOrderEnd.
pub(crate) fn ending_group(request: i32) -> i32 {
    if request == 16 { 5 } else { request }
}

/// The id in a client's message; `None` where that message has none.
pub(crate) fn request_id(frame: &Frame, speaks: ServerVersion) -> Option<i32> {
    let index = match frame.message() {
        4 if speaks >= version::CME_TAGGING_FIELDS => 1,
        22 if speaks < version::SCANNER_GENERIC_OPTS => 2,
        3 | 20 | 22 | 78 | 79 | 81 | 83 | 84 | 86..=98 | 100..=104 => 1,
        1 | 2 | 4 | 7 | 9 | 10 | 11 | 21 | 23 | 25 | 50..=57 | 62 | 63 | 67..=70 | 74..=77 => 2,
        19 => 4,
        // Protobuf only.
        106..=109 => 1,
        _ => return None,
    };
    frame.number(index)
}

/// The id in a Gateway's message; `None` where that message has none.
pub(crate) fn answer_id(frame: &Frame, speaks: ServerVersion) -> Option<i32> {
    let index = match frame.message() {
        4 if speaks >= version::ERROR_TIME => 1,
        10 | 18 if speaks < version::SIZE_RULES => 2,
        21 if speaks < version::PRICE_BASED_VOLATILITY => 2,
        3 | 5 | 10 | 11 | 17 | 18 | 21 | 75..=77 | 79 | 81..=84 | 86..=99 | 103..=108 | 110 | 111 => 1,
        1 | 2 | 4 | 12 | 13 | 20 | 45..=47 | 50..=52 | 55 | 57 | 58 | 63 | 64 | 67 | 68 | 71..=74 => 2,
        _ => return None,
    };
    frame.number(index)
}

/// What a message from the Gateway does to the request that it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// It is the last word on one of these requests.
    Ends(&'static [i32]),
    /// More follows.
    Part(i32),
    /// It ends nothing: ticks, updates, and what comes unasked.
    Other,
}

/// The role of a Gateway's message.
pub(crate) fn role(message: i32, speaks: ServerVersion) -> Role {
    match message {
        9 => Role::Ends(&[8]),
        10 | 18 => Role::Part(9),
        11 => Role::Part(7),
        15 => Role::Ends(&[17]),
        16 => Role::Ends(&[18]),
        17 if speaks < version::HISTORICAL_DATA_END => Role::Ends(&[20]),
        17 => Role::Part(20),
        19 => Role::Ends(&[24]),
        21 => Role::Ends(&[54, 55]),
        49 => Role::Ends(&[49]),
        51 => Role::Ends(&[52]),
        52 => Role::Ends(&[9]),
        53 => Role::Ends(&[5]),
        55 => Role::Ends(&[7]),
        57 => Role::Ends(&[1]),
        67 => Role::Ends(&[67]),
        75 => Role::Part(78),
        76 => Role::Ends(&[78]),
        77 => Role::Ends(&[79]),
        78 => Role::Ends(&[80]),
        79 => Role::Ends(&[81]),
        80 => Role::Ends(&[82]),
        82 => Role::Ends(&[83]),
        83 => Role::Ends(&[84]),
        85 => Role::Ends(&[85]),
        86 => Role::Part(86),
        87 => Role::Ends(&[86]),
        88 => Role::Ends(&[87]),
        89 => Role::Ends(&[88]),
        93 => Role::Ends(&[91]),
        96..=98 => Role::Ends(&[96]),
        101 => Role::Part(99),
        102 => Role::Ends(&[99]),
        104 => Role::Ends(&[100]),
        105 => Role::Ends(&[102]),
        106 | 108 => Role::Ends(&[20]),
        107 => Role::Ends(&[104]),
        109 => Role::Ends(&[105]),
        110 => Role::Ends(&[108]),
        _ => Role::Other,
    }
}

/// The request that this message of a client takes back.
pub(crate) fn cancelled_request(message: i32) -> Option<i32> {
    Some(match message {
        2 => 1,
        11 => 10,
        13 => 12,
        23 => 22,
        25 => 20,
        51 => 50,
        53 => 52,
        56 => 54,
        57 => 55,
        63 => 62,
        64 => 61,
        70 => 68,
        75 => 74,
        77 => 76,
        89 => 88,
        90 => 87,
        93 => 92,
        95 => 94,
        98 => 97,
        101 => 100,
        103 => 102,
        106 => 9,
        107 => 96,
        _ => return None,
    })
}

/// Whether an error with a request's id ends that request.
pub(crate) fn ends_request(class: CodeClass) -> bool {
    match class {
        CodeClass::SubscriptionLost
        | CodeClass::AlreadyEnded
        | CodeClass::LimitReached
        | CodeClass::UnknownContract
        | CodeClass::RequestError
        | CodeClass::ClientSide
        | CodeClass::Historical(
            HistoricalAnswer::Pacing
            | HistoricalAnswer::NoData
            | HistoricalAnswer::Cancelled
            | HistoricalAnswer::Failed,
        ) => true,
        CodeClass::Connectivity(_)
        | CodeClass::Farm { .. }
        | CodeClass::Notice
        | CodeClass::Warning
        | CodeClass::RateWarning
        | CodeClass::RateExceeded
        | CodeClass::DataAdvisory
        | CodeClass::CompetingSession
        | CodeClass::ClientIdInUse
        | CodeClass::DepthReset
        | CodeClass::OrderRejected
        | CodeClass::OrderCancelled
        | CodeClass::OrderUnchanged => false,
    }
}

/// Whether an order's fate is in a client's message: placing, cancelling, cancelling all, exercising.
pub(crate) fn trades(message: i32) -> bool {
    matches!(message, 3 | 4 | 21 | 58)
}

/// Whether a Gateway in read-only mode refuses this message: orders, and requests for open orders.
pub(crate) fn needs_write_access(message: i32) -> bool {
    trades(message) || matches!(message, 5 | 15 | 16 | 19 | 69 | 109)
}

/// Whether a subscription carries market data, which is what error 1101 says is lost.
pub(crate) fn is_market_data(request: i32) -> bool {
    matches!(request, 1 | 10 | 20 | 22 | 50 | 59 | 97)
}
