//! The two enums as tables: one line per message, with its id and what it carries.

/// Declares everything that one side can send.
///
/// A line is the id, the name and what it carries: a message (boxed where it is large), a bare request id, or nothing.
/// `version 1` puts that constant in front of a bare request id, or makes it the only field.
macro_rules! messages {
    (
        $(#[$meta:meta])*
        pub enum $name:ident {
            $($(#[$doc:meta])* $id:literal $variant:ident $(($($payload:tt)+))? $(version $version:literal)?;)*
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq)]
        pub enum $name {
            $($(#[$doc])* $variant $(($($payload)+))?,)*
            /// A message that this crate does not know; its bytes can be passed on as they are.
            Unknown {
                /// The message id.
                id: i32,
                /// The whole payload, id included.
                payload: Bytes,
            },
        }

        impl $name {
            /// The id and the name of every message, in the order of ids.
            pub(crate) const NAMES: &'static [(i32, &'static str)] = &[$(($id, stringify!($variant)),)*];

            /// The message id.
            pub fn id(&self) -> i32 {
                match self {
                    $(Self::$variant { .. } => $id,)*
                    Self::Unknown { id, .. } => *id,
                }
            }

            pub(super) fn encode_body(&self, fields: &mut FieldWriter<'_>, speaks: ServerVersion) {
                match self {
                    $(messages!(@pattern message $variant $(($($payload)+))?) => {
                        messages!(@write message fields speaks $(($($payload)+))? $(version $version)?);
                    })*
                    Self::Unknown { .. } => {}
                }
            }

            pub(super) fn decode_body(
                payload: &Bytes,
                fields: &mut Fields<'_>,
                speaks: ServerVersion,
            ) -> Result<Self, ProtoError> {
                Ok(match fields.message() {
                    $($id => messages!(@read $variant fields speaks $(($($payload)+))? $(version $version)?),)*
                    id => Self::Unknown { id, payload: payload.clone() },
                })
            }
        }
    };
    (@pattern $message:ident $variant:ident) => { Self::$variant };
    (@pattern $message:ident $variant:ident ($($payload:tt)+)) => { Self::$variant($message) };
    (@write $message:ident $fields:ident $speaks:ident $(version $version:literal)?) => {
        $($fields.int($version);)?
    };
    (@write $message:ident $fields:ident $speaks:ident (RequestId) $(version $version:literal)?) => {
        $($fields.int($version);)?
        $fields.int($message.get());
    };
    (@write $message:ident $fields:ident $speaks:ident ($($payload:tt)+)) => {
        $message.encode($fields, $speaks);
    };
    (@read $variant:ident $fields:ident $speaks:ident $(version $version:literal)?) => { Self::$variant };
    (@read $variant:ident $fields:ident $speaks:ident (RequestId) $(version $version:literal)?) => {
        Self::$variant({
            $(
                let _: i32 = $version;
                $fields.skip(1)?;
            )?
            RequestId::new($fields.i32()?)
        })
    };
    (@read $variant:ident $fields:ident $speaks:ident (Box<$payload:ident>)) => {
        Self::$variant(Box::new($payload::decode($fields, $speaks)?))
    };
    (@read $variant:ident $fields:ident $speaks:ident ($payload:ident)) => {
        Self::$variant($payload::decode($fields, $speaks)?)
    };
}
pub(super) use messages;
