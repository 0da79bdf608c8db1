//! Who may know whom: the arrows between our packages, and where each third party may be named.

use crate::sources::{PACKAGES, manifest, names, rust};

/// A third party, the places that may name it, and why nobody else may.
struct Home {
    name: &'static str,
    places: &'static [&'static str],
    why: &'static str,
}

const HOMES: &[Home] = &[
    Home {
        name: "rusqlite",
        places: &[
            "core/src/store/",
            "sync/hub/src/ledger/sqlite/",
            // Looks behind the ledger's back: that the file itself refuses to change an event.
            "sync/hub/tests/it/sqlite.rs",
            // Makes a file of an earlier release from its dump.
            "tests/it/upgrade.rs",
            // Is the disk below SQLite, and looks behind the ledger's back.
            "tests/sim/src/disk/",
            "tests/sim/src/office.rs",
        ],
        why: "SQL stands beside the rows it makes: ask Store or Ledger for what you need",
    },
    Home {
        name: "tokio_postgres",
        places: &["sync/hub/src/ledger/postgres/"],
        why: "SQL stands beside the rows it makes: ask Ledger for what you need",
    },
    Home {
        name: "prost",
        places: &[
            "core/src/evidence/",
            "sync/src/wire/",
            // Turn messages into bytes and back, once for both ends.
            "sync/src/signed.rs",
            "sync/src/exchange.rs",
            "sync/src/http.rs",
            // Keeps plans as the bytes of the wire.
            "sync/hub/src/ledger/",
            "sync/hub/src/http.rs",
            "sync/hub/tests/it/http.rs",
            // Sets a batch aside as an earlier release did.
            "sync/hub/tests/it/sqlite.rs",
            // Bends plans on their way.
            "tests/sim/src/link.rs",
        ],
        why: "the nouns of core know nothing of bytes: convert.rs turns them into messages",
    },
    Home {
        name: "hpke",
        places: &["core/src/evidence/envelope.rs"],
        why: "everybody else knows envelopes: what hides an event is chosen once",
    },
    Home {
        name: "serde",
        places: &["src-tauri/src/dto/"],
        why: "what crosses the bridge is a dto; a noun that can be serialised cannot be changed",
    },
    Home {
        name: "tokio",
        places: &["src-tauri/", "sync/hub/", "tests/"],
        why: "core and sync run without a runtime, so that a simulation can be the runtime",
    },
    Home {
        name: "reqwest",
        places: &["sync/src/http.rs"],
        why: "HTTP is one way among others to reach a hub",
    },
    Home {
        name: "serialport",
        // The street judges with a reader of its own.
        places: &["src-tauri/src/device/", "fixtures/street/tests/"],
        why: "ports are real; everything else takes a trait Line",
    },
    Home { name: "nmea", places: &["core/src/gnss/receiver.rs"], why: "everybody else knows fixes" },
    Home {
        name: "geo",
        places: &["core/src/place.rs", "core/src/route/"],
        why: "everybody else knows positions",
    },
    Home {
        name: "chrono",
        places: &["core/src/time.rs", "core/src/tariff/calendar.rs"],
        why: "everybody else knows UtcMs and Civil, which have no now()",
    },
    Home { name: "tauri", places: &["src-tauri/"], why: "the window is the last floor" },
    Home {
        name: "ts_rs",
        places: &["src-tauri/src/dto/"],
        why: "only what crosses the bridge is known to screens",
    },
    Home { name: "axum", places: &["sync/hub/"], why: "the handheld serves nobody" },
];

/// Which of our packages each may link, also for its tests.
const ARROWS: [(&str, &[&str]); 7] = [
    ("core", &[]),
    ("sync", &["lamplighter-core"]),
    ("sync/hub", &["lamplighter-core", "lamplighter-sync"]),
    // The demo starts the hub and the street as processes; the handheld links neither.
    ("src-tauri", &["lamplighter-core", "lamplighter-sync"]),
    // What the street says about a meter must be an independent opinion.
    ("fixtures/street", &[]),
    ("tests", &["lamplighter-core", "lamplighter-hub", "lamplighter-street", "lamplighter-sync"]),
    ("tests/sim", &["lamplighter-core", "lamplighter-hub", "lamplighter-sync"]),
];

/// What core may never link: whatever is real belongs in src-tauri, so that all of core runs in a unit test.
const REAL: [&str; 9] =
    ["tauri", "tokio", "reqwest", "serialport", "axum", "hyper", "getrandom", "rand", "serde"];

#[test]
fn arrows_between_packages_run_down_only() {
    assert_eq!(ARROWS.map(|(folder, _)| folder), PACKAGES);
    for (folder, allowed) in ARROWS {
        let manifest = manifest(folder);
        for heading in ["dependencies", "dev-dependencies", "build-dependencies"] {
            for name in names(&manifest, heading).iter().filter(|name| name.starts_with("lamplighter")) {
                assert!(
                    allowed.contains(&name.as_str()),
                    "{folder} links {name}: arrows run down only (ui, src-tauri, sync, core)"
                );
            }
        }
    }
}

#[test]
fn core_touches_nothing_real() {
    let manifest = manifest("core");
    for name in names(&manifest, "dependencies") {
        assert!(!REAL.contains(&name.as_str()), "core links {name}: whatever is real belongs in src-tauri");
    }
}

#[test]
fn a_third_party_is_named_at_home_only() {
    let linked: Vec<(&str, Vec<String>)> = PACKAGES.map(|folder| (folder, linked(folder))).into();
    for source in rust() {
        let Some(package) = source.package() else { continue };
        let (_, linked) = linked.iter().find(|(folder, _)| *folder == package).unwrap();
        for Home { name, places, why } in HOMES {
            // A module of ours may have the name of a package that is not linked here.
            let here =
                linked.iter().any(|linked| linked == name) && source.code().any(|line| names_it(line, name));
            let at_home = places.iter().any(|place| source.path.starts_with(place));
            assert!(!here || at_home, "{} names {name}, which lives in {places:?}: {why}", source.path);
        }
    }
}

#[test]
fn every_home_is_lived_in() {
    // The tariff's calendar is not built yet.
    let to_come = ["core/src/tariff/calendar.rs", "core/src/route/"];
    let sources: Vec<_> = rust().collect();
    for Home { name, places, .. } in HOMES {
        for place in places.iter().filter(|place| !to_come.contains(place)) {
            let mut here = sources.iter().filter(|source| source.path.starts_with(place));
            let found = here.any(|source| source.code().any(|line| names_it(line, name)));
            assert!(found, "{name} may be named in {place} and is not: take the permission away");
        }
    }
}

#[test]
fn chrono_is_linked_without_its_clock() {
    let manifest = manifest("");
    let chrono = manifest.lines().find(|line| line.starts_with("chrono ")).unwrap();
    assert!(
        chrono.contains("default-features = false") && !chrono.contains("clock"),
        "{chrono}: time is an argument"
    );
}

/// Everything that a package links, as Rust names it.
fn linked(folder: &str) -> Vec<String> {
    let manifest = manifest(folder);
    let headings = ["dependencies", "dev-dependencies", "build-dependencies"];
    headings.iter().flat_map(|heading| names(&manifest, heading)).map(|name| name.replace('-', "_")).collect()
}

/// Whether a line of code has the name of a package as the first part of a path.
fn names_it(line: &str, name: &str) -> bool {
    line.match_indices(name).any(|(at, _)| {
        let (before, after) = (&line[..at], &line[at + name.len()..]);
        let begins =
            !before.ends_with(|letter: char| letter.is_alphanumeric() || letter == '_' || letter == ':');
        let used = before.trim_end().ends_with("use") && after.starts_with([';', ' ']);
        begins && (after.starts_with("::") || used)
    })
}

#[test]
fn a_name_is_found_in_code_and_not_in_words() {
    for line in ["use nmea::Nmea;", "    nmea::parse(x)", "#[derive(nmea::A)]", "use nmea as n;"] {
        assert!(names_it(line, "nmea"), "{line}");
    }
    for line in ["use crate::nmea::A;", "mod nmea;", "let nmea = 1;", "my_nmea::x()", "\"walk.nmea\""] {
        assert!(!names_it(line, "nmea"), "{line}");
    }
}
