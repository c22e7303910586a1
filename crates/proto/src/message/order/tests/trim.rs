//! What is left of a sample in a message of a certain version.

use rust_decimal::Decimal;

use crate::ids::{ClientId, ConId, OrderId, PermId, ServerVersion};
use crate::message::order::{CompletedOrder, OpenOrder, Order, OrderState, PlaceOrder, SoftDollarTier};

/// Resets a field, which `Order::default()` has, below a version.
macro_rules! since {
    ($order:ident, $speaks:ident: $($version:literal $($field:ident)*;)*) => {
        $(if $speaks < ServerVersion::new($version) {
            $($order.$field = Order::default().$field;)*
        })*
    };
}

/// Resets fields that a message never has.
macro_rules! never {
    ($order:ident: $($field:ident)*) => {
        $($order.$field = Order::default().$field;)*
    };
}

pub(super) fn placed(mut message: PlaceOrder, speaks: ServerVersion) -> PlaceOrder {
    let order = &mut message.order;
    since!(order, speaks:
        158 duration;
        160 post_to_ats;
        162 auto_cancel_parent;
        166 advanced_error_override;
        169 manual_order_time;
        170 min_trade_qty min_compete_size compete_against_best_offset_up_to_mid mid_offset_at_whole mid_offset_at_half;
        183 customer_account;
        184 professional_customer;
        187 external_user_id manual_order_indicator;
        189 include_overnight;
        199 imbalance_only;
    );
    if speaks >= ServerVersion::new(177) {
        order.fa_profile = String::new();
    }
    if speaks >= ServerVersion::new(190) {
        order.external_user_id = String::new();
    }
    if speaks == ServerVersion::new(190) || speaks == ServerVersion::new(191) {
        order.manual_order_indicator = None;
    }
    message
}

pub(super) fn open(mut message: OpenOrder, speaks: ServerVersion) -> OpenOrder {
    let order = &mut message.order;
    reported(order, speaks);
    since!(order, speaks:
        158 duration;
        160 post_to_ats;
        162 auto_cancel_parent;
        185 bond_accrued_interest;
        189 include_overnight;
        193 ext_operator manual_order_indicator;
        199 imbalance_only;
    );
    if speaks < ServerVersion::new(195) {
        let state = message.order_state;
        message.order_state = OrderState {
            status: state.status,
            init_margin_before: state.init_margin_before,
            maint_margin_before: state.maint_margin_before,
            equity_with_loan_before: state.equity_with_loan_before,
            init_margin_change: state.init_margin_change,
            maint_margin_change: state.maint_margin_change,
            equity_with_loan_change: state.equity_with_loan_change,
            init_margin_after: state.init_margin_after,
            maint_margin_after: state.maint_margin_after,
            equity_with_loan_after: state.equity_with_loan_after,
            commission: state.commission,
            min_commission: state.min_commission,
            max_commission: state.max_commission,
            commission_currency: state.commission_currency,
            warning_text: state.warning_text,
            ..OrderState::default()
        };
    }
    message
}

pub(super) fn completed(mut message: CompletedOrder, speaks: ServerVersion) -> CompletedOrder {
    let order = &mut message.order;
    reported(order, speaks);
    never!(order:
        client_id shares_allocation auction_strategy block_order parent_id basis_points basis_points_type
        delta_neutral_settling_firm delta_neutral_clearing_account delta_neutral_clearing_intent
        delta_neutral_open_close opt_out_smart_routing what_if adjusted_order_type trigger_price adjusted_stop_price
        adjusted_stop_limit_price adjusted_trailing_amount adjustable_trailing_unit soft_dollar_tier
        discretionary_up_to_limit_price use_price_mgmt_algo duration post_to_ats bond_accrued_interest
        include_overnight ext_operator manual_order_indicator
    );
    message
}

/// What neither openOrder nor completedOrder says.
fn reported(order: &mut Order, speaks: ServerVersion) {
    never!(order:
        transmit override_percentage_constraints scale_table active_start_time active_stop_time algo_id
        order_misc_options mifid2_decision_maker mifid2_decision_algo mifid2_execution_trader mifid2_execution_algo
        advanced_error_override manual_order_time external_user_id
    );
    since!(order, speaks:
        170 min_trade_qty min_compete_size compete_against_best_offset mid_offset_at_whole mid_offset_at_half;
        183 customer_account;
        184 professional_customer;
        198 submitter;
    );
    if speaks >= ServerVersion::new(177) {
        order.fa_profile = String::new();
    }
}

#[test]
fn a_default_order_is_plain() {
    let order = Order::default();
    assert!(order.transmit);
    assert_eq!(order.exempt_code, -1);
    assert_eq!((order.client_id, order.parent_id), (ClientId::default(), OrderId::default()));
    assert_eq!((order.perm_id, order.delta_neutral_con_id), (PermId::default(), ConId::default()));
    assert_eq!((order.total_quantity, order.lmt_price), (Decimal::ZERO, None));
    assert_eq!(order.soft_dollar_tier, SoftDollarTier::default());
}
