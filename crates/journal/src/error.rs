//! What can go wrong with a journal.

use std::path::PathBuf;

use gatewright_proto::OrderId;
use rusqlite::ErrorCode;

use crate::halt::HaltRecord;
use crate::intent::IntentId;
use crate::order_id::OrderIdKey;
use crate::state::StateKind;

/// Why the journal did not do what it was asked. Nothing was written then.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The file could not be created or protected.
    #[error("cannot prepare {path}")]
    File {
        /// The journal's file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The lock beside the file, by which a halt goes first, could not be asked for.
    #[error("the journal's lock failed while {doing}")]
    Lock {
        /// What was being done.
        doing: &'static str,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The file is a database of something else.
    #[error("the file is a database, but not a journal (application id {application_id:#x})")]
    NotAJournal {
        /// What the file says it belongs to.
        application_id: i32,
    },
    /// A newer program has written the file; an older one would misread it.
    #[error("the journal has schema version {found}, this program knows versions up to {supported}")]
    NewerSchema {
        /// The file's version.
        found: i32,
        /// The newest version that this program knows.
        supported: i32,
    },
    /// The file system does not support write-ahead logging, as many network file systems do not.
    #[error("the journal cannot use a write-ahead log here (journal mode is {mode})")]
    NoWriteAheadLog {
        /// What SQLite uses instead.
        mode: String,
    },
    /// There is no room for another record. What was committed is safe.
    #[error("no room is left on the disk, while {doing}")]
    DiskFull {
        /// What was being done.
        doing: &'static str,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// The file does not read as what was written to it, or is no database at all.
    #[error("the file is damaged or no database, found while {doing}")]
    Damaged {
        /// What was being done.
        doing: &'static str,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// SQLite refused for another reason: the file locked for longer than the busy timeout, a disk that fails, …
    #[error("the journal's database failed while {doing}")]
    Database {
        /// What was being done.
        doing: &'static str,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// No order ids are left below 2³¹.
    #[error("no order ids are left for client id {} at {}", key.client_id, key.gateway)]
    OrderIdsExhausted {
        /// Whose ids.
        key: OrderIdKey,
    },
    /// A halt stands, so nothing is sent.
    #[error("trading has been halted since {} by {}: {}", halt.at, halt.by, halt.reason)]
    Halted {
        /// The halt.
        halt: Box<HaltRecord>,
    },
    /// No halt stands, and what was asked for needs one.
    #[error("trading is not halted")]
    NotHalted,
    /// A halt or a resume that does not say why or who.
    #[error("there is no reason given, or nobody who gives it")]
    NoReason,
    /// An intent that could never be matched to an order.
    #[error("the intent {problem}")]
    InvalidIntent {
        /// What is wrong with it.
        problem: &'static str,
    },
    /// Another intent has this reference already.
    #[error("the order reference {order_ref} is already used")]
    DuplicateOrderRef {
        /// The reference.
        order_ref: String,
    },
    /// No intent has this number.
    #[error("there is no intent {intent}")]
    UnknownIntent {
        /// The number.
        intent: IntentId,
    },
    /// An intent gets one order id in its life.
    #[error("intent {intent} already has order id {order_id}")]
    AlreadyAssigned {
        /// The intent.
        intent: IntentId,
        /// The id that it has.
        order_id: OrderId,
    },
    /// Only an intent that is still merely intended gets an order id.
    #[error("intent {intent} is {state} and cannot be given an order id")]
    NotIntended {
        /// The intent.
        intent: IntentId,
        /// Where it stands.
        state: StateKind,
    },
    /// The caller's view of the intent is out of date.
    #[error("intent {intent} is {found}, not {expected}")]
    StateMoved {
        /// The intent.
        intent: IntentId,
        /// Where the caller believed it to stand.
        expected: StateKind,
        /// Where it stands.
        found: StateKind,
    },
    /// An intent's life does not go this way.
    #[error("intent {intent} cannot go from {from} to {to}")]
    IllegalTransition {
        /// The intent.
        intent: IntentId,
        /// Where it stands.
        from: StateKind,
        /// Where it was to go.
        to: StateKind,
    },
}

impl JournalError {
    /// For `map_err`: SQLite refused while `doing`.
    pub(crate) fn database(doing: &'static str) -> impl FnOnce(rusqlite::Error) -> Self {
        move |source| match source.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::DiskFull { doing, source },
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged { doing, source },
            Some(_) | None => Self::Database { doing, source },
        }
    }

    /// What whoever uses the journal can do about it.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::File { .. } => "Make the folder, and see that this user may write to it.",
            Self::Lock { .. } => "Keep the journal on a local disk whose file system has file locks.",
            Self::NotAJournal { .. } => {
                "Name another file: this one belongs to another program and was left as it was."
            }
            Self::NewerSchema { .. } => {
                "Use the newer Gatewright that wrote it, or another state folder. The file was left as it was; an older \
                 program would misread it."
            }
            Self::NoWriteAheadLog { .. } => "Keep the journal on a local disk: network file systems lose writes.",
            Self::DiskFull { .. } => {
                "Make room on the disk, then start again. Everything that was committed is in the journal; orders that \
                 were on their way are settled by the next start."
            }
            Self::Damaged { .. } => {
                "Keep the file and its -wal as they are, restore a copy, and compare open orders and positions with TWS. \
                 `gatewright journal verify` tells what is wrong."
            }
            Self::Database { .. } => {
                "See that the disk is well and that no other program holds the file. What was committed is safe; orders \
                 that were on their way are settled by the next start."
            }
            Self::OrderIdsExhausted { .. } => "Go on with another client id.",
            Self::Halted { .. } => {
                "Look into the reason. When trading may go on, say so with `gatewright resume --reason TEXT`."
            }
            Self::NotHalted => "Nothing has to be resumed. `gatewright halt` halts.",
            Self::NoReason => "Give a reason: whoever looks at it later has nothing else to go by.",
            Self::UnknownIntent { .. } => "List the intents with `gatewright journal list`.",
            Self::InvalidIntent { .. }
            | Self::DuplicateOrderRef { .. }
            | Self::AlreadyAssigned { .. }
            | Self::NotIntended { .. }
            | Self::StateMoved { .. }
            | Self::IllegalTransition { .. } => {
                "Another program may be using this client id and journal. If not, this is a defect: report it with the \
                 log."
            }
        }
    }
}
