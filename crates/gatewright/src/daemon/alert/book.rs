//! What has been told and what is due. Pure: it is given the time, and is written down by whoever keeps it.
//!
//! One alert for each trouble that a human has to end, and for each cause that it changes to; one message when all is well
//! again; a repetition after a long time. A trouble that comes and goes is not told each time, nor is one that a daemon
//! before us has told.

use std::collections::BTreeMap;
use std::time::Duration;

use gatewright_proto::session::Acts;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::value::{Alert, Concern, Event, Origin, VERSION};

/// A trouble has to last this long before it is told: two looks. What calls a human has shown patience before.
const LASTS: SignedDuration = SignedDuration::from_secs(4);

/// All has to be well this long before that is told, so that a Gateway that comes and goes is one trouble.
const WELL: SignedDuration = SignedDuration::from_secs(30);

/// The same cause is not told again within this time, however often it comes and goes.
const APART: SignedDuration = SignedDuration::from_mins(5);

/// At most so many alerts of one Gateway in an hour: one each five minutes is all that a human can act on.
const MOST_IN_AN_HOUR: usize = 12;

const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// Causes whose last telling is remembered; there are fewer than thirty.
const MAX_CAUSES: usize = 64;

/// How a Gateway is, as far as alerts go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Sight {
    /// All is known to be well.
    Well,
    /// Something is wrong and somebody else is at it, or nothing is known: no reason to call, and none to say it is over.
    Unsettled,
    /// A human has to act.
    Human(Concern),
}

/// What has been told of each Gateway.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Book {
    gateways: BTreeMap<String, Page>,
}

/// What has been told of one Gateway.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Page {
    trouble: Option<Trouble>,
    /// When each cause was told last.
    causes: BTreeMap<String, Timestamp>,
    /// When anything was told in the last hour.
    recent: Vec<Timestamp>,
}

/// One trouble: from the first alert until all is well.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Trouble {
    /// Since when it has been so.
    since: Timestamp,
    /// The cause that it has now.
    cause: String,
    layer: Option<String>,
    sentence: String,
    /// Since when it has had that cause.
    cause_since: Timestamp,
    /// When that cause was told last.
    told: Option<Timestamp>,
    /// How often the trouble was told, whatever its cause.
    times: u32,
    /// Whether what was told last has arrived anywhere.
    arrived: bool,
    /// Since when all has been well.
    #[serde(skip)]
    well_since: Option<Timestamp>,
}

/// A trouble as `status` shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AlertReport {
    /// The cause.
    pub(crate) cause: String,
    /// Since when it has been so.
    pub(crate) since: Timestamp,
    /// When it was told last.
    pub(crate) told: Timestamp,
    /// How often it was told.
    pub(crate) times: u32,
    /// Whether what was told last has arrived anywhere.
    pub(crate) arrived: bool,
}

impl Book {
    /// What a daemon before us wrote down. What it told and nobody received counts as not told.
    pub(crate) fn reopened(mut self, now: Timestamp) -> Self {
        for page in self.gateways.values_mut() {
            page.correct(now);
            if let Some(trouble) = page.trouble.as_mut().filter(|trouble| !trouble.arrived) {
                trouble.told = None;
                page.causes.remove(&trouble.cause);
                trouble.times = trouble.times.saturating_sub(1);
            }
        }
        self
    }

    /// How a Gateway is now. Returns what is to be told about it; `repeat` is how long a trouble stays untold, zero for ever.
    pub(crate) fn handle(&mut self, now: Timestamp, origin: &Origin, sight: Sight, repeat: Duration) -> Option<Alert> {
        let page = self.gateways.entry(origin.gateway.clone()).or_default();
        page.correct(now);
        page.recent.retain(|at| now.duration_since(*at) < HOUR);
        match sight {
            Sight::Well => page.well(now, origin),
            Sight::Unsettled => {
                page.unsettled();
                None
            }
            Sight::Human(concern) => page.human(now, origin, concern, repeat),
        }
    }

    /// A restart was ordered, or should have been. What bounds restarts bounds these messages.
    pub(crate) fn restart(
        &mut self,
        now: Timestamp,
        origin: &Origin,
        proofs: &[String],
        outcome: &str,
        acts: Acts,
    ) -> Alert {
        let trouble = self.gateways.get(&origin.gateway).and_then(|page| page.trouble.as_ref());
        let sentence = format!("{}: the Gateway is stuck ({}); {outcome}", origin.gateway, proofs.join("; "));
        Alert {
            version: VERSION,
            id: trouble.map_or_else(|| format!("{}/{now}", origin.gateway), |trouble| trouble.id(&origin.gateway)),
            event: Event::Restart,
            gateway: origin.gateway.clone(),
            address: origin.address.clone(),
            host: origin.host.clone(),
            cause: trouble.map_or_else(|| "stuck".into(), |trouble| trouble.cause.clone()),
            layer: trouble.and_then(|trouble| trouble.layer.clone()),
            text: Alert::line(Event::Restart, origin, &sentence),
            message: sentence,
            acts: Some(acts),
            remedy: (acts == Acts::Human).then(|| "Restart the Gateway by hand.".into()),
            since: trouble.map_or(now, |trouble| trouble.since),
            at: now,
            times: trouble.map_or(0, |trouble| trouble.times),
        }
    }

    /// A message has arrived at one of its targets.
    pub(crate) fn handle_arrived(&mut self, gateway: &str, id: &str) {
        let page = self.gateways.get_mut(gateway);
        let trouble = page.and_then(|page| page.trouble.as_mut()).filter(|trouble| trouble.id(gateway) == id);
        if let Some(trouble) = trouble {
            trouble.arrived = true;
        }
    }

    /// What a Gateway's human was told and is not over.
    pub(crate) fn report(&self, gateway: &str) -> Option<AlertReport> {
        let trouble = self.gateways.get(gateway)?.trouble.as_ref()?;
        let told = trouble.told.filter(|_| trouble.times > 0)?;
        Some(AlertReport {
            cause: trouble.cause.clone(),
            since: trouble.since,
            told,
            times: trouble.times,
            arrived: trouble.arrived,
        })
    }
}

impl Page {
    /// Takes what lies ahead of us for the present: a clock that was wrong must not silence us until it is right again.
    fn correct(&mut self, now: Timestamp) {
        let times = self.recent.iter_mut().chain(self.causes.values_mut());
        let trouble = self.trouble.iter_mut().flat_map(|trouble| {
            [&mut trouble.since, &mut trouble.cause_since]
                .into_iter()
                .chain(&mut trouble.told)
                .chain(&mut trouble.well_since)
        });
        for at in times.chain(trouble) {
            *at = (*at).min(now);
        }
    }

    fn well(&mut self, now: Timestamp, origin: &Origin) -> Option<Alert> {
        let trouble = self.trouble.as_mut()?;
        if trouble.times == 0 {
            self.trouble = None;
            return None;
        }
        let well_since = *trouble.well_since.get_or_insert(now);
        if now.duration_since(well_since) < WELL {
            return None;
        }
        let trouble = self.trouble.take()?;
        let lasted = well_since.duration_since(trouble.since);
        let message = format!("{}: all is well again, after {}", origin.gateway, span(lasted));
        let over = Concern { cause: trouble.cause.clone(), sentence: message, remedy: None, layer: None };
        self.recent.push(now);
        Some(trouble.alert(now, origin, Event::Over, over))
    }

    fn unsettled(&mut self) {
        match &mut self.trouble {
            Some(trouble) if trouble.times > 0 => trouble.well_since = None,
            Some(_) | None => self.trouble = None,
        }
    }

    fn human(&mut self, now: Timestamp, origin: &Origin, concern: Concern, repeat: Duration) -> Option<Alert> {
        let trouble = self.trouble.get_or_insert_with(|| Trouble::new(now, &concern));
        trouble.well_since = None;
        if trouble.cause != concern.cause {
            trouble.cause.clone_from(&concern.cause);
            trouble.cause_since = now;
            trouble.told = None;
        }
        trouble.sentence.clone_from(&concern.sentence);
        trouble.layer.clone_from(&concern.layer);
        let event = match trouble.told {
            None => {
                let apart = self.causes.get(&concern.cause).is_none_or(|at| now.duration_since(*at) >= APART);
                let lasts = now.duration_since(trouble.cause_since) >= LASTS;
                (apart && lasts).then_some(Event::Raised)?
            }
            Some(told) => {
                let due = !repeat.is_zero() && now.duration_since(told) >= long(repeat);
                due.then_some(Event::Repeated)?
            }
        };
        if self.recent.len() >= MOST_IN_AN_HOUR {
            return None;
        }
        trouble.told = Some(now);
        trouble.times = trouble.times.saturating_add(1);
        trouble.arrived = false;
        let alert = trouble.alert(now, origin, event, concern);
        self.recent.push(now);
        if self.causes.len() < MAX_CAUSES || self.causes.contains_key(&alert.cause) {
            self.causes.insert(alert.cause.clone(), now);
        }
        Some(alert)
    }
}

impl Trouble {
    fn new(now: Timestamp, concern: &Concern) -> Self {
        Self {
            since: now,
            cause: concern.cause.clone(),
            layer: concern.layer.clone(),
            sentence: concern.sentence.clone(),
            cause_since: now,
            told: None,
            times: 0,
            arrived: false,
            well_since: None,
        }
    }

    fn id(&self, gateway: &str) -> String {
        format!("{gateway}/{}", self.since)
    }

    fn alert(&self, now: Timestamp, origin: &Origin, event: Event, concern: Concern) -> Alert {
        let over = event == Event::Over;
        Alert {
            version: VERSION,
            id: self.id(&origin.gateway),
            event,
            gateway: origin.gateway.clone(),
            address: origin.address.clone(),
            host: origin.host.clone(),
            cause: concern.cause,
            layer: concern.layer,
            text: Alert::line(event, origin, &concern.sentence),
            message: concern.sentence,
            acts: (!over).then_some(Acts::Human),
            remedy: concern.remedy,
            since: self.since,
            at: now,
            times: self.times,
        }
    }
}

fn long(repeat: Duration) -> SignedDuration {
    SignedDuration::try_from(repeat).unwrap_or(SignedDuration::MAX)
}

fn span(lasted: SignedDuration) -> String {
    crate::daemon::report::age(u64::try_from(lasted.as_millis()).unwrap_or_default())
}

#[cfg(test)]
mod tests;
