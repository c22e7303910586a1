//! An order as placeOrder, openOrder and completedOrder describe it.

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Action, OrderComboLeg, OrderCondition, SoftDollarTier, TagValue};
use crate::ids::{ClientId, ConId, OrderId, PermId};
#[cfg(doc)]
use crate::version;

/// What `exempt_code` says of an order that needs no exemption.
const NOT_EXEMPT: i32 = -1;

/// Orders go on to the exchange unless told to wait.
const TRANSMIT: bool = true;

/// Declares the struct and its `Default` together: JSON must give the first group and may give the others.
macro_rules! order {
    (
        $(#[$of_struct:meta])*
        given { $($(#[$of_given:meta])* $given:ident: $given_type:ty = $given_default:expr,)* }
        otherwise { $($(#[$of_own:meta])* $own:ident: $own_type:ty = $own_default:ident by $own_path:literal,)* }
        optional { $($(#[$of_optional:meta])* $optional:ident: $optional_type:ty,)* }
    ) => {
        $(#[$of_struct])*
        pub struct Order {
            $($(#[$of_given])* pub $given: $given_type,)*
            $($(#[$of_own])* #[serde(default = $own_path)] pub $own: $own_type,)*
            $(
                $(#[$of_optional])*
                #[serde(default, skip_serializing_if = "is_default")]
                pub $optional: $optional_type,
            )*
        }

        impl Default for Order {
            fn default() -> Self {
                Self {
                    $($given: $given_default,)*
                    $($own: $own_default,)*
                    $($optional: Default::default(),)*
                }
            }
        }
    };
}

order! {
    /// An order, with the fields of all three messages that carry one; each takes and sets those that its layout has
    /// at the session's version. Field names in JSON are the TWS API's.
    ///
    /// "Not set" is `None`, an empty text or 0. `Default` is a plain order that still needs a type and a quantity:
    /// [`Order::market`] and [`Order::limit`] ask for them, and JSON must give them and the action.
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    given {
        /// Which way.
        action: Action = Action::Buy,
        /// How many; 0 where only `cash_qty` says how much.
        #[schemars(with = "f64")]
        total_quantity: Decimal = Decimal::ZERO,
        /// `MKT`, `LMT`, `STP`, `STP LMT`, `TRAIL`, `MOC`, …
        order_type: String = String::new(),
    }
    otherwise {
        /// Whether the Gateway sends it on; otherwise it waits there, for example for the children of a bracket.
        transmit: bool = TRANSMIT by "yes",
        /// Why a short sale is exempt; -1 for not.
        exempt_code: i32 = NOT_EXEMPT by "not_exempt",
    }
    optional {
        /// The limit; a Gateway writes 0.0 for order types that have none.
        #[schemars(with = "Option<f64>")]
        lmt_price: Option<Decimal>,
        /// The stop price, the trailing amount or the offset, as the type has it; 0.0 from a Gateway that has none.
        #[schemars(with = "Option<f64>")]
        aux_price: Option<Decimal>,
        /// `DAY`, `GTC`, `IOC`, `GTD`, `OPG`, `FOK`, `DTC`; empty is `DAY`.
        tif: String,
        /// How much money to spend instead of how many to buy.
        #[schemars(with = "Option<f64>")]
        cash_qty: Option<Decimal>,
        /// Whether it may fill outside regular trading hours.
        outside_rth: bool,
        /// Whether only margin and commission are asked for, and nothing is to be traded.
        what_if: bool,
        /// The placer's own reference; it comes back in every message about the order.
        order_ref: String,
        /// Which account; needed where the login has several.
        account: String,
        /// Who placed it; only a Gateway says so.
        client_id: ClientId,
        /// Its number over the account; only a Gateway says so.
        perm_id: PermId,
        /// The order that this one waits for; 0 for none.
        parent_id: OrderId,
        /// The same by account number; only completed orders say so.
        parent_perm_id: Option<PermId>,
        /// When it starts to work, `YYYYMMDD HH:MM:SS zone`.
        good_after_time: String,
        /// When a `GTD` order ends, in the same form.
        good_till_date: String,
        /// When a `GTC` scale order starts each day.
        active_start_time: String,
        /// When a `GTC` scale order stops each day.
        active_stop_time: String,
        /// For how many seconds it works.
        duration: Option<i32>,
        /// When the Gateway will cancel it by itself.
        auto_cancel_date: String,
        /// Whether the parent is cancelled with it.
        auto_cancel_parent: bool,
        /// The name of its one-cancels-all group.
        oca_group: String,
        /// What a fill does to the group: 1 cancel with block, 2 reduce with block, 3 reduce without.
        oca_type: i32,
        /// Whether it is an ISE block order.
        block_order: bool,
        /// Whether to take every price level at once.
        sweep_to_fill: bool,
        /// How much is shown publicly, of an iceberg order.
        display_size: Option<i32>,
        /// What triggers a stop: 0 default, 1 double bid/ask, 2 last, 3 double last, 4 bid/ask, 7 last or bid/ask, 8 midpoint.
        trigger_method: i32,
        /// Whether it is kept out of the book.
        hidden: bool,
        /// Whether only the whole size may fill.
        all_or_none: bool,
        /// The smallest fill.
        min_qty: Option<i32>,
        /// The offset of a relative order, as a fraction.
        #[schemars(with = "Option<f64>")]
        percent_offset: Option<Decimal>,
        /// Whether price limits that guard against typing errors are lifted.
        override_percentage_constraints: bool,
        /// How far beyond the limit it may fill.
        #[schemars(with = "f64")]
        discretionary_amt: Decimal,
        /// Whether a relative order may fill up to its limit.
        discretionary_up_to_limit_price: bool,
        /// Whether it is kept from SMART routing.
        opt_out_smart_routing: bool,
        /// Whether the broker may choose the time.
        not_held: bool,
        /// Whether an adviser solicited it.
        solicited: bool,
        /// Whether its size is varied.
        randomize_size: bool,
        /// Whether its price is varied.
        randomize_price: bool,
        /// How many seconds it rests at IBKRATS first.
        post_to_ats: Option<i32>,
        /// Whether IBKR's price management may hold it back.
        use_price_mgmt_algo: Option<bool>,
        /// Whether it also works in the overnight session.
        include_overnight: bool,
        /// Whether it only fills an auction's imbalance.
        imbalance_only: bool,
        /// Whether marketable parts go to the best market.
        route_marketable_to_bbo: bool,
        /// Retired; only ibapi 9.81 sets it, by default.
        e_trade_only: bool,
        /// Retired; only ibapi 9.81 sets it, by default.
        firm_quote_only: bool,
        /// Retired; no client sets it.
        #[schemars(with = "Option<f64>")]
        nbbo_price_cap: Option<Decimal>,
        /// Where a trailing stop stands, or starts.
        #[schemars(with = "Option<f64>")]
        trail_stop_price: Option<Decimal>,
        /// The trailing amount in percent.
        #[schemars(with = "Option<f64>")]
        trailing_percent: Option<Decimal>,
        /// The adviser's group to allocate to.
        fa_group: String,
        /// How the group is allocated to.
        fa_method: String,
        /// By what percentage.
        fa_percentage: String,
        /// The adviser's profile, below [`version::FA_PROFILE_DESUPPORT`].
        fa_profile: String,
        /// How a Gateway says that it allocated an order; clients leave it empty.
        shares_allocation: String,
        /// The model that it belongs to.
        model_code: String,
        /// The customer behind it, from [`version::CUSTOMER_ACCOUNT`] on.
        customer_account: String,
        /// Whether that customer is a professional, from [`version::PROFESSIONAL_CUSTOMER`] on.
        professional_customer: bool,
        /// `O` opens, `C` closes; empty leaves it to the Gateway.
        open_close: String,
        /// 0 customer, 1 firm.
        origin: i32,
        /// 1 the broker holds the shares, 2 they come from elsewhere.
        short_sale_slot: i32,
        /// Where they come from, for slot 2.
        designated_location: String,
        /// The NYSE rule 80A letter; a Gateway may say `0`.
        #[serde(rename = "rule80A")]
        rule_80a: String,
        /// Who settles.
        settling_firm: String,
        /// The beneficiary's account.
        clearing_account: String,
        /// `IB`, `Away`, `PTA` or empty.
        clearing_intent: String,
        /// 0 unset, 1 match, 2 improvement, 3 transparent.
        auction_strategy: i32,
        /// The auction's starting price.
        #[schemars(with = "Option<f64>")]
        starting_price: Option<Decimal>,
        /// The stock price that it is computed from.
        #[schemars(with = "Option<f64>")]
        stock_ref_price: Option<Decimal>,
        /// The change in price per change of the stock.
        #[schemars(with = "Option<f64>")]
        delta: Option<Decimal>,
        /// Below this stock price it is cancelled.
        #[schemars(with = "Option<f64>")]
        stock_range_lower: Option<Decimal>,
        /// Above this stock price it is cancelled.
        #[schemars(with = "Option<f64>")]
        stock_range_upper: Option<Decimal>,
        /// The volatility in percent that it trades at.
        #[schemars(with = "Option<f64>")]
        volatility: Option<Decimal>,
        /// 1 daily, 2 annual.
        volatility_type: Option<i32>,
        /// Whether its price follows the stock.
        continuous_update: bool,
        /// 1 average, 2 bid or ask.
        reference_price_type: Option<i32>,
        /// The type of the hedging order; empty for none, which a Gateway writes `None`.
        delta_neutral_order_type: String,
        /// The auxiliary price of the hedging order.
        #[schemars(with = "Option<f64>")]
        delta_neutral_aux_price: Option<Decimal>,
        /// What hedges.
        delta_neutral_con_id: ConId,
        /// Who settles the hedge.
        delta_neutral_settling_firm: String,
        /// The beneficiary's account of the hedge.
        delta_neutral_clearing_account: String,
        /// The clearing intent of the hedge.
        delta_neutral_clearing_intent: String,
        /// Whether the hedge opens or closes; empty for not known, which a Gateway writes `?`.
        delta_neutral_open_close: String,
        /// Whether the hedge is a short sale.
        delta_neutral_short_sale: bool,
        /// Where the hedge's shares come from.
        delta_neutral_short_sale_slot: i32,
        /// The place, for slot 2.
        delta_neutral_designated_location: String,
        /// The basis points of an EFP order; only a Gateway says so.
        #[schemars(with = "Option<f64>")]
        basis_points: Option<Decimal>,
        /// Their type.
        basis_points_type: Option<i32>,
        /// The price of each leg, where legs have their own.
        order_combo_legs: Vec<OrderComboLeg>,
        /// How a SMART combination is routed.
        smart_combo_routing_params: Vec<TagValue>,
        /// The size of the first component.
        scale_init_level_size: Option<i32>,
        /// The size of the others.
        scale_subs_level_size: Option<i32>,
        /// The price step between components; only above 0 do the next seven travel.
        #[schemars(with = "Option<f64>")]
        scale_price_increment: Option<Decimal>,
        /// By how much the start price is adjusted.
        #[schemars(with = "Option<f64>")]
        scale_price_adjust_value: Option<Decimal>,
        /// Every how many seconds.
        scale_price_adjust_interval: Option<i32>,
        /// The profit at which a component is sold again.
        #[schemars(with = "Option<f64>")]
        scale_profit_offset: Option<Decimal>,
        /// Whether it then starts again.
        scale_auto_reset: bool,
        /// The position to start with.
        scale_init_position: Option<i32>,
        /// How much of the first component counts as filled.
        scale_init_fill_qty: Option<i32>,
        /// Whether component sizes vary.
        scale_random_percent: bool,
        /// A table of components instead.
        scale_table: String,
        /// `D` delta, `B` beta, `F` currency, `P` pair; empty for none.
        hedge_type: String,
        /// The beta or the ratio.
        hedge_param: String,
        /// Whether the hedge is not priced automatically.
        dont_use_auto_price_for_hedge: bool,
        /// `Vwap`, `Twap`, `Adaptive`, …; empty for none.
        algo_strategy: String,
        /// The algorithm's parameters.
        algo_params: Vec<TagValue>,
        /// The algorithm's id.
        algo_id: String,
        /// `tag=value;` pairs that no other field has.
        order_misc_options: String,
        /// The benchmark, of type `PEG BENCH` only, as are the next four.
        reference_contract_id: ConId,
        /// Whether the price moves against the benchmark.
        is_pegged_change_amount_decrease: bool,
        /// By how much the price moves.
        #[schemars(with = "f64")]
        pegged_change_amount: Decimal,
        /// Per how much of a move of the benchmark.
        #[schemars(with = "f64")]
        reference_change_amount: Decimal,
        /// The benchmark's exchange.
        reference_exchange_id: String,
        /// The smallest trade.
        min_trade_qty: Option<i32>,
        /// The smallest size to compete with.
        min_compete_size: Option<i32>,
        /// By how much it betters the best price.
        #[schemars(with = "Option<f64>")]
        compete_against_best_offset: Option<Decimal>,
        /// Whether it betters it up to the midpoint instead (an infinite offset on the wire).
        compete_against_best_offset_up_to_mid: bool,
        /// The offset from a midpoint at a whole tick.
        #[schemars(with = "Option<f64>")]
        mid_offset_at_whole: Option<Decimal>,
        /// The offset from a midpoint at half a tick.
        #[schemars(with = "Option<f64>")]
        mid_offset_at_half: Option<Decimal>,
        /// The type that it becomes; empty for none, which a Gateway writes `None`.
        adjusted_order_type: String,
        /// What makes it so.
        #[schemars(with = "Option<f64>")]
        trigger_price: Option<Decimal>,
        /// The limit's offset from the stop, for trailing stop limits.
        #[schemars(with = "Option<f64>")]
        lmt_price_offset: Option<Decimal>,
        /// The stop price afterwards.
        #[schemars(with = "Option<f64>")]
        adjusted_stop_price: Option<Decimal>,
        /// The limit afterwards.
        #[schemars(with = "Option<f64>")]
        adjusted_stop_limit_price: Option<Decimal>,
        /// The trailing amount afterwards.
        #[schemars(with = "Option<f64>")]
        adjusted_trailing_amount: Option<Decimal>,
        /// 0 amount, 100 percent.
        adjustable_trailing_unit: i32,
        /// What must be so before it works, or for it to be cancelled.
        conditions: Vec<OrderCondition>,
        /// Whether conditions count outside regular hours too.
        conditions_ignore_rth: bool,
        /// Whether they cancel it instead of starting it.
        conditions_cancel_order: bool,
        /// Who operates, for regulated futures.
        ext_operator: String,
        /// 1 a human, 0 a machine, from [`version::CME_TAGGING_FIELDS`] on.
        manual_order_indicator: Option<i32>,
        /// When a human entered it, from [`version::MANUAL_ORDER_TIME`] on.
        manual_order_time: String,
        /// Who entered it, only from [`version::RFQ_FIELDS`] to before [`version::UNDO_RFQ_FIELDS`].
        external_user_id: String,
        /// Who submitted it, from [`version::SUBMITTER`] on; only a Gateway says so.
        submitter: String,
        /// Comma-joined codes of rejections to override, from [`version::ADVANCED_ORDER_REJECT`] on.
        advanced_error_override: String,
        /// The soft dollar tier.
        soft_dollar_tier: SoftDollarTier,
        /// MiFID II: who decided.
        mifid2_decision_maker: String,
        /// MiFID II: which algorithm decided.
        mifid2_decision_algo: String,
        /// MiFID II: who executes.
        mifid2_execution_trader: String,
        /// MiFID II: which algorithm executes.
        mifid2_execution_algo: String,
        /// Whether it comes from an OMS container.
        is_oms_container: bool,
        /// How many were filled; only completed orders say so.
        #[schemars(with = "Option<f64>")]
        filled_quantity: Option<Decimal>,
        /// The future behind an EFP; only completed orders say so.
        ref_futures_con_id: Option<ConId>,
        /// Whether the account holder is an insider; only completed orders say so.
        shareholder: String,
        /// Accrued interest, from [`version::BOND_ACCRUED_INTEREST`] on; only open orders say so.
        bond_accrued_interest: String,
    }
}

impl Order {
    /// A market order.
    pub fn market(action: Action, quantity: Decimal) -> Self {
        Self { action, total_quantity: quantity, order_type: "MKT".into(), ..Self::default() }
    }

    /// A limit order.
    pub fn limit(action: Action, quantity: Decimal, price: Decimal) -> Self {
        Self { order_type: "LMT".into(), lmt_price: Some(price), ..Self::market(action, quantity) }
    }
}

fn yes() -> bool {
    TRANSMIT
}

fn not_exempt() -> i32 {
    NOT_EXEMPT
}

/// Keeps JSON to what is set.
fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
