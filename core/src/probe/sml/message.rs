//! The messages of a frame, and the lists of values among them, as in SML 1.04.

use super::element::{Element, Elements, unsigned};
use crate::{obis::Obis, probe::crc, time::Civil};

/// getList.rsp: values.
const GET_LIST_RESPONSE: i128 = 0x0701;
/// Values in one telegram: five times as many as we have seen.
const ENTRIES_MAX: usize = 100;
/// 2000-01-01, in seconds since 1970. All meters that talk were built after this: an earlier time is that of a
/// clock which nobody has set, or counts seconds of operation.
const CLOCK_MIN: u64 = 946_684_800;

/// All that a frame says.
#[derive(Debug, Default)]
pub(super) struct Telegram<'a> {
    /// The number of whoever speaks, as bytes; may be left out.
    pub(super) server: &'a [u8],
    /// The meter's clock, where it has one.
    pub(super) clock: Option<Civil>,
    /// The values, in order.
    pub(super) entries: Vec<Entry<'a>>,
    /// A message's own checksum was wrong.
    pub(super) tolerated: bool,
}

/// One value.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    pub(super) name: Obis,
    /// When it came about, where that is a clock's time.
    pub(super) at: Option<Civil>,
    /// By the DLMS Blue Book.
    pub(super) unit: Option<u8>,
    /// The value is to be multiplied by this power of ten.
    pub(super) scaler: i8,
    pub(super) value: Element<'a>,
}

impl<'a> Telegram<'a> {
    /// Reads what was in a frame. Nothing, where it is no SML.
    pub(super) fn read(payload: &'a [u8]) -> Option<Self> {
        let (mut telegram, mut elements) = (Self::default(), Elements::new(payload));
        while !elements.rest().is_empty() {
            telegram.message(&mut elements)?;
        }
        Some(telegram)
    }

    fn message(&mut self, elements: &mut Elements<'a>) -> Option<()> {
        let start = elements.rest();
        elements.list(6)?;
        // Transaction, group, and what to do after an error.
        (0..3).try_for_each(|_| elements.skip())?;
        elements.list(2)?;
        let (tag, body) = (elements.number()?, elements.take()?);
        let covered = start.get(..start.len().checked_sub(elements.rest().len())?)?;
        let check = elements.number()?;
        // Low byte first, and Holley's high byte first. Some makers count it wrong.
        let right = |checksum: u16| i128::from(checksum) == check;
        self.tolerated |= !right(crc::x25(covered).swap_bytes()) && !right(crc::kermit(covered));
        if tag == GET_LIST_RESPONSE {
            self.list(body)?;
        }
        (elements.next()? == Element::End).then_some(())
    }

    fn list(&mut self, mut body: Elements<'a>) -> Option<()> {
        body.list(7)?;
        body.skip()?;
        self.server = body.octets()?;
        body.skip()?;
        self.clock = clock(body.take()?);
        let Element::List(count) = body.next()? else { return None };
        if count > ENTRIES_MAX.saturating_sub(self.entries.len()) {
            return None;
        }
        for _ in 0..count {
            self.entries.extend(Entry::read(body.take()?));
        }
        // The signature and the gateway's time.
        (0..2).try_for_each(|_| body.skip())
    }
}

impl<'a> Entry<'a> {
    /// Nothing, where this is not a named value: the others still count.
    fn read(mut elements: Elements<'a>) -> Option<Self> {
        elements.list(7)?;
        let &[a, b, c, d, e, f] = elements.octets()? else { return None };
        // The status has no place in a readout.
        elements.skip()?;
        Some(Self {
            name: Obis { a, b, c, d, e, f },
            at: clock(elements.take()?),
            unit: elements.take()?.number().and_then(|unit| unit.try_into().ok()),
            scaler: elements.take()?.number().map_or(Some(0), |scaler| scaler.try_into().ok())?,
            value: elements.next()?,
        })
    }
}

/// A time, where it is that of a clock: choice 2 is UTC, choice 3 local time with how far both its offsets, in
/// minutes, are from UTC. Choice 1 counts seconds of operation, and so does the bare number of Holley.
fn clock(mut time: Elements<'_>) -> Option<Civil> {
    time.list(2)?;
    match time.number()? {
        2 => civil(&mut time, 0),
        3 => {
            time.list(3)?;
            let mut after = time.clone();
            after.skip()?;
            let offsets = after.number()?.checked_add(after.number()?)?;
            civil(&mut time, offsets.try_into().ok()?)
        }
        _ => None,
    }
}

fn civil(time: &mut Elements<'_>, offset_min: i32) -> Option<Civil> {
    let Element::Unsigned(content) = time.next()? else { return None };
    let seconds = Some(unsigned(content)).filter(|&seconds| seconds >= CLOCK_MIN)?;
    Civil::of_unix(i64::try_from(seconds).ok()?.checked_add(i64::from(offset_min) * 60)?)
}
