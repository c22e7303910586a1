//! What is told. Pure; the JSON is this value.

use gatewright_proto::session::Acts;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Something for which a human has to act, as it is seen now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Concern {
    /// The name of the cause, one of a closed set: `docs/exit-codes.md` has those of connections.
    pub(crate) cause: String,
    /// What is so, in one sentence.
    pub(crate) sentence: String,
    /// What to do.
    pub(crate) remedy: Option<String>,
    /// The layer that is to blame.
    pub(crate) layer: Option<String>,
}

/// Why somebody is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Event {
    /// A human has to act.
    Raised,
    /// Still, after a long time.
    Repeated,
    /// Not any more: all is well.
    Over,
    /// A stuck Gateway was told to restart.
    Restart,
    /// Somebody tries whether alerts arrive.
    Test,
}

impl Event {
    /// Its name, as in JSON.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Raised => "raised",
            Self::Repeated => "repeated",
            Self::Over => "over",
            Self::Restart => "restart",
            Self::Test => "test",
        }
    }
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Alert {
    /// The version of this form.
    pub(crate) version: u32,
    /// The same for all messages about one trouble, so that a receiver can put them together.
    pub(crate) id: String,
    /// Why this message.
    pub(crate) event: Event,
    /// The Gateway's name.
    pub(crate) gateway: String,
    /// `HOST:PORT` of the Gateway.
    pub(crate) address: String,
    /// The machine that Gatewright runs on.
    pub(crate) host: String,
    /// The name of the cause.
    pub(crate) cause: String,
    /// The layer that is to blame; `null` where none is.
    pub(crate) layer: Option<String>,
    /// All of it in one line, for a pager.
    pub(crate) text: String,
    /// What is so, in one sentence.
    pub(crate) message: String,
    /// Who has to act; `null` where nobody has.
    pub(crate) acts: Option<Acts>,
    /// What to do.
    pub(crate) remedy: Option<String>,
    /// Since when it has been so.
    pub(crate) since: Timestamp,
    /// When this was told.
    pub(crate) at: Timestamp,
    /// How often this trouble has been told, this time included.
    pub(crate) times: u32,
}

/// The present version of an alert's form.
pub(crate) const VERSION: u32 = 1;

/// Where an alert comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin {
    /// The Gateway's name.
    pub(crate) gateway: String,
    /// `HOST:PORT` of the Gateway.
    pub(crate) address: String,
    /// The machine.
    pub(crate) host: String,
}

impl Alert {
    /// The line for a pager.
    pub(crate) fn line(event: Event, origin: &Origin, sentence: &str) -> String {
        let what = match event {
            Event::Raised => "a human has to act",
            Event::Repeated => "a human still has to act",
            Event::Over => "over",
            Event::Restart => "its restart",
            Event::Test => "test",
        };
        // A verdict's sentence begins with the Gateway's name already.
        let sentence = sentence.strip_prefix(&format!("{}: ", origin.gateway)).unwrap_or(sentence);
        format!("Gatewright on {}: {}: {what}: {sentence}", origin.host, origin.gateway)
    }
}
