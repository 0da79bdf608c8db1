//! Why a meter could not be read; one variant for each thing a person can do about it.

/// A readout ended without data.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ReadError {
    /// Nothing came back: seat the probe, wake the meter.
    #[error("the meter did not answer {attempts} times")]
    Silent {
        /// Requests without an answer.
        attempts: u8,
    },
    /// Something came back every time, but damaged: clean the window, keep off the light, hold still.
    #[error("what the meter sent was damaged {attempts} times")]
    Garbled {
        /// Damaged answers.
        attempts: u8,
    },
    /// The meter understood and said no: it needs a button, a PIN or another protocol.
    #[error("the meter refused to be read")]
    Refused,
    /// The meter wants a password, a key or a PIN that we do not have.
    #[error("the meter wants a password or key that is not at hand")]
    Locked,
    /// The password or key at hand is not the right one. It was tried once: meters lock after a few.
    #[error("the meter did not take the password or key")]
    WrongKey,
    /// The meter is shut after wrong tries or a broken conversation; it opens by itself.
    #[error("the meter is shut for {seconds} s")]
    ShutFor {
        /// How long by what it said, or by the book.
        seconds: u16,
    },
    /// Several meters answered at once.
    #[error("several meters answered at once")]
    Crowded,
    /// No protocol we know was answered.
    #[error("no known protocol was answered")]
    Unrecognised {
        /// Something was heard that was no echo.
        heard: bool,
        /// There are slow ways that were not tried.
        slow_left: bool,
    },
    /// The meter was reached and shows no register that can be read.
    #[error("the meter has nothing to read")]
    NothingToRead,
    /// More bytes than any meter sends: something else is on the line.
    #[error("the line delivers more than any meter sends")]
    TooLong,
    /// Still going on after the longest readout we know.
    #[error("the readout took too long")]
    TimedOut,
}
