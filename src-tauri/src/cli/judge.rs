//! `lamplighter judge`: readings of a spreadsheet, judged by the office's rule pack as the handheld judges.

use std::{
    fs::File,
    io::{BufWriter, Read as _, Write as _},
    path::{Path, PathBuf},
};

use clap::Args;
use lamplighter_core::{
    audit::{
        cases::{Said, judge},
        pack::{self, Pack, PackError},
        table::{self, Case, Line, Problem},
    },
    evidence::seal::PublicKey,
};

use crate::{Failure, texts::say};

/// What to judge, and by what.
#[derive(Args, Debug)]
pub(super) struct JudgeArguments {
    /// CSV file of the registers: customer, digits, multiplier, perhaps class, and r00, r01 and so on.
    #[arg(long, value_name = "FILE")]
    registers: PathBuf,
    /// CSV file of the cases: customer, t, read. Of the register only r00 up to the one of number t is looked at.
    #[arg(long, value_name = "FILE")]
    cases: PathBuf,
    /// The rule pack of `lamplighter-hub calibrate`.
    #[arg(long)]
    pack: PathBuf,
    /// Public key of the hub that must have sealed the pack, 64 hexadecimal digits.
    #[arg(long, value_name = "HEX", value_parser = super::verify::parse_key)]
    hub_key: Option<PublicKey>,
    /// One line of JSON a case, in the order of the file.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &JudgeArguments) -> Result<(), Failure> {
    let pack = open_pack(&arguments.pack, arguments.hub_key)?;
    let lines = table::registers(&read(&arguments.registers, table::BYTES_MAX)?)
        .map_err(|problem| in_file(&arguments.registers, &problem))?;
    let cases = table::cases(&read(&arguments.cases, table::BYTES_MAX)?, &lines)
        .map_err(|problem| in_file(&arguments.cases, &problem))?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    let mut asked = 0_usize;
    for case in &cases {
        let Some(line) = lines.get(case.register) else { continue };
        let class = pack.class(&line.class).ok_or_else(|| {
            Failure(say("judge-no-class", &[("class", line.class.clone()), ("path", named(&arguments.pack))]))
        })?;
        let said = judge(line, case, class);
        asked += usize::from(said.alarm);
        let text = match arguments.json {
            true => said.json(&line.customer, case.t),
            false if said.alarm => sentence(line, case, &said),
            false => continue,
        };
        // Whoever reads it may stop reading, as `head` does.
        if writeln!(out, "{text}").is_err() {
            return Ok(());
        }
    }
    if !arguments.json {
        let words = [("asked", asked.to_string()), ("cases", cases.len().to_string())];
        let _ = writeln!(out, "{}", say("judge-sum", &words));
    }
    let _ = out.flush();
    Ok(())
}

fn open_pack(path: &Path, hub_key: Option<PublicKey>) -> Result<Pack, Failure> {
    let text =
        String::from_utf8(read(path, pack::BYTES_MAX)?).map_err(|_| bad_pack(path, &PackError::NotAPack))?;
    let (pack, key) = Pack::open(&text).map_err(|error| bad_pack(path, &error))?;
    if hub_key.is_some_and(|wanted| wanted != key) {
        return Err(Failure(say("pack-other-hub", &[("path", named(path)), ("key", key.to_string())])));
    }
    Ok(pack)
}

fn bad_pack(path: &Path, error: &PackError) -> Failure {
    let path = ("path", named(path));
    Failure(match error {
        PackError::NotAPack => say("pack-no-pack", &[path]),
        PackError::BadSeal => say("pack-bad-seal", &[path]),
        PackError::Line { line, what } => {
            say("pack-bad-line", &[path, ("line", line.to_string()), ("what", what.clone())])
        }
    })
}

fn in_file(path: &Path, problem: &Problem) -> Failure {
    let what = say(&format!("table-{}", problem.fault.code()), &problem.fault.words());
    let (path, line) = (("path", named(path)), ("line", problem.line.to_string()));
    Failure(match &problem.column[..] {
        "" => say("table-line", &[path, line, ("what", what)]),
        column => say("table-cell", &[path, line, ("column", column.to_owned()), ("what", what)]),
    })
}

fn sentence(line: &Line, case: &Case, said: &Said) -> String {
    let mut words = vec![
        ("customer", line.customer.clone()),
        ("t", case.t.to_string()),
        ("read", case.read.to_string()),
        ("why", say(&format!("slip-{}", said.reason), &[])),
    ];
    let name = match said.suggestion.filter(|_| said.confidence_milli >= SURE_MILLI) {
        Some(suggestion) => {
            words.push(("suggestion", suggestion.to_string()));
            words.push(("percent", (said.confidence_milli / 10).to_string()));
            "judge-asks-meant"
        }
        None => "judge-asks",
    };
    say(name, &words)
}

/// Less sure suggestions are not said to people.
const SURE_MILLI: i64 = 500;

fn read(path: &Path, most: u64) -> Result<Vec<u8>, Failure> {
    let failed = |error: std::io::Error| Failure(format!("{}: {error}", path.display()));
    let mut bytes = Vec::new();
    File::open(path).map_err(failed)?.take(most + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > most {
        return Err(Failure(say("file-too-long", &[("path", named(path)), ("bytes", most.to_string())])));
    }
    Ok(bytes)
}

fn named(path: &Path) -> String {
    path.display().to_string()
}
