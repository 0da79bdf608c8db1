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
    /// More bytes than any meter sends: something else is on the line.
    #[error("the line delivers more than any meter sends")]
    TooLong,
    /// Still going on after the longest readout we know.
    #[error("the readout took too long")]
    TimedOut,
}
