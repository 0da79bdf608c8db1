//! The utility's recovery keys, as far as the hub knows them: their public halves.

use lamplighter_core::{evidence::envelope::RecoveryKey, store::Recovery, time::UtcMs};

use super::Ledger;
use crate::error::LedgerError;

impl Ledger {
    /// Every recovery key there was, the one that counts last.
    pub fn recovery_keys(&self) -> Result<Vec<Recovery>, LedgerError> {
        self.read(|transaction| {
            Ok(transaction
                .prepare_cached("SELECT key, since_ms FROM recovery ORDER BY since_ms")?
                .query_map([], |row| {
                    Ok(Recovery { key: RecoveryKey(row.get(0)?), since: UtcMs(row.get(1)?) })
                })?
                .collect::<Result<_, _>>()?)
        })
    }

    /// From now on devices write to this recovery key; never since earlier than to the one before.
    pub fn set_recovery_key(&self, key: RecoveryKey, now: UtcMs) -> Result<(), LedgerError> {
        self.write(|transaction| {
            transaction.execute(
                "INSERT INTO recovery (since_ms, key)
                 SELECT max(?1, coalesce(max(since_ms) + 1, ?1)), ?2 FROM recovery",
                (now.0, key.0),
            )?;
            Ok(())
        })
    }
}
