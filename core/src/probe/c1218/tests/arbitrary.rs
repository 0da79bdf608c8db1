//! Whatever comes, a session neither panics nor goes on for ever, and no wrong bit ever changes a register.

use std::time::Duration;

use proptest::{collection::vec, prelude::*};

use super::{
    habits::Habits,
    line::{Probe, read},
    readouts::shown,
    tables::{configuration, tables},
    writer::Style,
};
use crate::{
    probe::{
        c1218::{
            Config, Session, decode,
            limits::{EXTRAS_TIME_MAX, REGISTERS_TIME_MAX},
            packet::single,
        },
        error::ReadError,
        part::{Span, Wants},
        port::{Input, Output},
        readout::Readout,
    },
    time::{Civil, Moment},
};

const STEPS_MAX: usize = 100_000;

fn everything() -> Config {
    let moment = |seconds| Civil::of_unix(seconds).unwrap();
    let profile = Some(Span { from: moment(0), to: moment(4_000_000_000) });
    Config { wants: Wants { events: true, profile, ..Wants::default() }, ..Config::default() }
}

/// A session on its own clock, told by hand what comes.
struct Alone {
    session: Session,
    now: Moment,
    waits_until: Moment,
    ended: Option<Result<Readout, ReadError>>,
}

impl Alone {
    fn new() -> Self {
        let now = Moment(0);
        let mut alone =
            Self { session: Session::start(now, everything()), now, waits_until: now, ended: None };
        alone.poll();
        alone
    }

    fn poll(&mut self) {
        while self.ended.is_none() {
            match self.session.poll(self.now) {
                Output::Send(_) | Output::Progress(_) | Output::Part(_) | Output::Set(_) => {}
                Output::Reserve(reservation) => panic!("{reservation:?}"),
                Output::Wait(until) => return self.waits_until = until,
                Output::Done(readout) => self.ended = Some(Ok(readout)),
            }
        }
    }

    fn tell(&mut self, input: Input<'_>) {
        if self.ended.is_none() {
            match self.session.handle(self.now, input) {
                Ok(()) => self.poll(),
                Err(error) => self.ended = Some(Err(error)),
            }
        }
    }

    fn say(&mut self, bytes: &[u8], pause_ms: u64) {
        self.tell(Input::Bytes(bytes));
        self.now = self.now + Duration::from_millis(pause_ms);
        self.tell(Input::Elapsed);
    }

    fn finish(mut self) -> Result<Readout, ReadError> {
        for _ in 0..STEPS_MAX {
            match self.ended {
                Some(ended) => return ended,
                None => {
                    self.now = self.now.max(self.waits_until);
                    self.tell(Input::Elapsed);
                }
            }
            let most = REGISTERS_TIME_MAX + EXTRAS_TIME_MAX + Duration::from_secs(5);
            assert!(self.now.since(Moment(0)) <= most, "{:?}", self.session);
        }
        panic!("{:?}", self.session);
    }
}

#[test]
fn a_line_that_never_stops_is_cut_off() {
    for pattern in
        [&b"\0"[..], b"\x06", b"\x15", b"\xEE", b"\xEE\0\0\0\0\x01\0", b"\xEE\0\xC0\x05\x04\0", &[0xFF, 0x55]]
    {
        let mut alone = Alone::new();
        for _ in 0..STEPS_MAX {
            alone.say(pattern, 30);
        }
        assert!(alone.ended.is_some_and(|ended| ended.is_err()), "{pattern:?}");
    }
}

#[test]
fn a_meter_that_answers_everything_alike_is_given_up() {
    for answer in [
        &[0][..],
        &[6],
        &[9],
        &[10],
        &[3],
        &[0, 0, 0, 0],
        &[0, 0, 1, 0, 0],
        &[0, 4, 0, 1, 6],
        &[0xFF],
        &[0; 1_000],
    ] {
        let mut alone = Alone::new();
        let mut toggle = false;
        for _ in 0..5_000 {
            toggle = !toggle;
            alone.say(&[&[0x06][..], &single(toggle, answer)].concat(), 100);
        }
        assert!(alone.finish().is_err(), "{answer:?}");
    }
}

#[test]
fn a_meter_that_says_the_same_again_and_again_is_given_up() {
    for answer in [&[0, 0, 1, 0, 0][..], &[0], &[0, 0, 2, 1, 1, 0xFE]] {
        let mut alone = Alone::new();
        let packet = [&[0x06][..], &single(true, answer)].concat();
        for _ in 0..5_000 {
            alone.say(&packet, 30);
        }
        assert!(alone.ended.is_some_and(|ended| ended.is_err()), "{answer:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn arbitrary_bytes_end_in_time_and_never_in_a_readout(said in vec((vec(any::<u8>(), 0..60), 0..3_000_u64), 0..60)) {
        let mut alone = Alone::new();
        said.iter().for_each(|(bytes, pause_ms)| alone.say(bytes, *pause_ms));
        prop_assert!(alone.finish().is_err());
    }

    #[test]
    fn packets_of_any_content_in_any_order_end_in_time(said in vec((vec(any::<u8>(), 1..40), 0..12_u8, any::<bool>(), 0..600_u64), 0..200)) {
        let mut alone = Alone::new();
        for (data, code, toggle, pause_ms) in said {
            alone.say(&[&[0x06][..], &single(toggle, &[&[code / 4], &data[..]].concat())].concat(), pause_ms);
        }
        let _ = alone.finish();
    }

    #[test]
    fn one_wrong_bit_anywhere_never_changes_a_register(bit in 0..30_000_usize) {
        let good = read(Habits::default(), Probe::default(), Config::default()).drive.result.unwrap();
        let habits = Habits { flips: Some(bit), ..Habits::default() };
        if let Ok(readout) = read(habits, Probe::default(), Config::default()).drive.result {
            prop_assert_eq!(readout.registers, good.registers);
        }
    }

    #[test]
    fn a_meter_whose_tables_hold_anything_is_read_or_given_up(changes in vec((0..30_usize, any::<usize>(), any::<u8>()), 1..20), cuts in vec((0..30_usize, any::<usize>()), 0..3)) {
        let mut habits = Habits::default();
        let numbers: Vec<u16> = habits.tables.keys().copied().collect();
        for (table, at, value) in changes {
            let table = habits.tables.get_mut(&numbers[table % numbers.len()]).unwrap();
            let length = table.len();
            if let Some(byte) = table.get_mut(at % length.max(1)) { *byte = value }
        }
        for (table, length) in cuts {
            let table = habits.tables.get_mut(&numbers[table % numbers.len()]).unwrap();
            table.truncate(length % (table.len() + 1));
        }
        let run = read(habits, Probe::default(), everything());
        prop_assert!(run.drive.timing.wall <= REGISTERS_TIME_MAX + EXTRAS_TIME_MAX);
    }

    #[test]
    fn arbitrary_dumps_are_decoded_without_a_word(bytes in vec(any::<u8>(), 0..600)) {
        let dump = decode(&bytes);
        prop_assert!(dump.readout.is_none());
    }

    #[test]
    fn tables_of_any_size_take_no_longer_than_they_must(sums in 0..=255_u8, demands in 0..=255_u8, occurrences in 0..4_u8, tiers in 0..=255_u8) {
        let style = Style::default();
        let mut habits = Habits::of(style);
        let limits = vec![0b10_0110, 0, 0, sums, demands, 0, occurrences, tiers, 0, 0];
        let (sums, demands, blocks) = (usize::from(sums), usize::from(demands), 1 + usize::from(tiers));
        let block = sums * 6 + demands * (usize::from(occurrences) * 9 + 6);
        habits.tables = tables(style);
        habits.tables.retain(|table, _| *table < 20);
        habits.tables.insert(0, configuration(style, &[1, 11, 12, 16, 21, 22, 23]));
        habits.tables.insert(21, limits);
        habits.tables.insert(22, vec![0; sums + demands + demands.div_ceil(8)]);
        habits.tables.insert(23, vec![1; 1 + block * blocks]);
        let run = read(habits, Probe::default(), Config::default());
        if let Ok(readout) = run.drive.result {
            prop_assert!(readout.registers.len() <= 2_048 && !readout.registers.iter().map(shown).any(|shown| shown.is_empty()));
        }
    }
}
