//! How a device is told the utility's recovery key.

use prost::Message;

/// The hub's signed word, purpose `Recovery`; `body` is a [`Recovery`].
#[derive(Clone, PartialEq, Message)]
pub struct SignedRecovery {
    /// A [`Recovery`].
    #[prost(bytes = "vec", tag = "1")]
    pub body: Vec<u8>,
    /// 64 bytes.
    #[prost(bytes = "vec", tag = "2")]
    pub seal: Vec<u8>,
}

/// The utility's recovery key.
#[derive(Clone, PartialEq, Message)]
pub struct Recovery {
    /// 16 bytes: whom it is for.
    #[prost(bytes = "vec", tag = "1")]
    pub device: Vec<u8>,
    /// 32 bytes: the public half, X25519.
    #[prost(bytes = "vec", tag = "2")]
    pub key: Vec<u8>,
    /// Since when it is the one, by the hub's clock. A device never goes back to an earlier one.
    #[prost(sint64, tag = "3")]
    pub since_ms: i64,
}
