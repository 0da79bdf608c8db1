//! One stop, read twice by people who did not know of each other: whether both tell the same story.

use crate::{decimal::Decimal, reading::Reading};

/// What a meter may go on in a day, where nothing is known of its use.
const UNITS_MAX: i64 = 10;
/// In thousandths of a day.
const DAY: i64 = 1_000;

/// Whether the later reading is what the earlier one leads to expect: the same meter and main register, not less, and
/// no more further than the usual use of the days between, and one day beside.
pub fn agree(earlier: &Reading, later: &Reading) -> bool {
    let (Some(first), Some(second)) = (earlier.values.first(), later.values.first()) else { return false };
    if earlier.meter != later.meter || first.obis != second.obis || first.unit != second.unit {
        return false;
    }
    match second.value.minus(first.value) {
        Ok(further) if !further.is_negative() => within(earlier, later, further),
        Ok(_) | Err(_) => false,
    }
}

/// `use / time <= usual / period`, without a division.
fn within(earlier: &Reading, later: &Reading, further: Decimal) -> bool {
    let time = later.taken_at.milli_days_since(earlier.taken_at).max(0) + DAY;
    let (verdict, before) = (&later.verdict, &earlier.verdict);
    let (used, usual, period) = if let (Some(usual), Some(since)) = (verdict.usual, verdict.since)
        && let (Some(after), Some(before)) = (verdict.consumption, before.consumption)
    {
        (after.minus(before), usual.high, later.taken_at.milli_days_since(since).max(DAY))
    } else {
        (Ok(further), Decimal::new(UNITS_MAX, 0).unwrap_or(Decimal::ZERO), DAY)
    };
    let times = |value: Decimal, milli_days| Decimal::new(milli_days, 3).and_then(|days| value.times(days));
    let both = (used.and_then(|used| times(used, period)), times(usual, time));
    matches!(both, (Ok(left), Ok(right)) if left <= right)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{evidence::event::tests::full_reading, id::MeterId, time::UtcMs};

    const DAY_MS: i64 = 86_400_000;

    /// Read as `value` so many days after the first, which showed 12345.670 with 900.5 used in 30 days, usually 450.
    #[track_caller]
    fn check(value: &str, days: i64, expected: bool) {
        let first = full_reading();
        let mut second = full_reading();
        second.values[0].value = value.parse().unwrap();
        second.taken_at = UtcMs(first.taken_at.0 + days * DAY_MS);
        let used = second.values[0].value.minus(first.values[0].value).unwrap();
        second.verdict.consumption = first.verdict.consumption.map(|before| before.plus(used).unwrap());
        assert_eq!(agree(&first, &second), expected, "{value} after {days} days");
    }

    #[test]
    fn a_second_visit_may_find_what_was_used_since() {
        check("12345.670", 0, true);
        check("12360.670", 0, true);
        check("12361.000", 0, false);
        check("12400.000", 3, true);
        check("12420.000", 3, false);
        check("12345.669", 3, false);
    }

    #[test]
    fn another_meter_tells_another_story() {
        let first = full_reading();
        let second = crate::reading::Reading { meter: MeterId::derived(&[b"other"]), ..full_reading() };
        assert!(!agree(&first, &second));
    }

    #[test]
    fn without_a_usual_use_a_few_units_are_allowed() {
        let mut first = full_reading();
        first.verdict.usual = None;
        let mut second = first.clone();
        for (value, expected) in [("12355.670", true), ("12355.671", false)] {
            second.values[0].value = value.parse().unwrap();
            second.verdict.usual = None;
            assert_eq!(agree(&first, &second), expected);
        }
    }
}
