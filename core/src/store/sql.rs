//! How our types look in a column. Nothing outside `store` knows SQLite.

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};

use crate::{
    audit::verdict::Level,
    decimal::Decimal,
    evidence::chain::Hash,
    id::{DeviceId, MeterId, ReadingId, RoundId, StopId},
    obis::Obis,
    quantity::Unit,
};

macro_rules! blob {
    ($($name:ident: $bytes:expr),* $(,)?) => {$(
        impl ToSql for $name {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                let bytes: fn(&Self) -> &[u8] = $bytes;
                Ok(ToSqlOutput::from(bytes(self)))
            }
        }

        impl FromSql for $name {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                Self::try_from(value.as_blob()?).map_err(|_| FromSqlError::InvalidType)
            }
        }
    )*};
}

blob! {
    DeviceId: |id| id.as_bytes(),
    MeterId: |id| id.as_bytes(),
    ReadingId: |id| id.as_bytes(),
    RoundId: |id| id.as_bytes(),
    StopId: |id| id.as_bytes(),
    Hash: |hash| &hash.0,
}

macro_rules! text {
    ($($name:ident),*) => {$(
        impl ToSql for $name {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                Ok(ToSqlOutput::from(self.to_string()))
            }
        }

        impl FromSql for $name {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                value.as_str()?.parse().map_err(|_| FromSqlError::InvalidType)
            }
        }
    )*};
}

text!(Decimal, Obis, Unit);

impl ToSql for Level {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::from(match self {
            Self::Right => 1,
            Self::Doubtful => 2,
            Self::Wrong => 3,
        }))
    }
}

impl FromSql for Level {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        match value.as_i64()? {
            1 => Ok(Self::Right),
            2 => Ok(Self::Doubtful),
            3 => Ok(Self::Wrong),
            other => Err(FromSqlError::OutOfRange(other)),
        }
    }
}
