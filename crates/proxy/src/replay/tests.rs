use ReplayClass::{AnswerLocally, Never, ReissueIfUnanswered, ReplayAsIs};

use super::*;

/// Every message that a client can send, by its name in the TWS API.
const CLASSES: [(i32, &str, ReplayClass); 81] = [
    (1, "REQ_MKT_DATA", ReplayAsIs),
    (2, "CANCEL_MKT_DATA", AnswerLocally),
    (3, "PLACE_ORDER", Never),
    (4, "CANCEL_ORDER", Never),
    (5, "REQ_OPEN_ORDERS", ReissueIfUnanswered),
    (6, "REQ_ACCT_DATA", ReplayAsIs),
    (7, "REQ_EXECUTIONS", ReissueIfUnanswered),
    (8, "REQ_IDS", ReissueIfUnanswered),
    (9, "REQ_CONTRACT_DATA", ReissueIfUnanswered),
    (10, "REQ_MKT_DEPTH", ReplayAsIs),
    (11, "CANCEL_MKT_DEPTH", AnswerLocally),
    (12, "REQ_NEWS_BULLETINS", ReplayAsIs),
    (13, "CANCEL_NEWS_BULLETINS", AnswerLocally),
    (14, "SET_SERVER_LOGLEVEL", ReplayAsIs),
    (15, "REQ_AUTO_OPEN_ORDERS", ReplayAsIs),
    (16, "REQ_ALL_OPEN_ORDERS", ReissueIfUnanswered),
    (17, "REQ_MANAGED_ACCTS", ReissueIfUnanswered),
    (18, "REQ_FA", ReissueIfUnanswered),
    (19, "REPLACE_FA", Never),
    (20, "REQ_HISTORICAL_DATA", ReissueIfUnanswered),
    (21, "EXERCISE_OPTIONS", Never),
    (22, "REQ_SCANNER_SUBSCRIPTION", ReplayAsIs),
    (23, "CANCEL_SCANNER_SUBSCRIPTION", AnswerLocally),
    (24, "REQ_SCANNER_PARAMETERS", ReissueIfUnanswered),
    (25, "CANCEL_HISTORICAL_DATA", AnswerLocally),
    (49, "REQ_CURRENT_TIME", ReissueIfUnanswered),
    (50, "REQ_REAL_TIME_BARS", ReplayAsIs),
    (51, "CANCEL_REAL_TIME_BARS", AnswerLocally),
    (52, "REQ_FUNDAMENTAL_DATA", ReissueIfUnanswered),
    (53, "CANCEL_FUNDAMENTAL_DATA", AnswerLocally),
    (54, "REQ_CALC_IMPLIED_VOLAT", ReissueIfUnanswered),
    (55, "REQ_CALC_OPTION_PRICE", ReissueIfUnanswered),
    (56, "CANCEL_CALC_IMPLIED_VOLAT", AnswerLocally),
    (57, "CANCEL_CALC_OPTION_PRICE", AnswerLocally),
    (58, "REQ_GLOBAL_CANCEL", Never),
    (59, "REQ_MARKET_DATA_TYPE", ReplayAsIs),
    (61, "REQ_POSITIONS", ReplayAsIs),
    (62, "REQ_ACCOUNT_SUMMARY", ReplayAsIs),
    (63, "CANCEL_ACCOUNT_SUMMARY", AnswerLocally),
    (64, "CANCEL_POSITIONS", AnswerLocally),
    (65, "VERIFY_REQUEST", Never),
    (66, "VERIFY_MESSAGE", Never),
    (67, "QUERY_DISPLAY_GROUPS", ReissueIfUnanswered),
    (68, "SUBSCRIBE_TO_GROUP_EVENTS", ReplayAsIs),
    (69, "UPDATE_DISPLAY_GROUP", Never),
    (70, "UNSUBSCRIBE_FROM_GROUP_EVENTS", AnswerLocally),
    (71, "START_API", Never),
    (72, "VERIFY_AND_AUTH_REQUEST", Never),
    (73, "VERIFY_AND_AUTH_MESSAGE", Never),
    (74, "REQ_POSITIONS_MULTI", ReplayAsIs),
    (75, "CANCEL_POSITIONS_MULTI", AnswerLocally),
    (76, "REQ_ACCOUNT_UPDATES_MULTI", ReplayAsIs),
    (77, "CANCEL_ACCOUNT_UPDATES_MULTI", AnswerLocally),
    (78, "REQ_SEC_DEF_OPT_PARAMS", ReissueIfUnanswered),
    (79, "REQ_SOFT_DOLLAR_TIERS", ReissueIfUnanswered),
    (80, "REQ_FAMILY_CODES", ReissueIfUnanswered),
    (81, "REQ_MATCHING_SYMBOLS", ReissueIfUnanswered),
    (82, "REQ_MKT_DEPTH_EXCHANGES", ReissueIfUnanswered),
    (83, "REQ_SMART_COMPONENTS", ReissueIfUnanswered),
    (84, "REQ_NEWS_ARTICLE", ReissueIfUnanswered),
    (85, "REQ_NEWS_PROVIDERS", ReissueIfUnanswered),
    (86, "REQ_HISTORICAL_NEWS", ReissueIfUnanswered),
    (87, "REQ_HEAD_TIMESTAMP", ReissueIfUnanswered),
    (88, "REQ_HISTOGRAM_DATA", ReissueIfUnanswered),
    (89, "CANCEL_HISTOGRAM_DATA", AnswerLocally),
    (90, "CANCEL_HEAD_TIMESTAMP", AnswerLocally),
    (91, "REQ_MARKET_RULE", ReissueIfUnanswered),
    (92, "REQ_PNL", ReplayAsIs),
    (93, "CANCEL_PNL", AnswerLocally),
    (94, "REQ_PNL_SINGLE", ReplayAsIs),
    (95, "CANCEL_PNL_SINGLE", AnswerLocally),
    (96, "REQ_HISTORICAL_TICKS", ReissueIfUnanswered),
    (97, "REQ_TICK_BY_TICK_DATA", ReplayAsIs),
    (98, "CANCEL_TICK_BY_TICK_DATA", AnswerLocally),
    (99, "REQ_COMPLETED_ORDERS", ReissueIfUnanswered),
    (100, "REQ_WSH_META_DATA", ReissueIfUnanswered),
    (101, "CANCEL_WSH_META_DATA", AnswerLocally),
    (102, "REQ_WSH_EVENT_DATA", ReissueIfUnanswered),
    (103, "CANCEL_WSH_EVENT_DATA", AnswerLocally),
    (104, "REQ_USER_INFO", ReissueIfUnanswered),
    (105, "REQ_CURRENT_TIME_IN_MILLIS", ReissueIfUnanswered),
];

/// The messages that exist as protobuf only.
const PROTOBUF_CLASSES: [(i32, &str, ReplayClass); 4] = [
    (106, "CANCEL_CONTRACT_DATA", AnswerLocally),
    (107, "CANCEL_HISTORICAL_TICKS", AnswerLocally),
    (108, "REQ_CONFIG", ReissueIfUnanswered),
    (109, "UPDATE_CONFIG", Never),
];

const DETAILS: [RequestDetail; 4] =
    [RequestDetail::Plain, RequestDetail::Snapshot, RequestDetail::KeepUpToDate, RequestDetail::Unsubscribe];

fn class(message_id: i32, client_id: i32, detail: RequestDetail) -> ReplayClass {
    replay_class(Request { message_id, client_id: ClientId::new(client_id), detail })
}

fn known() -> impl Iterator<Item = (i32, &'static str, ReplayClass)> {
    CLASSES.into_iter().chain(PROTOBUF_CLASSES)
}

#[test]
fn every_message_of_a_client_has_its_class_as_text_and_as_protobuf() {
    for (id, name, expected) in known() {
        assert_eq!(class(id, 0, RequestDetail::Plain), expected, "{name} ({id})");
        assert_eq!(class(PROTOBUF_OFFSET + id, 0, RequestDetail::Plain), expected, "{name} ({id}) as protobuf");
    }
}

#[test]
fn whatever_is_not_known_is_never_replayed() {
    let unassigned = (i32::from(i8::MIN)..400)
        .chain([i32::MIN, i32::MAX])
        .filter(|id| known().all(|(known, ..)| known != text_id(*id)));
    for id in unassigned {
        for detail in DETAILS {
            assert_eq!(class(id, 0, detail), Never, "{id}");
        }
    }
}

#[test]
fn a_snapshot_of_market_data_is_not_bought_twice() {
    assert_eq!(class(1, 7, RequestDetail::Snapshot), AnswerLocally);
    assert_eq!(class(201, 7, RequestDetail::Snapshot), AnswerLocally);
}

#[test]
fn history_that_keeps_up_to_date_is_a_subscription() {
    assert_eq!(class(20, 7, RequestDetail::KeepUpToDate), ReplayAsIs);
    assert_eq!(class(20, 7, RequestDetail::Plain), ReissueIfUnanswered);
}

#[test]
fn account_updates_are_cancelled_by_their_own_message() {
    assert_eq!(class(6, 7, RequestDetail::Unsubscribe), AnswerLocally);
}

#[test]
fn only_client_0_binds_manual_orders_again() {
    assert_eq!(class(15, 0, RequestDetail::Plain), ReplayAsIs);
    assert_eq!(class(15, 7, RequestDetail::Plain), AnswerLocally);
}

#[test]
fn no_detail_and_no_client_makes_an_order_replayable() {
    for (id, name, _) in known().filter(|(_, _, class)| *class == Never) {
        for (client_id, detail) in [0, 7].into_iter().flat_map(|client| DETAILS.map(|detail| (client, detail))) {
            assert_eq!(class(id, client_id, detail), Never, "{name} ({id})");
        }
    }
}
