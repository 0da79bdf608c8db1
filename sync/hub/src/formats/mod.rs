//! Other programs' files to ours. Nothing is taken over unless all of it can be.

pub mod csv;
