//! Days and time zones: what is asked for, and how times are shown.

use std::str::FromStr;

use clap::Args;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, ZonedDateTime};

use crate::diagnosis::Diagnosis;
use crate::exit_code::Exit;

/// A day, as it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Day {
    /// The day that it is.
    Today,
    /// The day before.
    Yesterday,
    /// That one.
    On(Date),
}

impl FromStr for Day {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "today" => Ok(Self::Today),
            "yesterday" => Ok(Self::Yesterday),
            _ => text
                .parse()
                .map(Self::On)
                .map_err(|_| "it must be a date such as 2026-11-27, today or yesterday".into()),
        }
    }
}

impl Day {
    /// Which date that is.
    ///
    /// # Errors
    ///
    /// A usage error where there was no such day.
    pub(crate) fn date(self, now: &ZonedDateTime) -> Result<Date, Diagnosis> {
        match self {
            Self::Today => Ok(now.date()),
            Self::Yesterday => now.date().yesterday().map_err(|error| no_such_day(&error)),
            Self::On(date) => Ok(date),
        }
    }

    /// From its beginning up to the next day's.
    ///
    /// # Errors
    ///
    /// As [`Self::date`].
    pub(crate) fn span(self, now: &ZonedDateTime) -> Result<(Timestamp, Timestamp), Diagnosis> {
        let begin = self.date(now)?.to_zoned_datetime(now.time_zone().clone()).map_err(|error| no_such_day(&error))?;
        let end = begin.checked_add(1.day()).map_err(|error| no_such_day(&error))?;
        Ok((begin.timestamp(), end.timestamp()))
    }
}

fn no_such_day(error: &jiff::Error) -> Diagnosis {
    Diagnosis::new(Exit::Usage, format!("there is no such day: {error}"))
}

/// In which time zone days begin and times are shown.
#[derive(Debug, Clone, Args)]
pub(crate) struct ZoneArgs {
    /// The time zone in which days begin and times are shown, such as America/New_York [default: this machine's]
    #[arg(long, value_name = "ZONE")]
    zone: Option<String>,
}

impl ZoneArgs {
    /// This moment, in that zone.
    ///
    /// # Errors
    ///
    /// A usage error where this machine does not know the zone.
    pub(crate) fn now(&self) -> Result<ZonedDateTime, Diagnosis> {
        let zone = match &self.zone {
            None => TimeZone::system(),
            Some(name) => TimeZone::get(name).map_err(|_| {
                Diagnosis::new(Exit::Usage, format!("there is no time zone {name}"))
                    .with_help("Write it as in the IANA database, for example America/New_York, Europe/Zurich or UTC.")
            })?,
        };
        Ok(crate::clock::wall().to_zoned_datetime(zone))
    }
}

/// A time to the second, as in `11-27 14:30:05`.
pub(crate) fn stamp(time: Timestamp, zone: &TimeZone) -> String {
    // The second that it was in, as everywhere else: rounded it would be tomorrow's now and then.
    time.to_zoned_datetime(zone.clone()).strftime("%m-%d %H:%M:%S").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_told_by_the_second_that_it_was_in() {
        let late: Timestamp = "2026-11-27T23:59:59.9Z".parse().unwrap();
        assert_eq!(stamp(late, &TimeZone::UTC), "11-27 23:59:59");
    }

    fn now() -> ZonedDateTime {
        "2026-11-27T01:00:00[America/New_York]".parse().unwrap()
    }

    #[test]
    fn a_day_is_from_midnight_to_midnight_where_it_was_asked_for() {
        let span = |text: &str| text.parse::<Day>().unwrap().span(&now()).unwrap();
        let time = |text: &str| text.parse::<Timestamp>().unwrap();
        assert_eq!(span("today"), (time("2026-11-27T05:00:00Z"), time("2026-11-28T05:00:00Z")));
        assert_eq!(span("yesterday").1, span("today").0);
        assert_eq!(span("2026-11-01"), (time("2026-11-01T04:00:00Z"), time("2026-11-02T05:00:00Z")), "25 hours");
        assert!("27.11.".parse::<Day>().is_err());
    }
}
