//! Beginning a shift, and which stop is next.

use super::WorkError;
use crate::{
    id::{RoundId, StopId},
    place::Position,
    round::{Outcome, Stop},
    route::order,
    store::Store,
    time::UtcMs,
};

/// Begins the shift on a round, once, and puts the stops in the order of the walk from where the reader is.
pub fn begin(
    store: &mut Store,
    now: UtcMs,
    round: RoundId,
    here: Option<Position>,
) -> Result<Option<StopId>, WorkError> {
    if start(store, now, round)? {
        reorder(store, round, here)?;
    }
    Ok(next_stop(&store.outcomes(round)?, None))
}

/// Begins the shift on a round, once. Answers whether it began now.
pub fn start(store: &mut Store, now: UtcMs, round: RoundId) -> Result<bool, WorkError> {
    let begun = store.shift()?.is_some_and(|shift| shift.round.id == round && shift.started_at.is_some());
    if !begun {
        store.start_shift(now, round)?;
    }
    Ok(!begun)
}

/// Puts the stops that remain in the best order from here; those visited keep their turns, before the others.
pub fn reorder(store: &mut Store, round: RoundId, here: Option<Position>) -> Result<(), WorkError> {
    let (visited, remaining): (Vec<Stop>, Vec<Stop>) =
        store.stops(round)?.into_iter().partition(|stop| stop.outcome.is_visited());
    let walk = order::walk(here, &remaining);
    let turns: Vec<StopId> = visited
        .iter()
        .map(|stop| stop.id)
        .chain(walk.into_iter().filter_map(|at| remaining.get(at)).map(|stop| stop.id))
        .collect();
    Ok(store.set_order(&turns)?)
}

/// The next stop to do after `current` in the order of the walk; past the end it begins again from the front.
pub fn next_stop(outcomes: &[(StopId, Outcome)], current: Option<StopId>) -> Option<StopId> {
    let at =
        current.and_then(|current| outcomes.iter().position(|(id, _)| *id == current)).map_or(0, |at| at + 1);
    let (before, after) = outcomes.split_at(at.min(outcomes.len()));
    after.iter().chain(before).find(|(_, outcome)| *outcome == Outcome::ToDo).map(|(id, _)| *id)
}
