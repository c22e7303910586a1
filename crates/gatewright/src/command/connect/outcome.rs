//! What came of a connection.

use gatewright_link::protocol::{ErrorData, StageMs};
use gatewright_link::{LinkError, LockError};
use gatewright_proto::message::account::Position;
use gatewright_proto::session::{Acts, Stage};
use serde::Serialize;

use crate::command::connect::text;
use crate::diagnosis::Diagnosis;
use crate::environment::Environment;
use crate::exit_code::Exit;
use crate::guard::Refusal;
use crate::output::{self, Paint};

/// What came of a connection; its JSON is this value, `status` first.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "status", rename_all = "lowercase")]
pub(crate) enum Outcome {
    /// It was ready, answered, and was left in order.
    Ready(Box<Ready>),
    /// It failed, was refused by the guard, or was interrupted.
    Failed(Box<Failed>),
}

/// A session that was ready and answered.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Ready {
    /// `HOST:PORT`.
    pub(crate) gateway: String,
    /// The client id.
    pub(crate) client_id: i32,
    /// The negotiated server version.
    pub(crate) server_version: i32,
    /// The accounts, never empty.
    pub(crate) accounts: Vec<String>,
    /// The positions; `null` where `--sync` leaves them out.
    pub(crate) positions: Option<Vec<Position>>,
    /// Each stage's time, in order.
    pub(crate) stages: Vec<StageMs>,
    /// All stages together.
    pub(crate) total_ms: f64,
    /// What was noticed and did not prevent the connection.
    pub(crate) warnings: Vec<String>,
}

/// A connection that did not come to be, or did not hold.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Failed {
    /// `HOST:PORT`.
    pub(crate) gateway: String,
    /// The client id.
    pub(crate) client_id: i32,
    /// The stages that passed, in order.
    pub(crate) stages: Vec<StageMs>,
    /// The stage that failed: a stage of the session, or `guard` or `worker`, which are ours.
    pub(crate) stage: String,
    /// One of a closed set of names; docs/exit-codes.md lists them.
    pub(crate) cause: String,
    /// What happened, for a person.
    pub(crate) message: String,
    /// What to do, for a person.
    pub(crate) remedy: String,
    /// Who has to act.
    pub(crate) acts: Acts,
    /// Whether only a restart of the Gateway is known to help.
    pub(crate) requires_restart: bool,
    /// All stages together, with the one that failed.
    pub(crate) total_ms: f64,
    /// How the process ends on this.
    #[serde(skip)]
    pub(crate) exit: Exit,
}

/// What every failure says, whoever found it.
#[derive(Debug, Clone)]
pub(crate) struct Attempted {
    /// `HOST:PORT`.
    pub(crate) gateway: String,
    /// The client id.
    pub(crate) client_id: i32,
    /// The stages that passed.
    pub(crate) stages: Vec<StageMs>,
}

impl Attempted {
    fn passed_ms(&self) -> f64 {
        self.stages.iter().map(|stage| stage.ms).sum()
    }

    fn fail(mut self, stage: &str, exit: Exit, data: ErrorData) -> Failed {
        // A table without a listener does not keep us from dialling, since a port can be forwarded by other means; when
        // the dial is refused, it is the inspection that had been right, and it counts as what failed.
        self.stages.retain(|passed| passed.stage.name() != stage);
        let total_ms = self.passed_ms() + data.after_ms.map_or(0.0, |ms| ms as f64);
        Failed {
            gateway: self.gateway,
            client_id: self.client_id,
            stages: self.stages,
            stage: stage.into(),
            cause: data.cause,
            message: data.message,
            remedy: data.remedy,
            acts: data.acts,
            requires_restart: data.requires_restart,
            total_ms,
            exit,
        }
    }

    /// The worker, or the way to it, answered with an error. One without a stage comes from a ready session.
    pub(crate) fn without_answer(self, error: &LinkError) -> Failed {
        let data = error.data();
        let exit = Exit::from_cause(&data.cause).unwrap_or(Exit::Internal);
        let stage = match error {
            LinkError::Call(_) => data.stage.unwrap_or(Stage::Ready).name(),
            LinkError::WorkerDied { .. }
            | LinkError::WorkerStart { .. }
            | LinkError::Silent { .. }
            | LinkError::Overloaded { .. }
            | LinkError::Stopped
            | LinkError::Protocol { .. }
            | LinkError::Params { .. } => "worker",
        };
        self.fail(stage, exit, data)
    }

    /// The guard said no.
    pub(crate) fn refused_by_guard(self, refusal: &Refusal) -> Failed {
        let data = data(refusal.cause(), refusal.to_string(), refusal.remedy());
        self.fail("guard", Exit::LiveRefused, data)
    }

    /// Another program has the client id.
    pub(crate) fn locked(self, held: &LockError) -> Failed {
        let data = data("locked", held.to_string(), held.remedy().into());
        self.fail("guard", Exit::Locked, data)
    }

    /// A signal came first.
    pub(crate) fn interrupted(self, exit: Exit) -> Failed {
        let stage = self.stages.last().map_or(Some(Stage::Inspect), |last| super::progress::after(last.stage));
        let message = "stopped by a signal; the connection was closed".into();
        let remedy = "Nothing: it was left in order.".into();
        self.fail(stage.unwrap_or(Stage::Ready).name(), exit, data("interrupted", message, remedy))
    }
}

fn data(cause: &str, message: String, remedy: String) -> ErrorData {
    ErrorData {
        cause: cause.into(),
        message,
        remedy,
        acts: Acts::Human,
        requires_restart: false,
        stage: None,
        after_ms: None,
        gateway_code: None,
    }
}

impl Outcome {
    /// How the process ends on this.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Ready(_) => Exit::Success,
            Self::Failed(failed) => failed.exit,
        }
    }

    /// The stage that failed and how long it had lasted, where one did.
    pub(crate) fn failed_stage(&self) -> Option<(&str, f64)> {
        match self {
            Self::Ready(_) => None,
            Self::Failed(failed) => {
                let passed: f64 = failed.stages.iter().map(|stage| stage.ms).sum();
                Some((&failed.stage, failed.total_ms - passed))
            }
        }
    }

    /// Shows the outcome to a person: results on standard output, a failure on standard error.
    pub(crate) fn show(self, environment: &Environment) {
        match self {
            Self::Ready(ready) => output::line(text::ready(&ready, Paint::new(environment.colour))),
            Self::Failed(failed) if matches!(failed.exit, Exit::Interrupted | Exit::Terminated) => {
                output::note(format_args!("stopped: {}", failed.message));
            }
            Self::Failed(failed) => output::failure(Diagnosis::from(*failed)),
        }
    }
}

impl From<Failed> for Outcome {
    fn from(failed: Failed) -> Self {
        Self::Failed(Box::new(failed))
    }
}

impl From<Failed> for Diagnosis {
    fn from(failed: Failed) -> Self {
        Self::new(failed.exit, failed.message).with_code(&failed.cause).with_help(failed.remedy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gatewright_link::protocol::{CallError, ErrorCode};

    fn json(outcome: &Outcome) -> String {
        serde_json::to_string(outcome).unwrap()
    }

    fn attempted() -> Attempted {
        let stages = vec![StageMs { stage: Stage::Inspect, ms: 0.5 }, StageMs { stage: Stage::Dial, ms: 0.25 }];
        Attempted { gateway: "127.0.0.1:4002".into(), client_id: 7, stages }
    }

    #[test]
    fn a_failure_in_json_is_exactly_this() {
        let mut error = CallError::new(ErrorCode::ConnectFailed, "never answered the greeting");
        error.data.cause = "version_stalled".into();
        error.data.stage = Some(Stage::Negotiate);
        error.data.after_ms = Some(3000);
        let failed = attempted().without_answer(&error.into());
        assert_eq!(failed.exit, Exit::Stalled);
        insta::assert_snapshot!(json(&Outcome::from(failed)), @r#"{"status":"failed","gateway":"127.0.0.1:4002","client_id":7,"stages":[{"stage":"inspect","ms":0.5},{"stage":"dial","ms":0.25}],"stage":"negotiate","cause":"version_stalled","message":"never answered the greeting","remedy":"Connect again.","acts":"retry","requires_restart":false,"total_ms":3000.75}"#);
    }

    #[test]
    fn a_success_in_json_is_exactly_this() {
        let ready = Ready {
            gateway: "127.0.0.1:4002".into(),
            client_id: 7,
            server_version: 178,
            accounts: vec!["DU1234567".into()],
            positions: Some(vec![]),
            stages: attempted().stages,
            total_ms: 0.75,
            warnings: vec![],
        };
        insta::assert_snapshot!(json(&Outcome::Ready(Box::new(ready))), @r#"{"status":"ready","gateway":"127.0.0.1:4002","client_id":7,"server_version":178,"accounts":["DU1234567"],"positions":[],"stages":[{"stage":"inspect","ms":0.5},{"stage":"dial","ms":0.25}],"total_ms":0.75,"warnings":[]}"#);
    }

    #[test]
    fn an_interruption_names_the_stage_that_was_under_way() {
        let failed = attempted().interrupted(Exit::Interrupted);
        assert_eq!((failed.stage.as_str(), failed.exit), ("negotiate", Exit::Interrupted));
    }

    #[test]
    fn a_cause_of_a_newer_worker_is_no_success() {
        let mut error = CallError::new(ErrorCode::ConnectFailed, "new");
        error.data.cause = "moon_phase".into();
        assert_eq!(attempted().without_answer(&error.into()).exit, Exit::Internal);
    }
}
