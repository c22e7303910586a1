//! What an order waits for, as protobuf.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::message::order::{Conjunction, OrderCondition, Trigger};
use crate::protobuf::{Body, Tag};

const TYPE: Tag = 1;

impl OrderCondition {
    pub(super) fn pass_body<B: Body>(&mut self, body: &mut B) -> Result<(), B::Error> {
        let mut number = self.trigger.number().parse().unwrap_or_default();
        if !B::WRITES {
            number = 0;
        }
        body.whole(TYPE, &mut number)?;
        match Trigger::of_number(&number.to_string()) {
            Some(trigger) if !B::WRITES => self.trigger = trigger,
            Some(_) => {}
            None => body.refuse(TYPE, "a known condition type")?,
        }
        // Without a word about it, a condition is alone, hence "or" is as good as "and"; official clients start with "and".
        let mut both = self.conjunction == Conjunction::And;
        body.yes_or_no(2, &mut both)?;
        self.conjunction = if both { Conjunction::And } else { Conjunction::Or };
        self.trigger.pass_body(body)
    }
}

impl Trigger {
    fn pass_body<B: Body>(&mut self, body: &mut B) -> Result<(), B::Error> {
        match self {
            Self::Price { is_more, price, con_id, exchange, trigger_method } => {
                body.yes_or_no(3, is_more)?;
                body.id(4, con_id)?;
                body.text(5, exchange)?;
                body.number(10, price)?;
                body.whole(11, trigger_method)
            }
            Self::Time { is_more, time } => {
                body.yes_or_no(3, is_more)?;
                body.text(12, time)
            }
            Self::Margin { is_more, percent } => {
                body.yes_or_no(3, is_more)?;
                let mut whole = percent.round().to_i32().unwrap_or(i32::MAX);
                body.whole(8, &mut whole)?;
                *percent = Decimal::from(whole);
                Ok(())
            }
            Self::Execution { sec_type, exchange, symbol } => {
                body.text(5, exchange)?;
                body.text(6, symbol)?;
                body.text(7, sec_type)
            }
            Self::Volume { is_more, volume, con_id, exchange } => {
                body.yes_or_no(3, is_more)?;
                body.id(4, con_id)?;
                body.text(5, exchange)?;
                let mut whole = i32::try_from(*volume).unwrap_or(i32::MAX);
                body.whole(13, &mut whole)?;
                *volume = i64::from(whole);
                Ok(())
            }
            Self::PercentChange { is_more, change_percent, con_id, exchange } => {
                body.yes_or_no(3, is_more)?;
                body.id(4, con_id)?;
                body.text(5, exchange)?;
                body.number(9, change_percent)
            }
        }
    }
}
