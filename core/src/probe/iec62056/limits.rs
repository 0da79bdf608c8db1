//! How long to wait and how often to try. IEC 62056-21, 6.3 and annex A, and what probes add.

use std::time::Duration;

use super::speed::SIGN_ON_BAUD;
use crate::probe::port::{Framing, Settings};

/// Longer than for an identification, for a meter that may first wait 1,500 ms in vain for an option select.
pub(super) const BLOCK_WAIT: Duration = Duration::from_millis(2_500);
/// Our own answer is not put off longer, whatever is heard: the meter waits 1,500 ms for it.
pub(super) const ANSWER_DELAY_MAX: Duration = Duration::from_millis(1_000);
/// Nor before a command whatever is heard: what 9,600 Bd take for the longest answer we keep. In programming mode a
/// meter waits for a minute at least.
pub(super) const TALK_MAX: Duration = Duration::from_secs(20);
/// Before a command, behind an answer that ended with its check. The book has the meter's reaction time here as
/// well; but meters hear again at once, and one that does not is given that time from then on.
pub(super) const COMMAND_DELAY: Duration = Duration::from_millis(40);
/// The longest pause inside a message.
pub(super) const GAP: Duration = Duration::from_millis(1_500);
/// After a block has said all but its checksum.
pub(super) const END_SILENCE: Duration = Duration::from_millis(500);
/// Silence that ends whatever a meter was doing: more than the longest pause inside a message.
pub(super) const QUIET: Duration = Duration::from_millis(1_700);
/// Between requests that nobody answers: longer each time.
pub(super) const PAUSES: [Duration; 2] = [Duration::from_millis(300), Duration::from_millis(1_000)];
/// NUL characters without a gap wake a meter: annex B has 2.1 to 2.3 s.
pub(super) const WAKE_TIME: Duration = Duration::from_millis(2_200);
/// Then it wants 1.5 to 1.7 s for itself.
pub(super) const WAKE_PAUSE: Duration = Duration::from_millis(1_600);
/// Wishes for a repeat before a new conversation.
pub(super) const REPEATS_MAX: u8 = 2;
/// Conversations that got an identification.
pub(super) const CONVERSATIONS_MAX: u8 = 5;
/// Two readouts of 5 kB at 300 Bd, with their pauses.
pub(super) const TOTAL_TIME_MAX: Duration = Duration::from_mins(10);
/// A year of quarter hours at 9,600 Bd is half an hour; a month at 300 Bd two.
pub(super) const EXTRAS_TIME_MAX: Duration = Duration::from_mins(150);
/// A year of quarter hours in eight columns.
pub(super) const EXTRAS_BYTES_MAX: usize = 8 * 1024 * 1024;
/// A meter that was left in programming mode or in HDLC hears nothing else until its own time is over: 60 to
/// 120 s by the book.
pub(super) const LOCK_OUT: Duration = Duration::from_secs(120);
/// Eight full blocks.
pub(super) const TOTAL_BYTES_MAX: usize = 512 * 1024;
/// Bytes between two progress reports.
pub(super) const PROGRESS_STEP: usize = 64;
/// How every conversation begins.
pub(super) const SIGN_ON: Settings = Settings { baud: SIGN_ON_BAUD, framing: Framing::SevenEven };
