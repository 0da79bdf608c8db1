//! The other end, whatever it is made of: HTTP, the hub itself, or the hub behind a bad link.

use std::future::Future;

use prost::Message as _;

use crate::wire::{self, RefusalCode};

/// One request to the hub.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// To be taken in.
    Enrol(wire::Enrol),
    /// To hear where the hub stands.
    Hello(wire::Signed),
    /// To hand events over: a packed [`wire::Batch`].
    Up(Vec<u8>),
    /// To get plans.
    Down(wire::Signed),
    /// To find where two histories of a log part.
    Agree(wire::Signed),
}

/// What the hub answers.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// To [`Request::Enrol`].
    Enrolled(wire::Enrolled),
    /// To [`Request::Hello`].
    Hello(wire::HelloReply),
    /// To [`Request::Up`].
    Receipt(wire::Receipt),
    /// To [`Request::Down`].
    Page(wire::SignedPage),
    /// To [`Request::Agree`].
    Agreement(wire::SignedAgreement),
}

/// Why there is no reply. In every case what the device holds stays where it is.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ExchangeError {
    /// The hub cannot be reached now.
    #[error("the hub cannot be reached: {0}")]
    Unreachable(String),
    /// Something answered that is not our hub, or the answer was torn.
    #[error("the answer is not the hub's: {0}")]
    NotTheHub(&'static str),
    /// The hub answered no.
    #[error("the hub refused: {code:?} {detail}")]
    Refused {
        /// Why.
        code: RefusalCode,
        /// What it needs, as [`wire::Refusal`] says.
        number: u64,
        /// For the log.
        detail: String,
    },
}

/// The hub, as a handheld sees it: one request, one reply.
pub trait Hub {
    /// Asks and waits. The receipt in a reply is not checked here; the session does that.
    fn exchange(&self, request: Request) -> impl Future<Output = Result<Reply, ExchangeError>> + Send;
}

impl Request {
    /// Where it goes, by `POST`.
    pub const fn path(&self) -> &'static str {
        match self {
            Self::Enrol(_) => "/v1/enrol",
            Self::Hello(_) => "/v1/hello",
            Self::Up(_) => "/v1/up",
            Self::Down(_) => "/v1/down",
            Self::Agree(_) => "/v1/agree",
        }
    }

    /// The body.
    pub fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::Enrol(enrol) => enrol.encode_to_vec(),
            Self::Hello(signed) | Self::Down(signed) | Self::Agree(signed) => signed.encode_to_vec(),
            Self::Up(packed) => packed.clone(),
        }
    }

    /// The request with this path and body, if it is one.
    pub fn from_bytes(path: &str, body: &[u8]) -> Option<Self> {
        match path {
            "/v1/enrol" => wire::Enrol::decode(body).ok().map(Self::Enrol),
            "/v1/hello" => wire::Signed::decode(body).ok().map(Self::Hello),
            "/v1/up" => Some(Self::Up(body.to_vec())),
            "/v1/down" => wire::Signed::decode(body).ok().map(Self::Down),
            "/v1/agree" => wire::Signed::decode(body).ok().map(Self::Agree),
            _ => None,
        }
    }

    /// Reads the body of a good reply to this request.
    pub fn reply(&self, body: &[u8]) -> Result<Reply, ExchangeError> {
        let torn = |_| ExchangeError::NotTheHub("the body cannot be read");
        match self {
            Self::Enrol(_) => wire::Enrolled::decode(body).map(Reply::Enrolled).map_err(torn),
            Self::Hello(_) => wire::HelloReply::decode(body).map(Reply::Hello).map_err(torn),
            Self::Up(_) => wire::Receipt::decode(body).map(Reply::Receipt).map_err(torn),
            Self::Down(_) => wire::SignedPage::decode(body).map(Reply::Page).map_err(torn),
            Self::Agree(_) => wire::SignedAgreement::decode(body).map(Reply::Agreement).map_err(torn),
        }
    }
}

impl Reply {
    /// The body.
    pub fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::Enrolled(enrolled) => enrolled.encode_to_vec(),
            Self::Hello(hello) => hello.encode_to_vec(),
            Self::Receipt(receipt) => receipt.encode_to_vec(),
            Self::Page(page) => page.encode_to_vec(),
            Self::Agreement(agreement) => agreement.encode_to_vec(),
        }
    }
}
