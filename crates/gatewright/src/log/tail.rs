//! The log's last lines in memory, and those that come, for whoever follows it.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::broadcast;
use tracing_subscriber::fmt::MakeWriter;

/// How many lines are kept: a screen or twenty, about 200 KB.
const KEPT: usize = 1000;

/// How many lines a follower may be behind before it misses some.
const BEHIND: usize = 1000;

/// The log's last lines. Cheap to clone; all clones are the same.
#[derive(Debug, Clone)]
pub(crate) struct LogTail {
    last: Arc<Mutex<VecDeque<String>>>,
    coming: broadcast::Sender<String>,
}

/// The lines that come after a reading.
#[derive(Debug)]
pub(crate) struct Coming(broadcast::Receiver<String>);

impl LogTail {
    /// No lines yet.
    pub(crate) fn new() -> Self {
        Self { last: Arc::default(), coming: broadcast::channel(BEHIND).0 }
    }

    /// The last lines, at most so many, and those that come: none is missed between them.
    pub(crate) fn read(&self, lines: usize) -> (Vec<String>, Coming) {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let coming = Coming(self.coming.subscribe());
        (last.iter().skip(last.len().saturating_sub(lines)).cloned().collect(), coming)
    }

    fn push(&self, line: String) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.len() == KEPT {
            last.pop_front();
        }
        last.push_back(line.clone());
        // Nobody need be following.
        let _ = self.coming.send(line);
    }
}

impl Coming {
    /// The next line; a line that says so where some were missed; `None` when no more come.
    ///
    /// # Cancel safety
    ///
    /// No line is lost when the future is dropped.
    pub(crate) async fn next(&mut self) -> Option<String> {
        match self.0.recv().await {
            Ok(line) => Some(line),
            Err(broadcast::error::RecvError::Lagged(missed)) => Some(format!("({missed} lines were missed)")),
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }
}

/// One line of the log comes in one write.
impl Write for LogTail {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.push(String::from_utf8_lossy(line).trim_end().to_owned());
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for LogTail {
    type Writer = super::mask::Masked<Self>;

    fn make_writer(&'a self) -> Self::Writer {
        super::mask::Masked(self.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_follower_gets_the_last_lines_and_then_each_that_comes() {
        let mut tail = LogTail::new();
        for line in ["a\n", "b\n", "c\n"] {
            tail.write_all(line.as_bytes()).unwrap();
        }
        let (last, mut coming) = tail.read(2);
        assert_eq!(last, ["b", "c"]);
        tail.write_all(b"d\n").unwrap();
        assert_eq!(coming.next().await.as_deref(), Some("d"));
    }

    #[tokio::test]
    async fn memory_is_bounded_and_what_was_missed_is_said() {
        let tail = LogTail::new();
        let (_, mut coming) = tail.read(0);
        for n in 0..(KEPT + 100) {
            tail.push(n.to_string());
        }
        assert_eq!(tail.read(usize::MAX).0.len(), KEPT);
        let first = coming.next().await.unwrap();
        assert!(first.ends_with("lines were missed)"), "{first}");
        assert!(coming.next().await.unwrap().parse::<usize>().is_ok());
    }
}
