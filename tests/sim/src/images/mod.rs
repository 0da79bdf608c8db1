//! Power cuts at every write: one day's work is recorded, and from every place in it, every image that a cut may leave is
//! opened by the product's own code and compared with what had been promised by then.

mod hub;
mod store;

use crate::{
    dice::Dice,
    disk::{Cut, Image, Media, Op},
};

/// Images opened, and what was wrong with them.
#[derive(Debug, Default)]
pub struct Tally {
    /// How many.
    pub images: u64,
    /// In words; empty is good.
    pub wrong: Vec<String>,
}

/// A day of a device or of the hub, from one seed. At most `images_max` images.
pub fn day(seed: u64, images_max: u64) -> Tally {
    let told = if seed.is_multiple_of(3) { hub::day(seed, images_max) } else { store::day(seed, images_max) };
    told.unwrap_or_else(|wrong| Tally { images: 0, wrong: vec![format!("day {seed}: {wrong}")] })
}

/// Opens every image of a recorded day. `check` gets the image and how many things had been done before the cut.
fn cut_everywhere(
    seed: u64,
    begin: &Image,
    ops: &[Op],
    images_max: u64,
    mut check: impl FnMut(&Image, u64) -> Result<(), String>,
) -> Tally {
    let mut dice = Dice::of(seed, 7);
    let mut media = Media::new(begin);
    let mut tally = Tally::default();
    let mut is_new = true;
    for (done, op) in (1..).zip(ops) {
        media.apply(op);
        is_new |= matches!(op, Op::Sync(..) | Op::SyncLost(..) | Op::Delete(_, true));
        for cut in Cut::ALL {
            // What nothing came through of is the same until the next sync; and what is certain is so in every way.
            let is_same = match cut {
                Cut::Nothing => !std::mem::take(&mut is_new),
                Cut::Everything => false,
                Cut::Prefix | Cut::Sectors | Cut::Torn => media.is_certain(),
            };
            if is_same || tally.images >= images_max {
                continue;
            }
            tally.images += 1;
            if let Err(wrong) = check(&media.cut(cut, &mut dice), done) {
                tally.wrong.push(format!("day {seed}, {cut:?} after {done} of {}: {wrong}", ops.len()));
                if tally.wrong.len() > 3 {
                    return tally;
                }
            }
        }
    }
    tally
}
