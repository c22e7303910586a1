//! Server versions that change a layout, by the names the official clients give them.
//!
//! Facts from the official clients' published constants and from the audits named in the golden tests.

use crate::ids::ServerVersion;

macro_rules! gates {
    ($($(#[$doc:meta])* $name:ident = $value:literal;)*) => {
        $($(#[$doc])* pub const $name: ServerVersion = ServerVersion::new($value);)*
    };
}

gates! {
    /// placeOrder and openOrder carry the fields of orders pegged to a benchmark, conditions and adjusted orders.
    PEGGED_TO_BENCHMARK = 102;
    /// placeOrder, openOrder and execDetails carry the model.
    MODELS_SUPPORT = 103;
    /// placeOrder carries `extOperator`.
    EXT_OPERATOR = 105;
    /// placeOrder and openOrder carry the tier of soft dollars.
    SOFT_DOLLAR_TIER = 106;
    /// contractDetails carry `mdSizeMultiplier`.
    MD_SIZE_MULTIPLIER = 110;
    /// placeOrder and openOrder carry `cashQty`.
    CASH_QTY = 111;
    /// Stock exchanges of a quote can be asked for; reqMktData can ask for a regulatory snapshot.
    REQ_SMART_COMPONENTS = 114;
    /// mktDepthExchanges say which kinds of data there are.
    SERVICE_DATA_TYPE = 120;
    /// contractDetails carry `aggGroup`.
    AGG_GROUP = 121;
    /// contractDetails carry the underlying.
    UNDERLYING_INFO = 122;
    /// reqHistoricalData and historicalData lose their version field, bars lose `hasGaps`.
    SYNT_REALTIME_BARS = 124;
    /// contractDetails carry the market rules.
    MARKET_RULES = 126;
    /// reqNewsArticle and reqHistoricalNews carry options.
    NEWS_QUERY_ORIGINS = 128;
    /// pnl and pnlSingle carry the unrealised profit.
    UNREALIZED_PNL = 129;
    /// orderStatus loses its version field and carries the price that caps a market order.
    MARKET_CAP_PRICE = 131;
    /// contractDetails carry the real expiration date.
    REAL_EXPIRATION_DATE = 134;
    /// pnl and pnlSingle carry the realised profit.
    REALIZED_PNL = 135;
    /// execDetails lose their version field and say whether an execution took or gave liquidity.
    LAST_LIQUIDITY = 136;
    /// placeOrder says who decides, for MiFID.
    DECISION_MAKER = 138;
    /// placeOrder says who executes, for MiFID.
    MIFID_EXECUTION = 139;
    /// reqTickByTickData carries `numberOfTicks` and `ignoreSize`.
    TICK_BY_TICK_IGNORE_SIZE = 140;
    /// placeOrder and openOrder say whether a hedge finds its own price.
    AUTO_PRICE_FOR_HEDGE = 141;
    /// openOrder carries margins before and of an order, not only those after it.
    WHAT_IF_EXT_FIELDS = 142;
    /// reqScannerSubscription carries filter options, and loses its version field.
    SCANNER_GENERIC_OPTS = 143;
    /// placeOrder and openOrder lose their version field and say whether an order is a container.
    ORDER_CONTAINER = 145;
    /// Market depth of all exchanges together.
    SMART_DEPTH = 146;
    /// placeOrder and openOrder carry `discretionaryUpToLimitPrice`.
    D_PEG_ORDERS = 148;
    /// reqMktDepth carries the listing exchange.
    MKT_DEPTH_PRIM_EXCHANGE = 149;
    /// placeOrder and openOrder say whether IBKR may manage the price.
    PRICE_MGMT_ALGO = 151;
    /// contractDetails say what kind of stock it is.
    STOCK_TYPE = 152;
    /// tickOptionComputation loses its version field and carries `tickAttrib`.
    PRICE_BASED_VOLATILITY = 156;
    /// replaceFA carries a request id, and is answered.
    REPLACE_FA_END = 157;
    /// placeOrder and openOrder carry `duration`.
    DURATION = 158;
    /// placeOrder and openOrder carry `postToAts`.
    POST_TO_ATS = 160;
    /// Corporate events exist.
    WSH_CALENDAR = 161;
    /// placeOrder and openOrder carry `autoCancelParent`.
    AUTO_CANCEL_PARENT = 162;
    /// Sizes may be fractional; older clients are told 10285 for some requests.
    FRACTIONAL_SIZE = 163;
    /// contractDetails loses its version field and mdSizeMultiplier, and gains three size rules.
    SIZE_RULES = 164;
    /// Historical requests for `SCHEDULE` exist.
    HISTORICAL_SCHEDULE = 165;
    /// An error carries `advancedOrderRejectJson`.
    ADVANCED_ORDER_REJECT = 166;
    /// reqUserInfo exists.
    USER_INFO = 167;
    /// cancelOrder and placeOrder carry `manualOrderCancelTime` and `manualOrderTime`.
    MANUAL_ORDER_TIME = 169;
    /// placeOrder, openOrder and completedOrder carry the pegged-to-best and pegged-to-mid fields.
    PEGBEST_PEGMID_OFFSETS = 170;
    /// reqWshEventData carries a filter and what to fill from.
    WSH_EVENT_DATA_FILTERS = 171;
    /// reqWshEventData carries days and a limit.
    WSH_EVENT_DATA_FILTERS_DATE = 173;
    /// reqContractDetails carries `issuerId`, symbolSamples gain two fields.
    BOND_ISSUERID = 176;
    /// placeOrder, openOrder and completedOrder lose `faProfile`.
    FA_PROFILE_DESUPPORT = 177;
    /// execDetails carry `pendingPriceRevision`.
    PENDING_PRICE_REVISION = 178;
    /// contractDetails carry the fund fields.
    FUND_DATA_FIELDS = 179;
    /// exerciseOptions carries `manualOrderTime`.
    EXERCISE_MANUAL_TIME = 180;
    /// contractDetails carry the last trade date in a field of its own.
    LAST_TRADE_DATE = 182;
    /// placeOrder, openOrder, completedOrder and exerciseOptions carry `customerAccount`.
    CUSTOMER_ACCOUNT = 183;
    /// placeOrder, openOrder, completedOrder and exerciseOptions carry `professionalCustomer`.
    PROFESSIONAL_CUSTOMER = 184;
    /// openOrder carries `bondAccruedInterest`.
    BOND_ACCRUED_INTEREST = 185;
    /// contractDetails say why an account may not trade a contract.
    INELIGIBILITY_REASONS = 186;
    /// placeOrder carries `externalUserId` and `manualOrderIndicator`, cancelOrder these and `extOperator`.
    RFQ_FIELDS = 187;
    /// bondContractDetails carry trading hours.
    BOND_TRADING_HOURS = 188;
    /// placeOrder and openOrder carry `includeOvernight`.
    INCLUDE_OVERNIGHT = 189;
    /// placeOrder and cancelOrder lose what [`RFQ_FIELDS`] brought.
    UNDO_RFQ_FIELDS = 190;
    /// cancelOrder and globalCancel lose their version field and carry `extOperator` and `manualOrderIndicator`, which
    /// placeOrder carries too.
    CME_TAGGING_FIELDS = 192;
    /// openOrder carries `extOperator` and `manualOrderIndicator`.
    CME_TAGGING_FIELDS_IN_OPEN_ORDER = 193;
    /// An error loses its version field and gains `errorTime`.
    ERROR_TIME = 194;
    /// openOrder carries margins outside regular hours, a suggested size and allocations.
    FULL_ORDER_PREVIEW_FIELDS = 195;
    /// Historical bars are followed by an end message of their own.
    HISTORICAL_DATA_END = 196;
    /// reqCurrentTimeInMillis exists.
    CURRENT_TIME_IN_MILLIS = 197;
    /// openOrder, completedOrder and execDetails carry `submitter`.
    SUBMITTER = 198;
    /// placeOrder and openOrder carry `imbalanceOnly`.
    IMBALANCE_ONLY = 199;
    /// reqExecutions carries a number of days and dates.
    PARAMETRIZED_DAYS_OF_EXECUTIONS = 200;
    /// The highest version whose messages are all text; above it the id is four raw bytes.
    LAST_TEXT = 200;
}
