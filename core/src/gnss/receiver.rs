//! A GNSS receiver as a value: NMEA bytes in, fixes out. It opens no port and reads no clock, and it never makes
//! a fix of a sentence that says that there is none.

use nmea::{
    ParseResult,
    sentences::{FixType, rmc::RmcStatusOfFix},
};

use super::{
    epoch::{Claim, Epoch, Kind, Told, nearest_moment, unrolled},
    fix::{Fix, FixQuality},
    line::{Dropped, Lines, checksum},
};
use crate::{place::Position, time::UtcMs};

/// A moment is told to its end when the receiver pauses for so long.
pub const SETTLE_MS: i64 = 200;

/// A receiver that says nothing sensible for so long is silent: unplugged, switched off, or no receiver.
pub const SILENT_MS: i64 = 5_000;

/// Knots to metres a second.
const KNOT_MPS: f64 = 1_852.0 / 3_600.0;

/// What a receiver brought.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A position. About once a second.
    Fix(Fix),
    /// The receiver works and has no position. Said once until the next fix.
    Lost,
    /// The receiver does not talk, or nothing that we understand. Said once until it does.
    Silent,
}

/// What we know of one receiver.
#[derive(Clone, Debug, Default)]
pub struct Receiver {
    lines: Lines,
    open: Option<Epoch>,
    /// The last moment of which the receiver told date and time.
    moment: Option<UtcMs>,
    /// When it last said something sensible, or when we began to listen.
    heard_at: Option<UtcMs>,
    silent: bool,
    lost: bool,
    unread: u64,
}

impl Receiver {
    /// A receiver that has not spoken.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the bytes that came at `now`. To be called without bytes, too, a few times a second: a pause ends
    /// a moment, and a long one means silence.
    pub fn handle(&mut self, bytes: &[u8], now: UtcMs) -> Vec<Event> {
        let mut events = vec![];
        if !self.silent {
            self.heard_at.get_or_insert(now);
        }
        if self.pause_ms(now) >= SETTLE_MS {
            self.close(&mut events);
        }
        for line in self.lines.push(bytes) {
            self.heard_at = Some(now);
            self.silent = false;
            match read(&line) {
                Sentence::Told(told) => self.hear(told, now, &mut events),
                Sentence::Unused => {}
                Sentence::Unreadable => self.unread += 1,
            }
        }
        if self.pause_ms(now) >= SILENT_MS {
            self.heard_at = None;
            self.silent = true;
            self.moment = None;
            events.push(Event::Silent);
        }
        events
    }

    /// Ends the last moment: the log is over, or the port was closed.
    pub fn finish(&mut self) -> Vec<Event> {
        let mut events = vec![];
        self.close(&mut events);
        events
    }

    /// What was dropped before it was a line.
    pub const fn dropped(&self) -> Dropped {
        self.lines.dropped()
    }

    /// How many whole lines of a kind that we use could not be read.
    pub const fn unreadable(&self) -> u64 {
        self.unread
    }

    fn pause_ms(&self, now: UtcMs) -> i64 {
        self.heard_at.map_or(0, |heard_at| now.since(heard_at))
    }

    fn hear(&mut self, told: Told, now: UtcMs, events: &mut Vec<Event>) {
        if let (Kind::Zda, Some(midnight), Some(time)) = (told.kind, told.midnight_ms, told.time_ms) {
            // Some receivers announce the next second here, so that it only sets the calendar.
            self.moment = Some(UtcMs(midnight + time));
            return;
        }
        match &mut self.open {
            Some(epoch) if epoch.takes(&told) => epoch.add(told),
            Some(_) => {
                self.close(events);
                self.open = Some(Epoch::new(told, now));
            }
            None => self.open = Some(Epoch::new(told, now)),
        }
    }

    fn close(&mut self, events: &mut Vec<Event>) {
        let Some(epoch) = self.open.take().filter(Epoch::has_say) else { return };
        let derived = || Some(nearest_moment(self.moment?, epoch.time_ms()?));
        let taken_at = epoch.dated().or_else(derived);
        self.moment = taken_at.or(self.moment);
        let taken_at = taken_at.map(|taken_at| unrolled(taken_at, epoch.seen_at()));
        match epoch.fix(taken_at) {
            Some(fix) => {
                self.lost = false;
                events.push(Event::Fix(fix));
            }
            None if !self.lost => {
                self.lost = true;
                events.push(Event::Lost);
            }
            None => {}
        }
    }
}

/// One line, understood.
enum Sentence {
    Told(Told),
    Unused,
    Unreadable,
}

/// Reads the text between `$` and `*`.
fn read(body: &str) -> Sentence {
    let fields: Vec<&str> = body.split(',').collect();
    let kind = match fields[0].get(2..) {
        _ if fields[0].starts_with('P') => return Sentence::Unused,
        Some("GGA") => Kind::Gga,
        Some("RMC") => Kind::Rmc,
        Some("GLL") => Kind::Gll,
        Some("GNS") => Kind::Gns,
        Some("GST") => Kind::Gst,
        Some("GSA") => Kind::Gsa,
        Some("VTG") => Kind::Vtg,
        Some("ZDA") => Kind::Zda,
        _ => return Sentence::Unused,
    };
    let time_ms = fields.get(if kind == Kind::Gll { 5 } else { 1 }).copied().and_then(time_of_day);
    let nothing =
        Told { time_ms: time_ms.filter(|_| !matches!(kind, Kind::Gsa | Kind::Vtg)), ..Told::nothing(kind) };
    if is_void(kind, &fields) {
        return Sentence::Told(Told { claim: Claim::Void, ..nothing });
    }
    match parse(body).and_then(|result| told(nothing, &result)) {
        Some(told) => Sentence::Told(told),
        None => Sentence::Unreadable,
    }
}

/// Whether the sentence itself says that it has no position. Looked at before anything else is read, because the
/// rest of such a sentence is often beyond reading. The navigational status that RMC got in version 4.1 is left
/// aside: receivers that do not determine it send `V` there with a perfect fix.
fn is_void(kind: Kind, fields: &[&str]) -> bool {
    let field = |index: usize| fields.get(index).copied().unwrap_or_default();
    let no_mode = |index: usize| matches!(field(index), "N" | "M" | "S");
    let valid = |index: usize| matches!(field(index), "A" | "D");
    match kind {
        Kind::Gga => matches!(field(6), "" | "0" | "7" | "8"),
        Kind::Rmc => !valid(2) || no_mode(12),
        Kind::Gll => !valid(6) || no_mode(7),
        Kind::Gns => field(6).bytes().all(|mode| matches!(mode, b'N' | b'M' | b'S')),
        Kind::Gsa => field(2) == "1",
        Kind::Gst | Kind::Vtg | Kind::Zda => false,
    }
}

/// Through the crate, which wants a checksum, and a last comma in GLL that version 2.1 did not have.
fn parse(body: &str) -> Option<ParseResult> {
    let old_gll = body.get(2..6) == Some("GLL,") && body.bytes().filter(|&byte| byte == b',').count() == 6;
    let body = format!("{body}{}", if old_gll { "," } else { "" });
    nmea::parse_str(&format!("${body}*{:02X}", checksum(&body))).ok()
}

/// Adds what the crate read to what is known of the sentence.
#[expect(clippy::wildcard_enum_match_arm, reason = "sentences that are not used; there are two dozen")]
fn told(nothing: Told, result: &ParseResult) -> Option<Told> {
    Some(match result {
        ParseResult::GGA(gga) => Told {
            claim: claim(gga.fix_type?),
            position: place(gga.latitude, gga.longitude),
            satellites: gga.fix_satellites.and_then(|count| u8::try_from(count).ok()),
            hdop: positive(gga.hdop),
            ..nothing
        },
        ParseResult::RMC(rmc) => Told {
            claim: match (rmc.faa_mode, rmc.status_of_fix) {
                (Some(mode), _) => claim(mode.into()),
                (None, RmcStatusOfFix::Autonomous) => Claim::Known(FixQuality::Autonomous),
                (None, RmcStatusOfFix::Differential) => Claim::Known(FixQuality::Corrected),
                (None, RmcStatusOfFix::Invalid) => Claim::Void,
            },
            midnight_ms: rmc
                .fix_date
                .and_then(|date| Some(date.and_hms_opt(0, 0, 0)?.and_utc().timestamp_millis())),
            position: place(rmc.lat, rmc.lon),
            speed_mps: speed(rmc.speed_over_ground),
            course_deg: course(rmc.true_course),
            ..nothing
        },
        ParseResult::GLL(gll) => Told {
            claim: gll.faa_mode.map_or(Claim::Known(FixQuality::Autonomous), |mode| claim(mode.into())),
            position: place(gll.latitude, gll.longitude),
            ..nothing
        },
        ParseResult::GNS(gns) => Told {
            claim: claim(gns.faa_modes.into()),
            position: place(gns.lat, gns.lon),
            satellites: u8::try_from(gns.nsattelites).ok(),
            hdop: positive(gns.hdop),
            ..nothing
        },
        ParseResult::GST(gst) => Told {
            accuracy_m: positive(gst.lat_sd).zip(positive(gst.long_sd)).map(|(lat, lon)| lat.hypot(lon)),
            ..nothing
        },
        ParseResult::GSA(gsa) => {
            Told { claim: Claim::Known(FixQuality::Autonomous), hdop: positive(gsa.hdop), ..nothing }
        }
        ParseResult::VTG(vtg) => {
            Told { speed_mps: speed(vtg.speed_over_ground), course_deg: course(vtg.true_course), ..nothing }
        }
        ParseResult::ZDA(zda) => Told {
            midnight_ms: zda
                .utc_date()
                .and_then(|date| Some(date.and_hms_opt(0, 0, 0)?.and_utc().timestamp_millis())),
            ..nothing
        },
        _ => return None,
    })
}

fn claim(fix_type: FixType) -> Claim {
    match fix_type {
        FixType::Gps => Claim::Known(FixQuality::Autonomous),
        FixType::DGps | FixType::Pps | FixType::Rtk | FixType::FloatRtk => {
            Claim::Known(FixQuality::Corrected)
        }
        FixType::Estimated => Claim::Known(FixQuality::Estimated),
        FixType::Invalid | FixType::Manual | FixType::Simulation => Claim::Void,
    }
}

/// Exactly zero north, zero east is what a receiver shows that knows nothing.
fn place(lat: Option<f64>, lon: Option<f64>) -> Option<Position> {
    Position::from_degrees(lat?, lon?).filter(|position| position.lat_e7() != 0 || position.lon_e7() != 0)
}

/// Milliseconds since midnight of `hhmmss` and perhaps a fraction.
fn time_of_day(text: &str) -> Option<i64> {
    let (clock, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if clock.len() != 6 || !is_number(clock) || !is_number(fraction) {
        return None;
    }
    let two = |from: usize| clock.get(from..from + 2)?.parse::<i64>().ok();
    let (hour, minute, second) = (two(0)?, two(2)?, two(4)?);
    // 60 is a leap second.
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let milli: i64 = format!("{fraction:0<3}").get(..3)?.parse().ok()?;
    Some(((hour * 60 + minute) * 60 + second) * 1_000 + milli)
}

fn positive(value: Option<f32>) -> Option<f64> {
    value.map(f64::from).filter(|value| value.is_finite() && *value > 0.0)
}

fn speed(knots: Option<f32>) -> Option<f64> {
    knots.map(|knots| f64::from(knots) * KNOT_MPS).filter(|speed| speed.is_finite() && *speed >= 0.0)
}

fn course(degrees: Option<f32>) -> Option<f64> {
    degrees.map(f64::from).filter(|degrees| (0.0..=360.0).contains(degrees))
}
