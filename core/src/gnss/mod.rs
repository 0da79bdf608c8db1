//! Where the reader stands: bytes of a receiver to fixes, and what is near.

pub mod fix;
