//! Identifiers, each its own type, so that a meter can never be passed for a stop.

use std::{fmt, str::FromStr};

use sha2::{Digest as _, Sha256};

/// The text is not 32 hexadecimal digits, with or without dashes.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not an identifier: 32 hexadecimal digits are expected")]
pub struct IdError;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub struct $name([u8; 16]);

        impl $name {
            /// Takes sixteen bytes as they are.
            pub const fn new(bytes: [u8; 16]) -> Self {
                Self(bytes)
            }

            /// The id that these parts always have: the same parts, the same id, on every machine.
            pub fn derived(parts: &[&[u8]]) -> Self {
                Self(derive(stringify!($name), parts))
            }

            /// The sixteen bytes.
            pub const fn as_bytes(&self) -> &[u8; 16] {
                &self.0
            }
        }

        impl TryFrom<&[u8]> for $name {
            type Error = IdError;

            fn try_from(bytes: &[u8]) -> Result<Self, IdError> {
                bytes.try_into().map(Self).map_err(|_| IdError)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_uuid(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                parse_uuid(text).map(Self)
            }
        }
    };
}

id!(
    /// One handheld, as the hub enrolled it.
    DeviceId
);
id!(
    /// One round of one cycle.
    RoundId
);
id!(
    /// One stop of a round.
    StopId
);
id!(
    /// One physical meter.
    MeterId
);
id!(
    /// One reading. Derived from the device, its epoch and the number of the event, so it cannot collide.
    ReadingId
);

/// UUID version 8 of the SHA-256 over the kind and the length-prefixed parts.
fn derive(kind: &str, parts: &[&[u8]]) -> [u8; 16] {
    let mut hash = Sha256::new();
    hash.update(kind.as_bytes());
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let mut id = [0; 16];
    id.copy_from_slice(&hash.finalize()[..16]);
    id[6] = (id[6] & 0x0f) | 0x80;
    id[8] = (id[8] & 0x3f) | 0x80;
    id
}

fn write_uuid(bytes: &[u8; 16], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (at, byte) in bytes.iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            f.write_str("-")?;
        }
        write!(f, "{byte:02x}")?;
    }
    Ok(())
}

fn parse_uuid(text: &str) -> Result<[u8; 16], IdError> {
    let mut id = [0; 16];
    let mut count = 0;
    for digit in text.chars().filter(|&letter| letter != '-') {
        let digit = digit.to_digit(16).and_then(|digit| u8::try_from(digit).ok()).ok_or(IdError)?;
        let byte = id.get_mut(count / 2).ok_or(IdError)?;
        *byte = (*byte << 4) | digit;
        count += 1;
    }
    if count == 32 { Ok(id) } else { Err(IdError) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_back() {
        let id = StopId::derived(&[b"R14", b"1"]);
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!("12".parse::<StopId>(), Err(IdError));
        assert_eq!(format!("{id}0").parse::<StopId>(), Err(IdError));
    }

    #[test]
    fn parts_do_not_run_together() {
        assert_ne!(StopId::derived(&[b"ab", b"c"]), StopId::derived(&[b"a", b"bc"]));
        assert_ne!(StopId::derived(&[b"a"]).as_bytes(), MeterId::derived(&[b"a"]).as_bytes());
    }
}
