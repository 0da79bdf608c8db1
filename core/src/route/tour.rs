//! A closed tour and the local search on it: 2-opt and Or-opt over neighbour lists, until neither helps.
//!
//! After J. Bentley, Fast Algorithms for Geometric Traveling Salesman Problems, ORSA Journal on Computing 4 (1992).

use std::collections::VecDeque;

/// A gain below this, in metres, is rounding.
const GAIN_MIN_M: f64 = 1e-6;

/// Or-opt moves chains of up to so many points.
const CHAIN_MAX: usize = 3;

/// So many moves a point are more than any real round needs; the search always ends there.
const MOVES_PER_POINT: usize = 100;

/// Points in a circle.
#[derive(Clone, Debug)]
pub(super) struct Tour {
    order: Vec<usize>,
    place: Vec<usize>,
}

/// An edge of the tour by its ends.
type Edge = (usize, usize);

impl Tour {
    /// The circle in this order, which holds each number below its length once.
    pub(super) fn new(order: Vec<usize>) -> Self {
        let mut place = vec![0; order.len()];
        for (index, &point) in order.iter().enumerate() {
            place[point] = index;
        }
        Self { order, place }
    }

    /// The points that follow `first` all around, without it.
    pub(super) fn after(&self, first: usize) -> Vec<usize> {
        let from = self.place[first];
        self.order[from + 1..].iter().chain(&self.order[..from]).copied().collect()
    }

    /// Shortens the tour until no move within the neighbour lists does.
    pub(super) fn improve(&mut self, metres: &impl Fn(usize, usize) -> f64, neighbours: &[Vec<usize>]) {
        let mut waiting: VecDeque<usize> = self.order.iter().copied().collect();
        let mut queued = vec![true; self.order.len()];
        let mut moves_left = MOVES_PER_POINT * self.order.len();
        while let Some(point) = waiting.pop_front() {
            queued[point] = false;
            while let Some(touched) =
                self.two_opt(point, metres, neighbours).or_else(|| self.or_opt(point, metres, neighbours))
            {
                for end in touched {
                    if !queued[end] {
                        queued[end] = true;
                        waiting.push_back(end);
                    }
                }
                moves_left -= 1;
                if moves_left == 0 {
                    return;
                }
            }
        }
    }

    fn next(&self, point: usize) -> usize {
        let place = self.place[point] + 1;
        self.order[if place == self.order.len() { 0 } else { place }]
    }

    fn previous(&self, point: usize) -> usize {
        let place = self.place[point];
        self.order[if place == 0 { self.order.len() - 1 } else { place - 1 }]
    }

    /// Takes two edges out and crosses their ends, where that is shorter.
    fn two_opt(
        &mut self,
        a: usize,
        metres: &impl Fn(usize, usize) -> f64,
        neighbours: &[Vec<usize>],
    ) -> Option<Vec<usize>> {
        for forward in [true, false] {
            let beside = |tour: &Self, point| if forward { tour.next(point) } else { tour.previous(point) };
            let b = beside(self, a);
            let old = metres(a, b);
            for &c in &neighbours[a] {
                let new = metres(a, c);
                if new >= old {
                    break;
                }
                let d = beside(self, c);
                if c != b && d != a && old + metres(c, d) - new - metres(b, d) > GAIN_MIN_M {
                    self.cross((a, b), (c, d));
                    return Some(vec![a, b, c, d]);
                }
            }
        }
        None
    }

    /// Takes a chain that ends at `a` out and puts it beside a neighbour of `a`, either way round, where that is
    /// shorter.
    fn or_opt(
        &mut self,
        a: usize,
        metres: &impl Fn(usize, usize) -> f64,
        neighbours: &[Vec<usize>],
    ) -> Option<Vec<usize>> {
        for (length, a_first) in
            (1..=CHAIN_MAX.min(self.order.len() - 3)).flat_map(|n| [(n, true), (n, false)])
        {
            let chain = self.chain(a, length, a_first);
            let (first, last) = (chain[0], chain[length - 1]);
            let other = if a_first { last } else { first };
            let (before, behind) = (self.previous(first), self.next(last));
            let freed = metres(before, first) + metres(last, behind) - metres(before, behind);
            for &c in &neighbours[a] {
                let joined = metres(a, c);
                if joined >= freed {
                    break;
                }
                if chain[..length].contains(&c) {
                    continue;
                }
                for forward in [true, false] {
                    let d = if forward { self.next(c) } else { self.previous(c) };
                    if chain[..length].contains(&d)
                        || freed - joined - metres(other, d) + metres(c, d) <= GAIN_MIN_M
                    {
                        continue;
                    }
                    let target = if forward { (c, d) } else { (d, c) };
                    self.insert(((before, first), (last, behind)), target, forward == a_first);
                    return Some(vec![before, first, last, behind, c, d]);
                }
            }
        }
        None
    }

    /// `length` points in the order of the tour, of which `a` is the first or the last.
    fn chain(&self, a: usize, length: usize, a_first: bool) -> [usize; CHAIN_MAX] {
        let mut chain = [a; CHAIN_MAX];
        for index in 1..length {
            if a_first {
                chain[index] = self.next(chain[index - 1]);
            } else {
                chain[length - 1 - index] = self.previous(chain[length - index]);
            }
        }
        chain
    }

    /// Moves the chain between two edges into the edge `target`, which is told in the direction of the tour;
    /// `same_way` keeps the chain's direction. Each step names edges, because crossing may turn the tour around.
    fn insert(&mut self, chain: (Edge, Edge), target: Edge, same_way: bool) {
        let ((before, first), (last, behind)) = chain;
        self.cross((before, first), target);
        self.cross((before, target.0), (behind, last));
        if same_way {
            self.cross((target.0, last), (first, target.1));
        }
    }

    /// Replaces the edges a–b and c–d, told in the same direction, by a–c and b–d.
    fn cross(&mut self, (a, b): Edge, (c, d): Edge) {
        if self.next(a) == b {
            self.reverse(b, c);
        } else {
            self.reverse(a, d);
        }
    }

    /// Turns the way from `from` to `to` around, or all the rest, which is the same circle and may be shorter.
    fn reverse(&mut self, from: usize, to: usize) {
        let size = self.order.len();
        let (mut i, mut j) = (self.place[from], self.place[to]);
        let mut length = (j + size - i) % size + 1;
        if 2 * length > size {
            (i, j) = ((j + 1) % size, (i + size - 1) % size);
            length = size - length;
        }
        for _ in 0..length / 2 {
            self.order.swap(i, j);
            self.place[self.order[i]] = i;
            self.place[self.order[j]] = j;
            i = if i + 1 == size { 0 } else { i + 1 };
            j = if j == 0 { size - 1 } else { j - 1 };
        }
    }
}
