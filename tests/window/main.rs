//! The real app in its real window, on a screen that nobody sees: one key reads a meter, and nothing that was
//! said to be saved is lost, however the app ends.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on says so by a panic")]

mod app;
mod processes;
mod stage;

use std::fs;

use app::{ENTER, F1, F2};
use lamplighter_core::evidence::chain::Hash;
use nix::sys::signal::Signal;
use stage::Stage;

/// The day that every test walks.
const STOPS: u32 = 6;

#[tokio::test]
async fn one_key_reads_the_meter_and_a_killed_app_forgets_nothing() {
    let stage = Stage::set().await;
    let app = stage.open().await;
    let first = app.arrive().await;
    app.press(ENTER).await;
    app.see("[data-testid^=verdict-]").await;
    let (serial, digits) = (app.words(".who .serial").await, app.words(".drum .dg").await);
    assert_eq!(digits, stage.truth(&serial), "the drum shows what meter {serial} holds");
    app.kill(Signal::SIGKILL).await;

    let app = stage.open().await;
    assert_eq!(app.current().await, first, "the stop at hand is still at hand");
    app.see(&format!("[data-row-id='{first}']:not(.todo)")).await;
    assert_eq!(app.words(".hd p b").await, "1", "the saved reading counts");
    app.press(ENTER).await;
    app.see("[data-testid^=verdict-]").await;
    assert_eq!(app.words(".drum .dg").await, digits);

    app.go_on().await;
    let second = app.arrive_elsewhere(&first).await;
    app.type_digits("4711").await;
    app.see("[data-testid=drum][data-digits='4711']").await;
    app.drafted(&second, "4711").await;
    app.kill(Signal::SIGTERM).await;

    let app = stage.open().await;
    assert_eq!(app.current().await, second);
    app.press(F2).await;
    app.see("[data-testid=draft-restored]").await;
    app.see("[data-testid=drum][data-digits='4711']").await;
    app.close().await;
}

#[tokio::test]
async fn a_reading_and_a_skip_stand_in_the_end_of_the_shift_in_both_languages() {
    let stage = Stage::set().await;
    let app = stage.open().await;
    let first = app.arrive().await;
    app.press(ENTER).await;
    app.see("[data-testid^=verdict-]").await;
    app.go_on().await;
    let second = app.arrive_elsewhere(&first).await;
    app.press(F1).await;
    app.see("[data-testid=screen-skip]").await;
    app.type_digits("3").await;
    app.arrive_elsewhere(&second).await;
    app.click("[data-testid=sync-pill]").await;
    app.see("[data-testid=screen-end] li").await;
    assert_eq!(app.words("[data-testid=screen-end] .count").await, "2");
    assert!(app.text("[data-testid=screen-end]").await.contains("Skipped\n1\n"));
    assert!(app.text("[data-testid=screen-end]").await.contains(&format!("To do\n{}\n", STOPS - 2)));
    assert!(app.text("[data-testid=screen-end]").await.contains("By probe\n1\n"));

    app.click("[data-testid=back]").await;
    app.click("[data-testid=menu]").await;
    app.click("[data-testid=lang-zh-CN]").await;
    app.see("html[lang=zh-CN]").await;
    app.read("[data-testid=screen-menu]", "显示").await;
    app.press(ENTER).await;
    app.see("[data-testid=screen-list]").await;
    app.read("[data-testid=screen-list] [data-testid=trigger]", "抄表").await;
    app.click("[data-testid=sync-pill]").await;
    app.read("[data-testid=screen-end]", "跳过").await;
    app.close().await;
}

#[tokio::test]
async fn a_reading_that_no_hub_has_seen_leaves_by_the_window_and_comes_home() {
    let stage = Stage::set().await;
    let app = stage.open().await;
    app.arrive().await;
    app.lose_the_hub();
    app.press(ENTER).await;
    app.see("[data-testid^=verdict-]").await;
    app.click("[data-testid=sync-pill]").await;
    app.see("[data-testid=leave-file]").await;
    // Whatever is plugged into this machine is not ours to write to.
    app.choose_last("[data-testid=leave-place]").await;
    app.click("[data-testid=leave-file]").await;
    app.see("[data-testid=leave-code] path").await;

    let file = fs::read_dir(stage.home().join("left")).unwrap().next().unwrap().unwrap().path();
    let hash = Hash::of(&fs::read(&file).unwrap()).to_string();
    assert_eq!(app.words("[data-testid=leave-hash]").await, hash, "the screen shows the number of the file");
    let brought = stage.bring(&file);
    assert!(brought["new"].as_u64() >= Some(1), "{brought}");
    assert_eq!(stage.bring(&file)["new"], 0);
    app.close().await;
}

#[tokio::test]
async fn a_closed_window_leaves_no_process_and_a_second_one_says_that_the_first_runs() {
    let stage = Stage::set().await;
    let app = stage.open().await;
    app.current().await;
    let second = stage.command(&[]).output().unwrap();
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert_eq!(second.status.code(), Some(1), "{said}");
    assert!(said.contains("already running"), "{said}");
    app.close().await;

    let blind = stage.command(&["DISPLAY", "WAYLAND_DISPLAY"]).output().unwrap();
    let said = String::from_utf8_lossy(&blind.stderr).into_owned();
    assert_eq!(blind.status.code(), Some(1), "{said}");
    assert!(said.starts_with("lamplighter: there is no display") && said.lines().count() == 1, "{said}");
}
