//! The utility's recovery keys, as far as the hub knows them: their public halves.

use deadpool_postgres::{GenericClient, Transaction};
use lamplighter_core::{evidence::envelope::RecoveryKey, store::Recovery, time::UtcMs};

use super::{
    failed::Failed,
    rows::{bytes, get, rows, run},
};

pub(super) async fn keys(client: &impl GenericClient) -> Result<Vec<Recovery>, Failed> {
    let found = rows(client, "SELECT key, since_ms FROM recovery ORDER BY since_ms", &[]).await?;
    let key = |row| Ok(Recovery { key: RecoveryKey(bytes(row, 0)?), since: UtcMs(get(row, 1)?) });
    found.iter().map(key).collect()
}

pub(super) async fn add(transaction: &Transaction<'_>, key: RecoveryKey, now: UtcMs) -> Result<(), Failed> {
    // Two at the same time would both be the last.
    transaction.batch_execute("LOCK TABLE recovery IN EXCLUSIVE MODE").await?;
    run(
        transaction,
        "INSERT INTO recovery (since_ms, key)
         SELECT greatest($1, coalesce(max(since_ms) + 1, $1)), $2 FROM recovery",
        &[&now.0, &&key.0[..]],
    )
    .await?;
    Ok(())
}
