//! What is left for the office as a file, as the screens show it.

use lamplighter_core::store::Recovery;
use qrcode::{Color, QrCode};
use serde::Serialize;
use ts_rs::TS;

use super::CommandError;
use crate::leave::Left;

/// A folder that a file can go to; one that is no drive is the device's own.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LeavePlace {
    pub(crate) path: String,
    pub(crate) name: String,
    pub(crate) drive: bool,
}

/// Where a file can go to, and the fingerprint of the key that opens it, if there is one.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LeaveView {
    pub(crate) places: Vec<LeavePlace>,
    pub(crate) recovery: Option<String>,
}

/// How many events are in the file.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LeaveProgress {
    pub(crate) done: u64,
    pub(crate) total: u64,
}

/// A QR code: so many modules wide and high; `path` draws the dark ones, a unit each.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) struct QrView {
    pub(crate) width: usize,
    pub(crate) path: String,
}

/// A file that was left.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LeftFile {
    pub(crate) path: String,
    pub(crate) events: u64,
    pub(crate) sha256: String,
    pub(crate) recovery: String,
    pub(crate) qr: QrView,
}

impl LeftFile {
    pub(crate) fn new(left: &Left) -> Result<Self, CommandError> {
        let sha256 = left.packed.hash.to_string();
        Ok(Self {
            path: left.path.display().to_string(),
            events: left.packed.label.events(),
            recovery: left.to().to_string(),
            qr: QrView::of(&sha256)?,
            sha256,
        })
    }
}

impl QrView {
    fn of(text: &str) -> Result<Self, CommandError> {
        let code = QrCode::new(text).map_err(CommandError::internal)?;
        let width = code.width();
        let mut path = String::new();
        for (y, row) in code.to_colors().chunks(width).enumerate() {
            for (x, module) in row.iter().enumerate() {
                if *module == Color::Dark {
                    path.push_str(&format!("M{x} {y}h1v1h-1z"));
                }
            }
        }
        Ok(Self { width, path })
    }
}

/// The fingerprint, for people.
pub(crate) fn fingerprint(recovery: Option<Recovery>) -> Option<String> {
    recovery.map(|known| known.key.fingerprint().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_draws_the_modules_that_it_has() {
        let hash = "5b".repeat(32);
        let code = QrCode::new(&hash).unwrap();
        let QrView { width, path } = QrView::of(&hash).unwrap();
        let dark = code.to_colors().iter().filter(|module| **module == Color::Dark).count();
        assert_eq!((width, path.matches('M').count()), (code.width(), dark));
        // A finder is dark along its edge, in three corners.
        for (x, y) in [(0, 0), (width - 1, 0), (0, width - 1)] {
            assert!(path.contains(&format!("M{x} {y}h")), "{x} {y}");
        }
    }
}
