//! Statements that are prepared once a connection, and the columns of their rows.

use deadpool_postgres::GenericClient;
use lamplighter_core::{evidence::chain::Hash, id::DeviceId};
use tokio_postgres::{
    Row,
    types::{FromSql, ToSql},
};

use super::failed::Failed;
use crate::error::LedgerError;

/// What a statement is given.
pub(super) type Given<'a> = &'a [&'a (dyn ToSql + Sync)];

pub(super) async fn rows(
    client: &impl GenericClient,
    sql: &str,
    given: Given<'_>,
) -> Result<Vec<Row>, Failed> {
    let statement = client.prepare_cached(sql).await?;
    Ok(client.query(&statement, given).await?)
}

pub(super) async fn row(
    client: &impl GenericClient,
    sql: &str,
    given: Given<'_>,
) -> Result<Option<Row>, Failed> {
    Ok(rows(client, sql, given).await?.into_iter().next())
}

/// The one row that there always is.
pub(super) async fn the_row(client: &impl GenericClient, sql: &str, given: Given<'_>) -> Result<Row, Failed> {
    let missing = || LedgerError::Damaged(format!("nothing is found by {sql}"));
    Ok(row(client, sql, given).await?.ok_or_else(missing)?)
}

/// Answers how many rows it was.
pub(super) async fn run(client: &impl GenericClient, sql: &str, given: Given<'_>) -> Result<u64, Failed> {
    let statement = client.prepare_cached(sql).await?;
    Ok(client.execute(&statement, given).await?)
}

/// A column.
pub(super) fn get<'a, T: FromSql<'a>>(row: &'a Row, column: usize) -> Result<T, Failed> {
    Ok(row.try_get(column)?)
}

/// A column of so many bytes.
pub(super) fn bytes<const N: usize>(row: &Row, column: usize) -> Result<[u8; N], Failed> {
    some_bytes(row, column)?.ok_or_else(|| Failed::Ledger(LedgerError::Damaged("bytes are missing".into())))
}

/// A column of so many bytes, if it has any.
pub(super) fn some_bytes<const N: usize>(row: &Row, column: usize) -> Result<Option<[u8; N]>, Failed> {
    let Some(bytes) = get::<Option<&[u8]>>(row, column)? else { return Ok(None) };
    let bytes = bytes.try_into().map_err(|_| LedgerError::Damaged(format!("these are not {N} bytes")))?;
    Ok(Some(bytes))
}

pub(super) fn device(row: &Row, column: usize) -> Result<DeviceId, Failed> {
    bytes(row, column).map(DeviceId::new)
}

pub(super) fn hash(row: &Row, column: usize) -> Result<Hash, Failed> {
    bytes(row, column).map(Hash)
}

/// A count or number of the database.
pub(super) fn count(row: &Row, column: usize) -> Result<u64, Failed> {
    Ok(u64::try_from(get::<i64>(row, column)?).unwrap_or(0))
}

/// A small one.
pub(super) fn small(row: &Row, column: usize) -> Result<u32, Failed> {
    let small = u32::try_from(get::<i64>(row, column)?);
    Ok(small.map_err(|_| LedgerError::Damaged("a number is too large".into()))?)
}

/// A number of ours as the database keeps it. Beyond its range there is nothing that counts or is numbered.
pub(super) fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
