//! Whatever comes, a session neither panics nor goes on for ever, and how bytes are split changes nothing.

use std::time::Duration;

use proptest::{collection::vec, prelude::*};

use super::beam::{config, known};
use crate::{
    probe::{
        dlt645::{Config, Decoded, Opening, Session, decode},
        error::ReadError,
        part::{Span, Wants},
        port::{Input, Output},
        readout::Readout,
    },
    time::Moment,
};

const LONGEST: Duration = Duration::from_mins(96);
const STEPS_MAX: usize = 1_000_000;
const ADDRESS: &str = "204617583902";

/// A session on its own clock, told by hand what comes.
struct Alone {
    session: Session,
    now: Moment,
    waits_until: Moment,
    sent: Vec<Vec<u8>>,
    ended: Option<Result<Readout, ReadError>>,
}

impl Alone {
    fn new(config: Config) -> Self {
        let now = Moment(0);
        let session = Session::start(now, config);
        let mut alone = Self { session, now, waits_until: now, sent: vec![], ended: None };
        alone.poll();
        alone
    }

    fn poll(&mut self) {
        while self.ended.is_none() {
            match self.session.poll(self.now) {
                Output::Send(bytes) => self.sent.push(bytes),
                Output::Progress(_) | Output::Part(_) | Output::Reserve(_) | Output::Set(_) => {}
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

fn all(opening: Opening) -> Config {
    let span =
        Span { from: "2026-11-01T00:00:00".parse().unwrap(), to: "2026-11-23T00:00:00".parse().unwrap() };
    Config {
        full: true,
        wants: Wants { profile: Some(span), events: true, ..Wants::default() },
        ..config(opening)
    }
}

fn openings() -> impl Strategy<Value = Opening> {
    prop_oneof![Just(Opening::Ask2007), Just(Opening::Ask1997), Just(known(ADDRESS))]
}

/// A frame of a meter, its bytes put together by hand.
fn frame(control: u8, content: &[u8]) -> Vec<u8> {
    let mut frame =
        vec![0x68, 0x02, 0x39, 0x58, 0x17, 0x46, 0x20, 0x68, control, u8::try_from(content.len()).unwrap()];
    frame.extend(content.iter().map(|byte| byte.wrapping_add(0x33)));
    frame.push(frame.iter().fold(0_u8, |sum, &byte| sum.wrapping_add(byte)));
    frame.push(0x16);
    frame
}

const ENERGY: [u8; 8] = [0x00, 0xFF, 0x01, 0x00, 0x67, 0x45, 0x23, 0x01];

fn shown(readout: &Readout) -> Vec<String> {
    readout.registers.iter().map(|datum| format!("{} {}", datum.obis, datum.value)).collect()
}

#[test]
fn a_line_that_never_stops_is_cut_off() {
    let energy = frame(0x91, &ENERGY);
    for pattern in [b"\0".as_slice(), b"\x68", b"\x16", b"\xFE", &[0x68, 0xFF], &energy, &energy[..20]] {
        for opening in [Opening::Ask2007, Opening::Ask1997, known(ADDRESS)] {
            let mut alone = Alone::new(all(opening));
            for _ in 0..STEPS_MAX {
                alone.tell(Input::Bytes(pattern));
                alone.now = alone.now + Duration::from_millis(30);
                if alone.now >= alone.waits_until {
                    alone.tell(Input::Elapsed);
                }
                if alone.ended.is_some() {
                    break;
                }
            }
            assert!(alone.ended.is_some(), "{pattern:02X?} {opening:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes_end_in_time_and_never_in_a_readout(
        opening in openings(),
        said in vec((vec(any::<u8>(), 0..60), 0..3_000_u64), 0..60),
    ) {
        let mut alone = Alone::new(all(opening));
        for (bytes, pause_ms) in said {
            alone.tell(Input::Bytes(&bytes));
            alone.now = alone.now + Duration::from_millis(pause_ms);
            alone.tell(Input::Elapsed);
        }
        prop_assert!(alone.finish().is_err());
    }

    /// Answers of the right form and any content, to whatever is asked.
    #[test]
    fn any_content_in_good_frames_ends_in_time(
        opening in openings(),
        said in vec((vec(any::<u8>(), 0..190), any::<u8>(), 0..6_u8), 1..80),
    ) {
        let mut alone = Alone::new(all(opening));
        let mut said = said.into_iter().cycle();
        for _ in 0..3_000 {
            let Some(sent) = alone.sent.pop() else {
                if alone.ended.is_some() { break }
                alone.elapse();
                continue;
            };
            let asked: Vec<u8> = sent[14..sent.len() - 2].iter().map(|byte| byte.wrapping_sub(0x33)).collect();
            let function = sent[12];
            let name = asked.iter().take(if function > 0x10 { 4 } else { 2 });
            let (content, last, habit) = said.next().unwrap();
            let content: Vec<u8> = name.copied().chain(content).chain([last]).collect();
            match habit {
                0 => {}
                1 => alone.tell(Input::Bytes(&frame(function | 0xC0, &[last]))),
                2 => alone.tell(Input::Bytes(&frame(function | 0xA0, &content))),
                _ => alone.tell(Input::Bytes(&frame(function | 0x80, &content))),
            }
        }
        let _ = alone.finish();
    }

    #[test]
    fn a_good_answer_is_the_same_whatever_the_split(cuts in vec(1..9_usize, 40), gap_ms in 0..15_u64) {
        let mut alone = Alone::new(config(known(ADDRESS)));
        let mut cuts = cuts.into_iter().cycle();
        let said = [vec![0xFE; 4], frame(0x91, &ENERGY)].concat();
        alone.now = alone.now + Duration::from_millis(250);
        let mut bytes = said.as_slice();
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(cuts.next().unwrap().min(bytes.len()));
            alone.tell(Input::Bytes(now));
            alone.now = alone.now + Duration::from_millis(gap_ms);
            bytes = later;
        }
        alone.elapse();
        prop_assert_eq!(alone.sent.len(), 2);
    }

    #[test]
    fn one_wrong_bit_anywhere_never_changes_a_value(at in 0..20_usize, bit in 0..8_u32) {
        let mut said = frame(0x91, &ENERGY);
        prop_assert_eq!(said.len(), 20);
        said[at] ^= 1 << bit;
        let mut alone = Alone::new(config(known(ADDRESS)));
        alone.tell(Input::Bytes(&said));
        let outcome = alone.finish();
        prop_assert!(outcome.is_err(), "{:?}", outcome);
        prop_assert_eq!(decode(&said), Vec::<Decoded>::new());
    }

    #[test]
    fn a_good_answer_is_found_in_any_junk(before in vec(any::<u8>(), 0..80)) {
        let mut alone = Alone::new(config(known(ADDRESS)));
        alone.tell(Input::Bytes(&[before.as_slice(), &frame(0x91, &ENERGY)].concat()));
        for _ in 0..20 {
            alone.elapse();
            alone.tell(Input::Bytes(&frame(0xD1, &[2])));
        }
        let readout = alone.finish().unwrap();
        prop_assert_eq!(shown(&readout), ["1-0:1.8.0*255 12345.67"]);
    }

    #[test]
    fn arbitrary_captures_are_decoded_without_harm(bytes in vec(any::<u8>(), 0..4_000)) {
        let _ = decode(&bytes);
    }
}
