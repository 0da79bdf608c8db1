//! The digit-likelihood model: how likely the reading is for this customer, against how likely it is that somebody who
//! saw another number wrote this one. Nothing learned but a few dozen numbers a class of customers; nothing random, and the
//! same bits on every machine, because it uses no function of a machine's library.

pub mod belief;
pub mod class;
pub mod cusum;
pub mod forecast;
pub mod idle;
pub mod learn;
pub mod logs;
pub mod past;
pub mod regress;
pub mod slip;
pub mod swap;
pub mod trail;
pub mod weigh;

#[cfg(test)]
pub(crate) mod tests;
