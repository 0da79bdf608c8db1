//! The figures of one set: what each method finds, and what ours says about each kind of error.

use std::time::Instant;

use lamplighter_core::audit::{
    likelihood::{class::Class, slip::Slip, trail::Trail, weigh::weigh},
    table::Line,
};

use super::Shown;

const SURE: f64 = 0.9;

/// Found at one and two percent of false alarms, and at the method's own threshold.
pub(crate) fn methods(shown: &[Shown], boosting: Option<&(f64, Vec<f64>)>, goals: [f64; 2]) {
    let counted: Vec<&Shown> = shown.iter().filter(|row| row.slip.is_none() || row.material).collect();
    let rights = counted.iter().filter(|row| row.slip.is_none()).count();
    println!("{rights} right readings, {} material errors", counted.len() - rights);
    println!("{:<30}{:>9}{:>9}{:>16}{:>9}", "method", "at 1 %", "at 2 %", "own threshold", "alarms");
    let print = |name: &str, scores: &[f64], own: &dyn Fn(usize) -> bool| {
        let is_right = |at: &usize| counted[*at].slip.is_none();
        let (right, wrong): (Vec<usize>, Vec<usize>) = (0..counted.len()).partition(is_right);
        let above = |threshold: f64| part(&wrong, |at| scores[*at] > threshold);
        let found =
            [0.01, 0.02].map(|rate| above(quantile(right.iter().map(|at| scores[*at]).collect(), rate)));
        println!(
            "{name:<30}{:>9.4}{:>9.4}{:>16.4}{:>7.2} %",
            found[0],
            found[1],
            part(&wrong, |at| own(*at)),
            100.0 * part(&right, |at| own(*at))
        );
        found
    };
    let ours: Vec<f64> = counted.iter().map(|row| row.opinion.score).collect();
    let found = print("ours, digit likelihood", &ours, &|at| counted[at].opinion.is_alarm());
    for (index, (name, own)) in [
        ("±50 % against the previous", 0.5),
        ("±50 % against the mean of 3", 0.5),
        ("median/MAD, 5 deviations", 5.0),
    ]
    .into_iter()
    .enumerate()
    {
        let scores: Vec<f64> = counted.iter().map(|row| row.rivals[index]).collect();
        print(name, &scores, &|at| scores[at] > own);
    }
    if let Some((own, scores)) = boosting {
        print("gradient boosting (sklearn)", scores, &|at| scores[at] > *own);
    }
    for (found, goal) in found.into_iter().zip(goals) {
        println!("goal {goal}: {}", if found >= goal { "reached" } else { "missed" });
    }
}

/// Each kind of error at one percent of false alarms, and how sure suggestions are.
pub(crate) fn slips(shown: &[Shown]) {
    let right =
        shown.iter().filter(|row| row.slip.is_none()).map(|row| row.opinion.score).collect::<Vec<_>>();
    let (first, second) = (quantile(right.clone(), 0.01), quantile(right, 0.02));
    println!(
        "{:<16}{:>8}{:>9}{:>9}{:>9}{:>9}{:>9}",
        "error", "cases", "at 1 %", "at 2 %", "exact", "sure", "right"
    );
    let mut all_sure = vec![];
    for slip in Slip::ALL {
        let of: Vec<&Shown> = shown.iter().filter(|row| row.slip == Some(slip) && row.material).collect();
        let flagged: Vec<&Shown> = of.iter().filter(|row| row.opinion.score > first).copied().collect();
        let sure: Vec<&Shown> = flagged.iter().filter(|row| row.opinion.confidence > SURE).copied().collect();
        println!(
            "{:<16}{:>8}{:>9.4}{:>9.4}{:>9.3}{:>9.3}{:>9.4}",
            slip.code(),
            of.len(),
            part(&of, |row| row.opinion.score > first),
            part(&of, |row| row.opinion.score > second),
            part(&flagged, is_exact),
            sure.len() as f64 / flagged.len().max(1) as f64,
            part(&sure, is_exact)
        );
        all_sure.extend(sure);
    }
    println!("sure (> {SURE}) of all kinds: {}, right {:.4}", all_sure.len(), part(&all_sure, is_exact));
    for (from, to) in [(0.0, 0.2), (0.2, 0.4), (0.4, 0.6), (0.6, 0.8), (0.8, 0.9), (0.9, 0.97), (0.97, 1.01)]
    {
        let within = |row: &&Shown| {
            row.slip.is_some()
                && row.material
                && row.opinion.score > first
                && (from..to).contains(&row.opinion.confidence)
        };
        let rows: Vec<&Shown> = shown.iter().filter(within).collect();
        let mean = rows.iter().map(|row| row.opinion.confidence).sum::<f64>() / rows.len().max(1) as f64;
        println!(
            "confidence {from:.2} to {to:.2}: {:>6} said, mean {mean:.3}, right {:.3}",
            rows.len(),
            part(&rows, is_exact)
        );
    }
}

/// How long one opinion takes.
pub(crate) fn speed(lines: &[Line], class: &Class) {
    let (mut opinions, mut spent) = (0_u32, 0.0);
    for line in lines {
        let turn = 10_i64.pow(u32::from(line.record.digits));
        let mut trail = Trail::new(line.record.readings[0]);
        for reading in &line.record.readings[1..] {
            let began = Instant::now();
            if weigh(&trail, class, class.days(), *reading, line.record.digits).is_some() {
                opinions += 1;
                spent += began.elapsed().as_secs_f64();
            }
            trail.add(*reading, turn, class.days());
        }
    }
    println!("{:.1} µs an opinion, mean of {opinions}", spent / f64::from(opinions) * 1e6);
}

fn is_exact(row: &&Shown) -> bool {
    row.opinion.suggestion == Some(row.truth)
}

/// The part of all for which it holds.
pub(crate) fn part<T>(all: &[T], holds: impl Fn(&T) -> bool) -> f64 {
    all.iter().filter(|one| holds(one)).count() as f64 / all.len().max(1) as f64
}

fn quantile(mut scores: Vec<f64>, above: f64) -> f64 {
    scores.sort_unstable_by(f64::total_cmp);
    let beyond = (scores.len() as f64 * above) as usize;
    scores[scores.len() - 1 - beyond]
}
