//! The habits and faults of real meters.

use std::collections::BTreeMap;

use super::{tables::tables, writer::Style};

/// What a meter is and does wrong.
#[derive(Clone, Debug)]
pub(super) struct Habits {
    pub(super) tables: BTreeMap<u16, Vec<u8>>,
    /// Pieces of tables may be asked for.
    pub(super) by_offset: bool,
    pub(super) reaction_ms: u64,
    /// Hears nothing for so long after it has spoken.
    pub(super) deaf_ms: u64,
    pub(super) identification: &'static [u8],
    /// What it agrees to; nothing: it does not know the service.
    pub(super) packets: Option<(u16, u8)>,
    /// Has no word at all for this service.
    pub(super) has_no_word_for: u8,
    /// The highest code of a speed that it agrees to.
    pub(super) fastest: u8,
    /// Agrees to a speed and then stays where it is.
    pub(super) keeps_speed: bool,
    pub(super) password: Option<[u8; 20]>,
    /// Tables up to this number are there without a password.
    pub(super) public: u16,
    pub(super) logon: u8,
    pub(super) before: &'static [u8],
    /// Somebody else has left it in the midst of a conversation.
    pub(super) is_left_open: bool,
    /// The first so many requests get no word.
    pub(super) ignores: usize,
    pub(super) busy: usize,
    pub(super) busy_code: u8,
    pub(super) naks: usize,
    pub(super) loses_acks: usize,
    pub(super) wrong_checks: usize,
    pub(super) wrong_sums: usize,
    pub(super) cuts: usize,
    /// Packets with these numbers from 0 on are never sent, though the meter thinks so.
    pub(super) drops: Vec<usize>,
    /// Whole answers that lack their second packet.
    pub(super) loses_pieces: usize,
    pub(super) toggles: bool,
    /// Forgets the conversation, without a word, before it hears the request of this number.
    pub(super) forgets: Option<usize>,
    /// Falls silent for ever at the request of this number.
    pub(super) dies: Option<usize>,
    /// Refuses this table with this code.
    pub(super) refuses: BTreeMap<u16, u8>,
    /// A wrong bit, counted over all that is ever said.
    pub(super) flips: Option<usize>,
}

impl Default for Habits {
    fn default() -> Self {
        Self::of(Style::default())
    }
}

impl Habits {
    pub(super) fn of(style: Style) -> Self {
        Self {
            tables: tables(style),
            by_offset: style.access == 1,
            reaction_ms: 40,
            deaf_ms: 15,
            identification: &[0, 0, 1, 0, 0],
            packets: Some((512, 20)),
            has_no_word_for: 0,
            fastest: 10,
            keeps_speed: false,
            password: None,
            public: 1,
            logon: 0,
            before: &[],
            is_left_open: false,
            ignores: 0,
            busy: 0,
            busy_code: 6,
            naks: 0,
            loses_acks: 0,
            wrong_checks: 0,
            wrong_sums: 0,
            cuts: 0,
            drops: Vec::new(),
            loses_pieces: 0,
            toggles: true,
            forgets: None,
            dies: None,
            refuses: BTreeMap::new(),
            flips: None,
        }
    }
}
