//! The invariants that concern more than one part of the stage.

use std::time::Duration;

use super::{Stage, first_of};
use crate::sabotage::Sabotage;
use crate::violation::{Broken, Checked};

/// How long a stream that nobody has reported may be missing: its own patience twice, and being asked again.
const MISSING: Duration = Duration::from_secs(300);

impl Stage {
    pub(super) fn check(&mut self) -> Checked {
        let now = self.now();
        match &mut self.worker {
            Some(worker) => worker.check_recovery(now),
            None => Ok(()),
        }
    }

    /// Every stream is alive or reported.
    pub(super) fn check_streams(&mut self) -> Checked {
        let Some(worker) = &self.worker else { return Ok(()) };
        let now = self.clock.moment(self.at).at;
        for kept in worker.kept.values() {
            for number in 1..=kept.streams {
                let asked = self.watch.has_stream(kept.client_id, number);
                let reported = !kept.is_ready()
                    || !worker.is_well()
                    || !kept.is_fresh(now, number) && self.sabotage != Some(Sabotage::SilentStreams);
                let seen = self.seen.entry((kept.client_id, number)).or_insert(self.at);
                if asked || reported {
                    *seen = self.at;
                } else if *seen + MISSING < self.at {
                    let what = format!("stream {number} of client id {} is gone, and nobody says so", kept.client_id);
                    return Err(Broken::new("streams", what));
                }
            }
        }
        Ok(())
    }

    /// A program's questions end, and its streams are those that it wants, no fewer and no more, or it was told.
    pub(super) fn check_programs(&mut self) -> Checked {
        if let Some(daemon) = &self.daemon {
            daemon.check(self.now())?;
        }
        self.twins.retain(|twin| !twin.over || !twin.out.is_empty());
        for twin in &self.twins {
            let first = first_of(&self.clients, twin.id, self.at);
            twin.check(self.at, first.filter(|_| self.daemon.is_some()))?;
        }
        for client in self.clients.iter().filter(|client| client.reads()) {
            client.check_questions(self.at)?;
            let streams = self.watch.streams_of(client.id);
            let right = !client.is_ready() || client.is_told_lost() || streams == *client.streams();
            let since = self.streams_right.entry(client.id).or_insert(self.at);
            if right {
                *since = self.at;
            } else if *since + MISSING < self.at {
                let what =
                    format!("client id {} wants {:?}, and asked for are {streams:?}", client.id, client.streams());
                return Err(Broken::new("streams of programs", what));
            }
        }
        Ok(())
    }

    /// Whether everything is as it should be when nothing is wrong.
    pub(super) fn is_well(&self) -> bool {
        let programs =
            self.clients.iter().all(|client| client.is_well() && self.watch.streams_of(client.id) == *client.streams());
        programs
            && self.twins.iter().all(|twin| twin.over)
            && self.worker.as_ref().is_some_and(|worker| {
                let streams = worker.kept.values().all(|kept| {
                    (1..=kept.streams).all(|number| self.watch.has_stream(kept.client_id, number))
                        && kept.open_questions.is_empty()
                        && kept.told_stale.is_empty()
                });
                worker.is_well() && streams
            })
            && self.misinformed().is_none()
    }

    /// What a program was told of its orders, trades and positions that is not so.
    pub(super) fn misinformed(&self) -> Option<String> {
        if self.clients.is_empty() {
            return None;
        }
        let truth = self.gateway.world.snapshot();
        let now = self.clock.moment(self.at).wall.in_tz("America/New_York").ok()?;
        let today = now.strftime("%Y%m%d").to_string();
        self.clients.iter().find_map(|client| client.misinformed(&truth, &today))
    }
}
