//! `lamplighter ports`: what is plugged in.

use clap::Args;
use serde_json::{Value, json};

use crate::{
    Failure,
    device::{self, Port},
    texts::say,
};

/// How to answer.
#[derive(Args, Debug)]
pub(super) struct PortsArguments {
    /// Answer in JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &PortsArguments) -> Result<(), Failure> {
    let ports = device::ports();
    if arguments.json {
        let port = |port: &Port| json!({ "path": port.path, "name": port.name });
        super::put(&format!("{}\n", json!({ "ports": ports.iter().map(port).collect::<Vec<Value>>() })));
    } else if ports.is_empty() {
        super::put(&format!("{}\n", say("no-ports", &[])));
    } else {
        super::put(&ports.iter().map(line).collect::<String>());
    }
    Ok(())
}

fn line(Port { path, name }: &Port) -> String {
    if name == path { format!("{path}\n") } else { format!("{path:<20} {name}\n") }
}
