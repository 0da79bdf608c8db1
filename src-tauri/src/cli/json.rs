//! What commands say in JSON. Values of registers are strings: no reader of ours or yours may round them.

use lamplighter_core::{
    gnss::fix::{Fix, FixQuality},
    probe::{drive::Timing, readout::Readout},
};
use serde_json::{Value, json};

/// A readout and where its time went.
pub(super) fn readout(readout: &Readout, timing: &Timing) -> Value {
    let register = |datum: &lamplighter_core::probe::readout::Datum| {
        json!({
            "obis": datum.obis.to_string(),
            "value": datum.value.to_string(),
            "unit": datum.unit.as_ref().map(|unit| unit.as_str()),
        })
    };
    json!({
        "protocol": readout.protocol.to_string(),
        "identity": readout.identity,
        "meter": readout.serial,
        "clock": readout.clock.map(|clock| clock.to_string()),
        "registers": readout.registers.iter().map(register).collect::<Vec<_>>(),
        "baud": readout.baud,
        "wall_ms": millis(timing.wall),
        "line_ms": millis(timing.line),
        "bytes_sent": timing.bytes_sent,
        "bytes_received": timing.bytes_received,
        "retries": readout.retries,
    })
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
