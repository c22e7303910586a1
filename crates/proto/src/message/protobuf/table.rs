//! Bodies as tables: one line per field, with its tag, how it is passed and its name.

/// Declares the body of messages whose fields all pass in an ordinary way: by any method of
/// [`Body`](crate::protobuf::Body), `each` for a list of messages that have a body, `asked` for the instrument of a
/// request.
macro_rules! body {
    ($($name:ident { $($tag:literal $how:ident $field:ident;)* })*) => {
        $(impl $name {
            pub(in crate::message) fn pass_body<B: $crate::protobuf::Body>(
                &mut self,
                body: &mut B,
            ) -> Result<(), B::Error> {
                $($crate::message::protobuf::table::field!(self body $tag $how $field);)*
                Ok(())
            }
        })*
    };
}

macro_rules! field {
    ($message:ident $body:ident $tag:literal each $field:ident) => {
        $body.list($tag, &mut $message.$field, |body, entry| entry.pass_body(body))?
    };
    ($message:ident $body:ident $tag:literal asked $field:ident) => {
        $body.part($tag, &mut $message.$field, |body, contract| {
            contract.pass_body(body, &mut Default::default(), $crate::protobuf::Speaker::Client)
        })?
    };
    ($message:ident $body:ident $tag:literal $how:ident $field:ident) => {
        $body.$how($tag, &mut $message.$field)?
    };
}

pub(super) use {body, field};
