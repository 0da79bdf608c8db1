//! How long a cold search takes to find a meter that pushes and never answers, on a wire with true times.

use std::{
    cell::Cell,
    io,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use super::{
    push_meter::{even, mode_d, p1},
    sml_meter::{entry, named, octets, signed, telegram, unsigned},
    wire::{Receiver, Wire},
};
use crate::{
    probe::{
        detect::{Aim, Attempt, Detect},
        drive::{Drive, DriveError, drive},
        error::ReadError,
        port::{Line, Progress, Settings},
        way::Family,
    },
    time::Moment,
};

const MS: u64 = 1_000_000;
/// No search takes longer.
const LONGEST_MS: u64 = 90_000;

#[test]
fn a_push_at_9600_is_found_in_the_quick_search() {
    // At most so long, by how often it comes; text says everything twice where it has no checksum.
    check(9_600, &sml(), &[(1_000, 1_100), (2_000, 7_500), (4_000, 9_300)]);
    check(9_600, &even(&mode_d("LMP5X", LINES)), &[(1_000, 2_100), (2_000, 9_500), (4_000, 13_300)]);
}

#[test]
fn a_push_at_another_speed_is_found_in_the_quick_search_because_it_is_noise_there() {
    check(2_400, &even(&mode_d("LMP3X", LINES)), &[(1_000, 12_200), (2_000, 22_000), (4_000, 26_300)]);
    check(115_200, &p1("LMP5X", &LINES.repeat(4)), &[(1_000, 7_300), (2_000, 12_500)]);
}

#[test]
fn a_push_each_10_s_is_found_in_the_longer_search_at_the_latest() {
    for (baud, bytes, longest_ms) in [
        (9_600, sml(), 10_200),
        (9_600, even(&mode_d("LMP5X", LINES)), 20_200),
        (2_400, even(&mode_d("LMP3X", LINES)), 47_000),
        (115_200, p1("LMP5X", &LINES.repeat(4)), 25_000),
    ] {
        for phase_ms in (0..10_000).step_by(610) {
            let meter = Meter { bytes: &bytes, baud, every_ms: 10_000, phase_ms };
            let (result, took, trail) = search(meter, true);
            assert!(result.is_ok() && took < Duration::from_millis(longest_ms), "{took:?} {trail:?}");
        }
    }
}

#[test]
fn who_stops_a_search_waits_no_longer_than_a_blink() {
    // While the line pauses, while somebody is asked, and while only a push is listened for.
    let bytes = mode_d("LMP3X", LINES);
    for stop_ms in (0..17_000).step_by(290) {
        let meter = Meter { bytes: &bytes, baud: 2_400, every_ms: 10_000, phase_ms: 0 };
        let (drive, _) = drive_on(meter, false, stop_ms);
        assert!(matches!(drive.result, Err(DriveError::Cancelled)), "{stop_ms} ms: {:?}", drive.result);
        assert!(drive.timing.wall <= Duration::from_millis(stop_ms + 100), "{:?}", drive.timing.wall);
    }
}

/// It is found within so many ms wherever in its time the search begins.
#[track_caller]
fn check(baud: u32, bytes: &[u8], expected: &[(u64, u64)]) {
    for &(every_ms, longest_ms) in expected {
        let mut worst = Duration::ZERO;
        for phase_ms in (0..every_ms).step_by(170) {
            let (result, took, trail) = search(Meter { bytes, baud, every_ms, phase_ms }, false);
            assert!(result.is_ok(), "every {every_ms} ms, from {phase_ms} ms on: {result:?} {trail:?}");
            worst = worst.max(took);
        }
        println!("{baud} Bd, every {every_ms} ms: {worst:?}");
        assert!(worst < Duration::from_millis(longest_ms), "every {every_ms} ms: {worst:?}");
    }
}

const LINES: &str = "1-0:0.0.0(00412345)\r\n1-0:1.8.0(012345.678*kWh)\r\n1-0:1.8.1(000012.345*kWh)\r\n\
    1-0:1.8.2(012333.333*kWh)\r\n1-0:2.8.0(000001.000*kWh)\r\n1-0:16.7.0(00.345*kW)\r\n1-0:32.7.0(230.1*V)\r\n\
    0-0:96.1.255(LMP0702815428)\r\n";

fn sml() -> Vec<u8> {
    telegram(&[
        named([1, 0, 96, 50, 1, 1], &octets(b"LMP")),
        named([1, 0, 96, 1, 0, 255], &octets(b"\x0A\x01LMP\x07\x00\x2A\xF5\xC4")),
        entry([1, 0, 1, 8, 0, 255], 30, -1, &unsigned(8, 12_345_678)),
        entry([1, 0, 2, 8, 0, 255], 30, -1, &unsigned(8, 90)),
        entry([1, 0, 16, 7, 0, 255], 27, -2, &signed(3, -12_605)),
    ])
}

/// Says the same every so often, whatever it is asked.
#[derive(Clone, Copy)]
struct Meter<'a> {
    bytes: &'a [u8],
    baud: u32,
    every_ms: u64,
    /// How far it is in its time when the search begins.
    phase_ms: u64,
}

fn search(meter: Meter<'_>, slow: bool) -> (Result<Family, ReadError>, Duration, Vec<Attempt>) {
    let (drive, trail) = drive_on(meter, slow, u64::MAX);
    let result = match drive.result {
        Ok(readout) => Ok(readout.way.family),
        Err(DriveError::Read(error)) => Err(error),
        Err(other) => panic!("{other}"),
    };
    (result, drive.timing.wall, trail)
}

/// Somebody stops it after so long.
fn drive_on(meter: Meter<'_>, slow: bool, stop_ms: u64) -> (Drive, Vec<Attempt>) {
    let mut wire = Wire::default();
    for at_ms in (0..LONGEST_MS).step_by(usize::try_from(meter.every_ms).unwrap()) {
        wire.say(at_ms * MS, meter.baud, meter.bytes);
    }
    let now_ns = Cell::new(meter.phase_ms * MS);
    let mut receiver = Receiver::new(300);
    receiver.set(now_ns.get(), 300);
    let (stops_ns, stop) =
        ((meter.phase_ms.saturating_add(stop_ms)).saturating_mul(MS), AtomicBool::new(false));
    let mut line = Pushing { now_ns: &now_ns, wire, receiver, stops_ns, stop: &stop };
    let clock = || Moment(now_ns.get() / 1_000);
    let mut detect = Detect::start(clock(), Aim { slow, ..Aim::default() });
    let drive = drive(&mut detect, &mut line, &clock, &stop, &mut |_: Progress| {});
    (drive, detect.trail().to_vec())
}

struct Pushing<'a> {
    now_ns: &'a Cell<u64>,
    wire: Wire,
    receiver: Receiver,
    stops_ns: u64,
    stop: &'a AtomicBool,
}

impl Pushing<'_> {
    fn pass(&self, until_ns: u64) {
        self.now_ns.set(self.now_ns.get().max(until_ns));
        self.stop.fetch_or(self.now_ns.get() >= self.stops_ns, Ordering::Relaxed);
    }
}

impl Line for Pushing<'_> {
    fn set(&mut self, settings: Settings) -> io::Result<()> {
        self.receiver.set(self.now_ns.get(), settings.baud);
        Ok(())
    }

    fn send(&mut self, _: &[u8]) -> io::Result<()> {
        Ok(())
    }

    fn receive(&mut self, buffer: &mut [u8], wait: Duration) -> io::Result<usize> {
        let until = self.now_ns.get() + u64::try_from(wait.as_nanos()).unwrap();
        let Some((byte, at)) = self.receiver.next(&self.wire, until) else {
            self.pass(until);
            return Ok(0);
        };
        self.pass(at);
        buffer[0] = byte;
        Ok(1)
    }
}
