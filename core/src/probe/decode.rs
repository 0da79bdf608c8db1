//! The front door for captured dumps: whatever a line delivered, made into readouts.

use super::{c1218, dlms, dlt645, dump, push, readout::Readout, sml, way::Family};

/// The families in the order of how much it takes for noise to pass their checks: two checksums of 16 bits, one,
/// one or a check character in a text that must look like one, a sum of 8 bits.
const ORDER: [Family; 5] = [Family::Sml, Family::Dlms, Family::C1218, Family::Iec62056, Family::Dlt645];

/// One telegram, or one answer, of a dump.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Telegram {
    /// Of which protocol.
    pub family: Family,
    /// Where it begins: the byte from 0, in what the meter sent. In a dump that is text, that is not the place
    /// in the text.
    pub offset: usize,
    /// What it says.
    pub readout: Readout,
}

/// All telegrams that can be believed, in order: their checks are right, or two agree. The dump may be what came
/// from the line, the same in hexadecimal digits, or a [transcript](super::transcript).
///
/// Without a family, it is that of the first which finds any.
pub fn decode(bytes: &[u8], family: Option<Family>) -> Vec<Telegram> {
    match family {
        Some(family) => of_family(bytes, family),
        None => ORDER
            .iter()
            .map(|&family| of_family(bytes, family))
            .find(|telegrams| !telegrams.is_empty())
            .unwrap_or_default(),
    }
}

fn of_family(dump: &[u8], family: Family) -> Vec<Telegram> {
    let received = dump::received(dump);
    let found = match family {
        Family::Iec62056 => push::telegrams(&received),
        Family::Sml => sml::telegrams(&received),
        // Values find their names in the questions.
        Family::Dlms => dlms::telegrams(&dump::both_ways(dump), None),
        Family::C1218 => c1218::telegrams(&dump::both_ways(dump)),
        Family::Dlt645 => dlt645::telegrams(&received),
    };
    found.into_iter().map(|(offset, readout)| Telegram { family, offset, readout }).collect()
}
