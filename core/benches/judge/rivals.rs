//! What others judge by: a fixed percentage, the mean of three, the median and its deviations, and gradient boosting.

use std::{fmt::Write as _, fs, path::Path, process::Command};

use super::Shown;

/// What boosting looks at.
pub(crate) const KNOWN: usize = 13;

/// How far the use is from the previous one and from the mean of three, in parts of them, and from the median in deviations.
pub(crate) fn scores(past: &[i64], here: f64) -> [f64; 3] {
    let latest = past[past.len() - 1] as f64;
    let mean = mean(past);
    let middle = median(past);
    let off: Vec<i64> = last(past, 13).iter().map(|used| (used - middle as i64).abs()).collect();
    let deviation = 1.4826 * median(&off) + 0.02 * middle + 1.0;
    let part = |usual: f64| (here - usual).abs() / usual.max(1.0);
    [part(latest), part(mean), (here - middle).abs() / deviation]
}

/// The reading as boosting sees it.
pub(crate) fn known(past: &[i64], here: f64, season: usize, turn: f64) -> [f64; KNOWN] {
    let middle = median(past);
    let floor = 0.02 * middle + 1.0;
    let log = |used: f64| (used + floor).ln();
    let ago = |periods: usize| past.len().checked_sub(periods).map_or(middle, |at| past[at] as f64);
    let logs: Vec<f64> = last(past, 13).iter().map(|used| log(*used as f64)).collect();
    let center = logs.iter().sum::<f64>() / logs.len() as f64;
    let spread =
        (logs.iter().map(|log| (log - center) * (log - center)).sum::<f64>() / logs.len() as f64).sqrt();
    let idle = past.iter().filter(|used| **used == 0).count() as f64 / past.len() as f64;
    [
        log(here) - log(ago(1)),
        log(here) - log(mean(past)),
        log(here) - log(middle),
        log(here) - log(ago(season)),
        log(here) - log(ago(season * 2)),
        log(ago(1)) - log(ago(season + 1)),
        (log(here) - center) / (spread + 0.05),
        spread,
        idle,
        f64::from(u8::from(here == 0.0)),
        f64::from(u8::from(ago(1) == 0.0)),
        here / turn,
        log(here) - past.iter().map(|used| log(*used as f64)).fold(f64::NEG_INFINITY, f64::max),
    ]
}

fn mean(past: &[i64]) -> f64 {
    let three = last(past, 3);
    three.iter().sum::<i64>() as f64 / three.len() as f64
}

fn median(past: &[i64]) -> f64 {
    let mut sorted = last(past, 13).to_vec();
    sorted.sort_unstable();
    sorted[sorted.len() / 2] as f64
}

fn last(past: &[i64], most: usize) -> &[i64] {
    &past[past.len().saturating_sub(most)..]
}

/// The scores of boosting, after its own threshold for this part of false alarms; nothing without Python.
pub(crate) fn boosting(root: &Path, taught: &[Shown], shown: &[Shown], rate: f64) -> Option<(f64, Vec<f64>)> {
    let made = Command::new(root.join("tools/peers.sh")).arg("boosting").status().ok()?;
    if !made.success() {
        println!("skipped: scikit-learn cannot be had");
        return None;
    }
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), Into::into);
    let folder = tempfile::tempdir().unwrap();
    let table = |name: &str, rows: &[Shown]| {
        let mut text = String::new();
        // Errors that do not matter are neither right nor what is looked for.
        for row in rows.iter().filter(|row| row.slip.is_none() || row.material) {
            write!(text, "{},{}", row.customer, u8::from(row.slip.is_some())).unwrap();
            for number in row.known {
                write!(text, ",{number}").unwrap();
            }
            text.push('\n');
        }
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let output = Command::new(target.join("peers-boosting/bin/python"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .arg(root.join("tests/peers/boosting.py"))
        .args([table("taught", taught), table("shown", shown)])
        .arg(rate.to_string())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let mut numbers = said.lines().map(|line| line.parse::<f64>().unwrap());
    let threshold =
        numbers.next().unwrap_or_else(|| panic!("boosting: {}", String::from_utf8_lossy(&output.stderr)));
    Some((threshold, numbers.collect()))
}
