//! The order of the stops: a short open way from where the reader stands, the same for the same stops in whatever
//! order they are given.

use std::collections::BTreeMap;

use super::{near::Strip, plane::Plane, tour::Tour};
use crate::{place::Position, round::Stop};

/// Length of the neighbour lists. More finds little and costs time.
const NEIGHBOURS: usize = 10;

/// Nearer than any stop: the edge between the way's open end and its fixed start is never given up.
const TIED_M: f64 = -1e8;

/// The order in which to visit `stops`, as indices: from `start`, or from wherever is best, to wherever it ends.
///
/// The way is a local optimum of 2-opt and Or-opt, never longer than going to the nearest neighbour each time.
/// Stops at the same position stay together, in their given order.
pub fn order(start: Option<Position>, stops: &[Position]) -> Vec<usize> {
    let places = Places::new(start, stops);
    let greedy = places.best_greedy();
    let improved = places.improved(&greedy);
    let (greedy, improved) = (places.stops(&greedy), places.stops(&improved));
    // The search measures on a plane and the promise holds on the globe.
    let length = |order: &[usize]| length_m(start, stops, order);
    if length(&improved) <= length(&greedy) { improved } else { greedy }
}

/// The order by always going to the nearest stop that is left. [`order`] is never longer.
pub fn nearest_neighbour(start: Option<Position>, stops: &[Position]) -> Vec<usize> {
    let places = Places::new(start, stops);
    places.stops(&places.best_greedy())
}

/// Metres along the straight lines of an order, from `start` if there is one. Indices that are no stops count
/// nothing.
pub fn length_m(start: Option<Position>, stops: &[Position], order: &[usize]) -> f64 {
    let way: Vec<Position> =
        start.into_iter().chain(order.iter().filter_map(|&index| stops.get(index).copied())).collect();
    way.windows(2).map(|step| step[0].metres_to(step[1])).sum()
}

/// The order in which to walk a round, as indices: stops with a position by [`order`], then the others by the
/// number that the office gave them.
pub fn walk(start: Option<Position>, stops: &[Stop]) -> Vec<usize> {
    let (placed, mut others): (Vec<usize>, Vec<usize>) =
        (0..stops.len()).partition(|&index| stops[index].position.is_some());
    let positions: Vec<Position> = placed.iter().filter_map(|&index| stops[index].position).collect();
    others.sort_by_key(|&index| stops[index].number);
    order(start, &positions).into_iter().map(|index| placed[index]).chain(others).collect()
}

/// The different positions of a round, in an order of their own, and what stops are at each.
struct Places {
    plane: Plane,
    stops: Vec<Vec<usize>>,
    /// The number of the place to start from; it has no stops.
    start: Option<usize>,
}

impl Places {
    fn new(start: Option<Position>, stops: &[Position]) -> Self {
        let mut places: BTreeMap<(i32, i32), (Position, Vec<usize>)> = BTreeMap::new();
        for (index, &stop) in stops.iter().enumerate() {
            places.entry((stop.lat_e7(), stop.lon_e7())).or_insert((stop, vec![])).1.push(index);
        }
        let (mut positions, mut at): (Vec<Position>, Vec<Vec<usize>>) = places.into_values().unzip();
        let first = start.map(|_| positions.len());
        positions.extend(start);
        at.extend(start.map(|_| vec![]));
        Self { plane: Plane::around(&positions), stops: at, start: first }
    }

    /// The stops along an order of places.
    fn stops(&self, order: &[usize]) -> Vec<usize> {
        order.iter().flat_map(|&place| self.stops[place].iter().copied()).collect()
    }

    /// Nearest neighbour from the start, or the best of it from eight corners.
    fn best_greedy(&self) -> Vec<usize> {
        let starts = self.start.map_or_else(|| self.corners(), |start| vec![start]);
        let strip = Strip::new(&self.plane);
        let orders = starts.into_iter().map(|start| self.greedy(&strip, start));
        orders.min_by(|left, right| self.metres(left).total_cmp(&self.metres(right))).unwrap_or_default()
    }

    fn greedy(&self, strip: &Strip<'_>, start: usize) -> Vec<usize> {
        let mut left = vec![true; self.plane.len()];
        left[start] = false;
        let mut order = vec![start];
        let mut here = start;
        while let Some(&next) = strip.nearest(here, 1, |place| left[place]).first() {
            left[next] = false;
            order.push(next);
            here = next;
        }
        order
    }

    /// The outermost places in eight directions.
    fn corners(&self) -> Vec<usize> {
        let far = |east: f64, north: f64| {
            let along = |&place: &usize| self.plane.at(place).0 * east + self.plane.at(place).1 * north;
            (0..self.plane.len()).max_by(|left, right| along(left).total_cmp(&along(right)))
        };
        let directions = [(1.0, 0.0), (0.0, 1.0), (1.0, 1.0), (1.0, -1.0)];
        let mut corners: Vec<usize> =
            directions.iter().flat_map(|&(x, y)| [far(x, y), far(-x, -y)]).flatten().collect();
        corners.sort_unstable();
        corners.dedup();
        corners
    }

    fn metres(&self, order: &[usize]) -> f64 {
        order.windows(2).map(|step| self.plane.metres(step[0], step[1])).sum()
    }

    /// The open way as a circle through a place that is near to all, so that the search may choose the ends.
    fn improved(&self, order: &[usize]) -> Vec<usize> {
        let size = order.len();
        if size < 3 {
            return order.to_vec();
        }
        let strip = Strip::new(&self.plane);
        let mut neighbours: Vec<Vec<usize>> =
            (0..size).map(|place| strip.nearest(place, NEIGHBOURS, |_| true)).collect();
        neighbours.push(vec![]);
        let nowhere = size;
        let metres = |from: usize, to: usize| {
            let ends = if from == nowhere {
                Some(to)
            } else if to == nowhere {
                Some(from)
            } else {
                None
            };
            match ends {
                None => self.plane.metres(from, to),
                ends if ends == self.start => TIED_M,
                Some(_) => 0.0,
            }
        };
        let mut tour = Tour::new(std::iter::once(nowhere).chain(order.iter().copied()).collect());
        tour.improve(&metres, &neighbours);
        let mut way = tour.after(nowhere);
        if self.start.is_some() && way.first().copied() != self.start {
            way.reverse();
        }
        way
    }
}
