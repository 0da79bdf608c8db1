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
        let port = |port: &Port| json!({ "path": port.path, "name": port.name, "denied": port.denied });
        super::put(&format!("{}\n", json!({ "ports": ports.iter().map(port).collect::<Vec<Value>>() })));
    } else if ports.is_empty() {
        super::put(&format!("{}\n", say("no-ports", &[])));
    } else {
        super::put(&ports.iter().map(line).collect::<String>());
    }
    Ok(())
}

fn line(Port { path, name, denied }: &Port) -> String {
    let mut line = if name == path { path.clone() } else { format!("{path:<20} {name}") };
    if *denied {
        line += &format!("\n  {}", say("port-denied", &[]));
    }
    line + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_says_what_hangs_on_it_and_what_to_do_where_it_is_denied() {
        let mut port = Port { path: "/dev/ttyUSB0".into(), name: "FTDI".into(), denied: false };
        assert_eq!(line(&port), "/dev/ttyUSB0         FTDI\n");
        port.denied = true;
        let told = line(&port);
        assert!(told.starts_with("/dev/ttyUSB0         FTDI\n  ") && told.contains("dialout"), "{told}");
    }
}
