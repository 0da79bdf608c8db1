//! Tables 61 to 64: the first set of a load profile, block by block.
//!
//! A block ends at the moment it names, and its last valid interval with it. What a channel recorded is
//! multiplied by its divisor and divided by its scalar, which undoes what the meter did before it recorded
//! (C12.19, table 62).

use super::{
    super::{
        limits::{CHANNELS_MAX, INTERVALS_MAX},
        number::Number,
    },
    cursor::{Cursor, Format},
    ring::Ring,
    units::{Column, Role, Sources},
};
use crate::{
    decimal::{Decimal, SCALE_MAX},
    probe::{
        part::{self, ProfileRow},
        readout::Value,
    },
    time::Civil,
};

/// In the status of a channel: the counter ran over; the interval was skipped.
const OVERFLOWN: u8 = 1;
const SKIPPED: u8 = 4;

/// How an interval of a channel is written (`INT_FMT_CDE`).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Item {
    Unsigned(usize),
    Signed(usize),
    Number(Number),
}

impl Item {
    const fn of_code(code: u8, format: Format) -> Option<Self> {
        Some(match code {
            1 => Self::Unsigned(1),
            2 => Self::Unsigned(2),
            4 => Self::Unsigned(4),
            8 => Self::Signed(1),
            16 => Self::Signed(2),
            32 => Self::Signed(4),
            64 => Self::Number(format.first),
            128 => Self::Number(format.second),
            _ => return None,
        })
    }

    const fn size(self) -> usize {
        match self {
            Self::Unsigned(size) | Self::Signed(size) => size,
            Self::Number(number) => number.size(),
        }
    }

    fn read(self, cursor: &mut Cursor<'_>) -> Option<Option<Decimal>> {
        let whole = |value: i64| Decimal::new(value, 0).ok();
        match self {
            Self::Unsigned(size) => cursor.unsigned(size).map(|value| whole(i64::try_from(value).ok()?)),
            Self::Signed(size) => cursor.signed(size).map(whole),
            Self::Number(number) => cursor.number(number),
        }
    }
}

/// What a profile looks like, and how far it is filled.
#[derive(Clone, Debug)]
pub(crate) struct Shape {
    format: Format,
    columns: Vec<Column>,
    item: Item,
    intervals: u16,
    period_s: u32,
    /// Bytes of what each channel showed at the end of the block, and of how the block was closed.
    ends: usize,
    has_simple_status: bool,
    has_extended_status: bool,
    intervals_descending: bool,
    /// The blocks.
    pub(crate) blocks: Ring,
    /// Intervals in the newest block.
    newest: u16,
}

impl Shape {
    /// By tables 61, 62 and 63; nothing where they do not fit each other, or the profile is empty.
    pub(crate) fn of_tables(
        format: Format,
        is_first_edition: bool,
        sources: &Sources,
        [limits, selection, status]: [&[u8]; 3],
    ) -> Option<Self> {
        let mut cursor = Cursor::new(limits, format);
        // How much memory there is.
        cursor.bytes(4)?;
        let flags = cursor.word()?;
        // Formats that could be chosen.
        cursor.byte()?;
        let (blocks, intervals) = (cursor.word()?, cursor.word()?);
        let (channels, minutes) = (usize::from(cursor.byte()?), cursor.byte()?);
        let has = |bit: u16| flags >> bit & 1 == 1;
        if channels == 0
            || channels > CHANNELS_MAX
            || intervals == 0
            || intervals > INTERVALS_MAX
            || minutes == 0
        {
            return None;
        }
        let (item, columns) = channels_of(selection, format, sources, channels, has(6))?;
        let reading = if has(4) { format.first.size() } else { 0 } + if has(5) { 4 } else { 0 };
        // The first edition says with this flag how each channel was closed, later ones say something else.
        let closing = if is_first_edition && has(12) { 2 } else { 0 };
        let mut cursor = Cursor::new(status, format);
        let set = cursor.byte()?;
        let (valid, last) = (cursor.word()?, cursor.word()?);
        // The number of the newest block, and how many nobody has read.
        cursor.bytes(6)?;
        let newest = cursor.word()?;
        Some(Self {
            format,
            columns,
            item,
            intervals,
            period_s: u32::from(minutes) * 60,
            ends: channels * (reading + closing),
            has_simple_status: has(11),
            has_extended_status: has(10),
            intervals_descending: set >> 4 & 1 == 1,
            blocks: Ring::new(blocks, last, valid, set & 1 == 1).filter(|ring| ring.len() > 0)?,
            newest: newest.min(intervals),
        })
    }

    /// Seconds from one row to the next.
    pub(crate) const fn period_s(&self) -> u32 {
        self.period_s
    }

    /// What the values are.
    pub(crate) fn columns(&self) -> Vec<part::Column> {
        let columns = self.columns.iter();
        columns.map(|column| part::Column { obis: column.obis, unit: column.unit.clone() }).collect()
    }

    /// Bytes of the moment at which a block ends.
    pub(crate) const fn end_size(&self) -> usize {
        self.format.time.minute_size()
    }

    /// Bytes before the intervals of a block.
    pub(crate) fn head_size(&self) -> usize {
        let simple = if self.has_simple_status { usize::from(self.intervals).div_ceil(8) } else { 0 };
        self.end_size() + self.ends + simple
    }

    /// Bytes of one interval.
    pub(crate) fn interval_size(&self) -> usize {
        let channels = self.columns.len();
        let status = if self.has_extended_status { channels / 2 + 1 } else { 0 };
        status + channels * self.item.size()
    }

    /// Where a block begins in table 64.
    pub(crate) fn offset(&self, slot: u16) -> usize {
        usize::from(slot) * (self.head_size() + usize::from(self.intervals) * self.interval_size())
    }

    /// When a block ends, by its first bytes.
    pub(crate) fn end(&self, bytes: &[u8]) -> Option<Civil> {
        Cursor::new(bytes, self.format).minute()?
    }

    /// A block by what stands before its intervals; `age` is 0 for the newest.
    pub(crate) fn block(&self, age: u16, head: &[u8]) -> Option<Block> {
        let simple = head.get(self.end_size() + self.ends..)?;
        let valid = if age == 0 { self.newest } else { self.intervals };
        let last = if self.intervals_descending { 0 } else { valid.checked_sub(1)? };
        Some(Block {
            end_s: self.end(head)?.to_unix(),
            period_s: self.period_s,
            intervals: Ring::new(self.intervals, last, valid, self.intervals_descending)?,
            valid: simple.to_vec(),
        })
    }

    /// The row of one interval of a block. The outer nothing is bytes that are too few, the inner one an
    /// interval that the meter itself does not count.
    pub(crate) fn row(&self, block: &Block, age: u16, bytes: &[u8]) -> Option<Option<ProfileRow>> {
        let mut cursor = Cursor::new(bytes, self.format);
        let channels = self.columns.len();
        let status = cursor.bytes(if self.has_extended_status { channels / 2 + 1 } else { 0 })?;
        let mut values = Vec::new();
        for (channel, column) in self.columns.iter().enumerate() {
            let value = self.item.read(&mut cursor)?.and_then(|value| column.apply(value));
            let counts = !matches!(channel_status(status, channel), Some(OVERFLOWN | SKIPPED));
            values.push(value.filter(|_| counts).map(Value::Number));
        }
        let counts = !self.has_simple_status || block.is_valid(age);
        let status = status.iter().map(|byte| format!("{byte:02X}")).collect();
        let row = block.at(age).map(|at| ProfileRow { at, status, values });
        Some(row.filter(|_| counts))
    }
}

/// One block of a profile.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    end_s: i64,
    period_s: u32,
    /// Its intervals.
    pub(crate) intervals: Ring,
    /// A bit for each interval in its slot: it counts.
    valid: Vec<u8>,
}

impl Block {
    /// When an interval ends; `age` is 0 for the last of the block.
    pub(crate) fn at(&self, age: u16) -> Option<Civil> {
        Civil::of_unix(self.end_s - i64::from(age) * i64::from(self.period_s))
    }

    fn is_valid(&self, age: u16) -> bool {
        let slot = self.intervals.slot(age);
        slot.is_some_and(|slot| {
            self.valid.get(usize::from(slot / 8)).is_some_and(|set| set >> (slot % 8) & 1 == 1)
        })
    }
}

/// How the values of table 62 are written, and what they are.
fn channels_of(
    table: &[u8],
    format: Format,
    sources: &Sources,
    channels: usize,
    has_ratios: bool,
) -> Option<(Item, Vec<Column>)> {
    let mut cursor = Cursor::new(table, format);
    let mut selected = Vec::new();
    for _ in 0..channels {
        // Whether there is an end reading, the source, and the source of the end reading.
        let &[_, source, _] = cursor.bytes(3)?.first_chunk::<3>()?;
        selected.push(source);
    }
    let item = Item::of_code(cursor.byte()?, format)?;
    let mut words = || -> Option<Vec<u16>> {
        (0..channels).map(|_| if has_ratios { cursor.word() } else { Some(1) }).collect()
    };
    let (scalars, divisors) = (words()?, words()?);
    let ratios = scalars.into_iter().zip(divisors);
    let columns = selected.into_iter().zip(ratios).map(|(source, (scalar, divisor))| {
        let column = sources.column(source, Role::Interval);
        column
            .map_or_else(|| Column::own(source, 29, "nothing"), |column| column.times(ratio(divisor, scalar)))
    });
    Some((item, columns.collect()))
}

/// A ratio as a decimal, where it is one.
fn ratio(number: u16, of: u16) -> Option<Decimal> {
    let (mut number, of) = (i64::from(number), i64::from(of));
    for scale in 0..=SCALE_MAX {
        if of > 0 && number % of == 0 {
            return Decimal::new(number / of, scale).ok();
        }
        number = number.checked_mul(10)?;
    }
    None
}

/// The status of a channel from the extended status of an interval: the first byte has the first channel in
/// its lower half and what concerns all in its upper, every further byte an even channel above an odd one.
fn channel_status(status: &[u8], channel: usize) -> Option<u8> {
    let byte = *status.get(channel.div_ceil(2))?;
    Some(if channel % 2 == 1 { byte >> 4 } else { byte & 0x0F })
}
