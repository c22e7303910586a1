//! An order that the API came to know.

use crate::ids::{ClientId, OrderId, PermId};
use crate::message::layout::layout;

#[cfg(test)]
mod tests;

layout! {
    /// 100 from the server: an order now has a number that a client can name.
    pub struct OrderBound {
        /// The order over the whole account.
        pub perm_id: PermId,
        /// The client it belongs to.
        pub client_id: ClientId,
        /// Its number there.
        pub order_id: OrderId,
    }
}
