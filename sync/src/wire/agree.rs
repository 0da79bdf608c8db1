//! Where two ends hold the same log.

use prost::Message;

/// One link of a log: the hash after event `seq`.
#[derive(Clone, PartialEq, Message)]
pub struct Link {
    /// 0 is before the first event.
    #[prost(uint64, tag = "1")]
    pub seq: u64,
    /// 32 bytes.
    #[prost(bytes = "vec", tag = "2")]
    pub hash: Vec<u8>,
}

/// An earlier log of a device.
#[derive(Clone, PartialEq, Message)]
pub struct Closed {
    /// Which.
    #[prost(uint32, tag = "1")]
    pub epoch: u32,
    /// Where it ends.
    #[prost(message, optional, tag = "2")]
    pub last: Option<Link>,
}

/// Asks up to which of these links of a log both hold the same.
#[derive(Clone, PartialEq, Message)]
pub struct Agree {
    /// Which log.
    #[prost(uint32, tag = "1")]
    pub epoch: u32,
    /// At most [`LINKS_MAX`](super::LINKS_MAX), by number.
    #[prost(message, repeated, tag = "2")]
    pub links: Vec<Link>,
}

/// The hub's signed word, purpose `Agreement`; `body` is an [`Agreement`].
#[derive(Clone, PartialEq, Message)]
pub struct SignedAgreement {
    /// An [`Agreement`].
    #[prost(bytes = "vec", tag = "1")]
    pub body: Vec<u8>,
    /// 64 bytes.
    #[prost(bytes = "vec", tag = "2")]
    pub seal: Vec<u8>,
}

/// Up to where the hub and a device hold the same.
#[derive(Clone, PartialEq, Message)]
pub struct Agreement {
    /// 16 bytes: whose log.
    #[prost(bytes = "vec", tag = "1")]
    pub device: Vec<u8>,
    /// Which of its logs.
    #[prost(uint32, tag = "2")]
    pub epoch: u32,
    /// The last of the links asked about that the hub holds so; `seq` 0 if it holds none of them.
    #[prost(message, optional, tag = "3")]
    pub common: Option<Link>,
    /// Where the hub's own log ends.
    #[prost(uint64, tag = "4")]
    pub have_seq: u64,
    /// A number for a new log that the hub holds nothing of yet.
    #[prost(uint32, tag = "5")]
    pub next_epoch: u32,
    /// SHA-256 over the question's body: the answer is to no other.
    #[prost(bytes = "vec", tag = "6")]
    pub question: Vec<u8>,
}
