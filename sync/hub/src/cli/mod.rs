//! The command line: what may be asked, and in which words it fails.

mod bill;
mod office;
mod place;
mod recovery;
mod rules;
mod serve;
mod show;

use std::{
    io::{self, Write as _},
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{CommandFactory as _, Parser, Subcommand, error::ErrorKind};
use lamplighter_core::time::UtcMs;
use lamplighter_hub::{enrol::VALID_HOURS, error::LedgerError};

use self::place::{InDatabase, InFile, Place};

/// The office's server for handheld meter readers.
///
/// Exit status: 0 done, 1 failed (one line on standard error says why), 2 wrong use.
#[derive(Debug, Parser)]
#[command(name = "lamplighter-hub", version)]
pub(crate) struct Arguments {
    /// File of the ledger; made by serve, import, enrol and calibrate if there is none [default: lamplighter-hub.db]
    #[arg(long, global = true, value_name = "FILE")]
    ledger: Option<PathBuf>,
    /// Keep the ledger in this PostgreSQL database instead: postgres://USER:PASSWORD@HOST/DATABASE
    ///
    /// Over a network the address must say `?sslmode=require&sslrootcert=FILE` (encrypted, and the server proves itself
    /// by a certificate of that authority), or `?sslmode=disable`.
    #[arg(long, global = true, value_name = "URL", env = "LAMPLIGHTER_DATABASE_URL", hide_env_values = true)]
    database_url: Option<String>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Answer handhelds over HTTP until SIGTERM or SIGINT
    ///
    /// Prints `listening on http://ADDRESS:PORT` when ready. Put a TLS proxy in front of it.
    Serve {
        /// Address and port; port 0 takes any free one
        #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8466")]
        listen: std::net::SocketAddr,
        /// Stop, too, when standard input ends: for a parent process that must not leave a hub behind
        #[arg(long)]
        until_stdin_closes: bool,
    },
    /// Take rounds from a CSV file into the books, all of it or nothing
    ///
    /// Columns: cycle, round, round_name, stop, address, serial, obis, unit, integers, decimals; and, where
    /// known: lat, lon, hint_location, hint_warning, hint_key, hint_note, model, way, multiplier, history. One row
    /// a register, the rows of a stop together, the main register first. History is
    /// `2025-10-21=10234.5;2025-11-20=10311.0e`, oldest first; `e` means estimated. A way is
    /// `PROTOCOL BAUD [at=ADDRESS]`, such as `dlms 9600 at=1.17.16`. Importing a file again changes only what is
    /// different.
    Import {
        /// The CSV file
        file: PathBuf,
        /// Give the rounds to the device of this name
        #[arg(long = "for", value_name = "NAME")]
        name: Option<String>,
    },
    /// Give a round to the device of a name; stops that were read stay where they are
    Assign {
        /// Code of the round
        round: String,
        /// Whom to give it to
        #[arg(long = "for", value_name = "NAME")]
        name: String,
        /// Cycle of the round, where it is in several
        #[arg(long)]
        cycle: Option<String>,
    },
    /// Make a one-time code for a new device
    Enrol {
        /// Whom the device belongs to
        name: String,
        /// Hours that the code is good for
        #[arg(long, value_name = "N", default_value_t = VALID_HOURS,
              value_parser = clap::value_parser!(u32).range(1..=8760))]
        valid_hours: u32,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Lock the device of a name out
    Revoke {
        /// Whom the device belongs to
        name: String,
    },
    /// Let what the devices of a name sent after they were locked out count
    Release {
        /// Whom the devices belonged to
        name: String,
    },
    /// The key that opens what devices leave for the office
    #[command(subcommand)]
    RecoveryKey(RecoveryKey),
    /// Take in what a device left in a file, as if it had synced
    ///
    /// `lamplighter leave` writes such files. They open only with the recovery key. A file that was brought before
    /// changes nothing. The device hears of it when it syncs.
    Bring {
        /// The file
        file: PathBuf,
        /// File of the recovery key, which `recovery-key new` wrote
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show devices, rounds, and what needs a look
    Status {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Write all logs and readings to one file that proves itself
    Export {
        /// The file to write; one that is there is replaced
        file: PathBuf,
        /// Spell out the readings of this cycle only
        #[arg(long, value_name = "C")]
        cycle: Option<String>,
    },
    /// Hand readings over to billing, each once, as files with control totals
    ///
    /// Writes CYCLE-0001.csv and so on: the reading that counts for each stop and was not handed over yet, and reversals of
    /// what was and counts no more. Each file names the SHA-256 of the one before. A file that could not be written is
    /// written by the next call, byte for byte.
    Bill {
        /// Whose readings
        #[arg(long, value_name = "C")]
        cycle: String,
        /// The folder to write to
        #[arg(long, value_name = "FOLDER")]
        into: PathBuf,
        /// Only write the file of this number once more, as it was
        #[arg(long, value_name = "NUMBER")]
        again: Option<u32>,
    },
    /// Note what billing answers: a CSV file with the columns reading, answer (accepted or refused), reason
    Settle {
        /// The CSV file
        file: PathBuf,
    },
    /// Hold devices, ledger and billing against each other; fails where no queue explains a difference
    Reconcile {
        /// Readings of this cycle only
        #[arg(long, value_name = "C")]
        cycle: Option<String>,
        /// Print JSON, with every reading that is not everywhere
        #[arg(long)]
        json: bool,
    },
    /// Learn a rule pack from clean registers, for `lamplighter judge` and for the handhelds
    ///
    /// Columns: customer, digits, multiplier, perhaps class, and r00, r01 and so on, oldest first: what each register
    /// showed, in units of its last digit, read at equal distances. The pack is sealed with the key of the ledger.
    Calibrate {
        /// The CSV file
        #[arg(long, value_name = "FILE")]
        registers: PathBuf,
        /// How often a year the registers are read
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=366))]
        season: u16,
        /// The part of right readings that may be asked about
        #[arg(long, value_name = "RATE", default_value_t = 0.01, value_parser = rules::parse_rate)]
        alarm_rate: f64,
        /// The pack to write; one that is there is replaced
        #[arg(short, long, value_name = "PACK")]
        output: PathBuf,
    },
    /// Prove an export; needs no ledger
    Verify {
        /// The file
        file: PathBuf,
        /// Public key of the hub that it must be from, 64 hexadecimal digits
        #[arg(long, value_name = "HEX")]
        hub_key: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
enum RecoveryKey {
    /// Make a new key; devices write to it from their next sync on
    ///
    /// The file is the half that opens what they write. Keep it away from the hub, and keep a copy: without it what
    /// devices left cannot be read by anybody.
    New {
        /// The file to write; one that is there is left alone
        file: PathBuf,
        /// Take the place of the key there is. Keep its file: what was left before opens with it only
        #[arg(long)]
        replace: bool,
    },
    /// Show the fingerprint of the key, to be compared with the one on a device
    Show {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// What is outside: the clock, and random bytes.
pub(crate) struct World {
    pub(crate) now: fn() -> UtcMs,
    pub(crate) random: fn(&mut [u8]) -> Result<(), String>,
}

impl World {
    fn random<const N: usize>(&self) -> Result<[u8; N], Failure> {
        let mut bytes = [0; N];
        (self.random)(&mut bytes).map_err(Failure)?;
        Ok(bytes)
    }
}

/// A command that failed, in one sentence.
pub(crate) struct Failure(String);

impl Failure {
    pub(crate) fn report(self) -> ExitCode {
        // If standard error is gone there is nobody left to tell.
        let _ = writeln!(io::stderr(), "lamplighter-hub: {}", self.0);
        ExitCode::FAILURE
    }

    fn file(path: &Path, error: &io::Error) -> Self {
        Self(format!("{}: {error}", path.display()))
    }
}

impl From<LedgerError> for Failure {
    fn from(error: LedgerError) -> Self {
        Self(error.to_string())
    }
}

/// Does what was asked.
pub(crate) fn run(arguments: Arguments, world: &World) -> Result<(), Failure> {
    let Arguments { ledger, database_url, command } = arguments;
    if ledger.is_some() && database_url.is_some() {
        // Whichever was meant, the other would be left alone in silence. The parser overlooks it where one stands before
        // the command and one behind.
        let sentence =
            "the ledger is in a file or in a database: --ledger cannot be used with --database-url";
        Arguments::command().error(ErrorKind::ArgumentConflict, sentence).exit();
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure(format!("no threads: {error}")))?;
    runtime.block_on(async {
        match database_url {
            Some(url) => obey(command, &InDatabase(url), world).await,
            None => {
                let file = ledger.unwrap_or_else(|| PathBuf::from("lamplighter-hub.db"));
                obey(command, &InFile(file), world).await
            }
        }
    })
}

async fn obey(command: Command, place: &impl Place, world: &World) -> Result<(), Failure> {
    match command {
        Command::Serve { listen, until_stdin_closes } => {
            serve::serve(place, listen, until_stdin_closes, world).await
        }
        Command::Import { file, name } => office::import(place, &file, name.as_deref(), world).await,
        Command::Assign { round, name, cycle } => {
            office::assign(place, &round, cycle.as_deref(), &name, world).await
        }
        Command::Enrol { name, valid_hours, json } => {
            office::enrol(place, &name, valid_hours, json, world).await
        }
        Command::Revoke { name } => office::revoke(place, &name, world).await,
        Command::Release { name } => office::release(place, &name, world).await,
        Command::RecoveryKey(RecoveryKey::New { file, replace }) => {
            recovery::make(place, &file, replace, world).await
        }
        Command::RecoveryKey(RecoveryKey::Show { json }) => recovery::show(place, json, world).await,
        Command::Bring { file, key, json } => recovery::bring(place, &file, &key, json, world).await,
        Command::Status { json } => show::status(place, json, world).await,
        Command::Export { file, cycle } => office::export(place, &file, cycle.as_deref(), world).await,
        Command::Calibrate { registers, season, alarm_rate, output } => {
            rules::calibrate(place, &registers, season, alarm_rate, &output, world).await
        }
        Command::Bill { cycle, into, again } => bill::bill(place, &cycle, &into, again, world).await,
        Command::Settle { file } => bill::settle(place, &file, world).await,
        Command::Reconcile { cycle, json } => bill::reconcile(place, cycle.as_deref(), json, world).await,
        Command::Verify { file, hub_key } => office::verify(&file, hub_key.as_deref()),
    }
}

/// Prints to standard output. A reader that went away is no failure.
fn say(text: &str) -> Result<(), Failure> {
    match writeln!(io::stdout(), "{text}").and_then(|()| io::stdout().flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure(format!("standard output: {error}")))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}
