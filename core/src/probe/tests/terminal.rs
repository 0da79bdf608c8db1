//! The programming mode of the virtual meter: what it answers to commands, and how it refuses.

use std::time::Duration;

use crate::{probe::part::Span, time::Civil};

const REGISTERS: &[(&str, &str)] = &[
    ("0.0.0", "00412345"),
    ("0.9.1", "073005"),
    ("0.9.2", "261123"),
    ("1.8.0", "012345.670*kWh"),
    ("1.8.1", "000005.5*kWh"),
    ("2.8.0", "000001.000*kWh"),
];

pub(super) const LOG: &str = "P.98(1261101001500)(0080)()(0)\r\nP.98(1261101002000)(0040)()(0)\r\n\
    P.98(1261102080000)(0020)()(2)(0.9.1)()(0.9.2)()(075900)(261102)\r\n";

/// How a meter says that it does not like a command.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Dislike {
    Nak,
    Ack,
    Error,
    /// It breaks off.
    Break,
    /// It says nothing.
    Silence,
}

/// The habits of a meter in programming mode.
#[derive(Clone, Debug)]
pub(super) struct Terminal {
    /// Nothing is told before this was said.
    pub(super) password: Option<&'static str>,
    /// But registers are.
    pub(super) shows_registers: bool,
    /// Commands that it knows.
    pub(super) commands: &'static [&'static str],
    /// What must stand in the brackets behind a register.
    pub(super) inside: &'static str,
    pub(super) dislike: Dislike,
    /// Says a register's name again.
    pub(super) names: bool,
    /// A quarter-hour profile of this time.
    pub(super) profile: Option<Span>,
    /// With so many columns; all but the first are empty.
    pub(super) columns: usize,
    /// It wants a digit for the season in front of a date.
    pub(super) season: bool,
    /// Its clock goes to winter time at this moment, of winter time, in which its profile's time is meant then.
    pub(super) winter_from: Option<Civil>,
    pub(super) log: &'static str,
    pub(super) log_name: &'static str,
    /// The size of a partial block in answer to R6.
    pub(super) part: usize,
    /// Flips a bit of this answer, of those with data, as often as is said.
    pub(super) flips: (usize, usize),
    /// Answers of this number and on stay away, as often as is said.
    pub(super) mute: (usize, usize),
    /// Each answer of this number stays away.
    pub(super) mutes_each: usize,
    /// Says nothing, or only its first characters, when it goes into programming mode, this many times.
    pub(super) greets_badly: (usize, usize),
    /// Breaks off at this answer.
    pub(super) breaks_at: Option<usize>,
    /// The line stalls: so many answers from this one on come so many ms late, and what is behind them with them.
    pub(super) late: (usize, usize, u64),
    /// What it thinks of a password comes so late.
    pub(super) key_late_ms: u64,
    pub(super) talk: Talk,
}

/// The conversation so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Talk {
    open: bool,
    answers: usize,
    /// Partial blocks still to be sent, the last one first, and the block that was sent.
    queue: Vec<String>,
    last: Vec<u8>,
    /// How late the answer comes, in ms.
    pub(super) late_ms: u64,
}

impl Default for Terminal {
    fn default() -> Self {
        Self {
            password: None,
            shows_registers: false,
            commands: &["R5", "R6"],
            inside: "",
            dislike: Dislike::Error,
            names: true,
            profile: None,
            columns: 2,
            season: true,
            winter_from: None,
            log: LOG,
            log_name: "P.98",
            part: 60,
            flips: (0, 0),
            mute: (usize::MAX, 0),
            mutes_each: usize::MAX,
            greets_badly: (0, 0),
            breaks_at: None,
            late: (0, 0, 0),
            key_late_ms: 0,
            talk: Talk::default(),
        }
    }
}

/// What a meter does about a command.
pub(super) enum Done {
    Says(Vec<u8>),
    Nothing,
    Leaves,
}

impl Terminal {
    /// What it says first.
    pub(super) fn greet(&mut self) -> Vec<u8> {
        self.talk.open = self.password.is_none();
        self.talk.queue.clear();
        let mut greeting = checked(b"\x01P0\x02(00412345)\x03");
        if self.greets_badly.0 > 0 {
            self.greets_badly.0 -= 1;
            greeting.truncate(self.greets_badly.1);
        }
        greeting
    }

    /// Hears a message in seven bits.
    pub(super) fn hear(&mut self, message: &[u8]) -> Done {
        self.talk.late_ms = 0;
        match message {
            [0x06] => match self.talk.queue.pop() {
                Some(part) => {
                    let last = self.talk.queue.is_empty();
                    self.say(&part, last)
                }
                None => Done::Nothing,
            },
            [0x15] => Done::Says(self.talk.last.clone()),
            b"\x01B0\x03q" => Done::Leaves,
            [0x01, b'P', b'1', 0x02, b'(', password @ .., b')', 0x03, _] => {
                self.talk.open = self.password.is_none_or(|own| own.as_bytes() == password);
                self.talk.late_ms = self.key_late_ms;
                Done::Says(vec![if self.talk.open { 0x06 } else { 0x15 }])
            }
            [0x01, command @ ..] => {
                assert!(command.starts_with(b"R"), "the reader writes: {}", command.escape_ascii());
                let text = str::from_utf8(&command[3..command.len() - 2]).unwrap();
                let known = self.commands.iter().any(|known| command.starts_with(known.as_bytes()));
                let open = self.talk.open || (self.shows_registers && !text.starts_with("P."));
                match (known && open).then(|| self.look_up(text)).flatten() {
                    Some(answer) if command.starts_with(b"R6") => {
                        let parts = answer.as_bytes().chunks(self.part);
                        self.talk.queue =
                            parts.rev().map(|part| String::from_utf8(part.into()).unwrap()).collect();
                        self.hear(&[0x06])
                    }
                    Some(answer) => self.say(&answer, true),
                    None => self.refuse(),
                }
            }
            _ => panic!("{}", message.escape_ascii()),
        }
    }

    fn refuse(&mut self) -> Done {
        match self.dislike {
            Dislike::Nak => Done::Says(vec![0x15]),
            Dislike::Ack => Done::Says(vec![0x06]),
            Dislike::Error => Done::Says(checked(b"\x02(ER07)\x03")),
            Dislike::Break => Done::Says(checked(b"\x01B0\x03")),
            Dislike::Silence => Done::Nothing,
        }
    }

    fn say(&mut self, text: &str, last: bool) -> Done {
        self.talk.answers += 1;
        let (first, count, ms) = self.late;
        self.talk.late_ms = if (first..first + count).contains(&self.talk.answers) { ms } else { 0 };
        if self.breaks_at == Some(self.talk.answers) {
            return Done::Says(checked(b"\x01B0\x03"));
        }
        if self.talk.answers >= self.mute.0 && self.mute.1 > 0 {
            self.mute.1 -= 1;
            return Done::Nothing;
        }
        if self.talk.answers.is_multiple_of(self.mutes_each) {
            return Done::Nothing;
        }
        self.talk.last = checked(&[b"\x02", text.as_bytes(), if last { b"\x03" } else { b"\x04" }].concat());
        let mut said = self.talk.last.clone();
        if self.flips.0 == self.talk.answers && self.flips.1 > 0 {
            self.flips.1 -= 1;
            self.talk.answers -= usize::from(self.flips.1 > 0);
            said[3] ^= 1;
        }
        Done::Says(said)
    }

    fn look_up(&self, text: &str) -> Option<String> {
        let (name, inside) = text.strip_suffix(')')?.split_once('(')?;
        match name {
            "P.01" => self.rows(inside),
            log if log == self.log_name => {
                (inside == ";" && !self.log.is_empty()).then(|| self.log.replace("P.98", log))
            }
            _ => {
                let (_, value) = REGISTERS.iter().find(|(own, _)| *own == name)?;
                let name = if self.names { name } else { "" };
                (inside == self.inside).then(|| format!("{name}({value})"))
            }
        }
    }

    fn rows(&self, inside: &str) -> Option<String> {
        let (from, to) = inside.split_once(';')?;
        let (from, to) = (self.parse(from)?, self.parse(to)?);
        let own = self.profile?;
        let (mut at, mut text) = (own.from, String::new());
        while at <= own.to.min(to) {
            if at >= from {
                if text.is_empty() || self.winter_from == Some(at) {
                    let winter = self.winter_from.is_some_and(|from| at >= from);
                    let ahead = Duration::from_hours(u64::from(self.winter_from.is_some() && !winter));
                    let (year, month, day, hour, minute, _) = at.plus(ahead).unwrap().fields();
                    let stamp = format!("{:02}{month:02}{day:02}{hour:02}{minute:02}00", year % 100);
                    let season = u8::from(!winter);
                    text += &format!("P.01({season}{stamp})(00)(15)({})(1.5)(kW)", self.columns);
                    text += &format!("{}\r\n", "(2.5)(kW)".repeat(self.columns - 1));
                }
                text += &format!("({:05.2})", f64::from(number(own, at)) / 100.0);
                text += &format!("{}\r\n", "(--.--)".repeat(self.columns - 1));
            }
            at = at.plus(Duration::from_mins(15)).unwrap();
        }
        Some(if text.is_empty() { "P.01()".into() } else { text })
    }

    fn parse(&self, stamp: &str) -> Option<Civil> {
        let stamp = if self.season { stamp.strip_prefix('0').filter(|_| stamp.len() == 11)? } else { stamp };
        if stamp.len() != 10 {
            return None;
        }
        let pair = |at: usize| stamp[at..at + 2].parse::<u32>().unwrap();
        Civil::new(2_000 + i32::try_from(pair(0)).unwrap(), pair(2), pair(4), pair(6), pair(8), 0)
    }
}

/// The how-manieth row of a profile this is.
pub(super) fn number(own: Span, at: Civil) -> u32 {
    u32::try_from(at.since(own.from).as_secs() / 900).unwrap()
}

fn checked(message: &[u8]) -> Vec<u8> {
    let check = message[1..].iter().fold(0, |sum, byte| sum ^ byte);
    [message, &[check]].concat()
}
