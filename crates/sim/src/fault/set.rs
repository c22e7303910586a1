//! Which faults are on.

use std::collections::BTreeSet;

use super::list::Fault;

/// Which faults are on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FaultSet(BTreeSet<Fault>);

impl FaultSet {
    /// Whether a fault is on.
    pub fn has(&self, fault: Fault) -> bool {
        self.0.contains(&fault)
    }

    /// Whether none is on.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Switches a fault on; says whether it was off.
    pub fn set(&mut self, fault: Fault) -> bool {
        self.0.insert(fault)
    }

    /// Switches a fault off; says whether it was on.
    pub fn clear(&mut self, fault: Fault) -> bool {
        self.0.remove(&fault)
    }

    /// The faults that are on.
    pub fn iter(&self) -> impl Iterator<Item = Fault> {
        self.0.iter().copied()
    }
}

impl FromIterator<Fault> for FaultSet {
    fn from_iter<I: IntoIterator<Item = Fault>>(faults: I) -> Self {
        Self(faults.into_iter().collect())
    }
}
