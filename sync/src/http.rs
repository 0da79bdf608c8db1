//! The hub over HTTP: the one file on the handheld that knows HTTP.

use std::time::Duration;

use prost::Message as _;
use reqwest::{Client, StatusCode, Url, header, redirect};

use crate::{
    exchange::{ExchangeError, Hub, Reply, Request},
    wire::{BODY_BYTES_MAX, Refusal},
};

const CONNECT_WAIT: Duration = Duration::from_secs(10);
/// From request to the last byte of the reply. A batch of 32 KB takes four seconds at 64 kbit/s.
const REPLY_WAIT: Duration = Duration::from_secs(60);
const CONTENT_TYPE: &str = "application/x-protobuf";

/// A hub at a URL.
#[derive(Clone, Debug)]
pub struct HttpHub {
    client: Client,
    base: Url,
}

impl HttpHub {
    /// A hub at `url`, such as `http://192.168.1.5:8466`. Nothing is sent yet.
    pub fn new(url: &str) -> Result<Self, ExchangeError> {
        let wrong = |reason: String| ExchangeError::Unreachable(format!("{url}: {reason}"));
        let base = Url::parse(url).map_err(|error| wrong(error.to_string()))?;
        let client = Client::builder()
            .connect_timeout(CONNECT_WAIT)
            .timeout(REPLY_WAIT)
            .redirect(redirect::Policy::none())
            .no_proxy()
            .build()
            .map_err(|error| wrong(error.to_string()))?;
        Ok(Self { client, base })
    }
}

impl Hub for HttpHub {
    async fn exchange(&self, request: Request) -> Result<Reply, ExchangeError> {
        let gone = |error: reqwest::Error| ExchangeError::Unreachable(error.without_url().to_string());
        let url =
            self.base.join(request.path()).map_err(|error| ExchangeError::Unreachable(error.to_string()))?;
        let sent = self.client.post(url).header(header::CONTENT_TYPE, CONTENT_TYPE).body(request.to_bytes());
        let mut response = sent.send().await.map_err(gone)?;
        let status = response.status();
        let ours = response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == CONTENT_TYPE);
        if !ours {
            return Err(ExchangeError::NotTheHub("a page of something in between"));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(gone)? {
            if body.len() + chunk.len() > BODY_BYTES_MAX {
                return Err(ExchangeError::NotTheHub("longer than any answer"));
            }
            body.extend_from_slice(&chunk);
        }
        if status == StatusCode::OK {
            return request.reply(&body);
        }
        let refusal =
            Refusal::decode(&body[..]).map_err(|_| ExchangeError::NotTheHub("an unknown refusal"))?;
        Err(ExchangeError::Refused { code: refusal.code(), number: refusal.number, detail: refusal.detail })
    }
}
