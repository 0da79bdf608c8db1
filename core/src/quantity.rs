//! Units of what meters count, and a value with its unit.

use std::{convert::Infallible, fmt, str::FromStr};

use crate::decimal::Decimal;

macro_rules! units {
    ($($(#[$doc:meta])* $name:ident = $text:literal),* $(,)?) => {
        /// The unit of a register. Spelling varies by maker; [`Unit::from_str`] takes any case.
        #[derive(Clone, Debug, Eq, Hash, PartialEq)]
        pub enum Unit {
            $($(#[$doc])* $name,)*
            /// A unit we have no name for, as the meter wrote it.
            Other(Box<str>),
        }

        impl Unit {
            /// The unit as people write it.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$name => $text,)*
                    Self::Other(text) => text,
                }
            }
        }

        impl FromStr for Unit {
            type Err = Infallible;

            fn from_str(text: &str) -> Result<Self, Infallible> {
                $(if text.eq_ignore_ascii_case($text) { return Ok(Self::$name); })*
                Ok(Self::Other(text.into()))
            }
        }
    };
}

units! {
    /// Active energy, 1,000 watt-hours.
    KiloWattHour = "kWh",
    /// Active energy.
    WattHour = "Wh",
    /// Active energy, 1,000,000 watt-hours. After kWh, so that `mWh` of careless makers reads as this.
    MegaWattHour = "MWh",
    /// Reactive energy.
    KiloVarHour = "kvarh",
    /// Reactive energy.
    VarHour = "varh",
    /// Apparent energy.
    KiloVoltAmpereHour = "kVAh",
    /// Apparent energy.
    VoltAmpereHour = "VAh",
    /// Active power; demand.
    KiloWatt = "kW",
    /// Active power.
    Watt = "W",
    /// Reactive power.
    KiloVar = "kvar",
    /// Reactive power.
    Var = "var",
    /// Apparent power.
    KiloVoltAmpere = "kVA",
    /// Apparent power.
    VoltAmpere = "VA",
    /// Voltage.
    Volt = "V",
    /// Current.
    Ampere = "A",
    /// Frequency.
    Hertz = "Hz",
    /// Angle between voltage and current.
    Degree = "\u{b0}",
    /// Temperature.
    Celsius = "\u{b0}C",
    /// Time.
    Second = "s",
    /// Time.
    Minute = "min",
    /// Money of a prepaid meter.
    Yuan = "CNY",
    /// Volume, of a meter that hangs on an electricity meter.
    CubicMetre = "m3",
}

impl Unit {
    /// By the code of the DLMS Blue Book, which SML uses too; nothing for a plain number.
    pub fn of_code(code: u8) -> Option<Self> {
        Some(match code {
            6 => Self::Minute,
            7 => Self::Second,
            8 => Self::Degree,
            9 => Self::Celsius,
            13 => Self::CubicMetre,
            27 => Self::Watt,
            28 => Self::VoltAmpere,
            29 => Self::Var,
            30 => Self::WattHour,
            31 => Self::VoltAmpereHour,
            32 => Self::VarHour,
            33 => Self::Ampere,
            35 => Self::Volt,
            44 => Self::Hertz,
            0 | 255 => return None,
            other => Self::Other(format!("unit {other}").into()),
        })
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A value and what it counts.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Quantity {
    /// How many.
    pub value: Decimal,
    /// Of what.
    pub unit: Unit,
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.value, self.unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn makers_spell_units_as_they_like() {
        let unit = |text: &str| text.parse::<Unit>().unwrap();
        assert_eq!(unit("kVArh"), Unit::KiloVarHour);
        assert_eq!(unit("KWH"), Unit::KiloWattHour);
        assert_eq!(unit("m3ph").as_str(), "m3ph");
    }
}
