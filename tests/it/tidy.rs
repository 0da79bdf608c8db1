//! The rules of the house, each with its reason.

use crate::sources::{PACKAGES, Source, all, manifest, root, rust};

const LINES_MAX: usize = 400;

/// The only files that read a clock, and tests that measure.
const CLOCKS: [&str; 7] = [
    "src-tauri/src/clock.rs",
    "sync/hub/src/main.rs",
    "fixtures/street/src/clock.rs",
    "sync/hub/tests/it/speed.rs",
    "core/benches/",
    "tests/bench/",
    "tests/sim/src/main.rs",
];

/// They say nothing about what a thing is.
const EMPTY_WORDS: [&str; 10] =
    ["manager", "helper", "util", "common", "handler", "processor", "data", "info", "base", "impl"];

/// Words of others that we keep.
const KEPT_NAMES: [&str; 1] = [
    // IEC 62056-21 calls one line of a readout so.
    "DataSet",
];

#[test]
fn a_rust_file_says_what_it_is_in_its_first_line() {
    for source in rust() {
        assert!(source.text.starts_with("//! "), "{} does not say what it is in its first line", source.path);
    }
}

#[test]
fn a_file_stays_small() {
    for source in all().iter().filter(|source| source.is(&["rs", "ts", "mjs", "svelte", "css", "py", "sh"])) {
        let lines = source.text.lines().count();
        let generated = source.path == "ui/src/bindings.ts";
        assert!(
            lines <= LINES_MAX || generated,
            "{} has {lines} lines: it is two things by now",
            source.path
        );
    }
}

#[test]
fn names_say_something() {
    for source in all() {
        for part in source.path.split('/') {
            let stem = part.split('.').next().unwrap_or_default();
            assert_eq!(empty_word(stem), None, "{}: a name that says nothing", source.path);
        }
        if source.is(&["rs", "ts", "svelte"]) {
            for name in defined_types(&source) {
                assert_eq!(empty_word(name), None, "{}: {name} says nothing", source.path);
            }
        }
    }
}

#[test]
fn time_is_an_argument() {
    let clocks = ["Instant", "SystemTime", "Utc", "Local"].map(|clock| format!("{clock}::now"));
    for source in rust() {
        let reads = source.code().any(|line| clocks.iter().any(|clock| line.contains(clock)));
        let may = CLOCKS.iter().any(|clock| source.path.starts_with(clock));
        // This file names what it forbids.
        assert!(
            !reads || may || source.path == "tests/it/tidy.rs",
            "{} reads a clock: take the time as an argument",
            source.path
        );
    }
}

#[test]
fn no_file_knows_the_machine_it_was_written_on() {
    let here = root().canonicalize().unwrap().display().to_string();
    let homes = ["home", "Users", "root", "mnt"].map(|top| format!("/{top}/"));
    for source in all() {
        for (number, line) in (1..).zip(source.text.lines()) {
            let own = here.len() > 1 && line.contains(&format!("{here}/"));
            let home = homes.iter().any(|home| begins_path(line, home));
            assert!(!own && !home, "{}:{number} has a path of one machine: {line}", source.path);
        }
    }
}

#[test]
fn every_package_inherits_what_is_the_same_for_all() {
    for folder in PACKAGES {
        let manifest = manifest(folder);
        for key in ["version", "edition", "rust-version", "license", "publish"] {
            let inherits = manifest.lines().any(|line| line == format!("{key}.workspace = true"));
            assert!(inherits, "{folder}/Cargo.toml does not inherit {key}: packages would drift apart");
        }
        assert!(
            manifest.contains("[lints]\nworkspace = true") || has_lints_of_its_own(folder, &manifest),
            "{folder}/Cargo.toml has no lints of the house"
        );
        let own_version = manifest.lines().find(|line| line.contains("version = \""));
        assert_eq!(
            own_version, None,
            "{folder}/Cargo.toml: versions stand in the workspace's manifest, once"
        );
    }
}

/// The disk below SQLite speaks C. Its package has the house's lints, written out, but for one word.
fn has_lints_of_its_own(folder: &str, its: &str) -> bool {
    let lines = |manifest: &str, prefix: &str| -> Vec<String> {
        let headings = ["rust", "clippy"].map(|tool| format!("[{prefix}{tool}]"));
        let mut within = false;
        let mut lines = Vec::new();
        for line in manifest.lines() {
            within =
                if line.starts_with('[') { headings.iter().any(|heading| line == heading) } else { within };
            if within && line.contains(" = ") {
                lines.push(line.replace("unsafe_code = \"deny\"", "unsafe_code = \"forbid\""));
            }
        }
        lines
    };
    folder == "tests/sim" && lines(its, "lints.") == lines(&manifest(""), "workspace.lints.")
}

#[test]
fn every_invariant_names_a_test_that_exists() {
    let document = std::fs::read_to_string(root().join("docs/architecture.md")).unwrap();
    let invariants =
        document.lines().skip_while(|line| *line != "## Invariants").filter(|line| line.starts_with("- "));
    let invariants: Vec<&str> = invariants.collect();
    assert!(
        invariants.len() > 20,
        "found {} invariants: the test looks in the wrong place",
        invariants.len()
    );
    let tests: Vec<Source> = all().into_iter().filter(|source| source.is(&["rs", "ts", "mjs"])).collect();
    for invariant in invariants {
        let name = invariant.split_once("— test: `").and_then(|(_, rest)| rest.split('`').next());
        let name = name.unwrap_or_else(|| panic!("{invariant:?} names no test that holds it"));
        // What is tested once an engine takes the engine.
        let functions = ["(", "<"].map(|end| format!("fn {name}{end}"));
        let is_there = |source: &Source| functions.iter().any(|function| source.text.contains(function));
        let held = tests.iter().any(|source| is_there(source) || is_title(source, name));
        assert!(held, "{invariant:?}: there is no such test");
    }
}

/// A test of the screens has its sentence as its title.
fn is_title(source: &Source, name: &str) -> bool {
    !source.is(&["rs"])
        && ['\'', '"', '`'].iter().any(|quote| source.text.contains(&format!("{quote}{name}{quote}")))
}

fn begins_path(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        before.is_none_or(|letter| !letter.is_alphanumeric() && !"._-/~)}".contains(letter))
    })
}

/// The names of the types that a file defines.
fn defined_types(source: &Source) -> Vec<&str> {
    let keywords = ["struct", "enum", "trait", "type", "union", "interface", "class", "mod"];
    let mut names = Vec::new();
    for line in source.code() {
        let mut words = line
            .split(|letter: char| !letter.is_alphanumeric() && letter != '_')
            .filter(|word| !word.is_empty());
        while let Some(word) = words.next() {
            // In one line of prose such a word may stand anywhere; a definition begins its line.
            if ["pub", "crate", "super", "in", "export", "declare", "abstract", "default"].contains(&word) {
                continue;
            }
            if keywords.contains(&word) {
                names.extend(words.next());
            }
            break;
        }
    }
    names
}

/// The first word of a name that says nothing.
fn empty_word(name: &str) -> Option<String> {
    if KEPT_NAMES.contains(&name) {
        return None;
    }
    words(name).into_iter().find(|word| {
        let one = word.strip_suffix('s').unwrap_or(word);
        EMPTY_WORDS.contains(&word.as_str()) || EMPTY_WORDS.contains(&one)
    })
}

/// The words of `a_name`, `a-name` and `AName`, in small letters.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_small = false;
    for letter in name.chars() {
        let splits = !letter.is_alphanumeric() || (letter.is_uppercase() && was_small);
        was_small = letter.is_lowercase() || letter.is_numeric();
        if splits {
            words.push(String::new());
        }
        if let (true, Some(word)) = (letter.is_alphanumeric(), words.last_mut()) {
            word.extend(letter.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[test]
fn words_are_found_whole() {
    for (name, word) in [
        ("RoundInfo", "info"),
        ("meter_data", "data"),
        ("utils", "utils"),
        ("base-url", "base"),
        ("MeterHandler", "handler"),
    ] {
        assert_eq!(empty_word(name).as_deref().unwrap_or_default(), word, "{name}");
    }
    for name in ["Database", "dataset", "information", "Basement", "utility", "simple", "Impulse"] {
        assert_eq!(empty_word(name), None, "{name}");
    }
}
