//! Device and hub over real HTTP: plans out, readings home, receipts back; and everything a network does to them.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use lamplighter_core::{evidence::seal::SecretKey, store::Stretch};
use lamplighter_sync::{
    exchange::{ExchangeError, Hub as _, Reply, Request},
    session::{Outcome, Reason},
    signed,
    wire::{Batch, RefusalCode},
};
use tempfile::tempdir;

use crate::{
    liar::{answer, between, body},
    office::{Device, NOW, Office, http},
};

const PROTOBUF: &str = "application/x-protobuf";

#[tokio::test]
async fn plans_go_out_and_readings_come_home() {
    let folder = tempdir().unwrap();
    let office = Office::open(&folder.path().join("hub.db")).await;
    office.prepare("14", 4).await;
    let device = Device::enrolled(&office, &folder.path().join("reader.db")).await;
    let shift = device.store().shift().unwrap().unwrap();
    let stops = device.store().stops(shift.round.id).unwrap();
    assert_eq!(stops.iter().map(|stop| stop.number).collect::<Vec<_>>(), [1, 2, 3, 4]);
    for number in 1..=3 {
        device.read("14", number);
    }
    assert_eq!(device.waiting(), 3);
    assert_eq!(device.agree(&office).await.sent, 3);
    assert_eq!((device.waiting(), office.held().await), (0, device.readings()));
    let again = device.agree(&office).await;
    assert_eq!((again.sent, again.plans), (0, 0));
    office.close().await;
}

#[tokio::test]
async fn the_page_of_a_captive_portal_is_no_receipt() {
    let folder = tempdir().unwrap();
    let office = Office::open(&folder.path().join("hub.db")).await;
    office.prepare("14", 2).await;
    let device = Device::enrolled(&office, &folder.path().join("reader.db")).await;
    device.read("14", 1);
    let page = b"<html><body>Please log in to the free network</body></html>";
    for (kind, only) in [("text/html", ""), (PROTOBUF, ""), ("text/html", "/v1/up"), (PROTOBUF, "/v1/up")] {
        let portal =
            between(
                Some(office.address),
                move |path, real| {
                    if path.starts_with(only) { answer(kind, page) } else { real }
                },
            );
        check_nothing_believed(&device, portal.await, &[Outcome::Unreachable]).await;
    }
    device.agree(&office).await;
    assert_eq!(office.held().await, device.readings());
}

#[tokio::test]
async fn a_receipt_that_was_cut_is_no_receipt() {
    let folder = tempdir().unwrap();
    let office = Office::open(&folder.path().join("hub.db")).await;
    office.prepare("14", 2).await;
    let device = Device::enrolled(&office, &folder.path().join("reader.db")).await;
    device.read("14", 1);
    // Cut off while the head promises more, and cut as if that were all.
    for promises_all in [true, false] {
        for keep in [0, 1, 20, 60] {
            let cut = between(Some(office.address), move |path, real| match path {
                "/v1/up" if promises_all => {
                    let end = real.len() - body(&real).len() + keep;
                    real[..end].to_vec()
                }
                "/v1/up" => answer(PROTOBUF, &body(&real)[..keep]),
                _ => real,
            });
            check_nothing_believed(&device, cut.await, &[Outcome::Unreachable]).await;
        }
    }
    assert_eq!(office.held().await, device.readings(), "the hub has it all the same");
    device.agree(&office).await;
    assert_eq!(office.held().await, device.readings());
}

#[tokio::test]
async fn a_receipt_of_another_hub_or_for_other_events_is_no_receipt() {
    let folder = tempdir().unwrap();
    let office = Office::open(&folder.path().join("hub.db")).await;
    office.prepare("14", 3).await;
    let device = Device::enrolled(&office, &folder.path().join("reader.db")).await;
    device.read("14", 1);
    let log = device.store().identity().unwrap().unwrap().log;
    let head = device.standing().head;
    let receipt = signed::receipt(&SecretKey::new([6; 32]), log, head, NOW);
    let forged = Reply::Receipt(receipt).to_bytes();
    let other =
        between(
            Some(office.address),
            move |path, real| {
                if path == "/v1/up" { answer(PROTOBUF, &forged) } else { real }
            },
        );
    check_nothing_believed(&device, other.await, &[Outcome::Unreachable]).await;

    // A good one, kept from before, in answer to later events.
    let kept = Arc::new(Mutex::new(None));
    let keeper = between(Some(office.address), {
        let kept = kept.clone();
        move |path, real| {
            if path == "/v1/up" {
                *kept.lock().unwrap() = Some(real.clone());
            }
            real
        }
    });
    assert_eq!(device.sync(&http(keeper.await)).await.outcome, Outcome::Agreed);
    device.read("14", 2);
    let kept = kept.lock().unwrap().take().unwrap();
    let old =
        between(Some(office.address), move |path, real| if path == "/v1/up" { kept.clone() } else { real });
    check_nothing_believed(&device, old.await, &[Outcome::Refused(Reason::Broken)]).await;
    device.agree(&office).await;
    assert_eq!(office.held().await, device.readings());
}

#[tokio::test]
async fn batches_that_come_twice_or_out_of_order_are_held_once() {
    let folder = tempdir().unwrap();
    let office = Office::open(&folder.path().join("hub.db")).await;
    office.prepare("14", 6).await;
    let device = Device::enrolled(&office, &folder.path().join("reader.db")).await;
    for number in 1..=6 {
        device.read("14", number);
    }
    let acked = device.standing().acked_seq;
    let hub = office.http();
    let up = async |after: u64, count: usize| {
        let batch = device
            .store()
            .batch(Stretch { epoch: 1, after, until: u64::MAX >> 1 }, count, usize::MAX)
            .unwrap();
        let wire = Batch {
            device: batch.log.device.as_bytes().to_vec(),
            epoch: batch.log.epoch,
            first_seq: batch.before.seq + 1,
            prev_hash: batch.before.hash.0.to_vec(),
            payloads: batch.payloads,
            seal: batch.seal.0.to_vec(),
        };
        match hub.exchange(Request::Up(signed::pack(&wire).unwrap())).await {
            Ok(Reply::Receipt(receipt)) => Ok(receipt.seq),
            Err(ExchangeError::Refused { code: RefusalCode::Gap, number, .. }) => Err(number),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(up(acked + 3, 3).await, Err(acked + 1));
    assert_eq!(up(acked, 3).await, Ok(acked + 3));
    assert_eq!(up(acked, 3).await, Ok(acked + 3));
    assert_eq!(up(acked + 2, 2).await, Ok(acked + 4));
    assert_eq!(up(acked + 3, 3).await, Ok(acked + 6));
    assert_eq!(up(acked, 2).await, Ok(acked + 2));
    assert_eq!(device.waiting(), 6, "nobody told the device");
    device.agree(&office).await;
    assert_eq!(office.held().await, device.readings());
}

#[tokio::test]
async fn a_hub_that_is_away_costs_nothing_and_comes_back() {
    let folder = tempdir().unwrap();
    let ledger = folder.path().join("hub.db");
    let office = Office::open(&ledger).await;
    office.prepare("14", 3).await;
    let device = Device::enrolled(&office, &folder.path().join("reader.db")).await;
    let address = office.address;
    office.close().await;
    device.read("14", 1);
    check_nothing_believed(&device, address, &[Outcome::Unreachable]).await;
    device.read("14", 2);
    let office = Office::open_at(&ledger, address).await;
    assert_eq!(device.agree(&office).await.sent, 2);
    assert_eq!(office.held().await, device.readings());
    // Takes the request and hangs up before it answers.
    let hangs_up = Arc::new(AtomicBool::new(true));
    let fickle = between(Some(office.address), {
        let hangs_up = hangs_up.clone();
        move |path, real| if path == "/v1/up" && hangs_up.load(Ordering::Relaxed) { Vec::new() } else { real }
    });
    let fickle = fickle.await;
    device.read("14", 3);
    check_nothing_believed(&device, fickle, &[Outcome::Unreachable]).await;
    hangs_up.store(false, Ordering::Relaxed);
    assert_eq!(device.sync(&http(fickle)).await.outcome, Outcome::Agreed);
    assert_eq!((device.waiting(), office.held().await), (0, device.readings()));
}

/// A sync there ends as one of these, and the device still waits for every receipt it waited for.
async fn check_nothing_believed(device: &Device, there: std::net::SocketAddr, outcomes: &[Outcome]) {
    let before = (device.standing(), device.readings(), device.waiting());
    let synced = device.sync(&http(there)).await;
    assert!(outcomes.contains(&synced.outcome), "{synced:?}, not one of {outcomes:?}");
    let after = (device.standing(), device.readings(), device.waiting());
    assert_eq!(after, before);
    assert!(after.2 > 0, "the test has nothing to lose");
}
