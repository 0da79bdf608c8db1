//! Handhelds, the hub and the link between them in one process, from one seed; and power cuts at every write of both
//! ends.

pub mod dice;
pub mod disk;
