//! A readout put together: the registers, whose they are, and how to reach their meter the next time.

use super::{
    clock,
    config::Config,
    registers,
    speed::{Approach, SIGN_ON_BAUD, plan},
    turn::Partner,
};
use crate::probe::{
    readout::{Datum, Integrity, Protocol, Readout},
    way::{Family, Quirk, Way},
};

/// What was seen on the way.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Seen {
    /// The head hears itself.
    pub(super) echo: bool,
    /// There is no list, and the registers were read one by one.
    pub(super) single: bool,
    /// The list that was read, from `b'0'` on.
    pub(super) list: u8,
    pub(super) integrity: Integrity,
    pub(super) retries: u32,
}

/// Puts a readout together.
pub(super) fn report(config: &Config, partner: &Partner, registers: Vec<Datum>, seen: Seen) -> Readout {
    Readout {
        protocol: Protocol::Iec62056(partner.plan.mode),
        identity: partner.meter.text.clone(),
        serial: registers::serial(&registers),
        clock: clock::find(&registers),
        registers,
        baud: partner.plan.baud,
        integrity: seen.integrity,
        retries: seen.retries,
        way: way(config, partner, seen),
    }
}

fn way(config: &Config, partner: &Partner, seen: Seen) -> Way {
    let baud = partner.plan.baud;
    let offered = plan(partner.meter.speed(), Approach::Offered(0)).baud;
    let slow = baud == SIGN_ON_BAUD && offered != SIGN_ON_BAUD;
    // A meter of mode C is told its speed, and may have been told a lower one because the line was bad.
    let sure = partner.plan.mode != 'C' || config.has(Quirk::Slow) || config.has(Quirk::SlowOnce);
    // A way is written as words.
    let address = config.address().map(|address| address.to_string());
    let address = address.filter(|address| !address.contains(' ')).unwrap_or_default();
    let quirks = [
        (Quirk::Slow, slow && sure),
        (Quirk::SlowOnce, slow && !sure),
        (Quirk::NoCheck, seen.integrity == Integrity::ReadTwice),
        (Quirk::WrongCheck, seen.integrity == Integrity::Tolerated),
        (Quirk::Sleeps, config.wakes()),
        (Quirk::Single, seen.single),
    ];
    let quirks = quirks.into_iter().filter_map(|(quirk, has)| has.then_some(quirk)).collect();
    // Who has not wanted another list does not know whether there is one.
    let wanted = config.list.is_some() || config.way.as_ref().is_some_and(|way| way.list.is_some());
    let list = wanted.then(|| seen.list.saturating_sub(b'0'));
    Way { address, echo: seen.echo, list, quirks, ..Way::new(Family::Iec62056, baud) }
}
