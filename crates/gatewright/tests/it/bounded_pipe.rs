//! What a process of a test says, read with an end: a process that hangs fails its test instead of hanging it.

use std::io::{self, Read};
use std::process::{Child, ExitStatus};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;

use crate::patience::{GIVE_UP_AFTER, now, pause};

/// How long nothing may be heard: what takes longest by its own deadlines says something in a third of it.
const SILENCE: Duration = GIVE_UP_AFTER.saturating_mul(4);

/// A pipe that is waited for no longer than [`SILENCE`] at a time. It is read at most two chunks ahead.
#[derive(Debug)]
pub(crate) struct BoundedPipe {
    chunks: Receiver<Vec<u8>>,
    rest: io::Cursor<Vec<u8>>,
}

impl BoundedPipe {
    pub(crate) fn new(mut pipe: impl Read + Send + 'static) -> Self {
        let (read, chunks) = sync_channel(1);
        thread::spawn(move || {
            loop {
                let mut chunk = vec![0; 4096];
                match pipe.read(&mut chunk) {
                    Ok(length @ 1..) => {
                        chunk.truncate(length);
                        if read.send(chunk).is_err() {
                            return;
                        }
                    }
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Ok(0) | Err(_) => return,
                }
            }
        });
        Self { chunks, rest: io::Cursor::default() }
    }
}

impl Read for BoundedPipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.rest.read(buffer)?;
        if length > 0 || buffer.is_empty() {
            return Ok(length);
        }
        match self.chunks.recv_timeout(SILENCE) {
            Ok(chunk) => {
                self.rest = io::Cursor::new(chunk);
                self.rest.read(buffer)
            }
            Err(RecvTimeoutError::Disconnected) => Ok(0),
            Err(RecvTimeoutError::Timeout) => panic!("a process has said nothing for {} s", SILENCE.as_secs()),
        }
    }
}

/// Waits for a process's end, and ends it where that does not come.
pub(crate) fn ended(child: &mut Child) -> ExitStatus {
    let give_up = now() + SILENCE;
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        if now() > give_up {
            child.kill().unwrap();
            panic!("process {} did not end", child.id());
        }
        pause(Duration::from_millis(1));
    }
}
