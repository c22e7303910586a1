//! What a life begins with, by its seed.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use gatewright_proto::ClientId;
use jiff::Timestamp;

use super::{Happening, Stage};
use crate::chance::Chance;
use crate::client::Client;
use crate::clock::Clock;
use crate::gateway::Gateway;
use crate::journal::Journal;
use crate::life::{Conduct, Length, Life};
use crate::watch::Watch;
use crate::wires::Wires;

impl Stage {
    /// Every second life has programs behind the session proxy; the others have kept sessions only.
    pub(crate) fn new(life: Life, begin: Timestamp, conduct: Conduct) -> Self {
        let Life { seed, length } = life;
        let clock = Clock::new(begin);
        let mut chance = Chance::new(seed, 1);
        let proxied = seed % 2 == 1;
        let kept = if proxied { 0 } else { chance.below(3) };
        let programs = (0..=kept).zip([999_999_000, 0, 7, 31]);
        // A stream makes the Gateway look at its price every second, which is most of the time that a month takes.
        let seldom = if length == Length::Month { 4 } else { 2 };
        let programs = programs.map(|(_, id)| (ClientId::new(id), i32::from(chance.one_in(seldom)))).collect();
        // Measured by others: 33 seconds to four minutes. Most lives have quicker ones, to see more in less time.
        let restart_takes = if chance.one_in(8) { chance.seconds(33, 240) } else { chance.seconds(2, 20) };
        let mut stage = Self {
            seed,
            clock,
            at: Duration::ZERO,
            due: BTreeMap::new(),
            number: 0,
            gateway: Gateway::new(seed, &clock, restart_takes),
            wires: Wires::default(),
            watch: Watch::default(),
            worker: None,
            ledger: Vec::new(),
            daemon: None,
            daemons: 0,
            clients: Vec::new(),
            twins: Vec::new(),
            most_unread: if chance.one_in(2) { 96 * 1024 } else { 1024 * 1024 },
            client_conns: 0,
            journal: Journal::default(),
            programs,
            local: !chance.one_in(3),
            chance,
            conns: 0,
            seen: BTreeMap::new(),
            streams_right: BTreeMap::new(),
            faults: Vec::new(),
            told_port: None,
            playing: String::new(),
            lively: Vec::new(),
            trace: VecDeque::new(),
            trace_of_troubles: None,
            traced: conduct.traced,
            sabotage: conduct.sabotage,
            looks: 0,
            steps: 0,
        };
        if proxied {
            let count = stage.chance.below(3);
            for (_, id) in (0..=count).zip([5, 0, 8]) {
                let protobuf = stage.chance.one_in(2);
                let calm_streams = usize::from(stage.chance.one_in(6));
                stage.clients.push(Client::new(ClientId::new(id), protobuf, calm_streams));
            }
            stage.start_daemon();
        }
        stage.start_worker();
        stage.add(Duration::ZERO, Happening::Look);
        stage
    }
}
