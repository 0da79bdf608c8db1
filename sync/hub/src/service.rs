//! Answers handhelds: opens what is signed, asks the ledger, signs what goes back. Knows no HTTP and no clock.

use std::future::{Future, ready};

use lamplighter_core::{
    evidence::{chain::Log, seal::PublicKey},
    id::DeviceId,
    time::UtcMs,
};
use lamplighter_sync::{
    exchange::{ExchangeError, Hub, Reply, Request},
    signed::{self, Unfit},
    wire::{self, Ask, BATCH_EVENTS_MAX, PROTOCOL, RefusalCode, Signed},
};

use crate::{error::LedgerError, ledger::Ledger};

/// The hub behind whatever carries its words. `clock` tells the time.
pub struct Service<C> {
    ledger: Ledger,
    clock: C,
}

impl<C: Fn() -> UtcMs> Service<C> {
    /// A service over this ledger.
    pub const fn new(ledger: Ledger, clock: C) -> Self {
        Self { ledger, clock }
    }

    /// The ledger it serves.
    pub const fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Answers one request. Blocks while the ledger writes.
    pub fn answer(&self, request: &Request) -> Result<Reply, ExchangeError> {
        let reply = match request {
            Request::Enrol(enrol) => self.enrol(enrol).map(Reply::Enrolled),
            Request::Hello(signed) => self.hello(signed).map(Reply::Hello),
            Request::Up(packed) => self.up(packed).map(Reply::Receipt),
            Request::Down(signed) => self.down(signed).map(Reply::Page),
        };
        Ok(reply?)
    }

    fn enrol(&self, enrol: &wire::Enrol) -> Result<wire::Enrolled, LedgerError> {
        let key = PublicKey::try_from(&enrol.public_key[..])
            .map_err(|_| LedgerError::refused(RefusalCode::Malformed, "not a key"))?;
        let enrolment = self.ledger.redeem(&enrol.code, key, (self.clock)())?;
        Ok(wire::Enrolled {
            device: enrolment.device.as_bytes().to_vec(),
            hub_key: self.ledger.key().public().0.to_vec(),
            reader: enrolment.name,
        })
    }

    fn hello(&self, signed: &Signed) -> Result<wire::HelloReply, LedgerError> {
        let (device, Some(Ask::Hello(hello))) = self.open(signed)? else { return Err(another_question()) };
        if hello.protocol < PROTOCOL {
            return Err(LedgerError::refused(RefusalCode::Upgrade, "the protocol is too old"));
        }
        if hello.epoch == 0 {
            return Err(LedgerError::refused(RefusalCode::Malformed, "no log is like that"));
        }
        let now = (self.clock)();
        let standing = self.ledger.greet(Log { device, epoch: hello.epoch }, &hello.app_version, now)?;
        Ok(wire::HelloReply {
            protocol: PROTOCOL,
            have_seq: standing.have.seq,
            have_hash: standing.have.hash.0.to_vec(),
            hub_at_ms: now.0,
            down_head: standing.plan_head,
            batch_events_max: u32::try_from(BATCH_EVENTS_MAX).unwrap_or(u32::MAX),
        })
    }

    fn up(&self, packed: &[u8]) -> Result<wire::Receipt, LedgerError> {
        let batch = signed::unpack(packed).map_err(unfit)?;
        let now = (self.clock)();
        let head = self.ledger.ingest(&batch, now)?;
        let device = DeviceId::try_from(&batch.device[..]).map_err(|_| unfit(Unfit::Torn))?;
        Ok(signed::receipt(self.ledger.key(), Log { device, epoch: batch.epoch }, head, now))
    }

    fn down(&self, signed: &Signed) -> Result<wire::SignedPage, LedgerError> {
        let (device, Some(Ask::Down(down))) = self.open(signed)? else { return Err(another_question()) };
        let page = self.ledger.page(device, down.cursor, down.bytes_max)?;
        Ok(signed::page(self.ledger.key(), &page))
    }

    /// The question, if a device that may speak signed it. Its age does not matter: clocks drift, and an old
    /// question asked again changes nothing.
    fn open(&self, signed: &Signed) -> Result<(DeviceId, Option<Ask>), LedgerError> {
        let device = DeviceId::try_from(&signed.device[..])
            .map_err(|_| LedgerError::refused(RefusalCode::Malformed, "not a device"))?;
        let (key, revoked) = self.ledger.device_key(device)?;
        let question = signed::open_question(signed, key).map_err(unfit)?;
        if revoked {
            return Err(LedgerError::refused(RefusalCode::Revoked, "locked out by the office"));
        }
        Ok((device, question.ask))
    }
}

impl<C: Fn() -> UtcMs + Send + Sync> Hub for Service<C> {
    fn exchange(&self, request: Request) -> impl Future<Output = Result<Reply, ExchangeError>> + Send {
        ready(self.answer(&request))
    }
}

fn another_question() -> LedgerError {
    LedgerError::refused(RefusalCode::Malformed, "another question than the path says")
}

fn unfit(unfit: Unfit) -> LedgerError {
    let code = match unfit {
        Unfit::Torn => RefusalCode::Malformed,
        Unfit::TooLarge => RefusalCode::TooLarge,
        Unfit::BadSeal | Unfit::Misdirected => RefusalCode::Unauthorised,
    };
    LedgerError::refused(code, unfit.to_string())
}
