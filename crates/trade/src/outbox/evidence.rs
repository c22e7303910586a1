//! The pieces of evidence about an order, read from what the Gateway says. Pure.

use gatewright_journal::{Evidence, IntentState};
use gatewright_link::LinkError;
use gatewright_link::protocol::{CallError, ErrorCode, OrderResult};
use gatewright_proto::PermId;
use gatewright_proto::message::{CodeClass, classify};

/// What was said about one order, reduced to what it proves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// It exists and lives.
    Alive(Evidence),
    /// All of it is filled, by a status.
    AllFilled(Evidence),
    /// It was cancelled.
    Cancelled(Evidence),
    /// It was refused.
    Rejected {
        /// The code.
        code: i32,
        /// The text.
        text: String,
    },
    /// A status that something is filled; executions tell how much.
    SomeFilled(Evidence),
    /// Nobody knows whether it exists.
    InDoubt(Evidence),
    /// Our own worker refused it before a byte was sent.
    NeverSent(Evidence),
    /// Nothing that changes where it stands.
    Nothing,
}

fn evidence(message: String, perm_id: PermId) -> Evidence {
    Evidence { message, perm_id: (perm_id.get() != 0).then_some(perm_id), exec_id: None }
}

impl Said {
    /// What an orderStatus, or the status in an openOrder, says.
    pub fn by_status(source: &str, status: &str, some_filled: bool, perm_id: PermId) -> Self {
        let evidence = evidence(format!("{source} {status}"), perm_id);
        match status {
            "Filled" => Self::AllFilled(evidence),
            "Cancelled" | "ApiCancelled" => Self::Cancelled(evidence),
            // PendingSubmit, PreSubmitted, Submitted, PendingCancel, and Inactive: a refused order becomes inactive,
            // but so does one that is held, for example for a locate. Only the code tells which.
            _ if some_filled => Self::SomeFilled(evidence),
            _ => Self::Alive(evidence),
        }
    }

    /// What an error or warning that names the order says, where the order stands at `state`.
    pub fn by_code(code: i32, text: &str, state: &IntentState) -> Self {
        let rejected = || Self::Rejected { code, text: text.to_owned() };
        match classify(code, text) {
            CodeClass::OrderRejected | CodeClass::UnknownContract => rejected(),
            CodeClass::OrderCancelled => Self::Cancelled(evidence(format!("error {code}: {text}"), PermId::new(0))),
            // "Not accepted" is only about a new order: a working one lives until its status says otherwise.
            CodeClass::RequestError | CodeClass::LimitReached => match state {
                IntentState::Sent | IntentState::InDoubt { .. } => rejected(),
                IntentState::Intended
                | IntentState::Acknowledged
                | IntentState::PartiallyFilled
                | IntentState::Filled
                | IntentState::Cancelled
                | IntentState::Rejected { .. }
                | IntentState::NotPlaced => Self::Nothing,
            },
            CodeClass::Warning => match state {
                // A warning names the order, so it exists.
                IntentState::Sent => Self::Alive(evidence(format!("warning {code}: {text}"), PermId::new(0))),
                IntentState::Intended
                | IntentState::InDoubt { .. }
                | IntentState::Acknowledged
                | IntentState::PartiallyFilled
                | IntentState::Filled
                | IntentState::Cancelled
                | IntentState::Rejected { .. }
                | IntentState::NotPlaced => Self::Nothing,
            },
            CodeClass::OrderUnchanged
            | CodeClass::Connectivity(_)
            | CodeClass::Farm { .. }
            | CodeClass::Notice
            | CodeClass::RateWarning
            | CodeClass::RateExceeded
            | CodeClass::DataAdvisory
            | CodeClass::CompetingSession
            | CodeClass::ClientIdInUse
            | CodeClass::Historical(_)
            | CodeClass::SubscriptionLost
            | CodeClass::DepthReset
            | CodeClass::AlreadyEnded
            | CodeClass::ClientSide => Self::Nothing,
        }
    }

    /// What the answer to placing the order says.
    pub fn by_answer(answer: &Result<OrderResult, LinkError>) -> Self {
        match answer {
            Ok(result) => {
                let perm_id = result.perm_id.unwrap_or(PermId::new(0));
                Self::by_status("placeOrder answered:", &result.status, false, perm_id)
            }
            Err(LinkError::Call(error)) => by_error(error),
            Err(error) => by_link(error),
        }
    }
}

/// The worker did not answer.
fn by_link(error: &LinkError) -> Said {
    let evidence = evidence(format!("placeOrder failed: {}", error.data().message), PermId::new(0));
    if error.in_doubt() { Said::InDoubt(evidence) } else { Said::NeverSent(evidence) }
}

fn by_error(error: &CallError) -> Said {
    let message = format!("placeOrder failed: {}", error.data.message);
    let evidence = evidence(message, PermId::new(0));
    match error.code {
        ErrorCode::Gateway => match error.data.gateway_code {
            Some(code) => {
                let said = Said::by_code(code, &error.data.message, &IntentState::Sent);
                // 103 and its kin speak of the id's state and not of this order.
                if said == Said::Nothing { Said::InDoubt(evidence) } else { said }
            }
            None => Said::InDoubt(evidence),
        },
        ErrorCode::InvalidParams
        | ErrorCode::InvalidRequest
        | ErrorCode::MethodNotFound
        | ErrorCode::NotConnected
        | ErrorCode::ReadOnly
        | ErrorCode::Guarded
        | ErrorCode::Overloaded => Said::NeverSent(evidence),
        ErrorCode::Parse
        | ErrorCode::Internal
        | ErrorCode::ConnectFailed
        | ErrorCode::Deadline
        | ErrorCode::Lost
        | ErrorCode::Undecodable
        | ErrorCode::AlreadyConnected
        | ErrorCode::InDoubt
        | ErrorCode::ShuttingDown => Said::InDoubt(evidence),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use gatewright_link::protocol::Method;

    use super::*;

    #[test]
    fn warnings_keep_an_order_alive_and_deaths_end_it() {
        let sent = IntentState::Sent;
        for code in [399, 404, 2109, 2137, 10349] {
            assert!(matches!(Said::by_code(code, "Order Message:", &sent), Said::Alive(_)), "{code}");
        }
        for code in [201, 460, 200, 10_000] {
            assert!(matches!(Said::by_code(code, "no", &sent), Said::Rejected { .. }), "{code}");
        }
        assert!(matches!(Said::by_code(202, "Order Canceled", &sent), Said::Cancelled(_)));
        for code in [103, 104, 135, 161, 10147, 10148, 2104, 1100] {
            assert_eq!(Said::by_code(code, "", &sent), Said::Nothing, "{code}");
        }
    }

    /// What the field notes say of each code that names an order, for one that was just sent and for one that works.
    #[test]
    fn each_code_of_the_field_means_what_it_was_seen_to_mean() {
        #[derive(Debug, PartialEq)]
        enum Means {
            Lives,
            Dies,
            Cancelled,
            Nothing,
        }
        use Means::{Cancelled, Dies, Lives, Nothing};
        let table = [
            (103, Nothing, Nothing, "duplicate or too low an id: of the id's state"),
            (104, Nothing, Nothing, "a filled order cannot be modified"),
            (105, Nothing, Nothing, "the modification does not match"),
            (110, Dies, Dies, "no price on the tick"),
            (135, Nothing, Nothing, "no such id"),
            (161, Nothing, Nothing, "not in a state to be cancelled"),
            (200, Dies, Dies, "no security definition, as an answer to an order"),
            (201, Dies, Dies, "rejected"),
            (202, Cancelled, Cancelled, "cancelled, by whomever"),
            (399, Lives, Nothing, "will not be placed at the exchange until"),
            (404, Lives, Nothing, "held for a locate"),
            (460, Dies, Dies, "no trading permission"),
            (2102, Nothing, Nothing, "modified too soon"),
            (2109, Lives, Nothing, "the outside-hours flag is ignored"),
            (2137, Lives, Nothing, "crosses the other side"),
            (10147, Nothing, Nothing, "not found, for a cancel"),
            (10148, Nothing, Nothing, "cannot be cancelled, often because it is filled"),
            (10349, Lives, Nothing, "time in force set by a preset"),
        ];
        let means = |code, state: &IntentState| match Said::by_code(code, "", state) {
            Said::Alive(_) => Lives,
            Said::Rejected { .. } => Dies,
            Said::Cancelled(_) => Cancelled,
            Said::Nothing => Nothing,
            other @ (Said::AllFilled(_) | Said::SomeFilled(_) | Said::InDoubt(_) | Said::NeverSent(_)) => {
                panic!("{code}: {other:?}")
            }
        };
        for (code, sent, working, why) in table {
            assert_eq!(means(code, &IntentState::Sent), sent, "{code} for a new order: {why}");
            assert_eq!(means(code, &IntentState::Acknowledged), working, "{code} for a working order: {why}");
        }
    }

    #[test]
    fn an_unknown_code_does_not_kill_a_working_order() {
        assert_eq!(Said::by_code(10_000, "something new", &IntentState::Acknowledged), Said::Nothing);
    }

    #[test]
    fn an_answer_without_a_word_of_the_gateway_is_doubt_unless_nothing_was_sent() {
        let failed = |code| Said::by_answer(&Err(CallError::new(code, "x").into()));
        for code in [ErrorCode::InDoubt, ErrorCode::Lost, ErrorCode::Deadline, ErrorCode::Internal] {
            assert!(matches!(failed(code), Said::InDoubt(_)), "{code:?}");
        }
        for code in [ErrorCode::NotConnected, ErrorCode::ReadOnly, ErrorCode::Guarded, ErrorCode::Overloaded] {
            assert!(matches!(failed(code), Said::NeverSent(_)), "{code:?}");
        }
        let gateway = |code| Said::by_answer(&Err(CallError::gateway(code, "x").into()));
        assert!(matches!(gateway(201), Said::Rejected { code: 201, .. }));
        assert!(matches!(gateway(103), Said::InDoubt(_)), "a duplicate id says nothing about this order");
    }

    #[test]
    fn a_worker_that_did_not_answer_leaves_doubt_and_one_that_was_not_asked_none() {
        let silent = LinkError::Silent { method: Method::PlaceOrder, after: Duration::from_secs(10) };
        assert!(matches!(Said::by_answer(&Err(silent)), Said::InDoubt(_)));
        assert!(matches!(Said::by_answer(&Err(LinkError::Stopped)), Said::NeverSent(_)));
    }

    #[test]
    fn an_inactive_order_is_not_dead() {
        let said = Said::by_status("orderStatus", "Inactive", false, PermId::new(5));
        assert!(matches!(said, Said::Alive(Evidence { perm_id: Some(_), .. })));
    }
}
