//! How long to wait and how often to try. DL/T 645-2007, clauses 4 and 5, and what probes add.

use std::time::Duration;

/// The book allows an answer 500 ms; USB and Bluetooth add their own.
pub(super) const REPLY_WAIT: Duration = Duration::from_millis(700);
/// The longest pause inside a frame.
pub(super) const GAP: Duration = Duration::from_millis(500);
/// Whoever was heard within this time may still be talking, and does not listen.
pub(super) const QUIET: Duration = Duration::from_millis(100);
/// A meter that has just spoken is given this much time before it must hear again.
pub(super) const TURN: Duration = Duration::from_millis(20);
/// After an open question, from its last bit on: a second meter in the beam is waited for this long.
pub(super) const SECOND_WAIT: Duration = Duration::from_millis(300);
/// The speed of far infrared, whose beam is wide. A faster line has a head that sits on one meter.
pub(super) const FAR_BAUD: u32 = 1_200;
/// What is heard this soon after our own last bit cannot be an answer: a meter takes 20 ms at least.
pub(super) const ECHO_SLACK: Duration = Duration::from_millis(15);
/// Asking for the same thing, damaged answers included.
pub(super) const TRIES_MAX: u8 = 3;
/// The same, of a meter that passes over in silence what it does not know.
pub(super) const MUTE_TRIES_MAX: u8 = 2;
/// Asking under an address that a meter may not go by.
pub(super) const ALIAS_TRIES_MAX: u8 = 2;
/// Things passed over in silence before the meter is asked again for what it has told already.
pub(super) const MISSED_MAX: u8 = 2;
/// All registers at 1,200 Bd take half a minute.
pub(super) const REGISTERS_TIME_MAX: Duration = Duration::from_mins(5);
/// A month of quarters of an hour at 1,200 Bd takes half an hour.
pub(super) const EXTRAS_TIME_MAX: Duration = Duration::from_mins(90);
/// What can come in the longest time at the highest speed, roughly.
pub(super) const RECEIVED_MAX: usize = 4 * 1024 * 1024;
/// One answer with all its follow-on frames; the largest of the book is a demand record of 202 bytes.
pub(super) const CONTENT_MAX: usize = 1_024;
/// More follow-on frames than the largest answer needs.
pub(super) const FOLLOW_MAX: u8 = 32;
/// More registers than the full list has with a dozen tariffs, within the memory of a small device.
pub(super) const REGISTERS_MAX: usize = 256;
/// Bytes sent before a frame so that the meter's receiver wakes up.
pub(super) const WAKE: [u8; 4] = [0xFE; 4];
/// The shortest frame.
pub(super) const FRAME_MIN: usize = 12;
/// The length byte can say no more than 255.
pub(super) const FRAME_MAX: usize = FRAME_MIN + 255;
/// Tariffs that are asked for one by one where a meter knows no blocks: sharp, peak, flat and valley.
pub(super) const TARIFFS: u8 = 4;
