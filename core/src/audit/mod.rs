//! Whether a reading is right. Pure functions of what was read, what was planned and what was before.

pub mod arithmetic;
pub mod beside;
pub mod calibrate;
pub mod cases;
pub mod circumstances;
pub mod fluctuation;
pub mod judge;
pub mod likelihood;
pub mod likely;
pub mod observed;
pub mod pack;
pub mod recall;
pub mod rules;
pub mod table;
pub mod tou;
pub mod twice;
pub mod verdict;

#[cfg(test)]
mod case_tests;
#[cfg(test)]
mod judge_tests;
#[cfg(test)]
mod rules_tests;
