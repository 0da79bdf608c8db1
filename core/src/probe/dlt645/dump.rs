//! Registers from a captured line: frames of any meters, in any order, without anybody asking.

use super::{
    address::Address,
    exchange::{Answer, Ask, Exchange, Taken},
    frame::{Frame, Hunt},
    identifier::{Edition, Identifier},
    limits::{FAR_BAUD, REGISTERS_MAX},
    registers::Registers,
};
use crate::{
    probe::{
        readout::{Datum, Integrity, Protocol, Readout},
        way::{Family, Quirk, Way},
    },
    time::Civil,
};

/// Bytes of a frame beside its content: two starts, address, control, length, sum and end.
const AROUND_CONTENT: usize = 12;
/// More meters than one line has.
const METERS_MAX: usize = 64;

/// What one meter said in one edition.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Decoded {
    /// From which address.
    pub address: Address,
    /// In which edition.
    pub edition: Edition,
    /// What the meter answered when it was asked who it is.
    pub told: Option<Address>,
    /// Its registers, in the order in which they came.
    pub registers: Vec<Datum>,
    /// Its clock, where both date and time came.
    pub clock: Option<Civil>,
    /// Its refusals, as sent: bit 1 no such thing, bit 2 a password is wanted.
    pub refusals: Vec<u8>,
    /// What it told under names that we have no registers for.
    pub unknown: Vec<Unknown>,
    /// Its frames.
    pub frames: usize,
    /// Where the first of them began, from 0.
    pub offset: usize,
}

/// Something under a name that we have no register for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Unknown {
    /// The name.
    pub name: Identifier,
    /// What stands behind it, the lowest byte first.
    pub content: Vec<u8>,
}

/// Decodes all frames of meters in a capture whose checksums are right. Questions and echoes are passed over.
pub fn decode(bytes: &[u8]) -> Vec<Decoded> {
    let mut meters: Vec<Meter> = Vec::new();
    let mut hunt = Hunt::default();
    for (last, frame) in bytes.iter().enumerate().filter_map(|(at, &byte)| Some((at, hunt.push(byte)?))) {
        let (true, Some(edition)) = (frame.is_from_meter(), edition(&frame)) else { continue };
        let known = meters.iter().any(|meter| meter.is_of(frame.address, edition));
        if !known && meters.len() < METERS_MAX {
            let offset = (last + 1).saturating_sub(AROUND_CONTENT + frame.content.len());
            meters.push(Meter::new(frame.address, edition, offset));
        }
        let meter = meters.iter_mut().find(|meter| meter.is_of(frame.address, edition));
        meter.into_iter().for_each(|meter| meter.take(&frame));
    }
    meters.into_iter().map(Meter::finish).collect()
}

/// As readouts: every meter that told registers, each with where its first frame began.
pub(crate) fn telegrams(bytes: &[u8]) -> Vec<(usize, Readout)> {
    let with_registers = decode(bytes).into_iter().filter(|meter| !meter.registers.is_empty());
    with_registers.map(|meter| (meter.offset, meter.into_readout())).collect()
}

impl Decoded {
    fn into_readout(self) -> Readout {
        let mut way = Way::new(Family::Dlt645, FAR_BAUD);
        way.address = self.address.to_string();
        if self.edition == Edition::Y1997 {
            way.quirks.insert(Quirk::Edition1997);
        }
        let serial = self.told.unwrap_or(self.address).to_string();
        Readout {
            protocol: Protocol::Dlt645(self.edition.year()),
            identity: format!("DL/T 645-{} {serial}", self.edition.year()),
            serial: Some(serial),
            clock: self.clock,
            registers: self.registers,
            baud: FAR_BAUD,
            integrity: Integrity::Checked,
            retries: 0,
            way,
        }
    }
}

/// Which edition has the function of a frame.
const fn edition(frame: &Frame) -> Option<Edition> {
    match frame.function() {
        0x01..=0x03 => Some(Edition::Y1997),
        0x11..=0x13 => Some(Edition::Y2007),
        _ => None,
    }
}

struct Meter {
    decoded: Decoded,
    registers: Registers,
    /// An answer whose rest has not come yet.
    open: Option<(Identifier, Exchange)>,
}

impl Meter {
    fn new(address: Address, edition: Edition, offset: usize) -> Self {
        let decoded = Decoded {
            address,
            edition,
            told: None,
            registers: vec![],
            clock: None,
            refusals: vec![],
            unknown: vec![],
            frames: 0,
            offset,
        };
        Self { decoded, registers: Registers::default(), open: None }
    }

    fn is_of(&self, address: Address, edition: Edition) -> bool {
        (self.decoded.address, self.decoded.edition) == (address, edition)
    }

    fn take(&mut self, frame: &Frame) {
        self.decoded.frames += 1;
        if frame.is_refusal() {
            if self.decoded.refusals.len() < REGISTERS_MAX {
                self.decoded.refusals.extend(frame.content.first());
            }
            return;
        }
        if frame.function() == 0x13 {
            let told = frame.content.as_slice().try_into().ok().map(Address::of_wire);
            self.decoded.told = told.or(self.decoded.told);
            return;
        }
        let Some((name, _)) = Identifier::split(self.decoded.edition, &frame.content) else { return };
        if let Some((open, mut exchange)) = self.open.take() {
            let taken = if open == name { exchange.take(frame) } else { Taken::Foreign };
            if taken != Taken::Foreign {
                return self.taken(name, exchange, taken);
            }
            self.leave(open, exchange);
        }
        let mut exchange = Exchange::new(Ask::Item(name));
        let taken = exchange.take(frame);
        self.taken(name, exchange, taken);
    }

    fn taken(&mut self, name: Identifier, exchange: Exchange, taken: Taken) {
        match taken {
            Taken::Partly => self.open = Some((name, exchange)),
            Taken::Wholly(Answer::Content { bytes, .. }) => self.keep(name, bytes),
            Taken::Wholly(Answer::Refused(_)) | Taken::Foreign => {}
        }
    }

    /// The rest does not come.
    fn leave(&mut self, name: Identifier, mut exchange: Exchange) {
        if let Some(Answer::Content { bytes, .. }) = exchange.give_up() {
            self.keep(name, bytes);
        }
    }

    fn keep(&mut self, name: Identifier, content: Vec<u8>) {
        let room = self.decoded.unknown.len() < REGISTERS_MAX;
        if self.registers.take(name, &content).is_none() && room {
            self.decoded.unknown.push(Unknown { name, content });
        }
    }

    fn finish(mut self) -> Decoded {
        if let Some((name, exchange)) = self.open.take() {
            self.leave(name, exchange);
        }
        let (registers, clock) = self.registers.finish();
        Decoded { clock, registers, ..self.decoded }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(address: &str, control: u8, content: &[u8]) -> Vec<u8> {
        Frame { address: address.parse().unwrap(), control, content: content.into() }.encode()
    }

    #[test]
    fn meters_are_told_apart_and_questions_passed_over() {
        let capture = [
            said("1", 0x11, &[0x00, 0x00, 0x01, 0x00]),
            said("1", 0x91, &[0x00, 0x00, 0x01, 0x00, 0x47, 0x13, 0x05, 0x00]),
            said("2", 0x81, &[0x10, 0x90, 0x12, 0x00, 0x00, 0x00]),
            said("1", 0xD1, &[0x02]),
            said("1", 0x91, &[0x99, 0x00, 0x01, 0x7F, 0x47]),
        ];
        let decoded = decode(&capture.concat());
        let found: Vec<String> = decoded.iter().map(shown).collect();
        assert_eq!(found, ["2007 1.8.0=513.47", "1997 1.8.0=0.12"]);
        assert_eq!((decoded[0].refusals.as_slice(), decoded[0].frames), ([2].as_slice(), 3));
        assert_eq!(decoded.iter().map(|meter| meter.offset).collect::<Vec<_>>(), [24, 48]);
        assert_eq!(decoded[0].unknown[0].name.to_string(), "7F010099");
    }

    #[test]
    fn what_follows_on_is_put_together_and_what_is_said_twice_counts_once() {
        let first = said("1", 0xB1, &[0x00, 0xFF, 0x01, 0x00, 0x47, 0x13]);
        let rest = said("1", 0x92, &[0x00, 0xFF, 0x01, 0x00, 0x05, 0x00, 0x01]);
        let decoded = decode(&[first.clone(), first.clone(), rest.clone(), rest, first].concat());
        assert_eq!(shown(&decoded[0]), "2007 1.8.0=513.47");
    }

    fn shown(meter: &Decoded) -> String {
        let registers = meter.registers.iter().map(|datum| {
            let obis = datum.obis;
            format!("{}.{}.{}={}", obis.c, obis.d, obis.e, datum.value)
        });
        format!("{} {}", meter.edition.year(), registers.collect::<Vec<_>>().join(" "))
    }
}
