//! What is read beside the registers while a person looks at the verdict: how far back, and from which meters.

use std::{fmt, str::FromStr, time::Duration};

use super::{Probe, WorkError, aim};
use crate::{
    meter::Meter,
    probe::{
        detect::Aim,
        part::{Span, Wants},
        way::{Family, Quirk, Way},
    },
    store::Store,
    time::{Civil, UtcMs},
};

const DAY: Duration = Duration::from_hours(24);
/// The zone that is furthest ahead: a meter that does not tell its time may be set to it.
const AHEAD: Duration = Duration::from_hours(14);

/// What a person wants beside the registers. The text form is `profile=31 events=on`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Beside {
    /// Days of the load profile, at most [`Beside::DAYS_MAX`]; 0 for none.
    pub days: u16,
    /// The meter's events.
    pub events: bool,
}

/// The text does not say what is to be read beside the registers.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not such as: profile=31 events=on")]
pub struct BesideError;

impl Beside {
    /// More than any meter keeps at a quarter of an hour.
    pub const DAYS_MAX: u16 = 400;

    /// What that is now, by the meter's clock where it was told, else by ours.
    pub fn wants(self, clock: Option<Civil>, now: UtcMs) -> Option<Wants> {
        let profile = (self.days > 0).then(|| self.span(clock, now)).flatten();
        let wants = Wants { profile, events: self.events, beside_only: true };
        (wants.profile.is_some() || wants.events).then_some(wants)
    }

    fn span(self, clock: Option<Civil>, now: UtcMs) -> Option<Span> {
        let to = match clock {
            Some(clock) => clock,
            None => Civil::of_unix(now.0.div_euclid(1_000))?.plus(AHEAD)?,
        };
        let back = DAY * u32::from(self.days.min(Self::DAYS_MAX));
        let since_epoch = to.since(Civil::of_unix(0)?).checked_sub(back)?;
        let from = Civil::of_unix(i64::try_from(since_epoch.as_secs()).ok()?)?;
        Some(Span { from, to })
    }
}

impl fmt::Display for Beside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "profile={} events={}", self.days, if self.events { "on" } else { "off" })
    }
}

impl FromStr for Beside {
    type Err = BesideError;

    fn from_str(text: &str) -> Result<Self, BesideError> {
        let mut beside = Self::default();
        for word in text.split_whitespace() {
            match word.split_once('=') {
                Some(("profile", days)) => {
                    let days = days.parse().ok().filter(|days| *days <= Self::DAYS_MAX);
                    beside.days = days.ok_or(BesideError)?;
                }
                Some(("events", "on")) => beside.events = true,
                Some(("events", "off")) => beside.events = false,
                Some(_) | None => return Err(BesideError),
            }
        }
        Ok(beside)
    }
}

/// Aims at what is wanted beside the registers of a meter that was just read; nothing where all of it is here, or
/// where the meter cannot be asked. Only the way that is known is gone: the person may have taken the probe off.
pub fn aim_beside(
    store: &mut Store,
    probe: &Probe,
    meter: &Meter,
    (beside, clock): (Beside, Option<Civil>),
    now: UtcMs,
    random: [u8; 21],
) -> Result<Option<Aim>, WorkError> {
    let Some(wants) = beside.wants(clock, now) else { return Ok(None) };
    let aim = aim(store, probe, Some(meter), wants, random)?;
    let Some(way) = aim.known.clone().filter(can_be_asked) else { return Ok(None) };
    let profile = aim.wants.profile.filter(|span| span.from < span.to);
    let wants = Wants { profile, ..aim.wants };
    let open = wants.profile.is_some() || wants.events;
    Ok(open.then_some(Aim { family: Some(way.family), wants, ..aim }))
}

fn can_be_asked(way: &Way) -> bool {
    way.family != Family::Sml && !way.has(Quirk::Pushes)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        id::MeterId,
        obis::Obis,
        probe::{
            detect::Head,
            keys::Keyring,
            part::{Part, ProfilePart, ProfileRow},
        },
    };

    const NOON: UtcMs = UtcMs(1_795_521_600_000);

    #[test]
    fn text_and_back() {
        for text in ["profile=31 events=on", "profile=0 events=off"] {
            assert_eq!(text.parse::<Beside>().map(|beside| beside.to_string()), Ok(text.into()));
        }
        assert_eq!("".parse(), Ok(Beside::default()));
        for text in ["profile=-1", "profile=401", "events=maybe", "profile", "photos=on"] {
            assert_eq!(text.parse::<Beside>(), Err(BesideError), "{text}");
        }
    }

    #[test]
    fn days_count_back_by_the_clock_of_the_meter() {
        check(Some("2019-03-02T08:30:00"), "2019-02-23T08:30:00", "2019-03-02T08:30:00");
    }

    #[test]
    fn without_a_clock_no_zone_misses_its_newest_rows() {
        check(None, "2026-11-18T02:00:00", "2026-11-25T02:00:00");
    }

    #[test]
    fn a_clock_at_the_beginning_of_time_has_no_week_behind_it() {
        let wants = Beside { days: 7, events: true }.wants("1970-01-02T00:00:00".parse().ok(), NOON);
        assert_eq!(wants, Some(Wants { profile: None, events: true, beside_only: true }));
        assert_eq!(Beside { days: 7, events: false }.wants("1970-01-02T00:00:00".parse().ok(), NOON), None);
        assert_eq!(Beside::default().wants(None, NOON), None);
    }

    #[test]
    fn only_what_is_not_here_yet_is_fetched_and_only_by_the_way_that_is_known() {
        let mut store = Store::in_memory().unwrap();
        assert!(aimed(&mut store).is_none());
        store.put_way("50123456", "p", &Way::new(Family::Dlms, 9_600), NOON).unwrap();
        let first = aimed(&mut store).unwrap();
        assert_eq!((first.family, first.wants.beside_only), (Some(Family::Dlms), true));
        let wanted = first.wants.profile.unwrap();
        assert_eq!(wanted.from.to_string(), "2026-11-17T12:00:00");
        let at = "2026-11-20T00:15:00".parse().unwrap();
        let row = ProfileRow { at, status: String::new(), values: Vec::new() };
        let obis = Obis::ACTIVE_IMPORT;
        let part = Part::Profile(ProfilePart { obis, period_s: 900, columns: Vec::new(), rows: vec![row] });
        store.put_part("50123456", Some(wanted.from), &part).unwrap();
        assert_eq!(aimed(&mut store).unwrap().wants.profile, Some(Span { from: at, to: wanted.to }));
    }

    #[test]
    fn a_meter_that_only_pushes_is_not_asked() {
        let mut store = Store::in_memory().unwrap();
        store.put_way("50123456", "p", &Way::new(Family::Sml, 9_600), NOON).unwrap();
        assert!(aimed(&mut store).is_none());
    }

    fn aimed(store: &mut Store) -> Option<Aim> {
        let probe = Probe { name: "p".into(), head: Head::Contact, keyring: Arc::new(Keyring::default()) };
        let meter = Meter {
            id: MeterId::derived(&[b"50123456"]),
            serial: "50123456".into(),
            model: None,
            way: None,
            registers: Vec::new(),
        };
        let clock = Some("2026-11-24T12:00:00".parse().unwrap());
        let beside = Beside { days: 7, events: false };
        aim_beside(store, &probe, &meter, (beside, clock), NOON, [0; 21]).unwrap()
    }

    #[track_caller]
    fn check(clock: Option<&str>, from: &str, to: &str) {
        let clock = clock.map(|clock| clock.parse().unwrap());
        let wants = Beside { days: 7, events: false }.wants(clock, NOON).unwrap();
        let span = Span { from: from.parse().unwrap(), to: to.parse().unwrap() };
        assert_eq!(wants, Wants { profile: Some(span), events: false, beside_only: true });
    }
}
