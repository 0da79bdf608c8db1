//! A new log where the old one parted from the hub's: what the hub does not hold is said again, nothing is lost
//! and nothing is said twice.

use std::collections::HashMap;

use rusqlite::Transaction;

use super::{
    error::StoreError,
    identity::{self, Identity},
    log, reading, stop,
};
use crate::{
    evidence::{
        chain::{Head, Log, reading_id},
        event::{Body, Event},
    },
    id::ReadingId,
    time::UtcMs,
};

/// Closes log `epoch` after `common` and says everything behind it again, in log `next` or in the present one
/// if `epoch` is an earlier one. Answers how many events were said again.
pub(super) fn reopen(
    tx: &Transaction<'_>,
    now: UtcMs,
    epoch: u32,
    common: Head,
    next: u32,
) -> Result<u64, StoreError> {
    let identity = identity::get(tx)?.ok_or(StoreError::NotEnrolled)?;
    let present = identity.log.epoch;
    let old = Log { epoch, ..identity.log };
    if log::head_at(tx, old, common.seq)? != Some(common) {
        return Err(StoreError::BadRow("not an event of this log"));
    }
    let left = if epoch == present { log::head(tx, epoch)? } else { identity::closed_at(tx, epoch)? };
    if common.seq > left.seq || epoch > present {
        return Err(StoreError::BadRow("behind the end of this log"));
    }
    let identity = if epoch == present {
        if next <= present {
            return Err(StoreError::BadRow("a log that was begun before"));
        }
        identity::set_epoch(tx, next)?;
        Identity { log: Log { epoch: next, ..identity.log }, ..identity }
    } else {
        identity
    };
    log::append(tx, &identity, &Event { at: now, body: Body::Reopened { epoch, common, left } })?;
    let again = log::events(tx, epoch, common.seq, left.seq)?;
    let count = again.len() as u64;
    let mut renamed = HashMap::new();
    for (seq, payload) in again {
        let mut event = Event::from_bytes(&payload).map_err(|_| StoreError::BadRow("an event"))?;
        rename(&mut event.body, &renamed);
        let head = log::append(tx, &identity, &event)?;
        let before = reading_id(old, seq);
        if let Some(id) = reading::move_to(tx, before, identity.log, head.seq)? {
            stop::rename_reading(tx, before, id)?;
            renamed.insert(before, id);
        }
    }
    log::clear_outbox(tx, epoch)?;
    identity::close(tx, epoch, common)?;
    Ok(count)
}

/// Events that speak of a reading speak of it by the name it has now.
fn rename(body: &mut Body, renamed: &HashMap<ReadingId, ReadingId>) {
    let named = match body {
        Body::Reading(reading) => reading.supersedes.as_mut(),
        Body::Withdrawn { reading, .. } => Some(reading),
        Body::Skipped { .. }
        | Body::ShiftStarted { .. }
        | Body::ShiftEnded { .. }
        | Body::DownApplied { .. }
        | Body::Reopened { .. } => None,
    };
    if let Some(name) = named
        && let Some(now) = renamed.get(name)
    {
        *name = *now;
    }
}
