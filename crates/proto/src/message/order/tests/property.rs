//! Arbitrary messages survive being written and read, at every version.

use proptest::prelude::*;

use crate::ids::ServerVersion;
use crate::message::order::scramble::{Scramble, survives};
use crate::message::order::{CancelOrder, CompletedOrder, GlobalCancel, OpenOrder, OrderStatus, PlaceOrder};

fn versions() -> impl Strategy<Value = ServerVersion> {
    (157..=200).prop_map(ServerVersion::new)
}

fn noise() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..1200)
}

proptest! {
    #[test]
    fn placed_orders_survive(noise in noise(), speaks in versions()) {
        let mut message = PlaceOrder::default();
        let Ok(()) = message.pass(&mut Scramble(&noise), speaks);
        survives(&message, speaks, PlaceOrder::encode, PlaceOrder::decode)?;
    }

    #[test]
    fn open_orders_survive(noise in noise(), speaks in versions()) {
        let mut message = OpenOrder::default();
        let Ok(()) = message.pass(&mut Scramble(&noise), speaks);
        survives(&message, speaks, OpenOrder::encode, OpenOrder::decode)?;
    }

    #[test]
    fn completed_orders_survive(noise in noise(), speaks in versions()) {
        let mut message = CompletedOrder::default();
        let Ok(()) = message.pass(&mut Scramble(&noise), speaks);
        survives(&message, speaks, CompletedOrder::encode, CompletedOrder::decode)?;
    }

    #[test]
    fn small_messages_survive(noise in noise(), speaks in versions()) {
        let (mut status, mut cancel, mut global) = <(OrderStatus, CancelOrder, GlobalCancel)>::default();
        let Ok(()) = status.pass(&mut Scramble(&noise), crate::version::LAST_TEXT);
        let Ok(()) = cancel.pass(&mut Scramble(&noise), speaks);
        let Ok(()) = global.pass(&mut Scramble(&noise), speaks);
        survives(&status, speaks, OrderStatus::encode, OrderStatus::decode)?;
        survives(&cancel, speaks, CancelOrder::encode, CancelOrder::decode)?;
        survives(&global, speaks, GlobalCancel::encode, GlobalCancel::decode)?;
    }
}
