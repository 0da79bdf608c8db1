//! What each device is to do, numbered without gaps under the ledger's write lock.

use std::collections::BTreeMap;

use lamplighter_core::{
    evidence::chain::Hash,
    id::{DeviceId, RoundId, StopId},
};
use lamplighter_sync::wire::{self, Change, Page, Plan};
use prost::Message as _;
use rusqlite::{OptionalExtension as _, Transaction};

use super::{Ledger, count, device::active, number};
use crate::{error::LedgerError, ledger::Moved};

/// Of the hash over all plans so far: enough to tell two histories apart.
const MARK_BYTES: usize = 8;
/// Most plans in one page.
const PAGE_PLANS_MAX: i64 = 256;
/// Bytes of plans in one page when the device does not say, and the most it may ask for.
const PAGE_BYTES: usize = 64 * 1024;
const PAGE_BYTES_MAX: usize = 512 * 1024;

impl Ledger {
    /// The plans after `cursor`, about `bytes_max` of them and at least one if there is one.
    ///
    /// A cursor beyond the last plan, or a mark that is not ours, means that the hub was restored from a backup:
    /// everything the device is to do is then told once more, under numbers after its cursor.
    pub fn page(
        &self,
        device: DeviceId,
        cursor: u64,
        mark: &[u8],
        bytes_max: u32,
    ) -> Result<Page, LedgerError> {
        let told = self.read(|transaction| is_told(transaction, device, cursor, mark))?;
        if !told && cursor < u64::from(u32::MAX) {
            self.write(|transaction| tell_again(transaction, device, cursor, mark))?;
        }
        self.read(|transaction| page(transaction, device, cursor, bytes_max))
    }

    /// Gives a round to the device of this name. Stops that have been read stay where they are.
    pub fn assign(&self, code: &str, cycle: Option<&str>, name: &str) -> Result<Moved, LedgerError> {
        self.write(|transaction| {
            let device = active(transaction, name)?;
            let round = round(transaction, code, cycle)?;
            transaction.execute(
                "UPDATE round SET device = ?2 WHERE id = ?1",
                (round.as_bytes(), device.as_bytes()),
            )?;
            let mut moved = Moved::default();
            let mut stops = transaction.prepare_cached(
                "SELECT id, device, outcome = 'read' FROM stop WHERE round = ?1 ORDER BY number",
            )?;
            let mut stops = stops.query([round.as_bytes()])?;
            while let Some(row) = stops.next()? {
                let owner: Option<[u8; 16]> = row.get(1)?;
                let owner = owner.map(DeviceId::new);
                if owner == Some(device) {
                    continue;
                }
                if row.get(2)? {
                    moved.kept += 1;
                    continue;
                }
                give(transaction, StopId::new(row.get(0)?), round, owner, device)?;
                moved.stops += 1;
            }
            Ok(moved)
        })
    }
}

/// Moves a stop from one device to another and tells both.
pub(super) fn give(
    transaction: &Transaction<'_>,
    stop: StopId,
    round: RoundId,
    from: Option<DeviceId>,
    to: DeviceId,
) -> Result<(), LedgerError> {
    if let Some(from) = from {
        push(transaction, from, Change::StopGone(stop.as_bytes().to_vec()))?;
    }
    transaction
        .prepare_cached("UPDATE stop SET device = ?2 WHERE id = ?1")?
        .execute((stop.as_bytes(), to.as_bytes()))?;
    tell_round(transaction, to, round)?;
    tell_stop(transaction, to, stop)
}

/// Tells a device how a stop is now.
pub(super) fn tell_stop(
    transaction: &Transaction<'_>,
    device: DeviceId,
    stop: StopId,
) -> Result<(), LedgerError> {
    let plan: Vec<u8> = transaction
        .prepare_cached("SELECT plan FROM stop_plan WHERE stop = ?1")?
        .query_row([stop.as_bytes()], |row| row.get(0))?;
    let stop = wire::Stop::decode(&plan[..]).map_err(|torn| LedgerError::Damaged(torn.to_string()))?;
    push(transaction, device, Change::PutStop(stop))
}

/// Tells a device of a round, unless it was told just that.
pub(super) fn tell_round(
    transaction: &Transaction<'_>,
    device: DeviceId,
    round: RoundId,
) -> Result<(), LedgerError> {
    let round = transaction.prepare_cached("SELECT code, name, cycle FROM round WHERE id = ?1")?.query_row(
        [round.as_bytes()],
        |row| {
            let id = round.as_bytes().to_vec();
            Ok(wire::Round { id, code: row.get(0)?, name: row.get(1)?, cycle: row.get(2)? })
        },
    )?;
    let news = transaction
        .prepare_cached(
            "INSERT INTO told_round (device, round, plan) VALUES (?1, ?2, ?3)
             ON CONFLICT DO UPDATE SET plan = excluded.plan WHERE plan <> excluded.plan",
        )?
        .execute((device.as_bytes(), &round.id, round.encode_to_vec()))?;
    if news > 0 { push(transaction, device, Change::PutRound(round)) } else { Ok(()) }
}

/// Tells every device that knows of a round how it is now.
pub(super) fn retell_round(transaction: &Transaction<'_>, round: RoundId) -> Result<(), LedgerError> {
    let devices = transaction
        .prepare_cached("SELECT device FROM told_round WHERE round = ?1")?
        .query_map([round.as_bytes()], |row| row.get(0).map(DeviceId::new))?
        .collect::<Result<Vec<_>, _>>()?;
    devices.into_iter().try_for_each(|device| tell_round(transaction, device, round))
}

fn push(transaction: &Transaction<'_>, device: DeviceId, change: Change) -> Result<(), LedgerError> {
    let n: i64 = transaction
        .prepare_cached("UPDATE device SET plan_head = plan_head + 1 WHERE id = ?1 RETURNING plan_head")?
        .query_row([device.as_bytes()], |row| row.get(0))?;
    let change = Plan { change: Some(change) }.encode_to_vec();
    let before = mark(transaction, device, count(n) - 1)?.unwrap_or_default();
    let hash = Hash::of(&[&before[..], &n.to_be_bytes(), &change].concat());
    transaction
        .prepare_cached("INSERT INTO plan (device, n, change, mark) VALUES (?1, ?2, ?3, ?4)")?
        .execute((device.as_bytes(), n, change, &hash.0[..MARK_BYTES]))?;
    Ok(())
}

/// Whether the device was told just these plans up to `cursor`, by the mark it says, as far as that is known, and the
/// next one is there: between the cursors of a device and its copy there may be none.
pub(super) fn is_told(
    transaction: &Transaction<'_>,
    device: DeviceId,
    cursor: u64,
    said: &[u8],
) -> Result<bool, LedgerError> {
    let head = plan_head(transaction, device)?;
    if cursor > head || (cursor < head && !has_plan(transaction, device, cursor + 1)?) {
        return Ok(false);
    }
    let ours = mark(transaction, device, cursor)?;
    Ok(said.is_empty() || ours.is_none_or(|ours| ours == said))
}

fn mark(transaction: &Transaction<'_>, device: DeviceId, n: u64) -> Result<Option<Vec<u8>>, LedgerError> {
    let mark: Option<Option<Vec<u8>>> = transaction
        .prepare_cached("SELECT mark FROM plan WHERE device = ?1 AND n = ?2")?
        .query_row((device.as_bytes(), number(n)), |row| row.get(0))
        .optional()?;
    Ok(mark.flatten())
}

/// Puts what the device is to do now in place of everything behind its cursor: that was told to a device that had heard
/// what stood before it, and this one has not. Only that stops went stays, because nothing else says so. Once for
/// every cursor and mark: the answer may be lost and asked for again.
fn tell_again(
    transaction: &Transaction<'_>,
    device: DeviceId,
    cursor: u64,
    said: &[u8],
) -> Result<(), LedgerError> {
    let asked = [&cursor.to_be_bytes()[..], said].concat();
    let before: Option<Vec<u8>> = transaction
        .prepare_cached("SELECT retold_for FROM device WHERE id = ?1")?
        .query_row([device.as_bytes()], |row| row.get(0))?;
    if before.as_ref() == Some(&asked) && has_plan(transaction, device, cursor + 1)? {
        return Ok(());
    }
    let behind = transaction
        .prepare_cached("DELETE FROM plan WHERE device = ?1 AND n > ?2 RETURNING n, change")?
        .query_map((device.as_bytes(), number(cursor)), |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<BTreeMap<i64, Vec<u8>>, _>>()?;
    transaction.execute(
        "UPDATE device SET plan_head = ?2, retold_for = ?3 WHERE id = ?1",
        (device.as_bytes(), number(cursor), asked),
    )?;
    transaction.execute("DELETE FROM told_round WHERE device = ?1", [device.as_bytes()])?;
    let stops = transaction
        .prepare_cached("SELECT id, round FROM stop WHERE device = ?1 ORDER BY round, number")?
        .query_map([device.as_bytes()], |row| Ok((StopId::new(row.get(0)?), RoundId::new(row.get(1)?))))?
        .collect::<Result<Vec<_>, _>>()?;
    for change in behind.into_values() {
        if let Some(gone @ Change::StopGone(_)) = decode(&change)?.change {
            push(transaction, device, gone)?;
        }
    }
    for (stop, round) in stops {
        tell_round(transaction, device, round)?;
        tell_stop(transaction, device, stop)?;
    }
    Ok(())
}

fn has_plan(transaction: &Transaction<'_>, device: DeviceId, n: u64) -> Result<bool, LedgerError> {
    let found = transaction
        .prepare_cached("SELECT 1 FROM plan WHERE device = ?1 AND n = ?2")?
        .query_row((device.as_bytes(), number(n)), |_| Ok(()))
        .optional()?;
    Ok(found.is_some())
}

fn decode(change: &[u8]) -> Result<Plan, LedgerError> {
    Plan::decode(change).map_err(|torn| LedgerError::Damaged(torn.to_string()))
}

fn plan_head(transaction: &Transaction<'_>, device: DeviceId) -> Result<u64, LedgerError> {
    let head: i64 = transaction
        .prepare_cached("SELECT plan_head FROM device WHERE id = ?1")?
        .query_row([device.as_bytes()], |row| row.get(0))?;
    Ok(count(head))
}

fn page(
    transaction: &Transaction<'_>,
    device: DeviceId,
    cursor: u64,
    bytes_max: u32,
) -> Result<Page, LedgerError> {
    let room = match usize::try_from(bytes_max).unwrap_or(usize::MAX) {
        0 => PAGE_BYTES,
        asked => asked.min(PAGE_BYTES_MAX),
    };
    let mut plans = Vec::new();
    let (mut bytes, mut last) = (0, cursor);
    let mut rows = transaction
        .prepare_cached("SELECT n, change FROM plan WHERE device = ?1 AND n > ?2 ORDER BY n LIMIT ?3")?;
    let mut rows = rows.query((device.as_bytes(), number(cursor), PAGE_PLANS_MAX))?;
    while let Some(row) = rows.next()? {
        let (n, change): (i64, Vec<u8>) = (row.get(0)?, row.get(1)?);
        bytes += change.len();
        if bytes > room && !plans.is_empty() {
            break;
        }
        if count(n) != last + 1 {
            break;
        }
        last += 1;
        plans.push(decode(&change)?);
    }
    let more = last < plan_head(transaction, device)?;
    let mark = mark(transaction, device, last)?.unwrap_or_default();
    Ok(Page { device: device.as_bytes().to_vec(), after: cursor, plans, more, mark })
}

fn round(transaction: &Transaction<'_>, code: &str, cycle: Option<&str>) -> Result<RoundId, LedgerError> {
    let found = transaction
        .prepare_cached(
            "SELECT id, cycle FROM round WHERE code = ?1 AND (?2 IS NULL OR cycle = ?2) ORDER BY cycle",
        )?
        .query_map((code, cycle), |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<Vec<([u8; 16], String)>, _>>()?;
    match &found[..] {
        [] => Err(LedgerError::impossible(format!("there is no round {code}"))),
        [(id, _)] => Ok(RoundId::new(*id)),
        several => {
            let cycles: Vec<&str> = several.iter().map(|(_, cycle)| &cycle[..]).collect();
            let cycles = cycles.join(", ");
            Err(LedgerError::impossible(format!("round {code} is in several cycles, name one: {cycles}")))
        }
    }
}
