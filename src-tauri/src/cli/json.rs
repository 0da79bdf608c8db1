//! What commands say in JSON. Values of registers are strings: no reader of ours or yours may round them.

use lamplighter_core::{
    gnss::fix::{Fix, FixQuality},
    probe::{
        decode::Telegram,
        drive::Timing,
        part::{Column, MeterEvent, Part, ProfileRow},
        readout::{Datum, Integrity, Readout},
    },
};
use serde_json::{Value, json};

/// A readout, where its time went, and what came beside the registers.
pub(super) fn readout(readout: &Readout, timing: &Timing, parts: &[Part]) -> Value {
    let mut said = what_was_read(readout);
    let more = json!({
        "baud": readout.baud,
        "way": readout.way.to_string(),
        "wall_ms": millis(timing.wall),
        "line_ms": millis(timing.line),
        "bytes_sent": timing.bytes_sent,
        "bytes_received": timing.bytes_received,
        "turn_arounds": timing.turn_arounds,
        "retries": readout.retries,
    });
    extend(&mut said, more);
    let profiles: Vec<Value> = parts.iter().filter_map(profile).collect();
    if !profiles.is_empty() {
        extend(&mut said, json!({ "profile": profiles }));
    }
    let events: Vec<Value> = parts.iter().flat_map(events).collect();
    if !events.is_empty() {
        extend(&mut said, json!({ "events": events }));
    }
    said
}

/// All telegrams of a dump; what stands outside the list is the last of them.
pub(super) fn telegrams(telegrams: &[Telegram]) -> Value {
    let telegram = |telegram: &Telegram| {
        let mut said = what_was_read(&telegram.readout);
        extend(&mut said, json!({ "offset": telegram.offset }));
        said
    };
    let all: Vec<Value> = telegrams.iter().map(telegram).collect();
    let mut said = telegrams.last().map_or_else(|| json!({}), |last| what_was_read(&last.readout));
    extend(&mut said, json!({ "telegrams": all }));
    said
}

fn what_was_read(readout: &Readout) -> Value {
    json!({
        "protocol": readout.protocol.to_string(),
        "identity": readout.identity,
        "meter": readout.serial,
        "clock": readout.clock.map(|clock| clock.to_string()),
        "integrity": match readout.integrity {
            Integrity::Checked => "checked",
            Integrity::ReadTwice => "read-twice",
            Integrity::Tolerated => "tolerated",
        },
        "registers": readout.registers.iter().map(register).collect::<Vec<_>>(),
    })
}

fn register(datum: &Datum) -> Value {
    let mut said = json!({
        "obis": datum.obis.to_string(),
        "value": datum.value.to_string(),
        "unit": datum.unit.as_ref().map(|unit| unit.as_str()),
    });
    if let Some(at) = datum.at {
        extend(&mut said, json!({ "at": at.to_string() }));
    }
    said
}

fn profile(part: &Part) -> Option<Value> {
    let Part::Profile(part) = part else { return None };
    let column = |column: &Column| json!({ "obis": column.obis.to_string(), "unit": column.unit.as_ref().map(|unit| unit.as_str()) });
    let row = |row: &ProfileRow| {
        let values: Vec<_> = row.values.iter().map(|value| value.as_ref().map(ToString::to_string)).collect();
        json!({ "at": row.at.to_string(), "status": row.status, "values": values })
    };
    Some(json!({
        "obis": part.obis.to_string(),
        "period_s": part.period_s,
        "columns": part.columns.iter().map(column).collect::<Vec<_>>(),
        "rows": part.rows.iter().map(row).collect::<Vec<_>>(),
    }))
}

fn events(part: &Part) -> Vec<Value> {
    let Part::Events(events) = part else { return Vec::new() };
    let event = |event: &MeterEvent| {
        json!({
            "at": event.at.map(|at| at.to_string()),
            "until": event.until.map(|until| until.to_string()),
            "kind": event.kind.to_string(),
            "code": event.code,
        })
    };
    events.iter().map(event).collect()
}

fn extend(said: &mut Value, more: Value) {
    if let (Value::Object(said), Value::Object(more)) = (said, more) {
        said.extend(more);
    }
}

/// One fix.
pub(super) fn fix(fix: &Fix) -> Value {
    json!({
        "lat": fix.position.lat(),
        "lon": fix.position.lon(),
        "time": fix.taken_at.map(|at| at.to_string()),
        "quality": match fix.quality {
            FixQuality::Autonomous => "autonomous",
            FixQuality::Corrected => "corrected",
            FixQuality::Estimated => "estimated",
        },
        "accuracy_m": fix.accuracy_m.map(rounded),
        "satellites": fix.satellites,
        "hdop": fix.hdop.map(rounded),
        "speed_mps": fix.speed_mps.map(rounded),
        "course_deg": fix.course_deg.map(rounded),
    })
}

/// To hundredths, which is more than a receiver knows.
fn rounded(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}

fn millis(span: std::time::Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
