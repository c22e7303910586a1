//! A run of tests that is ended where it hangs, with the names of the tests that hung.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ExitStatus};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use super::started::{MARK_VARIABLE, end, with_mark};
use super::watch::{Bounds, Watch};
use crate::failure::Failure;
use crate::workspace::Invocation;

/// How long a run that is being ended has for that.
const ENDS_WITHIN: Duration = Duration::from_secs(10);

/// Runs it with its output passed on. Whatever it has started is ended where it hangs.
pub(crate) fn run(tests: Invocation, bounds: Bounds) -> Result<(), Failure> {
    let title = tests.to_string();
    let began = now();
    let mark = format!("{}-{:?}", std::process::id(), began);
    let mut child = tests.env(MARK_VARIABLE, &mark).start()?;
    let lines = lines(&mut child)?;
    let mut watch = Watch::new(began, bounds);
    loop {
        match lines.recv_timeout(watch.deadline().saturating_duration_since(now())) {
            Ok(line) => {
                watch.handle_line(now(), String::from_utf8_lossy(&line).trim_end());
                pass_on(&line);
            }
            Err(RecvTimeoutError::Disconnected) => {
                let status = ended(&mut child, watch.deadline());
                return match status {
                    Some(status) if status.success() => Ok(()),
                    Some(status) => Err(Failure::new(format!("`{title}` failed ({status})"))),
                    None => Err(hung(&watch, &mark, &mut child)),
                };
            }
            Err(RecvTimeoutError::Timeout) => {
                if watch.hang(now()).is_some() {
                    return Err(hung(&watch, &mark, &mut child));
                }
            }
        }
    }
}

/// What hung, after everything of it was ended.
fn hung(watch: &Watch, mark: &str, child: &mut Child) -> Failure {
    let why = watch.hang(now()).map_or_else(|| "the tests have not ended".to_owned(), |hang| hang.to_string());
    let started = with_mark(mark);
    let mut report = format!("{why}. Still running:\n");
    for name in watch.running() {
        report.push_str(&format!("  test {name}\n"));
    }
    if watch.running().next().is_none() {
        report.push_str("  no test that has run for a minute\n");
    }
    for process in &started {
        report.push_str(&format!("  process {}: {}\n", process.pid, process.command));
    }
    let killed = end(&started);
    // Where processes have no marks that can be read, the one that we started is known all the same.
    let _ = child.kill();
    if ended(child, now() + ENDS_WITHIN).is_none() {
        report.push_str("  and cargo does not end\n");
    }
    if let Err(failure) = killed {
        report.push_str(&format!("  {failure}\n"));
    }
    Failure::new(report.trim_end())
}

/// Its output, line by line with their ends.
fn lines(child: &mut Child) -> Result<Receiver<Vec<u8>>, Failure> {
    let stdout = child.stdout.take().ok_or_else(|| Failure::new("the tests have no output"))?;
    let (read, lines) = channel();
    thread::spawn(move || {
        let mut stdout = BufReader::new(stdout);
        loop {
            let mut line = Vec::new();
            if !stdout.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) || read.send(line).is_err() {
                return;
            }
        }
    });
    Ok(lines)
}

fn pass_on(line: &[u8]) {
    let mut out = std::io::stdout().lock();
    // Whoever does not listen any more may still want to know how it ended.
    let _ = out.write_all(line).and_then(|()| out.flush());
}

fn ended(child: &mut Child, by: Instant) -> Option<ExitStatus> {
    loop {
        if let Ok(Some(status)) = child.try_wait() {
            return Some(status);
        }
        if now() >= by {
            return None;
        }
        thread::park_timeout(Duration::from_millis(10));
    }
}

#[expect(clippy::disallowed_methods, reason = "a guard against what does not end needs a clock")]
fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Workspace;

    fn shell(script: &str, silence: Duration) -> Result<(), Failure> {
        let workspace = Workspace::locate().unwrap();
        run(workspace.program("sh", ["-c", script]), Bounds { whole: Duration::from_secs(60), silence })
    }

    #[test]
    fn tests_that_end_are_a_success_or_a_failure_as_they_say() {
        shell("echo 'test a ... ok'", Duration::from_secs(30)).unwrap();
        let failure = shell("echo 'test a ... FAILED'; exit 3", Duration::from_secs(30)).unwrap_err();
        assert!(failure.to_string().contains("exit status: 3"), "{failure}");
    }

    #[test]
    fn a_test_that_hangs_is_named_and_everything_of_it_is_ended() {
        // One that has left its parent behind, as a daemon of a test that failed does.
        let script = "(sleep 987654 & echo $!) ; echo 'test a::b has been running for over 60 seconds'; sleep 987653";
        let failure = shell(script, Duration::from_secs(2)).unwrap_err().to_string();
        assert!(failure.starts_with("no test has ended for 2 s"), "{failure}");
        assert!(failure.contains("  test a::b\n"), "{failure}");
        let listed: Vec<&str> = failure.lines().filter(|line| line.contains("sleep 98765")).collect();
        if cfg!(target_os = "linux") {
            assert!(listed.len() >= 2, "{failure}");
        }
        for line in listed {
            let pid = line.trim_start().trim_start_matches("process ").split(':').next().unwrap();
            let by = now() + ENDS_WITHIN;
            let alive =
                || std::fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|command| command.starts_with(b"sleep"));
            while alive() {
                assert!(now() < by, "{line} still runs");
                thread::park_timeout(Duration::from_millis(10));
            }
        }
    }
}
