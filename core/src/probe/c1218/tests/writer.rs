//! Writes tables field by field, from what the book says and not from how we read it.

/// How a meter writes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Style {
    pub(super) big: bool,
    /// `NI_FORMAT1` and `NI_FORMAT2`.
    pub(super) sums: u8,
    pub(super) demands: u8,
    /// `TM_FORMAT`.
    pub(super) time: u8,
    /// Numbers of devices in decimal digits.
    pub(super) digits: bool,
    /// `DATA_ACCESS_METHOD`.
    pub(super) access: u8,
}

impl Default for Style {
    fn default() -> Self {
        Self { big: false, sums: 10, demands: 8, time: 2, digits: false, access: 1 }
    }
}

/// A table in the making.
pub(super) struct Writer {
    style: Style,
    bytes: Vec<u8>,
}

impl Writer {
    pub(super) const fn new(style: Style) -> Self {
        Self { style, bytes: Vec::new() }
    }

    pub(super) fn done(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.bytes)
    }

    pub(super) fn raw(&mut self, bytes: &[u8]) -> &mut Self {
        self.bytes.extend(bytes);
        self
    }

    pub(super) fn text(&mut self, text: &str, width: usize) -> &mut Self {
        let padded = format!("{text:<width$}");
        self.raw(padded.as_bytes())
    }

    /// The lowest bytes of a whole number.
    pub(super) fn whole(&mut self, value: i64, bytes: usize) -> &mut Self {
        let mut little = value.to_le_bytes()[..bytes].to_vec();
        if self.style.big {
            little.reverse();
        }
        self.raw(&little)
    }

    pub(super) fn sum(&mut self, value: &str) -> &mut Self {
        self.number(self.style.sums, value)
    }

    pub(super) fn demand(&mut self, value: &str) -> &mut Self {
        self.number(self.style.demands, value)
    }

    /// A decimal in one of the fourteen formats.
    pub(super) fn number(&mut self, format: u8, value: &str) -> &mut Self {
        let places = value.split_once('.').map_or(0, |(_, places)| places.len());
        let all: i64 = value.replace('.', "").parse().unwrap();
        let whole = || {
            assert_eq!(all % 10_i64.pow(places as u32), 0, "{value} is no whole number");
            all / 10_i64.pow(places as u32)
        };
        match format {
            0 => {
                let bits = value.parse::<f64>().unwrap().to_bits();
                self.whole(bits as i64, 8)
            }
            1 => {
                let bits = value.parse::<f32>().unwrap().to_bits();
                self.whole(bits.into(), 4)
            }
            2 => self.raw(format!("{value:>12}").as_bytes()),
            3 => self.raw(format!("{value:<6}").as_bytes()),
            13 => self.raw(format!("{value:>21}").as_bytes()),
            4 => {
                assert!(places <= 4);
                self.whole(all * 10_i64.pow(4 - places as u32), 4)
            }
            5 => self.digits(&whole().to_string(), 6),
            6 => self.digits(&whole().to_string(), 4),
            12 => self.digits(&whole().to_string(), 8),
            7 => self.whole(whole(), 3),
            8 => self.whole(whole(), 4),
            9 => self.whole(whole(), 5),
            10 => self.whole(whole(), 6),
            11 => self.whole(whole(), 8),
            _ => panic!("format {format}"),
        }
    }

    /// Two decimal digits a byte.
    pub(super) fn digits(&mut self, digits: &str, bytes: usize) -> &mut Self {
        let padded = format!("{digits:0>width$}", width = bytes * 2);
        let bytes: Vec<u8> =
            (0..bytes).map(|at| u8::from_str_radix(&padded[at * 2..at * 2 + 2], 16).unwrap()).collect();
        self.raw(&bytes)
    }

    /// `YYMMDDhhmm` of this century, or ten zeros for never.
    pub(super) fn minute(&mut self, at: &str) -> &mut Self {
        assert_eq!(at.len(), 10);
        self.moment(&format!("{at}00"), false)
    }

    /// `YYMMDDhhmmss`.
    pub(super) fn second(&mut self, at: &str) -> &mut Self {
        assert_eq!(at.len(), 12);
        self.moment(at, true)
    }

    fn moment(&mut self, at: &str, with_second: bool) -> &mut Self {
        let fields: Vec<i64> = (0..6).map(|field| at[field * 2..field * 2 + 2].parse().unwrap()).collect();
        let count = if with_second { 6 } else { 5 };
        let seconds = if fields[1] == 0 { 0 } else { since_1970(&fields) };
        match self.style.time {
            0 => self,
            1 => self.digits(&at[..count * 2], count),
            2 => {
                let bytes: Vec<u8> = fields[..count].iter().map(|&field| field as u8).collect();
                self.raw(&bytes)
            }
            3 if with_second => self.whole(seconds / 60, 4).raw(&[(seconds % 60) as u8]),
            3 => self.whole(seconds / 60, 4),
            4 => self.whole(seconds, 4),
            other => panic!("time {other}"),
        }
    }
}

/// Day by day, so that nothing is taken over from a calendar.
fn since_1970(fields: &[i64]) -> i64 {
    let is_leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let year = 2000 + fields[0];
    let years: i64 = (1970..year).map(|year| if is_leap(year) { 366 } else { 365 }).sum();
    let lengths = [31, if is_leap(year) { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let months: i64 = lengths[..fields[1] as usize - 1].iter().sum();
    ((years + months + fields[2] - 1) * 24 + fields[3]) * 3_600 + fields[4] * 60 + fields[5]
}
