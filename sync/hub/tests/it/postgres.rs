//! What is so of a ledger in PostgreSQL only: a server that is killed, tables that refuse, settings that would lie.

use std::{collections::HashMap, sync::Arc};

use lamplighter_core::id::DeviceId;
use lamplighter_hub::{
    error::LedgerError,
    ledger::{Database as Address, Ledger as _, Postgres},
};
use lamplighter_sync::export::verify;
use tokio::sync::mpsc;

use crate::{
    engines::Store as _,
    handheld::{Handheld, NOW, events, greeting, six_events},
    server::{CERTIFICATE, Server, database},
};

const DEVICES: u8 = 3;
const EVENTS: usize = 400;
const BATCH: usize = 10;

/// Hands over what the hub does not hold, from what it says it holds on. Answers what it says now.
async fn hand_over(
    ledger: &Postgres,
    handheld: &Handheld,
    acknowledged: impl Fn(usize),
) -> Result<usize, LedgerError> {
    let have = ledger.greet(&greeting(handheld.log), NOW).await?.have.seq;
    let mut held = usize::try_from(have).unwrap();
    while held < EVENTS {
        let to = (held + BATCH).min(EVENTS);
        assert_eq!(ledger.ingest(handheld.batch(held + 1, to), NOW).await?, handheld.heads[to]);
        held = to;
        acknowledged(held);
    }
    Ok(held)
}

/// Handhelds with all their events, taken in.
async fn devices(ledger: &Postgres) -> Vec<Arc<Handheld>> {
    let mut devices = Vec::new();
    for seed in 1..=DEVICES {
        let mut handheld = Handheld::enrolled(ledger, seed, &format!("Reader {seed}")).await;
        for number in 1..=EVENTS {
            handheld.read(u32::try_from(number).unwrap(), "1.5");
        }
        devices.push(Arc::new(handheld));
    }
    devices
}

/// Hands over from all devices at once, and in the middle of it does `disaster`. Answers what was acknowledged.
async fn interrupted(
    ledger: &Arc<Postgres>,
    devices: &[Arc<Handheld>],
    disaster: impl FnOnce(),
) -> HashMap<DeviceId, usize> {
    let (acknowledge, mut acknowledged) = mpsc::unbounded_channel();
    let at_work: Vec<_> = devices
        .iter()
        .map(|handheld| {
            let (ledger, handheld, acknowledge) =
                (Arc::clone(ledger), Arc::clone(handheld), acknowledge.clone());
            tokio::spawn(async move {
                let device = handheld.log.device;
                let told = hand_over(&ledger, &handheld, |held| acknowledge.send((device, held)).unwrap());
                told.await.unwrap_err()
            })
        })
        .collect();
    drop(acknowledge);
    let mut held = HashMap::new();
    for _ in 0..20 {
        let (device, seq) = acknowledged.recv().await.unwrap();
        held.insert(device, seq);
    }
    disaster();
    for device in at_work {
        let error = device.await.unwrap();
        assert!(matches!(error, LedgerError::Away(_)), "{error}");
    }
    while let Some((device, seq)) = acknowledged.recv().await {
        held.insert(device, seq);
    }
    held
}

/// What was acknowledged is held, the rest is taken now, and everything is there once.
async fn check_whole(ledger: &Postgres, devices: &[Arc<Handheld>], held: &HashMap<DeviceId, usize>) {
    for handheld in devices {
        let have = ledger.greet(&greeting(handheld.log), NOW).await.unwrap().have;
        let acknowledged = held.get(&handheld.log.device).copied().unwrap_or(0);
        assert!(have.seq >= acknowledged as u64, "{acknowledged} were acknowledged, {} are held", have.seq);
        assert_eq!(have, handheld.heads[usize::try_from(have.seq).unwrap()]);
        assert_eq!(hand_over(ledger, handheld, |_| {}).await, Ok(EVENTS));
    }
    let mut export = Vec::new();
    ledger.export(&mut export, None, NOW, |_| {}).await.unwrap();
    assert_eq!(verify(&export, None).unwrap().readings, u64::from(DEVICES) * EVENTS as u64);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_killed_in_mid_ingest_loses_nothing_that_was_acknowledged() {
    let server = Server::start("");
    let ledger = Arc::new(server.database().open().await);
    let devices = devices(&ledger).await;
    let held = interrupted(&ledger, &devices, || server.kill()).await;
    let away = ledger.ingest(devices[0].batch(1, 1), NOW).await;
    assert!(matches!(away, Err(LedgerError::Away(_))), "{away:?}");
    server.begin();
    check_whole(&ledger, &devices, &held).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_standby_that_takes_over_has_everything_that_was_acknowledged() {
    let server = Server::start("");
    let store = server.database();
    let standby = server.standby();
    let address = Address::parse(&store.url_with(&standby)).unwrap();
    let ledger = Arc::new(Postgres::open(&address, [9; 32], NOW).await.unwrap());
    let devices = devices(&ledger).await;
    let held = interrupted(&ledger, &devices, || server.kill()).await;
    standby.promote();
    check_whole(&ledger, &devices, &held).await;
}

#[tokio::test]
async fn the_tables_refuse_to_change_an_event_and_damage_is_found() {
    let store = database().await;
    let ledger = store.open().await;
    let handheld = six_events(&ledger).await;
    ledger.ingest(handheld.batch(1, 6), NOW).await.unwrap();
    for sql in ["UPDATE event SET payload = ''", "DELETE FROM event", "TRUNCATE event", "DELETE FROM seal"] {
        assert!(store.refuses(sql).contains("permission denied"), "{sql}");
    }
    store.force("UPDATE event SET payload = payload || '\\x00'::bytea WHERE seq = 3");
    let error = ledger.export(Vec::new(), None, NOW, |_| {}).await.unwrap_err();
    assert!(matches!(error, LedgerError::Damaged(_)), "{error}");
}

#[tokio::test]
async fn a_newer_schema_and_a_server_that_would_lie_are_refused() {
    let store = database().await;
    let address = Address::parse(&store.url()).unwrap();
    drop(store.open().await);
    store.force("UPDATE lamplighter_schema SET version = 7");
    let error = Postgres::open(&address, [9; 32], NOW).await.err().unwrap();
    assert_eq!(error, LedgerError::Newer { found: 7, known: 3 });
    let lying = format!("{}&options=-c%20synchronous_commit%3Doff", store.url());
    let error = Postgres::open(&Address::parse(&lying).unwrap(), [9; 32], NOW).await.err().unwrap();
    assert!(error.to_string().contains("synchronous_commit"), "{error}");
    let nowhere = Address::parse("postgres:///ledger?host=/no/such/folder&user=hub").unwrap();
    let error = Postgres::open(&nowhere, [9; 32], NOW).await.err().unwrap();
    assert!(matches!(error, LedgerError::Away(_)), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hubs_that_come_first_at_the_same_time_make_one_ledger() {
    let store = Arc::new(database().await);
    let hubs: Vec<_> = (1..=4)
        .map(|seed| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { store.open_with([seed; 32]).await.key().public() })
        })
        .collect();
    let mut keys = Vec::new();
    for hub in hubs {
        keys.push(hub.await.unwrap());
    }
    assert!(keys.iter().all(|key| *key == keys[0]));
    assert_eq!(events(&store.open().await).await, 0);
}

#[tokio::test]
async fn a_server_over_a_network_proves_itself() {
    let (server, own) = Server::start_encrypted();
    let certificate = own.path().join(CERTIFICATE);
    let store = server.database();
    let url = store.network_url();
    let encrypted = format!("{url}sslmode=require&sslrootcert={}", certificate.display());
    let ledger = Postgres::open(&Address::parse(&encrypted).unwrap(), [9; 32], NOW).await.unwrap();
    assert_eq!(events(&ledger).await, 0);
    let open = store.force("SELECT count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = 'hub' AND NOT ssl");
    assert_eq!(open, "0\n");
    let (_other, others) = Server::start_encrypted();
    let others = others.path().join(CERTIFICATE);
    for (name, authority) in [("localhost", &others), ("127.0.0.1", &certificate)] {
        let address = format!("{url}sslmode=verify-full&sslrootcert={}", authority.display());
        let address = Address::parse(&address.replace("localhost", name)).unwrap();
        let error = Postgres::open(&address, [9; 32], NOW).await.err().unwrap();
        assert!(error.to_string().to_lowercase().contains("certificate"), "{error}");
    }
}

#[tokio::test]
async fn a_transaction_that_met_another_is_tried_again_and_not_for_ever() {
    let store = database().await;
    let ledger = store.open().await;
    let handheld = six_events(&ledger).await;
    // A sequence counts on where a transaction is undone.
    store.force(
        "CREATE SEQUENCE meetings; GRANT ALL ON SEQUENCE meetings TO hub;
         CREATE FUNCTION meet() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
             IF nextval('meetings') % 10 IN (1, 2) THEN RAISE EXCEPTION 'met' USING ERRCODE = '40001'; END IF;
             IF nextval('meetings') % 10 = 4 THEN RAISE EXCEPTION 'met' USING ERRCODE = '40P01'; END IF;
             RETURN NEW;
         END $$;
         CREATE TRIGGER meet BEFORE UPDATE ON log_head FOR EACH ROW EXECUTE FUNCTION meet()",
    );
    assert_eq!(ledger.ingest(handheld.batch(1, 3), NOW).await, Ok(handheld.heads[3]));
    assert_eq!(store.force("SELECT last_value > 3 FROM meetings"), "t\n");
    store.force("ALTER SEQUENCE meetings INCREMENT BY 10 RESTART WITH 1");
    let given_up = ledger.ingest(handheld.batch(4, 6), NOW).await;
    assert!(matches!(given_up, Err(LedgerError::Away(_))), "{given_up:?}");
    assert_eq!(store.force("SELECT last_value FROM meetings"), "71\n");
    assert_eq!(events(&ledger).await, 3);
}
