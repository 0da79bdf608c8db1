//! What `lamplighter decode` finds in captures of real meters, register by register against decoders that nobody
//! here wrote, and against the values that are known of them. Skipped where the captures are not at hand.

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    path::{Path, PathBuf},
};

use lamplighter_core::{decimal::Decimal, obis::Obis};
use serde_json::Value;
use tempfile::tempdir;

use crate::{
    judges,
    process::{Running, run},
    sources::root,
    stated,
};

/// Where a judge and we differ, and why that is right: file, judge, what differs.
const EXPLAINED: &[(&str, &str, &str, &str)] = &[
    (
        "dlt645/meter_000000000161.json",
        "dlt645",
        "1-0:13.7.0*255: 0.501 - instead of 0.501 kW",
        "a power factor has no unit",
    ),
    (
        "dlt645/meter_000006605518_mixed.json",
        "dlt645",
        "1-0:0.9.1*255: 185332 - instead of 185332 时分秒",
        "its unit says in words how the digits stand",
    ),
    (
        "dlt645/meter_000006605518_mixed.json",
        "dlt645",
        "1-0:0.9.2*255: 181229 - instead of 18122906 年月日星期",
        "it keeps the day of the week",
    ),
    ("dlt645/misc_2007.json", "dlt645", "0 telegrams instead of 1", "it reads the half byte E as a digit"),
    (
        "dsmr/amshan_example_data_b.txt",
        "dsmr",
        "refused: ParseError",
        "it takes no log whose first length has no unit",
    ),
    (
        "dsmr/lvzon_p1-example-5.0.txt",
        "iec",
        "0 telegrams instead of 1",
        "it looks at no checksum of P1, which is wrong",
    ),
    (
        "dsmr/telegram_v3.txt",
        "iec",
        "0-1:24.3.0*255: 090212160000;00;60;1;0-1:24.2.1;m3;00001.001 - instead of 090212160000;00;60;1;0-1:24.2.1;m3 -",
        "it ends a value with its line",
    ),
    (
        "dsmr/telegram_v3.txt",
        "manifest",
        "0-1:24.3.0*255: 090212160000;00;60;1;0-1:24.2.1;m3;00001.001 - instead of 090212160000;00;60;1;0-1:24.2.1;m3 -",
        "it knows no value that goes on in the next line",
    ),
    (
        "iec62056-21/smartmeter-obis_SerialResponseD0DSMR.bin",
        "iec",
        "0 telegrams instead of 1",
        "it looks at no checksum of P1, which is wrong",
    ),
    (
        "sml/DZG_DVS-7412.2_jmberg.bin",
        "manifest",
        "1-0:16.7.0*255: 356.24 W instead of -299.12 W",
        "its decoder was smllib",
    ),
    (
        "sml/DZG_DVS-7412.2_jmberg.bin",
        "smllib",
        "1-0:16.7.0*255: 356.24 W instead of -299.12 W",
        "one of the meters whose power has a sign by mistake",
    ),
    (
        "sml/EMH_eHZ-IW8E2A5L0EK2P_with_error.bin",
        "pysml",
        "1-0:96.50.2*6 is missing",
        "a register without a value",
    ),
    (
        "sml/EMH_eHZ-IW8E2A5L0EK2P_with_error.bin",
        "smllib",
        "refused: ValueError",
        "it gives up all because of a register without a value",
    ),
];

#[test]
fn captures_say_what_other_decoders_read_in_them() {
    let Some(folder) = folder() else {
        return println!("skipped: no captures at hand (LAMPLIGHTER_DATA names their folder)");
    };
    let mut tally = Tally::default();
    for (kind, judge) in
        [("sml/", "smllib"), ("sml/", "pysml"), ("dsmr/", "dsmr"), ("dsmr/", "iec"), ("iec62056-21/", "iec")]
    {
        let files = files(&folder, kind);
        let paths: Vec<PathBuf> = files.iter().map(|name| folder.join(name)).collect();
        for ((name, path), theirs) in files.iter().zip(&paths).zip(opinions(judge, &paths)) {
            tally.compare(name, judge, &ours(path), &theirs);
        }
    }
    numbered(&folder, &mut tally);
    tally.close();
}

#[test]
fn captures_hold_what_is_known_of_them() {
    let Some(folder) = folder() else { return println!("skipped: no captures at hand") };
    let mut tally = Tally::default();
    for (name, stated) in stated::of(&folder) {
        let ours = ours(&folder.join(&name));
        // What is not believed is told by the other test.
        if let (Some(first), Some(last)) = (ours.first(), ours.last()) {
            tally.compare(&name, "manifest", &[first.clone(), last.clone()][..stated.len()], &stated.into());
        }
    }
    tally.close();
}

/// What a judge says of some files, in their order.
pub(crate) fn opinions(judge: &str, paths: &[PathBuf]) -> Vec<Value> {
    let ended = Running::start(judges::program("decode.py").arg(judge).args(paths)).end().well();
    let opinions: Vec<Value> = ended.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(opinions.len(), paths.len(), "{judge}: {ended:?}");
    opinions
}

/// The registers of our telegrams. What has no checksum is believed when it comes twice.
fn ours(path: &Path) -> Vec<Value> {
    let once = decoded(path, None);
    if !once.is_empty() {
        return once;
    }
    let folder = tempdir().unwrap();
    let twice = folder.path().join("twice");
    fs::write(&twice, fs::read(path).unwrap().repeat(2)).unwrap();
    decoded(&twice, None)
}

fn decoded(path: &Path, protocol: Option<&str>) -> Vec<Value> {
    let mut words = vec!["decode", "--json"];
    words.extend(protocol.iter().flat_map(|protocol| ["--protocol", protocol]));
    let ended = run("lamplighter", words.into_iter().map(Into::into).chain([path.as_os_str().to_owned()]));
    if ended.code == Some(1) && ended.err.contains("no telegram") {
        return Vec::new();
    }
    ended.well().json()["telegrams"].as_array().unwrap().clone()
}

/// What was compared, by family and judge, and every difference.
#[derive(Default)]
struct Tally {
    compared: BTreeMap<(String, String), Count>,
    differences: BTreeSet<(String, String, String)>,
}

#[derive(Default)]
struct Count {
    files: BTreeSet<String>,
    telegrams: usize,
    registers: usize,
    /// Files that neither believes.
    refused: usize,
}

impl Tally {
    fn compare(&mut self, name: &str, judge: &str, ours: &[Value], theirs: &Value) {
        let family = name.split('/').next().unwrap_or_default().to_owned();
        let count = self.compared.entry((family, judge.to_owned())).or_default();
        let mut differs = |what: String| {
            self.differences.insert((name.to_owned(), judge.to_owned(), what));
        };
        let Some(theirs) = theirs.as_array() else {
            let said = theirs["error"].as_str().unwrap();
            if ours.is_empty() {
                count.refused += 1;
                return;
            }
            return differs(format!("refused: {}", said.split(':').next().unwrap_or_default()));
        };
        if ours.len() != theirs.len() {
            differs(format!("{} telegrams instead of {}", ours.len(), theirs.len()));
        }
        if !ours.is_empty() {
            count.files.insert(name.to_owned());
        }
        for (ours, theirs) in ours.iter().zip(theirs) {
            count.telegrams += 1;
            for register in theirs.as_array().unwrap() {
                count.registers += 1;
                if let Some(what) = difference(ours, register) {
                    differs(what);
                }
            }
        }
    }

    fn close(self) {
        for ((family, judge), Count { files, telegrams, registers, refused }) in &self.compared {
            println!(
                "{family} against {judge}: {registers} registers of {telegrams} telegrams in {} files; \
                 {refused} files that neither believes",
                files.len(),
            );
        }
        let explained: BTreeMap<_, _> =
            EXPLAINED.iter().map(|(name, judge, what, why)| ((*name, *judge, *what), *why)).collect();
        let judges: BTreeSet<&str> = self.compared.keys().map(|(_, judge)| judge.as_str()).collect();
        let mut open = Vec::new();
        for (name, judge, what) in &self.differences {
            match explained.get(&(name.as_str(), judge.as_str(), what.as_str())) {
                Some(why) => println!("{name}, {judge}: {what}: {why}"),
                None => open.push(format!("{name}, {judge}: {what}")),
            }
        }
        let seen = |&(name, judge, what): &(&str, &str, &str)| {
            self.differences.contains(&(name.into(), judge.into(), what.into()))
        };
        let gone = explained.keys().filter(|key| judges.contains(key.1) && !seen(key));
        open.extend(gone.map(|key| format!("not seen any more: {key:?}")));
        assert!(open.is_empty(), "{}", open.join("\n"));
    }
}

/// Whether we have a register that a judge has, and as it has it.
fn difference(ours: &Value, theirs: &Value) -> Option<String> {
    let code = theirs["obis"].as_str()?;
    let Ok(obis) = code.parse::<Obis>() else { return Some(format!("{code} is no code")) };
    let obis = obis.to_string();
    let registers = ours["registers"].as_array().unwrap();
    let Some(found) = registers.iter().find(|register| register["obis"] == obis.as_str()) else {
        return Some(format!("{obis} is missing"));
    };
    let same =
        same_value(ours, &found["value"], &theirs["value"]) && same_unit(&found["unit"], &theirs["unit"]);
    (!same).then(|| {
        let word = |value: &Value| value.as_str().unwrap_or("-").to_owned();
        let [value, unit, their, their_unit] =
            [&found["value"], &found["unit"], &theirs["value"], &theirs["unit"]].map(word);
        format!("{obis}: {value} {unit} instead of {their} {their_unit}")
    })
}

/// Equal as numbers; as texts, also where one of both is in hexadecimal, or is the number of the meter.
fn same_value(telegram: &Value, ours: &Value, theirs: &Value) -> bool {
    let (Some(ours), Some(theirs)) = (ours.as_str(), theirs.as_str()) else { return ours == theirs };
    if let (Ok(ours), Ok(theirs)) = (ours.parse::<Decimal>(), theirs.trim().parse::<Decimal>())
        && ours == theirs
    {
        return true;
    }
    let plain = |text: &str| text.replace([' ', '-'], "").to_lowercase();
    let hex: String = ours.bytes().map(|byte| format!("{byte:02x}")).collect();
    let meter = telegram["meter"].as_str().unwrap_or_default();
    [plain(ours), hex, plain(meter)].contains(&plain(theirs))
}

/// Makers and authors write units as they like.
fn same_unit(ours: &Value, theirs: &Value) -> bool {
    let plain = |unit: &Value| unit.as_str().map(|unit| unit.trim().replace('³', "3").to_lowercase());
    plain(ours) == plain(theirs)
}

/// DL/T 645 has names of its own: frame by frame, values and units in their order.
fn numbered(folder: &Path, tally: &mut Tally) {
    let scratch = tempdir().unwrap();
    for name in files(folder, "dlt645/") {
        let frames: Value = serde_json::from_str(&fs::read_to_string(folder.join(&name)).unwrap()).unwrap();
        let frames = frames.as_array().unwrap();
        let paths: Vec<PathBuf> = (0..frames.len()).map(|at| scratch.path().join(at.to_string())).collect();
        for (frame, path) in frames.iter().zip(&paths) {
            fs::write(path, frame["frame"].as_str().unwrap()).unwrap();
        }
        for (path, mut theirs) in paths.iter().zip(opinions("dlt645", &paths)) {
            let ours = decoded(path, Some("dlt645"));
            // The judge names no code: what we call it is taken, and that there is one such register.
            for register in theirs[0].as_array_mut().unwrap() {
                register["obis"] =
                    ours.first().map_or(Value::Null, |ours| ours["registers"][0]["obis"].clone());
            }
            let judged = theirs[0].as_array().is_some_and(|registers| !registers.is_empty());
            if judged {
                tally.compare(&name, "dlt645", &ours, &theirs);
            }
        }
    }
}

fn files(folder: &Path, kind: &str) -> Vec<String> {
    let manifest = fs::read_to_string(folder.join("MANIFEST.json")).unwrap();
    let manifest: Value = serde_json::from_str(&manifest).unwrap();
    let names = manifest["files"].as_array().unwrap().iter().map(|file| file["file"].as_str().unwrap());
    names.filter(|name| name.starts_with(kind) && !name.contains("/ident_")).map(Into::into).collect()
}

pub(crate) fn folder() -> Option<PathBuf> {
    let data = env::var_os("LAMPLIGHTER_DATA").map_or_else(|| root().join("../shared/data"), PathBuf::from);
    Some(data.join("meters")).filter(|folder| folder.join("MANIFEST.json").is_file())
}
