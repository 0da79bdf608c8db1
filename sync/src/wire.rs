//! Every message between a handheld and the hub: the whole contract, `MRS/1`.
//!
//! Protobuf; field numbers are never used again and fields are only added. Events travel as the very bytes
//! that were signed.

use prost::{Message, Oneof};

/// The protocol this release speaks.
pub const PROTOCOL: u32 = 1;
/// Most events in one batch.
pub const BATCH_EVENTS_MAX: usize = 500;
/// Most links in one question, and most earlier logs in a greeting.
pub const LINKS_MAX: usize = 64;
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
    /// At most [`LINKS_MAX`], by number.
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

/// One change of what the device is to do.
#[derive(Clone, PartialEq, Message)]
pub struct Plan {
    /// Which.
    #[prost(oneof = "Change", tags = "1, 2, 3")]
    pub change: Option<Change>,
}

/// The kinds of change.
#[derive(Clone, PartialEq, Oneof)]
pub enum Change {
    /// A round, new or with another name.
    #[prost(message, tag = "1")]
    PutRound(Round),
    /// A stop, new or as it now is.
    #[prost(message, tag = "2")]
    PutStop(Stop),
    /// A stop that is no longer this device's: 16 bytes.
    #[prost(bytes, tag = "3")]
    StopGone(Vec<u8>),
}

/// A round.
#[derive(Clone, PartialEq, Message)]
pub struct Round {
    /// 16 bytes.
    #[prost(bytes = "vec", tag = "1")]
    pub id: Vec<u8>,
    /// Such as `14`.
    #[prost(string, tag = "2")]
    pub code: String,
    /// Such as `Harbour East`.
    #[prost(string, tag = "3")]
    pub name: String,
    /// Such as `2026-11`.
    #[prost(string, tag = "4")]
    pub cycle: String,
}

/// A stop and its meter.
#[derive(Clone, PartialEq, Message)]
pub struct Stop {
    /// 16 bytes.
    #[prost(bytes = "vec", tag = "1")]
    pub id: Vec<u8>,
    /// 16 bytes.
    #[prost(bytes = "vec", tag = "2")]
    pub round: Vec<u8>,
    /// In the order of the office, from 1.
    #[prost(uint32, tag = "3")]
    pub number: u32,
    /// Street and house.
    #[prost(string, tag = "4")]
    pub address: String,
    /// Latitude in 1e-7 degrees; both or neither.
    #[prost(sint32, optional, tag = "5")]
    pub lat_e7: Option<i32>,
    /// Longitude in 1e-7 degrees.
    #[prost(sint32, optional, tag = "6")]
    pub lon_e7: Option<i32>,
    /// What helps to reach the meter.
    #[prost(message, repeated, tag = "7")]
    pub hints: Vec<Hint>,
    /// 16 bytes.
    #[prost(bytes = "vec", tag = "8")]
    pub meter: Vec<u8>,
    /// On the meter's face.
    #[prost(string, tag = "9")]
    pub serial: String,
    /// Maker and type.
    #[prost(string, optional, tag = "10")]
    pub model: Option<String>,
    /// What to read, the main register first.
    #[prost(message, repeated, tag = "11")]
    pub registers: Vec<Register>,
    /// How the meter is reached, as the text of a way.
    #[prost(string, optional, tag = "12")]
    pub way: Option<String>,
}

/// Something to know before going in.
#[derive(Clone, PartialEq, Message)]
pub struct Hint {
    /// 1 location, 2 warning, 3 key, 4 note.
    #[prost(uint32, tag = "1")]
    pub kind: u32,
    /// In the words of the office.
    #[prost(string, tag = "2")]
    pub text: String,
}

/// A register that is to be read.
#[derive(Clone, PartialEq, Message)]
pub struct Register {
    /// Full text form.
    #[prost(string, tag = "1")]
    pub obis: String,
    /// Such as `kWh`.
    #[prost(string, tag = "2")]
    pub unit: String,
    /// Digits before the point.
    #[prost(uint32, tag = "3")]
    pub integers: u32,
    /// Digits behind it.
    #[prost(uint32, tag = "4")]
    pub decimals: u32,
    /// Decimal text; empty means 1.
    #[prost(string, tag = "5")]
    pub multiplier: String,
    /// Oldest first.
    #[prost(message, repeated, tag = "6")]
    pub history: Vec<PastReading>,
}

/// An earlier reading.
#[derive(Clone, PartialEq, Message)]
pub struct PastReading {
    /// Milliseconds since 1970.
    #[prost(sint64, tag = "1")]
    pub at_ms: i64,
    /// Decimal text.
    #[prost(string, tag = "2")]
    pub value: String,
    /// The office guessed it.
    #[prost(bool, tag = "3")]
    pub estimated: bool,
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
