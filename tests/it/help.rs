//! Every command of every program says what it is for.

use crate::process::run;

#[test]
fn every_command_helps() {
    check(
        "lamplighter",
        &["window", "read", "decode", "judge", "ports", "probe", "gps", "shift", "leave", "verify"],
    );
    check(
        "lamplighter-hub",
        &[
            "serve",
            "import",
            "assign",
            "enrol",
            "revoke",
            "release",
            "recovery-key",
            "bring",
            "status",
            "export",
            "bill",
            "settle",
            "reconcile",
            "calibrate",
            "verify",
        ],
    );
    check("lamplighter-street", &["serve", "meter", "town"]);
}

/// Also holds the list above to what the program names.
#[track_caller]
fn check(name: &str, commands: &[&str]) {
    let all = run(name, ["--help"]).well();
    let named =
        all.out.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    // A long line goes on in the next, further in.
    let named = named.filter(|line| !line.starts_with("   "));
    let mut named: Vec<&str> = named.filter_map(|line| line.split_whitespace().next()).collect();
    named.retain(|command| *command != "help");
    assert_eq!(named, commands, "{}", all.out);
    for command in commands {
        let help = run(name, [command, "--help"]).well();
        assert!(help.out.contains(&format!("Usage: {name} {command}")) && help.err.is_empty(), "{help:?}");
    }
    assert!(run(name, ["--version"]).well().out.starts_with(name));
}
