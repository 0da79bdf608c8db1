//! The simulation as a program: `lamplighter-sim --seeds N --images M --seed0 S --threads T`.
#![allow(clippy::print_stdout, reason = "it is a command line")]

use std::{
    process::ExitCode,
    sync::atomic::{AtomicU64, Ordering},
    time::Instant,
};

use lamplighter_sim::run::{Failure, run, tell};

fn main() -> ExitCode {
    let option = |name: &str, otherwise: u64| {
        let mut arguments = std::env::args().skip_while(|argument| argument != name);
        arguments.nth(1).and_then(|number| number.parse().ok()).unwrap_or(otherwise)
    };
    let (seeds, first, threads) = (option("--seeds", 2_000), option("--seed0", 0), option("--threads", 2));
    #[expect(clippy::disallowed_methods, reason = "how long it took is all it is for")]
    let begun = Instant::now();
    let next = AtomicU64::new(first);
    let tally = [const { AtomicU64::new(0) }; 4];
    std::panic::set_hook(Box::new(|_| {}));
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= first + seeds {
                        break;
                    }
                    if let Err(failure) = run(seed) {
                        count(&tally, &failure.what);
                        say(&failure);
                    }
                }
            });
        }
    });
    let [lost, doubled, stalled, broken] = tally.map(AtomicU64::into_inner);
    println!("{seeds} seeds from {first} in {:.1} s", begun.elapsed().as_secs_f64());
    println!("lost {lost}, doubled {doubled}, stalled {stalled}, broken {broken}");
    if lost + doubled + stalled + broken == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn count(tally: &[AtomicU64; 4], what: &str) {
    let place = ["lost", "doubled", "stalled"].iter().position(|word| what.contains(&format!("{word}:")));
    if let Some(counter) = tally.get(place.unwrap_or(3)) {
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

fn say(failure: &Failure) {
    let Failure { seed, what, steps } = failure;
    println!("seed {seed}: {what}");
    for step in steps {
        println!("    {:?} by {}, dice {}", step.kind, step.who, step.seed);
    }
    println!("    told again: {:?}", tell(*seed, steps).err());
}
