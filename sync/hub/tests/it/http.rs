//! A real server on a real socket, and clients that behave badly.

use std::{sync::Arc, time::Duration};

use lamplighter_core::time::UtcMs;
use lamplighter_hub::{
    http::{Limits, serve},
    service::Service,
};
use lamplighter_sync::{
    exchange::{ExchangeError, Reply, Request},
    signed,
    wire::{BODY_BYTES_MAX, INFLATED_BYTES_MAX, Refusal, RefusalCode},
};
use prost::Message as _;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::JoinHandle,
    time::timeout,
};

use crate::handheld::{Handheld, NOW, ledger};

struct Server {
    address: std::net::SocketAddr,
    stop: oneshot::Sender<()>,
    done: JoinHandle<std::io::Result<()>>,
    handheld: Handheld,
}

async fn server(limits: Limits, clock: impl Fn() -> UtcMs + Send + Sync + 'static) -> Server {
    let ledger = ledger();
    let mut handheld = Handheld::enrolled(&ledger, 1, "Mara").await;
    handheld.read(1, "10.5");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let service = Arc::new(Service::new(ledger, clock));
    let done = tokio::spawn(serve(listener, service, limits, async {
        let _ = stopped.await;
    }));
    Server { address, stop, done, handheld }
}

fn head(path: &str, length: usize) -> String {
    format!("POST {path} HTTP/1.1\r\nhost: hub\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n")
}

/// Status, head and body of the answer to these bytes.
async fn send(server: &Server, bytes: &[u8]) -> (u16, String, Vec<u8>) {
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    // The hub may hang up before it has read everything.
    let _ = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    let _ = timeout(Duration::from_secs(20), stream.read_to_end(&mut answer)).await.unwrap();
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(answer[..end].to_vec()).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, head, answer[end + 4..].to_vec())
}

async fn post(server: &Server, path: &str, body: &[u8]) -> (u16, String, Vec<u8>) {
    send(server, &[head(path, body.len()).as_bytes(), body].concat()).await
}

#[track_caller]
fn refusal(answer: (u16, String, Vec<u8>)) -> (u16, RefusalCode) {
    let refusal = Refusal::decode(&answer.2[..]).unwrap();
    (answer.0, refusal.code())
}

#[tokio::test]
async fn events_go_up_and_a_receipt_comes_back() {
    let server = server(Limits::default(), || NOW).await;
    let request = Request::Up(signed::pack(&server.handheld.batch(1, 1)).unwrap());
    let (status, head, body) = post(&server, request.path(), &request.to_bytes()).await;
    assert_eq!(status, 200);
    assert!(head.contains("application/x-protobuf"));
    let Ok::<_, ExchangeError>(Reply::Receipt(receipt)) = request.reply(&body) else { panic!() };
    assert_eq!(receipt.hash, server.handheld.head().hash.0);
    let (status, _, body) =
        send(&server, b"GET /health HTTP/1.1\r\nhost: hub\r\nconnection: close\r\n\r\n").await;
    assert_eq!((status, &body[..]), (200, &b"ok\n"[..]));
    server.stop.send(()).unwrap();
    timeout(Duration::from_secs(5), server.done).await.unwrap().unwrap().unwrap();
}

#[tokio::test]
async fn what_is_no_request_is_refused_in_our_own_words() {
    let server = server(Limits::default(), || NOW).await;
    assert_eq!(refusal(post(&server, "/v1/up", b"<html>").await), (400, RefusalCode::Malformed));
    assert_eq!(refusal(post(&server, "/v1/hello", b"\xff\xff").await), (400, RefusalCode::Malformed));
    assert_eq!(refusal(post(&server, "/v1/other", b"").await), (400, RefusalCode::Malformed));
    assert_eq!(refusal(post(&server, "/elsewhere", b"").await), (400, RefusalCode::Malformed));
    assert_eq!(refusal(post(&server, "/v1/hello", b"").await), (400, RefusalCode::Malformed));
    let mut forged = server.handheld.batch(1, 1);
    forged.seal[0] ^= 1;
    let forged = signed::pack(&forged).unwrap();
    assert_eq!(refusal(post(&server, "/v1/up", &forged).await), (403, RefusalCode::Unauthorised));
}

#[tokio::test]
async fn long_bodies_and_bombs_are_refused() {
    let server = server(Limits::default(), || NOW).await;
    let long = vec![0; BODY_BYTES_MAX + 1];
    assert_eq!(refusal(post(&server, "/v1/up", &long).await), (413, RefusalCode::TooLarge));
    let chunked =
        "POST /v1/up HTTP/1.1\r\nhost: hub\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n";
    let chunked = [format!("{chunked}{:x}\r\n", long.len()).as_bytes(), &long, b"\r\n0\r\n\r\n"].concat();
    assert_eq!(refusal(send(&server, &chunked).await), (413, RefusalCode::TooLarge));
    let bomb = zstd::encode_all(&vec![0; INFLATED_BYTES_MAX * 8][..], 3).unwrap();
    assert!(bomb.len() < 100_000);
    assert_eq!(refusal(post(&server, "/v1/up", &bomb).await), (413, RefusalCode::TooLarge));
}

#[tokio::test]
async fn a_client_that_drips_is_hung_up_on() {
    let wait = Duration::from_millis(200);
    let limits = Limits { head_wait: wait, body_wait: wait, ..Limits::default() };
    let server = server(limits, || NOW).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(b"POST /v1/up HTTP/1.1\r\nhost:").await.unwrap();
    let mut answer = Vec::new();
    timeout(Duration::from_secs(10), stream.read_to_end(&mut answer)).await.unwrap().unwrap();
    let body = [head("/v1/up", 100).as_bytes(), b"drip"].concat();
    assert_eq!(refusal(send(&server, &body).await), (400, RefusalCode::Malformed));
}

#[tokio::test]
async fn more_than_the_hub_can_do_is_sent_away_and_what_is_under_way_ends() {
    // The clock is the one thing of ours that a request waits for: while it is held, the hub is busy.
    let (entered, mut waiting) = tokio::sync::mpsc::unbounded_channel();
    let (gate, opened) = std::sync::mpsc::channel::<()>();
    let opened = std::sync::Mutex::new(opened);
    let clock = move || {
        entered.send(()).unwrap();
        let _ = opened.lock().unwrap().recv();
        NOW
    };
    let limits = Limits { answers: 1, turn_wait: Duration::from_millis(50), ..Limits::default() };
    let server = server(limits, clock).await;
    let body = signed::pack(&server.handheld.batch(1, 1)).unwrap();
    let mut first = TcpStream::connect(server.address).await.unwrap();
    first.write_all(&[head("/v1/up", body.len()).as_bytes(), &body].concat()).await.unwrap();
    waiting.recv().await.unwrap();
    let second = post(&server, "/v1/up", &body).await;
    assert!(second.1.to_lowercase().contains("retry-after: 5"));
    assert_eq!(refusal(second), (503, RefusalCode::Busy));
    server.stop.send(()).unwrap();
    drop(gate);
    let mut answer = Vec::new();
    first.read_to_end(&mut answer).await.unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 200"));
    timeout(Duration::from_secs(5), server.done).await.unwrap().unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_comes_when_all_come_waits_a_moment_and_is_served() {
    let server = Arc::new(server(Limits { answers: 2, ..Limits::default() }, || NOW).await);
    let body = Arc::new(signed::pack(&server.handheld.batch(1, 1)).unwrap());
    let mut clients = tokio::task::JoinSet::new();
    // More than there are connections, too.
    for _ in 0..700 {
        let (server, body) = (Arc::clone(&server), Arc::clone(&body));
        clients.spawn(async move { post(&server, "/v1/up", &body).await.0 });
    }
    assert!(clients.join_all().await.into_iter().all(|status| status == 200));
}
