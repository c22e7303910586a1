//! The orders behind the golden frames.

use rust_decimal::Decimal;

use crate::ids::{ClientId, ConId, OrderId, PermId};
use crate::message::contract::Contract;
use crate::message::market_data::DeltaNeutralContract;
use crate::message::order::{
    Action, CompletedOrder, Conjunction, OpenOrder, Order, OrderAllocation, OrderComboLeg, OrderCondition, OrderLeg,
    OrderState, PlaceOrder, SoftDollarTier, TagValue, Trigger,
};

pub(super) fn dec(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn some(text: &str) -> Option<Decimal> {
    Some(dec(text))
}

fn tag(tag: &str, value: &str) -> TagValue {
    TagValue { tag: tag.into(), value: value.into() }
}

/// A limit order for a stock, as most orders are.
pub(super) fn plain() -> PlaceOrder {
    let order = Order {
        order_ref: "gw-1".into(),
        account: "DU1234567".into(),
        tif: "DAY".into(),
        ..Order::limit(Action::Buy, dec("100"), dec("187.25"))
    };
    PlaceOrder::new(OrderId::new(5), Contract::stock("AAPL"), order)
}

/// An order with every field set that placeOrder carries for it; no such order would be accepted.
pub(super) fn rich() -> PlaceOrder {
    PlaceOrder {
        order_id: OrderId::new(6),
        contract: Contract { sec_type: "BAG".into(), ..Contract::stock("AAPL") },
        combo_legs: legs(),
        delta_neutral_contract: Some(DeltaNeutralContract {
            con_id: ConId::new(76_792_991),
            delta: 0.5,
            price: 180.25,
        }),
        order: with_special_types(with_restrictions(rich_essence())),
        ..PlaceOrder::default()
    }
}

/// Pegged to the best price up to the midpoint, where alone the offsets from the midpoint travel.
pub(super) fn pegbest() -> PlaceOrder {
    let order = Order {
        order_type: "PEG BEST".into(),
        lmt_price: some("187"),
        tif: "DAY".into(),
        min_trade_qty: Some(100),
        min_compete_size: Some(200),
        compete_against_best_offset_up_to_mid: true,
        mid_offset_at_whole: some("0.01"),
        mid_offset_at_half: some("0.005"),
        not_held: true,
        ..Order::market(Action::Buy, dec("100"))
    };
    let contract = Contract { exchange: "IBKRATS".into(), ..Contract::stock("AAPL") };
    PlaceOrder::new(OrderId::new(7), contract, order)
}

/// Pegged to a benchmark.
pub(super) fn pegbench() -> PlaceOrder {
    let order = Order {
        order_type: "PEG BENCH".into(),
        reference_contract_id: ConId::new(76_792_991),
        is_pegged_change_amount_decrease: true,
        pegged_change_amount: dec("0.1"),
        reference_change_amount: dec("1"),
        reference_exchange_id: "ISLAND".into(),
        starting_price: some("33"),
        stock_ref_price: some("80"),
        ..Order::market(Action::Buy, dec("100"))
    };
    PlaceOrder::new(OrderId::new(8), Contract::stock("AAPL"), order)
}

/// By volatility.
pub(super) fn vol() -> PlaceOrder {
    let order = Order {
        order_type: "VOL".into(),
        volatility: some("5.5"),
        volatility_type: Some(2),
        ..Order::market(Action::Buy, dec("1"))
    };
    PlaceOrder::new(OrderId::new(9), Contract::stock("AAPL"), order)
}

/// The plain order as a Gateway reports it.
pub(super) fn open_plain() -> OpenOrder {
    let place = plain();
    let order = Order { aux_price: some("0.0"), ..gateway_words(place.order) };
    OpenOrder {
        order_id: place.order_id,
        contract: resolved(place.contract),
        order,
        order_state: OrderState { status: "PreSubmitted".into(), ..OrderState::default() },
        ..OpenOrder::default()
    }
}

/// The order with every field, as a Gateway would report it.
pub(super) fn open_rich() -> OpenOrder {
    let place = rich();
    OpenOrder {
        order_id: place.order_id,
        contract: resolved(place.contract),
        combo_legs_descrip: "265598x1,272093x-2".into(),
        combo_legs: place.combo_legs,
        delta_neutral_contract: place.delta_neutral_contract,
        order: Order { perm_id: PermId::new(9_876_543_210), ..with_gateway_fields(place.order) },
        order_state: state(),
    }
}

/// The plain order once filled.
pub(super) fn completed_plain() -> CompletedOrder {
    let open = open_plain();
    let order = Order {
        total_quantity: Decimal::ZERO,
        filled_quantity: some("100"),
        shareholder: "Not an insider or substantial shareholder".into(),
        client_id: ClientId::default(),
        shares_allocation: String::new(),
        use_price_mgmt_algo: None,
        ..open.order
    };
    CompletedOrder {
        order_id: OrderId::default(),
        contract: open.contract,
        order,
        order_state: OrderState {
            status: "Filled".into(),
            completed_time: "20260102 10:00:01 US/Eastern".into(),
            completed_status: "Filled Size: 100".into(),
            ..OrderState::default()
        },
        ..CompletedOrder::default()
    }
}

/// The order with every field, once cancelled.
pub(super) fn completed_rich() -> CompletedOrder {
    let open = open_rich();
    let order = Order {
        auto_cancel_date: "20260331 22:00:00 Central European Standard Time".into(),
        filled_quantity: some("0.5"),
        ref_futures_con_id: Some(ConId::new(12)),
        shareholder: "Not an insider or substantial shareholder".into(),
        route_marketable_to_bbo: true,
        parent_perm_id: Some(PermId::new(9_876_543_209)),
        ..open.order
    };
    CompletedOrder {
        order_id: OrderId::default(),
        contract: open.contract,
        combo_legs_descrip: open.combo_legs_descrip,
        combo_legs: open.combo_legs,
        delta_neutral_contract: open.delta_neutral_contract,
        order,
        order_state: OrderState {
            status: "Cancelled".into(),
            completed_time: "20260102 10:00:01 US/Eastern".into(),
            completed_status: "Cancelled by Trader".into(),
            ..OrderState::default()
        },
    }
}

fn resolved(contract: Contract) -> Contract {
    Contract {
        con_id: ConId::new(265_598),
        strike: some("0"),
        right: "?".into(),
        local_symbol: "AAPL".into(),
        trading_class: "NMS".into(),
        ..contract
    }
}

/// What a Gateway adds to every order.
fn gateway_words(order: Order) -> Order {
    Order {
        client_id: ClientId::new(7),
        perm_id: PermId::new(1_234_567_890),
        shares_allocation: "1234567890.0/DU1234567/100".into(),
        oca_type: 3,
        clearing_intent: "IB".into(),
        dont_use_auto_price_for_hedge: true,
        use_price_mgmt_algo: Some(false),
        ..order
    }
}

fn with_gateway_fields(order: Order) -> Order {
    Order {
        client_id: ClientId::new(7),
        shares_allocation: "1234567890.0/DU1234567/2.5".into(),
        basis_points: some("0.7"),
        basis_points_type: Some(1),
        volatility: some("5.5"),
        soft_dollar_tier: SoftDollarTier { display_name: "disp".into(), ..order.soft_dollar_tier.clone() },
        min_trade_qty: Some(3),
        min_compete_size: Some(200),
        compete_against_best_offset: some("0.02"),
        mid_offset_at_whole: some("0.01"),
        mid_offset_at_half: some("0.005"),
        bond_accrued_interest: "1.23".into(),
        submitter: "someone".into(),
        ..order
    }
}

fn legs() -> Vec<OrderLeg> {
    let far = OrderLeg {
        con_id: ConId::new(272_093),
        ratio: 2,
        action: "SELL".into(),
        exchange: "ISLAND".into(),
        open_close: 1,
        short_sale_slot: 2,
        designated_location: "LOC".into(),
        exempt_code: 0,
    };
    let near =
        OrderLeg { con_id: ConId::new(265_598), action: "BUY".into(), exchange: "SMART".into(), ..OrderLeg::default() };
    vec![near, far]
}

fn rich_essence() -> Order {
    Order {
        aux_price: some("0.25"),
        tif: "GTD".into(),
        oca_group: "oca".into(),
        account: "DU1234567".into(),
        open_close: "C".into(),
        origin: 1,
        order_ref: "gw-2".into(),
        transmit: false,
        parent_id: OrderId::new(4),
        block_order: true,
        sweep_to_fill: true,
        display_size: Some(10),
        trigger_method: 2,
        outside_rth: true,
        hidden: true,
        order_combo_legs: vec![OrderComboLeg { price: some("1.25") }, OrderComboLeg { price: None }],
        smart_combo_routing_params: vec![tag("NonGuaranteed", "1")],
        discretionary_amt: dec("0.05"),
        good_after_time: "20260102 09:30:00 US/Eastern".into(),
        good_till_date: "20260103 16:00:00 US/Eastern".into(),
        fa_group: "grp".into(),
        fa_method: "NetLiq".into(),
        fa_percentage: "50".into(),
        fa_profile: "prof".into(),
        model_code: "model".into(),
        short_sale_slot: 2,
        designated_location: "here".into(),
        exempt_code: 3,
        ..Order::limit(Action::Sell, dec("2.5"), dec("1.5"))
    }
}

fn with_restrictions(order: Order) -> Order {
    Order {
        oca_type: 1,
        rule_80a: "I".into(),
        settling_firm: "firm".into(),
        all_or_none: true,
        min_qty: Some(1),
        percent_offset: some("0.01"),
        auction_strategy: 1,
        starting_price: some("1.1"),
        stock_ref_price: some("180.5"),
        delta: some("0.4"),
        stock_range_lower: some("170"),
        stock_range_upper: some("190"),
        override_percentage_constraints: true,
        volatility_type: Some(2),
        delta_neutral_order_type: "LMT".into(),
        delta_neutral_aux_price: some("1.2"),
        delta_neutral_con_id: ConId::new(11),
        delta_neutral_settling_firm: "dsf".into(),
        delta_neutral_clearing_account: "dca".into(),
        delta_neutral_clearing_intent: "dci".into(),
        delta_neutral_open_close: "O".into(),
        delta_neutral_short_sale: true,
        delta_neutral_short_sale_slot: 1,
        delta_neutral_designated_location: "dloc".into(),
        continuous_update: true,
        reference_price_type: Some(1),
        trail_stop_price: some("1.4"),
        trailing_percent: some("2"),
        scale_init_level_size: Some(5),
        scale_subs_level_size: Some(6),
        scale_price_increment: some("0.02"),
        scale_price_adjust_value: some("0.01"),
        scale_price_adjust_interval: Some(60),
        scale_profit_offset: some("0.03"),
        scale_auto_reset: true,
        scale_init_position: Some(7),
        scale_init_fill_qty: Some(8),
        scale_random_percent: true,
        scale_table: "table".into(),
        active_start_time: "start".into(),
        active_stop_time: "stop".into(),
        hedge_type: "B".into(),
        hedge_param: "1.2".into(),
        ..order
    }
}

fn with_special_types(order: Order) -> Order {
    Order {
        opt_out_smart_routing: true,
        clearing_account: "ca".into(),
        clearing_intent: "IB".into(),
        not_held: true,
        algo_strategy: "Vwap".into(),
        algo_params: vec![tag("maxPctVol", "0.1"), tag("noTakeLiq", "1")],
        algo_id: "algo".into(),
        what_if: true,
        order_misc_options: "a=1;b=2;".into(),
        solicited: true,
        randomize_size: true,
        randomize_price: true,
        conditions: conditions(),
        conditions_ignore_rth: true,
        conditions_cancel_order: true,
        adjusted_order_type: "TRAIL".into(),
        trigger_price: some("1.6"),
        lmt_price_offset: some("0.1"),
        adjusted_stop_price: some("1.7"),
        adjusted_stop_limit_price: some("1.8"),
        adjusted_trailing_amount: some("0.2"),
        adjustable_trailing_unit: 100,
        ext_operator: "op".into(),
        soft_dollar_tier: SoftDollarTier { name: "tier".into(), val: "val".into(), display_name: String::new() },
        cash_qty: some("1000"),
        mifid2_decision_maker: "dm".into(),
        mifid2_decision_algo: "da".into(),
        mifid2_execution_trader: "et".into(),
        mifid2_execution_algo: "ea".into(),
        dont_use_auto_price_for_hedge: true,
        is_oms_container: true,
        discretionary_up_to_limit_price: true,
        use_price_mgmt_algo: Some(true),
        duration: Some(30),
        post_to_ats: Some(20),
        auto_cancel_parent: true,
        advanced_error_override: "8229".into(),
        manual_order_time: "20260102-10:00:00".into(),
        customer_account: "cust".into(),
        professional_customer: true,
        include_overnight: true,
        manual_order_indicator: Some(1),
        external_user_id: "user".into(),
        imbalance_only: true,
        ..order
    }
}

fn conditions() -> Vec<OrderCondition> {
    let con_id = ConId::new(265_598);
    let smart = || "SMART".to_owned();
    let and = |trigger| OrderCondition { conjunction: Conjunction::And, trigger };
    let or = |trigger| OrderCondition { conjunction: Conjunction::Or, trigger };
    vec![
        and(Trigger::Price { is_more: true, price: dec("180.5"), con_id, exchange: smart(), trigger_method: 2 }),
        or(Trigger::Time { is_more: false, time: "20260102 10:00:00 US/Eastern".into() }),
        and(Trigger::Margin { is_more: true, percent: dec("30") }),
        and(Trigger::Execution { sec_type: "STK".into(), exchange: smart(), symbol: "IBM".into() }),
        or(Trigger::Volume { is_more: true, volume: 1000, con_id, exchange: smart() }),
        and(Trigger::PercentChange { is_more: false, change_percent: dec("-2.5"), con_id, exchange: smart() }),
    ]
}

fn state() -> OrderState {
    OrderState {
        status: "Submitted".into(),
        init_margin_before: some("1000.11"),
        maint_margin_before: some("900.12"),
        equity_with_loan_before: some("5000.13"),
        init_margin_change: some("10.14"),
        maint_margin_change: some("-9.15"),
        equity_with_loan_change: some("0.16"),
        init_margin_after: some("1010.17"),
        maint_margin_after: some("890.18"),
        equity_with_loan_after: some("5000.19"),
        commission: some("1.05"),
        min_commission: some("1"),
        max_commission: some("2.5"),
        commission_currency: "USD".into(),
        margin_currency: "EUR".into(),
        init_margin_before_outside_rth: some("2000.21"),
        maint_margin_before_outside_rth: some("1900.22"),
        equity_with_loan_before_outside_rth: some("6000.23"),
        init_margin_change_outside_rth: some("20.24"),
        maint_margin_change_outside_rth: some("-19.25"),
        equity_with_loan_change_outside_rth: some("0.26"),
        init_margin_after_outside_rth: some("2020.27"),
        maint_margin_after_outside_rth: some("1880.28"),
        equity_with_loan_after_outside_rth: some("6000.29"),
        suggested_size: some("2"),
        reject_reason: "no reason".into(),
        order_allocations: vec![
            OrderAllocation {
                account: "DU1234567".into(),
                position: some("1"),
                position_desired: some("2"),
                position_after: some("3"),
                desired_alloc_qty: some("1.5"),
                allowed_alloc_qty: some("0.5"),
                is_monetary: true,
            },
            OrderAllocation { account: "DU7654321".into(), ..OrderAllocation::default() },
        ],
        warning_text: "careful".into(),
        ..OrderState::default()
    }
}
