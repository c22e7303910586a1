//! Running a program with an alert: its JSON on standard input, the main words in the environment.

use std::process::Stdio;
use std::time::Instant;

use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use tokio::time::timeout_at;

use super::value::Alert;

/// Runs it to its end. One that is not done by the deadline is killed; what it started itself is not ours to end.
///
/// # Errors
///
/// Where it cannot be started, does not end in time, or says by its exit code that it failed.
pub(super) async fn run(command: &[String], alert: &Alert, deadline: Instant) -> Result<(), String> {
    let (program, arguments) = command.split_first().ok_or("no program is named")?;
    let json = serde_json::to_vec(alert).map_err(|error| error.to_string())?;
    let mut child = Command::new(program)
        .args(arguments)
        .env("GATEWRIGHT_ALERT_EVENT", alert.event.name())
        .env("GATEWRIGHT_ALERT_GATEWAY", &alert.gateway)
        .env("GATEWRIGHT_ALERT_CAUSE", &alert.cause)
        .env("GATEWRIGHT_ALERT_TEXT", &alert.text)
        .env("GATEWRIGHT_ALERT_ID", &alert.id)
        // The service manager is ours to speak to.
        .env_remove("NOTIFY_SOCKET")
        .env_remove("WATCHDOG_USEC")
        .env_remove("WATCHDOG_PID")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| format!("{program} cannot be started: {error}"))?;
    let stdin = child.stdin.take();
    let feed = async {
        if let Some(mut stdin) = stdin {
            // A program that does not care for the JSON has read what it wants.
            let _ = stdin.write_all(&json).await;
        }
    };
    let ended = timeout_at(deadline.into(), async { tokio::join!(feed, child.wait()).1 }).await;
    match ended {
        Ok(Ok(status)) if status.success() => Ok(()),
        Ok(Ok(status)) => Err(format!("{program} ended with {status}")),
        Ok(Err(error)) => Err(format!("{program} could not be waited for: {error}")),
        Err(_) => {
            let _ = child.start_kill();
            Err(format!("{program} did not end in time and was killed"))
        }
    }
}
