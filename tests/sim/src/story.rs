//! A story: what happens, step by step, all of it from one seed. Each step throws dice of its own, so that a story can be
//! told without some of its steps.

use crate::dice::Dice;

/// One thing that happens.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// A reader reads a meter.
    Read,
    /// … reads one again.
    Correct,
    /// … takes a reading back.
    Withdraw,
    /// … gives a stop up.
    Skip,
    /// A device syncs over a link of some quality.
    Sync,
    /// The app is killed, or its device loses power.
    Restart,
    /// … at some write of what follows.
    FailSoon,
    /// The device's disk is full, or has room again.
    Room,
    /// Syncs of the device's disk fail.
    BadSync,
    /// The hub is killed, or loses power.
    HubRestart,
    /// … at some write of what follows.
    HubFailSoon,
    /// The hub's disk is full, or has room again.
    HubRoom,
    /// Syncs of the hub's disk fail.
    HubBadSync,
    /// A device's clock jumps.
    Jump,
    /// The office gives a round to somebody.
    Assign,
    /// The office imports changed books.
    Import,
    /// The office exports.
    Export,
    /// The office makes a backup.
    Backup,
    /// The office sets the hub back to its backup.
    Restore,
    /// A device is copied, and both copies are used.
    Clone,
    /// A device is locked out.
    Revoke,
    /// Time passes.
    Wait,
    /// Thirty days offline, and five thousand events.
    Month,
}

/// A step, with the seed of its dice.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// What happens.
    pub kind: Kind,
    /// To whom: a number that is taken modulo the devices there are.
    pub who: usize,
    /// The seed of its dice.
    pub seed: u64,
}

/// How often each thing happens, out of the sum of all.
const CHANCES: [(Kind, usize); 22] = [
    (Kind::Read, 60),
    (Kind::Correct, 10),
    (Kind::Withdraw, 8),
    (Kind::Skip, 6),
    (Kind::Sync, 40),
    (Kind::Restart, 12),
    (Kind::FailSoon, 12),
    (Kind::Room, 5),
    (Kind::BadSync, 5),
    (Kind::HubRestart, 7),
    (Kind::HubFailSoon, 8),
    (Kind::HubRoom, 4),
    (Kind::HubBadSync, 4),
    (Kind::Jump, 4),
    (Kind::Assign, 6),
    (Kind::Import, 3),
    (Kind::Export, 4),
    (Kind::Backup, 4),
    (Kind::Restore, 3),
    (Kind::Clone, 1),
    (Kind::Revoke, 1),
    (Kind::Wait, 6),
];
const STEPS_MAX: usize = 60;
/// One story in so many has a month in it.
const MONTHS: u64 = 500;

/// The story of a seed.
pub fn story(seed: u64) -> Vec<Step> {
    let mut dice = Dice::of(seed, 1);
    let sum = CHANCES.iter().map(|(_, chance)| chance).sum();
    let steps = 10 + dice.below(STEPS_MAX - 9);
    let mut story: Vec<Step> = (0..steps)
        .map(|_| {
            let mut at = dice.below(sum);
            let mut kind = Kind::Read;
            for (other, chance) in CHANCES {
                if at < chance {
                    kind = other;
                    break;
                }
                at -= chance;
            }
            Step { kind, who: dice.below(64), seed: dice.any() }
        })
        .collect();
    if seed % MONTHS == MONTHS - 1 {
        story.insert(story.len() / 2, Step { kind: Kind::Month, who: dice.below(64), seed: dice.any() });
    }
    story
}
