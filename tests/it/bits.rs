//! One changed bit anywhere in an export of a real shift is found.

use std::fs;

use lamplighter_sync::export::verify;
use tempfile::tempdir;

use crate::{dice::Dice, process::run};

/// Changed through the library, and of these through the program.
const CHANGES: usize = 200;
const CHANGES_BY_PROGRAM: usize = 6;

#[test]
fn two_hundred_changed_bits_are_two_hundred_refusals() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("export.csv");
    let shift =
        ["shift", "--demo", "--json", "--stops", "6", "--seed", "5", "--pace", "0", "--speed", "5000"];
    let mut words = shift.map(std::ffi::OsStr::new).to_vec();
    words.extend(["--export".as_ref(), path.as_os_str()]);
    run("lamplighter", words).well();
    let whole = fs::read(&path).unwrap();
    let key = verify(&whole, None).unwrap().hub_key;
    let mut dice = Dice::new(20_261_123);
    for change in 0..CHANGES {
        let (at, bit) = (dice.below(whole.len()), dice.below(8));
        let mut bent = whole.clone();
        bent[at] ^= 1 << bit;
        for hub_key in [None, Some(key)] {
            assert!(verify(&bent, hub_key).is_err(), "bit {bit} of byte {at} was not missed");
        }
        if change < CHANGES_BY_PROGRAM {
            fs::write(&path, &bent).unwrap();
            run("lamplighter", ["verify".as_ref(), path.as_os_str()])
                .failed_saying("is not what the hub wrote");
            run("lamplighter-hub", ["verify".as_ref(), path.as_os_str()]).failed_saying("not proved");
        }
    }
    fs::write(&path, &whole).unwrap();
    let other = "00".repeat(32);
    let words = ["verify".as_ref(), path.as_os_str(), "--hub-key".as_ref(), other.as_ref()];
    run("lamplighter", words).failed_saying("another hub's");
    run("lamplighter", ["verify".as_ref(), path.as_os_str()]).well();
}
