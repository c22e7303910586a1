//! The simulator's core behind a slow network, and what is kept from it, told twice or corrected on the way.

use std::collections::{BTreeMap, VecDeque};
use std::net::{Ipv4Addr, SocketAddr};

use gatewright_proto::session::ClosedHow;
use gatewright_sim::core::{Action as Does, ConnId, Entrance, How, SimInstant, World as Core};
use gatewright_sim::{Parameters, SimConfig, Snapshot};

use super::super::chance::Chance;
use super::super::*;

/// What goes to the Gateway.
#[derive(Debug)]
pub(super) enum Up {
    Connect,
    /// Bytes, and the orderRef and symbol of the order that they place, if they do.
    Bytes(Vec<u8>, Option<(String, String)>),
    Reset,
}

/// What comes back.
#[derive(Debug)]
pub(super) enum Down {
    Accepted,
    Refused,
    Bytes(Vec<u8>),
    Ended(ClosedHow),
}

/// The Gateway and the way to it.
pub(super) struct Wire {
    pub(super) core: Core,
    begin: SimInstant,
    up: VecDeque<(Duration, ConnId, Up)>,
    down: VecDeque<(Duration, ConnId, Down)>,
    delay: Duration,
    /// Nothing arrives before.
    hangs_until: Duration,
    /// Every orderRef whose order has arrived, as often as it did.
    pub(super) arrived: Vec<String>,
}

impl Wire {
    /// A Gateway whose parameters, delays and versions are drawn.
    pub(super) fn new(chance: &mut Chance, seed: u64, wall: Timestamp) -> Self {
        let begin = SimInstant::from_timestamp(wall);
        let mut config = SimConfig { seed, ..SimConfig::default() };
        let span = |seconds: u64| Duration::from_secs(seconds).into();
        config.scenario.parameters = Parameters {
            restart_takes: span(2 + chance.draw(30)),
            lower_ids_by: chance.draw(6) as u32,
            orders_lost_within: span(chance.draw(4)),
            swallow_every: 1 + chance.draw(3) as u32,
            release_after: span(1 + chance.draw(20)),
            dialog_after: span(1 + chance.draw(29)),
            ..Parameters::default()
        };
        Self {
            core: Core::new(config, begin),
            begin,
            up: VecDeque::new(),
            down: VecDeque::new(),
            delay: Duration::from_millis(chance.draw(60)),
            hangs_until: Duration::ZERO,
            arrived: Vec::new(),
        }
    }

    /// Sends something to the Gateway.
    pub(super) fn send(&mut self, at: Duration, conn: ConnId, what: Up) {
        let last = self.up.back().map_or(Duration::ZERO, |(due, ..)| *due);
        self.up.push_back(((at + self.delay).max(self.hangs_until).max(last), conn, what));
    }

    /// Nothing arrives anywhere for a while; nothing is lost by it.
    pub(super) fn hang(&mut self, at: Duration, length: Duration) {
        self.hangs_until = at + length;
        for (due, ..) in &mut self.up {
            *due = (*due).max(self.hangs_until);
        }
        for (due, ..) in &mut self.down {
            *due = (*due).max(self.hangs_until);
        }
    }

    /// Our end of a connection is gone. Of what was under way a drawn part still arrives, then the reset.
    pub(super) fn cut(&mut self, at: Duration, conn: ConnId, chance: &mut Chance) {
        let under_way = self.up.iter().filter(|(_, of, _)| *of == conn).count();
        let mut arrive = chance.draw(under_way as u64 + 1);
        self.up.retain(|(_, of, _)| {
            let kept = *of != conn || arrive > 0;
            arrive = if *of == conn { arrive.saturating_sub(1) } else { arrive };
            kept
        });
        self.down.retain(|(_, of, _)| *of != conn);
        self.send(at, conn, Up::Reset);
    }

    /// The orders in an instrument that are open at the Gateway or on their way to it.
    pub(super) fn alive(&self, symbol: &str) -> usize {
        let of = |(_, _, what): &&(Duration, ConnId, Up)| match what {
            Up::Bytes(_, Some((_, placed))) => placed == symbol,
            Up::Bytes(_, None) | Up::Connect | Up::Reset => false,
        };
        let open = self.snapshot().open_orders;
        open.iter().filter(|order| order.symbol == symbol).count() + self.up.iter().filter(of).count()
    }

    pub(super) fn snapshot(&self) -> Snapshot {
        self.core.snapshot()
    }

    /// When something happens next.
    pub(super) fn next_due(&self) -> Option<Duration> {
        let up = self.up.front().map(|(due, ..)| *due);
        let down = self.down.front().map(|(due, ..)| *due);
        let own = self.core.poll_timeout().map(|(due, _)| due.since(self.begin));
        [up, down, own].into_iter().flatten().min()
    }

    /// What the Gateway's world calls this moment.
    pub(super) fn moment(&self, at: Duration) -> SimInstant {
        self.begin + at
    }

    /// Lets everything happen at the Gateway that is due.
    pub(super) fn turn(&mut self, at: Duration) {
        let now = self.moment(at);
        while self.up.front().is_some_and(|(due, ..)| *due <= at) {
            let Some((_, conn, what)) = self.up.pop_front() else { break };
            self.arrive(now, at, conn, what);
            self.drain(at);
        }
        if self.core.poll_timeout().is_some_and(|(due, _)| due <= now) {
            self.core.handle_timeout(now);
        }
        self.drain(at);
    }

    fn arrive(&mut self, now: SimInstant, at: Duration, conn: ConnId, what: Up) {
        match what {
            Up::Connect => {
                let open = self.core.entrance() == Entrance::Open;
                if open {
                    self.core.handle_connected(now, conn, SocketAddr::from((Ipv4Addr::LOCALHOST, 50_000)));
                }
                self.reply(at, conn, if open { Down::Accepted } else { Down::Refused });
            }
            Up::Bytes(bytes, placed) => {
                self.core.handle_bytes(now, conn, &bytes);
                self.arrived.extend(placed.map(|(order_ref, _)| order_ref));
            }
            Up::Reset => self.core.handle_closed(now, conn, How::Reset),
        }
    }

    fn drain(&mut self, at: Duration) {
        while let Some(does) = self.core.poll_action() {
            match does {
                Does::Send(conn, bytes) | Does::Trickle(conn, bytes) => {
                    self.reply(at, conn, Down::Bytes(bytes.to_vec()));
                }
                Does::Close(conn) => self.reply(at, conn, Down::Ended(ClosedHow::Eof)),
                Does::Reset(conn) => {
                    // A reset overtakes what was not read.
                    self.up.retain(|(_, of, _)| *of != conn);
                    self.reply(at, conn, Down::Ended(ClosedHow::Reset));
                }
                Does::StopReading(_) | Does::StartReading(_) | Does::Move(_) => {}
            }
        }
    }

    fn reply(&mut self, at: Duration, conn: ConnId, what: Down) {
        let last = self.down.back().map_or(Duration::ZERO, |(due, ..)| *due);
        self.down.push_back(((at + self.delay).max(self.hangs_until).max(last), conn, what));
    }

    /// The next thing that has arrived here.
    pub(super) fn poll(&mut self, at: Duration) -> Option<(ConnId, Down)> {
        self.down.front().is_some_and(|(due, ..)| *due <= at).then(|| self.down.pop_front())?.map(|(_, c, w)| (c, w))
    }
}

/// Executions that turned out to be other ones, which the simulator does not do by itself.
#[derive(Debug, Default)]
pub(super) struct Corrections {
    /// By the id without its revision.
    by_family: BTreeMap<String, Execution>,
    /// What came in more for it, by symbol.
    pub(super) cash: BTreeMap<String, Decimal>,
}

impl Corrections {
    /// The price of an execution turns out to be another one: what is told of it from now on.
    pub(super) fn correct(&mut self, details: &ExecDetails, cents: i64) -> Option<ExecDetails> {
        let was = self.applied(details.clone());
        let (family, revision) = was.execution.exec_id.rsplit_once('.')?;
        let revision: u32 = revision.parse().ok()?;
        let price = was.execution.price + Decimal::new(cents, 2);
        let signed = if was.execution.side == "SLD" { -was.execution.shares } else { was.execution.shares };
        *self.cash.entry(was.contract.symbol.clone()).or_default() += (was.execution.price - price) * signed;
        let exec_id = format!("{family}.{:02}", revision + 1);
        let execution = Execution { exec_id, price, ..was.execution.clone() };
        self.by_family.insert(family.to_owned(), execution.clone());
        Some(ExecDetails { execution, ..was })
    }

    /// An execution as it is told by now.
    pub(super) fn applied(&self, details: ExecDetails) -> ExecDetails {
        match self.now(&details.execution.exec_id) {
            Some(execution) => ExecDetails { execution: execution.clone(), ..details },
            None => details,
        }
    }

    /// Under which id an execution's cost is told by now.
    pub(super) fn exec_id(&self, exec_id: &str) -> String {
        self.now(exec_id).map_or_else(|| exec_id.to_owned(), |execution| execution.exec_id.clone())
    }

    fn now(&self, exec_id: &str) -> Option<&Execution> {
        self.by_family.get(exec_id.rsplit_once('.')?.0)
    }
}
