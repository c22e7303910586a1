//! What the codes of error messages mean.
//!
//! One message carries errors, warnings, notices and answers about orders; only its code tells which, and for a few
//! codes only the text. Sources: IBKR's published list of message codes, the official and other clients' handling of
//! them, and reports from the field. One id space serves requests and orders, so what a code says of "the id" depends
//! on what the caller sent under it.

/// What an error message means for whoever receives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CodeClass {
    /// The Gateway's own connection to IBKR, or its API port, changed. Belongs to no request and fails none.
    Connectivity(Connectivity),
    /// A data farm changed its state. Belongs to no request; farms flap for minutes around the nightly reset.
    Farm {
        /// What the farm serves.
        family: FarmFamily,
        /// How it is now.
        state: FarmState,
    },
    /// Information; nothing failed.
    Notice,
    /// The order or request named by the id lives on, but not quite as asked (399, 404, 2109, 2137, 10349, …).
    Warning,
    /// The client comes close to the message rate at which the Gateway objects (code 0, absent in protobuf).
    RateWarning,
    /// The client sent too many messages (100); on repetition the Gateway closes the socket.
    RateExceeded,
    /// The data asked for is not, or not wholly, subscribed; delayed or partial data may still follow.
    DataAdvisory,
    /// Another session of the same user took the market data (10197); streams stay silent until some time after it ends.
    CompetingSession,
    /// The client id is taken (326). The Gateway closes the connection next.
    ClientIdInUse,
    /// The historical data service answered without bars (162, 420).
    Historical(HistoricalAnswer),
    /// A stream was ended by the Gateway and has to be asked for again (316, 10182, 10225).
    SubscriptionLost,
    /// The order book of the request must be emptied; new rows follow (317).
    DepthReset,
    /// A cancel named a request that had already ended (300, 310, 365, 366, 10185, 10186). Nothing is left to do.
    AlreadyEnded,
    /// There are too many requests of this kind (101, 309, 10190); this one was refused.
    LimitReached,
    /// No contract matches (200). It also answers orders, which are then dead.
    UnknownContract,
    /// The Gateway or the exchange refused what was asked of the order.
    ///
    /// A new order is dead. A working one that was to be modified may go on as it was; its orderStatus tells.
    OrderRejected,
    /// The order was cancelled (202), by whomever.
    OrderCancelled,
    /// The attempt had no effect because of the state that the order is in: duplicate, filled, unknown, not
    /// cancellable, still being processed (103, 104, 105, 134, 135, 136, 161, 329, 2102, 10147, 10148).
    OrderUnchanged,
    /// A code that client libraries make themselves (501–599). A Gateway never sends it.
    ClientSide,
    /// Any other code: the request failed, or the order was not accepted.
    RequestError,
}

/// What became of the Gateway's connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Connectivity {
    /// The Gateway lost IBKR (1100). It repeats this, up to hundreds of times.
    Lost,
    /// IBKR is back and market data subscriptions are gone (1101).
    RestoredDataLost,
    /// IBKR is back and market data subscriptions go on (1102). A farm missing from the text is still down.
    RestoredDataKept,
    /// The API listens on another port now, which the text names (1300).
    PortReset,
    /// The Gateway lost its server and will restore the connection by itself (2110).
    Broken,
}

/// What a data farm serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FarmFamily {
    /// Market data.
    MarketData,
    /// Historical data.
    Historical,
    /// Security definitions.
    SecurityDefinition,
}

/// How a data farm is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FarmState {
    /// Connected.
    Ok,
    /// Disconnected.
    Broken,
    /// Disconnected because idle; it comes back on demand.
    Inactive,
    /// Being connected.
    Connecting,
}

/// The meanings of code 162, which only its text tells apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HistoricalAnswer {
    /// Too many requests in too short a time; the same request may succeed later.
    Pacing,
    /// There are no bars for what was asked.
    NoData,
    /// The client's own cancel took effect.
    Cancelled,
    /// Any other failure of the service.
    Failed,
}

/// What `code` with `text` means.
pub fn classify(code: i32, text: &str) -> CodeClass {
    system(code)
        .or_else(|| farm(code))
        .or_else(|| data(code, text))
        .or_else(|| order(code))
        .unwrap_or_else(|| remaining(code, text))
}

/// The name at the end of a farm notice, for example `usfarm` in `Market data farm connection is OK:usfarm`.
///
/// Notices of inactive farms separate it by a full stop instead of a colon.
pub fn farm_name(text: &str) -> Option<&str> {
    let name = text.rsplit([':', '.']).next().map(str::trim)?;
    let word = !name.is_empty() && name.len() < text.len() && !name.contains(char::is_whitespace);
    word.then_some(name)
}

/// The farms that a notice lists as connected (1102), for example `hfarm` and `secdefhk` in
/// `All data farms are connected: hfarm; secdefhk.`; none where there is no such list.
pub fn listed_farms(text: &str) -> Vec<&str> {
    let Some((_, list)) = text.rsplit_once("farms are connected:") else {
        return Vec::new();
    };
    list.split([';', ',']).map(|name| name.trim().trim_end_matches('.')).filter(|name| !name.is_empty()).collect()
}

fn system(code: i32) -> Option<CodeClass> {
    Some(match code {
        100 => CodeClass::RateExceeded,
        326 => CodeClass::ClientIdInUse,
        501..=599 => CodeClass::ClientSide,
        1100 => CodeClass::Connectivity(Connectivity::Lost),
        1101 => CodeClass::Connectivity(Connectivity::RestoredDataLost),
        1102 => CodeClass::Connectivity(Connectivity::RestoredDataKept),
        1300 => CodeClass::Connectivity(Connectivity::PortReset),
        2110 => CodeClass::Connectivity(Connectivity::Broken),
        10197 => CodeClass::CompetingSession,
        _ => return None,
    })
}

fn farm(code: i32) -> Option<CodeClass> {
    let (family, state) = match code {
        2103 => (FarmFamily::MarketData, FarmState::Broken),
        2104 => (FarmFamily::MarketData, FarmState::Ok),
        2108 => (FarmFamily::MarketData, FarmState::Inactive),
        2119 => (FarmFamily::MarketData, FarmState::Connecting),
        2105 => (FarmFamily::Historical, FarmState::Broken),
        2106 => (FarmFamily::Historical, FarmState::Ok),
        2107 => (FarmFamily::Historical, FarmState::Inactive),
        2157 => (FarmFamily::SecurityDefinition, FarmState::Broken),
        2158 => (FarmFamily::SecurityDefinition, FarmState::Ok),
        2159 => (FarmFamily::SecurityDefinition, FarmState::Inactive),
        _ => return None,
    };
    Some(CodeClass::Farm { family, state })
}

fn data(code: i32, text: &str) -> Option<CodeClass> {
    Some(match code {
        101 | 309 | 10190 => CodeClass::LimitReached,
        162 => CodeClass::Historical(historical(text)),
        // The same refusal for real-time bars, which come from the historical data service.
        420 if historical(text) == HistoricalAnswer::Pacing => CodeClass::Historical(HistoricalAnswer::Pacing),
        // "HMDS server connection was successful", or "no items retrieved" of a scanner: both harmless.
        165 => CodeClass::Notice,
        200 => CodeClass::UnknownContract,
        300 | 310 | 365 | 366 | 10185 | 10186 => CodeClass::AlreadyEnded,
        316 | 10182 | 10225 => CodeClass::SubscriptionLost,
        317 => CodeClass::DepthReset,
        354 | 2188 | 10089 | 10090 | 10091 | 10167 => CodeClass::DataAdvisory,
        _ => return None,
    })
}

fn historical(text: &str) -> HistoricalAnswer {
    let text = text.to_ascii_lowercase();
    if text.contains("pacing violation") {
        HistoricalAnswer::Pacing
    } else if text.contains("returned no data") {
        HistoricalAnswer::NoData
    } else if text.contains("cancelled") || text.contains("canceled") {
        HistoricalAnswer::Cancelled
    } else {
        HistoricalAnswer::Failed
    }
}

fn order(code: i32) -> Option<CodeClass> {
    Some(match code {
        103..=105 | 134..=136 | 161 | 329 | 2102 | 10147 | 10148 => CodeClass::OrderUnchanged,
        106 | 107 | 109..=111 | 113..=121 | 125..=129 | 132 | 133 => CodeClass::OrderRejected,
        144 | 151..=160 | 163 | 167 | 168 | 201 | 203 | 328 => CodeClass::OrderRejected,
        387 | 388 | 434..=436 | 460 | 10006 => CodeClass::OrderRejected,
        202 => CodeClass::OrderCancelled,
        399 | 404 | 10349 => CodeClass::Warning,
        _ => return None,
    })
}

/// Codes without a meaning of their own: by their range, and by the word that IBKR puts in front of warnings.
fn remaining(code: i32, text: &str) -> CodeClass {
    match code {
        0 if text.to_ascii_lowercase().contains("max rate") => CodeClass::RateWarning,
        2100..=2199 => CodeClass::Warning,
        0 | 2000..=2999 => CodeClass::Notice,
        _ if text.trim_start().get(..8).is_some_and(|word| word.eq_ignore_ascii_case("warning:")) => CodeClass::Warning,
        _ => CodeClass::RequestError,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn connectivity_and_farms_are_told_apart_from_errors() {
        let lost = "Connectivity between IBKR and Trader Workstation has been lost.";
        assert_eq!(classify(1100, lost), CodeClass::Connectivity(Connectivity::Lost));
        assert_eq!(classify(1101, ""), CodeClass::Connectivity(Connectivity::RestoredDataLost));
        assert_eq!(classify(1102, ""), CodeClass::Connectivity(Connectivity::RestoredDataKept));
        assert_eq!(classify(1300, ""), CodeClass::Connectivity(Connectivity::PortReset));
        assert_eq!(classify(2110, ""), CodeClass::Connectivity(Connectivity::Broken));
        let states = [
            (2103, FarmFamily::MarketData, FarmState::Broken),
            (2106, FarmFamily::Historical, FarmState::Ok),
            (2107, FarmFamily::Historical, FarmState::Inactive),
            (2108, FarmFamily::MarketData, FarmState::Inactive),
            (2119, FarmFamily::MarketData, FarmState::Connecting),
            (2157, FarmFamily::SecurityDefinition, FarmState::Broken),
        ];
        for (code, family, state) in states {
            assert_eq!(classify(code, ""), CodeClass::Farm { family, state }, "{code}");
        }
    }

    #[test]
    fn a_farm_is_named_at_the_end_of_its_notice() {
        // As a real Gateway at server version 200 says it (published by ibkr-go, MIT).
        assert_eq!(farm_name("Market data farm connection is OK:usfarm"), Some("usfarm"));
        let inactive = "HMDS data farm connection is inactive but should be available upon demand.ushmds";
        assert_eq!(farm_name(inactive), Some("ushmds"));
        assert_eq!(farm_name("Connectivity between IB and TWS has been lost."), None);
        assert_eq!(farm_name("Market data farm is connecting"), None);
        assert_eq!(farm_name(""), None);
    }

    #[test]
    fn a_restored_connection_lists_its_farms() {
        let text = "Connectivity has been restored. All data farms are connected: hfarm; apachmds; secdefhk.";
        assert_eq!(listed_farms(text), ["hfarm", "apachmds", "secdefhk"]);
        assert!(listed_farms("Connectivity has been restored - data maintained.").is_empty());
    }

    #[test]
    fn one_code_has_several_meanings_by_its_text() {
        let service = "Historical Market Data Service error message:";
        let texts = [
            ("Historical data request pacing violation", HistoricalAnswer::Pacing),
            ("HMDS query returned no data: AAPL@SMART Trades", HistoricalAnswer::NoData),
            ("API historical data query cancelled: 3", HistoricalAnswer::Cancelled),
            ("API scanner subscription cancelled: 7", HistoricalAnswer::Cancelled),
            ("No market data permissions for ISLAND STK", HistoricalAnswer::Failed),
        ];
        for (text, answer) in texts {
            assert_eq!(classify(162, &format!("{service}{text}")), CodeClass::Historical(answer), "{text}");
        }
    }

    #[test]
    fn warnings_do_not_kill_orders() {
        for code in [399, 404, 2109, 2137, 10349, 2100, 2169] {
            assert_eq!(classify(code, "Order Message:"), CodeClass::Warning, "{code}");
        }
        assert_eq!(classify(10999, "Warning: something new"), CodeClass::Warning);
        let rate = "Warning: Approaching max rate of 50 messages per second (44)";
        assert_eq!(classify(0, rate), CodeClass::RateWarning);
        assert_eq!(classify(0, "anything else"), CodeClass::Notice);
        assert_eq!(classify(100, "Max rate of messages per second has been exceeded"), CodeClass::RateExceeded);
    }

    #[test]
    fn deaths_of_orders_and_answers_about_their_state_differ() {
        assert_eq!(classify(201, "Order rejected - reason:..."), CodeClass::OrderRejected);
        assert_eq!(classify(202, "Order Canceled - reason:"), CodeClass::OrderCancelled);
        assert_eq!(classify(460, "No trading permissions."), CodeClass::OrderRejected);
        for code in [103, 104, 105, 135, 161, 2102, 10147, 10148] {
            assert_eq!(classify(code, ""), CodeClass::OrderUnchanged, "{code}");
        }
    }

    #[test]
    fn data_advisories_do_not_end_a_stream() {
        for code in [354, 10089, 10090, 10167, 2188] {
            assert_eq!(classify(code, ""), CodeClass::DataAdvisory, "{code}");
        }
        assert_eq!(classify(10168, "Requested market data is not subscribed."), CodeClass::RequestError);
        assert_eq!(classify(10197, ""), CodeClass::CompetingSession);
        for code in [300, 310, 365, 366, 10185, 10186] {
            assert_eq!(classify(code, ""), CodeClass::AlreadyEnded, "{code}");
        }
    }

    proptest! {
        #[test]
        fn any_code_and_text_has_a_class(code: i32, text in "\\PC{0,60}") {
            let _ = classify(code, &text);
            let _ = farm_name(&text);
            let _ = listed_farms(&text);
        }
    }
}
