//! The simulation as a program: `lamplighter-sim [--seeds N] [--images M] [--seed0 S] [--threads T] [--mutants]`, and
//! `--seed S` to tell one story again.
#![allow(clippy::print_stdout, reason = "it is a command line")]

use std::{
    path::Path,
    process::ExitCode,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Instant,
};

use lamplighter_sim::{
    images, mutants,
    run::{Failure, run},
    story::story,
};

/// Stories or images after which a line says how far it is.
const TOLD_EVERY: u64 = 10_000;

/// What went wrong, by how.
#[derive(Default)]
struct Tally {
    counts: Mutex<[u64; 4]>,
    /// Nothing more is begun after the first failure.
    until_failure: bool,
    over: AtomicBool,
}

fn main() -> ExitCode {
    let seeds = option("--seeds").unwrap_or(2_000);
    let images_max = option("--images").unwrap_or(100_000);
    let threads = option("--threads").unwrap_or(2);
    let first = option("--seed0").unwrap_or(0);
    let has = |name: &str| std::env::args().any(|argument| argument == name);
    std::panic::set_hook(Box::new(|_| {}));
    if let Some(seed) = option("--seed") {
        return tell_again(seed);
    }
    let tally = Tally { until_failure: has("--until-failure"), ..Tally::default() };
    stories(first..first.saturating_add(seeds), threads, &tally);
    if !tally.over.load(Ordering::Relaxed) {
        cuts(first, images_max, threads, &tally);
    }
    let [lost, doubled, stalled, broken] = *tally.counts.lock().unwrap_or_else(PoisonError::into_inner);
    let mut good = lost + doubled + stalled + broken == 0;
    let mut line = format!("lost {lost}, doubled {doubled}, stalled {stalled}");
    if broken > 0 {
        line += &format!(", broken otherwise {broken}");
    }
    if has("--mutants") {
        match mutants::hunt(Path::new("."), |said| println!("{said}")) {
            Ok((caught, all)) => {
                good &= caught == all;
                line += &format!(", mutants caught {caught}/{all}");
            }
            Err(error) => {
                good = false;
                line += &format!(", mutants: {error}");
            }
        }
    }
    println!("{line}");
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn option(name: &str) -> Option<u64> {
    std::env::args().skip_while(|argument| argument != name).nth(1)?.parse().ok()
}

#[expect(clippy::disallowed_methods, reason = "how long it took is all it is for")]
fn stories(seeds: std::ops::Range<u64>, threads: u64, tally: &Tally) {
    let begun = Instant::now();
    let next = AtomicU64::new(seeds.start);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while !tally.over.load(Ordering::Relaxed) {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end {
                        break;
                    }
                    if let Err(failure) = run(seed, tally.until_failure) {
                        tally.note(&failure.what);
                        say(&failure);
                    }
                    let told = seed - seeds.start + 1;
                    if told.is_multiple_of(TOLD_EVERY) {
                        println!("{told} stories");
                    }
                }
            });
        }
    });
    println!(
        "{} stories from {} in {:.1} s",
        seeds.end - seeds.start,
        seeds.start,
        begun.elapsed().as_secs_f64()
    );
}

#[expect(clippy::disallowed_methods, reason = "how long it took is all it is for")]
fn cuts(first: u64, images_max: u64, threads: u64, tally: &Tally) {
    let begun = Instant::now();
    let (next, opened) = (AtomicU64::new(first), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while opened.load(Ordering::Relaxed) < images_max && !tally.over.load(Ordering::Relaxed) {
                    let day = images::day(next.fetch_add(1, Ordering::Relaxed), images_max);
                    let before = opened.fetch_add(day.images, Ordering::Relaxed);
                    for wrong in day.wrong {
                        tally.note(&wrong);
                        println!("{wrong}");
                    }
                    let now = before + day.images;
                    if now / TOLD_EVERY / 10 > before / TOLD_EVERY / 10 {
                        println!("{now} images");
                    }
                }
            });
        }
    });
    println!("{} images in {:.1} s", opened.into_inner(), begun.elapsed().as_secs_f64());
}

fn tell_again(seed: u64) -> ExitCode {
    for step in story(seed) {
        println!("    {:?} by {}, dice {}", step.kind, step.who, step.seed);
    }
    match run(seed, false) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            say(&failure);
            ExitCode::FAILURE
        }
    }
}

impl Tally {
    fn note(&self, what: &str) {
        let place = ["lost", "doubled", "stalled"].iter().position(|word| what.contains(&format!("{word}:")));
        if let Some(count) =
            self.counts.lock().unwrap_or_else(PoisonError::into_inner).get_mut(place.unwrap_or(3))
        {
            *count += 1;
        }
        self.over.fetch_or(self.until_failure, Ordering::Relaxed);
    }
}

fn say(failure: &Failure) {
    let Failure { seed, what, steps } = failure;
    println!("seed {seed}: {what}");
    for step in steps {
        println!("    {:?} by {}, dice {}", step.kind, step.who, step.seed);
    }
}
