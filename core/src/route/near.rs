//! The nearest points of a plane: for each a short list, and the nearest one that is left.

use super::plane::Plane;

/// Points in the order of their northing, so that a search can stop where the difference alone is too far.
#[derive(Clone, Debug)]
pub(super) struct Strip<'a> {
    plane: &'a Plane,
    /// Points from south to north.
    order: Vec<usize>,
    /// Where each point is in that order.
    rank: Vec<usize>,
}

impl<'a> Strip<'a> {
    /// Sorts the points.
    pub(super) fn new(plane: &'a Plane) -> Self {
        let mut order: Vec<usize> = (0..plane.len()).collect();
        order.sort_by(|&left, &right| plane.at(left).1.total_cmp(&plane.at(right).1).then(left.cmp(&right)));
        let mut rank = vec![0; order.len()];
        for (place, &point) in order.iter().enumerate() {
            rank[point] = place;
        }
        Self { plane, order, rank }
    }

    /// The `count` nearest points of those that `wanted` accepts, nearest first, ties by number.
    pub(super) fn nearest(&self, from: usize, count: usize, wanted: impl Fn(usize) -> bool) -> Vec<usize> {
        let mut found: Vec<(f64, usize)> = Vec::with_capacity(count + 1);
        let (mut south, mut north) = (self.rank[from], self.rank[from] + 1);
        let away = |place: usize| (self.plane.at(self.order[place]).1 - self.plane.at(from).1).abs();
        loop {
            let below = if south > 0 { away(south - 1) } else { f64::INFINITY };
            let above = if north < self.order.len() { away(north) } else { f64::INFINITY };
            let reach = if found.len() < count { f64::INFINITY } else { found[count - 1].0 };
            // Equal is not enough to stop: a tie is decided by number.
            if below.min(above) > reach || (below.is_infinite() && above.is_infinite()) {
                break;
            }
            let place = if below <= above {
                south -= 1;
                south
            } else {
                north += 1;
                north - 1
            };
            let point = self.order[place];
            if point == from || !wanted(point) {
                continue;
            }
            let entry = (self.plane.metres(from, point), point);
            let slot = found.partition_point(|other| (other.0, other.1) < entry);
            if slot < count {
                found.insert(slot, entry);
                found.truncate(count);
            }
        }
        found.into_iter().map(|(_, point)| point).collect()
    }
}
