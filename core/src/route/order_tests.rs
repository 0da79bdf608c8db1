//! What an order promises, on arbitrary stops.

use proptest::prelude::*;

use super::order::{length_m, nearest_neighbour, order, walk};
use crate::{
    id::{MeterId, RoundId, StopId},
    meter::Meter,
    place::Position,
    round::{Outcome, Stop},
};

/// A place so many steps of about eleven metres north and five east of a corner in Helsinki.
fn place(north: i32, east: i32) -> Position {
    Position::from_e7(601_700_000 + north * 1_000, 249_400_000 + east * 1_000).unwrap()
}

fn town() -> impl Strategy<Value = Vec<Position>> {
    let near = (-30..30, -30..30).prop_map(|(north, east)| place(north, east));
    let far = (-50_000..50_000, -50_000..50_000).prop_map(|(north, east)| place(north, east));
    let any = (-900_000_000..=900_000_000, -1_800_000_000..=1_800_000_000)
        .prop_map(|(lat, lon)| Position::from_e7(lat, lon).unwrap());
    prop_oneof![
        6 => prop::collection::vec(near, 0..120),
        3 => prop::collection::vec(far, 0..60),
        1 => prop::collection::vec(any, 0..20),
    ]
}

#[track_caller]
fn check(start: Option<Position>, stops: &[Position], expected: &[usize]) {
    assert_eq!(order(start, stops), expected);
}

#[test]
fn a_street_is_walked_from_end_to_end() {
    let street = [place(0, 30), place(0, 10), place(0, 40), place(0, 20)];
    check(Some(place(0, 0)), &street, &[1, 3, 0, 2]);
    check(Some(place(0, 100)), &street, &[2, 0, 3, 1]);
    check(Some(place(0, 0)), &[], &[]);
    check(None, &[], &[]);
    check(None, &street[..1], &[0]);
    check(Some(place(0, 0)), &[place(0, 0)], &[0]);
}

#[test]
fn a_crossing_is_undone() {
    // Going to the nearest each time passes the far left and must come back all the way.
    let stops = [place(0, 10), place(0, -12), place(0, 40), place(0, -60)];
    let start = Some(place(0, 0));
    assert!(
        length_m(start, &stops, &order(start, &stops))
            < length_m(start, &stops, &nearest_neighbour(start, &stops))
    );
}

#[test]
fn stops_without_a_position_come_last_by_the_number_of_the_office() {
    let stop = |number: u32, position| Stop {
        id: StopId::derived(&[&number.to_be_bytes()]),
        round: RoundId::derived(&[]),
        number,
        address: String::new(),
        position,
        hints: vec![],
        meter: Meter {
            id: MeterId::derived(&[]),
            serial: String::new(),
            model: None,
            way: None,
            registers: vec![],
        },
        outcome: Outcome::ToDo,
    };
    let stops = [stop(4, None), stop(3, Some(place(0, 20))), stop(2, None), stop(1, Some(place(0, 10)))];
    assert_eq!(walk(Some(place(0, 0)), &stops), [3, 1, 2, 0]);
}

proptest! {
    #[test]
    fn an_order_visits_every_stop_once_and_is_never_longer_than_the_nearest_neighbour(
        stops in town(),
        start in prop::option::of((-40..40, -40..40)),
    ) {
        let start = start.map(|(north, east)| place(north, east));
        let found = order(start, &stops);
        let mut sorted = found.clone();
        sorted.sort_unstable();
        prop_assert!(sorted.into_iter().eq(0..stops.len()));
        let greedy = nearest_neighbour(start, &stops);
        prop_assert!(length_m(start, &stops, &found) <= length_m(start, &stops, &greedy));
    }

    #[test]
    fn the_way_is_the_same_however_the_stops_are_listed(
        listed in town().prop_flat_map(|stops| (Just(stops.clone()), Just(stops).prop_shuffle())),
        start in prop::option::of((-40..40, -40..40)),
    ) {
        let start = start.map(|(north, east)| place(north, east));
        let way = |stops: &[Position]| order(start, stops).into_iter().map(|index| stops[index]).collect::<Vec<_>>();
        prop_assert_eq!(way(&listed.0), way(&listed.1));
    }

    #[test]
    fn stops_at_one_address_stay_together_in_their_order(stops in town()) {
        let mut seen: Vec<(Position, usize)> = vec![];
        for index in order(None, &stops) {
            if let Some(&(_, before)) = seen.iter().find(|(position, _)| *position == stops[index]) {
                prop_assert!(seen.last().is_some_and(|last| last.0 == stops[index]) && before < index);
            }
            seen.push((stops[index], index));
        }
    }
}
