//! Whether a reading is right. Pure functions of what was read, what was planned and what was before.

pub mod verdict;
