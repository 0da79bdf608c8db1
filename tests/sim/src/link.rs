//! The way between a handheld and the office, and everything that may happen to a message on it.

use std::{
    future::{Future, ready},
    sync::{Mutex, PoisonError},
};

use lamplighter_core::{
    evidence::{
        chain::{Hash, Head, Log},
        seal::SecretKey,
    },
    id::DeviceId,
    time::UtcMs,
};
use lamplighter_sync::{
    exchange::{ExchangeError, Hub, Reply, Request},
    signed,
    wire::{self, RefusalCode},
};

use prost::Message as _;

use crate::{dice::Dice, office::Office};

/// A login page.
const PORTAL: &[u8] = b"<html><head><title>Welcome</title></head><body>Please log in</body></html>";
/// Most requests that are still on their way.
const LATE_MAX: usize = 8;
/// No sync needs more messages than this: a month of readings takes a few dozen.
const MESSAGES_MAX: u32 = 500;

/// A way to the office.
pub struct Link<'a> {
    office: &'a Office,
    state: Mutex<State>,
}

struct State {
    dice: Dice,
    /// Out of a hundred messages so many meet with something.
    trouble: usize,
    late: Vec<Request>,
    messages: u32,
}

impl<'a> Link<'a> {
    /// A link on which so many of a hundred messages meet with something. `late` are requests of earlier links.
    pub const fn new(office: &'a Office, dice: Dice, trouble: usize, late: Vec<Request>) -> Self {
        Self { office, state: Mutex::new(State { dice, trouble, late, messages: 0 }) }
    }

    /// What is still on its way.
    pub fn close(self) -> Vec<Request> {
        self.state.into_inner().unwrap_or_else(PoisonError::into_inner).late
    }

    fn carry(&self, request: &Request) -> Result<Reply, ExchangeError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.messages += 1;
        if state.messages > MESSAGES_MAX {
            return Err(ExchangeError::Unreachable("this sync does not end".into()));
        }
        let State { dice, trouble, late, .. } = &mut *state;
        if dice.below(100) >= *trouble {
            return over_the_wire(request, self.office.answer(request));
        }
        if !late.is_empty() && dice.once_in(2) {
            let old = late.swap_remove(dice.below(late.len()));
            // Nobody waits for this answer any more.
            let _ = self.office.answer(&old);
        }
        let gone = || Err(ExchangeError::Unreachable("no network".into()));
        let thing = dice.below(12);
        match thing {
            // Nobody signs an enrolment: whoever bends it, or answers it, is believed. TLS is to keep them away.
            6.. if matches!(request, Request::Enrol(_)) => gone(),
            0 => gone(),
            1 | 2 => {
                let _ = self.office.answer(request);
                gone()
            }
            3 => {
                let _ = self.office.answer(request);
                over_the_wire(request, self.office.answer(request))
            }
            4 | 5 => {
                if late.len() < LATE_MAX {
                    late.push(request.clone());
                }
                gone()
            }
            6 => self.bent(request, |body| body.truncate(dice.below(body.len()))),
            7 => self.bent(request, |body| flip(body, dice)),
            8 => {
                bent_reply(request, self.office.answer(request), |body| body.truncate(dice.below(body.len())))
            }
            9 => bent_reply(request, self.office.answer(request), |body| flip(body, dice)),
            10 => match dice.below(3) {
                0 => request.reply(PORTAL),
                1 => {
                    self.bomb();
                    gone()
                }
                _ => Err(ExchangeError::Refused {
                    code: RefusalCode::Busy,
                    number: dice.below(900) as u64,
                    detail: "busy".into(),
                }),
            },
            _ => impostor(request, &self.office.answer(request), dice),
        }
    }

    /// The office gets other bytes than were sent, and the answer comes back.
    fn bent(&self, request: &Request, bend: impl FnOnce(&mut Vec<u8>)) -> Result<Reply, ExchangeError> {
        let mut body = request.to_bytes();
        bend(&mut body);
        match Request::from_bytes(request.path(), &body) {
            Some(bent) => over_the_wire(request, self.office.answer(&bent)),
            None => Err(ExchangeError::Refused {
                code: RefusalCode::Malformed,
                number: 0,
                detail: "the body cannot be read".into(),
            }),
        }
    }

    /// A kilobyte that wants to be megabytes.
    fn bomb(&self) {
        let zeros = vec![0; wire::INFLATED_BYTES_MAX + 1];
        let batch = wire::Batch { payloads: vec![zeros], ..wire::Batch::default() };
        if let Ok(packed) = signed::pack(&batch) {
            let _ = self.office.answer(&Request::Up(packed));
        }
    }
}

impl Hub for Link<'_> {
    fn exchange(&self, request: Request) -> impl Future<Output = Result<Reply, ExchangeError>> + Send {
        ready(self.carry(&request))
    }
}

/// As HTTP does it: bytes, and the reply made from them anew.
fn over_the_wire(request: &Request, reply: Result<Reply, ExchangeError>) -> Result<Reply, ExchangeError> {
    bent_reply(request, reply, |_| {})
}

fn bent_reply(
    request: &Request,
    reply: Result<Reply, ExchangeError>,
    bend: impl FnOnce(&mut Vec<u8>),
) -> Result<Reply, ExchangeError> {
    let mut body = reply?.to_bytes();
    bend(&mut body);
    request.reply(&body)
}

fn flip(body: &mut [u8], dice: &mut Dice) {
    let at = dice.below(body.len());
    if let Some(byte) = body.get_mut(at) {
        *byte ^= 1 << dice.below(8);
    }
}

/// Somebody else answers, in good form, and claims to hold everything.
fn impostor(
    request: &Request,
    honest: &Result<Reply, ExchangeError>,
    dice: &mut Dice,
) -> Result<Reply, ExchangeError> {
    let key = SecretKey::new(dice.bytes());
    let reply = match (request, honest) {
        (Request::Up(packed), _) => {
            let torn = |_| ExchangeError::NotTheHub("the body cannot be read");
            let batch = signed::unpack(packed).map_err(torn)?;
            let device = DeviceId::try_from(&batch.device[..])
                .map_err(|_| ExchangeError::NotTheHub("the body cannot be read"))?;
            let log = Log { device, epoch: batch.epoch };
            let hash = Hash::try_from(&batch.prev_hash[..]).unwrap_or(Hash::START);
            let before = Head { seq: batch.first_seq.saturating_sub(1), hash };
            let head = batch.payloads.iter().fold(before, |head, payload| head.next(log, payload));
            Reply::Receipt(signed::receipt(&key, log, head, UtcMs(0)))
        }
        (Request::Down(_), Ok(Reply::Page(page))) => {
            let mut plans = wire::Page::decode(&page.body[..])
                .map_err(|_| ExchangeError::NotTheHub("the body cannot be read"))?;
            for plan in &mut plans.plans {
                if let Some(wire::Change::PutStop(stop)) = &plan.change {
                    plan.change = Some(wire::Change::StopGone(stop.id.clone()));
                }
            }
            Reply::Page(signed::page(&key, &plans))
        }
        (_, Ok(reply)) => reply.clone(),
        (_, Err(error)) => return Err(error.clone()),
    };
    request.reply(&reply.to_bytes())
}
