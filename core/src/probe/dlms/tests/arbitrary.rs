//! Whatever comes, a session neither panics nor goes on for ever nor grows, and how bytes are split changes nothing.

use std::{sync::Arc, time::Duration};

use proptest::{collection::vec, prelude::*};

use super::{
    super::profile::weight,
    bench::{Bench, Probe, config, right_keys, ring, shown},
    meter::{Habits, Meter},
    objects::Row,
    station::{LinkHabits, Station, frame},
};
use crate::{
    probe::{
        dlms::{Config, Session, decode},
        error::ReadError,
        part::{MeterEvent, Part, Span, Wants},
        port::{Input, Output},
        readout::Readout,
    },
    time::{Civil, Moment},
};

/// More than the longest readout may take.
const LONGEST: Duration = Duration::from_mins(21);
/// What a session may hold.
const MEMORY_MAX: usize = 64 * 1024;

/// A session on its own clock, told by hand what comes.
struct Alone {
    session: Session,
    now: Moment,
    waits_until: Moment,
    sent: Vec<Vec<u8>>,
    most_held: usize,
    ended: Option<Result<Readout, ReadError>>,
}

impl Alone {
    fn new(config: Config) -> Self {
        let now = Moment(0);
        let session = Session::start(now, config);
        let mut alone = Self { session, now, waits_until: now, sent: Vec::new(), most_held: 0, ended: None };
        alone.poll();
        alone
    }

    fn poll(&mut self) {
        let mut handed_over = 0;
        while self.ended.is_none() {
            match self.session.poll(self.now) {
                Output::Send(bytes) => self.sent.push(bytes),
                Output::Progress(_) | Output::Set(_) => {}
                // Until it is handed over, the session holds it.
                Output::Part(Part::Profile(part)) => {
                    handed_over += part.rows.iter().map(weight).sum::<usize>();
                }
                Output::Part(Part::Events(events)) => handed_over += events.len() * size_of::<MeterEvent>(),
                Output::Reserve(reservation) => {
                    self.tell(Input::Reserved(reservation.at_least));
                    return;
                }
                Output::Wait(until) => {
                    self.most_held = self.most_held.max(self.session.held() + handed_over);
                    return self.waits_until = until;
                }
                Output::Done(readout) => self.ended = Some(Ok(readout)),
            }
        }
    }

    fn tell(&mut self, input: Input<'_>) {
        if self.ended.is_some() {
            return;
        }
        match self.session.handle(self.now, input) {
            Ok(()) => self.poll(),
            Err(error) => self.ended = Some(Err(error)),
        }
    }

    fn elapse(&mut self) {
        self.now = self.now.max(self.waits_until);
        self.tell(Input::Elapsed);
    }

    fn finish(mut self) -> Result<Readout, ReadError> {
        for _ in 0..100_000 {
            match self.ended {
                Some(ended) => return ended,
                None => self.elapse(),
            }
            assert!(self.now.since(Moment(0)) <= LONGEST, "{:?}", self.session);
        }
        panic!("{:?}", self.session);
    }

    /// Lets a meter answer until all is said, its bytes in these pieces.
    fn converse(mut self, meter: Meter, pieces: &[usize]) -> (Self, usize) {
        let mut station = Station::new(LinkHabits::default(), meter);
        let (mut pieces, mut said) = (pieces.iter().copied().cycle(), 0);
        for _ in 0..200_000 {
            if self.ended.is_some() {
                break;
            }
            let Some(frame) = (!self.sent.is_empty()).then(|| self.sent.remove(0)) else {
                self.elapse();
                continue;
            };
            self.now = self.now + Duration::from_millis(150);
            let Some(answer) = station.hear(&frame) else { continue };
            said += answer.len();
            let mut rest = &answer[..];
            while !rest.is_empty() {
                let (now, later) = rest.split_at(pieces.next().unwrap().min(rest.len()));
                self.tell(Input::Bytes(now));
                rest = later;
            }
        }
        (self, said)
    }
}

fn everything() -> Config {
    let at = |month, day| Civil::new(2026, month, day, 0, 0, 0).unwrap();
    let wants =
        Wants { profile: Some(Span { from: at(1, 1), to: at(12, 31) }), events: true, ..Wants::default() };
    Config { wants, keyring: ring(right_keys()), ..config() }
}

fn month() -> Vec<Row> {
    (0..2_700).map(|at| Row { minutes: (at % 4 == 0).then_some(at * 15), value: at }).collect()
}

#[test]
fn a_line_that_never_stops_is_cut_off() {
    let patterns: [&[u8]; 6] = [
        b"\0",
        &[0x7E],
        &[0x7E, 0xA7, 0xFF],
        &[0x7E, 0xA0, 0x08, 0x21, 0x02, 0x23, 0x73],
        &frame(&[0x21], &[0x02, 0x23], 0x73, false, &[]),
        &frame(&[0x21], &[0x02, 0x23], 0x1F, false, &[]),
    ];
    for pattern in patterns {
        let mut alone = Alone::new(everything());
        for _ in 0..200_000 {
            alone.tell(Input::Bytes(pattern));
            alone.now = alone.now + Duration::from_millis(30);
            if alone.now >= alone.waits_until {
                alone.tell(Input::Elapsed);
            }
        }
        assert!(alone.ended.is_some_and(|ended| ended.is_err()), "{pattern:02X?}");
        assert!(alone.most_held <= MEMORY_MAX, "{} {pattern:02X?}", alone.most_held);
    }
}

#[test]
fn a_large_meter_is_read_in_little_memory() {
    for pdu in [200, 2_048] {
        let habits = Habits { rows: month(), pdu, ..Habits::locked() };
        let mut meter = Meter::new(habits);
        meter.objects.crowd(90);
        let (alone, said) = Alone::new(everything()).converse(meter, &[60]);
        println!("{} bytes held of {said} heard", alone.most_held);
        assert!(said > 50_000, "{said}");
        assert!(alone.most_held <= MEMORY_MAX, "{}", alone.most_held);
        alone.finish().unwrap();
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_end_in_time_and_never_in_a_readout(said in vec((vec(any::<u8>(), 0..60), 0..3_000_u64), 0..60)) {
        let mut alone = Alone::new(everything());
        for (bytes, pause_ms) in said {
            alone.tell(Input::Bytes(&bytes));
            alone.now = alone.now + Duration::from_millis(pause_ms);
            alone.tell(Input::Elapsed);
        }
        prop_assert!(alone.finish().is_err());
    }

    #[test]
    fn good_frames_of_any_content_in_any_order_end_in_time(
        said in vec((0..6_usize, 0..4_usize, vec(any::<u8>(), 0..90), 0..2_000_u64), 0..90)
    ) {
        let mut alone = Alone::new(everything());
        let mut number = 0_u8;
        for (kind, start, content, pause_ms) in said {
            let starts: [&[u8]; 4] =
                [&[], &[0xE6, 0xE7, 0x00, 0xC4, 0x01, 0xC1, 0x00], &[0xE6, 0xE7, 0x00, 0xC4, 0x02, 0xC2, 0x00],
                 &[0xE6, 0xE7, 0x00, 0x61, 0x29, 0xA1, 9, 6, 7, 0x60, 0x85, 0x74, 5, 8, 1, 1, 0xA2, 3, 2, 1, 0, 0xA3, 5, 0xA1,
                   3, 2, 1, 0, 0xBE, 16, 4, 14, 8, 0, 6, 0x5F, 0x1F, 4, 0, 0, 0x12, 0x14, 1, 0xF4, 0, 7]];
            let content = if start == 3 { starts[3].to_vec() } else { [starts[start], &content].concat() };
            let control = [0x73, 0x1F, 0x11 | number << 5, 0x10 | number << 1, 0x10 | number << 1, 0x97][kind];
            if kind == 0 {
                number = 0;
            }
            let information = if (3..5).contains(&kind) { &content[..] } else { &[] };
            alone.tell(Input::Bytes(&frame(&[0x21], &[0x02, 0x23], control, kind == 4, information)));
            number = (number + u8::from((3..5).contains(&kind))) & 7;
            alone.now = alone.now + Duration::from_millis(pause_ms);
            alone.tell(Input::Elapsed);
            prop_assert!(alone.most_held <= MEMORY_MAX);
        }
        let _ = alone.finish();
    }

    #[test]
    fn a_good_readout_is_the_same_whatever_the_split(pieces in vec(1..90_usize, 1..20), ciphered: bool) {
        let habits = if ciphered { Habits::locked() } else { Habits::default() };
        let ring = if ciphered { ring(right_keys()) } else { Arc::default() };
        let config = Config { keyring: ring, ..everything() };
        let (alone, _) = Alone::new(config).converse(Meter::new(habits), &pieces);
        let readout = alone.finish().unwrap();
        prop_assert_eq!((readout.registers.len(), readout.retries), (12, 0));
    }

    #[test]
    fn one_wrong_bit_anywhere_never_changes_a_register(bit in 0..9_200_usize) {
        let probe = Probe { flips_bit: Some(bit), ..Probe::default() };
        let whole = Bench::new(Habits::default()).read();
        let read = Bench { probe, ..Bench::new(Habits::default()) }.read();
        let readout = read.drive.result.unwrap();
        prop_assert_eq!(shown(&readout), shown(&whole.drive.result.unwrap()));
        prop_assert!(readout.retries <= 1);
    }

    #[test]
    fn whatever_a_dump_holds_it_is_decoded_or_passed_over(bytes in vec(prop_oneof![Just(0x7E), any::<u8>()], 0..900)) {
        let _ = decode(&bytes);
    }

    #[test]
    fn whatever_a_message_in_a_dump_holds_it_is_decoded_or_passed_over(
        tag in prop_oneof![Just(0xC4_u8), Just(0x0F), Just(0x61), Just(0xC0), Just(0xDB)],
        content in vec(any::<u8>(), 0..200),
    ) {
        let message = [&[0xE6, 0xE7, 0x00, tag][..], &content].concat();
        let _ = decode(&frame(&[0x21], &[0x02, 0x23], 0x10, false, &message));
    }
}
