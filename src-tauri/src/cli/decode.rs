//! `lamplighter decode`: what a captured dump says, without a meter.

use std::{fs::File, io::Read as _, path::PathBuf};

use clap::Args;
use lamplighter_core::probe::decode::{Telegram, decode};

use super::{json, read::ProtocolWord};
use crate::{Failure, texts::say};

/// A day of pushes.
const BYTES_MAX: u64 = 16 * 1024 * 1024;

/// What to decode.
#[derive(Args, Debug)]
pub(super) struct DecodeArguments {
    /// The dump: bytes as they came, hexadecimal digits, or a transcript of `read`; - for standard input.
    file: PathBuf,
    /// How the meter talked; found out when left out.
    #[arg(long, value_enum, default_value_t = ProtocolWord::Auto)]
    protocol: ProtocolWord,
    /// Answer in JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &DecodeArguments) -> Result<(), Failure> {
    let named = |error: std::io::Error| Failure(format!("{}: {error}", arguments.file.display()));
    let mut bytes = Vec::new();
    if arguments.file.as_os_str() == "-" {
        std::io::stdin().take(BYTES_MAX + 1).read_to_end(&mut bytes).map_err(named)?;
    } else {
        let file = File::open(&arguments.file).map_err(named)?;
        file.take(BYTES_MAX + 1).read_to_end(&mut bytes).map_err(named)?;
    }
    if bytes.len() as u64 > BYTES_MAX {
        return Err(Failure(say("dump-too-long", &[("bytes", BYTES_MAX.to_string())])));
    }
    let telegrams = decode(&bytes, arguments.protocol.family());
    if telegrams.is_empty() {
        return Err(Failure(say("dump-empty", &[("path", arguments.file.display().to_string())])));
    }
    if arguments.json {
        super::put(&format!("{}\n", json::telegrams(&telegrams)));
    } else {
        super::put(&telegrams.iter().map(words).collect::<String>());
    }
    Ok(())
}

fn words(telegram: &Telegram) -> String {
    let Telegram { offset, readout, .. } = telegram;
    format!("{offset:>6}  {}", super::read::words_of(readout))
}
