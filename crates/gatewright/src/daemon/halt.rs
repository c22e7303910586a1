//! Whether trading is halted, for reports. Orders do not ask here: they are refused where they become durable.

use std::path::Path;

use gatewright_journal::{HaltRecord, Journal, JournalError};
use gatewright_link::protocol::LayerState;

use super::proxy::JOURNAL;
use super::report::HaltReport;

/// Looks into the journal of a state folder. Blocks.
pub(super) fn read(state: &Path) -> HaltReport {
    let path = state.join(JOURNAL);
    if !path.exists() {
        return HaltReport { stands: LayerState::No, words: None };
    }
    match Journal::open(path).and_then(|journal| journal.halted()) {
        Ok(None) => HaltReport { stands: LayerState::No, words: None },
        Ok(Some(halt)) => HaltReport { stands: LayerState::Yes, words: Some(words(&halt)) },
        Err(error) => HaltReport { stands: LayerState::Unknown, words: Some(unknown(&error)) },
    }
}

fn words(halt: &HaltRecord) -> String {
    let HaltRecord { at, reason, by, .. } = halt;
    format!("since {at:.0} by {by}: {reason}. No new order is sent until `gatewright resume`; cancels are.")
}

fn unknown(error: &JournalError) -> String {
    format!("the journal cannot be read, so no new order can be written or sent: {error}")
}

#[cfg(test)]
mod tests {
    use gatewright_journal::HaltScope;
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn what_cannot_be_read_is_not_known_and_nothing_is_made_by_looking() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(read(folder.path()).stands, LayerState::No);
        let path = folder.path().join(JOURNAL);
        assert!(!path.exists());
        let halt = HaltRecord {
            at: Timestamp::UNIX_EPOCH,
            reason: "smoke".into(),
            by: "ann".into(),
            scope: HaltScope::NewOrders,
        };
        Journal::open(&path).unwrap().halt(&halt).unwrap();
        let report = read(folder.path());
        assert_eq!(report.stands, LayerState::Yes);
        assert!(report.words.unwrap().starts_with("since 1970-01-01T00:00:00Z by ann: smoke."));
        std::fs::write(&path, "this is no journal, and long enough to be looked at as one by whoever does").unwrap();
        assert_eq!(read(folder.path()).stands, LayerState::Unknown);
    }
}
