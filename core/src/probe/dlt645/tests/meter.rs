//! Virtual meters of both editions, with the habits that are seen in the field. What they say is put together
//! here, byte by byte, and not by the code that is tested.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    probe::dlt645::{Address, Edition},
    time::Civil,
};

/// What a meter does.
#[derive(Clone, Debug)]
pub(super) struct Meter {
    pub(super) address: Address,
    pub(super) edition: Edition,
    pub(super) baud: u32,
    pub(super) reaction_ms: u64,
    /// What it knows, as it stands behind the name.
    pub(super) known: BTreeMap<u32, Vec<u8>>,
    /// Energies of the load record, by moment.
    pub(super) load: Vec<(Civil, [u8; 16])>,
    /// The name of its load record.
    pub(super) load_name: u32,
    /// It has load records of exactly the asked moment only.
    pub(super) exact: bool,
    /// It answers the address for all.
    pub(super) wildcard: bool,
    /// It answers from the address for all.
    pub(super) nameless: bool,
    /// It tells its address in the other order.
    pub(super) reversed: bool,
    /// Bytes that wake the receiver, before its answers.
    pub(super) wakes: usize,
    /// Senseless bytes before those.
    pub(super) junk: usize,
    pub(super) knows_blocks: bool,
    /// A separator stands behind its blocks.
    pub(super) separates: bool,
    /// It says nothing to what it does not know.
    pub(super) mute: bool,
    /// What it says to what it does not know.
    pub(super) refusal: u8,
    /// Content of one frame; the rest follows on.
    pub(super) frame_max: usize,
    /// Blocks end after so many bytes, without a word.
    pub(super) block_max: usize,
    /// Questions that it does not hear, from 1.
    pub(super) deaf_to: BTreeSet<usize>,
    /// Questions whose answer gets lost.
    pub(super) loses: BTreeSet<usize>,
    /// Questions whose answer has a wrong bit, and where.
    pub(super) damages: BTreeMap<usize, usize>,
    /// Questions from which on it is gone.
    pub(super) gone_from: usize,
    /// What it was asked, as name or function.
    pub(super) asked: Vec<String>,
    pub(super) following: Following,
}

/// An answer that does not fit in a frame.
#[derive(Clone, Debug, Default)]
pub(super) struct Following {
    name: Vec<u8>,
    /// The last one is said first.
    parts: Vec<Vec<u8>>,
    said: Vec<u8>,
}

/// The lowest byte first, from digits in the usual order.
pub(super) fn bcd(digits: &str) -> Vec<u8> {
    let digits: Vec<u8> = digits.bytes().filter(u8::is_ascii_hexdigit).collect();
    let digits = String::from_utf8(digits).unwrap();
    digits
        .as_bytes()
        .rchunks(2)
        .map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

impl Meter {
    /// A prepaid meter of 2007 with four tariffs.
    pub(super) fn of_2007(address: &str) -> Self {
        let known: &[(u32, &str)] = &[
            (0x0001_0000, "012345.67"),
            (0x0001_0100, "000345.60"),
            (0x0001_0200, "004000.07"),
            (0x0001_0300, "006000.00"),
            (0x0001_0400, "002000.00"),
            (0x0002_0000, "000017.00"),
            (0x0000_0000, "800003.50"),
            (0x0101_0000, "2611221815 03.0640"),
            (0x0101_0100, "2611200730 02.0000"),
            (0x0003_0000, "800002.50"),
            (0x0005_0000, "000001.05"),
            (0x0006_0000, "000002.06"),
            (0x0007_0000, "000003.07"),
            (0x0008_0000, "000004.08"),
            (0x0090_0200, "000198.56"),
            (0x0090_0201, "000000.00"),
            (0x0400_010C, "261123 01 073005"),
            (0x0400_0501, "0004"),
            (0x0400_0502, "0000"),
            (0x0311_0000, "000007"),
            (0x0330_0D00, "000002"),
            (0x0330_0E00, "000000"),
            (0x0001_0001, "012001.00"),
            (0x0201_0100, "230.1"),
            (0x0201_0200, "FFF.F"),
            (0x0201_0300, "229.9"),
            (0x0202_0100, "800.188"),
            (0x0203_0000, "80.2512"),
            (0x0206_0000, "0.998"),
            (0x0280_0002, "49.98"),
            (0x0400_0402, "000000000000"),
            (0x0280_0008, "03.60"),
        ];
        let known = known.iter().map(|&(code, digits)| (code, bcd(digits))).collect();
        Self::new(address, Edition::Y2007, known)
    }

    /// A meter of 1997 with four tariffs.
    pub(super) fn of_1997(address: &str) -> Self {
        let known: &[(u32, &str)] = &[
            (0x9010, "001426.79"),
            (0x9011, "000026.79"),
            (0x9012, "000400.00"),
            (0x9013, "000500.00"),
            (0x9014, "000500.00"),
            (0xA010, "03.0640"),
            (0xB010, "11221815"),
            (0xC010, "261123 01"),
            (0xC011, "073005"),
            (0xC020, "04"),
            (0xC032, address),
            (0xB611, "0230"),
            (0xB210, "03211005"),
        ];
        let known = known.iter().map(|&(code, digits)| (code, bcd(digits))).collect();
        Self::new(address, Edition::Y1997, known)
    }

    fn new(address: &str, edition: Edition, known: BTreeMap<u32, Vec<u8>>) -> Self {
        Self {
            address: address.parse().unwrap(),
            edition,
            baud: 1_200,
            reaction_ms: 30,
            known,
            load: vec![],
            load_name: 0x0604_0001,
            exact: false,
            wildcard: true,
            nameless: false,
            reversed: false,
            wakes: 4,
            junk: 0,
            knows_blocks: true,
            separates: false,
            mute: false,
            refusal: 0x02,
            frame_max: 196,
            block_max: usize::MAX,
            deaf_to: BTreeSet::new(),
            loses: BTreeSet::new(),
            damages: BTreeMap::new(),
            gone_from: usize::MAX,
            asked: vec![],
            following: Following::default(),
        }
    }

    /// Hears a question; answers, if it does.
    pub(super) fn hear(&mut self, sent: &[u8]) -> Option<Vec<u8>> {
        let frame: Vec<u8> = sent.iter().copied().skip_while(|&byte| byte == 0xFE).collect();
        assert_eq!((frame[0], frame[7], frame[frame.len() - 1]), (0x68, 0x68, 0x16), "{frame:02X?}");
        assert_eq!(frame.len(), usize::from(frame[9]) + 12);
        assert_eq!(
            frame[..frame.len() - 2].iter().fold(0_u8, |sum, &byte| sum.wrapping_add(byte)),
            frame[frame.len() - 2]
        );
        let wire = self.address.wire();
        let anyone = frame[1..7] == [0xAA; 6];
        if frame[1..7] != wire && !(anyone && self.wildcard) {
            return None;
        }
        let function = frame[8];
        assert!([0x01, 0x02, 0x03, 0x11, 0x12, 0x13].contains(&function), "it writes: {function:02X}");
        let content: Vec<u8> =
            frame[10..frame.len() - 2].iter().map(|byte| byte.wrapping_sub(0x33)).collect();
        let name: String = content.iter().rev().map(|byte| format!("{byte:02X}")).collect();
        self.asked.push(format!("{function:02X} {name}").trim().into());
        let number = self.asked.len();
        if self.deaf_to.contains(&number) || number >= self.gone_from {
            return None;
        }
        let (control, said) = self.answer(function, &content)?;
        if self.loses.contains(&number) {
            return None;
        }
        let from = if self.nameless { [0xAA; 6] } else { wire };
        let mut reply = vec![0x68];
        reply.extend(from);
        reply.extend([0x68, control, u8::try_from(said.len()).unwrap()]);
        reply.extend(said.iter().map(|byte| byte.wrapping_add(0x33)));
        reply.push(reply.iter().fold(0_u8, |sum, &byte| sum.wrapping_add(byte)));
        reply.push(0x16);
        if let Some(&at) = self.damages.get(&number) {
            let at = at % reply.len();
            reply[at] ^= 0x20;
        }
        Some([vec![0x5A; self.junk], vec![0xFE; self.wakes], reply].concat())
    }

    fn answer(&mut self, function: u8, content: &[u8]) -> Option<(u8, Vec<u8>)> {
        let name_bytes = if self.edition == Edition::Y2007 { 4 } else { 2 };
        match (self.edition, function) {
            (Edition::Y2007, 0x13) => {
                let mut told = self.address.wire().to_vec();
                if self.reversed {
                    told.reverse();
                }
                Some((0x93, told))
            }
            (Edition::Y2007, 0x11) | (Edition::Y1997, 0x01) => {
                let (name, more) = content.split_at(name_bytes);
                let code = name.iter().rev().fold(0, |code, &byte| code << 8 | u32::from(byte));
                match self.find(code, more) {
                    Some(found) => {
                        self.following.name = name.into();
                        self.following.parts = found.chunks(self.frame_max).map(Into::into).collect();
                        self.following.parts.reverse();
                        self.part(function, None)
                    }
                    None if self.mute => None,
                    None => Some((function | 0xC0, vec![self.refusal])),
                }
            }
            (Edition::Y2007, 0x12) => {
                assert_eq!(content[..4], self.following.name);
                self.part(function, Some(content[4]))
            }
            (Edition::Y1997, 0x02) => self.part(function, None),
            (Edition::Y1997, 0x03) => {
                let more = u8::from(!self.following.parts.is_empty()) << 5;
                Some((0x83 | more, [self.following.name.clone(), self.following.said.clone()].concat()))
            }
            _ => None,
        }
    }

    /// The next part, or the last one again where that is asked for by its number.
    fn part(&mut self, function: u8, number: Option<u8>) -> Option<(u8, Vec<u8>)> {
        let again = number.is_some_and(|number| Some(&number) == self.following.said.last());
        if !again {
            let mut part = self.following.parts.pop()?;
            part.extend(number);
            self.following.said = part;
        }
        let more = u8::from(!self.following.parts.is_empty()) << 5;
        Some((function | 0x80 | more, [self.following.name.clone(), self.following.said.clone()].concat()))
    }

    fn find(&self, code: u32, more: &[u8]) -> Option<Vec<u8>> {
        if code == self.load_name && !self.load.is_empty() {
            return self.records(more);
        }
        if let Some(found) = self.known.get(&code) {
            return Some(found.clone());
        }
        let (shift, width) = match (self.edition, code) {
            (Edition::Y1997, _) if code & 0x0F == 0x0F => (0, 0x0F_u32),
            (Edition::Y2007, _) if code & 0xFF00 == 0xFF00 => (8, 0xFF),
            (Edition::Y2007, _) if code & 0xFF == 0xFF => (0, 0xFF),
            _ => return None,
        };
        let named = |place: u32| self.known.get(&(code & !(width << shift) | place << shift));
        let mut block: Vec<u8> = (0..16).filter_map(named).flatten().copied().collect();
        if self.separates {
            block.push(0xAA);
        }
        block.truncate(self.block_max);
        (self.knows_blocks && block.len() > 1).then_some(block)
    }

    fn records(&self, more: &[u8]) -> Option<Vec<u8>> {
        let [count, minute, hour, day, month, year] = more else { panic!("{more:02X?}") };
        let asked = [*year, *month, *day, *hour, *minute];
        let moment = |at: &Civil| -> [u8; 5] {
            let text = at.to_string();
            let pair = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
            [pair(2), pair(5), pair(8), pair(11), pair(14)]
        };
        let first = self
            .load
            .iter()
            .position(|(at, _)| if self.exact { moment(at) == asked } else { moment(at) >= asked })?;
        let records = self.load[first..].iter().take(usize::from(*count)).flat_map(|(at, energies)| {
            let mut at = moment(at);
            at.reverse();
            let body = [at.as_slice(), &[0xAA; 3], energies, &[0xAA; 3]].concat();
            let mut record = [[0xA0, 0xA0, u8::try_from(body.len()).unwrap()].as_slice(), &body].concat();
            record.push(record.iter().fold(0_u8, |sum, &byte| sum.wrapping_add(byte)));
            record.push(0xE5);
            record
        });
        Some(records.collect())
    }
}
