//! Every message between a handheld and the hub: the whole contract, `MRS/1`.
//!
//! Protobuf; field numbers are never used again and fields are only added. Events travel as the very bytes
//! that were signed.

mod agree;
mod plan;
mod recovery;

use prost::{Message, Oneof};

pub use agree::{Agree, Agreement, Closed, Link, SignedAgreement};
pub use plan::{Change, Hint, PastReading, Plan, Register, Round, Stop};
pub use recovery::{Recovery, SignedRecovery};

/// The protocol this release speaks.
pub const PROTOCOL: u32 = 1;
/// Most events in one batch.
pub const BATCH_EVENTS_MAX: usize = 500;
/// Most links in one question, and most earlier logs in a greeting.
pub const LINKS_MAX: usize = 64;
/// As much of a fingerprint as tells two recovery keys of one utility apart.
pub const RECOVERY_MARK_BYTES: usize = 8;
/// Longest body of a request or a reply on the wire.
pub const BODY_BYTES_MAX: usize = 1024 * 1024;
/// Longest batch when unpacked.
pub const INFLATED_BYTES_MAX: usize = 1024 * 1024;

/// `POST /v1/enrol`, not signed: the one-time code speaks for the device.
#[derive(Clone, PartialEq, Message)]
pub struct Enrol {
    /// The code that the office gave, as typed.
    #[prost(string, tag = "1")]
    pub code: String,
    /// 32 bytes, made on the device.
    #[prost(bytes = "vec", tag = "2")]
    pub public_key: Vec<u8>,
}

/// The hub took the device in.
#[derive(Clone, PartialEq, Message)]
pub struct Enrolled {
    /// 16 bytes.
    #[prost(bytes = "vec", tag = "1")]
    pub device: Vec<u8>,
    /// 32 bytes; receipts and pages are signed with its other half.
    #[prost(bytes = "vec", tag = "2")]
    pub hub_key: Vec<u8>,
    /// Whom the device belongs to, for the screen.
    #[prost(string, tag = "3")]
    pub reader: String,
}

/// What a device signs to be heard. The signature is over `body`, for the purpose `Request`.
#[derive(Clone, PartialEq, Message)]
pub struct Signed {
    /// 16 bytes.
    #[prost(bytes = "vec", tag = "1")]
    pub device: Vec<u8>,
    /// A [`Question`].
    #[prost(bytes = "vec", tag = "2")]
    pub body: Vec<u8>,
    /// 64 bytes.
    #[prost(bytes = "vec", tag = "3")]
    pub seal: Vec<u8>,
}

/// What a device asks.
#[derive(Clone, PartialEq, Message)]
pub struct Question {
    /// When, by the device's clock, in milliseconds since 1970.
    #[prost(sint64, tag = "1")]
    pub at_ms: i64,
    /// What.
    #[prost(oneof = "Ask", tags = "2, 3, 4")]
    pub ask: Option<Ask>,
}

/// The kinds of question.
#[derive(Clone, PartialEq, Oneof)]
pub enum Ask {
    /// `POST /v1/hello`
    #[prost(message, tag = "2")]
    Hello(Hello),
    /// `POST /v1/down`
    #[prost(message, tag = "3")]
    Down(Down),
    /// `POST /v1/agree`
    #[prost(message, tag = "4")]
    Agree(Agree),
}

/// Where the device stands.
#[derive(Clone, PartialEq, Message)]
pub struct Hello {
    /// Newest protocol the device speaks.
    #[prost(uint32, tag = "1")]
    pub protocol: u32,
    /// Of its log.
    #[prost(uint32, tag = "2")]
    pub epoch: u32,
    /// Its last event.
    #[prost(uint64, tag = "3")]
    pub head_seq: u64,
    /// 32 bytes.
    #[prost(bytes = "vec", tag = "4")]
    pub head_hash: Vec<u8>,
    /// Up to where it holds receipts.
    #[prost(uint64, tag = "5")]
    pub acked_seq: u64,
    /// Up to where it has taken over plans.
    #[prost(uint64, tag = "6")]
    pub down_cursor: u64,
    /// Of the app.
    #[prost(string, tag = "7")]
    pub app_version: String,
    /// Its earlier logs, oldest first.
    #[prost(message, repeated, tag = "8")]
    pub closed: Vec<Closed>,
    /// The hub's mark beside the last plan taken over; empty if none is known.
    #[prost(bytes = "vec", tag = "9")]
    pub down_mark: Vec<u8>,
    /// The first [`RECOVERY_MARK_BYTES`] of the fingerprint of the recovery key it knows; empty if it knows none.
    #[prost(bytes = "vec", tag = "10")]
    pub recovery_mark: Vec<u8>,
}

/// Where the hub stands.
#[derive(Clone, PartialEq, Message)]
pub struct HelloReply {
    /// The protocol to speak.
    #[prost(uint32, tag = "1")]
    pub protocol: u32,
    /// The last event the hub holds of this log; 0 if none.
    #[prost(uint64, tag = "2")]
    pub have_seq: u64,
    /// 32 bytes.
    #[prost(bytes = "vec", tag = "3")]
    pub have_hash: Vec<u8>,
    /// The hub's clock.
    #[prost(sint64, tag = "4")]
    pub hub_at_ms: i64,
    /// The last plan the hub has for this device.
    #[prost(uint64, tag = "5")]
    pub down_head: u64,
    /// Most events the hub takes at once.
    #[prost(uint32, tag = "6")]
    pub batch_events_max: u32,
    /// To each earlier log that the device named: what the hub holds there, not beyond its end.
    #[prost(message, repeated, tag = "7")]
    pub closed: Vec<Closed>,
    /// The office has locked the device out: what it still holds is taken, set aside and never billed by itself.
    #[prost(bool, tag = "8")]
    pub revoked: bool,
    /// There is nothing to ask for: the device has all plans.
    #[prost(bool, tag = "9")]
    pub no_plans: bool,
    /// The utility's recovery key, to a device that named another one.
    #[prost(message, optional, tag = "10")]
    pub recovery: Option<SignedRecovery>,
}

/// `POST /v1/up`: zstd over this. The seal answers for the log up to the last of these events.
#[derive(Clone, PartialEq, Message)]
pub struct Batch {
    /// 16 bytes.
    #[prost(bytes = "vec", tag = "1")]
    pub device: Vec<u8>,
    /// Of the log.
    #[prost(uint32, tag = "2")]
    pub epoch: u32,
    /// Number of the first event.
    #[prost(uint64, tag = "3")]
    pub first_seq: u64,
    /// 32 bytes: the hash before the first event.
    #[prost(bytes = "vec", tag = "4")]
    pub prev_hash: Vec<u8>,
    /// The events' own bytes, in order.
    #[prost(bytes = "vec", repeated, tag = "5")]
    pub payloads: Vec<Vec<u8>>,
    /// 64 bytes, purpose `Head`.
    #[prost(bytes = "vec", tag = "6")]
    pub seal: Vec<u8>,
}

/// The hub holds this log up to here, on disk. Only this lets a device call its events safe.
#[derive(Clone, PartialEq, Message)]
pub struct Receipt {
    /// 16 bytes.
    #[prost(bytes = "vec", tag = "1")]
    pub device: Vec<u8>,
    /// Of the log.
    #[prost(uint32, tag = "2")]
    pub epoch: u32,
    /// Last event held.
    #[prost(uint64, tag = "3")]
    pub seq: u64,
    /// 32 bytes.
    #[prost(bytes = "vec", tag = "4")]
    pub hash: Vec<u8>,
    /// The hub's clock.
    #[prost(sint64, tag = "5")]
    pub hub_at_ms: i64,
    /// 64 bytes, purpose `Receipt`.
    #[prost(bytes = "vec", tag = "6")]
    pub seal: Vec<u8>,
}

/// Asks for plans.
#[derive(Clone, PartialEq, Message)]
pub struct Down {
    /// The last plan taken over; 0 for none.
    #[prost(uint64, tag = "1")]
    pub cursor: u64,
    /// About how many bytes of plans the device wants at once.
    #[prost(uint32, tag = "2")]
    pub bytes_max: u32,
    /// The mark of the page that brought that plan; empty if none is known.
    #[prost(bytes = "vec", tag = "3")]
    pub mark: Vec<u8>,
}

/// A signed page of plans: `seal` is the hub's over `body`, purpose `Page`; `body` is a [`Page`].
#[derive(Clone, PartialEq, Message)]
pub struct SignedPage {
    /// A [`Page`].
    #[prost(bytes = "vec", tag = "1")]
    pub body: Vec<u8>,
    /// 64 bytes.
    #[prost(bytes = "vec", tag = "2")]
    pub seal: Vec<u8>,
}

/// Plans for one device, numbered without gaps.
#[derive(Clone, PartialEq, Message)]
pub struct Page {
    /// 16 bytes: whom it is for.
    #[prost(bytes = "vec", tag = "1")]
    pub device: Vec<u8>,
    /// The cursor it follows.
    #[prost(uint64, tag = "2")]
    pub after: u64,
    /// Plans `after + 1`, `after + 2`, …
    #[prost(message, repeated, tag = "3")]
    pub plans: Vec<Plan>,
    /// More are waiting.
    #[prost(bool, tag = "4")]
    pub more: bool,
    /// Stands for all plans up to the last of these; the device says it when it asks for more.
    #[prost(bytes = "vec", tag = "5")]
    pub mark: Vec<u8>,
}

/// The body of every reply that is not 200.
#[derive(Clone, PartialEq, Message)]
pub struct Refusal {
    /// Which.
    #[prost(enumeration = "RefusalCode", tag = "1")]
    pub code: i32,
    /// With `Gap`: the number the hub waits for. With `Busy`: seconds to wait.
    #[prost(uint64, tag = "2")]
    pub number: u64,
    /// For the log, in English.
    #[prost(string, tag = "3")]
    pub detail: String,
}

/// Why the hub does not do as asked. Each calls for something else.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, prost::Enumeration)]
#[repr(i32)]
pub enum RefusalCode {
    /// 400: the bytes are no request. A fault of ours; data is kept.
    Malformed = 0,
    /// 403: the device is not known, or a signature does not hold.
    Unauthorised = 1,
    /// 403: the office has locked the device out.
    Revoked = 2,
    /// 403: the one-time code is wrong, used, or too old.
    BadCode = 3,
    /// 409: events are missing before these; `number` is the first one missing.
    Gap = 4,
    /// 409: the hub holds another event under that number.
    Fork = 5,
    /// 413: send fewer at once.
    TooLarge = 6,
    /// 426: the hub no longer speaks this protocol.
    Upgrade = 7,
    /// 429 or 503: come back in `number` seconds.
    Busy = 8,
    /// 500: the hub could not store it. Nothing was taken.
    Failed = 9,
}
