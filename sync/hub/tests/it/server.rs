//! A PostgreSQL server of our own, on a socket in a folder of its own: one for all tests of this process, and more for
//! those that kill it. It ends with the process, however that ends.

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Output, Stdio},
    sync::{
        Mutex, OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

use lamplighter_hub::ledger::{Database as Address, Postgres};
use tempfile::TempDir;

use crate::{engines::Store, handheld::NOW};

/// Starts the server whenever it is told to, and ends it when nobody can tell it anything any more.
const KEEPER: &str = r#"
trap '' INT TERM
folder=$1; shift
while read -r _; do
    until "$@" -D "$folder/data" -w -l "$folder/log" -o "-k $folder" start >/dev/null 2>&1; do
        [ -d "$folder/data" ] || exit 1
    done
    echo ready
done
"$@" -D "$folder/data" -m immediate stop >/dev/null 2>&1
rm -rf "$folder"
"#;

/// Of a socket in a folder: part of its name, no more.
const PORT: u16 = 5432;

/// In the folder of a server that proves itself.
pub(crate) const CERTIFICATE: &str = "certificate.pem";

/// Who owns the databases: not whom the server obeys in everything.
const OWNER: &str = "hub";

pub(crate) struct Server {
    folder: PathBuf,
    port: u16,
    keeper: Mutex<Keeper>,
    databases: AtomicU32,
}

/// The process that starts and ends the server.
struct Keeper {
    process: Child,
    words: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Server {
    /// A server that syncs its disk as in the field. `settings` are lines of its configuration.
    pub(crate) fn start(settings: &str) -> Self {
        Self::start_on(PORT, settings)
    }

    fn start_on(port: u16, settings: &str) -> Self {
        let folder = new_folder("lamplighter-pg");
        let data = folder.join("data");
        done(
            as_server("initdb")
                .args(["-N", "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C", "-D"])
                .arg(&data),
        );
        let own = format!("port = {port}\nlisten_addresses = ''\nmax_connections = 400\n{settings}\n");
        let file = data.join("postgresql.conf");
        fs::write(&file, fs::read_to_string(&file).unwrap() + &own).unwrap();
        let server = Self::keep(folder, port);
        server.begin();
        server.psql(&format!("CREATE ROLE {OWNER} LOGIN"));
        server
    }

    /// A server that also listens on a port, and proves itself there as `localhost` by [`CERTIFICATE`] in the
    /// folder that this answers.
    pub(crate) fn start_encrypted() -> (Self, TempDir) {
        let folder = TempDir::with_prefix("lamplighter-tls").unwrap();
        let (key, certificate) = (folder.path().join("key.pem"), folder.path().join(CERTIFICATE));
        let mut openssl = Command::new("openssl");
        openssl.args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-days",
            "2",
        ]);
        openssl.args(["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]);
        openssl
            .args(["-addext", "basicConstraints=critical,CA:FALSE", "-keyout"])
            .arg(&key)
            .arg("-out")
            .arg(&certificate);
        done(&mut openssl);
        if is_root() {
            done(Command::new("chown").arg("-R").arg("postgres").arg(folder.path()));
        }
        // Any free one: it is given back a moment before the server takes it.
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let settings = format!(
            "listen_addresses = '127.0.0.1'\nssl = on\nssl_key_file = '{}'\nssl_cert_file = '{}'",
            key.display(),
            certificate.display()
        );
        (Self::start_on(port, &settings), folder)
    }

    /// Runs over a folder whose cluster is in `data`.
    fn keep(folder: PathBuf, port: u16) -> Self {
        let pg_ctl = as_server("pg_ctl");
        let mut keeper = Command::new("sh");
        keeper.args(["-c", KEEPER, "sh"]).arg(&folder).arg(pg_ctl.get_program()).args(pg_ctl.get_args());
        let mut keeper = keeper.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (words, answers) = (keeper.stdin.take(), BufReader::new(keeper.stdout.take().unwrap()));
        let keeper = Mutex::new(Keeper { process: keeper, words, answers });
        Self { folder, port, keeper, databases: AtomicU32::new(0) }
    }

    /// A second server that has every commit on its disk before anybody is answered, ready to take over.
    pub(crate) fn standby(&self) -> Self {
        let folder = new_folder("lamplighter-standby");
        let mut copy = as_server("pg_basebackup");
        copy.args(["-U", "postgres", "-c", "fast", "-R", "-p", &self.port.to_string(), "-h"])
            .arg(&self.folder);
        done(copy.arg("-D").arg(folder.join("data")));
        let standby = Self::keep(folder, self.port);
        standby.begin();
        self.psql("ALTER SYSTEM SET synchronous_standby_names = '*'");
        self.psql("SELECT pg_reload_conf()");
        while self.psql("SELECT sync_state FROM pg_stat_replication") != "sync\n" {}
        standby
    }

    /// Makes a standby the server that writes.
    pub(crate) fn promote(&self) {
        done(as_server("pg_ctl").arg("-D").arg(self.folder.join("data")).args(["-w", "promote"]));
    }

    /// Starts it, again if it was killed, and waits until it answers.
    pub(crate) fn begin(&self) {
        let mut keeper = self.keeper.lock().unwrap();
        keeper.words.as_mut().unwrap().write_all(b"start\n").unwrap();
        let mut answer = String::new();
        keeper.answers.read_line(&mut answer).unwrap();
        let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        assert_eq!(answer, "ready\n", "{log}");
    }

    /// As a power cut would, but for the disk's own memory.
    pub(crate) fn kill(&self) {
        let pid = fs::read_to_string(self.folder.join("data/postmaster.pid")).unwrap();
        done(Command::new("kill").args(["-9", pid.lines().next().unwrap()]));
    }

    /// A new database.
    pub(crate) fn database(&self) -> Database {
        let name = format!("ledger_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.psql(&format!("CREATE DATABASE {name} OWNER {OWNER}"));
        Database { name, folder: self.folder.clone(), port: self.port }
    }

    #[track_caller]
    fn psql(&self, sql: &str) -> String {
        let output = psql(&self.folder, self.port, "postgres", "postgres", sql);
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let Ok(keeper) = self.keeper.get_mut() else { return };
        // Nobody can tell it anything any more.
        keeper.words = None;
        let _ = keeper.process.wait();
    }
}

/// A database of one test.
pub(crate) struct Database {
    name: String,
    folder: PathBuf,
    port: u16,
}

impl Database {
    pub(crate) fn url(&self) -> String {
        format!("postgres:///{}?host={}&port={}&user={OWNER}", self.name, self.folder.display(), self.port)
    }

    /// Its address on this server or on the other.
    pub(crate) fn url_with(&self, other: &Server) -> String {
        let hosts = format!("{}&host={}", self.folder.display(), other.folder.display());
        format!("postgres:///{}?host={hosts}&port={}&user={OWNER}", self.name, self.port)
    }

    /// Its address over the network.
    pub(crate) fn network_url(&self) -> String {
        format!("postgres://{OWNER}@localhost:{}/{}?", self.port, self.name)
    }

    /// Looks behind the ledger's back, as somebody who may do anything.
    #[track_caller]
    pub(crate) fn force(&self, sql: &str) -> String {
        let output = psql(&self.folder, self.port, "postgres", &self.name, sql);
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// What the server says against it when the owner tries.
    #[track_caller]
    pub(crate) fn refuses(&self, sql: &str) -> String {
        let output = psql(&self.folder, self.port, OWNER, &self.name, sql);
        assert!(!output.status.success(), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    }
}

impl Store for Database {
    type Ledger = Postgres;

    async fn open_with(&self, fresh_key: [u8; 32]) -> Postgres {
        Postgres::open(&Address::parse(&self.url()).unwrap(), fresh_key, NOW).await.unwrap()
    }
}

/// A new database on the server of all tests.
pub(crate) async fn database() -> Database {
    static SHARED: OnceLock<Server> = OnceLock::new();
    tokio::task::spawn_blocking(|| SHARED.get_or_init(|| Server::start("")).database()).await.unwrap()
}

/// A folder that the server may write.
fn new_folder(prefix: &str) -> PathBuf {
    let folder = TempDir::with_prefix(prefix).unwrap().keep();
    if is_root() {
        done(Command::new("chown").arg("postgres").arg(&folder));
    }
    folder
}

fn psql(folder: &Path, port: u16, user: &str, database: &str, sql: &str) -> Output {
    let mut command = Command::new(program("psql"));
    command.arg("-h").arg(folder).args([
        "-p",
        &port.to_string(),
        "-U",
        user,
        "-d",
        database,
        "-X",
        "-q",
        "-A",
        "-t",
        "-c",
        sql,
    ]);
    command.output().unwrap()
}

#[track_caller]
fn done(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {output:?}");
}

/// A server refuses to run as root.
fn as_server(name: &str) -> Command {
    if !is_root() {
        return Command::new(program(name));
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(program(name));
    command.current_dir("/");
    command
}

fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output().unwrap();
    output.stdout == b"0\n"
}

/// The newest that Debian's packages brought, or the one on the path.
fn program(name: &str) -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = versions
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse::<u32>().ok()?, entry.path())))
        .max();
    newest.map_or_else(|| PathBuf::from(name), |(_, folder)| folder.join("bin").join(name))
}
