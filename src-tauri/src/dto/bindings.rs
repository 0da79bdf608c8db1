//! Writes `ui/src/bindings.ts` from the types of this folder. A test fails when the file is stale;
//! `LAMPLIGHTER_BINDINGS=write cargo test -p lamplighter bindings` writes it anew.
#![cfg(test)]

use std::{env, fs, path::Path};

use ts_rs::{Config, TS};

use super::{
    BesideResult, BesideView, Change, CommandError, Counts, DeviceView, DraftView, Entry, Filter, Held,
    KeysView, LeavePlace, LeaveProgress, LeaveView, LeftFile, PositionView, ProbeHealth, ProbeTiming,
    ProfileView, ReadProgress, ReadResult, Recorded, SavedRecord, ShiftSummary, ShiftView, StopRow, StopView,
    StopsPage, SyncView,
    device::{MovedPort, PortView},
    error::TriedView,
    leave::QrView,
    reading::{FindingView, NumberView, UsualView, ValueView, VerdictView},
    shift::{RoundView, SyncState},
    stop::{BarView, HintView, RegisterView, Status},
};

/// Name, arguments and result of every command. Channels are arguments named `channel`, typed by what they carry.
const COMMANDS: &[(&str, &str, &str)] = &[
    ("shift_view", "{}", "ShiftView"),
    ("watch", "{ channel: Change }", "null"),
    ("stops_page", "{ filter: Filter, offset: number, limit: number }", "StopsPage"),
    ("stop_view", "{ stop: string }", "StopView"),
    ("select_stop", "{ stop: string }", "ShiftView"),
    ("read_stop", "{ stop: string, slow: boolean, channel: ReadProgress }", "ReadResult"),
    ("read_beside", "{ stop: string, channel: ReadProgress }", "BesideResult"),
    ("read_cancel", "{ beside: boolean }", "null"),
    ("probe_test", "{ channel: ReadProgress }", "ProbeHealth"),
    ("save_transcript", "{ reading: string | null }", "SavedRecord"),
    ("take_for", "{ stop: string }", "Recorded"),
    ("record_typed", "{ stop: string, entries: Entry[] }", "Recorded"),
    ("draft_save", "{ stop: string, drafts: DraftView[] }", "null"),
    ("skip_stop", "{ stop: string, reason: SkipReason, note: string | null }", "ShiftView"),
    ("withdraw", "{ reading: string }", "ShiftView"),
    ("advance", "{}", "ShiftView"),
    ("sync_now", "{}", "SyncView"),
    ("shift_summary", "{}", "ShiftSummary"),
    ("shift_close", "{}", "ShiftSummary"),
    ("device_view", "{}", "DeviceView"),
    ("device_set", "{ probe: string, gnss: string }", "DeviceView"),
    ("probe_set", "{ profile: ProfileView }", "DeviceView"),
    ("beside_set", "{ beside: BesideView }", "DeviceView"),
    ("enrol", "{ hub: string, code: string }", "ShiftView"),
    ("leave_view", "{}", "LeaveView"),
    ("leave_file", "{ place: string, channel: LeaveProgress }", "LeftFile"),
];

fn generate() -> String {
    let config = Config::new().with_large_int("number");
    let mut text = String::from(
        "// Generated from src-tauri/src/dto. Do not edit; to write it anew:\n\
         // LAMPLIGHTER_BINDINGS=write cargo test -p lamplighter bindings\n\n",
    );
    macro_rules! declare {
        ($($type:ty),* $(,)?) => {$( text.push_str(&format!("export {}\n", <$type>::decl(&config))); )*};
    }
    text.push_str("export type Level = \"right\" | \"doubtful\" | \"wrong\";\n");
    text.push_str("export type HintKind = \"location\" | \"warning\" | \"key\" | \"note\";\n");
    let reasons = lamplighter_core::round::SkipReason::ALL.map(|reason| format!("\"{}\"", reason.code()));
    text.push_str(&format!("export type SkipReason = {};\n", reasons.join(" | ")));
    declare!(
        Status,
        Filter,
        Held,
        RoundView,
        Counts,
        SyncState,
        SyncView,
        PositionView,
        ShiftView,
        StopRow,
        StopsPage,
        HintView,
        RegisterView,
        BarView,
        DraftView,
        StopView,
        NumberView,
        FindingView,
        UsualView,
        VerdictView,
        ValueView,
        ProbeTiming,
        Recorded,
        ReadResult,
        ReadProgress,
        BesideResult,
        SavedRecord,
        Entry,
        ShiftSummary,
        PortView,
        MovedPort,
        ProfileView,
        BesideView,
        KeysView,
        ProbeHealth,
        DeviceView,
        LeavePlace,
        LeaveView,
        LeaveProgress,
        QrView,
        LeftFile,
        Change,
        TriedView,
        CommandError,
    );
    text.push_str("\nexport interface Commands {\n");
    for (name, arguments, result) in COMMANDS {
        text.push_str(&format!("  {name}: {{ args: {arguments}, result: {result} }};\n"));
    }
    text.push_str("}\n");
    text
}

#[test]
fn bindings_are_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ui/src/bindings.ts");
    let current = generate();
    if env::var("LAMPLIGHTER_BINDINGS").is_ok_and(|wish| wish == "write") {
        fs::write(&path, &current).unwrap();
    }
    assert!(
        fs::read_to_string(&path).unwrap() == current,
        "ui/src/bindings.ts is stale: LAMPLIGHTER_BINDINGS=write cargo test -p lamplighter bindings"
    );
}

#[test]
fn the_table_names_every_command_of_the_window() {
    let source = include_str!("../window.rs");
    let start = source.find("generate_handler![").unwrap();
    let list = &source[start..start + source[start..].find(']').unwrap()];
    let handlers: Vec<&str> = list
        .split('[')
        .nth(1)
        .unwrap()
        .split(',')
        .filter_map(|path| path.trim().rsplit("::").next())
        .filter(|name| !name.is_empty())
        .collect();
    let mut table: Vec<&str> = COMMANDS.iter().map(|(name, ..)| *name).collect();
    let mut handlers = handlers;
    table.sort_unstable();
    handlers.sort_unstable();
    assert_eq!(table, handlers);
}
