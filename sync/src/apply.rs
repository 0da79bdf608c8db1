//! Takes a page of plans over: reads ours, decides each, and does them all in one transaction.

use std::collections::HashMap;

use lamplighter_core::{
    id::StopId,
    round::Stop,
    store::{Store, StoreError, Takeover},
    time::UtcMs,
};

use crate::{
    convert::{self, BadPlan},
    plan::{Action, Change, plan},
    wire,
};

/// Why a page was not taken over. Nothing of it was.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The hub sent a plan that cannot be.
    #[error(transparent)]
    BadPlan(#[from] BadPlan),
    /// The store could not take it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Takes over all plans of a page and moves the cursor. Answers how many plans there were.
pub fn apply(store: &mut Store, now: UtcMs, page: wire::Page) -> Result<u64, ApplyError> {
    let count = page.plans.len() as u64;
    let mark = page.mark;
    let cursor = page.after.checked_add(count).ok_or(BadPlan("number"))?;
    let mut ours: HashMap<StopId, Option<Stop>> = HashMap::new();
    let mut takeovers = Vec::new();
    for change in page.plans {
        let change = parse(change)?;
        let id = match &change {
            Change::Round(_) => None,
            Change::Put(stop) => Some(stop.id),
            Change::Gone(id) => Some(*id),
        };
        if let Some(id) = id
            && !ours.contains_key(&id)
        {
            ours.insert(id, store.stop(id)?);
        }
        let mine = id.and_then(|id| ours.get(&id)).and_then(Option::as_ref);
        match plan(mine, change) {
            Action::Round(round) => takeovers.push(Takeover::Round(round)),
            Action::Insert(stop) | Action::Replace(stop) => {
                let outcome = mine.map_or(stop.outcome, |mine| mine.outcome);
                ours.insert(stop.id, Some(Stop { outcome, ..(*stop).clone() }));
                takeovers.push(Takeover::Plan(stop));
            }
            Action::Remove(id) => {
                ours.insert(id, None);
                takeovers.push(Takeover::Remove(id));
            }
            Action::KeepVisited(_) | Action::Nothing => {}
        }
    }
    store.take_over(now, &takeovers, page.after, cursor, &mark)?;
    Ok(count)
}

fn parse(plan: wire::Plan) -> Result<Change, BadPlan> {
    match plan.change {
        Some(wire::Change::PutRound(round)) => Ok(Change::Round(convert::round(round)?)),
        Some(wire::Change::PutStop(stop)) => Ok(Change::Put(Box::new(convert::stop(stop)?))),
        Some(wire::Change::StopGone(id)) => {
            Ok(Change::Gone(id[..].try_into().map_err(|_| BadPlan("stop id"))?))
        }
        None => Err(BadPlan("kind")),
    }
}
