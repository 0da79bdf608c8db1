//! Registers from a captured conversation: packets of both sides, in order, without anybody asking.

use super::{
    limits::ANSWER_BYTES_MAX,
    packet::{Heard, Hunt, Packet},
    service::{self, Code, Request},
    table::tables::Tables,
};
use crate::probe::readout::Readout;

/// Most messages of one dump. A conversation has fifty, and as many again for a long load profile.
const MESSAGES_MAX: usize = 10_000;
/// The speed at which conversations begin, and most go on.
const BAUD: u32 = 9_600;

/// What a dump holds.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Dump {
    /// All that was said in packets whose checks are right, each once. Echoes are told like their originals.
    pub said: Vec<Said>,
    /// What the whole tables in it make together, as far as they hold registers. A conversation after another
    /// replaces its tables.
    pub readout: Option<Readout>,
}

/// One message.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Said {
    /// Behind its last byte, counted from the beginning of the dump.
    pub end: usize,
    /// What.
    pub saying: Saying,
}

/// What one side said.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Saying {
    /// The reader.
    Request(Request),
    /// The meter: a code, and what is behind it.
    Answer(Code, Vec<u8>),
}

/// Decodes a dump of both directions of a line.
pub fn decode(bytes: &[u8]) -> Dump {
    let (mut hunt, mut hearer) = (Hunt::default(), Hearer::default());
    for (end, &byte) in (1..).zip(bytes) {
        hunt.push(byte);
        while let Some(heard) = hunt.next() {
            if let Heard::Packet(packet) = heard {
                hearer.take(end, packet);
            }
        }
    }
    let readout = hearer.tables.readout(BAUD, false, 0);
    Dump { said: hearer.said, readout }
}

/// As a readout, where there are registers; it begins with the first packet.
pub(crate) fn telegrams(bytes: &[u8]) -> Vec<(usize, Readout)> {
    decode(bytes).readout.map(|readout| (0, readout)).into_iter().collect()
}

#[derive(Default)]
struct Hearer {
    said: Vec<Said>,
    tables: Tables,
    /// What the reader said last.
    request: Option<Request>,
    /// A message of several packets so far, and how many are to come.
    message: Vec<u8>,
    to_come: Option<u8>,
    /// Toggle, check and side of the packet before: a packet said twice is heard once.
    before: Option<(bool, u16, bool)>,
    /// A table in pieces: its number, and what has come from its beginning on.
    pieces: Option<(u16, Vec<u8>)>,
}

impl Hearer {
    fn take(&mut self, end: usize, packet: Packet) {
        let mark = (packet.toggle(), packet.check, packet.is_request());
        if self.before.replace(mark) == Some(mark) || self.said.len() >= MESSAGES_MAX {
            return;
        }
        if packet.is_request() {
            self.request = Request::of_message(&packet.data);
            self.said
                .extend(self.request.clone().map(|request| Said { end, saying: Saying::Request(request) }));
            return;
        }
        let follows = self.to_come.and_then(|left| left.checked_sub(1)) == Some(packet.to_come);
        if packet.is_first() {
            self.message.clear();
        } else if !follows || self.message.len() + packet.data.len() > ANSWER_BYTES_MAX {
            self.to_come = None;
            return;
        }
        self.message.extend(&packet.data);
        self.to_come = packet.is_piece().then_some(packet.to_come);
        if packet.is_piece() && packet.to_come > 0 {
            return;
        }
        let message = std::mem::take(&mut self.message);
        if let Some((code, rest)) = service::code(&message) {
            self.keep(code, rest);
            self.said.push(Said { end, saying: Saying::Answer(code, rest.into()) });
        }
    }

    /// Keeps a table that was asked for and came.
    fn keep(&mut self, code: Code, rest: &[u8]) {
        let data = service::table(rest).filter(|_| code == Code::Ok);
        match (self.request.take(), data) {
            (Some(Request::Read { table }), Some(data)) => _ = self.tables.insert(table, data.into()),
            (Some(Request::ReadPart { table, offset, .. }), Some(data)) => {
                let (of, mut bytes) = self.pieces.take().unwrap_or((table, Vec::new()));
                if of != table || offset == 0 {
                    bytes.clear();
                }
                let follows = usize::try_from(offset).is_ok_and(|offset| offset == bytes.len());
                if !follows || bytes.len() + data.len() > ANSWER_BYTES_MAX {
                    return;
                }
                bytes.extend(data);
                if self.tables.uses(table)
                    && self.tables.length(table).is_none_or(|length| length == bytes.len())
                {
                    self.tables.insert(table, bytes.clone());
                }
                self.pieces = Some((table, bytes));
            }
            _ => {}
        }
    }
}
