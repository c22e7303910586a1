//! The loop: wait for one thing, let the world handle it, do what it says.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinError, JoinSet};
use tracing::{Instrument as _, debug, error, info_span, trace, warn};

use super::clock::SimClock;
use super::control::Command;
use super::door::Door;
use super::line::{Line, LineHandle, Seen};
use super::waiting::{Waiting, given_up};
use crate::core::{Action, ConnId, Entrance, How, World};
use crate::error::SimError;
use crate::recording::{Happened, Recorder};
use crate::snapshot::Snapshot;

/// How many reads may wait for the loop; a client whose reads do not fit waits.
const SEEN: usize = 1024;

/// How long lines that were told to close may take when the simulator stops.
const LAST_WORDS: Duration = Duration::from_millis(100);

/// One thing that has happened.
enum Event {
    Accepted(TcpStream, SocketAddr),
    Seen(Seen),
    Told(Command),
    Due,
    LineEnded(Result<(), JoinError>),
    Stop,
}

/// The world with its sockets.
pub(super) struct Events {
    world: World,
    clock: SimClock,
    door: Door,
    recorder: Recorder,
    commands: mpsc::Receiver<Command>,
    changes: watch::Sender<u64>,
    lines: BTreeMap<ConnId, LineHandle>,
    waiting: Waiting,
    tasks: JoinSet<()>,
    seen: (mpsc::Sender<Seen>, mpsc::Receiver<Seen>),
    address: watch::Sender<SocketAddr>,
    /// The port that the world wants to move to.
    wanted_port: Option<u16>,
    next: u64,
}

/// What callers hold the other ends of.
pub(super) struct Ends {
    pub(super) commands: mpsc::Receiver<Command>,
    pub(super) changes: watch::Sender<u64>,
    pub(super) address: watch::Sender<SocketAddr>,
}

impl Events {
    /// A loop that has not begun.
    pub(super) fn new(world: World, clock: SimClock, door: Door, recorder: Recorder, ends: Ends) -> Self {
        let Ends { commands, changes, address } = ends;
        let (lines, waiting) = (BTreeMap::new(), Waiting::default());
        let (tasks, seen) = (JoinSet::new(), mpsc::channel(SEEN));
        let (wanted_port, next) = (None, 1);
        Self {
            world,
            clock,
            door,
            recorder,
            commands,
            changes,
            lines,
            waiting,
            tasks,
            seen,
            address,
            wanted_port,
            next,
        }
    }

    /// Runs until `stop`; then every connection is closed.
    pub(super) async fn run(mut self, stop: impl Future<Output = ()>) -> Result<(), SimError> {
        let mut stop = std::pin::pin!(stop);
        loop {
            match self.wait(stop.as_mut()).await {
                Event::Accepted(stream, peer) => self.accept(stream, peer),
                Event::Seen(Seen::Bytes(id, bytes)) => {
                    self.record(id, || Happened::Received(bytes.clone()));
                    self.world.handle_bytes(self.clock.now(), id, &bytes);
                }
                Event::Seen(Seen::Closed(id, how)) => self.closed(id, how),
                Event::Told(command) => self.obey(command).await,
                Event::Due => self.world.handle_timeout(self.clock.now()),
                Event::LineEnded(Ok(())) => trace!("a line has ended"),
                Event::LineEnded(Err(problem)) => error!(%problem, "a line has failed"),
                Event::Stop => break,
            }
            self.act();
            if let Err(problem) = self.move_door() {
                warn!(%problem, "cannot move to another port");
            }
            self.door.obey(self.world.entrance()).await?;
            self.recorder.flush();
            self.changes.send_modify(|change| *change = change.wrapping_add(1));
        }
        for handle in std::mem::take(&mut self.lines).into_values() {
            handle.close();
        }
        let last_words = async { while self.tasks.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(LAST_WORDS, last_words).await;
        self.tasks.shutdown().await;
        Ok(())
    }

    async fn wait(&mut self, stop: impl Future<Output = ()>) -> Event {
        let due = self.world.poll_timeout();
        let wall = due.map(|(at, _)| self.clock.wall(at));
        tokio::select! {
            () = stop => Event::Stop,
            (stream, peer) = self.door.accept() => Event::Accepted(stream, peer),
            Some(seen) = self.seen.1.recv() => Event::Seen(seen),
            Some(command) = self.commands.recv() => Event::Told(command),
            Some(ended) = self.tasks.join_next(), if !self.tasks.is_empty() => Event::LineEnded(ended),
            () = until(wall), if wall.is_some() => {
                if let Some((_, reason)) = due {
                    trace!(reason, "due");
                }
                Event::Due
            }
        }
    }

    fn accept(&mut self, stream: TcpStream, peer: SocketAddr) {
        let id = ConnId(self.next);
        self.next += 1;
        let (seen, queue) = (self.seen.0.clone(), self.waiting.queue());
        let (line, handle) = Line::new(id, stream, seen, queue, self.world.bulk_data_timeout());
        self.tasks.spawn(line.serve().instrument(info_span!("line", conn = id.0, %peer)));
        self.lines.insert(id, handle);
        self.record(id, || Happened::Open(peer.to_string()));
        self.world.handle_connected(self.clock.now(), id, peer);
    }

    fn closed(&mut self, id: ConnId, how: How) {
        self.record(id, || if how == How::Eof { Happened::Eof } else { Happened::Reset });
        if how == How::Reset {
            self.lines.remove(&id);
        }
        self.world.handle_closed(self.clock.now(), id, how);
    }

    async fn obey(&mut self, command: Command) {
        match command {
            Command::Snapshot(answer) => {
                // The moment of the snapshot is now, although nothing has happened at it.
                self.world.handle_timeout(self.clock.now());
                let listening = Some(*self.address.borrow()).filter(|_| self.world.entrance() != Entrance::Shut);
                let _ = answer.send(Snapshot { listening, ..self.world.snapshot() });
            }
            Command::Switch { fault, on, done } => {
                self.world.handle_timeout(self.clock.now());
                if on {
                    self.world.set_fault(fault);
                } else {
                    self.world.clear_fault(fault);
                }
                debug!(%fault, on, "fault switched");
                self.act();
                let done_so_far = self.move_door();
                let obeyed = self.door.obey(self.world.entrance()).await;
                let _ = done.send(done_so_far.and(obeyed));
            }
            Command::Advance { span, done } => {
                self.advance(span);
                let done_so_far = self.move_door();
                let obeyed = self.door.obey(self.world.entrance()).await;
                let _ = done.send(done_so_far.and(obeyed));
            }
            Command::Kick { client, done } => {
                self.world.handle_timeout(self.clock.now());
                self.world.kick(client);
                let _ = done.send(Ok(()));
            }
            Command::Notice { code, text, done } => {
                self.world.handle_timeout(self.clock.now());
                self.world.say_to_all(code, &text);
                let _ = done.send(Ok(()));
            }
            Command::Bulletin { text, done } => {
                self.world.handle_timeout(self.clock.now());
                self.world.publish_bulletin(&text);
                let _ = done.send(Ok(()));
            }
            Command::Order { contract, order, done } => {
                self.world.handle_timeout(self.clock.now());
                let _ = done.send(self.world.handle_manual_order(self.clock.now(), &contract, *order));
            }
            Command::Rule { rule, done } => {
                self.world.add_boxed_rule(rule);
                let _ = done.send(Ok(()));
            }
        }
    }

    fn record(&mut self, id: ConnId, happened: impl FnOnce() -> Happened) {
        if self.recorder.is_on() {
            self.recorder.record(self.clock.since_start(), id, happened());
        }
    }

    fn record_action(&mut self, action: &Action) {
        let (id, happened) = match action {
            Action::Send(id, bytes) | Action::Trickle(id, bytes) => (id, Happened::Sent(bytes.clone())),
            Action::Close(id) => (id, Happened::Close),
            Action::Reset(id) => (id, Happened::Kill),
            Action::StopReading(_) | Action::StartReading(_) | Action::Move(_) => return,
        };
        if self.lines.contains_key(id) {
            self.record(*id, || happened);
        }
    }

    /// Jumps ahead step by step, so that everything that is due in between happens at its own time.
    fn advance(&mut self, span: Duration) {
        let target = self.clock.now() + span;
        self.clock.skip(span);
        while let Some((at, _)) = self.world.poll_timeout().filter(|(at, _)| *at <= target) {
            self.world.handle_timeout(at);
            self.act();
        }
        self.world.handle_timeout(target);
    }

    /// Listens at another port, if the world has asked for it, and has the world tell its clients.
    fn move_door(&mut self) -> Result<(), SimError> {
        let Some(port) = self.wanted_port.take() else { return Ok(()) };
        let address = self.door.move_to(port)?;
        self.address.send_replace(address);
        self.world.handle_moved(self.clock.now(), address.port());
        self.act();
        Ok(())
    }

    /// Does what the world says until it has nothing more to say.
    fn act(&mut self) {
        while let Some(action) = self.world.poll_action() {
            self.record_action(&action);
            let (id, queued) = match action {
                Action::Send(id, bytes) => (id, self.lines.get(&id).map(|line| line.write(bytes))),
                Action::Trickle(id, bytes) => (id, self.lines.get(&id).map(|line| line.trickle(bytes))),
                Action::Close(id) => {
                    if let Some(line) = self.lines.remove(&id) {
                        line.close();
                    }
                    continue;
                }
                Action::StopReading(id) | Action::StartReading(id) => {
                    let reads = matches!(action, Action::StartReading(_));
                    if let Some(line) = self.lines.get(&id) {
                        line.read(reads);
                    }
                    continue;
                }
                Action::Move(port) => {
                    self.wanted_port = Some(port);
                    continue;
                }
                Action::Reset(id) => {
                    if let Some(line) = self.lines.remove(&id) {
                        line.reset();
                    }
                    continue;
                }
            };
            if let Some(Err(_)) = queued {
                self.give_up(id);
            }
            if self.waiting.bytes() > self.world.most_waiting() {
                let lines: Vec<_> = self.lines.iter().map(|(id, line)| (*id, line.waiting())).collect();
                if let Some(id) = given_up(&lines, self.world.most_waiting()) {
                    self.give_up(id);
                }
            }
        }
    }

    fn give_up(&mut self, id: ConnId) {
        warn!(conn = id.0, "the client does not read; its connection is reset");
        if let Some(line) = self.lines.remove(&id) {
            line.reset();
        }
        self.world.handle_closed(self.clock.now(), id, How::Reset);
    }
}

async fn until(wall: Option<tokio::time::Instant>) {
    match wall {
        Some(wall) => tokio::time::sleep_until(wall).await,
        None => std::future::pending().await,
    }
}
