//! The one writer of a client's lines, with its bounds and what happens at them.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::io::Write as _;
use std::rc::Rc;

use bytes::{BufMut, Bytes, BytesMut};
use rust_decimal::Decimal;
use serde::Serialize;
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::sync::Notify;

use super::dispatch::Asker;
use super::seed_form::SeedQueue;
use crate::protocol::{Answer, CallError, Event, RpcId, TicksEvent};
use crate::session::Outlet;
use crate::session::exchange::{CallId, CallResult};

/// Unwritten bytes beyond which nothing more is added that may be dropped: about 200 000 ticks.
const DATA_LIMIT: usize = 4 * 1024 * 1024;

/// Unwritten bytes beyond which a reader counts as gone: the worker closes its sessions in order and exits.
const HARD_LIMIT: usize = 64 * 1024 * 1024;

/// Bytes handed to the operating system at a time.
const WRITE_CHUNK: usize = 256 * 1024;

/// The output to one client, shared by all that write to it. Single-threaded.
#[derive(Debug, Clone)]
pub(crate) struct Out(Rc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    buffer: RefCell<BytesMut>,
    askers: RefCell<BTreeMap<CallId, Asker>>,
    seed: RefCell<SeedQueue>,
    /// Which session's task each call is with.
    assigned: RefCell<BTreeMap<CallId, u64>>,
    /// The last number given to a call, over all clients of the worker.
    calls: Rc<Cell<u64>>,
    /// Whole lines taken from the buffer, and how much of them the operating system has accepted.
    writing: RefCell<(Bytes, usize)>,
    /// Nobody reads at present, and somebody may come back.
    parked: Cell<bool>,
    /// What was dropped meanwhile.
    dropped: Cell<u64>,
    /// Why `overrun` was told: it stays so until a reader comes back.
    over: Cell<bool>,
    filled: Notify,
    emptied: Notify,
    overrun: Notify,
    answered: Notify,
    input_ended: Cell<bool>,
    closed: Cell<bool>,
}

impl Out {
    /// The output of one client, which numbers its calls together with all others.
    pub(crate) fn new(calls: Rc<Cell<u64>>) -> Self {
        Self(Rc::new(Inner { calls, ..Inner::default() }))
    }

    /// Registers who asks, and names the call.
    pub(crate) fn register(&self, asker: Asker) -> CallId {
        let id = CallId(self.0.calls.get() + 1);
        self.0.calls.set(id.0);
        self.0.askers.borrow_mut().insert(id, asker);
        id
    }

    /// A session's task takes this call.
    pub(crate) fn assign(&self, call: CallId, session: u64) {
        self.0.assigned.borrow_mut().insert(call, session);
    }

    /// A session's task has ended: calls that it left unanswered are answered now.
    pub(crate) fn fail_assigned(&self, session: u64, error: &CallError) {
        let left: Vec<CallId> = {
            let assigned = self.0.assigned.borrow();
            assigned.iter().filter(|(_, of)| **of == session).map(|(call, _)| *call).collect()
        };
        for call in left {
            self.answer(call, Err(error.clone()));
        }
    }

    /// The queue of the older line form.
    pub(crate) fn seed(&self) -> &RefCell<SeedQueue> {
        &self.0.seed
    }

    /// Calls that nobody has answered yet.
    pub(crate) fn unanswered(&self) -> usize {
        self.0.askers.borrow().len()
    }

    /// Writes an answer that belongs to no registered call.
    pub(crate) fn refuse(&self, id: Option<RpcId>, error: &CallError) {
        self.line(&Answer::error(id, error));
    }

    /// Writes one value as a line.
    pub(crate) fn line(&self, value: &impl Serialize) {
        let mut buffer = self.0.buffer.borrow_mut();
        let start = buffer.len();
        if let Err(error) = serde_json::to_writer((&mut *buffer).writer(), value) {
            // Only a map with keys that are no text could fail, and no type of the protocol has one.
            tracing::error!(%error, "an answer could not be written as JSON");
            buffer.truncate(start);
            return;
        }
        buffer.put_u8(b'\n');
        drop(buffer);
        self.filled();
    }

    /// Waits until the reader has fallen behind beyond all bounds, is gone, or wants no more.
    pub(crate) async fn overrun(&self) {
        while !self.0.over.get() {
            self.0.overrun.notified().await;
        }
    }

    /// Whether more is unread than any reader is given.
    pub(crate) fn is_full(&self) -> bool {
        self.unwritten() > HARD_LIMIT
    }

    /// The reader has gone and may come back: what it has not got whole is kept for it.
    pub(crate) fn park(&self) {
        let (lines, written) = self.0.writing.take();
        // A line that was begun is sent again whole; what was written before it cannot be told from what was read.
        let begun = lines[..written].iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        self.put_first(&lines[begun..]);
        self.0.parked.set(true);
        self.0.dropped.set(0);
        self.0.over.set(false);
        self.0.emptied.notify_waiters();
    }

    /// A reader is there again; returns how many items were dropped meanwhile.
    pub(crate) fn unpark(&self) -> u64 {
        self.0.parked.set(false);
        self.0.over.set(false);
        self.0.dropped.replace(0)
    }

    /// Requests that are not answered yet.
    pub(crate) fn in_flight(&self) -> Vec<RpcId> {
        let askers = self.0.askers.borrow();
        let named = |asker: &Asker| if let Asker::Rpc(Some(id)) = asker { Some(id.clone()) } else { None };
        askers.values().filter_map(named).collect()
    }

    /// Writes a line before all that waits.
    pub(crate) fn line_first(&self, value: &impl Serialize) {
        let mut line = serde_json::to_vec(value).expect("texts and numbers are JSON");
        line.push(b'\n');
        self.put_first(&line);
    }

    fn put_first(&self, bytes: &[u8]) {
        let mut buffer = self.0.buffer.borrow_mut();
        let mut all = BytesMut::with_capacity(bytes.len() + buffer.len());
        all.extend_from_slice(bytes);
        all.extend_from_slice(&buffer);
        *buffer = all;
        drop(buffer);
        self.filled();
    }

    fn over(&self) {
        self.0.over.set(true);
        self.0.overrun.notify_one();
    }

    fn drop_item(&self, items: usize) {
        if self.0.parked.get() {
            self.0.dropped.set(self.0.dropped.get() + items as u64);
        }
    }

    /// Waits until a call was answered that may be waited for: any once the input has ended, and always those of the
    /// older form, since the next one's turn has come then.
    pub(crate) async fn answered(&self) {
        self.0.answered.notified().await;
    }

    /// The program wants the worker to end now.
    pub(crate) fn stop(&self) {
        self.over();
    }

    /// From now on every answer is waited for.
    pub(crate) fn input_ended(&self) {
        self.0.input_ended.set(true);
    }

    /// Nothing more will be written: [`Out::write_to`] ends once it has written what there is.
    pub(crate) fn close(&self) {
        self.0.closed.set(true);
        self.0.filled.notify_one();
    }

    /// Writes everything to `output`, for as long as there is something to come.
    ///
    /// # Errors
    ///
    /// The reader has gone.
    pub(crate) async fn write_to(&self, mut output: impl AsyncWrite + Unpin) -> std::io::Result<()> {
        loop {
            let rest = self.rest();
            if rest.is_empty() {
                if self.0.closed.get() {
                    return output.flush().await;
                }
                self.0.filled.notified().await;
                continue;
            }
            match output.write(&rest).await {
                Ok(0) => {
                    self.over();
                    return Err(std::io::ErrorKind::WriteZero.into());
                }
                Ok(written) => self.0.writing.borrow_mut().1 += written,
                Err(error) => {
                    self.over();
                    return Err(error);
                }
            }
            if self.has_room() {
                self.0.emptied.notify_waiters();
            }
        }
    }

    /// What the operating system is to be given next: the rest of the lines under way, else further ones.
    fn rest(&self) -> Bytes {
        let mut writing = self.0.writing.borrow_mut();
        if writing.1 == writing.0.len() {
            let mut buffer = self.0.buffer.borrow_mut();
            let end = if buffer.len() <= WRITE_CHUNK {
                buffer.len()
            } else {
                let last = buffer[..WRITE_CHUNK].iter().rposition(|byte| *byte == b'\n');
                let next = || buffer[WRITE_CHUNK..].iter().position(|byte| *byte == b'\n').map(|at| WRITE_CHUNK + at);
                last.or_else(next).map_or(buffer.len(), |at| at + 1)
            };
            *writing = (buffer.split_to(end).freeze(), 0);
        }
        writing.0.slice(writing.1..)
    }

    fn unwritten(&self) -> usize {
        let writing = self.0.writing.borrow();
        self.0.buffer.borrow().len() + writing.0.len() - writing.1
    }

    fn filled(&self) {
        self.0.filled.notify_one();
        if self.is_full() {
            self.over();
        }
    }
}

impl Outlet for Out {
    fn answer(&self, call: CallId, result: Result<CallResult, CallError>) {
        let asker = self.0.askers.borrow_mut().remove(&call);
        self.0.assigned.borrow_mut().remove(&call);
        match asker {
            Some(Asker::Rpc(Some(id))) => match result {
                Ok(result) => self.line(&ResultLine { jsonrpc: "2.0", id: &id, result: &result }),
                Err(error) => self.line(&Answer::error(Some(id), &error)),
            },
            // A notification wants no answer; a call that was answered before cannot be answered again.
            Some(Asker::Rpc(None)) | None => {}
            Some(Asker::Seed) => {
                let answer = self.0.seed.borrow_mut().answer(result);
                self.line(&answer);
                self.0.answered.notify_one();
            }
        }
        if self.0.input_ended.get() {
            self.0.answered.notify_one();
        }
    }

    fn event(&self, event: &Event) -> bool {
        let may_be_dropped = match event {
            Event::Bar(_) | Event::Account(_) => true,
            Event::Ticks(ticks) => return self.ticks(ticks),
            Event::Stage(_)
            | Event::Order { .. }
            | Event::Notice(_)
            | Event::SessionLost(_)
            | Event::StreamEnded(_)
            | Event::Recovery(_)
            | Event::RecoveryEvent(_)
            | Event::SessionInterrupted(_)
            | Event::SessionResumed(_)
            | Event::Reconciled(_)
            | Event::Freshness(_) => false,
        };
        if may_be_dropped && !self.has_room() {
            self.drop_item(1);
            return false;
        }
        // Programs that speak the older form read every line as an answer, so they get nothing else.
        if !self.0.seed.borrow().is_spoken() {
            self.line(&EventLine { jsonrpc: "2.0", event });
        }
        true
    }

    fn ticks(&self, ticks: &TicksEvent) -> bool {
        if !self.has_room() {
            self.drop_item(ticks.ticks.len() + ticks.texts.len());
            return false;
        }
        write_ticks(&mut self.0.buffer.borrow_mut(), ticks);
        self.filled();
        true
    }

    fn has_room(&self) -> bool {
        self.unwritten() < DATA_LIMIT
    }

    fn is_read(&self) -> bool {
        !self.0.parked.get()
    }

    async fn room(&self) {
        let emptied = self.0.emptied.notified();
        if !self.has_room() {
            emptied.await;
        }
    }
}

#[derive(Serialize)]
struct ResultLine<'a> {
    jsonrpc: &'static str,
    id: &'a RpcId,
    result: &'a CallResult,
}

#[derive(Serialize)]
struct EventLine<'a> {
    jsonrpc: &'static str,
    #[serde(flatten)]
    event: &'a Event,
}

/// The busiest line, written by hand: the same as [`Event::Ticks`] would be, which a test holds it to.
fn write_ticks(out: &mut BytesMut, event: &TicksEvent) {
    let mut number = itoa::Buffer::new();
    out.put_slice(b"{\"jsonrpc\":\"2.0\",\"method\":\"ticks\",\"params\":{\"subscription\":");
    out.put_slice(number.format(event.subscription).as_bytes());
    out.put_slice(b",\"dropped\":");
    out.put_slice(number.format(event.dropped).as_bytes());
    out.put_slice(b",\"ticks\":[");
    for (index, tick) in event.ticks.iter().enumerate() {
        out.put_slice(if index == 0 { b"[" } else { b",[" });
        out.put_slice(number.format(tick.0).as_bytes());
        out.put_u8(b',');
        write_decimal(out, tick.1);
        out.put_u8(b',');
        write_decimal(out, tick.2);
        out.put_u8(b']');
    }
    out.put_u8(b']');
    if !event.texts.is_empty() {
        out.put_slice(b",\"texts\":");
        let texts = serde_json::to_writer((&mut *out).writer(), &event.texts);
        texts.expect("numbers and texts are JSON");
    }
    out.put_slice(b"}}\n");
}

fn write_decimal(out: &mut BytesMut, value: Option<Decimal>) {
    match value {
        // A decimal's plain notation is a JSON number.
        Some(value) => {
            let _ = write!(out.writer(), "{value}");
        }
        None => out.put_slice(b"null"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{Line, Tick, TickText};

    #[test]
    fn the_hand_written_line_reads_back_as_the_event() {
        let event = TicksEvent {
            subscription: 7,
            dropped: 3,
            ticks: vec![
                Tick(1, Some(Decimal::new(18_753, 2)), Some(Decimal::from(100))),
                Tick(2, None, None),
                Tick(8, None, Some(Decimal::new(15, 1))),
            ],
            texts: vec![TickText(45, "17\"00".into())],
        };
        let mut out = BytesMut::new();
        write_ticks(&mut out, &event);
        let Line::Event(read) = Line::parse(out.trim_ascii_end()) else { panic!("not an event: {out:?}") };
        assert_eq!(*read, Event::Ticks(event));
    }
}
