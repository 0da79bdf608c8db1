//! What a kind of probe needs before it works: the levels of its control lines, a moment to wake, and what its
//! light can do.

use std::{fmt, str::FromStr, time::Duration};

use lamplighter_core::probe::detect::Head;

/// Longest time that a probe may take to wake.
const WAKE_MAX_MS: u64 = 5_000;

/// How to treat a probe. The text form is `contact dtr=on rts=off wake=300`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct ProbeProfile {
    pub(crate) head: Head,
    /// Left alone where nothing is said: many adapters and all pseudo-terminals have no such line.
    pub(crate) dtr: Option<bool>,
    pub(crate) rts: Option<bool>,
    /// Waited after the control lines are set.
    pub(crate) wake: Duration,
}

/// The text is no profile.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not a probe profile such as: contact dtr=on rts=off wake=300")]
pub(crate) struct ProfileError;

impl FromStr for ProbeProfile {
    type Err = ProfileError;

    fn from_str(text: &str) -> Result<Self, ProfileError> {
        let mut profile = Self::default();
        for word in text.split_whitespace() {
            match word.split_once('=') {
                None => profile.head = word.parse().map_err(|_| ProfileError)?,
                Some(("dtr", level)) => profile.dtr = Some(is_on(level)?),
                Some(("rts", level)) => profile.rts = Some(is_on(level)?),
                Some(("wake", ms)) => {
                    let ms = ms.parse().ok().filter(|ms| *ms <= WAKE_MAX_MS).ok_or(ProfileError)?;
                    profile.wake = Duration::from_millis(ms);
                }
                Some(_) => return Err(ProfileError),
            }
        }
        Ok(profile)
    }
}

fn is_on(level: &str) -> Result<bool, ProfileError> {
    match level {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err(ProfileError),
    }
}

impl fmt::Display for ProbeProfile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = |on| if on { "on" } else { "off" };
        write!(f, "{}", self.head)?;
        if let Some(on) = self.dtr {
            write!(f, " dtr={}", level(on))?;
        }
        if let Some(on) = self.rts {
            write!(f, " rts={}", level(on))?;
        }
        if !self.wake.is_zero() {
            write!(f, " wake={}", self.wake.as_millis())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_back() {
        for text in ["unknown", "contact dtr=on rts=off wake=300", "ansi rts=on", "far-infrared"] {
            assert_eq!(text.parse::<ProbeProfile>().map(|profile| profile.to_string()), Ok(text.into()));
        }
        assert_eq!("".parse(), Ok(ProbeProfile::default()));
        for text in ["laser", "contact dtr=up", "wake=60000", "contact volume=11"] {
            assert_eq!(text.parse::<ProbeProfile>(), Err(ProfileError), "{text}");
        }
    }
}
