//! Something between a device and its hub: it hands requests on and bends the answers, or answers by itself.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

/// Makes the bytes to send out of the path asked for and the hub's whole answer.
pub(crate) trait Bend: FnMut(&str, Vec<u8>) -> Vec<u8> + Send + 'static {}
impl<F: FnMut(&str, Vec<u8>) -> Vec<u8> + Send + 'static> Bend for F {}

/// Listens until the test's runtime ends; without a hub the answer to bend is empty.
pub(crate) async fn between(hub: Option<SocketAddr>, bend: impl Bend) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let bend = Arc::new(Mutex::new(bend));
    tokio::spawn(async move {
        while let Ok((device, _)) = listener.accept().await {
            tokio::spawn(hand_on(device, hub, bend.clone()));
        }
    });
    address
}

async fn hand_on(mut device: TcpStream, hub: Option<SocketAddr>, bend: Arc<Mutex<impl Bend>>) -> Option<()> {
    let (head, body) = request(&mut device).await?;
    let path = head.split(' ').nth(1)?.to_owned();
    let mut answer = Vec::new();
    if let Some(hub) = hub {
        let mut hub = TcpStream::connect(hub).await.ok()?;
        // One answer a connection, so that its end is the answer's end.
        let head = head.replacen("\r\n", "\r\nconnection: close\r\n", 1);
        hub.write_all(&[head.as_bytes(), &body].concat()).await.ok()?;
        hub.read_to_end(&mut answer).await.ok()?;
    }
    let answer = (bend.lock().unwrap())(&path, answer);
    device.write_all(&answer).await.ok()?;
    device.shutdown().await.ok()
}

async fn request(device: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let (mut bytes, mut buffer) = (Vec::new(), [0; 4_096]);
    loop {
        let count = device.read(&mut buffer).await.ok().filter(|count| *count > 0)?;
        bytes.extend_from_slice(&buffer[..count]);
        let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let head = String::from_utf8(bytes[..end + 4].to_vec()).ok()?;
        let length = head
            .lines()
            .find_map(|line| line.to_lowercase().strip_prefix("content-length:")?.trim().parse().ok());
        let whole = end + 4 + length.unwrap_or(0_usize);
        if bytes.len() >= whole {
            return Some((head, bytes[end + 4..whole].to_vec()));
        }
    }
}

/// A good answer of a hub with this body.
pub(crate) fn answer(kind: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

/// The body of an answer.
pub(crate) fn body(answer: &[u8]) -> &[u8] {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    &answer[end + 4..]
}
