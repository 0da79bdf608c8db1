//! Answers handhelds: opens what is signed, asks the ledger, signs what goes back. Knows no HTTP and no clock.

use lamplighter_core::{
    evidence::{
        chain::{Hash, Head, Log},
        seal::PublicKey,
    },
    id::DeviceId,
    time::UtcMs,
};
use lamplighter_sync::{
    exchange::{ExchangeError, Hub, Reply, Request},
    signed::{self, Unfit},
    wire::{self, Ask, BATCH_EVENTS_MAX, LINKS_MAX, PROTOCOL, RefusalCode, Signed},
};

use crate::{
    error::LedgerError,
    ledger::{Greeting, Ledger},
};

/// The hub behind whatever carries its words. `clock` tells the time.
pub struct Service<L, C> {
    ledger: L,
    clock: C,
}

impl<L: Ledger, C: Fn() -> UtcMs + Send + Sync> Service<L, C> {
    /// A service over this ledger.
    pub const fn new(ledger: L, clock: C) -> Self {
        Self { ledger, clock }
    }

    /// The ledger it serves.
    pub const fn ledger(&self) -> &L {
        &self.ledger
    }

    /// Answers one request, when the ledger holds what the answer says.
    pub async fn answer(&self, request: &Request) -> Result<Reply, ExchangeError> {
        let reply = match request {
            Request::Enrol(enrol) => self.enrol(enrol).await.map(Reply::Enrolled),
            Request::Hello(signed) => self.hello(signed).await.map(Reply::Hello),
            Request::Up(packed) => self.up(packed).await.map(Reply::Receipt),
            Request::Down(signed) => self.down(signed).await.map(Reply::Page),
            Request::Agree(signed) => self.agree(signed).await.map(Reply::Agreement),
        };
        Ok(reply?)
    }

    async fn enrol(&self, enrol: &wire::Enrol) -> Result<wire::Enrolled, LedgerError> {
        let key = PublicKey::try_from(&enrol.public_key[..])
            .map_err(|_| LedgerError::refused(RefusalCode::Malformed, "not a key"))?;
        let enrolment = self.ledger.redeem(&enrol.code, key, (self.clock)()).await?;
        Ok(wire::Enrolled {
            device: enrolment.device.as_bytes().to_vec(),
            hub_key: self.ledger.key().public().0.to_vec(),
            reader: enrolment.name,
        })
    }

    async fn hello(&self, signed: &Signed) -> Result<wire::HelloReply, LedgerError> {
        let (device, _, Some(Ask::Hello(hello))) = self.open(signed).await? else {
            return Err(another_question());
        };
        if hello.protocol < PROTOCOL {
            return Err(LedgerError::refused(RefusalCode::Upgrade, "the protocol is too old"));
        }
        if hello.epoch == 0 {
            return Err(LedgerError::refused(RefusalCode::Malformed, "no log is like that"));
        }
        let now = (self.clock)();
        let closed =
            hello.closed.iter().take(LINKS_MAX).map(|closed| Ok((closed.epoch, head(closed.last.as_ref())?)));
        let greeting = Greeting {
            log: Log { device, epoch: hello.epoch },
            head_seq: hello.head_seq,
            app_version: hello.app_version,
            cursor: hello.down_cursor,
            mark: hello.down_mark,
            closed: closed.collect::<Result<_, LedgerError>>()?,
        };
        let standing = self.ledger.greet(&greeting, now).await?;
        let recovery = self.ledger.recovery_keys().await?.last().copied();
        let recovery = recovery.filter(|told| hello.recovery_mark != signed::recovery_mark(Some(*told)));
        let closed = standing.closed.iter();
        Ok(wire::HelloReply {
            protocol: PROTOCOL,
            have_seq: standing.have.seq,
            have_hash: standing.have.hash.0.to_vec(),
            hub_at_ms: now.0,
            down_head: standing.plan_head,
            batch_events_max: u32::try_from(BATCH_EVENTS_MAX).unwrap_or(u32::MAX),
            closed: closed
                .map(|(epoch, last)| wire::Closed { epoch: *epoch, last: Some(link(*last)) })
                .collect(),
            revoked: standing.revoked,
            no_plans: standing.no_plans,
            recovery: recovery.map(|told| signed::recovery(self.ledger.key(), device, told)),
        })
    }

    async fn agree(&self, signed: &Signed) -> Result<wire::SignedAgreement, LedgerError> {
        let (device, _, Some(Ask::Agree(agree))) = self.open(signed).await? else {
            return Err(another_question());
        };
        if agree.links.len() > LINKS_MAX {
            return Err(LedgerError::refused(RefusalCode::TooLarge, "too many links"));
        }
        let links = agree.links.iter().map(|link| head(Some(link))).collect::<Result<Vec<_>, _>>()?;
        let agreed = self.ledger.agree(Log { device, epoch: agree.epoch }, &links).await?;
        let agreement = wire::Agreement {
            device: device.as_bytes().to_vec(),
            epoch: agree.epoch,
            common: Some(link(agreed.common)),
            have_seq: agreed.have_seq,
            next_epoch: agreed.next_epoch,
            question: Hash::of(&signed.body).0.to_vec(),
        };
        Ok(signed::agreement(self.ledger.key(), &agreement))
    }

    async fn up(&self, packed: &[u8]) -> Result<wire::Receipt, LedgerError> {
        let batch = signed::unpack(packed).map_err(unfit)?;
        let now = (self.clock)();
        let device = DeviceId::try_from(&batch.device[..]).map_err(|_| unfit(Unfit::Torn))?;
        let log = Log { device, epoch: batch.epoch };
        let head = self.ledger.ingest(batch, now).await?;
        Ok(signed::receipt(self.ledger.key(), log, head, now))
    }

    async fn down(&self, signed: &Signed) -> Result<wire::SignedPage, LedgerError> {
        let (device, revoked, Some(Ask::Down(down))) = self.open(signed).await? else {
            return Err(another_question());
        };
        if revoked {
            return Err(LedgerError::refused(RefusalCode::Revoked, "locked out by the office"));
        }
        let page = self.ledger.page(device, down.cursor, &down.mark, down.bytes_max).await?;
        Ok(signed::page(self.ledger.key(), &page))
    }

    /// The question, if a device that is known signed it, and whether it is locked out. Its age does not matter:
    /// clocks drift, and an old question asked again changes nothing.
    async fn open(&self, signed: &Signed) -> Result<(DeviceId, bool, Option<Ask>), LedgerError> {
        let device = DeviceId::try_from(&signed.device[..])
            .map_err(|_| LedgerError::refused(RefusalCode::Malformed, "not a device"))?;
        let (key, revoked) = self.ledger.device_key(device).await?;
        let question = signed::open_question(signed, key).map_err(unfit)?;
        Ok((device, revoked, question.ask))
    }
}

impl<L: Ledger, C: Fn() -> UtcMs + Send + Sync> Hub for Service<L, C> {
    async fn exchange(&self, request: Request) -> Result<Reply, ExchangeError> {
        self.answer(&request).await
    }
}

fn head(link: Option<&wire::Link>) -> Result<Head, LedgerError> {
    let malformed = || LedgerError::refused(RefusalCode::Malformed, "not a link");
    let link = link.ok_or_else(malformed)?;
    Ok(Head { seq: link.seq, hash: Hash::try_from(&link.hash[..]).map_err(|_| malformed())? })
}

fn link(head: Head) -> wire::Link {
    wire::Link { seq: head.seq, hash: head.hash.0.to_vec() }
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
