//! A real hub on a real socket inside the test, and devices with real stores that sync with it over HTTP.

use std::{
    net::SocketAddr,
    path::Path,
    sync::{Arc, Mutex},
};

use lamplighter_core::{
    audit::verdict::{Level, Verdict},
    id::{DeviceId, ReadingId},
    obis::Obis,
    quantity::Unit,
    reading::{Method, Reading, RegisterValue},
    store::{Standing, Store},
    time::UtcMs,
};
use lamplighter_hub::{
    formats::csv,
    http::{Limits, serve},
    ledger::{Ledger as _, Sqlite},
    service::Service,
};
use lamplighter_sync::{
    books,
    drive::{Synced, enrol, sync},
    export,
    http::HttpHub,
};
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

pub(crate) const NOW: UtcMs = UtcMs(1_795_427_381_250);
const CODE: &str = "12345-67890";
const READER: &str = "Mara";

/// A hub that serves one ledger file.
pub(crate) struct Office {
    pub(crate) address: SocketAddr,
    pub(crate) hub: Arc<Service<Sqlite, fn() -> UtcMs>>,
    stop: oneshot::Sender<()>,
    done: JoinHandle<std::io::Result<()>>,
}

impl Office {
    /// Serves the ledger of this file on any free port.
    pub(crate) async fn open(ledger: &Path) -> Self {
        Self::open_at(ledger, SocketAddr::from(([127, 0, 0, 1], 0))).await
    }

    pub(crate) async fn open_at(ledger: &Path, address: SocketAddr) -> Self {
        let ledger = Sqlite::open(ledger, [9; 32], NOW).unwrap();
        let hub: Arc<Service<Sqlite, fn() -> UtcMs>> = Arc::new(Service::new(ledger, || NOW));
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let done = tokio::spawn(serve(listener, hub.clone(), Limits::default(), async {
            stopped.await.ok();
        }));
        Self { address, hub, stop, done }
    }

    /// Invites the reader and gives it round `code` with so many stops.
    pub(crate) async fn prepare(&self, code: &str, stops: u32) {
        let ledger = self.hub.ledger();
        ledger.invite(READER, DeviceId::new([3; 16]), CODE, UtcMs(NOW.0 + 1), NOW).await.ok();
        ledger.import(&csv::read(round(code, stops).as_bytes()).unwrap(), Some(READER)).await.unwrap();
    }

    /// Ends when nobody serves the file any more.
    pub(crate) async fn close(self) {
        self.stop.send(()).unwrap();
        self.done.await.unwrap().unwrap();
    }

    pub(crate) fn http(&self) -> HttpHub {
        http(self.address)
    }

    /// What the hub holds, proved, in the order of the file.
    pub(crate) async fn held(&self) -> Vec<ReadingId> {
        let mut bytes = Vec::new();
        self.hub.ledger().export(&mut bytes, None, NOW, |_| {}).await.unwrap();
        export::verify(&bytes, Some(self.hub.ledger().key().public())).unwrap().reading_ids
    }
}

pub(crate) fn http(address: SocketAddr) -> HttpHub {
    // Fails only where one is installed already, which serves as well.
    rustls::crypto::ring::default_provider().install_default().ok();
    HttpHub::new(&format!("http://{address}")).unwrap()
}

fn round(code: &str, stops: u32) -> String {
    let header = "cycle,round,round_name,stop,address,serial,obis,unit,integers,decimals\n".to_owned();
    (1..=stops).fold(header, |csv, number| {
        csv + &format!("2026-11,{code},Harbour,{number},Pier {number},{code}{number},1.8.0,kWh,6,1\n")
    })
}

/// A handheld.
pub(crate) struct Device {
    pub(crate) store: Mutex<Store>,
}

impl Device {
    /// Enrolled with a hub, and in step with it.
    pub(crate) async fn enrolled(office: &Office, file: &Path) -> Self {
        let device = Self::open(file);
        let url = format!("http://{}", office.address);
        enrol(&office.http(), &device.store, &url, CODE, [5; 32]).await.unwrap();
        assert_eq!(device.store().identity().unwrap().unwrap().reader, READER);
        device.agree(office).await;
        device
    }

    pub(crate) fn open(file: &Path) -> Self {
        let opened = Store::open(file).unwrap();
        assert_eq!(opened.set_aside, None);
        Self { store: Mutex::new(opened.store) }
    }

    pub(crate) fn store(&self) -> std::sync::MutexGuard<'_, Store> {
        self.store.lock().unwrap()
    }

    pub(crate) async fn sync(&self, hub: &HttpHub) -> Synced {
        sync(hub, &self.store, || NOW, |_| {}).await.unwrap()
    }

    /// Syncs, and both hold the same afterwards.
    pub(crate) async fn agree(&self, office: &Office) -> Synced {
        let synced = self.sync(&office.http()).await;
        assert_eq!(synced.outcome, lamplighter_sync::session::Outcome::Agreed);
        assert_eq!(self.standing().waiting, 0);
        synced
    }

    /// Reads a stop of a round.
    pub(crate) fn read(&self, code: &str, number: u32) -> ReadingId {
        let reading = Reading {
            stop: books::stop_id("2026-11", code, number),
            meter: books::meter_id(&format!("{code}{number}")),
            taken_at: NOW,
            method: Method::Keypad,
            values: vec![RegisterValue {
                obis: Obis::ACTIVE_IMPORT,
                value: format!("{number}.5").parse().unwrap(),
                unit: Unit::KiloWattHour,
            }],
            serial_seen: None,
            meter_clock: None,
            fix: None,
            verdict: Verdict {
                level: Level::Right,
                findings: vec![],
                consumption: None,
                since: None,
                usual: None,
            },
            transcript: None,
            supersedes: None,
        };
        self.store().record(reading, None).unwrap().id
    }

    pub(crate) fn standing(&self) -> Standing {
        self.store().standing().unwrap()
    }

    pub(crate) fn readings(&self) -> Vec<ReadingId> {
        self.store().reading_ids().unwrap()
    }

    pub(crate) fn waiting(&self) -> u64 {
        self.store().waiting_readings().unwrap()
    }
}
