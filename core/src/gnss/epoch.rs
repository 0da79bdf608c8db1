//! One moment of a receiver, put together from the sentences that speak of it. Which bytes say what is not
//! known here.

use super::fix::{Fix, FixQuality};
use crate::{place::Position, time::UtcMs};

/// Times of day that differ by less than this are the same moment, written with fewer digits.
const SAME_MOMENT_MS: i64 = 20;

/// Sentences of different kinds within this time may still speak of one moment: some receivers stamp each
/// sentence when it is written.
const SAME_CYCLE_MS: i64 = 1_000;

const DAY_MS: i64 = 86_400_000;

/// One-sigma error in metres that one unit of horizontal dilution stands for, for receivers that do not say.
const METRES_PER_HDOP: f64 = 5.0;

/// The sentences that are used.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    Gga,
    Rmc,
    Gll,
    Gns,
    Gst,
    Gsa,
    Vtg,
    Zda,
}

/// What one sentence says about the position.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Claim {
    /// Nothing.
    Silent,
    /// That it is known to this one.
    Known(FixQuality),
    /// That it is not known, or made up: void, simulated, entered by hand.
    Void,
}

/// What one sentence said.
#[derive(Clone, Copy, Debug)]
pub(super) struct Told {
    pub(super) kind: Kind,
    pub(super) claim: Claim,
    /// Milliseconds since midnight, UTC.
    pub(super) time_ms: Option<i64>,
    /// The midnight before, in milliseconds since 1970.
    pub(super) midnight_ms: Option<i64>,
    pub(super) position: Option<Position>,
    pub(super) satellites: Option<u8>,
    pub(super) hdop: Option<f64>,
    pub(super) accuracy_m: Option<f64>,
    pub(super) speed_mps: Option<f64>,
    pub(super) course_deg: Option<f64>,
}

impl Told {
    pub(super) const fn nothing(kind: Kind) -> Self {
        Self {
            kind,
            claim: Claim::Silent,
            time_ms: None,
            midnight_ms: None,
            position: None,
            satellites: None,
            hdop: None,
            accuracy_m: None,
            speed_mps: None,
            course_deg: None,
        }
    }
}

/// A moment that is still being told.
#[derive(Clone, Debug)]
pub(super) struct Epoch {
    seen_at: UtcMs,
    told: Vec<Told>,
}

impl Epoch {
    /// Begins with the first sentence, heard at `seen_at`.
    pub(super) fn new(first: Told, seen_at: UtcMs) -> Self {
        Self { seen_at, told: vec![first] }
    }

    /// When its first sentence was heard.
    pub(super) const fn seen_at(&self) -> UtcMs {
        self.seen_at
    }

    /// Whether the sentence speaks of this moment and not of the next one.
    pub(super) fn takes(&self, told: &Told) -> bool {
        if self.told.len() >= 64 {
            return false;
        }
        let (Some(time), Some(ours)) = (told.time_ms, self.time_ms()) else {
            return told.kind == Kind::Gsa || told.time_ms.is_some() || !self.has(told.kind);
        };
        let apart = (time - ours).abs();
        let apart = apart.min(DAY_MS - apart);
        apart < SAME_MOMENT_MS || (apart < SAME_CYCLE_MS && !self.has(told.kind))
    }

    /// Adds a sentence.
    pub(super) fn add(&mut self, told: Told) {
        self.told.push(told);
    }

    /// The fix, if every sentence that has a say agrees that there is one.
    pub(super) fn fix(&self, taken_at: Option<UtcMs>) -> Option<Fix> {
        if self.is_void() {
            return None;
        }
        let position = self.finest(|told| told.position)?;
        let hdop = self.finest(|told| told.hdop);
        Some(Fix {
            position,
            seen_at: self.seen_at,
            taken_at,
            quality: self.quality()?,
            accuracy_m: self
                .finest(|told| told.accuracy_m)
                .or_else(|| hdop.map(|hdop| hdop * METRES_PER_HDOP)),
            satellites: self.finest(|told| told.satellites),
            hdop,
            speed_mps: self.finest(|told| told.speed_mps),
            course_deg: self.finest(|told| told.course_deg),
        })
    }

    /// Whether some sentence had a say about the position.
    pub(super) fn has_say(&self) -> bool {
        self.told.iter().any(|told| told.claim != Claim::Silent)
    }

    /// Its time of day, in milliseconds since midnight.
    pub(super) fn time_ms(&self) -> Option<i64> {
        self.told.iter().find_map(|told| told.time_ms)
    }

    /// Time and midnight of the sentence that told both.
    pub(super) fn dated(&self) -> Option<UtcMs> {
        self.told.iter().find_map(|told| Some(UtcMs(told.midnight_ms? + told.time_ms?)))
    }

    fn has(&self, kind: Kind) -> bool {
        self.told.iter().any(|told| told.kind == kind)
    }

    /// One void sentence is enough, but of the satellite lists of several systems all must be void.
    fn is_void(&self) -> bool {
        let mut lists = self.told.iter().filter(|told| told.kind == Kind::Gsa).peekable();
        let no_list = lists.peek().is_some() && lists.all(|told| told.claim == Claim::Void);
        let mut others = self.told.iter().filter(|told| told.kind != Kind::Gsa);
        no_list || others.any(|told| told.claim == Claim::Void)
    }

    /// By the sentence with the most detail that gave a position.
    fn quality(&self) -> Option<FixQuality> {
        self.finest(|told| match told.claim {
            Claim::Known(quality) if told.position.is_some() => Some(quality),
            Claim::Known(_) | Claim::Silent | Claim::Void => None,
        })
    }

    /// The value from the sentence with the most detail: GGA and GNS, then RMC, then the others.
    fn finest<T>(&self, value: impl Fn(&Told) -> Option<T>) -> Option<T> {
        let rank = |kind| match kind {
            Kind::Gga | Kind::Gns => 0,
            Kind::Rmc => 1,
            Kind::Gst | Kind::Vtg | Kind::Gsa => 2,
            Kind::Gll | Kind::Zda => 3,
        };
        let mut told: Vec<&Told> = self.told.iter().collect();
        told.sort_by_key(|told| rank(told.kind));
        told.into_iter().find_map(value)
    }
}

/// The moment with this time of day that is nearest to `known`; midnight may lie between them.
pub(super) const fn nearest_moment(known: UtcMs, time_ms: i64) -> UtcMs {
    let same_day = known.0.saturating_sub(known.0.rem_euclid(DAY_MS)).saturating_add(time_ms);
    let ahead = same_day.saturating_sub(known.0);
    if ahead > DAY_MS / 2 {
        UtcMs(same_day.saturating_sub(DAY_MS))
    } else if ahead < -DAY_MS / 2 {
        UtcMs(same_day.saturating_add(DAY_MS))
    } else {
        UtcMs(same_day)
    }
}

/// A date that is wrong by whole turns of the ten-bit GPS week, put right; any other date as it is.
///
/// Old receivers come out 1,024 weeks early. It is believed to be that only if our clock, give or take a day,
/// agrees with the result.
pub(super) const fn unrolled(taken_at: UtcMs, now: UtcMs) -> UtcMs {
    const TURN_MS: i64 = 1_024 * 7 * DAY_MS;
    let off = now.since(taken_at);
    let turns = off.saturating_add(TURN_MS / 2).div_euclid(TURN_MS);
    let unrolled = UtcMs(taken_at.0.saturating_add(turns.saturating_mul(TURN_MS)));
    if now.since(unrolled).abs() <= DAY_MS { unrolled } else { taken_at }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> UtcMs {
        text.parse().unwrap()
    }

    #[test]
    fn a_time_of_day_belongs_to_the_nearest_day() {
        for (known, time_ms, moment) in [
            ("2026-11-23T23:59:59Z", 500, "2026-11-24T00:00:00.5Z"),
            ("2026-11-24T00:00:01Z", DAY_MS - 1_000, "2026-11-23T23:59:59Z"),
            ("2026-11-23T12:00:00Z", 43_201_000, "2026-11-23T12:00:01Z"),
        ] {
            assert_eq!(nearest_moment(at(known), time_ms), at(moment), "{known}");
        }
    }

    #[test]
    fn a_rolled_week_is_put_right_and_an_old_log_is_left_alone() {
        let now = at("2026-11-23T10:00:00Z");
        for (told, meant) in [
            ("2007-04-09T10:00:00Z", "2026-11-23T10:00:00Z"),
            ("2026-11-23T09:59:59Z", "2026-11-23T09:59:59Z"),
            ("2007-12-23T19:32:21Z", "2007-12-23T19:32:21Z"),
        ] {
            assert_eq!(unrolled(at(told), now), at(meant), "{told}");
        }
        let _ = unrolled(UtcMs(i64::MIN), UtcMs(i64::MAX));
    }
}
