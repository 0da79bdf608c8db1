//! In what order to walk. Straight lines between the stops; streets are not known here.

mod near;
pub mod order;
mod plane;
mod tour;

#[cfg(test)]
mod order_tests;
