//! `lamplighter probe`: whether a probe works, without a meter.

use std::sync::atomic::AtomicBool;

use clap::Args;
use lamplighter_core::probe::port::Progress;
use serde_json::json;

use crate::{Failure, device::ProbeProfile, dto::ProbeHealth, texts::say, trigger};

/// Which probe.
#[derive(Args, Debug)]
pub(super) struct ProbeArguments {
    /// The probe's serial port, or tcp://HOST:PORT of a serial server.
    #[arg(long, value_name = "PATH|tcp://H:P")]
    port: String,
    /// What the probe is and needs: unknown, contact, far-infrared or ansi, with dtr=on|off, rts=on|off, wake=MS.
    #[arg(long, value_name = "PROFILE", default_value = "unknown")]
    probe: ProbeProfile,
    /// Answer in JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &ProbeArguments) -> Result<(), Failure> {
    let ProbeArguments { port, probe, json: as_json } = arguments;
    if !as_json {
        eprintln!("{}", say("trial-hold", &[]));
    }
    let quiet = &mut |_: Progress| {};
    let tried = trigger::try_probe(port, probe, &AtomicBool::new(false), quiet)?;
    let health: ProbeHealth = tried.result.map_err(|error| Failure::of_drive(error, port))?.into();
    let ProbeHealth { verdict, ambient, echoed: [slow, fast], damaged, sent } = health;
    if *as_json {
        let echoed = json!({ "300": slow, "9600": fast });
        let said = json!({ "verdict": verdict, "sent": sent, "echoed": echoed, "damaged": damaged, "ambient": ambient });
        super::put(&format!("{said}\n"));
        return Ok(());
    }
    let name = format!("trial-{verdict}");
    let words = [
        ("sent", sent.to_string()),
        ("slow", slow.to_string()),
        ("fast", fast.to_string()),
        ("damaged", damaged.to_string()),
        ("ambient", ambient.to_string()),
    ];
    super::put(&format!(
        "{} {}\n{}\n",
        say(&name, &[]),
        say(&format!("{name}.do"), &[]),
        say("trial-numbers", &words)
    ));
    Ok(())
}
