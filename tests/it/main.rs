//! Tests that stand above every crate.
