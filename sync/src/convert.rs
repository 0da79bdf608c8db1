//! Plans on the wire to the nouns of core and back. Core never sees an unchecked value.

use lamplighter_core::{
    decimal::Decimal,
    meter::Meter,
    place::Position,
    register::{Dials, PastReading, Register},
    round::{Hint, HintKind, Outcome, Round, Stop},
    time::UtcMs,
};

use crate::wire;

/// A plan holds something that cannot be.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the plan has a {0} that cannot be")]
pub struct BadPlan(pub &'static str);

/// Most registers of one meter, and most earlier readings of one register.
const COUNT_MAX: usize = 64;

/// A round from the wire.
pub fn round(round: wire::Round) -> Result<Round, BadPlan> {
    let id = round.id[..].try_into().map_err(|_| BadPlan("round id"))?;
    Ok(Round { id, code: round.code, name: round.name, cycle: round.cycle })
}

/// A stop for the wire. What became of it stays behind: that is not the hub's to say.
pub fn stop_to_wire(stop: &Stop) -> wire::Stop {
    wire::Stop {
        id: stop.id.as_bytes().to_vec(),
        round: stop.round.as_bytes().to_vec(),
        number: stop.number,
        address: stop.address.clone(),
        lat_e7: stop.position.map(Position::lat_e7),
        lon_e7: stop.position.map(Position::lon_e7),
        hints: stop.hints.iter().map(hint_to_wire).collect(),
        meter: stop.meter.id.as_bytes().to_vec(),
        serial: stop.meter.serial.clone(),
        model: stop.meter.model.clone(),
        registers: stop.meter.registers.iter().map(register_to_wire).collect(),
        way: stop.meter.way.as_ref().map(ToString::to_string),
    }
}

/// A stop from the wire, still to be done.
pub fn stop(stop: wire::Stop) -> Result<Stop, BadPlan> {
    if stop.registers.is_empty() || stop.registers.len() > COUNT_MAX {
        return Err(BadPlan("number of registers"));
    }
    let position = match (stop.lat_e7, stop.lon_e7) {
        (Some(lat), Some(lon)) => Some(Position::from_e7(lat, lon).ok_or(BadPlan("position"))?),
        (None, None) => None,
        (Some(_), None) | (None, Some(_)) => return Err(BadPlan("position")),
    };
    let meter = Meter {
        id: stop.meter[..].try_into().map_err(|_| BadPlan("meter id"))?,
        serial: stop.serial,
        model: stop.model,
        // What a newer hub means by it is not known here: the meter is looked for.
        way: stop.way.and_then(|way| way.parse().ok()),
        registers: stop.registers.into_iter().map(register).collect::<Result<_, _>>()?,
    };
    Ok(Stop {
        id: stop.id[..].try_into().map_err(|_| BadPlan("stop id"))?,
        round: stop.round[..].try_into().map_err(|_| BadPlan("round id"))?,
        number: stop.number,
        address: stop.address,
        position,
        hints: stop.hints.into_iter().map(hint).collect(),
        meter,
        outcome: Outcome::ToDo,
    })
}

fn hint_to_wire(hint: &Hint) -> wire::Hint {
    let kind = match hint.kind {
        HintKind::Location => 1,
        HintKind::Warning => 2,
        HintKind::Key => 3,
        HintKind::Note => 4,
    };
    wire::Hint { kind, text: hint.text.clone() }
}

/// A kind of a later release is shown as a note rather than kept from the reader.
fn hint(hint: wire::Hint) -> Hint {
    let kind = match hint.kind {
        1 => HintKind::Location,
        2 => HintKind::Warning,
        3 => HintKind::Key,
        _ => HintKind::Note,
    };
    Hint { kind, text: hint.text }
}

fn register_to_wire(register: &Register) -> wire::Register {
    let past = |past: &PastReading| wire::PastReading {
        at_ms: past.at.0,
        value: past.value.to_string(),
        estimated: !past.actual,
    };
    wire::Register {
        obis: register.obis.to_string(),
        unit: register.unit.to_string(),
        integers: register.dials.integers().into(),
        decimals: register.dials.decimals().into(),
        multiplier: register.multiplier.to_string(),
        history: register.history.iter().map(past).collect(),
    }
}

fn register(register: wire::Register) -> Result<Register, BadPlan> {
    if register.history.len() > COUNT_MAX {
        return Err(BadPlan("number of earlier readings"));
    }
    let past = |past: wire::PastReading| {
        let value = past.value.parse().map_err(|_| BadPlan("earlier reading"))?;
        Ok(PastReading { at: UtcMs(past.at_ms), value, actual: !past.estimated })
    };
    let digits = |count: u32| u8::try_from(count).map_err(|_| BadPlan("number of digits"));
    Ok(Register {
        obis: register.obis.parse().map_err(|_| BadPlan("register name"))?,
        unit: match register.unit.parse() {
            Ok(unit) => unit,
        },
        dials: Dials::new(digits(register.integers)?, digits(register.decimals)?)
            .ok_or(BadPlan("number of digits"))?,
        multiplier: match &register.multiplier[..] {
            "" => Decimal::new(1, 0).map_err(|_| BadPlan("multiplier"))?,
            text => text.parse().map_err(|_| BadPlan("multiplier"))?,
        },
        history: register.history.into_iter().map(past).collect::<Result<_, _>>()?,
    })
}
