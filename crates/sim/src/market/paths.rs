//! The path of every instrument.

use std::collections::BTreeMap;
use std::ops::Index;

use gatewright_proto::ConId;

use super::path::Path;

/// The path of every instrument. None is ever taken away, so that a place stays good.
#[derive(Debug, Default)]
pub(crate) struct Paths {
    places: BTreeMap<ConId, PathPlace>,
    all: Vec<Path>,
}

/// Where a path is, for those who ask thousands of times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PathPlace(usize);

impl Paths {
    /// The path of an instrument.
    pub(crate) fn get(&self, con_id: &ConId) -> Option<&Path> {
        self.place(*con_id).map(|place| self.at(place))
    }

    /// Where the path of an instrument is.
    pub(crate) fn place(&self, con_id: ConId) -> Option<PathPlace> {
        self.places.get(&con_id).copied()
    }

    /// The path at a place.
    pub(crate) fn at(&self, place: PathPlace) -> &Path {
        &self.all[place.0]
    }
}

impl FromIterator<(ConId, Path)> for Paths {
    fn from_iter<I: IntoIterator<Item = (ConId, Path)>>(paths: I) -> Self {
        let mut found = Self::default();
        for (con_id, path) in paths {
            found.places.insert(con_id, PathPlace(found.all.len()));
            found.all.push(path);
        }
        found
    }
}

impl Index<&ConId> for Paths {
    type Output = Path;

    fn index(&self, con_id: &ConId) -> &Path {
        self.get(con_id).expect("an instrument of the catalogue")
    }
}
