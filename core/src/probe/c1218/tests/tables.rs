//! The tables of a virtual meter.

use std::collections::BTreeMap;

use super::writer::{Style, Writer};

/// Entries of table 12: what is measured, time base, multiplier, quadrants, net, phase.
pub(super) const fn unit(id: u32, base: u32, multiplier: u32, quadrants: u32, net: u32, phase: u32) -> u32 {
    id | base << 8 | multiplier << 11 | quadrants << 14 | net << 18 | phase << 19
}

/// Table 16: it has a unit and counts in it; the second also has constants that are still to be applied.
pub(super) const PLAIN: u8 = 0x11;
pub(super) const CONSTANT: u8 = 0x39;

/// Sources 0 to 8, with what table 16 says of them.
const SOURCES: [(u32, u8); 9] = [
    // Active energy in thousands of watt-hours, delivered and received.
    (unit(0, 0, 2, 0b1001, 0, 0), PLAIN),
    (unit(0, 0, 2, 0b0110, 0, 0), PLAIN),
    // Reactive energy of the first two quadrants, with a constant.
    (unit(1, 0, 2, 0b0011, 0, 0), CONSTANT),
    // A block demand.
    (unit(0, 4, 2, 0b1001, 0, 0), PLAIN),
    // The power of now, and the voltage and current of the first phase.
    (unit(0, 1, 0, 0b1111, 0, 0), PLAIN),
    (unit(8, 1, 0, 0, 0, 5), PLAIN),
    (unit(12, 1, 0, 0, 0, 5), PLAIN),
    (unit(24, 1, 0, 0, 0, 0), PLAIN),
    // Something that has no OBIS code.
    (unit(10, 0, 0, 0, 0, 0), PLAIN),
];

/// What is to be read, but for the period before the last reset.
pub(super) const EXPECTED: [&str; 29] = [
    "0-0:96.1.0*255 MAKER-77",
    "0-0:96.1.1*255 00412345",
    "0-0:97.97.0*255 0900",
    "1-0:0.1.0*255 12",
    "1-0:1.8.0*255 12345 kWh",
    "1-0:2.8.0*255 7 kWh",
    "1-0:3.8.0*255 200 kvarh",
    "1-0:136.8.0*255 9 unit 10 h",
    "1-0:1.2.0*255 40 kW",
    "1-0:1.6.0*255 3 kW @2026-11-11T18:15:00",
    "1-0:3.200.0*255 2 kvar",
    "1-0:1.8.1*255 12000 kWh",
    "1-0:2.8.1*255 7 kWh",
    "1-0:3.8.1*255 100 kvarh",
    "1-0:136.8.1*255 0 unit 10 h",
    "1-0:1.2.1*255 30 kW",
    "1-0:1.6.1*255 3 kW @2026-11-11T18:15:00",
    "1-0:3.200.1*255 2 kvar",
    "1-0:1.8.2*255 345 kWh",
    "1-0:2.8.2*255 0 kWh",
    "1-0:3.8.2*255 100 kvarh",
    "1-0:136.8.2*255 9 unit 10 h",
    "1-0:1.2.2*255 10 kW",
    "1-0:1.6.2*255 1 kW",
    "1-0:3.200.2*255 0 kvar",
    "1-0:16.7.0*255 512 W",
    "1-0:32.7.0*255 230 V",
    "1-0:31.7.0*255 4 A",
    "1-0:13.7.0*255 1",
];

/// Of the period before the last reset.
pub(super) const EXPECTED_BEFORE: [&str; 4] =
    ["1-0:0.1.0*1 11", "1-0:1.8.0*1 12000 kWh", "1-0:1.6.0*1 3 kW @2026-10-05T09:00:00", "1-0:2.8.2*1 7 kWh"];

/// What stands in one block: three energies, something else, all demands, when, the demand, a coincident.
type Block = [&'static str; 8];
const BLOCKS: [Block; 3] = [
    ["12345", "7", "100", "9", "40", "2611111815", "3", "1"],
    ["12000", "7", "50", "0", "30", "2611111815", "3", "1"],
    ["345", "0", "50", "9", "10", "0000000000", "1", "0"],
];
const BLOCK_BEFORE: Block = ["12000", "7", "50", "0", "30", "2610050900", "3", "1"];

/// All tables, in the way a meter writes them.
pub(super) fn tables(style: Style) -> BTreeMap<u16, Vec<u8>> {
    let mut to = Writer::new(style);
    let mut all = BTreeMap::new();
    all.insert(1, {
        to.text("ACME", 4).text("MODEL-9", 8).raw(&[1, 0, 2, 3]);
        name(style, &mut to, "MAKER-77", "77", 16).done()
    });
    // Metering; a low battery and a power failure.
    all.insert(3, to.raw(&[1]).whole(0x0900, 2).raw(&[0, 0xAB]).done());
    all.insert(5, name(style, &mut to, "  00412345", "412345", 20).done());
    let count = SOURCES.len() as u8;
    all.insert(11, vec![0x20, count, 0, 0, 0, 1, 2, count]);
    SOURCES.iter().for_each(|&(unit, _)| _ = to.whole(unit.into(), 4));
    all.insert(12, to.done());
    // Twice what is counted, without an offset; a set of transformer ratios that nobody shall apply.
    all.insert(15, to.sum("2").sum("0").raw(&[0]).sum("40").sum("100").done());
    all.insert(16, SOURCES.iter().map(|&(_, flags)| flags).collect());
    all.insert(21, vec![0b0001_0110, 0, 0, 4, 1, 1, 1, 2, 1, 3]);
    all.insert(22, vec![0, 1, 2, 8, 3, 0b1, 2, 0]);
    to.raw(&[12]);
    BLOCKS.iter().for_each(|values| block(&mut to, values));
    all.insert(23, to.done());
    to.minute("2611010000").raw(&[11]);
    (0..3).for_each(|_| block(&mut to, &BLOCK_BEFORE));
    all.insert(25, to.done());
    all.insert(27, vec![4, 5, 6, 7]);
    all.insert(28, to.demand("512").sum("230").sum("4").sum("1").done());
    all.insert(52, to.second("261123073005").raw(&[1]).done());
    all.insert(55, to.second("261123073006").raw(&[1, 0, 0]).done());
    all.extend(profile(style));
    all.extend(logs(style));
    let used: Vec<u16> = all.keys().copied().collect();
    all.insert(0, configuration(style, &used));
    all
}

fn block(to: &mut Writer, values: &Block) {
    let [import, export, reactive, other, all, at, demand, coincident] = values;
    to.sum(import).sum(export).sum(reactive).sum(other);
    to.minute(at).sum(all).demand(demand).demand(coincident);
}

fn name<'a>(style: Style, to: &'a mut Writer, letters: &str, digits: &str, width: usize) -> &'a mut Writer {
    if style.digits { to.digits(digits, width / 2) } else { to.text(letters, width) }
}

/// Table 0 of a meter with these tables and a byte of status of its own.
pub(super) fn configuration(style: Style, used: &[u16]) -> Vec<u8> {
    let mut set = [0_u8; 10];
    used.iter().chain(&[0]).for_each(|table| set[usize::from(table / 8)] |= 1 << (table % 8));
    let second = style.time | style.access << 3 | u8::from(style.digits) << 5;
    let head = [1 << 1 | u8::from(style.big), second, style.sums | style.demands << 4];
    let rest = [b'A', b'C', b'M', b'E', 2, 0, 0, 0, 2, 0, 10, 1, 1, 1, 1, 0];
    [&head[..], &rest, &set, &[0; 1 + 1 + 1 + 10 + 1]].concat()
}

/// Intervals of a block, and blocks.
pub(super) const INTERVALS: i64 = 8;
pub(super) const BLOCKS_KEPT: i64 = 6;

/// A profile of two channels in quarters of an hour, from 26-11-20 10:15 on: the rows 0 to 43, in blocks that
/// go round, the newest of which is half full. Channel 0 counts its row in tens, channel 1 is flagged at
/// times.
fn profile(style: Style) -> BTreeMap<u16, Vec<u8>> {
    let mut to = Writer::new(style);
    let mut all = BTreeMap::new();
    // End readings, scalars, extended status; all later editions' meaning of bit 12.
    to.whole(100_000, 4).whole(0b1_0100_0101_0000, 2).raw(&[2]);
    all.insert(61, to.whole(BLOCKS_KEPT, 2).whole(INTERVALS, 2).raw(&[2, 15]).done());
    to.raw(&[1, 0, 0, 1, 3, 3, 2]).whole(10, 2).whole(1, 2).whole(1, 2).whole(8, 2);
    all.insert(62, to.done());
    // The newest block is the sixth written, in the third slot, with four intervals.
    all.insert(63, to.raw(&[0b0010_0100]).whole(6, 2).whole(2, 2).whole(6, 4).whole(6, 2).whole(4, 2).done());
    let mut slots = vec![Vec::new(); 6];
    for written in 0..6_i64 {
        let slot = (written + 3) % 6;
        let first = written * INTERVALS;
        let valid = if written == 5 { 4 } else { INTERVALS };
        to.minute(&quarter(first + valid - 1)).sum("1").sum("2");
        for row in first..first + INTERVALS {
            let is_there = row < first + valid;
            let flag = if row == 20 { 0x40 } else { 0 };
            let channel_1 = if row == 21 { 0x40 } else { 0 };
            to.raw(&[flag, channel_1]).whole(if is_there { row * 10 } else { 0 }, 2).whole(row % 7, 2);
        }
        slots[slot as usize] = to.done();
    }
    all.insert(64, slots.concat());
    all
}

/// When a row of the profile ends.
pub(super) fn quarter(row: i64) -> String {
    let minutes = 10 * 60 + 15 + row * 15;
    format!("26{:02}{:02}{:02}{:02}", 11, 20 + minutes / 1_440, minutes / 60 % 24, minutes % 60)
}

/// Six entries of the event log in eight slots that go round; two of the history, the newer first.
fn logs(style: Style) -> BTreeMap<u16, Vec<u8>> {
    let mut to = Writer::new(style);
    let mut all = BTreeMap::new();
    // The last three bytes are those of later editions.
    to.raw(&[0b111, 4, 0, 1, 2]).whole(3, 2).whole(8, 2).raw(&[0]).whole(0, 2);
    all.insert(71, to.done());
    to.raw(&[0b100]).whole(6, 2).whole(1, 2).whole(6, 4).whole(0, 2);
    let written = [
        ("261112135320", 1),
        ("261112140554", 2),
        ("261118000000", 20),
        ("261119101112", 44),
        ("261120101112", 48),
        ("261121101112", 0x0800 | 17),
    ];
    for slot in 0..8_usize {
        match written.get((slot + 4) % 8) {
            Some(&(at, code)) => {
                to.second(at).whole(7, 2).whole(1, 2).whole(2, 2).whole(code, 2).raw(&[0, 0])
            }
            None => to.second("000000000000").raw(&[0; 10]),
        };
    }
    all.insert(76, to.done());
    to.raw(&[0b1]).whole(2, 2).whole(0, 2).whole(2, 4).whole(0, 2);
    for (at, code) in [("261122080000", 11), ("261101000000", 3), ("000000000000", 0)] {
        to.second(at).whole(7, 2).whole(1, 2).whole(2, 2).whole(code, 2).raw(&[0]);
    }
    all.insert(74, to.done());
    all
}
