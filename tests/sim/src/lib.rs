//! Handhelds, the hub and the link between them in one process, from one seed; and power cuts at every write of both
//! ends.

mod bill;
pub mod clock;
pub mod dice;
pub mod disk;
pub mod handheld;
pub mod images;
pub mod link;
pub mod mutants;
pub mod office;
pub mod oracle;
pub mod run;
pub mod story;
pub mod town;
pub mod wait;
pub mod world;
