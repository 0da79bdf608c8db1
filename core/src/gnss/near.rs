//! Which stops are near, and which one the reader probably stands at. It only suggests: a bad position never
//! keeps anybody from reading a meter.

use super::fix::Fix;
use crate::place::Position;

/// Within so many metres of a stop the reader is there, however exact the fix: a meter hangs inside a house whose
/// position is that of its door or of its middle.
pub const AT_STOP_M: f64 = 25.0;

/// A fix that is less exact than this, one sigma, says nothing about stops.
pub const USELESS_M: f64 = 75.0;

/// Where the receiver tells no accuracy.
const ACCURACY_UNKNOWN_M: f64 = 15.0;

/// Another stop is suggested only when it is nearer by so much, or by half the accuracy, if that is more.
const MARGIN_M: f64 = 8.0;

/// And only when so many fixes in a row agree.
const AGREEING_FIXES: u8 = 3;

/// How a place lies as seen from another one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Near<K> {
    /// Which place.
    pub key: K,
    /// Metres away.
    pub metres: f64,
    /// Degrees from true north.
    pub bearing_deg: f64,
}

/// Whether the reader stands at a stop.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Presence {
    /// As far as the fix can tell.
    At,
    /// The fix is too poor, or the distance in between.
    Unsure,
    /// Surely not.
    Away,
}

/// The `count` nearest places, nearest first; places at the same distance in their given order.
pub fn nearest<K>(
    from: Position,
    places: impl IntoIterator<Item = (K, Position)>,
    count: usize,
) -> Vec<Near<K>> {
    let near =
        |(key, place)| Near { key, metres: from.metres_to(place), bearing_deg: from.bearing_to(place) };
    let mut all: Vec<Near<K>> = places.into_iter().map(near).collect();
    all.sort_by(|left, right| left.metres.total_cmp(&right.metres));
    all.truncate(count);
    all
}

/// Whether the fix lies at the stop: within [`AT_STOP_M`] or two sigma, whichever is more, is at; beyond that and
/// three sigma more is away.
pub fn is_at(fix: &Fix, stop: Position) -> Presence {
    let sigma = sigma_m(fix);
    let metres = fix.position.metres_to(stop);
    let reach = AT_STOP_M.max(2.0 * sigma);
    if metres > reach + 3.0 * sigma {
        Presence::Away
    } else if sigma > USELESS_M || metres > reach {
        Presence::Unsure
    } else {
        Presence::At
    }
}

/// The stop that is suggested, fix by fix. Between two neighbours it stays where it is until the other one is
/// clearly nearer for a while.
#[derive(Clone, Copy, Debug)]
pub struct Suggestion<K> {
    current: Option<K>,
    challenger: Option<(K, u8)>,
}

impl<K> Default for Suggestion<K> {
    fn default() -> Self {
        Self { current: None, challenger: None }
    }
}

impl<K: Copy + Eq> Suggestion<K> {
    /// Takes a fix and the stops that are still to do, and gives the stop to suggest.
    pub fn update(&mut self, fix: &Fix, stops: &[(K, Position)]) -> Option<K> {
        let ours = self.current.and_then(|key| stops.iter().find(|stop| stop.0 == key).copied());
        self.current = ours.map(|stop| stop.0);
        if sigma_m(fix) > USELESS_M {
            return self.current;
        }
        let best = nearest(fix.position, stops.iter().copied(), 1).pop();
        let best = best.filter(|near| presence_by_key(fix, stops, near.key) == Presence::At);
        match (ours, best) {
            (None, best) => self.take(best.map(|near| near.key)),
            (Some((key, _)), Some(near)) if near.key == key => self.challenger = None,
            (Some((_, place)), Some(near)) => {
                let margin = MARGIN_M.max(sigma_m(fix) / 2.0);
                let clearly = near.metres + margin < fix.position.metres_to(place);
                self.challenge(clearly.then_some(near.key));
            }
            (Some((_, place)), None) if is_at(fix, place) == Presence::Away => self.take(None),
            (Some(_), None) => self.challenger = None,
        }
        self.current
    }

    fn challenge(&mut self, key: Option<K>) {
        self.challenger = match (key, self.challenger) {
            (None, _) => None,
            (Some(key), Some((same, times))) if same == key => Some((key, times + 1)),
            (Some(key), _) => Some((key, 1)),
        };
        if let Some((key, AGREEING_FIXES..)) = self.challenger {
            self.take(Some(key));
        }
    }

    const fn take(&mut self, key: Option<K>) {
        self.current = key;
        self.challenger = None;
    }
}

fn presence_by_key<K: Copy + Eq>(fix: &Fix, stops: &[(K, Position)], key: K) -> Presence {
    stops.iter().find(|stop| stop.0 == key).map_or(Presence::Away, |stop| is_at(fix, stop.1))
}

fn sigma_m(fix: &Fix) -> f64 {
    fix.accuracy_m.unwrap_or(ACCURACY_UNKNOWN_M)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{gnss::fix::FixQuality, time::UtcMs};

    /// A place so many metres north and east of a corner in Helsinki.
    fn place(north: f64, east: f64) -> Position {
        let metre = 1.0 / 111_195.0;
        Position::from_degrees(60.17 + north * metre, 24.94 + east * metre / 60.17_f64.to_radians().cos())
            .unwrap()
    }

    fn fix(north: f64, east: f64, accuracy_m: f64) -> Fix {
        Fix {
            position: place(north, east),
            seen_at: UtcMs(0),
            taken_at: None,
            quality: FixQuality::Autonomous,
            accuracy_m: Some(accuracy_m),
            satellites: None,
            hdop: None,
            speed_mps: None,
            course_deg: None,
        }
    }

    #[test]
    fn the_nearest_come_first_with_their_direction() {
        let near = nearest(place(0.0, 0.0), [('a', place(0.0, 90.0)), ('b', place(30.0, 0.0))], 5);
        let told: Vec<_> = near.iter().map(|n| (n.key, n.metres.round(), n.bearing_deg.round())).collect();
        assert_eq!(told, [('b', 30.0, 0.0), ('a', 90.0, 90.0)]);
    }

    #[track_caller]
    fn check(metres: f64, accuracy_m: f64, presence: Presence) {
        assert_eq!(
            is_at(&fix(metres, 0.0, accuracy_m), place(0.0, 0.0)),
            presence,
            "{metres} m ± {accuracy_m}"
        );
    }

    #[test]
    fn a_poor_fix_is_unsure_and_a_far_one_is_away() {
        check(20.0, 3.0, Presence::At);
        check(30.0, 3.0, Presence::Unsure);
        check(40.0, 3.0, Presence::Away);
        check(40.0, 20.0, Presence::At);
        check(90.0, 20.0, Presence::Unsure);
        check(200.0, 100.0, Presence::Unsure);
        check(1_000.0, 100.0, Presence::Away);
    }

    #[test]
    fn between_two_doors_the_suggestion_does_not_flicker() {
        let stops = [('a', place(0.0, 0.0)), ('b', place(0.0, 12.0))];
        let mut suggestion = Suggestion::default();
        let shown: String = (0..40)
            .filter_map(|n| suggestion.update(&fix(0.0, if n % 2 == 0 { 4.0 } else { 8.0 }, 5.0), &stops))
            .collect();
        assert_eq!(shown, "a".repeat(40));
    }

    #[test]
    fn going_to_the_next_door_suggests_it_after_three_fixes() {
        let stops = [('a', place(0.0, 0.0)), ('b', place(0.0, 12.0))];
        let mut suggestion = Suggestion::default();
        suggestion.update(&fix(0.0, 0.0, 5.0), &stops);
        let shown: Vec<_> = (0..4).map(|_| suggestion.update(&fix(0.0, 13.0, 5.0), &stops)).collect();
        assert_eq!(shown, [Some('a'), Some('a'), Some('b'), Some('b')]);
    }

    #[test]
    fn a_stop_that_is_done_or_far_is_suggested_no_longer() {
        let stops = [('a', place(0.0, 0.0)), ('b', place(0.0, 12.0))];
        let mut suggestion = Suggestion::default();
        assert_eq!(suggestion.update(&fix(0.0, 0.0, 5.0), &stops), Some('a'));
        assert_eq!(suggestion.update(&fix(0.0, 0.0, 5.0), &stops[1..]), Some('b'));
        assert_eq!(suggestion.update(&fix(0.0, 0.0, 500.0), &stops), Some('b'));
        assert_eq!(suggestion.update(&fix(500.0, 0.0, 5.0), &stops), None);
    }
}
