//! An order as protobuf, in runs of ascending tags.

use crate::ids::{ConId, OrderId, PermId};
use crate::message::order::group::{NO_TYPE, UNKNOWN_SIDE, zero_is_unset};
use crate::message::order::{Action, Order, SoftDollarTier};
use crate::protobuf::{Body, Speaker, Tag};

const ACTION: Tag = 5;

impl Order {
    /// Passes an order. `order_id` travels inside the order too, but clients leave it out.
    pub(super) fn pass_body<B: Body>(
        &mut self,
        body: &mut B,
        speaker: Speaker,
        order_id: &mut Option<OrderId>,
    ) -> Result<(), B::Error> {
        body.id(1, &mut self.client_id)?;
        let mut number = order_id.map(OrderId::get);
        body.maybe_whole(2, &mut number)?;
        *order_id = number.map(OrderId::new);
        body.perm_id(3, &mut self.perm_id)?;
        body.id(4, &mut self.parent_id)?;
        self.pass_essence(body, speaker)?;
        self.pass_restrictions(body)?;
        self.pass_volatility(body, speaker)?;
        self.pass_scale_and_algorithm(body)?;
        self.pass_handling(body, speaker)?;
        self.pass_pegged(body, speaker)?;
        self.pass_conditional(body, speaker)?;
        self.pass_for_the_record(body, speaker)?;
        self.pass_outcome(body, speaker)?;
        self.pass_since_158(body)
    }

    /// Tags 5 to 15. An order without an action is refused: it must not become a purchase.
    fn pass_essence<B: Body>(&mut self, body: &mut B, speaker: Speaker) -> Result<(), B::Error> {
        let mut action = if B::WRITES { self.action.as_str().to_owned() } else { String::new() };
        body.text(ACTION, &mut action)?;
        match Action::from_wire(&action) {
            Some(action) => self.action = action,
            None => body.refuse(ACTION, "an action")?,
        }
        body.amount(6, &mut self.total_quantity)?;
        match speaker {
            Speaker::Client => {
                body.maybe_whole_or_zero(7, &mut self.display_size)?;
                zero_is_unset(&mut self.display_size);
            }
            Speaker::Gateway => body.maybe_whole(7, &mut self.display_size)?,
        }
        body.text(8, &mut self.order_type)?;
        for (tag, price) in [(9, &mut self.lmt_price), (10, &mut self.aux_price)] {
            match speaker {
                Speaker::Client => body.price(tag, price)?,
                Speaker::Gateway => body.price_or_zero(tag, price)?,
            }
        }
        body.text(11, &mut self.tif)?;
        body.text(12, &mut self.account)?;
        body.text(13, &mut self.settling_firm)?;
        body.text(14, &mut self.clearing_account)?;
        body.text(15, &mut self.clearing_intent)
    }

    /// Tags 16 to 36.
    fn pass_restrictions<B: Body>(&mut self, body: &mut B) -> Result<(), B::Error> {
        body.flag(16, &mut self.all_or_none)?;
        body.flag(17, &mut self.block_order)?;
        body.flag(18, &mut self.hidden)?;
        body.flag(19, &mut self.outside_rth)?;
        body.flag(20, &mut self.sweep_to_fill)?;
        body.price(21, &mut self.percent_offset)?;
        body.price(22, &mut self.trailing_percent)?;
        body.price(23, &mut self.trail_stop_price)?;
        body.maybe_whole(24, &mut self.min_qty)?;
        body.text(25, &mut self.good_after_time)?;
        body.text(26, &mut self.good_till_date)?;
        body.text(27, &mut self.oca_group)?;
        body.text(28, &mut self.order_ref)?;
        body.text(29, &mut self.rule_80a)?;
        body.whole(30, &mut self.oca_type)?;
        body.whole(31, &mut self.trigger_method)?;
        body.text(32, &mut self.active_start_time)?;
        body.text(33, &mut self.active_stop_time)?;
        body.text(34, &mut self.fa_group)?;
        body.text(35, &mut self.fa_method)?;
        body.text(36, &mut self.fa_percentage)
    }

    /// Tags 37 to 47.
    fn pass_volatility<B: Body>(&mut self, body: &mut B, speaker: Speaker) -> Result<(), B::Error> {
        body.price(37, &mut self.volatility)?;
        pass_kind(body, 38, &mut self.volatility_type, speaker)?;
        body.flag(39, &mut self.continuous_update)?;
        pass_kind(body, 40, &mut self.reference_price_type, speaker)?;
        pass_order_type(body, 41, &mut self.delta_neutral_order_type, speaker)?;
        body.price(42, &mut self.delta_neutral_aux_price)?;
        match speaker {
            Speaker::Client => body.id(43, &mut self.delta_neutral_con_id)?,
            Speaker::Gateway => body.id_unless_zero(43, &mut self.delta_neutral_con_id)?,
        }
        body.text(44, &mut self.delta_neutral_open_close)?;
        if !B::WRITES && self.delta_neutral_open_close == UNKNOWN_SIDE {
            self.delta_neutral_open_close.clear();
        }
        body.flag(45, &mut self.delta_neutral_short_sale)?;
        body.whole(46, &mut self.delta_neutral_short_sale_slot)?;
        body.text(47, &mut self.delta_neutral_designated_location)
    }

    /// Tags 48 to 64.
    fn pass_scale_and_algorithm<B: Body>(&mut self, body: &mut B) -> Result<(), B::Error> {
        body.maybe_whole(48, &mut self.scale_init_level_size)?;
        body.maybe_whole(49, &mut self.scale_subs_level_size)?;
        body.price(50, &mut self.scale_price_increment)?;
        body.price(51, &mut self.scale_price_adjust_value)?;
        body.maybe_whole(52, &mut self.scale_price_adjust_interval)?;
        body.price(53, &mut self.scale_profit_offset)?;
        body.flag(54, &mut self.scale_auto_reset)?;
        body.maybe_whole(55, &mut self.scale_init_position)?;
        body.maybe_whole(56, &mut self.scale_init_fill_qty)?;
        body.flag(57, &mut self.scale_random_percent)?;
        body.text(58, &mut self.scale_table)?;
        body.text(59, &mut self.hedge_type)?;
        body.text(60, &mut self.hedge_param)?;
        body.text(61, &mut self.algo_strategy)?;
        body.pairs(62, &mut self.algo_params)?;
        body.text(63, &mut self.algo_id)?;
        body.pairs(64, &mut self.smart_combo_routing_params)
    }

    /// Tags 65 to 87. Only clients say whether to transmit; from a client, silence is "no".
    fn pass_handling<B: Body>(&mut self, body: &mut B, speaker: Speaker) -> Result<(), B::Error> {
        body.flag(65, &mut self.what_if)?;
        if speaker == Speaker::Client {
            self.transmit &= B::WRITES;
            body.flag(66, &mut self.transmit)?;
        }
        body.flag(67, &mut self.override_percentage_constraints)?;
        body.text(68, &mut self.open_close)?;
        body.whole(69, &mut self.origin)?;
        body.whole(70, &mut self.short_sale_slot)?;
        body.text(71, &mut self.designated_location)?;
        body.whole(72, &mut self.exempt_code)?;
        body.text(73, &mut self.delta_neutral_settling_firm)?;
        body.text(74, &mut self.delta_neutral_clearing_account)?;
        body.text(75, &mut self.delta_neutral_clearing_intent)?;
        body.number_of(76, &mut self.discretionary_amt, speaker)?;
        body.flag(77, &mut self.opt_out_smart_routing)?;
        body.price(78, &mut self.starting_price)?;
        body.price(79, &mut self.stock_ref_price)?;
        body.price(80, &mut self.delta)?;
        body.price(81, &mut self.stock_range_lower)?;
        body.price(82, &mut self.stock_range_upper)?;
        body.flag(83, &mut self.not_held)?;
        body.options(84, &mut self.order_misc_options)?;
        body.flag(85, &mut self.solicited)?;
        body.flag(86, &mut self.randomize_size)?;
        body.flag(87, &mut self.randomize_price)
    }

    /// Tags 88 to 92.
    fn pass_pegged<B: Body>(&mut self, body: &mut B, speaker: Speaker) -> Result<(), B::Error> {
        match speaker {
            Speaker::Client => body.id(88, &mut self.reference_contract_id)?,
            Speaker::Gateway => body.id_unless_zero(88, &mut self.reference_contract_id)?,
        }
        body.number_of(89, &mut self.pegged_change_amount, speaker)?;
        body.flag(90, &mut self.is_pegged_change_amount_decrease)?;
        body.number_of(91, &mut self.reference_change_amount, speaker)?;
        body.text(92, &mut self.reference_exchange_id)
    }

    /// Tags 93 to 102.
    fn pass_conditional<B: Body>(&mut self, body: &mut B, speaker: Speaker) -> Result<(), B::Error> {
        pass_order_type(body, 93, &mut self.adjusted_order_type, speaker)?;
        body.price(94, &mut self.trigger_price)?;
        body.price(95, &mut self.adjusted_stop_price)?;
        body.price(96, &mut self.adjusted_stop_limit_price)?;
        body.price(97, &mut self.adjusted_trailing_amount)?;
        body.whole(98, &mut self.adjustable_trailing_unit)?;
        body.price(99, &mut self.lmt_price_offset)?;
        body.list(100, &mut self.conditions, |body, condition| condition.pass_body(body))?;
        body.flag(101, &mut self.conditions_cancel_order)?;
        body.flag(102, &mut self.conditions_ignore_rth)
    }

    /// Tags 103 to 113.
    fn pass_for_the_record<B: Body>(&mut self, body: &mut B, speaker: Speaker) -> Result<(), B::Error> {
        body.text(103, &mut self.model_code)?;
        body.text(104, &mut self.ext_operator)?;
        if !B::WRITES || speaker == Speaker::Client || self.soft_dollar_tier != SoftDollarTier::default() {
            body.part(105, &mut self.soft_dollar_tier, |body, tier| {
                body.text(1, &mut tier.name)?;
                body.text(2, &mut tier.val)?;
                body.text(3, &mut tier.display_name)
            })?;
        }
        body.price(106, &mut self.cash_qty)?;
        body.text(107, &mut self.mifid2_decision_maker)?;
        body.text(108, &mut self.mifid2_decision_algo)?;
        body.text(109, &mut self.mifid2_execution_trader)?;
        body.text(110, &mut self.mifid2_execution_algo)?;
        body.flag(111, &mut self.dont_use_auto_price_for_hedge)?;
        body.flag(112, &mut self.is_oms_container)?;
        body.flag(113, &mut self.discretionary_up_to_limit_price)
    }

    /// Tags 114 to 122; two are booleans that a Gateway always writes, as integers.
    fn pass_outcome<B: Body>(&mut self, body: &mut B, speaker: Speaker) -> Result<(), B::Error> {
        body.text(114, &mut self.auto_cancel_date)?;
        body.size(115, &mut self.filled_quantity)?;
        let mut future = self.ref_futures_con_id.map(ConId::get);
        body.maybe_whole(116, &mut future)?;
        self.ref_futures_con_id = future.map(ConId::new);
        body.flag(117, &mut self.auto_cancel_parent)?;
        body.text(118, &mut self.shareholder)?;
        body.flag(119, &mut self.imbalance_only)?;
        let mut to_bbo = i32::from(self.route_marketable_to_bbo);
        match speaker {
            Speaker::Client => body.whole_unless_zero(120, &mut to_bbo)?,
            Speaker::Gateway => body.whole(120, &mut to_bbo)?,
        }
        self.route_marketable_to_bbo = to_bbo != 0;
        let mut parent = self.parent_perm_id.map(PermId::get);
        body.maybe_long(121, &mut parent)?;
        self.parent_perm_id = parent.filter(|number| *number != i64::MAX).map(PermId::new);
        let mut managed = self.use_price_mgmt_algo.map(i32::from);
        match speaker {
            Speaker::Client => body.maybe_whole(122, &mut managed)?,
            Speaker::Gateway => body.maybe_whole_or_zero(122, &mut managed)?,
        }
        self.use_price_mgmt_algo = managed.map(|number| number != 0);
        Ok(())
    }

    /// Tags 123 to 137.
    fn pass_since_158<B: Body>(&mut self, body: &mut B) -> Result<(), B::Error> {
        body.maybe_whole(123, &mut self.duration)?;
        body.maybe_whole(124, &mut self.post_to_ats)?;
        body.text(125, &mut self.advanced_error_override)?;
        body.text(126, &mut self.manual_order_time)?;
        body.maybe_whole(127, &mut self.min_trade_qty)?;
        body.maybe_whole(128, &mut self.min_compete_size)?;
        let up_to_mid = &mut self.compete_against_best_offset_up_to_mid;
        body.price_or_infinity(129, &mut self.compete_against_best_offset, up_to_mid)?;
        body.price(130, &mut self.mid_offset_at_whole)?;
        body.price(131, &mut self.mid_offset_at_half)?;
        body.text(132, &mut self.customer_account)?;
        body.flag(133, &mut self.professional_customer)?;
        body.text(134, &mut self.bond_accrued_interest)?;
        body.flag(135, &mut self.include_overnight)?;
        body.maybe_whole(136, &mut self.manual_order_indicator)?;
        body.text(137, &mut self.submitter)
    }
}

/// One of the kinds that start at 1, of which a Gateway says 0 where there is none.
fn pass_kind<B: Body>(body: &mut B, tag: Tag, kind: &mut Option<i32>, speaker: Speaker) -> Result<(), B::Error> {
    match speaker {
        Speaker::Client => body.maybe_whole(tag, kind)?,
        Speaker::Gateway => body.maybe_whole_or_zero(tag, kind)?,
    }
    zero_is_unset(kind);
    Ok(())
}

/// An order type that may be absent, which a Gateway says in a word and we in an empty text.
fn pass_order_type<B: Body>(body: &mut B, tag: Tag, order_type: &mut String, speaker: Speaker) -> Result<(), B::Error> {
    if B::WRITES && speaker == Speaker::Gateway && order_type.is_empty() {
        return body.text(tag, &mut NO_TYPE.to_owned());
    }
    body.text(tag, order_type)?;
    if !B::WRITES && speaker == Speaker::Gateway && order_type == NO_TYPE {
        order_type.clear();
    }
    Ok(())
}
