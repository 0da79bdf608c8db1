//! All that is known before the trigger is pulled.

use std::{fmt, str::FromStr, sync::Arc};

use crate::probe::{
    keys::Keyring,
    part::Wants,
    way::{Family, Way, WayError},
};

/// What the probe's light can do.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Head {
    /// Nobody has said; every family is tried.
    #[default]
    Unknown,
    /// A contact head by IEC 62056-21.
    Contact,
    /// The modulated far infrared of a handheld for DL/T 645.
    FarInfrared,
    /// A head of ANSI type 2.
    Ansi,
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unknown => "unknown",
            Self::Contact => "contact",
            Self::FarInfrared => "far-infrared",
            Self::Ansi => "ansi",
        })
    }
}

impl FromStr for Head {
    type Err = WayError;

    fn from_str(text: &str) -> Result<Self, WayError> {
        match text {
            "unknown" => Ok(Self::Unknown),
            "contact" => Ok(Self::Contact),
            "far-infrared" => Ok(Self::FarInfrared),
            "ansi" => Ok(Self::Ansi),
            _ => Err(WayError),
        }
    }
}

/// What to read and what is known about it.
#[derive(Clone, Debug, Default)]
pub struct Aim {
    /// The probe.
    pub head: Head,
    /// How the meter was reached before, or how the office says that it is.
    pub known: Option<Way>,
    /// The family of the meter before this one: it is tried first.
    pub lately: Option<Family>,
    /// Only this family.
    pub family: Option<Family>,
    /// An address on the line, in the family's own writing.
    pub address: Option<String>,
    /// The number of the meter that should be here.
    pub serial: Option<String>,
    /// Passwords and keys.
    pub keyring: Arc<Keyring>,
    /// Sixteen random bytes, new for every readout.
    pub challenge: [u8; 16],
    /// Our own system title in DLMS: three letters and five bytes that no other device has.
    pub system_title: [u8; 8],
    /// What to read beside the registers.
    pub wants: Wants,
    /// All registers that the meter has, not only those of a usual round.
    pub full: bool,
    /// The slow ways, of which the person was asked: only these, after the known way.
    pub slow: bool,
}
