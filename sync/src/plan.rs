//! What to do with a plan that arrived from the hub. All conflict policy of the handheld is this one match.

use lamplighter_core::{
    id::StopId,
    round::{Round, Stop},
};

/// What the hub says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Change {
    /// A round, new or renamed.
    Round(Round),
    /// A stop as it now is.
    Put(Box<Stop>),
    /// A stop that is no longer ours.
    Gone(StopId),
}

/// What happens to our copy.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Action {
    /// Take the round's names over.
    Round(Round),
    /// A stop we did not have.
    Insert(Box<Stop>),
    /// The hub's plan, our outcome.
    Replace(Box<Stop>),
    /// The hub took it off the round, but the reader was there: keep it, the hub will decide by the reading.
    KeepVisited(StopId),
    /// Nobody was there: it goes.
    Remove(StopId),
    /// We have it so already.
    Nothing,
}

/// Decides. `ours` is what the handheld has.
pub fn plan(ours: Option<&Stop>, theirs: Change) -> Action {
    match (ours, theirs) {
        (_, Change::Round(round)) => Action::Round(round),
        (None, Change::Put(stop)) => Action::Insert(stop),
        (Some(ours), Change::Put(stop)) if same_plan(ours, &stop) => Action::Nothing,
        (Some(_), Change::Put(stop)) => Action::Replace(stop),
        (None, Change::Gone(_)) => Action::Nothing,
        (Some(ours), Change::Gone(id)) if ours.outcome.is_visited() => Action::KeepVisited(id),
        (Some(_), Change::Gone(id)) => Action::Remove(id),
    }
}

fn same_plan(ours: &Stop, theirs: &Stop) -> bool {
    Stop { outcome: ours.outcome, ..theirs.clone() } == *ours
}

#[cfg(test)]
mod tests {
    use lamplighter_core::{
        id::{MeterId, RoundId},
        meter::Meter,
        round::{Outcome, SkipReason},
    };

    use super::*;

    fn stop(number: u32, outcome: Outcome) -> Stop {
        Stop {
            id: StopId::derived(&[b"s"]),
            round: RoundId::derived(&[b"r"]),
            number,
            address: String::new(),
            position: None,
            hints: vec![],
            meter: Meter {
                id: MeterId::derived(&[b"m"]),
                serial: "1".into(),
                model: None,
                way: None,
                registers: vec![],
            },
            outcome,
        }
    }

    #[test]
    fn every_meeting_of_plans_has_its_answer() {
        let visited = Outcome::Skipped { reason: SkipReason::Locked };
        let put = |number| Change::Put(Box::new(stop(number, Outcome::ToDo)));
        let id = stop(1, visited).id;
        for (ours, theirs, expected) in [
            (None, put(1), Action::Insert(Box::new(stop(1, Outcome::ToDo)))),
            (Some(stop(1, visited)), put(1), Action::Nothing),
            (Some(stop(1, visited)), put(2), Action::Replace(Box::new(stop(2, Outcome::ToDo)))),
            (None, Change::Gone(id), Action::Nothing),
            (Some(stop(1, visited)), Change::Gone(id), Action::KeepVisited(id)),
            (Some(stop(1, Outcome::ToDo)), Change::Gone(id), Action::Remove(id)),
        ] {
            assert_eq!(plan(ours.as_ref(), theirs), expected);
        }
    }
}
