//! Drives that can be carried away: what is mounted where sticks and cards are.

use std::path::{Path, PathBuf};

/// Where desktops of Linux mount what is plugged in.
const SHELVES: [&str; 2] = ["/media/", "/run/media/"];

/// Where such drives are mounted now. Elsewhere than on Linux none is found.
pub(crate) fn drives() -> Vec<PathBuf> {
    std::fs::read_to_string("/proc/self/mounts").map_or_else(|_| Vec::new(), |table| in_table(&table))
}

/// The second word of a line is where something is mounted; blanks in it are written in octal.
fn in_table(table: &str) -> Vec<PathBuf> {
    let mut drives: Vec<PathBuf> = table
        .lines()
        .filter_map(|line| {
            let mut words = line.split(' ').skip(1);
            let (place, _, options) = (words.next()?, words.next()?, words.next()?);
            let writable = options.split(',').any(|option| option == "rw");
            let place = place.replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\");
            (writable && SHELVES.iter().any(|shelf| place.starts_with(shelf))).then(|| PathBuf::from(place))
        })
        .collect();
    drives.sort();
    drives.dedup();
    drives
}

/// As a person knows it.
pub(crate) fn drive_name(drive: &Path) -> String {
    drive.file_name().unwrap_or(drive.as_os_str()).to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_be_carried_away_and_written_is_a_drive() {
        let table = "/dev/sda1 / ext4 rw,relatime 0 0\n\
                     /dev/sdb1 /media/ana/OFFICE\\0401 vfat rw,nosuid 0 0\n\
                     /dev/sdc1 /run/media/ana/CARD exfat ro,nosuid 0 0\n\
                     /dev/sdd1 /run/media/ana/STICK exfat nosuid,rw 0 0\n\
                     torn";
        let drives = in_table(table);
        let names: Vec<String> = drives.iter().map(|drive| drive_name(drive)).collect();
        assert_eq!(names, ["OFFICE 1", "STICK"]);
        assert_eq!(drives[0], Path::new("/media/ana/OFFICE 1"));
    }
}
