//! The schema of the database: made where it is not, brought up to date where it is older, refused where it is newer.

use deadpool_postgres::Transaction;
use lamplighter_core::{evidence::seal::SecretKey, time::UtcMs};

use super::{
    failed::Failed,
    rows::{bytes, get, run, the_row},
};
use crate::error::LedgerError;

/// Numbered from 1; never edited once released.
const MIGRATIONS: [&str; 3] = [
    include_str!("../../../migrations/postgres/0001_ledger.sql"),
    include_str!("../../../migrations/postgres/0002_recovery.sql"),
    include_str!("../../../migrations/postgres/0003_billing.sql"),
];

/// One row that says which schema this is. Who changes the schema holds it.
const MARK: &str = "CREATE TABLE IF NOT EXISTS lamplighter_schema (
    id SMALLINT PRIMARY KEY CHECK (id = 1), version BIGINT NOT NULL)";

/// Refuses a database that answers before it writes.
pub(super) async fn check(transaction: &Transaction<'_>) -> Result<(), Failed> {
    for setting in ["fsync", "synchronous_commit"] {
        let row = the_row(transaction, "SELECT current_setting($1), version()", &[&setting]).await?;
        let (value, version): (String, String) = (get(&row, 0)?, get(&row, 1)?);
        // YugabyteDB keeps its rows elsewhere, and says off where it means nothing.
        if value == "off" && !version.contains("-YB-") {
            let sentence =
                format!("{setting} of the database is off: it would say that it holds what it may lose");
            return Err(LedgerError::impossible(sentence).into());
        }
    }
    Ok(())
}

pub(super) async fn mark(transaction: &Transaction<'_>) -> Result<(), Failed> {
    transaction.batch_execute(MARK).await?;
    run(
        transaction,
        "INSERT INTO lamplighter_schema (id, version) VALUES (1, 0) ON CONFLICT DO NOTHING",
        &[],
    )
    .await?;
    Ok(())
}

pub(super) async fn migrate(transaction: &Transaction<'_>) -> Result<(), Failed> {
    let row = the_row(transaction, "SELECT version FROM lamplighter_schema FOR UPDATE", &[]).await?;
    let found: i64 = get(&row, 0)?;
    let known = u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX);
    if found > i64::from(known) {
        let found = u32::try_from(found).unwrap_or(u32::MAX);
        return Err(LedgerError::Newer { found, known }.into());
    }
    for (number, migration) in (1_i64..).zip(MIGRATIONS) {
        if number > found {
            transaction.batch_execute(migration).await?;
            run(transaction, "UPDATE lamplighter_schema SET version = $1", &[&number]).await?;
        }
    }
    Ok(())
}

/// The hub's key, made of `fresh` where there is none yet.
pub(super) async fn key(
    transaction: &Transaction<'_>,
    fresh: [u8; 32],
    now: UtcMs,
) -> Result<SecretKey, Failed> {
    let sql = "INSERT INTO hub (id, secret_key, created_at_ms) VALUES (1, $1, $2) ON CONFLICT DO NOTHING";
    run(transaction, sql, &[&&fresh[..], &now.0]).await?;
    let row = the_row(transaction, "SELECT secret_key FROM hub", &[]).await?;
    Ok(SecretKey::new(bytes(&row, 0)?))
}
