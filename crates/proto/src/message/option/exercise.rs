//! Exercising and lapsing.

use crate::ids::RequestId;
use crate::message::contract::Contract;
use crate::message::layout::layout;

layout! {
    /// 21 to the server: exercises options, or lets them lapse.
    pub struct ExerciseOptions, version 2 {
        /// The request; answers come as for an order of this number.
        pub req_id: RequestId,
        /// The option, without its listing exchange.
        pub contract: Contract as Routed,
        /// 1 exercise, 2 lapse.
        pub exercise_action: i32,
        /// How many.
        pub exercise_quantity: i32,
        /// The account.
        pub account: String,
        /// Whether to go against what the Gateway would do by itself: 0 no, 1 yes.
        pub r#override: i32,
        /// When a manual instruction was given.
        @since EXERCISE_MANUAL_TIME pub manual_order_time: String,
        /// The customer's account.
        @since CUSTOMER_ACCOUNT pub customer_account: String,
        /// Whether for a professional customer.
        @since PROFESSIONAL_CUSTOMER pub professional_customer: bool,
    }
}
