//! One memory of a meter, a load profile or an event log: what it holds, which units, then its rows.

use super::{
    apdu::{Ask, Attribute, Selector},
    axdr::Value as Data,
    batch::Batch,
    events::Log,
    limits::EVENTS_MAX,
    objects::{Object, Scale, class},
    profile::{Rows, Shape},
};
use crate::{
    obis::Obis,
    probe::part::{Part, Span},
    time::Civil,
};

/// What is wanted of it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Purpose {
    /// The rows of this time.
    Profile(Span),
    /// The latest events.
    Events,
}

/// What is known of the meter meanwhile.
#[derive(Debug)]
pub(super) struct Known<'a> {
    /// Attributes in one request.
    pub(super) most: usize,
    /// It gives parts of a memory.
    pub(super) selects: bool,
    /// What its clock shows.
    pub(super) clock: Option<Civil>,
    /// Scales that were read with the registers.
    pub(super) scales: &'a [(Obis, Scale)],
}

/// A memory being read.
#[derive(Debug)]
pub(super) struct Memory {
    object: Object,
    purpose: Purpose,
    stage: Stage,
    /// How the rows are asked for; the next way, when one is refused.
    selection: Selection,
    entries: u32,
    shape: Option<Shape>,
    reached: Option<Civil>,
    done: u32,
}

#[derive(Debug)]
enum Stage {
    Head(Batch),
    Scales(Batch),
    /// Rows are to be asked for.
    Asking,
    Rows(Box<Rows>),
    Log(Box<Log>),
    Over,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Selection {
    Range,
    Entries,
    All,
    Nothing,
}

/// Attributes of a memory.
const BUFFER: u8 = 2;
const CAPTURE_OBJECTS: u8 = 3;
const CAPTURE_PERIOD: u8 = 4;
const SORT_METHOD: u8 = 5;
const ENTRIES_IN_USE: u8 = 7;
/// Sort method: the newest comes first.
const LIFO: i128 = 2;
/// Rows more than counted, for those of changes of the clock and failures of power.
const SPARE_ROWS: u32 = 16;

impl Memory {
    pub(super) fn new(obis: Obis, purpose: Purpose, known: &Known<'_>) -> Self {
        let object = Object { class: class::PROFILE, obis };
        let head = [CAPTURE_OBJECTS, CAPTURE_PERIOD, SORT_METHOD, ENTRIES_IN_USE];
        let head = Batch::new(head.map(|id| object.attribute(id)).to_vec(), known.most);
        let selection = match purpose {
            _ if !known.selects => Selection::All,
            Purpose::Profile(_) => Selection::Range,
            Purpose::Events => Selection::Entries,
        };
        let (stage, shape) = (Stage::Head(head), None);
        Self { object, purpose, stage, selection, entries: 0, shape, reached: None, done: 0 }
    }

    /// Whether it has told what it holds, so that it is there.
    pub(super) const fn is_there(&self) -> bool {
        self.shape.is_some()
    }

    /// The meter may take long for what is asked now.
    pub(super) const fn is_searching(&self) -> bool {
        matches!(self.stage, Stage::Rows(_) | Stage::Log(_))
    }

    /// Rows that were handed over, and how many there will be, where that is known.
    pub(super) fn progress(&self) -> Option<(u32, Option<u32>)> {
        let Stage::Rows(rows) = &self.stage else { return None };
        let total = rows.elements.total().and_then(|total| u32::try_from(total).ok());
        Some((rows.done(), total.filter(|total| *total >= rows.done())))
    }

    /// The next request; nothing when all was read that can be.
    pub(super) fn ask(&mut self, known: &Known<'_>) -> Option<Ask> {
        loop {
            match std::mem::replace(&mut self.stage, Stage::Over) {
                Stage::Head(mut batch) => match batch.ask() {
                    Some(ask) => {
                        self.stage = Stage::Head(batch);
                        return Some(ask);
                    }
                    None => self.take_head(batch, known)?,
                },
                Stage::Scales(mut batch) => match batch.ask() {
                    Some(ask) => {
                        self.stage = Stage::Scales(batch);
                        return Some(ask);
                    }
                    None => self.take_scales(batch),
                },
                Stage::Asking | Stage::Rows(_) | Stage::Log(_) => {
                    let selector = self.selector(known)?;
                    let shape = self.shape.clone()?;
                    self.stage = match self.purpose {
                        Purpose::Profile(span) => {
                            Stage::Rows(Box::new(Rows::new(shape, span, self.reached, self.done)))
                        }
                        Purpose::Events => Stage::Log(Box::new(Log::new(shape))),
                    };
                    return Some(Ask::One(self.object.attribute(BUFFER), selector));
                }
                Stage::Over => return None,
            }
        }
    }

    /// Some of an answer came. Tells whether more is wanted.
    pub(super) fn piece(&mut self, bytes: &[u8], is_last: bool, parts: &mut Vec<Part>) -> bool {
        let readable = match &mut self.stage {
            Stage::Head(batch) | Stage::Scales(batch) => return batch.piece(bytes, is_last),
            Stage::Rows(rows) => rows
                .piece(bytes, is_last)
                .map(|ready| parts.extend(ready.into_iter().map(Part::Profile)))
                .is_ok(),
            Stage::Log(log) => log.piece(bytes).is_ok(),
            Stage::Asking | Stage::Over => false,
        };
        if is_last || !readable {
            // What could be read of it is as good as any.
            self.finish(parts);
        }
        readable
    }

    /// The meter will not answer the request under way.
    pub(super) fn refused(&mut self, parts: &mut Vec<Part>) {
        match &mut self.stage {
            Stage::Head(batch) | Stage::Scales(batch) => batch.refused(),
            Stage::Asking | Stage::Rows(_) | Stage::Log(_) => {
                self.keep(parts);
                self.selection = self.selection.next();
                self.stage = Stage::Asking;
            }
            Stage::Over => {}
        }
    }

    /// The link broke; what was asked is asked again.
    pub(super) fn lost(&mut self, parts: &mut Vec<Part>) {
        if self.is_searching() {
            self.keep(parts);
            self.stage = Stage::Asking;
        }
    }

    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        match &self.stage {
            Stage::Rows(rows) => rows.held(),
            Stage::Head(_) | Stage::Scales(_) | Stage::Asking | Stage::Log(_) | Stage::Over => 0,
        }
    }

    fn take_head(&mut self, head: Batch, known: &Known<'_>) -> Option<()> {
        let mut results = head.into_results().map(|(_, result)| result);
        let captured = results.next()??;
        let mut number = || results.next().flatten().and_then(|value| value.integer());
        let period_s = number().and_then(|period| u32::try_from(period).ok()).unwrap_or(0);
        let newest_first = number() == Some(LIFO);
        self.entries = number().and_then(|entries| u32::try_from(entries).ok()).unwrap_or(0);
        let mut shape = Shape::new(self.object.obis, &captured, period_s, newest_first)?;
        let mut unknown: Vec<Attribute> = Vec::new();
        for column in &mut shape.columns {
            let Some(scaled_by) = column.scaled_by() else { continue };
            let read = known.scales.iter().find(|(obis, _)| *obis == scaled_by.obis);
            match read {
                Some((_, scale)) => column.scale = Some(scale.clone()),
                None if unknown.contains(&scaled_by) => {}
                None => unknown.push(scaled_by),
            }
        }
        // An event's code has no unit.
        if self.purpose == Purpose::Events {
            unknown.clear();
        }
        if self.selection == Selection::Range && shape.time().is_none() {
            self.selection = Selection::Entries;
        }
        self.shape = Some(shape);
        self.stage = Stage::Scales(Batch::new(unknown, known.most));
        Some(())
    }

    fn take_scales(&mut self, scales: Batch) {
        let scales: Vec<(Attribute, Option<Data>)> = scales.into_results().collect();
        for column in self.shape.iter_mut().flat_map(|shape| &mut shape.columns) {
            let read = scales.iter().find(|(attribute, _)| column.scaled_by() == Some(*attribute));
            if let Some((_, Some(scale))) = read {
                column.scale = Scale::of(scale);
            }
        }
        self.stage = Stage::Asking;
    }

    /// How to ask for the rows; nothing when no way is left.
    fn selector(&mut self, known: &Known<'_>) -> Option<Option<Selector>> {
        let shape = self.shape.as_ref()?;
        if self.selection == Selection::Range {
            match (self.purpose, shape.time()) {
                (Purpose::Profile(span), Some(by)) => return Some(Some(Selector::Range { by, span })),
                (Purpose::Profile(_) | Purpose::Events, _) => self.selection = Selection::Entries,
            }
        }
        if self.selection == Selection::Entries {
            match self.latest(known).filter(|rows| *rows < self.entries) {
                Some(rows) if shape.newest_first => {
                    return Some(Some(Selector::Entries { from: 1, to: rows }));
                }
                Some(rows) => {
                    let from = self.entries.saturating_sub(rows).max(1);
                    return Some(Some(Selector::Entries { from, to: self.entries }));
                }
                None => self.selection = Selection::All,
            }
        }
        (self.selection == Selection::All).then_some(None)
    }

    /// How many of the latest rows are wanted, where that can be counted.
    fn latest(&self, known: &Known<'_>) -> Option<u32> {
        let Purpose::Profile(span) = self.purpose else { return u32::try_from(EVENTS_MAX).ok() };
        let period_s = self.shape.as_ref()?.period_s;
        let rows = known.clock?.since(span.from).as_secs().checked_div(period_s.into())?;
        u32::try_from(rows).ok()?.checked_add(SPARE_ROWS)
    }

    fn finish(&mut self, parts: &mut Vec<Part>) {
        self.keep(parts);
        if let Stage::Log(log) = std::mem::replace(&mut self.stage, Stage::Over) {
            let events = log.into_events();
            parts.extend((!events.is_empty()).then_some(Part::Events(events)));
        }
    }

    /// Hands over what rows wait.
    fn keep(&mut self, parts: &mut Vec<Part>) {
        if let Stage::Rows(rows) = &mut self.stage {
            parts.extend(rows.part().map(Part::Profile));
            (self.reached, self.done) = (rows.reached(), rows.done());
        }
    }
}

impl Selection {
    const fn next(self) -> Self {
        match self {
            Self::Range => Self::Entries,
            Self::Entries => Self::All,
            Self::All | Self::Nothing => Self::Nothing,
        }
    }
}
