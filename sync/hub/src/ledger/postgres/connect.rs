//! The address of a database, and a pool of connections to it. What the address says of encryption is done or refused.

use std::{path::Path, str::FromStr as _, sync::Arc, time::Duration};

use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, pem::PemObject as _},
};
use tokio_postgres::{
    Config, NoTls,
    config::{Host, SslMode, TargetSessionAttrs},
};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::error::LedgerError;

/// Enough to keep a database busy that syncs its disk for each; more only wait for each other.
const CONNECTIONS: usize = 8;
/// For a connection from the pool, and for a new one.
const CONNECT_WAIT: Duration = Duration::from_secs(10);
/// A database that is silent for so long is away.
const SILENCE: Duration = Duration::from_secs(30);
/// What the server gives up by itself: a statement, a wait for a lock, a transaction whose owner is gone. What the
/// address says of these comes later and counts.
const GIVE_UP: &str =
    "-c statement_timeout=60000 -c lock_timeout=10000 -c idle_in_transaction_session_timeout=60000";

/// The address of a PostgreSQL database.
pub struct Database {
    config: Config,
    tls: Option<ClientConfig>,
}

/// What an address says of encryption.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Said<'a> {
    Nothing,
    Plain,
    Encrypted { authority: Option<&'a str> },
}

impl Database {
    /// Reads `postgres://USER:PASSWORD@HOST/DATABASE`, with the parameters of libpq that the driver knows.
    ///
    /// `sslmode=require` and `verify-full` are the same here: the server proves by a certificate of `sslrootcert` that it
    /// is the host of the address. Over a network the address must say this or `sslmode=disable`.
    pub fn parse(url: &str) -> Result<Self, LedgerError> {
        let (rest, said) = split(url)?;
        let mut config = Config::from_str(&rest).map_err(|error| bad(&error.to_string()))?;
        let local = |host: &Host| match host {
            Host::Tcp(name) => matches!(&name[..], "localhost" | "127.0.0.1" | "::1"),
            Host::Unix(_) => true,
        };
        if config.get_hosts().is_empty() {
            return Err(bad("it names no host"));
        }
        let near = config.get_hosts().iter().all(local)
            && config.get_hostaddrs().iter().all(std::net::IpAddr::is_loopback);
        let tls = match said {
            Said::Nothing if !near => {
                return Err(bad("a database over a network needs sslmode=require or sslmode=disable"));
            }
            Said::Nothing | Said::Plain => None,
            Said::Encrypted { authority: None } => return Err(bad("sslmode=require needs sslrootcert=FILE")),
            Said::Encrypted { authority: Some(file) } => Some(encryption(Path::new(file))?),
        };
        config.ssl_mode(if tls.is_some() { SslMode::Require } else { SslMode::Disable });
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT_WAIT);
        }
        config.keepalives_idle(SILENCE).tcp_user_timeout(SILENCE);
        // Where several hosts are named, one of them takes writes.
        config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        let options = format!("{GIVE_UP} {}", config.get_options().unwrap_or_default());
        config.options(options).application_name("lamplighter-hub");
        Ok(Self { config, tls })
    }

    pub(super) fn pool(&self) -> Result<Pool, LedgerError> {
        let how = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = match &self.tls {
            None => Manager::from_config(self.config.clone(), NoTls, how),
            Some(tls) => Manager::from_config(self.config.clone(), MakeRustlsConnect::new(tls.clone()), how),
        };
        Pool::builder(manager)
            .max_size(CONNECTIONS)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(CONNECT_WAIT))
            .create_timeout(Some(CONNECT_WAIT))
            .recycle_timeout(Some(CONNECT_WAIT))
            .build()
            .map_err(|error| LedgerError::Storage(error.to_string()))
    }
}

/// The address without what it says of encryption, and that.
fn split(url: &str) -> Result<(String, Said<'_>), LedgerError> {
    if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
        return Err(bad("it begins with postgres://"));
    }
    let (address, parameters) = url.split_once('?').unwrap_or((url, ""));
    let (mut mode, mut authority, mut rest) = (None, None, Vec::new());
    for parameter in parameters.split('&').filter(|parameter| !parameter.is_empty()) {
        match parameter.split_once('=') {
            Some(("sslmode", value)) => mode = Some(value),
            Some(("sslrootcert", value)) => authority = Some(value),
            Some(_) | None => rest.push(parameter),
        }
    }
    let said = match mode {
        None if authority.is_some() => return Err(bad("sslrootcert goes with sslmode=require")),
        None => Said::Nothing,
        Some("disable") => Said::Plain,
        Some("require" | "verify-full") => Said::Encrypted { authority },
        Some(other) => return Err(bad(&format!("sslmode is require or disable, not {other}"))),
    };
    Ok((format!("{address}?{}", rest.join("&")), said))
}

fn encryption(authority: &Path) -> Result<ClientConfig, LedgerError> {
    let failed = |error: &dyn ToString| bad(&format!("{}: {}", authority.display(), error.to_string()));
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(authority).map_err(|error| failed(&error))? {
        roots.add(certificate.map_err(|error| failed(&error))?).map_err(|error| failed(&error))?;
    }
    if roots.is_empty() {
        return Err(failed(&"no certificate"));
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().map_err(|error| failed(&error))?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

fn bad(why: &str) -> LedgerError {
    LedgerError::impossible(format!("the address of the database: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(url: &str, says: &str) {
        let error = Database::parse(url).err().map(|error| error.to_string());
        assert!(error.as_ref().is_some_and(|error| error.contains(says)), "{url}: {error:?}");
    }

    #[test]
    fn what_an_address_says_of_encryption_is_done_or_refused() {
        for local in ["postgres://hub@localhost/ledger", "postgres:///ledger?host=/run/postgresql&user=hub"] {
            assert!(Database::parse(local).is_ok_and(|database| database.tls.is_none()));
        }
        assert!(Database::parse("postgres://hub@db.example/ledger?sslmode=disable").is_ok());
        check("postgres://hub@db.example/ledger", "needs sslmode");
        check("postgres://hub@localhost,db.example/ledger", "needs sslmode");
        check("postgres://hub@localhost/ledger?hostaddr=192.0.2.1", "needs sslmode");
        check("postgres:///ledger?hostaddr=192.0.2.1", "no host");
        check("postgres://hub@localhost/ledger?sslmode=prefer", "not prefer");
        check("postgres://hub@localhost/ledger?sslmode=verify-ca&sslrootcert=ca.pem", "not verify-ca");
        check("postgres://hub@db.example/ledger?sslmode=require", "needs sslrootcert");
        check("postgres://hub@db.example/ledger?sslmode=require&sslrootcert=/no/such.pem", "/no/such.pem");
        check("postgres://hub@db.example/ledger?sslrootcert=ca.pem", "goes with");
        check("mysql://hub@localhost/ledger", "postgres://");
        check("postgres://hub@localhost/ledger?sslcert=mine.pem", "the address of the database");
    }
}
