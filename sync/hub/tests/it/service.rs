//! The service as a handheld's session sees it.

use lamplighter_core::{
    evidence::{chain::Hash, envelope::RecoverySecret},
    id::DeviceId,
    time::UtcMs,
};
use lamplighter_hub::{ledger::Ledger as _, service::Service};
use lamplighter_sync::{
    exchange::{ExchangeError, Reply, Request},
    signed,
    wire::{Ask, Down, Enrol, Hello, RefusalCode, Signed},
};

use crate::{
    engines::{Store, on_every_engine},
    handheld::{CODE, Handheld, NOW, import, round},
};

on_every_engine!(
    a_shift_from_code_to_receipt,
    nobody_gets_what_is_another_devices,
    a_device_that_is_locked_out_hears_so,
    the_recovery_key_is_told_signed_and_only_to_who_knows_another,
);

async fn hub<S: Store>(store: &S) -> Service<S::Ledger, fn() -> UtcMs> {
    Service::new(store.open().await, || NOW)
}

fn hello(handheld: &Handheld) -> Ask {
    Ask::Hello(Hello {
        protocol: 1,
        epoch: handheld.log.epoch,
        head_seq: handheld.head().seq,
        head_hash: handheld.head().hash.0.to_vec(),
        acked_seq: 0,
        down_cursor: 0,
        app_version: "1.0\n".into(),
        closed: Vec::new(),
        down_mark: Vec::new(),
        recovery_mark: Vec::new(),
    })
}

fn ask(handheld: &Handheld, ask: Ask) -> Signed {
    // Years ago: clocks drift, and a question is heard all the same.
    signed::question(handheld.log.device, &handheld.key, UtcMs(5), ask)
}

#[track_caller]
fn code(result: Result<Reply, ExchangeError>) -> RefusalCode {
    match result {
        Err(ExchangeError::Refused { code, .. }) => code,
        other => panic!("{other:?}"),
    }
}

async fn a_shift_from_code_to_receipt(store: impl Store) {
    let hub = hub(&store).await;
    let mut handheld = Handheld::new(1);
    hub.ledger().invite("Mara", DeviceId::new([1; 16]), CODE, UtcMs(NOW.0 + 1), NOW).await.unwrap();
    import(hub.ledger(), &round(3), Some("Mara")).await;
    let enrol = Enrol { code: CODE.into(), public_key: handheld.key.public().0.to_vec() };
    let Ok(Reply::Enrolled(enrolled)) = hub.answer(&Request::Enrol(enrol)).await else { panic!() };
    assert_eq!((&enrolled.device[..], &enrolled.reader[..]), (&[1; 16][..], "Mara"));
    let hub_key = enrolled.hub_key[..].try_into().unwrap();

    let Ok(Reply::Hello(greeting)) = hub.answer(&Request::Hello(ask(&handheld, hello(&handheld)))).await
    else {
        panic!()
    };
    assert_eq!((greeting.have_seq, &greeting.have_hash[..], greeting.down_head), (0, &Hash::START.0[..], 4));

    let down = Request::Down(ask(&handheld, Ask::Down(Down { cursor: 0, bytes_max: 0, mark: Vec::new() })));
    let Ok(Reply::Page(page)) = hub.answer(&down).await else { panic!() };
    assert_eq!(signed::open_page(&page, hub_key, handheld.log.device, 0).unwrap().plans.len(), 4);

    for number in 1..=3 {
        handheld.read(number, "10.5");
    }
    let up = Request::Up(signed::pack(&handheld.batch(1, 3)).unwrap());
    for _ in 0..2 {
        let Ok(Reply::Receipt(receipt)) = hub.answer(&up).await else { panic!() };
        assert_eq!(signed::open_receipt(&receipt, hub_key, handheld.log), Ok(handheld.head()));
    }
    let part = Request::Up(signed::pack(&handheld.batch(1, 2)).unwrap());
    let Ok(Reply::Receipt(receipt)) = hub.answer(&part).await else { panic!() };
    assert_eq!(signed::open_receipt(&receipt, hub_key, handheld.log), Ok(handheld.heads[2]));
}

async fn nobody_gets_what_is_another_devices(store: impl Store) {
    let hub = hub(&store).await;
    let mara = Handheld::enrolled(hub.ledger(), 1, "Mara").await;
    let ole = Handheld::enrolled(hub.ledger(), 2, "Ole").await;
    let down = Ask::Down(Down { cursor: 0, bytes_max: 0, mark: Vec::new() });
    let mut forged = ask(&ole, down.clone());
    forged.device = mara.log.device.as_bytes().to_vec();
    assert_eq!(code(hub.answer(&Request::Down(forged)).await), RefusalCode::Unauthorised);
    assert_eq!(code(hub.answer(&Request::Hello(ask(&mara, down.clone()))).await), RefusalCode::Malformed);
    assert_eq!(code(hub.answer(&Request::Down(ask(&mara, hello(&mara)))).await), RefusalCode::Malformed);
    assert_eq!(
        code(hub.answer(&Request::Down(ask(&Handheld::new(3), down))).await),
        RefusalCode::Unauthorised
    );
    let Ask::Hello(old) = hello(&mara) else { panic!() };
    let old = Ask::Hello(Hello { protocol: 0, ..old });
    assert_eq!(code(hub.answer(&Request::Hello(ask(&mara, old))).await), RefusalCode::Upgrade);
}

async fn a_device_that_is_locked_out_hears_so(store: impl Store) {
    let hub = hub(&store).await;
    let mut mara = Handheld::enrolled(hub.ledger(), 1, "Mara").await;
    mara.read(1, "1");
    hub.ledger().revoke("Mara", NOW).await.unwrap();
    let Ok(Reply::Hello(greeting)) = hub.answer(&Request::Hello(ask(&mara, hello(&mara)))).await else {
        panic!()
    };
    assert!(greeting.revoked);
    // What it still holds is taken, and held back.
    let up = Request::Up(signed::pack(&mara.batch(1, 1)).unwrap());
    let Ok(Reply::Receipt(_)) = hub.answer(&up).await else { panic!() };
    assert_eq!(hub.ledger().status().await.unwrap().from_revoked, 1);
    let down = Ask::Down(Down { cursor: 0, bytes_max: 0, mark: Vec::new() });
    assert_eq!(code(hub.answer(&Request::Down(ask(&mara, down))).await), RefusalCode::Revoked);
    let mut forged = ask(&mara, hello(&mara));
    forged.seal[3] ^= 1;
    assert_eq!(code(hub.answer(&Request::Hello(forged)).await), RefusalCode::Unauthorised);
}

async fn the_recovery_key_is_told_signed_and_only_to_who_knows_another<S: Store>(store: S) {
    let hub = hub(&store).await;
    let mara = Handheld::enrolled(hub.ledger(), 1, "Mara").await;
    let told = async |mark: Vec<u8>| {
        let Ask::Hello(hello) = hello(&mara) else { panic!() };
        let hello = Ask::Hello(Hello { recovery_mark: mark, ..hello });
        let Ok(Reply::Hello(greeting)) = hub.answer(&Request::Hello(ask(&mara, hello))).await else {
            panic!()
        };
        let hub_key = hub.ledger().key().public();
        greeting.recovery.map(|it| signed::open_recovery(&it, hub_key, mara.log.device).unwrap())
    };
    assert_eq!(told(Vec::new()).await, None);
    let keys = [1, 2].map(|seed| RecoverySecret::new([seed; 32]).public());
    hub.ledger().set_recovery_key(keys[0], NOW).await.unwrap();
    let first = told(Vec::new()).await.unwrap();
    assert_eq!((first.key, first.since), (keys[0], NOW));
    assert_eq!(told(signed::recovery_mark(Some(first))).await, None);
    hub.ledger().set_recovery_key(keys[1], UtcMs(NOW.0 + 9)).await.unwrap();
    assert_eq!(told(signed::recovery_mark(Some(first))).await.map(|told| told.key), Some(keys[1]));
}
