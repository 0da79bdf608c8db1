//! Reads a load profile: looks for the oldest block of the wanted time, and fetches rows from there on.

use super::{
    fetch::Ask,
    limits::CELLS_MAX,
    table::profile::{Block, Shape},
};
use crate::{
    obis::Obis,
    probe::part::{ProfilePart, ProfileRow, ROWS_MAX, Span},
};

/// The first set of a load profile.
const TABLE: u16 = 64;
/// The name of a load profile with a period.
const PROFILE: Obis = Obis::electricity(99, 1, 0);

/// A load profile that is being read.
#[derive(Debug)]
pub(super) struct Profiling {
    shape: Shape,
    span: Span,
    /// Rows that can be asked for at once.
    most: u16,
    step: Step,
    rows: u32,
}

#[derive(Debug)]
enum Step {
    /// Blocks of less than this age end within the wanted time or after it, those of more end before it.
    Searching {
        after: u16,
        before: u16,
    },
    /// What stands before the intervals of the block of this age.
    Head {
        age: u16,
    },
    /// The intervals of a block from this age down to another.
    Rows {
        age: u16,
        block: Block,
        from: u16,
        to: u16,
    },
    Over,
}

impl Profiling {
    /// Begins to read; `room` is how many bytes can be asked for at once. Nothing where not even one row
    /// fits, or no row has a time.
    pub(super) fn new(shape: Shape, span: Span, room: usize) -> Option<Self> {
        let cells = CELLS_MAX / shape.columns().len().max(1);
        let most = (room / shape.interval_size().max(1)).min(ROWS_MAX).min(cells);
        let most = u16::try_from(most).ok().filter(|&most| most > 0 && shape.end_size() > 0)?;
        let step = Step::Searching { after: 0, before: shape.blocks.len() };
        Some(Self { shape, span, most, step, rows: 0 })
    }

    /// What to ask for next.
    pub(super) fn next(&self) -> Option<Ask> {
        let part = |age: u16, within: usize, count: usize| {
            let offset = self.shape.offset(self.shape.blocks.slot(age)?) + within;
            Some(Ask::Part { table: TABLE, offset, count })
        };
        match &self.step {
            Step::Searching { after, before } => part(middle(*after, *before), 0, self.shape.end_size()),
            Step::Head { age } => part(*age, 0, self.shape.head_size()),
            Step::Rows { age, block, from, to } => {
                let (lowest, count) = self.run(block, *from, *to)?;
                let size = self.shape.interval_size();
                let within = self.shape.head_size() + usize::from(lowest) * size;
                part(*age, within, usize::from(count) * size)
            }
            Step::Over => None,
        }
    }

    /// How many rows have come.
    pub(super) const fn rows(&self) -> u32 {
        self.rows
    }

    /// What was asked for; nothing where it was refused, and then there is no more.
    pub(super) fn take(&mut self, bytes: Option<&[u8]>) -> Option<ProfilePart> {
        let taken = bytes.and_then(|bytes| match std::mem::replace(&mut self.step, Step::Over) {
            Step::Searching { after, before } => Some((self.searched(after, before, bytes), None)),
            Step::Head { age } => Some((self.head(age, bytes)?, None)),
            Step::Rows { age, block, from, to } => self.rows_of(age, block, from, to, bytes),
            Step::Over => None,
        });
        let (step, rows) = taken.unwrap_or((Step::Over, None));
        self.step = step;
        let rows = rows.filter(|rows| !rows.is_empty())?;
        self.rows = self.rows.saturating_add(u32::try_from(rows.len()).unwrap_or(u32::MAX));
        let (period_s, columns) = (self.shape.period_s(), self.shape.columns());
        Some(ProfilePart { obis: PROFILE, period_s, columns, rows })
    }

    fn searched(&self, after: u16, before: u16, bytes: &[u8]) -> Step {
        let middle = middle(after, before);
        // A block without an end was never written.
        let reaches = self.shape.end(bytes).is_some_and(|end| end >= self.span.from);
        let (after, before) = if reaches { (middle + 1, before) } else { (after, middle) };
        match after.checked_sub(1) {
            _ if after < before => Step::Searching { after, before },
            Some(age) => Step::Head { age },
            None => Step::Over,
        }
    }

    fn head(&self, age: u16, bytes: &[u8]) -> Option<Step> {
        let Some(block) = self.shape.block(age, bytes) else {
            return Some(newer(age));
        };
        let wanted =
            |interval: &u16| block.at(*interval).is_some_and(|at| self.span.from <= at && at <= self.span.to);
        let intervals = block.intervals.len();
        let (first, last) = ((0..intervals).find(wanted), (0..intervals).rev().find(wanted));
        match (last, first) {
            (Some(from), Some(to)) => Some(Step::Rows { age, block, from, to }),
            _ => {
                let oldest = intervals.checked_sub(1).and_then(|interval| block.at(interval));
                Some(if oldest.is_some_and(|oldest| oldest > self.span.to) { Step::Over } else { newer(age) })
            }
        }
    }

    fn rows_of(
        &self,
        age: u16,
        block: Block,
        from: u16,
        to: u16,
        bytes: &[u8],
    ) -> Option<(Step, Option<Vec<ProfileRow>>)> {
        let (_, count) = self.run(&block, from, to)?;
        let mut intervals: Vec<&[u8]> = bytes.chunks_exact(self.shape.interval_size()).collect();
        if intervals.len() != usize::from(count) {
            return None;
        }
        if block.intervals.is_descending() {
            intervals.reverse();
        }
        let mut rows = Vec::new();
        for (interval, bytes) in (0..=from).rev().zip(intervals) {
            rows.extend(self.shape.row(&block, interval, bytes)?);
        }
        let step = match from.checked_sub(count) {
            Some(from) if from >= to => Step::Rows { age, block, from, to },
            _ => newer(age),
        };
        Some((step, Some(rows)))
    }

    /// The next intervals that stand together, at most as many as are wanted.
    fn run(&self, block: &Block, from: u16, to: u16) -> Option<(u16, u16)> {
        block.intervals.run(from, self.most.min(from.checked_sub(to)? + 1))
    }
}

const fn middle(after: u16, before: u16) -> u16 {
    after + (before - after) / 2
}

/// The next newer block.
const fn newer(age: u16) -> Step {
    match age.checked_sub(1) {
        Some(age) => Step::Head { age },
        None => Step::Over,
    }
}
