//! How long to wait, how often to try and how much to keep. ANSI C12.18, and what meters in the field need.

use std::time::Duration;

use crate::probe::port::{Framing, Settings};

/// How every conversation begins.
pub(super) const BASE: Settings = Settings { baud: 9_600, framing: Framing::EightNone };
/// After the meter's last bit, before ours. Meters of today hear after this time.
pub(super) const TURN_AROUND: Duration = Duration::from_millis(20);
/// The same for old meters, and for all as soon as one packet has gone unheard.
pub(super) const SLOW_TURN_AROUND: Duration = Duration::from_millis(60);
/// Whoever still talks does not listen, but the meter does not wait for us for ever either.
pub(super) const TURN_AROUND_MAX: Duration = Duration::from_millis(500);
/// From our last bit to the meter's acknowledgement.
pub(super) const ACKNOWLEDGE_WAIT: Duration = Duration::from_secs(2);
/// From an acknowledgement to the next packet. The meter repeats by itself after 2 s what nobody has
/// acknowledged, and is not talked into that.
pub(super) const ANSWER_WAIT: Duration = Duration::from_millis(2_500);
/// The longest pause between the characters of a packet.
pub(super) const GAP: Duration = Duration::from_millis(500);
/// At the end of a conversation, when nothing depends on an answer any more.
pub(super) const FAREWELL_WAIT: Duration = Duration::from_millis(500);
/// How often one packet is sent, or asked for. Three tries outlast the 6 s after which a meter that hears
/// nothing goes back to where it was before the conversation.
pub(super) const TRIES_MAX: u8 = 3;
/// How often a meter may say its packet again beside that. It does so by itself three times.
pub(super) const REPEATS_MAX: u8 = 3;
/// How often a service is asked for whose answer was whole and wrong.
pub(super) const ASKED_MAX: u8 = 3;
/// Between two tries of a service for which the meter has no time, or has no figures yet.
pub(super) const BUSY_PAUSE: Duration = Duration::from_secs(1);
/// How often a busy meter is asked again.
pub(super) const BUSY_MAX: u8 = 8;
/// Conversations before the meter is given up.
pub(super) const CONVERSATIONS_MAX: u8 = 3;
/// After both ends have changed speed.
pub(super) const SWITCH_PAUSE: Duration = Duration::from_millis(50);

/// Head and check of a packet.
pub(super) const PACKET_FRAME: usize = 8;
/// Packets until something else is agreed on, in bytes.
pub(super) const PACKET_BASE: usize = 64;
/// Packets that we ask for, in bytes: long ones save turn-arounds, and one damaged costs a second on the
/// line.
pub(super) const PACKET_BYTES_MAX: u16 = 1_024;
/// Packets of one answer that we ask for.
pub(super) const PACKETS_MAX: u8 = 12;
/// One answer, put together from its packets.
pub(super) const ANSWER_BYTES_MAX: usize = 12 * 1_024;
/// All tables that are kept to make registers of. Real meters have a tenth of it.
pub(super) const TABLES_BYTES_MAX: usize = 16 * 1_024;
/// Registers of one meter: the tables of the largest that we know have two hundred.
pub(super) const REGISTERS_MAX: usize = 2_048;

/// Bytes without one good packet among them, before it must be a lamp. Above three of the longest packets.
pub(super) const NOISE_MAX: usize = 4 * 1_024;
/// From the first question to the last register, busy meters and second conversations included.
pub(super) const REGISTERS_TIME_MAX: Duration = Duration::from_mins(3);
/// For a load profile and events: 200 kB at 9,600 Bd.
pub(super) const EXTRAS_TIME_MAX: Duration = Duration::from_mins(8);
/// Everything that may come in that time at 57,600 Bd would be more; no meter has so much to say.
pub(super) const RECEIVED_MAX: usize = 2 * 1_024 * 1_024;

/// Entries of one log, the newest.
pub(super) const LOG_ENTRIES_MAX: u16 = 256;
/// Channels of a load profile.
pub(super) const CHANNELS_MAX: usize = 32;
/// Intervals in one block of a load profile: four weeks of quarters of an hour.
pub(super) const INTERVALS_MAX: u16 = 2_688;
/// Values in one part of a profile, so that a part is small.
pub(super) const CELLS_MAX: usize = 512;
