//! What a step is and what came of it.

use std::time::Instant;

use serde::Serialize;

use crate::clock;
use crate::exit_code::Exit;
use crate::output::{Paint, milliseconds};

/// What came of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Status {
    /// It was seen to work.
    Passed,
    /// It was seen not to.
    Failed,
    /// It could not be seen.
    Unknown,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Step {
    /// What was tried.
    pub(super) name: &'static str,
    /// What came of it.
    pub(super) status: Status,
    /// How long it took.
    pub(super) ms: f64,
    /// What was seen.
    pub(super) detail: String,
}

/// All steps.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Suite {
    /// The worst of the steps.
    pub(super) status: Status,
    /// `HOST:PORT`.
    pub(super) gateway: String,
    /// Each step, in order.
    pub(super) steps: Vec<Step>,
    /// All of them together.
    pub(super) total_ms: f64,
}

/// Why a step did not pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NotPassed {
    /// It was seen not to work.
    Failed(String),
    /// It could not be seen.
    Unknown(String),
}

impl Step {
    /// The step's end.
    pub(super) fn end(name: &'static str, began: Instant, result: Result<String, NotPassed>) -> Self {
        let (status, detail) = match result {
            Ok(detail) => (Status::Passed, detail),
            Err(NotPassed::Failed(detail)) => (Status::Failed, detail),
            Err(NotPassed::Unknown(detail)) => (Status::Unknown, detail),
        };
        Self { name, status, ms: clock::ms_since(began), detail }
    }

    /// The step for a person.
    pub(super) fn line(&self, paint: Paint) -> String {
        let mark = match self.status {
            Status::Passed => paint.good("✓"),
            Status::Failed => paint.bad("✗"),
            Status::Unknown => paint.doubtful("?"),
        };
        format!("  {mark} {:<22}{:>10}  {}", self.name, milliseconds(self.ms), self.detail)
    }
}

impl Suite {
    /// The suite's result. Unknown is not passed.
    pub(super) fn of(gateway: String, steps: Vec<Step>, total_ms: f64) -> Self {
        let any = |status| steps.iter().any(|step| step.status == status);
        let status = match (any(Status::Failed), any(Status::Unknown)) {
            (true, _) => Status::Failed,
            (false, true) => Status::Unknown,
            (false, false) => Status::Passed,
        };
        Self { status, gateway, steps, total_ms }
    }

    /// How the process ends on this.
    pub(super) fn exit(&self) -> Exit {
        match self.status {
            Status::Passed => Exit::Success,
            Status::Failed => Exit::ValidateFailed,
            Status::Unknown => Exit::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suite_is_as_good_as_its_worst_step_and_unknown_is_not_passed() {
        let step = |status| Step { name: "x", status, ms: 1.0, detail: String::new() };
        let suite = |statuses: &[Status]| {
            Suite::of("g".into(), statuses.iter().map(|status| step(*status)).collect(), 1.0).exit()
        };
        assert_eq!(suite(&[Status::Passed, Status::Passed]), Exit::Success);
        assert_eq!(suite(&[Status::Passed, Status::Unknown]), Exit::Unknown);
        assert_eq!(suite(&[Status::Unknown, Status::Failed]), Exit::ValidateFailed);
    }
}
