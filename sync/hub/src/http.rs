//! The service over HTTP: bounded bodies, bounded waiting, bounded work at once. Decides nothing.

use std::{error::Error as _, future::Future, io, sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request as HttpRequest, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use http_body_util::LengthLimitError;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use lamplighter_core::time::UtcMs;
use lamplighter_sync::{
    exchange::{ExchangeError, Reply, Request},
    wire::{BODY_BYTES_MAX, Refusal, RefusalCode},
};
use prost::Message as _;
use tokio::{net::TcpListener, runtime::Handle, sync::Semaphore, task::spawn_blocking, time::timeout};

use crate::{ledger::Ledger, service::Service};

const CONTENT_TYPE: HeaderValue = HeaderValue::from_static("application/x-protobuf");
/// Seconds to stay away when the hub has enough to do.
const BUSY_SECONDS: u64 = 5;

/// What one hub takes on.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections at once; more wait to be accepted.
    pub connections: usize,
    /// Requests answered at once; more wait for their turn.
    pub answers: usize,
    /// For that turn: whoever has waited as long is sent away.
    pub turn_wait: Duration,
    /// For a whole request head, also of the next request on a connection.
    pub head_wait: Duration,
    /// For a whole body: the longest one on the slowest link we serve.
    pub body_wait: Duration,
    /// For requests under way when the hub is asked to stop.
    pub stop_wait: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 512,
            answers: 32,
            turn_wait: Duration::from_secs(20),
            head_wait: Duration::from_secs(15),
            body_wait: Duration::from_secs(150),
            stop_wait: Duration::from_secs(10),
        }
    }
}

type Answer = dyn Fn(&Request) -> Result<Reply, ExchangeError> + Send + Sync;

struct Desk {
    answer: Arc<Answer>,
    places: Arc<Semaphore>,
    turn_wait: Duration,
    body_wait: Duration,
}

/// Serves until `stop` comes, then lets requests under way end.
pub async fn serve<L: Ledger + 'static, C: Fn() -> UtcMs + Send + Sync + 'static>(
    listener: TcpListener,
    service: Arc<Service<L, C>>,
    limits: Limits,
    stop: impl Future<Output = ()>,
) -> io::Result<()> {
    // Unpacking and proving a batch takes its time, which is not that of whoever carries bytes.
    let runtime = Handle::current();
    let desk = Arc::new(Desk {
        answer: Arc::new(move |request: &Request| runtime.block_on(service.answer(request))),
        places: Arc::new(Semaphore::new(limits.answers)),
        turn_wait: limits.turn_wait,
        body_wait: limits.body_wait,
    });
    let router = Router::new()
        .route("/v1/{ask}", post(ask))
        .route("/health", get(async || "ok\n"))
        .fallback(async || refuse(RefusalCode::Malformed, 0, "there is nothing here"))
        .with_state(desk);
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(limits.head_wait);
    let graceful = GracefulShutdown::new();
    let connections = Arc::new(Semaphore::new(limits.connections));
    tokio::pin!(stop);
    loop {
        let accepted = async {
            let place = Arc::clone(&connections).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            accepted = accepted => accepted,
            () = &mut stop => break,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            // Out of descriptors, or the peer is gone already: the next one may do better.
            Err(_) => {
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let serving = http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router.clone()));
        let serving = graceful.watch(serving);
        tokio::spawn(async move {
            // A connection that breaks is the peer's to mend; what it asked is answered or not stored.
            let _ = serving.await;
            drop(place);
        });
    }
    drop(listener);
    let _ = timeout(limits.stop_wait, graceful.shutdown()).await;
    Ok(())
}

async fn ask(State(desk): State<Arc<Desk>>, request: HttpRequest) -> Response {
    let path = request.uri().path().to_owned();
    let body = match timeout(desk.body_wait, to_bytes(request.into_body(), BODY_BYTES_MAX)).await {
        Ok(Ok(body)) => body,
        Ok(Err(error)) if error.source().is_some_and(|source| source.is::<LengthLimitError>()) => {
            return refuse(RefusalCode::TooLarge, 0, "the body is too long");
        }
        Ok(Err(_)) => return refuse(RefusalCode::Malformed, 0, "the body is torn"),
        Err(_) => return refuse(RefusalCode::Malformed, 0, "the body took too long"),
    };
    let Some(request) = Request::from_bytes(&path, &body) else {
        return refuse(RefusalCode::Malformed, 0, "this is no request");
    };
    // Taken only now, so that nobody holds a place by sending slowly. In the morning all come at once: who waits a moment
    // is served sooner than who has to come again, and no more wait than there are connections.
    let Ok(Ok(place)) = timeout(desk.turn_wait, Arc::clone(&desk.places).acquire_owned()).await else {
        return refuse(RefusalCode::Busy, BUSY_SECONDS, "the hub has enough to do");
    };
    let answer = Arc::clone(&desk.answer);
    let answered = spawn_blocking(move || {
        let answered = answer(&request);
        drop(place);
        answered
    });
    match answered.await {
        Ok(Ok(reply)) => respond(StatusCode::OK, reply.to_bytes()),
        Ok(Err(ExchangeError::Refused { code, number, detail })) => refuse(code, number, &detail),
        Ok(Err(ExchangeError::Unreachable(_) | ExchangeError::NotTheHub(_))) | Err(_) => {
            refuse(RefusalCode::Failed, 0, "the hub failed")
        }
    }
}

fn respond(status: StatusCode, body: Vec<u8>) -> Response {
    (status, [(header::CONTENT_TYPE, CONTENT_TYPE)], Body::from(body)).into_response()
}

fn refuse(code: RefusalCode, number: u64, detail: &str) -> Response {
    let status = match code {
        RefusalCode::Malformed => StatusCode::BAD_REQUEST,
        RefusalCode::Unauthorised | RefusalCode::Revoked | RefusalCode::BadCode => StatusCode::FORBIDDEN,
        RefusalCode::Gap | RefusalCode::Fork => StatusCode::CONFLICT,
        RefusalCode::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        RefusalCode::Upgrade => StatusCode::UPGRADE_REQUIRED,
        RefusalCode::Busy => StatusCode::SERVICE_UNAVAILABLE,
        RefusalCode::Failed => StatusCode::INTERNAL_SERVER_ERROR,
    };
    let refusal = Refusal { code: code.into(), number, detail: detail.into() };
    let mut response = respond(status, refusal.encode_to_vec());
    if code == RefusalCode::Busy {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(number));
    }
    response
}
