//! How a meter was reached, so that it is reached at once the next time.

use std::{collections::BTreeSet, fmt, str::FromStr};

/// The text is not a way.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not a way to reach a meter")]
pub struct WayError;

macro_rules! words {
    ($(#[$of:meta])* $kind:ident { $($(#[$doc:meta])* $name:ident = $text:literal),* $(,)? }) => {
        $(#[$of])*
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub enum $kind {
            $($(#[$doc])* $name,)*
        }

        impl $kind {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// As it is written in a way, and on the command line.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }

        impl fmt::Display for $kind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $kind {
            type Err = WayError;

            fn from_str(text: &str) -> Result<Self, WayError> {
                match text {
                    $($text => Ok(Self::$name),)*
                    _ => Err(WayError),
                }
            }
        }
    };
}

words! {
    /// A family of protocols.
    Family {
        /// IEC 62056-21, all modes, and the telegrams in its form that a meter pushes (D0, P1).
        Iec62056 = "iec62056-21",
        /// DLMS/COSEM over HDLC.
        Dlms = "dlms",
        /// DL/T 645, 2007 and 1997.
        Dlt645 = "dlt645",
        /// SML, pushed.
        Sml = "sml",
        /// ANSI C12.18 with the tables of C12.19.
        C1218 = "c1218",
    }
}

words! {
    /// What must be known beforehand about a meter that does not do as the book says.
    Quirk {
        /// Signs on at 300 Bd in seven bits before it talks HDLC (IEC 62056-21 mode E).
        ModeE = "mode-e",
        /// Keeps to 300 Bd, or to the speed of the way, whatever it offers.
        Slow = "slow",
        /// Did so once, which a bad line may have done: its offer is tried again.
        SlowOnce = "slow-once",
        /// Counts its checksum in its own way, always the same.
        WrongCheck = "wrong-check",
        /// Sends no checksum at all.
        NoCheck = "no-check",
        /// Sleeps until it is woken by a run of NUL characters.
        Sleeps = "sleeps",
        /// Sends unasked.
        Pushes = "pushes",
        /// Answers single requests in programming mode only.
        Single = "single",
        /// Tells something in programming mode only after it has heard its password (IEC 62056-21).
        Password = "password",
        /// Speaks the edition of 1997 of DL/T 645.
        Edition1997 = "1997",
        /// Refuses a list of objects in one request.
        OneByOne = "one-by-one",
    }
}

/// Where a meter answers and how.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Way {
    /// Which protocol.
    pub family: Family,
    /// The speed of the data; where a protocol signs on at another speed, that is its own affair.
    pub baud: u32,
    /// The address on the line in the protocol's own writing, without blanks; empty where none is needed.
    pub address: String,
    /// The head hears itself.
    pub echo: bool,
    /// Which of a maker's lists of registers is read, IEC 62056-21; 0 where the meter has refused all but the
    /// whole one, nothing where nobody has asked.
    pub list: Option<u8>,
    /// What else must be known.
    pub quirks: BTreeSet<Quirk>,
}

impl Way {
    /// A way without address or quirks.
    pub const fn new(family: Family, baud: u32) -> Self {
        Self { family, baud, address: String::new(), echo: false, list: None, quirks: BTreeSet::new() }
    }

    /// Whether the meter has this quirk.
    pub fn has(&self, quirk: Quirk) -> bool {
        self.quirks.contains(&quirk)
    }
}

/// `dlms 9600 at=1.17.16 echo mode-e`.
impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.family, self.baud)?;
        if !self.address.is_empty() {
            write!(f, " at={}", self.address)?;
        }
        if self.echo {
            f.write_str(" echo")?;
        }
        if let Some(list) = self.list {
            write!(f, " list={list}")?;
        }
        self.quirks.iter().try_for_each(|quirk| write!(f, " {quirk}"))
    }
}

impl FromStr for Way {
    type Err = WayError;

    /// Passes over quirks it does not know: a newer release may have written them.
    fn from_str(text: &str) -> Result<Self, WayError> {
        let mut words = text.split(' ');
        let family = words.next().ok_or(WayError)?.parse()?;
        let baud = words.next().and_then(|baud| baud.parse().ok()).ok_or(WayError)?;
        let mut way = Self::new(family, baud);
        for word in words {
            match word.split_once('=') {
                Some(("at", address)) => way.address = address.into(),
                Some(("list", list)) => way.list = list.parse().ok(),
                Some(_) => {}
                None if word == "echo" => way.echo = true,
                None => way.quirks.extend(word.parse::<Quirk>().ok()),
            }
        }
        Ok(way)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_back() {
        for &family in Family::ALL {
            let mut way = Way::new(family, 9_600);
            check(&way);
            way.address = "1.17.16".into();
            way.echo = true;
            way.list = Some(6);
            way.quirks = Quirk::ALL.iter().copied().collect();
            check(&way);
        }
    }

    #[test]
    fn what_is_no_way_is_refused_and_new_quirks_are_passed_over() {
        for text in ["", "dlms", "dlms fast", "modbus 9600"] {
            assert_eq!(text.parse::<Way>(), Err(WayError), "{text:?}");
        }
        assert_eq!("sml 9600 of-tomorrow of=tomorrow".parse(), Ok(Way::new(Family::Sml, 9_600)));
    }

    #[track_caller]
    fn check(way: &Way) {
        assert_eq!(way.to_string().parse().as_ref(), Ok(way));
    }
}
