//! Layouts as data: messages whose fields stand one behind another, each with the version that brought it.

use rust_decimal::Decimal;

use crate::error::ProtoError;
use crate::ids::{ClientId, ConId, OrderId, PermId, RequestId, ServerVersion};
use crate::message::contract::Contract;
use crate::text::{FieldWriter, Fields, UNSET_DOUBLE, UNSET_INTEGER};
use crate::version;

/// How a value stands in a text payload.
pub(crate) trait Codec<T> {
    /// The least number of fields that a value takes.
    const FIELDS: usize = 1;

    /// Appends the value.
    fn write(value: &T, fields: &mut FieldWriter<'_>, speaks: ServerVersion);

    /// Reads what [`Codec::write`] writes.
    fn read(fields: &mut Fields<'_>, speaks: ServerVersion) -> Result<T, ProtoError>;
}

/// A value as most messages write it: lists behind their count, nothing for "not set".
#[derive(Debug)]
pub(crate) enum Plain {}

/// The largest double for "not set".
#[derive(Debug)]
pub(crate) enum OrMax {}

/// The largest integer for "not set".
#[derive(Debug)]
pub(crate) enum IntOrMax {}

/// −1 for "not computed"; so is any other negative number.
#[derive(Debug)]
pub(crate) enum NotNegative {}

/// −1 for "not computed".
#[derive(Debug)]
pub(crate) enum NotMinusOne {}

/// −2 for "not computed", where −1 is a value.
#[derive(Debug)]
pub(crate) enum NotMinusTwo {}

/// The eleven fields of a contract as a Gateway names what is held: one exchange, no strike is `0.0`.
#[derive(Debug)]
pub(crate) enum Held {}

/// The eleven fields of a contract where a request names one exchange: no strike is an empty field.
#[derive(Debug)]
pub(crate) enum Routed {}

/// A contract as [`Plain`]; until [`version::MKT_DEPTH_PRIM_EXCHANGE`] as [`Routed`].
#[derive(Debug)]
pub(crate) enum Deep {}

/// Declares a message, or one entry of a list in a message, by its fields in the order of the wire.
///
/// `version 1` behind the name puts that constant in front of the fields, `until GATE` only below that server version.
/// `@since GATE` lets a field exist from a server version on; below, it is not written and reads as its default.
/// `as Codec` behind a type chooses another way to write it than [`Plain`].
macro_rules! layout {
    (
        $(#[$meta:meta])*
        pub struct $name:ident $(, version $version:literal $(until $until:ident)?)? {
            $($(#[$doc:meta])* $(@since $gate:ident)? pub $field:ident: $ty:ty $(as $codec:ident)?,)*
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Default)]
        pub struct $name {
            $($(#[$doc])* pub $field: $ty,)*
        }

        impl $name {
            pub(crate) fn encode(
                &self,
                fields: &mut $crate::text::FieldWriter<'_>,
                speaks: $crate::ids::ServerVersion,
            ) {
                $(if $crate::message::layout::layout!(@before speaks $($until)?) {
                    fields.int($version);
                })?
                $(if $crate::message::layout::layout!(@from speaks $($gate)?) {
                    <$crate::message::layout::layout!(@codec $($codec)?) as $crate::message::layout::Codec<$ty>>::write(
                        &self.$field,
                        fields,
                        speaks,
                    );
                })*
            }

            pub(crate) fn decode(
                fields: &mut $crate::text::Fields<'_>,
                speaks: $crate::ids::ServerVersion,
            ) -> Result<Self, $crate::error::ProtoError> {
                $(if $crate::message::layout::layout!(@before speaks $($until)?) {
                    let _: &str = stringify!($version);
                    fields.skip(1)?;
                })?
                Ok(Self {
                    $($field: if $crate::message::layout::layout!(@from speaks $($gate)?) {
                        <
                            $crate::message::layout::layout!(@codec $($codec)?) as $crate::message::layout::Codec<$ty>
                        >::read(fields, speaks)?
                    } else {
                        Default::default()
                    },)*
                })
            }
        }

        impl $crate::message::layout::Codec<$name> for $crate::message::layout::Plain {
            const FIELDS: usize = 0 $(+ $crate::message::layout::layout!(@least ($ty) ($($codec)?) $($gate)?))*;

            fn write(value: &$name, fields: &mut $crate::text::FieldWriter<'_>, speaks: $crate::ids::ServerVersion) {
                value.encode(fields, speaks);
            }

            fn read(
                fields: &mut $crate::text::Fields<'_>,
                speaks: $crate::ids::ServerVersion,
            ) -> Result<$name, $crate::error::ProtoError> {
                $name::decode(fields, speaks)
            }
        }

        #[cfg(test)]
        impl $crate::message::tests::sample::Sample for $name {
            fn sample(source: &mut $crate::message::tests::sample::Source) -> Self {
                Self {
                    $($field: if $crate::message::layout::layout!(@from (source.speaks) $($gate)?) {
                        $crate::message::tests::sample::Sample::sample(source)
                    } else {
                        Default::default()
                    },)*
                }
            }
        }
    };
    (@codec) => { $crate::message::layout::Plain };
    (@codec $codec:ident) => { $crate::message::layout::$codec };
    (@from $speaks:tt) => { true };
    (@from $speaks:tt $gate:ident) => { $speaks >= $crate::version::$gate };
    (@before $speaks:tt) => { true };
    (@before $speaks:tt $until:ident) => { $speaks < $crate::version::$until };
    (@least ($ty:ty) ($($codec:ident)?)) => {
        <$crate::message::layout::layout!(@codec $($codec)?) as $crate::message::layout::Codec<$ty>>::FIELDS
    };
    (@least ($ty:ty) ($($codec:ident)?) $gate:ident) => { 0 };
}
pub(crate) use layout;

macro_rules! plain {
    ($($ty:ty: $value:ident, $fields:ident => $write:expr, $read:expr;)*) => {
        $(impl Codec<$ty> for Plain {
            fn write($value: &$ty, $fields: &mut FieldWriter<'_>, _: ServerVersion) {
                $write;
            }

            fn read($fields: &mut Fields<'_>, _: ServerVersion) -> Result<$ty, ProtoError> {
                $read
            }
        })*
    };
}

plain! {
    String: value, fields => fields.text(value), fields.string();
    i32: value, fields => fields.int(*value), fields.i32();
    i64: value, fields => fields.int(*value), fields.i64();
    bool: value, fields => fields.bool(*value), fields.bool();
    Decimal: value, fields => fields.decimal(*value), fields.decimal();
    Option<Decimal>: value, fields => fields.opt_decimal(*value), fields.opt_decimal();
    Option<i32>: value, fields => fields.opt_int(*value), fields.opt_i32();
    RequestId: value, fields => fields.int(value.get()), fields.i32().map(RequestId::new);
    ClientId: value, fields => fields.int(value.get()), fields.i32().map(ClientId::new);
    OrderId: value, fields => fields.int(value.get()), fields.i32().map(OrderId::new);
    PermId: value, fields => fields.int(value.get()), fields.i64().map(PermId::new);
    ConId: value, fields => fields.int(value.get()), fields.i32().map(ConId::new);
}

impl Codec<Contract> for Plain {
    const FIELDS: usize = 12;

    fn write(value: &Contract, fields: &mut FieldWriter<'_>, _: ServerVersion) {
        value.encode_full(fields);
    }

    fn read(fields: &mut Fields<'_>, _: ServerVersion) -> Result<Contract, ProtoError> {
        Contract::decode_full(fields)
    }
}

impl Codec<Contract> for Held {
    const FIELDS: usize = 11;

    fn write(value: &Contract, fields: &mut FieldWriter<'_>, _: ServerVersion) {
        value.encode_held(&value.exchange, fields);
    }

    fn read(fields: &mut Fields<'_>, _: ServerVersion) -> Result<Contract, ProtoError> {
        Contract::decode_held(fields)
    }
}

impl Codec<Contract> for Routed {
    const FIELDS: usize = 11;

    fn write(value: &Contract, fields: &mut FieldWriter<'_>, _: ServerVersion) {
        fields
            .int(value.con_id.get())
            .text(&value.symbol)
            .text(&value.sec_type)
            .text(&value.last_trade_date_or_contract_month)
            .opt_decimal(value.strike)
            .text(&value.right)
            .text(&value.multiplier)
            .text(&value.exchange)
            .text(&value.currency)
            .text(&value.local_symbol)
            .text(&value.trading_class);
    }

    fn read(fields: &mut Fields<'_>, _: ServerVersion) -> Result<Contract, ProtoError> {
        Contract::decode_held(fields)
    }
}

impl Codec<Contract> for Deep {
    const FIELDS: usize = 11;

    fn write(value: &Contract, fields: &mut FieldWriter<'_>, speaks: ServerVersion) {
        if speaks >= version::MKT_DEPTH_PRIM_EXCHANGE {
            Plain::write(value, fields, speaks);
        } else {
            Routed::write(value, fields, speaks);
        }
    }

    fn read(fields: &mut Fields<'_>, speaks: ServerVersion) -> Result<Contract, ProtoError> {
        if speaks >= version::MKT_DEPTH_PRIM_EXCHANGE {
            Plain::read(fields, speaks)
        } else {
            Routed::read(fields, speaks)
        }
    }
}

impl<T> Codec<Vec<T>> for Plain
where
    Self: Codec<T>,
{
    fn write(value: &Vec<T>, fields: &mut FieldWriter<'_>, speaks: ServerVersion) {
        fields.int(u32::try_from(value.len()).unwrap_or(u32::MAX));
        for entry in value {
            <Self as Codec<T>>::write(entry, fields, speaks);
        }
    }

    fn read(fields: &mut Fields<'_>, speaks: ServerVersion) -> Result<Vec<T>, ProtoError> {
        let count = fields.count(<Self as Codec<T>>::FIELDS)?;
        (0..count).map(|_| <Self as Codec<T>>::read(fields, speaks)).collect()
    }
}

impl Codec<Option<i32>> for IntOrMax {
    fn write(value: &Option<i32>, fields: &mut FieldWriter<'_>, _: ServerVersion) {
        fields.int(value.unwrap_or(UNSET_INTEGER));
    }

    fn read(fields: &mut Fields<'_>, _: ServerVersion) -> Result<Option<i32>, ProtoError> {
        fields.opt_i32()
    }
}

impl Codec<Option<ConId>> for IntOrMax {
    fn write(value: &Option<ConId>, fields: &mut FieldWriter<'_>, _: ServerVersion) {
        fields.int(value.map_or(UNSET_INTEGER, ConId::get));
    }

    fn read(fields: &mut Fields<'_>, _: ServerVersion) -> Result<Option<ConId>, ProtoError> {
        Ok(fields.opt_i32()?.map(ConId::new))
    }
}

macro_rules! not_set {
    ($($codec:ident: $written:expr, $value:ident => $is_set:expr;)*) => {
        $(impl Codec<Option<Decimal>> for $codec {
            fn write(value: &Option<Decimal>, fields: &mut FieldWriter<'_>, _: ServerVersion) {
                match value {
                    Some(value) => fields.decimal(*value),
                    None => fields.text($written),
                };
            }

            fn read(fields: &mut Fields<'_>, _: ServerVersion) -> Result<Option<Decimal>, ProtoError> {
                Ok(fields.opt_decimal()?.filter(|$value| $is_set))
            }
        })*
    };
}

not_set! {
    OrMax: UNSET_DOUBLE, _value => true;
    NotNegative: "-1", value => value.is_sign_positive() || value.is_zero();
    NotMinusOne: "-1", value => *value != Decimal::NEGATIVE_ONE;
    NotMinusTwo: "-2", value => *value != -Decimal::TWO;
}
