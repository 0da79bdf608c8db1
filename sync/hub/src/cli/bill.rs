//! The hand-over to billing: `bill`, `settle` and `reconcile`.

use std::path::Path;

use lamplighter_hub::{
    billing::{self, Queue, Reconciled, Sheet, stem},
    ledger::{Acknowledgement, Heard, Ledger, Snapshot as _, State},
};
use serde_json::json;

use super::{
    Failure, World,
    office::{progress, read},
    place::Place,
    say,
};

/// Answers noted in one transaction.
const ANSWERS_AT_ONCE: usize = 1_000;
/// Most that are named a queue in text; JSON names all.
const NAMED_MAX: usize = 10;

/// Writes what was claimed and not written, then claims and writes what is due until nothing is.
pub(super) async fn bill(
    place: &impl Place,
    cycle: &str,
    folder: &Path,
    again: Option<u32>,
    world: &World,
) -> Result<(), Failure> {
    billing::open_folder(folder).map_err(|missing| Failure(missing.to_string()))?;
    let ledger = place.open(world).await?;
    let bills = ledger.snapshot().await?.bills(Some(cycle)).await?;
    let last = bills.last().map_or(0, |bill| bill.number);
    if let Some(unknown) = billing::claimed_beyond(folder, cycle, last) {
        return Err(Failure(format!(
            "{}: the ledger knows of {last} files only: it was set back to a backup, and may hand over again what that \
             file has; nothing was done",
            unknown.display()
        )));
    }
    let mut written = 0;
    for bill in bills.iter().filter(|bill| again.map_or(!bill.written, |number| bill.number == number)) {
        tell(&billing::write(&ledger, bill, folder, (world.now)()).await?)?;
        written += 1;
    }
    if let Some(number) = again {
        return match written {
            0 => Err(Failure(format!("{} was never handed over", stem(cycle, number)))),
            _ => Ok(()),
        };
    }
    while let Some(bill) = billing::claim(&ledger, cycle, (world.now)(), progress(world, "readings")).await? {
        tell(&billing::write(&ledger, &bill, folder, (world.now)()).await?)?;
        written += 1;
    }
    if written == 0 { say(&format!("nothing new in {cycle}; {last} files so far")) } else { Ok(()) }
}

fn tell((path, sheet): &(std::path::PathBuf, Sheet)) -> Result<(), Failure> {
    let totals = &sheet.totals;
    let mut text = format!(
        "{}: {} readings, {} taken back, SHA-256 {}",
        path.display(),
        totals.values,
        totals.reversals,
        sheet.hash()
    );
    for ((obis, unit), register) in &totals.registers {
        text.push_str(&format!(
            "\n{obis} {unit}: {} values, sum {}",
            register.values.count, register.values.sum
        ));
        if register.reversals.count > 0 {
            text.push_str(&format!(
                "; {} taken back, sum {}",
                register.reversals.count, register.reversals.sum
            ));
        }
    }
    say(&text)
}

pub(super) async fn settle(place: &impl Place, file: &Path, world: &World) -> Result<(), Failure> {
    let bytes = read(file, billing::ANSWERS_BYTES_MAX)?;
    let answers = billing::read_answers(&bytes).map_err(|problems| {
        let count = problems.0.len();
        let noun = if count == 1 { "problem" } else { "problems" };
        Failure(format!("{}: {count} {noun}, nothing was settled\n{problems}", file.display()))
    })?;
    let ledger = place.open(world).await?;
    let (mut settled, mut refused, mut known, mut left) = (0, 0, 0, Vec::new());
    for piece in answers.0.chunks(ANSWERS_AT_ONCE) {
        let said: Vec<Acknowledgement> = piece.iter().map(|(_, said)| said.clone()).collect();
        let heard = ledger.acknowledge(said, (world.now)()).await?;
        for ((line, said), heard) in piece.iter().zip(heard) {
            match heard {
                Heard::Noted(State::Refused) => refused += 1,
                Heard::Noted(State::Settled | State::Waiting) => settled += 1,
                Heard::Known => known += 1,
                Heard::Unknown => left.push(format!("line {line}: {} was never handed over", said.id)),
                Heard::Contrary => {
                    left.push(format!("line {line}: {} was answered otherwise before", said.id))
                }
            }
        }
    }
    say(&format!("{settled} settled, {refused} refused, {known} known before"))?;
    if left.is_empty() {
        return Ok(());
    }
    let (count, more) = (left.len(), left.len().saturating_sub(NAMED_MAX));
    left.truncate(NAMED_MAX);
    let more = if more > 0 { format!("\nand {more} more") } else { String::new() };
    Err(Failure(format!("{}: {count} answers changed nothing\n{}{more}", file.display(), left.join("\n"))))
}

pub(super) async fn reconcile(
    place: &impl Place,
    cycle: Option<&str>,
    as_json: bool,
    world: &World,
) -> Result<(), Failure> {
    let ledger = place.open(world).await?;
    let found = billing::reconcile(&ledger, cycle, progress(world, "events")).await?;
    if as_json {
        say_json(&found)?
    } else {
        say(&to_text(&found))?
    }
    match found.gaps() {
        0 => Ok(()),
        gaps => Err(Failure(format!("{gaps} gaps that no queue explains"))),
    }
}

/// One line, named piece by piece: there may be a million items.
fn say_json(found: &Reconciled) -> Result<(), Failure> {
    let devices = found.said.iter().map(|said| {
        json!({
            "name": said.name,
            "device": said.log.device.to_string(),
            "epoch": said.log.epoch,
            "said": said.said.map(|(seq, _)| seq),
            "said_at": said.said.map(|(_, at)| at.to_string()),
            "held": said.held,
        })
    });
    let rounds = found.rounds.iter().map(|((cycle, code), tally)| {
        json!({
            "cycle": cycle,
            "code": code,
            "readings": tally.readings,
            "current": tally.current,
            "handed_over": tally.handed_over,
            "settled": tally.settled,
            "refused": tally.refused,
            "waiting": tally.waiting,
        })
    });
    let mut items = String::new();
    for item in &found.items {
        let separator = if items.is_empty() { "" } else { "," };
        let value = json!({
            "queue": item.queue.code(),
            "reading": item.reading.map(|id| id.to_string()),
            "cycle": item.round.0,
            "round": item.round.1,
            "reason": item.reason,
        });
        items.push_str(&format!("{separator}{value}"));
    }
    let (devices, rounds) = (json!(devices.collect::<Vec<_>>()), json!(rounds.collect::<Vec<_>>()));
    say(&format!(
        "{{\"devices\":{devices},\"rounds\":{rounds},\"gaps\":{},\"items\":[{items}]}}",
        found.gaps()
    ))
}

fn to_text(found: &Reconciled) -> String {
    let mut lines = vec![format!("{} logs", found.said.len())];
    for said in &found.said {
        let says =
            said.said.map_or_else(|| "has not greeted".to_owned(), |(seq, at)| format!("says {seq} at {at}"));
        lines.push(format!("  {:<20} log {}: {says}, {} held", said.name, said.log.epoch, said.held));
    }
    lines.push(format!("{} rounds", found.rounds.len()));
    for ((cycle, code), tally) in &found.rounds {
        lines.push(format!(
            "  {} {:<6} {} readings, {} count, {} handed over: {} settled, {} refused, {} wait",
            if cycle.is_empty() { "in no round" } else { cycle },
            code,
            tally.readings,
            tally.current,
            tally.handed_over,
            tally.settled,
            tally.refused,
            tally.waiting,
        ));
    }
    let (mut queue, mut named): (Option<Queue>, usize) = (None, 0);
    for item in &found.items {
        if queue != Some(item.queue) {
            let count = found.items.iter().filter(|other| other.queue == item.queue).count();
            lines.push(format!("{}: {count}", item.queue.code()));
            (queue, named) = (Some(item.queue), 0);
        }
        named += 1;
        match named {
            ..=NAMED_MAX => {
                let id = item.reading.map(|id| format!("{id} ")).unwrap_or_default();
                lines.push(format!("  {id}{} {}: {}", item.round.0, item.round.1, item.reason));
            }
            _ if named == NAMED_MAX + 1 => lines.push("  and more; --json names all".into()),
            _ => {}
        }
    }
    lines.join("\n")
}
