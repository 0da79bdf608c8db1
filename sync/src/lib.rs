//! How two stores come to agree: the contract with the hub, the session as a state machine, and the one match
//! that decides conflicts. No runtime, no socket but in [`http`].

pub mod apply;
pub mod books;
pub mod convert;
pub mod drive;
pub mod exchange;
pub mod export;
#[cfg(feature = "http")]
pub mod http;
pub mod parcel;
pub mod plan;
pub mod session;
pub mod signed;
pub mod wire;
