//! Whatever comes, a session neither panics nor goes on for ever, and how bytes are split changes nothing.

use std::time::Duration;

use proptest::{collection::vec, prelude::*};

use crate::{
    obis::Obis,
    probe::{
        error::ReadError,
        iec62056::{Config, Session},
        part::{Span, Wants},
        port::{Input, Output, Settings},
        readout::Readout,
    },
    time::Moment,
};

/// More than the longest readout may take.
const LONGEST: Duration = Duration::from_secs(11 * 60);
const STEPS_MAX: usize = 1_000_000;

/// A session on its own clock, told by hand what comes.
struct Alone {
    session: Session,
    now: Moment,
    waits_until: Moment,
    settings: Option<Settings>,
    ended: Option<Result<Readout, ReadError>>,
}

impl Alone {
    fn new() -> Self {
        Self::with(Config::default())
    }

    /// In programming mode, after its first question.
    fn inside(config: Config) -> Self {
        let mut alone = Self::with(config);
        alone.tell(Input::Bytes(IDENT));
        alone.elapse();
        alone.tell(Input::Bytes(SEED));
        alone.elapse();
        alone
    }

    fn with(config: Config) -> Self {
        let now = Moment(0);
        let session = Session::start(now, config);
        let mut alone = Self { session, now, waits_until: now, settings: None, ended: None };
        alone.poll();
        alone
    }

    fn poll(&mut self) {
        while self.ended.is_none() {
            match self.session.poll(self.now) {
                Output::Send(_) | Output::Progress(_) | Output::Part(_) | Output::Reserve(_) => {}
                Output::Set(settings) => self.settings = Some(settings),
                Output::Wait(until) => return self.waits_until = until,
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
        for _ in 0..STEPS_MAX {
            match self.ended {
                Some(ended) => return ended,
                None => self.elapse(),
            }
            assert!(self.now.since(Moment(0)) <= LONGEST, "{:?}", self.session);
        }
        panic!("{:?}", self.session);
    }
}

const IDENT: &[u8] = b"/ABC5X\r\n";
const SEED: &[u8] = b"\x01P0\x02(1)\x03Q";
const ANSWER: &[u8] = b"\x021.8.0(1)\x03\n";
const BLOCK: &[u8] = b"\x021.8.0(1)\r\n!\r\n\x03+";

#[test]
fn an_address_is_asked_for_by_name() {
    let config = Config { address: Some("00412345".parse().unwrap()), ..Config::default() };
    let mut session = Session::start(Moment(0), config);
    let sent = std::iter::from_fn(|| Some(session.poll(Moment(0)))).find_map(|output| match output {
        Output::Send(bytes) => Some(bytes.iter().map(|byte| byte & 0x7F).collect::<Vec<u8>>()),
        Output::Set(_)
        | Output::Progress(_)
        | Output::Wait(_)
        | Output::Done(_)
        | Output::Part(_)
        | Output::Reserve(_) => None,
    });
    assert_eq!(sent.as_deref(), Some(b"/?00412345!\r\n".as_slice()));
}

#[test]
fn a_line_that_never_stops_is_cut_off() {
    for pattern in
        [b"\0".as_slice(), b"x", b"\x02", b"/ABC", b"1.8.0(1)\r\n", b"(", b"/ABC X\r\n", &[0xFF, 0x55]]
    {
        let mut alone = Alone::new();
        for _ in 0..STEPS_MAX {
            alone.tell(Input::Bytes(pattern));
            alone.now = alone.now + Duration::from_millis(30);
            if alone.now >= alone.waits_until {
                alone.tell(Input::Elapsed);
            }
        }
        assert!(alone.ended.is_some_and(|ended| ended.is_err()), "{pattern:?}");
    }
}

fn single() -> Config {
    Config { single: vec!["1.8.0".into()], ..Config::default() }
}

fn everything() -> Config {
    let at = |day| crate::time::Civil::new(2026, 11, day, 0, 0, 0).unwrap();
    let wants = Wants { profile: Some(Span { from: at(1), to: at(30) }), events: true, beside_only: false };
    Config { wants, ..single() }
}

#[test]
fn a_register_is_read_in_programming_mode() {
    let mut alone = Alone::inside(single());
    alone.tell(Input::Bytes(ANSWER));
    assert_eq!(alone.finish().unwrap().registers.len(), 1);
}

#[test]
fn another_meter_in_between_is_not_asked_for_what_this_one_should_tell() {
    let wants = Wants { events: true, ..Wants::default() };
    let mut alone = Alone::with(Config { wants, ..Config::default() });
    alone.tell(Input::Bytes(IDENT));
    alone.elapse();
    alone.tell(Input::Bytes(BLOCK));
    alone.elapse();
    alone.tell(Input::Bytes(b"/XYZ5X\r\n"));
    assert_eq!(alone.ended.unwrap().unwrap().identity, "ABC5X");
}

#[test]
fn a_meter_that_never_stops_answering_is_cut_off() {
    let open = b"\x02P.01(2611010015)(00)(15)(1)(1.5)(kW)(1)\x04".as_slice();
    let check = open[1..].iter().fold(0, |sum, byte| sum ^ byte);
    let part = [open, &[check]].concat();
    let mut alone = Alone::inside(everything());
    alone.tell(Input::Bytes(ANSWER));
    alone.elapse();
    for _ in 0..STEPS_MAX {
        alone.tell(Input::Bytes(&part));
        alone.elapse();
    }
    // The register that has come is kept.
    assert_eq!(alone.ended.unwrap().unwrap().registers.len(), 1);
}

proptest! {
    #[test]
    fn arbitrary_bytes_in_programming_mode_end_in_time_and_never_in_a_register(
        said in vec((vec(any::<u8>(), 0..60), 0..3_000_u64), 0..60)
    ) {
        let mut alone = Alone::inside(single());
        for (bytes, pause_ms) in said {
            alone.tell(Input::Bytes(&bytes));
            alone.now = alone.now + Duration::from_millis(pause_ms);
            alone.tell(Input::Elapsed);
        }
        prop_assert!(alone.finish().is_err());
    }

    #[test]
    fn words_of_programming_mode_in_any_order_end_in_time(said in vec((0..14_usize, 0..3_000_u64), 0..80)) {
        let words: [&[u8]; 14] = [
            IDENT, SEED, ANSWER, BLOCK, b"\x06", b"\x15", b"\x01B0\x03q", b"\x02(ER01)\x03t", b"\x02", b"\x04",
            b"P.01(2611010015)(00)(15)(1)(1.5)(kW)", b"(1)\x03", b"P.98(2611010015)(80)()(0)", b"\x01",
        ];
        let mut alone = Alone::inside(everything());
        for (word, pause_ms) in said {
            alone.tell(Input::Bytes(words[word]));
            alone.now = alone.now + Duration::from_millis(pause_ms);
            alone.tell(Input::Elapsed);
        }
        let _ = alone.finish();
    }

    #[test]
    fn one_wrong_bit_of_an_answer_never_changes_a_register(at in 0..ANSWER.len(), bit in 0..7_u32) {
        let mut answer = ANSWER.to_vec();
        answer[at] ^= 1 << bit;
        let mut alone = Alone::inside(single());
        alone.tell(Input::Bytes(&answer));
        prop_assert!(alone.finish().is_err());
    }

    #[test]
    fn arbitrary_bytes_end_in_time_and_never_in_a_readout(said in vec((vec(any::<u8>(), 0..60), 0..3_000_u64), 0..60)) {
        let mut alone = Alone::new();
        for (bytes, pause_ms) in said {
            alone.tell(Input::Bytes(&bytes));
            alone.now = alone.now + Duration::from_millis(pause_ms);
            alone.tell(Input::Elapsed);
        }
        prop_assert!(alone.finish().is_err());
    }

    #[test]
    fn words_of_the_protocol_in_any_order_end_in_time(said in vec((0..12_usize, 0..3_000_u64), 0..80)) {
        let words: [&[u8]; 12] = [
            b"/ABC5X\r\n", b"/ABCEX\r\n", b"/KAM X\r\n", b"/?!\r\n", b"\x06050\r\n", b"\x02", b"\x03", b"!\r\n",
            b"1.8.0(1*kWh)\r\n", b"\x15", b"+", b"1.6.0(",
        ];
        let mut alone = Alone::new();
        for (word, pause_ms) in said {
            alone.tell(Input::Bytes(words[word]));
            alone.now = alone.now + Duration::from_millis(pause_ms);
            alone.tell(Input::Elapsed);
        }
        let _ = alone.finish();
    }

    #[test]
    fn a_good_readout_is_the_same_whatever_the_split(cuts in vec(1..9_usize, 40), gap_ms in 0..40_u64) {
        let mut alone = Alone::new();
        let mut cuts = cuts.into_iter().cycle();
        let mut say = |alone: &mut Alone, mut bytes: &[u8]| {
            while !bytes.is_empty() {
                let (now, later) = bytes.split_at(cuts.next().unwrap().min(bytes.len()));
                alone.tell(Input::Bytes(now));
                alone.now = alone.now + Duration::from_millis(gap_ms);
                bytes = later;
            }
        };
        say(&mut alone, IDENT);
        alone.elapse();
        prop_assert_eq!(alone.settings.map(|settings| settings.baud), Some(9_600));
        say(&mut alone, BLOCK);
        let readout = alone.finish().unwrap();
        prop_assert_eq!(readout.registers.len(), 1);
        prop_assert_eq!((readout.identity.as_str(), readout.retries), ("ABC5X", 0));
    }

    #[test]
    fn one_wrong_bit_anywhere_never_changes_a_register(at in 0..BLOCK.len(), bit in 0..7_u32) {
        let mut block = BLOCK.to_vec();
        block[at] ^= 1 << bit;
        let mut alone = Alone::new();
        alone.tell(Input::Bytes(IDENT));
        alone.elapse();
        alone.tell(Input::Bytes(&block));
        prop_assert!(alone.finish().is_err());
    }

    #[test]
    fn up_to_three_wrong_bits_on_a_raw_line_never_change_a_register(flips in vec((0..IDENT.len() + BLOCK.len(), 0..8_u32), 1..4)) {
        let even = |byte: &u8| if byte.count_ones().is_multiple_of(2) { *byte } else { byte | 0x80 };
        let mut said: Vec<u8> = IDENT.iter().chain(BLOCK).map(even).collect();
        flips.into_iter().for_each(|(at, bit)| said[at] ^= 1 << bit);
        let mut alone = Alone::new();
        let (ident, block) = said.split_at(IDENT.len());
        alone.tell(Input::Bytes(ident));
        alone.elapse();
        alone.tell(Input::Bytes(block));
        if let Ok(readout) = alone.finish() {
            // The identification has no checksum: two flips in one of its characters pass unseen.
            let [only] = readout.registers.as_slice() else { panic!("{readout:?}") };
            prop_assert_eq!((only.obis, only.value.to_string()), (Obis::ACTIVE_IMPORT, "1".into()));
        }
    }
}
