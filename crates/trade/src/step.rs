//! The steps of an order's way, told as they are reached. Nothing depends on who listens: it is there so that a test can end
//! the process exactly at one of them.

use std::fmt;
use std::sync::Arc;

/// A step of an order's way between a wish and its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// An order has passed the gate, and nothing of it is on the disk.
    BeforeIntent,
    /// It is on the disk as sent, and no byte has left.
    AfterIntent,
    /// The worker has been handed it, and has not answered.
    AfterBytes,
    /// The Gateway's first word about it is here, and is not on the disk.
    BeforeAnswer,
    /// An execution of it is here, and is not on the disk.
    BeforeFill,
    /// The execution is on the disk, and what it makes of the order is not.
    AfterFill,
    /// Of the orders that an answer settles, some are settled on the disk and some are not.
    Settling,
}

impl Step {
    /// All of them, in the order in which an order passes them.
    pub const ALL: [Self; 7] = [
        Self::BeforeIntent,
        Self::AfterIntent,
        Self::AfterBytes,
        Self::BeforeAnswer,
        Self::BeforeFill,
        Self::AfterFill,
        Self::Settling,
    ];

    /// Its name, in lower case with hyphens.
    pub const fn name(self) -> &'static str {
        match self {
            Self::BeforeIntent => "before-intent",
            Self::AfterIntent => "after-intent",
            Self::AfterBytes => "after-bytes",
            Self::BeforeAnswer => "before-answer",
            Self::BeforeFill => "before-fill",
            Self::AfterFill => "after-fill",
            Self::Settling => "settling",
        }
    }
}

/// Who is told of each step; nobody by default.
#[derive(Clone, Default)]
pub struct Watch(Option<Arc<dyn Fn(Step) + Send + Sync>>);

impl Watch {
    /// Has `told` called at each step, on the thread that takes it, before the next one begins.
    pub fn new(told: impl Fn(Step) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(told)))
    }

    /// Tells.
    pub(crate) fn reached(&self, step: Step) {
        if let Some(told) = &self.0 {
            told(step);
        }
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Watch").field(&self.0.is_some()).finish()
    }
}
