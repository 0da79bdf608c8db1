//! What the office may bill of a stop: one reading at most, however many devices and copies of them have read it.

use std::collections::BTreeMap;

use lamplighter_core::{audit::verdict::Level, id::StopId, time::UtcMs};

use crate::{handheld::Handheld, world::World};

/// What a meter may go on in a day where nothing is known of its use, in tenths of its unit: docs/sync.md.
const FURTHER_MAX: u32 = 100;

/// How a value is exported: once, or once for every copy of a device that said it.
pub(crate) type Statuses = BTreeMap<u32, Vec<String>>;

/// A reading that nobody took back or replaced.
#[derive(Debug)]
struct Standing<'a> {
    value: u32,
    is_wrong: bool,
    taken_at: UtcMs,
    status: &'a str,
}

/// At any time: nothing is billed twice.
pub(crate) fn once(world: &World, statuses: &Statuses) -> Result<(), String> {
    for (value, said) in statuses {
        // Two copies of a device both say what was on it when it was copied.
        if billed(said) > 1 || (said.len() > 1 && !world.is_forked) {
            return Err(format!("doubled: {value} is exported as {said:?}"));
        }
    }
    let mut stops: BTreeMap<StopId, BTreeMap<u32, usize>> = BTreeMap::new();
    for (value, said) in world.handhelds.iter().flat_map(|handheld| &handheld.said) {
        let billed = statuses.get(value).map_or(0, |statuses| billed(statuses));
        stops.entry(said.stop).or_default().insert(*value, billed);
    }
    match stops.iter().find(|(_, values)| values.values().sum::<usize>() > 1) {
        Some((stop, values)) => Err(format!("doubled: {stop} is billed more than once: {values:?}")),
        None => Ok(()),
    }
}

/// At the end, where no device has two histories: every reading is exported as its reader knows it, and of those that
/// stand for one stop the first is billed, or none.
pub(crate) fn settled(world: &World, statuses: &Statuses) -> Result<(), String> {
    let mut stops: BTreeMap<StopId, Vec<Standing<'_>>> = BTreeMap::new();
    for handheld in &world.handhelds {
        for (value, said) in &handheld.said {
            let status = statuses.get(value).and_then(|all| all.first()).map_or("", |status| &status[..]);
            if said.status == "current" {
                stops.entry(said.stop).or_default().push(standing(handheld, *value, status)?);
            } else if said.status != status {
                return Err(format!("broken: {value} is {} and exported as {status}", said.status));
            }
        }
    }
    match stops.values_mut().find_map(|standing| wrong(standing)) {
        Some(why) => Err(format!("broken: {why}")),
        None => Ok(()),
    }
}

fn billed(statuses: &[String]) -> usize {
    statuses.iter().filter(|status| *status == "current").count()
}

fn standing<'a>(handheld: &Handheld, value: u32, status: &'a str) -> Result<Standing<'a>, String> {
    let found =
        handheld.find(value).ok_or_else(|| format!("lost: {value} is gone from {}", handheld.name))?;
    let is_wrong = found.reading.verdict.level == Level::Wrong;
    Ok(Standing { value, is_wrong, taken_at: found.reading.taken_at, status })
}

/// What is wrong with how these readings of one stop are exported. Our own opinion: the product's is not asked.
fn wrong(standing: &mut [Standing<'_>]) -> Option<String> {
    standing.sort_by_key(|reading| (reading.is_wrong, reading.taken_at, reading.value));
    let (first, others) = standing.split_first()?;
    let agree = others.iter().all(|other| (first.value..=first.value + FURTHER_MAX).contains(&other.value));
    let fall = others.iter().any(|other| other.value < first.value);
    let is_settled = first.status == "current" && others.iter().all(|other| other.status == "duplicate");
    let is_open = !others.is_empty() && standing.iter().all(|reading| reading.status == "contested");
    // What was read at the same moment may come in either order, and more use than that in more days than one.
    let is_right = (is_settled && !fall) || (is_open && !agree);
    (!is_right).then(|| format!("readings of one stop are exported so: {standing:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(readings: &[(i64, u32, &str)], is_right: bool) {
        let mut standing: Vec<Standing<'_>> = readings
            .iter()
            .map(|(at, value, status)| Standing {
                value: *value,
                is_wrong: false,
                taken_at: UtcMs(*at),
                status,
            })
            .collect();
        assert_eq!(wrong(&mut standing).is_none(), is_right, "{readings:?}");
    }

    #[test]
    fn one_is_billed_or_none_of_several() {
        check(&[(1, 5, "current")], true);
        check(&[(1, 5, "contested")], false);
        check(&[(1, 5, "current"), (2, 7, "duplicate")], true);
        check(&[(2, 7, "duplicate"), (1, 5, "current")], true);
        check(&[(1, 5, "duplicate"), (2, 7, "current")], false);
        check(&[(1, 5, "current"), (2, 7, "current")], false);
        check(&[(1, 5, "contested"), (2, 7, "contested")], false);
        check(&[(1, 7, "contested"), (2, 5, "contested")], true);
        check(&[(1, 7, "current"), (2, 5, "duplicate")], false);
        check(&[(1, 5, "contested"), (2, 700, "contested")], true);
    }
}
