//! How long to wait, how often to try and how much to take in. IEC 62056-46 annex A, and what meters need.

use std::time::Duration;

/// Bytes of information in one frame that we ask for and send at most. More than the 128 that go without asking
/// halves the turn-arounds of a profile; less than 256 fits the one byte that old meters expect the number in.
pub(super) const INFORMATION_MAX: u8 = 248;
/// Until a meter says otherwise.
pub(super) const INFORMATION_USUAL: usize = 128;
/// The longest message that we tell meters we take: four frames. Longer ones would spare a month's profile 4 % of
/// its time, and each holds twice the rows in memory.
pub(super) const PDU_MAX: u16 = 1_024;
/// What is put together at most, for meters that do not listen, or count without the ciphering around it.
pub(super) const APDU_BYTES_MAX: usize = 2_048 + 256;
/// One value that is not read in pieces: the longest list of capture objects, with room.
pub(super) const VALUE_BYTES_MAX: usize = 8 * 1024;
/// Values in one tree, 32 bytes each. A list of 32 capture objects has 161.
pub(super) const VALUES_MAX: usize = 512;
/// Bytes of all values that are kept while registers are read, 32 each without strings.
pub(super) const KEPT_BYTES_MAX: usize = 24 * 1024;
/// Trees are no deeper: the object list, the deepest of them, has six floors.
pub(super) const DEPTH_MAX: u8 = 12;
/// One row of a profile, one entry of an object list with all its access rights.
pub(super) const ELEMENT_BYTES_MAX: usize = 4 * 1024;
/// Objects that are read. Large industrial meters show some 150 present registers.
pub(super) const OBJECTS_MAX: usize = 192;
/// Columns of a profile.
pub(super) const COLUMNS_MAX: usize = 32;
/// Bytes of rows in one part: it is on disk soon, and little more than this waits in memory.
pub(super) const PART_BYTES_MAX: usize = 8 * 1024;
/// Rows in one message: more than 6 bytes each are.
pub(super) const MESSAGE_ROWS_MAX: usize = 256;
/// Latest events that are read of one log: some days, and about three seconds at 9600 Bd.
pub(super) const EVENTS_MAX: usize = 64;

/// Without an answer the same frame goes out again, and when nothing comes to that either, which is soon for an
/// answer that is ready, the meter is asked for it without the question; then the frame goes out once more.
pub(super) const ANSWER_WAITS: &[Duration] = &[ms(1_500), ms(600), ms(1_500), ms(1_500)];
/// As [`ANSWER_WAITS`], for meters that first search a memory.
pub(super) const SEARCH_WAITS: &[Duration] = &[ms(5_000), ms(2_000), ms(5_000), ms(5_000)];
/// For the next block of what was searched for: most have it ready by then.
pub(super) const BLOCK_WAITS: &[Duration] = &[ms(1_500), ms(1_500), ms(5_000), ms(5_000)];
/// For a request to associate, which some meters pass over in silence.
pub(super) const ASSOCIATE_WAITS: &[Duration] = &[ms(2_000), ms(600), ms(1_500)];
/// To open a link with a meter that has answered before.
pub(super) const LINK_WAITS: &[Duration] = &[ms(1_000), ms(2_000), ms(3_000)];
/// As [`LINK_WAITS`], as a client that this meter has not answered yet, and may never.
pub(super) const STRANGER_WAITS: &[Duration] = &[ms(1_000), ms(1_000)];
/// To close a link: a courtesy, for which nobody waits long.
pub(super) const CLOSE_WAITS: &[Duration] = &[ms(500)];
/// A meter that said it is not ready, or has only confirmed, is asked after this.
pub(super) const BUSY_WAIT: Duration = ms(300);
/// The longest pause inside a frame; Bluetooth hands on in portions.
pub(super) const GAP: Duration = ms(300);
/// After a damaged frame, in case more of it comes.
pub(super) const DAMAGE_WAIT: Duration = ms(300);
/// What comes no later than this after our own last bit is an echo: no meter is as quick.
pub(super) const ECHO_LAG: Duration = ms(12);
/// Links that may break while reading before it is given up.
pub(super) const RECONNECTS_MAX: u8 = 3;
/// Answers that cannot be believed before it is given up.
pub(super) const STRANGE_MAX: u8 = 4;
/// How long most meters keep a broken conversation open, by the book.
pub(super) const SHUT_SECONDS: u16 = 120;
/// Counters that are put on disk at a time: a reading without a profile uses fewer.
pub(super) const COUNTERS: u32 = 128;
/// No meter comes here by itself: 4,000 million messages.
pub(super) const COUNTER_MAX: u32 = u32::MAX - 0x1_0000;

/// 35 days of quarter hours at 9600 Bd take three minutes, an object list at 300 Bd ten.
pub(super) const TOTAL_TIME_MAX: Duration = Duration::from_mins(20);
/// As much as that brings, and each byte twice.
pub(super) const TOTAL_BYTES_MAX: usize = 1024 * 1024;

const fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}
